"""Rows of a payload to records: digests, skips what did not change, parses, cleans, rejects; never touches a store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from dashboard.contract import Connector, ParseContext, Payload
from dashboard.history.batch import QuarantinedRow
from dashboard.ingest_quarantine import explain, field_name, shape_of
from dashboard.ingest_words import WordCleaner
from dashboard.records import Case, Measurement, Parsed, Record, Status, Transient

SAMPLE = 200
MAX_FIELDS = 200
QUARANTINED_AT_ONCE = 100
"""All rejected rows are counted with their reasons; the shapes of so many of one poll are enough to see why."""
AHEAD = timedelta(minutes=10)
"""Data from further ahead of the fetch shows a wrong clock or zone at the source."""

AHEAD_LEAST = 3
_SORTED = orjson.OPT_SORT_KEYS
_LENIENT = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


@dataclass(slots=True)
class Reading:
    """What one payload said. ``hits``: digests of rows that are as they were."""

    rows: int
    hits: list[bytes] = field(default_factory=list)
    cases: list[tuple[Case, Transient | None, bytes]] = field(default_factory=list)
    measurements: list[tuple[Measurement, bytes]] = field(default_factory=list)
    statuses: list[tuple[Status, bytes]] = field(default_factory=list)
    rejects: list[tuple[str, str]] = field(default_factory=list)  # (field, reason)
    quarantine: list[QuarantinedRow] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    digest: str = ""
    data_at: datetime | None = None
    ahead: int = 0  # records from the future


def digester(key: bytes, mapping: bytes) -> Callable[[Any], bytes]:
    """The keyed digest of a raw row, the same whatever the order of its fields."""
    dumps, blake2b = orjson.dumps, hashlib.blake2b

    def digest(row: Any) -> bytes:
        try:
            body = dumps(row, option=_SORTED)
        except TypeError:
            body = dumps(row, option=_LENIENT, default=str)
        return blake2b(body, key=key, salt=mapping, digest_size=16).digest()

    return digest


def read(
    payload: Payload,
    connector: Connector,
    context: ParseContext[Any],
    digest: Callable[[Any], bytes],
    known: Container[bytes],
    cleaner: WordCleaner,
    quarantined: Container[bytes],
) -> Reading:
    """Every row once: equal rows count once, rows whose digest is ``known`` are not parsed."""
    reading = Reading(rows=len(payload.rows))
    fresh: dict[bytes, Any] = {}
    seen: set[bytes] = set()
    for row in payload.rows:
        mark = digest(row)
        if mark in seen:
            continue
        seen.add(mark)
        if mark in known:
            reading.hits.append(mark)
        else:
            fresh[mark] = row
    reading.digest = hashlib.blake2b(b"".join(sorted(seen)), digest_size=16).hexdigest()
    for mark, row in fresh.items():
        try:
            parsed = _records(connector.parse(row, context))
            clean = [(_clean(record, cleaner), transient) for record, transient in parsed]
        except Exception as error:  # parse is naive by contract: whatever it raises rejects this row only
            _reject(reading, error, mark, row, quarantined)
            continue
        for record, transient in clean:
            if isinstance(record, Case):
                reading.cases.append((record, transient, mark))
            elif isinstance(record, Measurement):
                reading.measurements.append((record, mark))
            else:
                reading.statuses.append((record, mark))
    _date(reading, payload)
    return reading


def _records(found: Any) -> list[tuple[Record, Transient | None]]:
    parts: Sequence[Any] = found if isinstance(found, (list, tuple)) else [found]
    return [(part.record, part.transient) if isinstance(part, Parsed) else (part, None) for part in parts]


def _clean(record: Record, cleaner: WordCleaner) -> Record:
    if isinstance(record, Case):
        return cleaner.case(record)
    return cleaner.measurement(record) if isinstance(record, Measurement) else cleaner.status(record)


def _reject(reading: Reading, error: Exception, mark: bytes, row: Any, quarantined: Container[bytes]) -> None:
    name, reason = explain(error, row)
    reading.rejects.append((name, reason))
    if mark not in quarantined and len(reading.quarantine) < QUARANTINED_AT_ONCE:
        reading.quarantine.append(QuarantinedRow(mark, name, reason, shape_of(row)))


def _date(reading: Reading, payload: Payload) -> None:
    """The newest time the data itself claims. A stray record from the future is counted and not believed; when
    several are, the source's clock or zone is wrong and freshness has to know."""
    claims = [claim for record, _, _ in reading.cases if (claim := record.updated_at or record.opened_at)]
    claims += [record.observed_at or record.period_start for record, _ in reading.measurements if record.reported]
    claims += [said for record, _ in reading.statuses if (said := record.heard_at or record.since)]
    limit = payload.fetched_at + AHEAD
    future = [claim for claim in claims if claim > limit]
    reading.ahead = len(future)
    if payload.published_at is not None:
        reading.data_at = payload.published_at
    elif len(future) >= min(AHEAD_LEAST, len(claims)) and future:
        reading.data_at = max(future)
    else:
        reading.data_at = max((claim for claim in claims if claim <= limit), default=None)


def observe_fields(reading: Reading, rows: Sequence[Any], agreed: tuple[str, ...] | None) -> None:
    """The rows' field names, and what appeared or went since the source was first read this way.

    A field counts as gone only when no row at all carries it."""
    names: set[str] = set()
    for row in rows[:SAMPLE]:
        if isinstance(row, Mapping):
            names.update(field_name(name) for name in row)
    known = set(agreed or ())
    if known - names:
        raw: set[Any] = set()
        for row in rows[SAMPLE:]:
            if isinstance(row, Mapping):
                raw.update(row)
        names.update(field_name(name) for name in raw)
    reading.fields = tuple(sorted(names)[:MAX_FIELDS])
    if agreed is None or not rows:
        return
    gone = [f"-{name}" for name in sorted(known - names)]
    reading.drift = tuple([f"+{name}" for name in sorted(set(reading.fields) - known)] + gone)
