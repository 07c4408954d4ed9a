"""The one exception to insert-only: takes a case's text and source id away; never its times and counts.

An open case will not be heard of again, so it is uncovered by it: a last version says so, and it leaves the open
stock, the queue and what is called late. What stays: the case under the room's number with its codes and times, a
tombstone (keyed digest of the source id) that keeps a re-poll from bringing it back, and a proof row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dashboard.history import engine as engines
from dashboard.history import schema
from dashboard.history.codec import dumps, fact_fields, instant, loads, us
from dashboard.records import EventKind

if TYPE_CHECKING:
    from dashboard.facts import CaseFact
    from dashboard.history.reading import Reader

CHUNK = 500
WORDS = ("status_word", "category_word", "department_word", "district_word", "subdistrict_word")
FREE = (*WORDS, "office", "stage", "attributes", "duplicate_of", "parent")
"""What a source wrote in its own words; a version of an erased case keeps only codes, times and states."""


def targets(history: Reader, numbers: Sequence[int]) -> list[CaseFact]:
    """The cases of these numbers that are there and not erased yet."""
    found: list[CaseFact] = []
    for start in range(0, len(numbers), CHUNK):
        table = schema.case_current
        some = table.c.number.in_(numbers[start : start + CHUNK])
        found += history.facts(some, table.c.erased_at.is_(None))
    return found


def past_retention(history: Reader, kind: str, at: datetime, days: int) -> list[int]:
    """The first portion of the cases of a kind whose text has been kept long enough: closed so long ago, or so long
    out of sight, and no closing will be heard of."""
    table, limit_at = schema.case_current, us(at - timedelta(days=days))
    closed = sa.and_(table.c.open.is_(False), table.c.left_at <= limit_at)
    query = (
        sa.select(table.c.number)
        .where(
            table.c.kind == kind,
            table.c.erased_at.is_(None),
            sa.or_(closed, table.c.vanished_at <= limit_at, table.c.uncovered_at <= limit_at),
        )
        .order_by(table.c.number)
        .limit(CHUNK)
    )
    with history.engine.begin() as connection:
        return list(connection.execute(query).scalars())


def erase(connection: sa.Connection, seq: int, at: int, facts: Sequence[CaseFact], cause: str, reason: str) -> None:
    _uncover(connection, seq, at, [fact for fact in facts if in_stock(fact)])
    numbers = [fact.number for fact in facts]
    current, version = schema.case_current, schema.case_version
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        texts = set(
            connection.execute(
                sa.select(schema.case_text.c.number).where(schema.case_text.c.number.in_(chunk))
            ).scalars()
        )
        keyed = connection.execute(
            sa.select(current.c.source, current.c.key_digest, current.c.number).where(current.c.number.in_(chunk))
        ).all()
        engines.insert_many(
            connection, schema.tombstone, [(row.source, row.key_digest, row.number, seq) for row in keyed]
        )
        connection.execute(sa.delete(schema.case_text).where(schema.case_text.c.number.in_(chunk)))
        connection.execute(sa.delete(schema.case_place).where(schema.case_place.c.number.in_(chunk)))
        connection.execute(
            sa.update(current)
            .where(current.c.number.in_(chunk))
            .values(key=None, key_digest=None, row_digest=None, erased_at=at, missing_since=None)
        )
        cleared = _clear_versions(connection, version, chunk)
        engines.insert_many(
            connection,
            schema.erasure,
            [
                (seq, row.number, row.source, at, cause, reason, cleared.get(row.number, 0), int(row.number in texts))
                for row in keyed
            ],
        )


def in_stock(fact: CaseFact) -> bool:
    return fact.record.status.open and fact.vanished_at is None and fact.uncovered_at is None


def _uncover(connection: sa.Connection, seq: int, at: int, facts: Sequence[CaseFact]) -> None:
    """One more version and event of each: open, and never to be heard of again."""
    current, n = schema.case_current, schema.case_current.c.number
    after = [replace(fact, version=fact.version + 1, uncovered_at=instant(at)) for fact in facts]
    engines.insert_many(
        connection,
        schema.case_version,
        [(fact.number, fact.version, seq, at, "room", fact_fields(fact), "") for fact in after],
    )
    engines.insert_many(
        connection,
        schema.case_event,
        [(fact.number, seq, 0, EventKind.UNCOVERED.value, None, None, at, "room", "", False) for fact in after],
    )
    for start in range(0, len(after), CHUNK):
        some = n.in_([fact.number for fact in after[start : start + CHUNK]])
        moved = {"version": current.c.version + 1, "uncovered_at": at, "seq": seq}
        connection.execute(sa.update(current).where(some).values(moved))


def _clear_versions(connection: sa.Connection, version: sa.Table, numbers: Sequence[int]) -> dict[int, int]:
    """Take the source's own words out of every version; returns how many versions each case has."""
    counts: dict[int, int] = {}
    updates: list[dict[str, Any]] = []
    rows = connection.execute(
        sa.select(version.c.number, version.c.n, version.c.fields).where(version.c.number.in_(numbers))
    ).all()
    for row in rows:
        counts[row.number] = counts.get(row.number, 0) + 1
        fields = loads(row.fields)
        if any(fields.pop(name, None) is not None for name in FREE):
            kept = {name: value for name, value in fields.items() if name not in FREE}
            updates.append({"which": row.number, "nth": row.n, "text": dumps(kept)})
    if updates:
        connection.execute(
            sa.update(version)
            .where(version.c.number == sa.bindparam("which"), version.c.n == sa.bindparam("nth"))
            .values(fields=sa.bindparam("text")),
            updates,
        )
    return counts
