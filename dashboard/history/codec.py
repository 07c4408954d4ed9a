"""Records to rows and back; never decides what a value means.

A version's ``fields`` is one JSON object: the record's attributes that are not at their default (instants in
microseconds), and under ``_`` what the room itself observed. The source's key is never in it, so that an
erasure has one place to clear.
"""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar

import orjson

from dashboard.facts import CaseFact
from dashboard.records import Case, CaseStatus, ClosedBy, Event, EventKind, Evidence, Measurement, Status

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

R = TypeVar("R", Case, Measurement, Status)


def us(instant: datetime) -> int:
    """Microseconds since 1970."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def us_or_none(instant: datetime | None) -> int | None:
    return None if instant is None else us(instant)


def instant(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def instant_or_none(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


def dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def loads(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


_PLAIN = {
    shape: tuple(
        (f.name, f.default)
        for f in dataclass_fields(shape)
        if f.name not in {"key", "attributes", "events"} and "datetime" not in str(f.type)
    )
    for shape in (Case, Measurement, Status)
}
_TIMES = {
    shape: tuple(f.name for f in dataclass_fields(shape) if "datetime" in str(f.type))
    for shape in (Case, Measurement, Status)
}
_ENUMS: dict[str, type[StrEnum]] = {"status": CaseStatus, "closed_by": ClosedBy, "evidence": Evidence}

OBSERVED_TIMES = (
    "first_seen_at",
    "observed_response_after",
    "observed_response_by",
    "observed_close_after",
    "observed_close_by",
    "vanished_at",
    "held_since",
    "uncovered_at",
)
OBSERVED_MARKS = ("backlog", "response_uncertain", "close_uncertain", "backdated", "invalid_sequence")


_GET_PLAIN = {shape: attrgetter(*(name for name, _ in pairs)) for shape, pairs in _PLAIN.items()}
_GET_TIMES = {shape: attrgetter(*names) for shape, names in _TIMES.items()}


def record_fields(record: Case | Measurement | Status) -> dict[str, Any]:
    """Attributes that are not at their default, JSON-ready."""
    shape = type(record)
    found: dict[str, Any] = {
        name: value
        for (name, default), value in zip(_PLAIN[shape], _GET_PLAIN[shape](record), strict=True)
        if value is not default and value != default
    }
    times = _GET_TIMES[shape](record)
    for name, at in zip(_TIMES[shape], times if isinstance(times, tuple) else (times,), strict=True):
        if at is not None:
            found[name] = us(at)
    if not isinstance(record, Measurement) and record.attributes:
        found["attributes"] = record.attributes
    if isinstance(record, Case) and record.events:
        found["events"] = [[e.kind, us_or_none(e.declared_at), e.detail] for e in record.events]
    return found


def _record(shape: type[R], found: dict[str, Any], **extra: Any) -> R:
    for name in _TIMES[shape]:
        if name in found:
            found[name] = instant(found[name])
    return shape(**found, **extra)


def case_from(found: dict[str, Any], key: str) -> Case:
    """The Case of a version; consumes ``found`` (without ``_``)."""
    for name, enum in _ENUMS.items():
        if name in found:
            found[name] = enum(found[name])
    if "attributes" in found:
        found["attributes"] = tuple((name, value) for name, value in found["attributes"])
    if "approximate" in found:
        found["approximate"] = tuple((name, first, last) for name, first, last in found["approximate"])
    if "events" in found:
        found["events"] = tuple(
            Event(kind=EventKind(kind), declared_at=instant_or_none(at), detail=detail)
            for kind, at, detail in found["events"]
        )
    return _record(Case, found, key=key)


def measurement_from(text: str) -> Measurement:
    return _record(Measurement, loads(text))


def status_from(text: str) -> Status:
    found = loads(text)
    if "attributes" in found:
        found["attributes"] = tuple((name, value) for name, value in found["attributes"])
    return _record(Status, found)


_GET_SEEN = attrgetter(*OBSERVED_TIMES)
_GET_MARKS = attrgetter(*OBSERVED_MARKS)


def fact_fields(fact: CaseFact) -> str:
    """JSON of a version: the record and, under ``_``, the room's own observations."""
    found = record_fields(fact.record)
    seen: dict[str, Any] = {
        name: us(at) for name, at in zip(OBSERVED_TIMES, _GET_SEEN(fact), strict=True) if at is not None
    }
    seen.update((name, True) for name, mark in zip(OBSERVED_MARKS, _GET_MARKS(fact), strict=True) if mark)
    if fact.policy is not None:
        seen["policy"] = fact.policy
    found["_"] = seen
    return orjson.dumps(found).decode()


def fact_from(
    *,
    number: int,
    source: str,
    provenance: str,
    key: str | None,
    version: int,
    fields: str,
    due_at: int | None,
    due_basis: str | None,
    response_due_at: int | None,
    response_basis: str | None,
    provisional: bool,
    visibility: str,
    group_size: int = 1,
) -> CaseFact:
    """The CaseFact of one version beside its derived values."""
    found = loads(fields)
    seen: dict[str, Any] = found.pop("_")
    for name in OBSERVED_TIMES:
        if name in seen:
            seen[name] = instant(seen[name])
    record = case_from(found, key or "")
    return CaseFact(
        number=number,
        source=source,
        provenance=provenance,
        record=record,
        version=version,
        visibility=visibility,
        policy=seen.pop("policy", None),
        backlog=seen.pop("backlog", False),
        due_at=instant_or_none(due_at),
        due_basis=due_basis,
        response_due_at=instant_or_none(response_due_at),
        response_basis=response_basis,
        provisional=provisional,
        group=record.group,
        group_size=group_size,
        **seen,
    )
