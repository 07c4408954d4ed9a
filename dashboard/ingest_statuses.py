"""Compares parsed statuses with the stored ones, and drops a position that may not be kept; reads, never writes.

A position is kept rounded, only of a kind and in a state that the configuration names for it. What is of the moment
(position, last report) changes a status without making a version, so that no trail of anybody is ever stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dashboard.config.statuses import StatusKind
from dashboard.facts import StatusFact
from dashboard.history import History
from dashboard.history.batch import Batch, Stored
from dashboard.ingest_cases import Outcome
from dashboard.ingest_memory import Memory
from dashboard.ingest_reading import Reading
from dashboard.records import GONE, OF_THE_MOMENT, UNKNOWN, Status

Kinds = Mapping[str, StatusKind]


def compare_statuses(
    history: History, reading: Reading, batch: Batch, outcome: Outcome, now: datetime, number: int, kinds: Kinds
) -> tuple[int, int]:
    """Fill the batch; returns how many are new and the next free number."""
    newest: dict[str, tuple[Status, bytes]] = {record.key: (record, mark) for record, mark in reading.statuses}
    stored = history.stored_statuses(batch.source, list(newest)) if newest else {}
    new = 0
    for key, (parsed, mark) in newest.items():
        known = stored.get(key)
        record = _since(_placed(parsed, kinds), known.fact.record if known else None, now)
        outcome.new_digests.append((mark, None))
        if known is not None and known.row_digest is not None and known.row_digest != mark:
            outcome.old_digests.append(known.row_digest)
        if known is not None and known.fact.record == record:
            if known.row_digest != mark:
                batch.status_digests[known.number] = mark
            continue
        if known is not None and _lasting(known.fact.record) == _lasting(record):
            fact = replace(known.fact, record=record)
            batch.statuses.append(Stored(known.number, fact, mark, new=False, quiet=True))
            continue
        fact = StatusFact(
            source=batch.source,
            provenance=batch.provenance,
            record=record,
            version=known.fact.version + 1 if known is not None else 1,
            seen_at=now,
        )
        batch.statuses.append(Stored(known.number if known else number, fact, mark, new=known is None))
        new, number = (new, number) if known is not None else (new + 1, number + 1)
    return new, number


def part_with(history: History, reading: Reading, memory: Memory, batch: Batch, outcome: Outcome, now: datetime) -> int:
    """Subjects that this complete list does not name, and an earlier one did not either, are ``gone``. How many."""
    served = {*reading.hits, *(mark for _, mark in reading.statuses)}
    named = {record.key for record, _ in reading.statuses}
    absent = {
        key: stored
        for key, stored in history.statuses_of(batch.source).items()
        if key not in named and stored.row_digest not in served and stored.fact.record.state != GONE
    }
    gone = [stored for key, stored in absent.items() if memory.absent.get(key, now) < now]
    for stored in gone:
        record = replace(_lasting(stored.fact.record), state=GONE, since=None, observed_since=now)
        fact = replace(stored.fact, record=record, version=stored.fact.version + 1, seen_at=now)
        batch.statuses.append(Stored(stored.number, fact, None, new=False))
        if stored.row_digest is not None:
            outcome.old_digests.append(stored.row_digest)
    left = {stored.fact.record.key for stored in gone}
    memory.absent = {key: memory.absent.get(key, now) for key in absent if key not in left}
    return len(gone)


def _placed(record: Status, kinds: Kinds) -> Status:
    """With a position only where the configuration lets one be kept."""
    kind = kinds.get(record.kind)
    state = kind.states.get(record.state) if kind else None
    if kind is not None and state is None and record.state != UNKNOWN:
        record = replace(record, state=UNKNOWN, state_word=record.state_word or record.state)
    if record.latitude is None or record.longitude is None:
        return record
    if kind is None or state is None or not state.position:
        return replace(record, latitude=None, longitude=None)
    finest = kind.position_decimals
    return replace(record, latitude=round(record.latitude, finest), longitude=round(record.longitude, finest))


def _since(record: Status, known: Status | None, now: datetime) -> Status:
    """With the time at which the room first saw this state; None when it was so at first sight."""
    if known is None:
        return record
    seen = known.observed_since if known.state == record.state else now
    return replace(record, observed_since=seen) if seen is not None else record


def _lasting(record: Status) -> Status:
    nothing: dict[str, Any] = dict.fromkeys(OF_THE_MOMENT)
    return replace(record, **nothing)
