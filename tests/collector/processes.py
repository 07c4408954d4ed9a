"""Collector processes to be killed, paused and woken by a test; every one of them is gone at its end."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from dashboard.clock import ENV
from dashboard.history import History, schema
from tests.collector.town import ROOT, Town
from tests.collector.waiting import until


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

    async def pause(self, process: subprocess.Popen[bytes]) -> None:
        """Stop it between two transactions: one stopped within holds its lock for as long as it sleeps, the lease of
        PostgreSQL for as long as that lets a transaction idle."""

        async def paused() -> bool:
            process.send_signal(signal.SIGSTOP)
            if await asyncio.to_thread(self._writable):
                return True
            process.send_signal(signal.SIGCONT)
            return False

        await until(paused, why=self.logs)

    def _writable(self) -> bool:
        if self.history.engine.dialect.name != "sqlite":
            return self._unlocked()
        with closing(sqlite3.connect(str(self.history.engine.url.database), timeout=0.2)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            connection.rollback()
        return True

    def _unlocked(self) -> bool:
        """Whether nobody holds the lease's row: who writes does."""
        try:
            with self.history.engine.begin() as connection:
                connection.execute(sa.select(schema.lease).with_for_update(nowait=True))
        except sa.exc.OperationalError:
            return False
        return True

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
