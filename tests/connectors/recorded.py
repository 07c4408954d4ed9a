"""A connector's payload example: its answers on a real server, a real guard to ask it with, and the rows it brings.

``tests/connectors/payloads/NAME/`` holds ``source.yaml`` and what the source answers: bodies for an HTTP connector
(served as ``replay-payloads`` serves them), ``database.sql`` for one that asks a database, files for one that reads
a drop folder (in ``drop/``). ``source.yaml``::

    now: 2026-11-24T14:10:00+07:00   # the time of the poll
    source: {numbers: .., zone: .., options: ..}   # the source block, as in config.yaml
    records: 3                        # how many come out of it
    rejected: 1                       # and how many rows cannot be read
    identity: [nama_pelapor]          # fields of the example's rows that must never reach a record
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import uvicorn
import yaml

from dashboard.config.model import Source
from dashboard.config.registry import Registry
from dashboard.contract import FetchContext, NumberLocale, ParseContext, Payload
from dashboard.fetching import Access
from dashboard.replay import recorded_answers, replay_app

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = Path(__file__).parent / "payloads"
SETTINGS = "source.yaml"


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """``app`` on a free port of loopback, in a thread; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", date_header=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


def read_module(path: Path) -> ModuleType:
    """The connector file as a module of its own, whether or not it lies in ``connectors/``."""
    name = f"contract_of_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks its annotations up there
    spec.loader.exec_module(module)
    return module


@dataclass
class Example:
    """One connector with its payload folder."""

    name: str
    path: Path  # connectors/NAME.py
    folder: Path  # tests/connectors/payloads/NAME
    registry: Registry
    workspace: Path  # for the database that is made from database.sql

    @cached_property
    def module(self) -> Any:
        return read_module(self.path)

    @cached_property
    def settings(self) -> dict[str, Any]:
        path = self.folder / SETTINGS
        if not path.is_file():
            raise AssertionError(f"no payload example: write payloads/{self.name}/{SETTINGS} and the answer beside it")
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))

    @property
    def over(self) -> str:
        """How the example is reached: ``sql``, ``folder`` or ``http``."""
        if (self.folder / "database.sql").is_file():
            return "sql"
        return "folder" if (self.folder / "drop").is_dir() else "http"

    @property
    def now(self) -> datetime:
        found = self.settings["now"]
        return found if isinstance(found, datetime) else datetime.fromisoformat(found)

    def source(self, url: str | None) -> Source:
        block = {
            "id": "example", "type": self.name, "label": {"id": "Contoh", "en": "Example"}, "every_s": 60,
            "allow_private": True, **self.settings.get("source", {}),
        }  # fmt: skip
        if self.over == "folder":
            block["folder"] = "drop"
        elif self.over == "sql":
            block["url"] = f"sqlite:///{self._database()}"
        else:
            block["url"] = url
        return Source.model_validate_json(orjson.dumps(block), strict=True)

    def _database(self) -> Path:
        path = self.workspace / f"{self.name}.sqlite"
        if not path.exists():
            with contextlib.closing(sqlite3.connect(path)) as database:
                database.executescript((self.folder / "database.sql").read_text(encoding="utf-8"))
        return path

    @property
    def options(self) -> Any:
        given = self.settings.get("source", {}).get("options", {})
        return self.module.Options.model_validate_json(orjson.dumps(given), strict=True)

    def parse_context(self, **changed: Any) -> ParseContext[Any]:
        source = self.source("http://127.0.0.1:9")
        given: dict[str, Any] = {
            "source": source.id,
            "options": self.options,
            "words": self.registry,
            "zone": ZoneInfo(source.zone or self.registry.config.city.zone),
            "numbers": NumberLocale(source.numbers.decimal, source.numbers.thousands),
            "fetched_at": self.now,
            "city": self.registry.config.city.code,
        }
        return ParseContext(**{**given, **changed})

    def fetch(self) -> Payload:
        """One poll of the recorded answers, through the guards the collector uses."""
        if self.over != "http":
            return self.poll(None)
        with served(replay_app(recorded_answers(self.folder))) as url:
            return self.poll(url)

    def poll(self, url: str | None) -> Payload:
        source = self.source(url)
        return asyncio.run(_poll(self.module, source, self.options, self._zone(source), self.now, self.folder))

    def _zone(self, source: Source) -> ZoneInfo:
        return ZoneInfo(source.zone or self.registry.config.city.zone)

    @cached_property
    def payload(self) -> Payload:
        return self.fetch()


async def _poll(
    module: Any, source: Source, options: Any, zone: ZoneInfo, now: datetime, folder: Path
) -> Payload:  # fmt: skip
    clock: Callable[[], datetime] = lambda: now  # noqa: E731
    access = Access.open(source, folder, clock, os.environ)
    access.begin()
    try:
        context = FetchContext(
            source=source.id, options=options, http=access.http, sql=access.sql, files=access.files,
            probe=access.probe, cursor=None, now=now, zone=zone,
        )  # fmt: skip
        found = await module.fetch(context)
    finally:
        await access.aclose()
    assert isinstance(found, Payload), f"fetch gave {type(found).__name__}, not a Payload"
    return found
