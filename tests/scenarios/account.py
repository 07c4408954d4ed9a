"""The account of a source: every version the city served against every version the history keeps.

A version has to be in history, once and in its place, unless nobody could have taken it: it was written over between
two polls, or before the same poll ended; its poll failed; it lay outside what was asked for. What nobody served must
not be there. ``planted`` proves that a lost, a doubled, a changed and an invented version of a source is told.
"""

from __future__ import annotations

import importlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from dashboard.config.model import Config, Source
from dashboard.history import Reader, schema
from dashboard.history.codec import instant
from dashboard.ingest_statuses import GONE
from dashboard.kpi.sources import GOOD
from dashboard.mapping import judged
from dashboard.records import Case, Measurement, Parsed, Status
from tests.scenarios.answers import Answered, Entry, Polled, answered
from tests.scenarios.stage import UNASKED
from tests.scenarios.truth import Told, Versions, kept, parse_context, told

WRITING_S = 5.0
"""Real seconds that writing a file or a database may take: from the time the city gives it to where it can be read."""


def everything(record: Any) -> Told:
    """What a version says, to the last field of a source's own."""
    if isinstance(record, Measurement):
        return *told(record), record.n, record.basis
    if not isinstance(record, Case):
        return told(record)
    own = record.stage, record.klass, record.amount_idr, record.ceiling_idr, record.transfers, record.reopened
    return *told(record), *own, record.attributes


class Version(NamedTuple):
    """``must``: the history has to hold it; otherwise it may."""

    said: Told
    must: bool


Account = dict[str, list[Version]]


def polls_of(history: Reader, source: str, rate: float) -> list[Polled]:
    table = schema.poll
    query = sa.select(table.c.started_at, table.c.finished_at, table.c.duration_ms, table.c.outcome)
    found = []
    for row in history.rows(query.where(table.c.source == source).order_by(table.c.seq)):
        good = row.outcome in GOOD  # of a good one ``finished_at`` is the instant it asked as of
        start = instant(row.finished_at if good else row.started_at)
        spent = timedelta(milliseconds=row.duration_ms * rate)
        found.append(Polled(start, start + spent if good else instant(row.finished_at), good))
    return found


def account(config: Config, source: Source, entries: Iterable[Entry], polls: Sequence[Polled], rate: float) -> Account:
    """What ``entries`` of the city's ledger make the history of ``source`` hold, as of the last of ``polls``: read the
    history first and the ledger after."""
    options = importlib.import_module(f"connectors.{source.type}").Options.model_validate(source.options)
    rows = answered(config, source, options, entries, polls)
    found: dict[str, list[tuple[Any, Answered, Told]]] = {}
    for row, record in _records(config, source, rows):
        versions = found.setdefault(record.key, [])
        if not versions or versions[-1][2] != everything(record):
            versions.append((record, row, everything(record)))
    begin = _asked_from(config, source, options, polls[-1].end) if polls else None
    slack = timedelta(seconds=WRITING_S * rate)
    made: Account = {}
    for key, versions in found.items():
        ends = [row.at for _, row, _ in versions[1:]]
        made[key] = []
        for (record, row, said), until in zip(versions, [*ends, None], strict=True):
            may, must = _taken(row, until, polls, slack)
            if may:
                made[key].append(Version(said, must and not _outside(record, begin)))
    return made


def _records(config: Config, source: Source, rows: Iterable[Answered]) -> Iterator[tuple[Answered, Any]]:
    connector = importlib.import_module(f"connectors.{source.type}")
    context = parse_context(config, source)
    for row in rows:
        parsed = connector.parse(row.fields, replace(context, fetched_at=row.at))
        for part in parsed if isinstance(parsed, (list, tuple)) else [parsed]:
            yield row, part.record if isinstance(part, Parsed) else part


def _taken(row: Answered, until: datetime | None, polls: Sequence[Polled], slack: timedelta) -> tuple[bool, bool]:
    """Whether a version that was told or stood from ``row.at`` to ``until`` may be, and must be, in history."""
    if row.asked:
        if not polls or row.at > polls[-1].end:
            return False, False  # its poll is under way
        poll = next((poll for poll in polls if poll.start <= row.at <= poll.end), None)
        return True, poll is None or (poll.good and (until is None or until > poll.end))
    # Standing: polls from the one that may just have seen it to the one that began before it was written over.
    begin, over = row.at + slack, until or datetime.max.replace(tzinfo=UTC)
    near = polls[max(0, bisect_left(polls, row.at, key=lambda poll: poll.end)) :]
    near = [poll for poll in near if poll.good and poll.start <= over + slack] if until else [p for p in near if p.good]
    whole = sum(poll.start >= begin and poll.end <= over for poll in near)
    return bool(near), whole >= row.looks


def _asked_from(config: Config, source: Source, options: Any, now: datetime) -> datetime | None:
    """The begin of what a file or a view is asked for; None: it is asked for all it has, or the city itself knows."""
    if source.id not in UNASKED:
        return None
    return judged(options.coverage, now, ZoneInfo(config.city.zone)).start


def _outside(record: Any, begin: datetime | None) -> bool:
    """Whether it lies before what is asked for; on the edge, or a day before now, it may be either."""
    if begin is None or isinstance(record, Status):
        return False
    at = record.period_start if isinstance(record, Measurement) else record.opened_at
    return bool(at < begin + timedelta(days=1))


def explained(versions: Sequence[Version], have: Sequence[Told]) -> bool:
    """Whether ``have`` is ``versions``, without some that need not be there; two alike in a row are one."""
    reached = {0}  # how many of ``have`` are explained so far
    for said, must in versions:
        after = {at + 1 for at in reached if at < len(have) and have[at] == said}
        after |= {at for at in reached if at and have[at - 1] == said}
        reached = after if must else after | reached
    return len(have) in reached


def differences(wanted: Account, have: Versions) -> list[str]:
    """The keys of the records that the history does not hold as they were served."""
    return [key for key in wanted.keys() | have.keys() if not explained(wanted.get(key, []), have.get(key, []))]


def held(history: Reader, source: str) -> Versions:
    """What is kept of ``source``, without what the room found out by itself: that a subject is named no more."""
    found = kept(history, source, everything)
    return {key: [said for said in versions if said[0] != GONE] for key, versions in found.items()}


def planted(wanted: Account, have: Versions) -> dict[str, bool]:
    """Whether each of these mistakes would have been told, planted into a history without one."""
    good = {key: said for key, said in have.items() if explained(wanted.get(key, []), said) and said}
    key = next((key for key in good if any(version.must for version in wanted[key])), None)
    if key is None:
        return {}
    changed = (*good[key][-1][:-1], "planted")
    wrong: Mapping[str, Versions] = {
        "lost": {name: said for name, said in good.items() if name != key},
        "doubled": {**good, key: [*good[key], good[key][-1]]},
        "changed": {**good, key: [*good[key][:-1], changed]},
        "invented": {**good, f"{key} planted": good[key]},
    }
    return {name: set(differences(_of(wanted, good), found)) != set() for name, found in wrong.items()}


def _of(wanted: Account, good: Versions) -> Account:
    return {key: versions for key, versions in wanted.items() if key in good}
