"""Rows of the tables to facts, and the select that brings all a case needs; no session, no decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from dashboard.facts import CaseFact, MeasurementFact, PollFact, StatusFact
from dashboard.history import schema
from dashboard.history.batch import SourceCurrent
from dashboard.history.codec import fact_from, instant, instant_or_none, loads, measurement_from, status_from

C, V, D = schema.case_current, schema.case_version, schema.case_derived

CLOSED_COLUMNS = (
    "number",
    "source",
    "provenance",
    "kind",
    "klass",
    "category",
    "channel",
    "department",
    "district",
    "subdistrict",
    "status",
    "opened_at",
    "first_response_at",
    "resolved_at",
    "left_at",
    "observed_response_after",
    "observed_response_by",
    "observed_close_after",
    "observed_close_by",
    "response_uncertain",
    "close_uncertain",
    "closed_by",
    "reopened",
    "backlog",
    "backdated",
    "invalid_sequence",
    "vanished_at",
    "uncovered_at",
    "first_seen_at",
    "policy",
)


def case_select() -> sa.Select[Any]:
    """Everything a CaseFact needs, at its newest version."""
    return sa.select(
        C.c.number,
        C.c.source,
        C.c.provenance,
        C.c.key,
        C.c.version,
        C.c.grp,
        C.c.key_digest,
        C.c.row_digest,
        C.c.missing_since,
        V.c.fields,
        D.c.due_at,
        D.c.due_basis,
        D.c.response_due_at,
        D.c.response_basis,
        D.c.provisional,
        D.c.visibility,
    ).select_from(C.join(V, sa.and_(V.c.number == C.c.number, V.c.n == C.c.version)).join(D, D.c.number == C.c.number))


def case_of(row: Any, sizes: Mapping[str, int]) -> CaseFact:
    return fact_from(
        number=row.number,
        source=row.source,
        provenance=row.provenance,
        key=row.key,
        version=row.version,
        fields=row.fields,
        due_at=row.due_at,
        due_basis=row.due_basis,
        response_due_at=row.response_due_at,
        response_basis=row.response_basis,
        provisional=row.provisional,
        visibility=row.visibility,
        group_size=sizes.get(row.grp, 1),
    )


def poll_of(row: Any) -> PollFact:
    return PollFact(
        source=row.source,
        started_at=instant(row.started_at),
        finished_at=instant(row.finished_at),
        outcome=row.outcome,
        cause=row.cause,
        detail=row.detail,
        duration_ms=row.duration_ms,
        bytes=row.bytes,
        digest=row.digest,
        rows=row.rows,
        new=row.new,
        changed=row.changed,
        vanished=row.vanished,
        rejected=row.rejected,
        reject_reasons=loads(row.reject_reasons),
        unknown_words=loads(row.unknown_words),
        drift=tuple(loads(row.drift)),
        skew_s=row.skew_s,
        data_at=instant_or_none(row.data_at),
        copied_forward=row.copied_forward,
        whole=row.whole,
    )


def measurement_of(row: Any) -> MeasurementFact:
    return MeasurementFact(
        source=row.source,
        provenance=row.provenance,
        record=measurement_from(row.fields),
        version=row.version,
        seen_at=instant(row.seen_at),
    )


def status_of(row: Any) -> StatusFact:
    return StatusFact(
        source=row.source,
        provenance=row.provenance,
        record=status_from(row.fields),
        version=row.version,
        seen_at=instant(row.seen_at),
    )


def current_of(row: Any) -> SourceCurrent:
    return SourceCurrent(
        source=row.source,
        cursor=loads(row.cursor),
        first_poll=instant_or_none(row.first_poll),
        first_success=instant_or_none(row.first_success),
        last_poll=instant_or_none(row.last_poll),
        last_success=instant_or_none(row.last_success),
        last_whole=instant_or_none(row.last_whole),
        last_change=instant_or_none(row.last_change),
        consecutive_failures=row.consecutive_failures,
        failing_since=instant_or_none(row.failing_since),
        last_cause=row.last_cause,
        data_at=instant_or_none(row.data_at),
        rows=row.rows,
        digest=row.digest,
        fields=None if row.fields is None else tuple(loads(row.fields)),
        mapping=row.mapping,
        copied_forward=row.copied_forward,
    )
