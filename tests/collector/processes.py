"""Collector processes to be killed, paused and woken by a test; every one of them is gone at its end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from dashboard.clock import ENV
from dashboard.history import History
from tests.collector.town import ROOT, Town


@dataclass
class Fleet:
    """Starts collectors of one room: the same configuration, database and cache."""

    city: Town
    config: Path
    history: History
    redis: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, **options: Any) -> subprocess.Popen[bytes]:
        url = self.history.engine.url.render_as_string(hide_password=False)
        given = {"config": str(self.config), "database": url, "redis": self.redis, "name": name, **options}
        log = (self.city.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.collector.entry", orjson.dumps(given).decode()],
            cwd=ROOT,
            env={**os.environ, ENV: self.city.clock.to_environment(), "PYTHONUNBUFFERED": "1"},
            stdout=log,
            stderr=log,
        )
        self.started.append(process)
        return process

    def log(self, name: str) -> str:
        path = self.city.folder / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def logs(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in self.city.folder.glob("*.log"))

    async def ended(self, process: subprocess.Popen[bytes], limit_s: float = 60) -> int:
        return await asyncio.to_thread(process.wait, limit_s)


@contextmanager
def fleet(city: Town, config: Path, history: History, redis: str) -> Iterator[Fleet]:
    group = Fleet(city, config, history, redis)
    try:
        yield group
    finally:
        for process in group.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait(10)
