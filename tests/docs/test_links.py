"""What the documents point to is there: links, pictures, files named in backticks; and what is generated is current."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from dashboard.kpi.reference import reference

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)")
NAMED = re.compile(
    r"`((?:dashboard|connectors|layouts|assets|tests|docs|benchmarks)/[\w./*-]+\.(?:py|js|css|md|yaml))`"
)


def documents() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def broken(text: str, folder: Path) -> list[str]:
    wrong = [link for link in LINK.findall(text) if not (folder / link).exists()]
    return wrong + [name for name in NAMED.findall(text) if not list(ROOT.glob(name))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_everything_pointed_to_is_there(path: Path) -> None:
    assert broken(path.read_text(), path.parent) == []


def test_a_planted_dead_end_is_seen() -> None:
    text = "[a](docs/nowhere.md) [b](https://example.org) `dashboard/nothing.py` `dashboard/web.py`"
    assert broken(text, ROOT) == ["docs/nowhere.md", "dashboard/nothing.py"]


def test_the_handbook_of_figures_is_the_descriptions() -> None:
    assert (ROOT / "docs" / "kpis.md").read_text() == reference(), "write it anew: python -m dashboard.kpi.reference"
