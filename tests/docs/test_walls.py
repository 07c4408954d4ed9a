"""The import walls of pyproject.toml: one violation of each is planted in a copy of the tree and must be caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# contract: what is planted where, and what has to be said of it
PLANTS = {
    "core": [
        ("dashboard/kpi/figures.py", "import socket", "dashboard.kpi.figures -> socket"),
        ("dashboard/calendar.py", "import asyncio", "dashboard.calendar -> asyncio"),
        ("dashboard/freshness.py", "from dashboard.cache import Cache", "dashboard.freshness -> dashboard.cache"),
        ("dashboard/views.py", "import dash", "dashboard.views -> dash"),
        ("dashboard/snapshot.py", "import sqlalchemy", "dashboard.snapshot -> sqlalchemy"),
    ],
    "connectors": [
        ("connectors/laksa.py", "from dashboard.history import History", "connectors.laksa -> dashboard.history"),
        ("connectors/pihps.py", "from dashboard.clock import Clock", "connectors.pihps -> dashboard.clock"),
    ],
    "connectors-io": [
        ("connectors/csv_file.py", "import pathlib", "connectors.csv_file -> pathlib"),
        ("connectors/open311.py", "import httpx2", "connectors.open311 -> httpx2"),
        ("connectors/http_json.py", "import time", "connectors.http_json -> time"),
    ],
    "connectors-apart": [
        ("connectors/panel_harga.py", "from connectors import laksa", "connectors.panel_harga -> connectors.laksa"),
        ("connectors/tpid_prices.py", "import connectors.simulator", "connectors.tpid_prices -> connectors.simulator"),
    ],
    "layouts": [
        ("layouts/wall_main.py", "from dashboard.history import open_reader", "layouts.wall_main -> dashboard.history"),
        ("layouts/typography.py", "import redis", "layouts.typography -> redis"),
    ],
    "walls": [
        ("layouts/panels/queue.py", "import dash_ag_grid", "layouts.panels.queue -> dash_ag_grid"),
        ("layouts/slots.py", "import plotly.express", "layouts.slots -> plotly"),
        ("layouts/wall_main.py", "import dash_bootstrap_components", "layouts.wall_main -> dash_bootstrap_components"),
    ],
    "layers": [
        ("dashboard/records.py", "from dashboard.history import schema", "dashboard.records -> dashboard.history"),
        ("dashboard/publisher.py", "import dashboard.web", "dashboard.publisher -> dashboard.web"),
    ],
}  # fmt: skip


def lint(folder: Path, contract: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache",
         "--contract", contract],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "COLUMNS": "400"}, timeout=120,
    )  # fmt: skip
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the walls stand in, with everything planted at once."""
    place = tmp_path_factory.mktemp("tree")
    for name in ("dashboard", "connectors", "layouts"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    for plants in PLANTS.values():
        for path, line, _ in plants:
            with (place / path).open("a", encoding="utf-8") as file:
                file.write(f"\n{line}\n")
    return place


@pytest.mark.parametrize("contract", PLANTS)
def test_a_planted_violation_is_caught(tree: Path, contract: str) -> None:
    said = " ".join(lint(tree, contract).split())
    (name,) = [entry["name"] for entry in CONTRACTS if entry["id"] == contract]
    assert f"{name} BROKEN" in said
    for _, _, broken in PLANTS[contract]:
        assert broken in said


def test_every_contract_has_a_planted_violation() -> None:
    assert {entry["id"] for entry in CONTRACTS} == set(PLANTS)
