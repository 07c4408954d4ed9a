"""Rebuilds committed transactions from the version rows, in order of seq, as they were committed; never writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dashboard.facts import CaseChange, CaseFact, Commit, PollFact
from dashboard.history import schema
from dashboard.history.batch import HELD_MARKS
from dashboard.history.codec import fact_from, instant, instant_or_none
from dashboard.history.projections import C, D, V, measurement_of, poll_of, status_of
from dashboard.records import Event, EventKind

if TYPE_CHECKING:
    from dashboard.history.reading import Reader

CHUNK = 500
BESIDE_POLLS = ("erase", "retention", "due")
DERIVED = ("due_at", "due_basis", "provisional", "visibility", "response_due_at", "response_basis")
MEASURED = schema.measurement_version, schema.measurement_current
STATED = schema.status_version, schema.status_current
Derived = tuple[Any, ...]
"""The values of ``DERIVED``."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """What some entries of the log have rows of: most polls bring nothing and need not be asked about."""

    cases: set[int]
    measurements: set[int]
    statuses: set[int]
    newest: Mapping[tuple[str, int], list[Any]]
    """By table and seq the rows that are now as they were left then: with what is of the moment."""

    def has(self, entry: Any) -> bool:
        seq = entry.seq
        beside = entry.kind in BESIDE_POLLS
        return beside or seq in self.cases or seq in self.measurements or seq in self.statuses


def commits_since(history: Reader, seq: int, *, filled: bool = False) -> Iterator[Commit]:
    """``filled``: only those that changed a record; a day has tens of thousands of polls and ticks that did not."""
    log = schema.change_log
    while entries := history.rows(sa.select(log).where(log.c.seq > seq).order_by(log.c.seq).limit(CHUNK)):
        contents = _contents(history, entries[0].seq, entries[-1].seq)
        wanted = [entry for entry in entries if not filled or contents.has(entry)]
        polls = _polls(history, [entry.seq for entry in wanted if entry.kind == "poll"])
        for entry in wanted:
            yield _commit(history, entry, contents, polls.get(entry.seq))
        seq = entries[-1].seq


def _polls(history: Reader, seqs: Sequence[int]) -> dict[int, PollFact]:
    query = sa.select(schema.poll).where(schema.poll.c.seq.in_(seqs))
    return {row.seq: poll_of(row) for row in history.rows(query)} if seqs else {}


def _contents(history: Reader, first: int, last: int) -> _Contents:
    def seqs(table: sa.Table) -> set[int]:
        return {r[0] for r in history.rows(sa.select(table.c.seq).where(table.c.seq.between(first, last)).distinct())}

    newest: dict[tuple[str, int], list[Any]] = {}
    for table in (schema.measurement_current, schema.status_current):
        for row in history.rows(sa.select(table).where(table.c.seq.between(first, last)).order_by(table.c.number)):
            newest.setdefault((table.name, row.seq), []).append(row)
    filled = [
        seqs(versions) | {seq for name, seq in newest if name == current.name}
        for versions, current in (MEASURED, STATED)
    ]
    return _Contents(seqs(V), filled[0], filled[1], newest)


def _commit(history: Reader, entry: Any, contents: _Contents, poll: PollFact | None) -> Commit:
    seq, cases, measured, states = entry.seq, [], [], []
    if entry.kind == "due":
        cases = _rederived(history, seq)
    elif entry.kind in BESIDE_POLLS:
        cases = _erased(history, seq)
    elif seq in contents.cases:
        cases = _changes(history, seq)
    if seq in contents.measurements:
        measured = _as_left(history, contents, *MEASURED, seq)
    if seq in contents.statuses:
        states = _as_left(history, contents, *STATED, seq)
    return Commit(
        seq=seq,
        epoch=entry.epoch,
        at=instant(entry.at),
        kind="erase" if entry.kind == "retention" else entry.kind,
        source=entry.source,
        poll=poll,
        cases=cases,
        measurements=[measurement_of(row) for row in measured],
        statuses=[status_of(row) for row in states],
        doubtful=_doubtful(history, seq, poll),
    )


def _doubtful(history: Reader, seq: int, poll: PollFact | None) -> list[str] | None:
    """A value that a later poll brought again stands under that poll."""
    if poll is None or poll.outcome != "ok":
        return None
    if not any(said.startswith(HELD_MARKS) for said in poll.drift):
        return []
    held = schema.held_measurement
    query = sa.select(held.c.key).where(held.c.source == poll.source, held.c.seq == seq)
    return [row.key for row in history.rows(query.order_by(held.c.key))]


def _as_left(history: Reader, contents: _Contents, versions: sa.Table, current: sa.Table, seq: int) -> list[Any]:
    """What a poll wrote: what has not changed since as it is now, the rest as its version says."""
    newest = contents.newest.get((current.name, seq), [])
    left = {row.number for row in newest}
    older = _versions(history, versions, current, seq)
    return sorted([*newest, *(row for row in older if row.number not in left)], key=lambda row: row.number)


def _versions(history: Reader, versions: sa.Table, current: sa.Table, seq: int) -> Any:
    query = (
        sa.select(
            current.c.number,
            current.c.source,
            current.c.provenance,
            versions.c.fields,
            versions.c.n.label("version"),
            versions.c.seen_at,
        )
        .select_from(versions.join(current, current.c.number == versions.c.number))
        .where(versions.c.seq == seq)
        .order_by(versions.c.number)
    )
    return history.rows(query)


def _select() -> sa.Select[Any]:
    """A version of a case with all that does not change with it, and its derived values as they are now."""
    return sa.select(
        *(C.c.number, C.c.source, C.c.provenance, C.c.key, C.c.grp, V.c.n, V.c.fields),
        *(D.c[name] for name in DERIVED),
    ).order_by(C.c.number)


def _changes(history: Reader, seq: int) -> list[CaseChange]:
    before = V.alias("before")
    query = (
        _select()
        .add_columns(before.c.fields.label("old_fields"))
        .select_from(
            V.join(C, C.c.number == V.c.number)
            .join(D, D.c.number == V.c.number)
            .outerjoin(before, sa.and_(before.c.number == V.c.number, before.c.n == V.c.n - 1))
        )
        .where(V.c.seq == seq)
    )
    rows = history.rows(query)
    facts = _Facts(history, rows, seq)
    events = _events(history, seq)
    return [
        CaseChange(
            before=None if row.old_fields is None else facts.of(row, row.n - 1, row.old_fields, facts.before),
            after=facts.of(row, row.n, row.fields, facts.after),
            events=events.get(row.number, ()),
        )
        for row in rows
    ]


def _rederived(history: Reader, seq: int) -> list[CaseChange]:
    rows = _as_of(history, seq, schema.derived_change)
    facts = _Facts(history, rows, seq)
    return [
        CaseChange(
            before=facts.of(row, row.n, row.fields, facts.before), after=facts.of(row, row.n, row.fields, facts.after)
        )
        for row in rows
    ]


def _erased(history: Reader, seq: int) -> list[CaseChange]:
    """What was taken is not there to be shown: before and after are what is left. Of an open case the erasure made a
    version of its own."""
    moved = _changes(history, seq)
    numbers = {change.after.number for change in moved}
    rows = [row for row in _as_of(history, seq, schema.erasure) if row.number not in numbers]
    facts = _Facts(history, rows, seq)
    left = [facts.of(row, row.n, row.fields, facts.after) for row in rows]
    return [*(replace(change, events=()) for change in moved), *(CaseChange(before=fact, after=fact) for fact in left)]


def _as_of(history: Reader, seq: int, named: sa.Table) -> Sequence[Any]:
    """The cases that ``named`` has under this seq, in the version they had then."""
    other = V.alias("other")
    newest = sa.select(sa.func.max(other.c.n)).where(other.c.number == C.c.number, other.c.seq <= seq)
    query = (
        _select()
        .select_from(
            named.join(C, C.c.number == named.c.number)
            .join(V, sa.and_(V.c.number == C.c.number, V.c.n == newest.scalar_subquery()))
            .join(D, D.c.number == C.c.number)
        )
        .where(named.c.seq == seq)
    )
    return history.rows(query)


class _Facts:
    """Facts of ``rows`` with the derived values they had just ``before`` and ``after`` this seq: each later change
    of them says what was there before it."""

    def __init__(self, history: Reader, rows: Sequence[Any], seq: int) -> None:
        self._sizes = history.group_sizes(sorted({row.grp for row in rows if row.grp is not None}))
        self.before: dict[int, Derived] = {}
        self.after: dict[int, Derived] = {}
        numbers, table = [row.number for row in rows], schema.derived_change
        for start in range(0, len(numbers), CHUNK):
            some = table.c.number.in_(numbers[start : start + CHUNK])
            for row in history.rows(sa.select(table).where(some, table.c.seq >= seq).order_by(table.c.seq.desc())):
                was = (row.due_before, row.basis_before, row.provisional_before, row.visibility_before,
                       row.response_due_before, row.response_basis_before)  # fmt: skip
                self.before[row.number] = was
                if row.seq > seq:
                    self.after[row.number] = was

    def of(self, row: Any, version: int, fields: str, derived: dict[int, Derived]) -> CaseFact:
        now = tuple(getattr(row, name) for name in DERIVED)
        return fact_from(
            number=row.number,
            source=row.source,
            provenance=row.provenance,
            key=row.key,
            version=version,
            fields=fields,
            group_size=self._sizes.get(row.grp, 1),
            **dict(zip(DERIVED, derived.get(row.number, now), strict=True)),
        )


def _events(history: Reader, seq: int) -> dict[int, tuple[Event, ...]]:
    table = schema.case_event
    found: dict[int, tuple[Event, ...]] = {}
    query = sa.select(table).where(table.c.seq == seq).order_by(table.c.number, table.c.i)
    for row in history.rows(query):
        found[row.number] = (*found.get(row.number, ()), event_of(row))
    return found


def event_of(row: Any) -> Event:
    return Event(
        kind=EventKind(row.kind),
        declared_at=instant_or_none(row.declared_at),
        observed_after=instant_or_none(row.observed_after),
        observed_by=instant_or_none(row.observed_by),
        origin=row.origin,
        detail=row.detail,
        both=row.both,
    )
