"""Compares parsed measurements with the stored ones; reads, never writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dashboard.facts import MeasurementFact
from dashboard.history import History
from dashboard.history.batch import DOUBTFUL, Batch, Stored
from dashboard.history.rows import series
from dashboard.ingest_cases import Outcome
from dashboard.ingest_memory import Memory
from dashboard.ingest_reading import Reading
from dashboard.ingest_series import COMPARED_SURVEYS, COUNTERS, Past, copied_forward
from dashboard.records import Measurement


def compare_measurements(
    history: History,
    reading: Reading,
    memory: Memory,
    batch: Batch,
    outcome: Outcome,
    now: datetime,
    number: int,
    times: float | None,
) -> tuple[int, int]:
    """Fill the batch; returns how many are new and the next free number. ``times``: a price that is more than so many
    times its own past is doubtful; None: none is."""
    newest: dict[str, tuple[Measurement, bytes]] = {}
    for record, mark in reading.measurements:
        earlier = newest.get(record.key)
        if earlier is None or (record.observed_at or now) >= (earlier[0].observed_at or now):
            newest[record.key] = (record, mark)
    if not newest:
        return 0, number
    stored = history.stored_measurements(batch.source, list(newest)) if memory.current.first_success else {}
    counters = sorted({series(record) for record, _ in newest.values() if record.basis in COUNTERS})
    last = history.last_of_series(batch.source, counters) if counters else {}
    surveys = history.recent_surveys(batch.source, COMPARED_SURVEYS)
    past, new = Past(surveys), 0
    fallen = memory.counters.newest_held((record for record, _ in newest.values()), last)
    for key, (record, mark) in sorted(newest.items(), key=lambda item: item[1][0].period_start):
        known = stored.get(key)
        if known is not None and known.fact.record == record:
            if known.row_digest != mark:
                batch.measurement_digests[known.number] = mark
        else:
            held = memory.counters.judge(record, last.get(series(record)))
            if held is None and (whole := fallen.get(series(record))) is not None:
                # Whoever sends another past with a counter that fell, or jumped, is believed in neither.
                held = replace(whole, key=record.key, value=record.value or 0.0)
            if held is None and times is not None:
                held = memory.prices.judge(record, times, known.fact.record.value if known else None, past)
            if held is not None:
                batch.held.append(held)
                continue  # not indexed either: it is looked at again at the next poll
            if record.value is not None:
                if series(record) not in last or last[series(record)][0] <= record.period_start:
                    last[series(record)] = (record.period_start, record.value)
                past.put(series(record), record.period_start, record.value)
            batch.measurements.append(_kept(known, number, record, mark, batch, now))
            new, number = (new, number) if known is not None else (new + 1, number + 1)
        outcome.new_digests.append((mark, None))
        if known is not None and known.row_digest is not None and known.row_digest != mark:
            outcome.old_digests.append(known.row_digest)
    _annotate(batch, surveys)
    return new, number


def _kept(
    known: Stored[MeasurementFact] | None, number: int, record: Measurement, mark: bytes, batch: Batch, now: datetime
) -> Stored[MeasurementFact]:
    """What is written of a measurement. The same value measured again is known as of now, and makes no version."""
    if known is not None and replace(known.fact.record, observed_at=record.observed_at) == record:
        return Stored(known.number, replace(known.fact, record=record), mark, new=False, quiet=True)
    fact = MeasurementFact(
        source=batch.source,
        provenance=batch.provenance,
        record=record,
        version=known.fact.version + 1 if known is not None else 1,
        seen_at=now,
    )
    return Stored(known.number if known else number, fact, mark, new=known is None)


def _annotate(batch: Batch, surveys: dict[datetime, dict[str, float]]) -> None:
    """Held counters, doubtful prices and surveys copied forward are said on the poll row."""
    said = sorted({held.reason for held in batch.held} - {DOUBTFUL})
    if doubtful := batch.doubtful():
        said.append(f"doubtful:{len(doubtful)}")
    batch.poll = replace(batch.poll, drift=(*batch.poll.drift, *said))
    if not batch.measurements:
        return
    for stored in batch.measurements:
        record = stored.fact.record
        survey = surveys.setdefault(record.period_start, {})
        survey.pop(series(record), None)
        if record.value is not None:
            survey[series(record)] = record.value
    newest = [survey for _, survey in sorted(surveys.items(), reverse=True) if survey]
    batch.poll = replace(batch.poll, copied_forward=copied_forward(newest))
