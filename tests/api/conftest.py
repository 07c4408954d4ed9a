"""The API over a real history and the documents a real board makes of it; every answer is held to its schema."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft202012Validator

from dashboard.access import LOCAL, may
from dashboard.api import Api
from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.registry import Registry
from dashboard.contract import ParseContext
from dashboard.history import History, open_reader
from dashboard.published import Published
from dashboard.publisher import rebuild
from dashboard.records import Parsed
from dashboard.snapshot import encode
from tests.ingest.conftest import any_room, make_room, room
from tests.ingest.served import T0, CaseConnector, Room

__all__ = ["any_room", "make_room", "room"]


class PlacedConnector(CaseConnector):
    """Rows that also say ``district`` and ``subdistrict`` (codes)."""

    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        parsed = super().parse(row, ctx)
        place = {name: row[name] for name in ("district", "subdistrict") if name in row}
        return Parsed(replace(parsed.record, **place), parsed.transient)


@dataclass
class Shelf:
    """Where the API finds the published documents."""

    documents: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Asker:
    """Asks an API and checks every answer against the OpenAPI document of that API."""

    api: Api
    shelf: Shelf
    document: dict[str, Any] = field(default_factory=dict)
    validators: dict[tuple[str, int], Draft202012Validator] = field(default_factory=dict)

    def ask(self, name: str, query: str = "", **more: Any) -> tuple[int, Any]:
        asked = "&".join([query, *(f"{key.rstrip('_')}={value}" for key, value in more.items())]).strip("&")
        status, body = asyncio.run(self.api.find(f"/api/v1/{name}", asked.encode(), LOCAL))
        answer = json.loads(orjson.dumps(body))
        self.check(f"/api/v1/{name}", status, answer)
        return status, answer

    def get(self, name: str, query: str = "", **more: Any) -> Any:
        status, answer = self.ask(name, query, **more)
        assert status == 200, answer
        return answer

    def check(self, path: str, status: int, answer: Any) -> None:
        if not self.document:
            self.document = json.loads(orjson.dumps(asyncio.run(self.api.find("/api/v1/openapi.json", b"", LOCAL))[1]))
        if (path, status) not in self.validators:
            operation = self.document["paths"].get(path, self.document["paths"]["/api/v1/sources"])["get"]
            schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
            strict = {name: closed(of) for name, of in self.document["components"]["schemas"].items()}
            self.validators[path, status] = Draft202012Validator(
                {**schema, "components": {"schemas": strict}}, validate_formats=True
            )
        errors = self.validators[path, status].iter_errors(answer)
        problems = [f"{'.'.join(map(str, e.instance_path))}: {e.message[:200]}" for e in errors]
        assert problems == [], path


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """An answer may hold nothing that its description does not name."""
    return {**schema, "additionalProperties": False}


def published(room: Room, at: float) -> Published:
    """What the leader would publish ``at`` minutes after T0."""
    board = Board(room.config, Registry(room.config), Calendar(room.config))
    clock = Clock(T0 + timedelta(minutes=at), time.time(), 1.0)
    rebuild(board, room.history, clock, room.epoch)
    documents = board.documents(clock.now(), changed_only=False)
    return Published().with_raw({key: encode(body) for key, body in documents.items()})


@pytest.fixture
def asker_of() -> Any:
    """``asker_of(room, at)``: the API over what ``room`` holds, ``at`` minutes after T0, for a reading history."""
    opened: list[Any] = []

    def make(room: Room, at: float = 60.0, **options: Any) -> Asker:
        reader = options.get("history")
        if "history" not in options:
            reader = open_reader(room.history.engine.url.render_as_string(hide_password=False))
            opened.append(reader)
        shelf = Shelf(published(room, at))
        clock = Clock(T0 + timedelta(minutes=at), time.time(), 1.0)
        api = Api(room.config, Registry(room.config), clock, shelf, reader, options.get("may", may))
        opened.append(api)
        return Asker(api, shelf)

    yield make
    for thing in opened:
        thing.close()


@pytest.fixture
def placed(make_room: Callable[[History], Room], sqlite_history: History) -> Room:
    """A room whose rows say where they are."""
    made = make_room(sqlite_history)
    made.connector = PlacedConnector()
    return made
