"""What the city says it served against what the history keeps: record by record, version by version."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.errors import RowRejected
from dashboard.history import History, Reader, schema
from dashboard.history.codec import case_from, instant, loads, measurement_from, status_from
from dashboard.records import Case, Measurement, Parsed, Status
from tests.scenarios.stage import UNASKED, Stage, until

Told = tuple[Any, ...]
Versions = dict[str, list[Told]]  # key of a record -> what each of its versions said, oldest first


def told(record: Any) -> tuple[Any, ...]:
    """What a version says, without what the room itself finds out about it (group, place, policy)."""
    if isinstance(record, Measurement):
        return record.value, record.unit, record.reported
    if isinstance(record, Status):
        # Where it is and when it last reported is of the moment: no version keeps that.
        return record.state, record.since, record.detail, record.parent, record.label, record.group, record.attributes
    assert isinstance(record, Case)
    rough = {name for name, _, _ in record.approximate}  # counted from the moment of each answer
    names = ("opened_at", "first_response_at", "resolved_at", "updated_at")
    times = (None if name in rough else getattr(record, name) for name in names)
    return *times, record.status_word, record.category, record.department, record.district, record.subdistrict


def served(room: Stage, source: str) -> Versions:
    """The versions of every record in the city's ledger."""
    return read(room.config, source, room.served(source))


def read(config: Config, source: str, entries: Iterable[Mapping[str, Any]], unread: set[str] | None = None) -> Versions:
    """The versions of every record in ``entries`` of the city's ledger, read by the room's own connector; what two
    rows in a row say alike is one version. ``unread``: takes the keys of rows that are another source's, which may
    share a port with this one."""
    block = next(found for found in config.sources if found.id == source)
    connector, context = importlib.import_module(f"connectors.{block.type}"), parse_context(config, block)
    found: Versions = {}
    for entry in entries:
        if {"loket_buka", "jawaban"} & entry["fields"].keys():
            continue  # what an office says of itself, or that it does not: beside its tickets
        at = datetime.fromisoformat(entry["city_at"])
        try:
            parsed = connector.parse(entry["fields"], replace(context, fetched_at=at))
        except (RowRejected, LookupError):
            if unread is None:
                raise
            unread.add(entry["key"])
            continue
        for part in parsed if isinstance(parsed, (list, tuple)) else [parsed]:
            record = part.record if isinstance(part, Parsed) else part
            _add(found, record.key, told(record))
    return found


def parse_context(config: Config, source: Source) -> ParseContext[Any]:
    """For rows of ``source``; ``fetched_at`` is of each row its own."""
    return ParseContext(
        source=source.id,
        options=importlib.import_module(f"connectors.{source.type}").Options.model_validate(source.options),
        words=Registry(config),
        zone=ZoneInfo(config.city.zone),
        numbers=NumberLocale(source.numbers.decimal, source.numbers.thousands),
        fetched_at=datetime.min.replace(tzinfo=UTC),
        city=config.city.code,
    )


def kept(history: Reader, source: str, told: Callable[[Any], Told] = told) -> Versions:
    """The versions of every record in the history, those that the room made of itself (vanished) left out."""
    found: Versions = {}
    current, version = schema.case_current, schema.case_version
    query = (
        sa.select(current.c.key, version.c.fields)
        .join(version, version.c.number == current.c.number)
        .where(current.c.source == source, version.c.cause == "source")
        .order_by(current.c.number, version.c.n)
    )
    for key, fields in history.rows(query):
        body = loads(fields)
        body.pop("_", None)
        record = case_from(body, key)
        if record.approximate:  # what became known more exactly says the same here
            _add(found, key, told(record))
        else:
            found.setdefault(key, []).append(told(record))
    for current, version, of in (
        (schema.measurement_current, schema.measurement_version, measurement_from),
        (schema.status_current, schema.status_version, status_from),
    ):
        query = (
            sa.select(current.c.key, version.c.fields)
            .join(version, version.c.number == current.c.number)
            .where(current.c.source == source)
            .order_by(current.c.number, version.c.n)
        )
        for key, fields in history.rows(query):
            found.setdefault(key, []).append(told(of(fields)))
    return found


def _add(found: Versions, key: str, said: tuple[Any, ...]) -> None:
    versions = found.setdefault(key, [])
    if not versions or versions[-1] != said:
        versions.append(said)


def reconcile(room: Stage, source: str) -> Versions:
    """Wait until the history holds exactly what was served, each version once; the versions."""
    with closing(room.history()) as history:

        def differences() -> tuple[Versions, dict[str, Any]]:
            truth, have = served(room, source), kept(history, source)
            if source == "front_office":  # and what it is found to be when it does not answer
                have = {key: said for key, said in have.items() if "|" not in key}
            if source in UNASKED:
                truth = {key: as_read(said, have.get(key, [])) for key, said in truth.items()}
            keys = truth.keys() | have.keys()
            return truth, {key: (truth.get(key), have.get(key)) for key in keys if truth.get(key) != have.get(key)}

        def agreed() -> Versions | None:
            truth, different = differences()
            return None if different else truth

        found: Versions = until(agreed, told=lambda: (source, list(differences()[1].items())[:3]))
        return found


def as_read(written: list[tuple[Any, ...]], have: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What was written but for versions that were written over before the first the room has."""
    return written[written.index(have[0]) :] if have and have[0] in written else written


def open_at(history: History, source: str) -> int:
    """How many cases of a source are open and in view."""
    c = schema.case_current
    where = c.c.source == source, c.c.open.is_(True), c.c.vanished_at.is_(None), c.c.uncovered_at.is_(None)
    return int(history.rows(sa.select(sa.func.count()).select_from(c).where(*where))[0][0])


def newest_survey(history: History, source: str) -> Any:
    table = schema.measurement_current
    query = sa.select(sa.func.max(table.c.period_start)).where(table.c.source == source, table.c.value.is_not(None))
    return instant(history.rows(query)[0][0])
