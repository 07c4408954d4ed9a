"""A whole room (``app.py``: Valkey, collector, web) on one of ``docs/examples``, over a database of its own.

``python -m tests.realdata.note`` runs the same rooms by hand.
"""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.history import Reader, open_reader
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import served

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
READY_S = 240.0  # many may share two cores


@dataclass
class Room:
    """A running room and the two ways to look into it."""

    name: str
    url: str
    config: Config
    database: Path

    def get(self, path: str) -> Any:
        return httpx2.get(f"{self.url}{path}", timeout=20, verify=False).json()

    @contextlib.contextmanager
    def history(self) -> Iterator[Reader]:
        reader = open_reader(f"sqlite:///{self.database}")
        try:
            yield reader
        finally:
            reader.close()

    def until(self, condition: Callable[[], Any], limit_s: float = READY_S) -> Any:
        """The first true answer of ``condition``; the room may still be starting."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            with contextlib.suppress(httpx2.HTTPError, ValueError, KeyError):
                if found := condition():
                    return found
            time.sleep(0.1)
        raise AssertionError(f"{self.name}: the room did not get there in {limit_s:g} s")

    def taken(self) -> dict[str, dict[str, Any]]:
        """The sources by id, once every one of them was read and is on the board."""

        def look() -> dict[str, dict[str, Any]] | None:
            sources = self.get("/api/v1/sources")["sources"]
            read = sources and all(source["last_success"] for source in sources)
            return {source["id"]: source for source in sources} if read else None

        found: dict[str, dict[str, Any]] = self.until(look)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str, text: str, folder: Path) -> Iterator[Room]:
    """The room of a configuration, in ``folder``; stopped at the end with everything it started."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path)
    port = free_port()
    command = [sys.executable, str(ROOT / "app.py"), "--config", str(path), "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIVEROOM_")}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )
        try:
            yield Room(name, f"http://127.0.0.1:{port}", config, folder / "room.sqlite")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def exchanged_dates(shared: Path, folder: Path) -> Iterator[Room]:
    """New York's room over six real rows, two of them with their dates exchanged: the sample has no such case."""
    path = shared / "realdata" / "nyc311" / "nyc_311_2025_01_clean_sample.csv"
    table = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))[:6]
    for row in table[:2]:
        row["created_date"], row["closed_date"] = row["closed_date"], row["created_date"]
    drop = folder / "drop"
    drop.mkdir()
    with (drop / "nyc_311_x.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    text = (EXAMPLES / "new_york.yaml").read_text(encoding="utf-8")
    for old, new in {**_own(folder, "new_york"), "../../../shared/realdata/nyc311": str(drop)}.items():
        assert old in text, f"new_york.yaml no longer says {old}"
        text = text.replace(old, new)
    with running("new_york", text, folder) as room:
        yield room


def _own(folder: Path, name: str) -> dict[str, str]:
    """What an example keeps in ``var/``, in a folder of its own instead."""
    return {
        f"sqlite:///../../var/examples/{name}.sqlite": f"sqlite:///{folder / 'room.sqlite'}",
        "{file:../../var/examples/privacy.key}": "{file:privacy.key}",
    }


@contextlib.contextmanager
def example(name: str, shared: Path, folder: Path) -> Iterator[Room]:
    """The room of ``docs/examples/NAME.yaml`` with its recorded answers, as the file's first lines tell to start it."""
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    changes = {"../../../shared": str(shared), **_own(folder, name)}
    with contextlib.ExitStack() as stack:
        manifest = EXAMPLES / f"{name}.replay.yaml"
        if manifest.exists():
            answers = recorded_answers(shared / "realdata" / "open311", manifest)
            changes["http://127.0.0.1:8791"] = stack.enter_context(served(replay_app(answers)))
        for old, new in changes.items():
            assert old in text or old == "../../../shared", f"{name}.yaml no longer says {old}"
            text = text.replace(old, new)
        yield stack.enter_context(running(name, text, folder))
