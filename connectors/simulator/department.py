"""What every stand-in system has in common: an answer made of rows, spoiled on command, noted in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from hashlib import blake2b
from typing import Protocol

import orjson

from connectors.simulator.city import City
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.row_faults import Shape, finish_bytes
from connectors.simulator.stream import Stream
from connectors.simulator.wire import Answer, Request
from dashboard.clock import unix


@dataclass(slots=True)
class Listing:
    """Rows and how to write them; plain answers (errors, lists of words) write none, and note in the ledger what rows
    they have: that an office did not answer is part of the truth."""

    rows: list[Row] = field(default_factory=list)
    write: Callable[[list[Row]], bytes] | None = None
    shape: Shape | None = None
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    modified: datetime | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Department(Protocol):
    name: str

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a system asks for; None accepts whatever is not empty."""

    username: str | None = None
    password: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Counter:
    """One department behind its socket: turns a request into bytes, with faults and ledger in between."""

    def __init__(
        self, department: Department, city: City, ledger: Ledger, now: Callable[[], datetime], spoilt: Misbehaviour
    ) -> None:
        self.department, self.spoilt = department, spoilt
        self._city, self._ledger, self._now = city, ledger, now

    async def answer(self, request: Request) -> Answer:
        now = self._now()
        self._city.advance(now)
        name = self.department.name
        self._ledger.note_request(name, unix())
        listing = self.department.reply(request, now, self.spoilt)
        if listing.write is None or listing.shape is None:
            answer = Answer(listing.status, listing.body, listing.content_type, dict(listing.headers), date=now)
            if listing.rows:
                answer.delivered = lambda: self._ledger.note(name, listing.rows, now, unix(), request.path)
            return self.spoilt.spoil_answer(answer, request, now)
        rows = self.spoilt.spoil_rows(listing.rows, listing.shape, now)
        body = finish_bytes(listing.write(rows)) if self.spoilt.names else listing.write(rows)
        answer = Answer(200, body, listing.content_type, date=now)
        answer.delivered = lambda: self._ledger.note(name, rows, now, unix(), request.path)
        if not self.spoilt.active("no_etag"):
            _make_conditional(answer, request, listing.modified)
        spoiled = self.spoilt.spoil_answer(answer, request, now)
        if spoiled.date is None:
            spoiled.date = now
        return spoiled


def _make_conditional(answer: Answer, request: Request, modified: datetime | None) -> None:
    tag = f'"{blake2b(answer.body, digest_size=12).hexdigest()}"'
    answer.headers["ETag"] = tag
    if modified is not None:
        answer.headers["Last-Modified"] = modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    if tag in request.headers.get("if-none-match", ""):
        answer.status, answer.body, answer.delivered = 304, b"", None


def stream_of(city: City, department: str) -> Stream | None:
    """The reports behind a department, where it has some."""
    return {"laksa": city.aspirations, "open311": city.reports, "lapor": city.lapor}.get(department)


def refuse(status: int, document: object) -> Listing:
    return Listing(status=status, body=orjson.dumps(document))


def say(document: object) -> Listing:
    return Listing(body=orjson.dumps(document))


def last_segment(request: Request) -> str:
    return request.path.rstrip("/").rpartition("/")[2]


def naive(at: datetime | None, zone: tzinfo) -> str | None:
    """Local time without a zone, to the second, as these systems write it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at is not None else None


def read_time(text: str | None, zone: tzinfo) -> datetime | None:
    """A request's time parameter; without a zone it is local. A plus lost in the query is a space."""
    if not text:
        return None
    if len(text) > 20 and text[-6] == " ":
        text = f"{text[:-6]}+{text[-5:]}"
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def read_day(text: str | None, zone: tzinfo, fallback: datetime) -> datetime:
    """Midnight of a requested day."""
    at = datetime.fromisoformat(text) if text else fallback.astimezone(zone)
    return datetime(at.year, at.month, at.day, tzinfo=zone)
