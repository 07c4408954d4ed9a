"""Prepared facts to table rows, in the order of the table's columns; no SQL, no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from dashboard.facts import CaseFact, MeasurementFact, PollFact, StatusFact
from dashboard.history import schema
from dashboard.history.batch import Batch, CaseWrite, SourceCurrent, Stored
from dashboard.history.codec import dumps, fact_fields, record_fields, us, us_or_none
from dashboard.records import OF_THE_MOMENT, Measurement

Row = tuple[Any, ...]


def case_current(write: CaseWrite, seq: int, seen_at: int) -> Row:
    fact = write.after
    record = fact.record
    return (
        fact.number,
        fact.source,
        write.key_digest,
        record.key,
        fact.provenance,
        fact.version,
        seq,
        seen_at,
        us(fact.first_seen_at),
        write.row_digest,
        record.status.open,
        record.kind,
        record.klass,
        record.category,
        record.channel,
        record.department,
        record.district,
        record.subdistrict,
        record.status.value,
        us(record.opened_at),
        us_or_none(record.first_response_at),
        us_or_none(record.resolved_at),
        us_or_none(write.left_at),
        us_or_none(fact.observed_response_after),
        us_or_none(fact.observed_response_by),
        us_or_none(fact.observed_close_after),
        us_or_none(fact.observed_close_by),
        fact.response_uncertain,
        fact.close_uncertain,
        record.closed_by.value if record.closed_by else None,
        record.evidence.value,
        record.reopened,
        fact.backlog,
        fact.backdated,
        fact.invalid_sequence,
        us_or_none(fact.vanished_at),
        None,  # missing_since: a poll that brings it confirms it
        fact.group,
        fact.policy,
        None,  # erased_at
        us_or_none(fact.uncovered_at),
    )


def case_version(write: CaseWrite, seq: int, seen_at: int, parser: str) -> Row:
    return (write.after.number, write.after.version, seq, seen_at, write.cause, fact_fields(write.after), parser)


def case_events(write: CaseWrite, seq: int) -> list[Row]:
    return [
        (
            write.after.number,
            seq,
            i,
            event.kind.value,
            us_or_none(event.declared_at),
            us_or_none(event.observed_after),
            us_or_none(event.observed_by),
            event.origin,
            event.detail,
            event.both,
        )
        for i, event in enumerate(write.events)
    ]


def case_derived(fact: CaseFact) -> Row:
    return (
        fact.number,
        us_or_none(fact.due_at),
        fact.due_basis,
        fact.provisional,
        fact.visibility,
        us_or_none(fact.response_due_at),
        fact.response_basis,
    )


def moved(before: CaseFact, after: CaseFact) -> bool:
    """Whether what is derived of a case is not what it was."""
    return case_derived(before) != case_derived(after)


def derived_change(before: CaseFact, after: CaseFact, seq: int) -> Row:
    return (
        seq,
        after.number,
        us_or_none(before.due_at),
        us_or_none(after.due_at),
        before.due_basis,
        before.provisional,
        before.visibility,
        after.due_basis,
        after.provisional,
        after.visibility,
        us_or_none(before.response_due_at),
        us_or_none(after.response_due_at),
        before.response_basis,
        after.response_basis,
    )


def series(record: Measurement) -> str:
    """The identity of a measurement without its period."""
    return "|".join((record.metric, record.place, record.item or record.item_word, record.variant))


def measurement_current(stored: Stored[MeasurementFact], seq: int, fields: str) -> Row:
    fact = stored.fact
    record = fact.record
    return (
        stored.number,
        fact.source,
        record.key,
        series(record),
        fact.provenance,
        fact.version,
        seq,
        us(fact.seen_at),
        stored.row_digest,
        record.metric,
        record.place,
        record.item,
        us(record.period_start),
        record.value,
        fields,
    )


def status_current(stored: Stored[StatusFact], seq: int, fields: str) -> Row:
    fact = stored.fact
    return (
        stored.number,
        fact.source,
        fact.record.key,
        fact.provenance,
        fact.version,
        seq,
        us(fact.seen_at),
        stored.row_digest,
        fields,
    )


def plain_version(stored: Stored[Any], seq: int, fields: str, parser: str) -> Row:
    return (stored.number, stored.fact.version, seq, us(stored.fact.seen_at), fields, parser)


def plain_fields(stored: Stored[Any]) -> str:
    return dumps(record_fields(stored.fact.record))


def lasting_fields(stored: Stored[StatusFact]) -> str:
    """Of a version of a status: without what is of the moment."""
    found = record_fields(stored.fact.record)
    for name in OF_THE_MOMENT:
        found.pop(name, None)
    return dumps(found)


def poll(fact: PollFact, seq: int) -> Row:
    return (
        seq,
        fact.source,
        us(fact.started_at),
        us(fact.finished_at),
        fact.outcome,
        fact.cause,
        fact.detail,
        fact.duration_ms,
        fact.bytes,
        fact.digest,
        fact.rows,
        fact.new,
        fact.changed,
        fact.vanished,
        fact.rejected,
        dumps(fact.reject_reasons),
        dumps(fact.unknown_words),
        dumps(list(fact.drift)),
        fact.skew_s,
        us_or_none(fact.data_at),
        fact.copied_forward,
        fact.whole,
    )


def source_current(current: SourceCurrent, seq: int) -> Row:
    return (
        current.source,
        seq,
        None if current.cursor is None else dumps(current.cursor),
        us_or_none(current.first_poll),
        us_or_none(current.first_success),
        us_or_none(current.last_poll),
        us_or_none(current.last_success),
        us_or_none(current.last_whole),
        us_or_none(current.last_change),
        current.consecutive_failures,
        us_or_none(current.failing_since),
        current.last_cause,
        us_or_none(current.data_at),
        current.rows,
        current.digest,
        None if current.fields is None else dumps(list(current.fields)),
        current.mapping,
        current.copied_forward,
    )


def side_rows(batch: Batch, seq: int) -> list[tuple[sa.Table, Sequence[Row]]]:
    """What stands beside the records: quarantine, unknown words, held values, text, places."""
    at = us(batch.at)
    return [
        (
            schema.quarantine,
            [(batch.source, row.digest, seq, at, row.field, row.reason, row.shape) for row in batch.quarantine],
        ),
        (schema.unknown_word, [(batch.source, name, word, at, seq) for name, word in sorted(batch.words)]),
        (
            schema.held_measurement,
            [(batch.source, held.key, held.value, held.previous, held.reason, seq, at) for held in batch.held],
        ),
        (schema.case_text, [(number, summary, at) for number, summary in batch.texts.items()]),
        (
            schema.case_place,
            [
                (
                    place.number,
                    place.cell,
                    place.signature,
                    place.photos,
                    place.photo_reused,
                    us(place.opened_at),
                    us(place.expires_at),
                )
                for place in batch.places
            ],
        ),
    ]
