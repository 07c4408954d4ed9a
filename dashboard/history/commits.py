"""Rebuilds committed transactions from the version rows, in order of seq; never writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dashboard.facts import CaseChange, CaseFact, Commit
from dashboard.history import schema
from dashboard.history.codec import fact_from, instant, instant_or_none
from dashboard.history.projections import measurement_of, poll_of, status_of
from dashboard.records import Event, EventKind

if TYPE_CHECKING:
    from dashboard.history.reading import Reader

CHUNK = 500


def commits_since(history: Reader, seq: int) -> Iterator[Commit]:
    log = schema.change_log
    while True:
        entries = history.rows(sa.select(log).where(log.c.seq > seq).order_by(log.c.seq).limit(CHUNK))
        for entry in entries:
            yield _commit(history, entry)
        if len(entries) < CHUNK:
            return
        seq = entries[-1].seq


def _commit(history: Reader, entry: Any) -> Commit:
    poll = [poll_of(row) for row in history.rows(sa.select(schema.poll).where(schema.poll.c.seq == entry.seq))]
    if entry.kind == "due":
        cases = _rederived(history, entry.seq)
    elif entry.kind in ("erase", "retention"):
        cases = _erased(history, entry.seq)
    else:
        cases = _changes(history, entry.seq)
    measured = _versions(history, schema.measurement_version, schema.measurement_current, entry.seq)
    states = _versions(history, schema.status_version, schema.status_current, entry.seq)
    return Commit(
        seq=entry.seq,
        epoch=entry.epoch,
        at=instant(entry.at),
        kind="erase" if entry.kind == "retention" else entry.kind,
        source=entry.source,
        poll=poll[0] if poll else None,
        cases=cases,
        measurements=[measurement_of(row) for row in measured],
        statuses=[status_of(row) for row in states],
    )


def _versions(history: Reader, versions: sa.Table, current: sa.Table, seq: int) -> Any:
    query = (
        sa.select(
            current.c.source, current.c.provenance, versions.c.fields, versions.c.n.label("version"), versions.c.seen_at
        )
        .select_from(versions.join(current, current.c.number == versions.c.number))
        .where(versions.c.seq == seq)
        .order_by(versions.c.number)
    )
    return history.rows(query)


def _changes(history: Reader, seq: int) -> list[CaseChange]:
    c, v, d = schema.case_current, schema.case_version, schema.case_derived
    before = v.alias("before")
    query = (
        sa.select(
            c.c.number,
            c.c.source,
            c.c.provenance,
            c.c.key,
            c.c.grp,
            v.c.n,
            v.c.fields,
            before.c.fields.label("old_fields"),
            d.c.due_at,
            d.c.due_basis,
            d.c.provisional,
            d.c.visibility,
        )
        .select_from(
            v.join(c, c.c.number == v.c.number)
            .join(d, d.c.number == v.c.number)
            .outerjoin(before, sa.and_(before.c.number == v.c.number, before.c.n == v.c.n - 1))
        )
        .where(v.c.seq == seq)
        .order_by(v.c.number)
    )
    rows = history.rows(query)
    if not rows:
        return []
    sizes = history.group_sizes(sorted({row.grp for row in rows if row.grp is not None}))
    events, moves = _events(history, seq), _moves(history, [row.number for row in rows])
    return [
        CaseChange(
            before=None
            if row.old_fields is None
            else _fact(row, row.n - 1, row.old_fields, sizes, _derived_at(moves, row, seq - 1)),
            after=_fact(row, row.n, row.fields, sizes, _derived_at(moves, row, seq)),
            events=events.get(row.number, ()),
        )
        for row in rows
    ]


def _fact(row: Any, version: int, fields: str, sizes: dict[str, int], derived: dict[str, Any]) -> CaseFact:
    return fact_from(
        number=row.number,
        source=row.source,
        provenance=row.provenance,
        key=row.key,
        version=version,
        fields=fields,
        group_size=sizes.get(row.grp, 1),
        **derived,
    )


def _moves(history: Reader, numbers: Sequence[int]) -> dict[int, list[Any]]:
    """All that ever moved what is derived of these cases, in order."""
    table = schema.derived_change
    found: dict[int, list[Any]] = {}
    for start in range(0, len(numbers), CHUNK):
        some = table.c.number.in_(numbers[start : start + CHUNK])
        for row in history.rows(sa.select(table).where(some).order_by(table.c.number, table.c.seq)):
            found.setdefault(row.number, []).append(row)
    return found


def _derived_at(moves: Mapping[int, list[Any]], row: Any, seq: int) -> dict[str, Any]:
    """What was derived of a case as of ``seq``: what the last move before came to, or what the next one found.
    ``row``: what is derived now, when nothing moved it since."""
    told = moves.get(row.number, [])
    last = next((move for move in reversed(told) if move.seq <= seq), None)
    following = next((move for move in told if move.seq > seq), None)
    if last is not None and last.visibility_after is not None:
        values = (last.due_after, last.basis_after, last.provisional_after, last.visibility_after)
    elif following is not None:
        values = (following.due_before, following.basis_before, following.provisional_before,
                  following.visibility_before)  # fmt: skip
    else:
        values = (row.due_at, row.due_basis, row.provisional, row.visibility)
    return dict(zip(("due_at", "due_basis", "provisional", "visibility"), values, strict=True))


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


def _rederived(history: Reader, seq: int) -> list[CaseChange]:
    """The record as it was then; before and after: what was derived of it."""
    table = schema.derived_change
    numbers = [row[0] for row in history.rows(sa.select(table.c.number).where(table.c.seq == seq))]
    moves = _moves(history, numbers)
    found: dict[int, Any] = {}
    c, v, d = schema.case_current, schema.case_version, schema.case_derived
    for start in range(0, len(numbers), CHUNK):
        query = (
            sa.select(c.c.source, c.c.provenance, c.c.key, c.c.grp, v.c.n, v.c.fields, d)
            .select_from(c.join(v, v.c.number == c.c.number).join(d, d.c.number == c.c.number))
            .where(c.c.number.in_(numbers[start : start + CHUNK]), v.c.seq <= seq)
            .order_by(c.c.number, v.c.n)
        )
        found |= {row.number: row for row in history.rows(query)}
    sizes = history.group_sizes(sorted({row.grp for row in found.values() if row.grp is not None}))
    return [
        CaseChange(
            before=_fact(row, row.n, row.fields, sizes, _derived_at(moves, row, seq - 1)),
            after=_fact(row, row.n, row.fields, sizes, _derived_at(moves, row, seq)),
        )
        for row in found.values()
    ]


def _erased(history: Reader, seq: int) -> list[CaseChange]:
    """What was taken is not there to be shown: before and after are what is left."""
    table = schema.erasure
    numbers = [row[0] for row in history.rows(sa.select(table.c.number).where(table.c.seq == seq))]
    facts = history.case_facts(numbers)
    return [CaseChange(before=facts[number], after=facts[number]) for number in sorted(facts)]
