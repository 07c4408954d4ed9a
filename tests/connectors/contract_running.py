"""What a connector must do when it runs on its payload example and on hostile input; each check gives complaints."""

from __future__ import annotations

import copy
import io
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import orjson
import time_machine
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.contract import ConnectorOptions, Coverage, Payload
from dashboard.errors import SourceError
from dashboard.ingest_reading import digester, read
from dashboard.ingest_words import WordCleaner
from dashboard.records import Case, Measurement, Parsed, Record, Status
from dashboard.redaction import redact
from tests.connectors.recorded import Example, served

SHAPE = {"case": Case, "measurement": Measurement, "status": Status}
MARK = "Zulkarnaen Penanda"
PLANTED: dict[str, Any] = {
    "nama_pelapor": MARK, "pelapor": {"nama": MARK, "nik": MARK}, "nik": f"3671{MARK}", "no_kk": MARK, "no_hp": MARK,
    "telepon": MARK, "email": f"{MARK}@example.id", "alamat": MARK, "nama": MARK, "first_name": MARK,
    "last_name": MARK, "phone": MARK, "account_id": MARK, "device_id": MARK, "catatan": MARK, "komentar": [MARK],
}  # fmt: skip
HOSTILE: tuple[Any, ...] = (
    None, "", "   ", "-", 0, -1, 1e308, -1e308, 2**70, True, False, [], {}, [[[]]], {"a": {"b": 1}}, "x" * 100_000,
    "\x00", "\u202egnp.exe", "0000-00-00 00:00:00", "0001-01-01", "9999-12-31T23:59:59+14:00", "2026-02-30", "NaN",
    "1e999", "١٢٣", "12.500,00", "1,2,3", "<script>alert(1)</script>", "'; DROP TABLE case_version; --", "💥" * 50,
    datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None), datetime(2026, 1, 1, tzinfo=UTC), float("inf"), float("nan"),
)  # fmt: skip
HOSTILE_ROWS: tuple[Any, ...] = (None, 7, 1.5, True, "row", [], {}, [[1]], {1: 2}, {"": ""}, b"bytes")
BAD_ANSWERS: tuple[tuple[int, str, bytes], ...] = (
    (401, "application/json", b'{"status":"error","message":"Zulkarnaen Penanda"}'),
    (403, "application/xml", b"HTTP/1.1 403 Forbidden \n\n<error>Zulkarnaen Penanda</error>"),
    (404, "text/plain", b"Zulkarnaen Penanda"),
    (406, "application/json", b'{"message":"Zulkarnaen Penanda"}'),
    (200, "text/html", b"<!doctype html><title>Zulkarnaen Penanda</title>"),
    (200, "application/json", b""),
    (200, "application/json", b'{"Zulkarnaen Penanda": '),
    (200, "application/json", b"null"),
    (200, "application/json", b'"Zulkarnaen Penanda"'),
    (200, "application/json", b'{"Zulkarnaen Penanda": 1}'),
    (200, "application/json", b"[" * 5000),
    (200, "application/json", b'{"success": false, "status": false, "message": "Zulkarnaen Penanda", "data": []}'),
    (200, "application/json", b'{"success": true, "status": true, "data": "Zulkarnaen Penanda"}'),
    (200, "application/json", b'{"success": true, "status": "success", "data": {"items": 7, "data": null}}'),
    (
        200,
        "application/xml",
        b'<!DOCTYPE x [<!ENTITY e "Zulkarnaen Penanda">]><a>&e;</a>',
    ),
    (200, "application/xml", b"<errors><error><code>Zulkarnaen Penanda</code></error></errors>"),
    (200, "application/json", b"\xff\xfe\x00"),
)


def records_of(found: Any) -> list[Record]:
    parts = found if isinstance(found, Sequence) else [found]
    return [part.record if isinstance(part, Parsed) else part for part in parts]


def parsed(example: Example, row: Any) -> Any:
    """The records of a row, or the type of the exception that rejects it."""
    try:
        return records_of(example.module.parse(row, example.parse_context()))
    except Exception as error:
        return type(error)


# --- Options -----------------------------------------------------------------------------------------------


def options(example: Example) -> Iterator[str]:
    """Strict all the way down, and nothing in them can be changed."""
    model = example.module.Options
    if not issubclass(model, ConnectorOptions):
        yield "Options is no ConnectorOptions"
        return
    for part in _models(model, set()):
        if part.model_config.get("extra") != "forbid" or not part.model_config.get("frozen"):
            yield f"{part.__name__} lets an unknown key through, or can be changed"
    given = example.settings.get("source", {}).get("options", {})
    try:
        model.model_validate_json(orjson.dumps(given), strict=True)
    except ValidationError as error:
        yield f"the example's own options are refused: {error.errors()[0]['msg']}"
        return
    with_one_more = {**given, "surprise": 1}
    try:
        model.model_validate_json(orjson.dumps(with_one_more), strict=True)
    except ValidationError:
        return
    yield "an option nobody declared is let through"


def _models(kind: Any, seen: set[Any]) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen:
            return
        seen.add(kind)
        yield kind
        for info in kind.model_fields.values():
            yield from _models(info.annotation, seen)
    for part in getattr(kind, "__args__", ()):
        yield from _models(part, seen)


# --- fetch -------------------------------------------------------------------------------------------------


def fetching(example: Example) -> Iterator[str]:
    """The recorded answer comes in as plain rows, the same each time, dated and covered."""
    payload = example.payload
    again = example.fetch()
    if payload.fetched_at != example.now:
        yield "fetched_at is not ctx.now"
    if list(payload.rows) != list(again.rows) or payload.coverage != again.coverage:
        yield "two polls of the same answer differ"
    if not payload.rows:
        yield "the example brings no row"
    if not payload.whole:
        yield "the example does not come whole"
    yield from _covered(payload.coverage)
    try:
        orjson.dumps([list(payload.rows), payload.next_cursor], option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        yield "rows or cursor are not JSON-like"


def _covered(coverage: Coverage) -> Iterator[str]:
    window = (coverage.field, coverage.start, coverage.end)
    if coverage.kind != "window":
        if any(window):
            yield f"a coverage {coverage.kind} has no window"
        return
    if None in window or coverage.start >= coverage.end:  # type: ignore[operator]
        yield "the window has no field, no start or no end after it"
    elif not any(hasattr(shape, str(coverage.field)) for shape in SHAPE.values()):
        yield f"no shape has the field {coverage.field}"
    elif coverage.start.tzinfo is None or coverage.end.tzinfo is None:  # type: ignore[union-attr]
        yield "the window has naive times"


def bad_answers(example: Example) -> Iterator[str]:
    """What is no answer is a SourceError without a word of it; a list without rows is an answer."""
    if example.over != "http":
        return

    def answer(request: Request) -> Response:
        status, kind, body = BAD_ANSWERS[int(request.path_params["number"])]
        return Response(body, status, {"content-type": kind})

    with served(Starlette(routes=[Route("/{number:int}/{path:path}", answer)])) as url:
        for number, (status, kind, body) in enumerate(BAD_ANSWERS):
            said = f"{status} {kind} {body[:30]!r}"
            try:
                payload = example.poll(f"{url}/{number}/")
            except SourceError as error:
                if MARK.split()[0].lower() in f"{error} {error.detail}".lower():
                    yield f"{said}: the error repeats the body"
            except Exception as error:
                yield f"{said}: {type(error).__name__} instead of a SourceError"
            else:
                if payload.rows:
                    yield f"{said}: rows came out of it"


# --- parse -------------------------------------------------------------------------------------------------


def parsing(example: Example) -> Iterator[str]:
    """As many records as the example says, of the declared shapes, each of them sound."""
    found, rejected = [], 0
    for row in example.payload.rows:
        result = parsed(example, row)
        if isinstance(result, type):
            rejected += 1
        else:
            found += result
    wanted = example.settings.get("records"), example.settings.get("rejected", 0)
    if (len(found), rejected) != wanted:
        yield f"{len(found)} records and {rejected} rejected rows; the example says {wanted}"
    shapes = tuple(SHAPE[shape] for shape in example.module.SHAPES)
    for record in found:
        if not isinstance(record, shapes):
            yield f"a {type(record).__name__} is none of SHAPES"
            return
        yield from unsound(record)


def unsound(record: Record) -> Iterator[str]:
    """Aware times, finite numbers, a key; None is not zero."""
    for name in record.__slots__:
        value = getattr(record, name)
        if isinstance(value, datetime) and value.tzinfo is None:
            yield f"{name} is a naive time"
        elif isinstance(value, float) and not math.isfinite(value):
            yield f"{name} is not finite"
        elif isinstance(value, list | dict | set | bytes):
            yield f"{name} is a {type(value).__name__}"
    if not record.key or not isinstance(record.key, str):
        yield "the key is empty"
    if isinstance(record, Measurement):
        if record.reported != (record.value is not None):
            yield "a value and 'not reported' contradict each other"
        if record.period_end < record.period_start:
            yield "the period ends before it begins"
    if isinstance(record, Case):
        for _, value in record.attributes:
            if not isinstance(value, str | int | float | bool | None):
                yield "an attribute is no plain value"


def determined(example: Example) -> Iterator[str]:
    """The same row gives the same records: at any time, in any order, and unchanged."""
    rows = list(example.payload.rows)
    before = copy.deepcopy(rows)
    first = [parsed(example, row) for row in rows]
    if rows != before:
        yield "parse changes the row"
        rows = before
    order = list(range(len(rows)))
    random.Random(7).shuffle(order)
    for moment in (datetime(2001, 1, 1, tzinfo=UTC), datetime(2099, 7, 1, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False), mock.patch.dict(os.environ, {"TZ": "Pacific/Apia"}):
            again = {n: parsed(example, copy.deepcopy(rows[n])) for n in order}
        if any(again[n] != first[n] for n in order):
            yield f"parse says otherwise in {moment.year}, or in another order"


def sealed(example: Example) -> Iterator[str]:
    """parse touches nothing outside: no file, socket, process, environment, output, log, no sleep."""
    rows = list(example.payload.rows)
    for row in rows:
        parsed(example, row)  # what is read once and for all (time zones) is read now
    with watching() as seen:
        for row in rows:
            parsed(example, row)
    yield from (f"parse reaches outside: {event}" for event in sorted(set(seen)))


_WATCHED = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.", "sqlite3.", "pathlib.", "glob.", "tempfile.")
_seen: dict[int, list[str]] = {}
_hooked: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    seen = _seen.get(threading.get_ident()) if _seen else None
    if seen is not None and event.startswith(_WATCHED):
        seen.append(event)


class _Told(dict[str, str]):
    """An environment that tells who asks."""

    seen: list[str]

    def __getitem__(self, name: str) -> str:
        self.seen.append("os.environ")
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.append("os.environ")
        return super().get(name, default)


@contextmanager
def watching() -> Iterator[list[str]]:
    """What this thread reaches for meanwhile."""
    if not _hooked:
        sys.addaudithook(_hook)  # there is no taking it away: it looks at one dictionary and is done
        _hooked.append(True)
    seen: list[str] = []
    told = _Told(os.environ)
    told.seen = seen
    output, errors = io.StringIO(), io.StringIO()
    noted: Callable[[str], Callable[..., None]] = lambda name: lambda *_a, **_k: seen.append(name)  # noqa: E731
    with (
        mock.patch.object(os, "environ", told),
        mock.patch.object(time, "sleep", noted("time.sleep")),
        mock.patch("logging.Logger.handle", noted("logging")),
        mock.patch.object(sys, "stdout", output),
        mock.patch.object(sys, "stderr", errors),
    ):
        _seen[threading.get_ident()] = seen
        try:
            yield seen
        finally:
            del _seen[threading.get_ident()]
    if output.getvalue() or errors.getvalue():
        seen.append("output")


def one_row(example: Example) -> Iterator[str]:
    """A row that cannot be read is one rejected row: the others come in as if it were not there."""
    rows = list(example.payload.rows)
    alone = _reading(example, rows)
    for hostile in HOSTILE_ROWS:
        if isinstance(parsed(example, hostile), list):
            if parsed(example, hostile):
                yield f"a record comes out of the row {hostile!r}"
            continue
        mixed = _reading(example, [*rows[:1], hostile, *rows[1:]])
        if _said(mixed) != _said(alone) or len(mixed.rejects) != len(alone.rejects) + 1:
            yield f"the row {hostile!r} does more than being rejected"


def _reading(example: Example, rows: list[Any]) -> Any:
    payload = Payload(rows=rows, coverage=example.payload.coverage, fetched_at=example.now)
    digest = digester(b"key", b"mapping")
    return read(payload, example.module, example.parse_context(), digest, {}, WordCleaner(redact), set())


def _said(reading: Any) -> list[Any]:
    return [[part[0] for part in found] for found in (reading.cases, reading.measurements, reading.statuses)]


def hostile_values(example: Example) -> Iterator[str]:
    """Whatever stands in a field: the row is rejected, or its records are sound."""
    sample = next((row for row in example.payload.rows if isinstance(parsed(example, row), list)), None)
    if not isinstance(sample, dict):
        yield "the example's rows are no blocks of fields"
        return
    for name in sample:
        for value in HOSTILE:
            result = parsed(example, {**sample, name: value})
            if isinstance(result, type):
                if not issubclass(result, Exception):
                    yield f"{name} = {value!r:.40}: {result.__name__}"
                continue
            wrong = next((f"{problem} ({name} = {value!r:.40})" for r in result for problem in unsound(r)), None)
            if wrong:
                yield wrong


def no_identity(example: Example) -> Iterator[str]:
    """Who reported never reaches a record, whatever the field is called."""
    known = set(example.settings.get("identity", ()))
    met: set[str] = set()
    for row in example.payload.rows:
        if not isinstance(row, dict):
            continue
        met |= known & row.keys()
        extra = {name: value for name, value in PLANTED.items() if name not in row or name in known}
        planted = {**row, **extra, **dict.fromkeys(known & row.keys(), MARK)}
        result = parsed(example, planted)
        if isinstance(result, list) and MARK in repr(result):
            yield "an identity of the row stands in the record"
            return
    if missing := known - met:
        yield f"no row of the example has {', '.join(sorted(missing))}"


LONG = "zulkarnaen@example.id " * 40
"""Wherever it is cut, what is left of the last address is not known for one."""


def whole_words(example: Example) -> Iterator[str]:
    """The room cuts words, after it has taken out who is named in them: half an address is still somebody's."""
    sample = next(row for row in example.payload.rows if isinstance(parsed(example, row), list))
    for name in [name for name, value in sample.items() if isinstance(value, str)]:
        found = _reading(example, [{**sample, name: LONG}])
        records = [part[0] for parts in (found.cases, found.measurements, found.statuses) for part in parts]
        said = [replace(record, key="") if isinstance(record, Case) else record for record in records]
        if "zulk" in repr(said).lower():
            yield f"{name} is cut before it is redacted"


Check = Callable[[Example], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    options, fetching, bad_answers, parsing, determined, sealed, one_row, hostile_values, no_identity, whole_words,
)  # fmt: skip
