"""Whether a payload is believed, and what a source's state is after a poll; no I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from dashboard.contract import Payload
from dashboard.facts import PollFact
from dashboard.history.batch import Batch, SourceCurrent
from dashboard.ingest_cases import Outcome
from dashboard.ingest_memory import Memory
from dashboard.ingest_quarantine import count_reasons
from dashboard.ingest_reading import Reading

REJECT_SHARE, REJECT_LEAST = 0.2, 5
EMPTY_LEAST = 10
"""A list that held at least this many at the last good poll and now comes empty is suspicious, not zero. It stays
so however often it repeats: one record is enough to be believed again, and then the twice-missing rule judges."""


def refusal(payload: Payload, reading: Reading, memory: Memory) -> dict[str, Any] | None:
    """Why this payload is not believed, as fields of its poll row."""
    rejected = len(reading.rejects)
    if rejected and (rejected == reading.rows or (rejected >= REJECT_LEAST and rejected > REJECT_SHARE * reading.rows)):
        (worst, count) = max(count_reasons(reading.rejects).items(), key=lambda item: item[1])
        cause = "field_missing" if rejected == reading.rows and count == rejected else "too_many_rejects"
        return {"outcome": "changed", "cause": cause, "detail": f"{rejected} of {reading.rows} rows; {count}: {worst}"}
    held = memory.current.rows or 0
    if reading.rows == 0 and payload.coverage.kind != "delta" and held >= EMPTY_LEAST:
        detail = f"an empty list where {held} rows were"
        return {"outcome": "suspicious_empty", "cause": "suspicious_empty", "detail": detail}
    return None


def newest(old: datetime | None, new: datetime | None, now: datetime) -> datetime | None:
    """Data does not get older, but a claim from the future does not outlive its correction."""
    if new is None or old is None:
        return new or old
    return new if old > now else max(old, new)


def advance(
    payload: Payload,
    reading: Reading | None,
    memory: Memory,
    poll: PollFact,
    changed: bool,
) -> SourceCurrent:
    """The source's state after a good poll."""
    current, now = memory.current, payload.fetched_at
    mapping = memory.mapping.hex()
    agreed = current.fields if current.mapping == mapping else None
    return replace(
        current,
        cursor=payload.next_cursor if payload.next_cursor is not None else current.cursor,
        first_poll=current.first_poll or poll.started_at,
        first_success=current.first_success or (now if poll.rows else None),
        last_poll=now,
        last_success=now,
        last_whole=now if payload.whole else current.last_whole,
        last_change=now if changed or current.last_change is None else current.last_change,
        consecutive_failures=0,
        failing_since=None,
        last_cause=None,
        data_at=poll.data_at,
        rows=poll.rows if poll.rows is not None else current.rows,
        digest=poll.digest or current.digest,
        fields=agreed or (reading.fields if reading is not None else None) or current.fields,
        mapping=mapping if reading is not None else current.mapping,
        copied_forward=poll.copied_forward,
    )


def remember(batch: Batch, memory: Memory, outcome: Outcome, reading: Reading) -> None:
    """Done before the commit: if that fails the whole memory of the source is dropped."""
    memory.index(outcome.old_digests, outcome.new_digests)
    for number in outcome.seen:
        memory.missing.pop(number, None)
    for number, record in outcome.notes:
        memory.note(number, record)
    for number, confirmed in batch.missing.items():
        if confirmed is not None:
            memory.missing[number] = confirmed
    for number in outcome.dropped:
        memory.drop(number)
    unserved = {write.after.number for write in batch.cases if write.row_digest is None}
    if unserved:
        memory.index([mark for mark, numbers in memory.rows.items() if not unserved.isdisjoint(numbers)], ())
    memory.quarantine(row.digest for row in reading.quarantine)
    memory.words |= batch.words
