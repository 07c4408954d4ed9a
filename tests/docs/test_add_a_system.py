"""docs/add-a-system.md, followed to the letter: its files made, its blocks added, its sources tried and ingested."""

from __future__ import annotations

import csv
import importlib
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
import uvicorn

import connectors
from dashboard.clock import Clock
from dashboard.commands import main
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.replay import recorded_answers, replay_app
from dashboard.trial import records, try_once

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "add-a-system.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMES = ("water", "licences", "price_files", "pumps")


@dataclass(frozen=True)
class Block:
    language: str
    name: str
    text: str


BLOCKS = [Block(*match.groups("")) for match in FENCE.finditer(PAGE)]


def files() -> dict[str, str]:
    """Every file the page tells a reader to make."""
    return {block.name: block.text for block in BLOCKS if "/" in block.name}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with config.yaml and demo/ as the page has them, and demo/ served."""
    place = tmp_path_factory.mktemp("page")
    for name, text in files().items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    with closing(sqlite3.connect(place / "demo" / "permits.sqlite")) as database:
        database.executescript((place / "demo" / "permits.sql").read_text())
    listening = socket.create_server(("127.0.0.1", 0))
    blocks = "".join(block.text for block in BLOCKS if block.name == "config.yaml")
    port = str(listening.getsockname()[1])
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    config = re.sub(r"^sources:\n", "sources:\n" + blocks.replace("8790", port), shipped, flags=re.MULTILINE)
    (place / "config.yaml").write_text(config, encoding="utf-8")
    app = replay_app(recorded_answers(place / "demo"))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    connectors.__path__.append(str(place / "connectors"))
    try:
        yield place
    finally:
        connectors.__path__.remove(str(place / "connectors"))
        sys.modules.pop("connectors.pumps", None)
        importlib.invalidate_caches()
        server.should_exit = True
        thread.join(10)
        listening.close()


def test_the_page_shows_each_way() -> None:
    kinds = re.findall(r"^    type: (\w+)$", PAGE, re.MULTILINE)
    assert kinds == ["http_json", "sql_query", "csv_file", "pumps"]
    assert [block.name for block in BLOCKS if block.language == "text" and "/" not in block.name] == list(NAMES)


def test_the_configuration_of_the_page_has_no_mistake(
    followed: Path, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-config", "--config", str(followed / "config.yaml")]) == 0
    assert f"{len(config.sources) + 4} sources" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_trying_a_source_says_what_the_page_says(followed: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["sources", "--try", name, "--config", str(followed / "config.yaml")])
    said = capsys.readouterr()
    assert code == 0, said
    lines = [line.strip() for line in said.out.splitlines()]
    (promised,) = [block.text for block in BLOCKS if block.language == "text" and block.name == name]
    for line in promised.splitlines():
        assert line in lines
        del lines[: lines.index(line) + 1]  # in this order
    for person in re.findall(r"Contoh \w+", "".join(files().values())):
        assert person not in said.out
    assert not (followed / "var").exists(), "nothing is stored"


def test_an_xlsx_file_with_the_same_columns_needs_no_other_block(followed: Path) -> None:
    path = followed / "demo" / "drop" / "prices-20251124.csv"
    config = load_config(followed / "config.yaml")
    (source,) = [source for source in config.sources if source.id == "price_files"]
    before = records(try_once(config, source, Clock()).commit)
    text = path.read_text()
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in csv.reader(text.splitlines(), delimiter=";"):
        book.active.append(row)
    try:
        path.unlink()
        book.save(path.with_suffix(".xlsx"))
        assert records(try_once(config, source, Clock()).commit) == before
    finally:
        path.with_suffix(".xlsx").unlink(missing_ok=True)
        path.write_text(text)


def test_the_peculiar_connector_is_made_as_the_page_says(tmp_path: Path) -> None:
    """In a copy of the checkout, with the page's own commands in the page's own order."""
    place = tmp_path / "checkout"
    leave = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, place, ignore=leave, symlinks=True)
    section = PAGE[PAGE.index("## A peculiar system") :]
    blocks = [Block(*match.groups("")) for match in FENCE.finditer(section)]
    commands = []
    for block in blocks:
        if block.language == "sh":
            for line in block.text.splitlines():
                commands.append(line)
                said = _run(place, line)
        elif "/" in block.name:
            (place / block.name).parent.mkdir(parents=True, exist_ok=True)
            (place / block.name).write_text(block.text, encoding="utf-8")
        elif block.name == "config.yaml":
            config = place / "config.yaml"
            text, found = re.subn(
                r"^  # Written by new-connector.*\n(?:  #.*\n)+", block.text, config.read_text(), flags=re.M
            )
            assert found == 1
            config.write_text(text, encoding="utf-8")
    assert [line.split()[0] for line in commands] == [".venv/bin/python", "cp", "rm", ".venv/bin/python"]
    assert re.search(r" [1-9]\d+ passed, \d+ deselected", said.splitlines()[-1]), said
    assert {path.name for path in (place / "tests/connectors/payloads/pumps").iterdir()} == {"pumps.txt", "source.yaml"}
    count = len(load_config(ROOT / "config.yaml", {}).sources) + 1
    assert f"{count} sources" in _run(place, ".venv/bin/python -m dashboard check-config")
    for check in ("check", "format --check"):
        _run(place, f".venv/bin/python -m ruff {check} connectors/pumps.py tests/connectors/test_pumps.py")


def _run(place: Path, line: str) -> str:
    """A command line of the page; the interpreter is the one these tests run in."""
    words = [sys.executable if word == ".venv/bin/python" else word for word in shlex.split(line)]
    done = subprocess.run(
        words, cwd=place, capture_output=True, text=True, timeout=240, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))},
    )  # fmt: skip
    assert done.returncode == 0, (line, done.stdout + done.stderr)
    return done.stdout
