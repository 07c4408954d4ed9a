"""Answers of the API from the read-only history; runs in a thread, and never says what ``Disclosure`` keeps back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard import api_types as types
from dashboard.api_documents import Ask
from dashboard.api_parameters import Bad, in_order
from dashboard.facts import CaseFact, MeasurementFact, StatusFact
from dashboard.history import Reader
from dashboard.kpi.queue import LateUntil, case_state
from dashboard.kpi.sources import DOWN
from dashboard.kpi.statuses import silent_at
from dashboard.kpi.stock import is_open

BASES = {"ditetapkan": ("ditetapkan", "source"), "usulan": ("usulan",)}
"""What a reader asks for to the bases that the figures count together."""


def _history(ask: Ask) -> Reader:
    assert ask.history is not None, "the API asks these routes only when there is a history"
    return ask.history


def _next(cursor: int | None) -> str | None:
    return None if cursor is None else str(cursor)


def _last(cursor: tuple[int, ...] | None) -> int | None:
    return None if cursor is None else cursor[0]


def cases(ask: Ask, found: Mapping[str, Any]) -> types.Cases:
    place = {name: found[name] for name in ("department", "district", "subdistrict")}
    late_until = _late_until(ask)
    filters: dict[str, Any] = {
        **place,
        **ask.known.unsaid(ask.cells, found["kind"], **place),
        "kind": found["kind"] or list(ask.known.kinds),
        "status": found["status"],
        "since": found["since"],
        "visibility": sorted(ask.known.levels),
        "late_until": late_until,
        "due_basis": BASES.get(found["basis"]),
    }
    if found["overdue"] is not None:
        filters["overdue_at" if found["overdue"] else "not_overdue_at"] = ask.now
    facts, cursor = _history(ask).cases(filters, found["limit"], _last(found["cursor"]))
    confidential = ask.confidential()
    photos = _history(ask).photos([fact.number for fact in facts])
    return types.Cases(
        **ask.head,
        cases=[_case(ask, fact, late_until, *photos.get(fact.number, (None, None))) for fact in facts],
        next=_next(cursor),
        confidential={kind: n for kind, n in confidential.items() if found["kind"] in (None, kind)},
    )


def _late_until(ask: Ask) -> LateUntil:
    """As the board judges: nothing of a source that is down becomes late after its last good poll."""
    states = ask.documents.get("sources") or []
    return {s["id"]: at for s in states if s["state"] in DOWN and (at := ask.at(s["last_success"])) is not None}


def _case(ask: Ask, fact: CaseFact, late_until: LateUntil, photos: int | None, reused: bool | None) -> types.Case:
    case, place = fact.record, ask.known.place(fact, ask.cells)
    opened = ask.local(case.opened_at)
    assert opened is not None
    return types.Case(
        number=fact.number,
        kind=case.kind,
        klass=case.klass,
        category=case.category,
        channel=case.channel,
        status=case.status.value,
        status_word=case.status_word,
        stage=case.stage,
        state=case_state(fact, late_until, ask.now, ask.known.registry.config) if is_open(fact) else None,
        department=place.department,
        district=place.district,
        subdistrict=place.subdistrict,
        withheld=place.withheld,
        opened_at=opened,
        seen_at=None if fact.backlog else ask.local(fact.first_seen_at),
        held_since=None if place.withheld else ask.local(fact.held_since),
        responded_at=ask.local(case.first_response_at),
        responded_seen_after=ask.local(fact.observed_response_after),
        responded_seen_by=ask.local(fact.observed_response_by),
        response_uncertain=fact.response_uncertain,
        resolved_at=ask.local(case.resolved_at),
        resolved_seen_after=ask.local(fact.observed_close_after),
        resolved_seen_by=ask.local(fact.observed_close_by),
        resolution_uncertain=fact.close_uncertain,
        due_at=ask.local(fact.due_at),
        due_basis=fact.due_basis,
        provisional=fact.provisional,
        response_due_at=ask.local(fact.response_due_at),
        response_basis=fact.response_basis,
        closed_by=case.closed_by.value if case.closed_by else None,
        evidence=case.evidence.value,
        reopened=case.reopened,
        transfers=case.transfers,
        backdated=fact.backdated,
        invalid_sequence=fact.invalid_sequence,
        vanished_at=ask.local(fact.vanished_at),
        uncovered_at=ask.local(fact.uncovered_at),
        group_size=fact.group_size,
        photos=photos,
        photo_reused=reused,
        source=fact.source,
        provenance=fact.provenance,
        version=fact.version,
    )


def measurements(ask: Ask, found: Mapping[str, Any]) -> types.Measurements:
    in_order(found, "from", "to")
    history = _history(ask)
    declared = ask.known.registry.config.metrics
    shut = {key for key, metric in declared.items() if metric.finest is not None or not ask.known.metric(key)}
    facts, cursor = history.measurements(
        found["metric"],
        found["place"],
        found["from"],
        found["to"],
        found["limit"],
        _last(found["cursor"]),
        found["source"] or sorted(ask.known.sources),
        found["item"],
        without=shut,
    )
    metrics = [] if facts or found["metric"] is None else [key for key in history.metrics() if key not in shut]
    if not facts and found["metric"] is not None and found["metric"] not in metrics:
        raise Bad(404, "unknown metric", metrics, "metric")
    return types.Measurements(**ask.head, measurements=[_measured(ask, fact) for fact in facts], next=_next(cursor))


def _measured(ask: Ask, fact: MeasurementFact) -> types.Measurement:
    record = fact.record
    start, end, seen = (_sure(ask, at) for at in (record.period_start, record.period_end, fact.seen_at))
    return types.Measurement(
        metric=record.metric,
        place=record.place,
        item=record.item,
        item_word=record.item_word,
        variant=record.variant,
        period_start=start,
        period_end=end,
        value=record.value,
        unit=record.unit,
        n=record.n,
        basis=record.basis,
        reported=record.reported,
        observed_at=ask.local(record.observed_at),
        seen_at=seen,
        source=fact.source,
        provenance=fact.provenance,
        version=fact.version,
    )


def _sure(ask: Ask, instant: datetime) -> datetime:
    return instant.astimezone(ask.known.registry.zone)


def statuses(ask: Ask, found: Mapping[str, Any]) -> types.Statuses:
    wanted = [found["source"]] if found["source"] else sorted(ask.known.sources)
    kinds = [kind for kind in ask.known.status_kinds if found["kind"] in (None, kind)]
    facts, cursor = _history(ask).status_page(wanted, kinds, found["limit"], _last(found["cursor"]))
    return types.Statuses(**ask.head, statuses=[_status(ask, fact) for fact in facts], next=_next(cursor))


def _status(ask: Ask, fact: StatusFact) -> types.Status:
    record = fact.record
    silent = silent_at(record, ask.known.registry.config.status_kinds[record.kind])
    lost = silent is not None and ask.now >= silent
    return types.Status(
        subject=record.subject,
        kind=record.kind,
        state=record.state,
        state_word=record.state_word,
        label=record.label,
        group=record.group,
        since=ask.local(record.since),
        observed_since=ask.local(record.observed_since),
        detail=record.detail,
        parent=record.parent,
        department=record.department,
        district=record.district,
        subdistrict=record.subdistrict,
        attributes=dict(record.attributes),
        heard_at=ask.local(record.heard_at),
        latitude=None if lost else record.latitude,
        longitude=None if lost else record.longitude,
        seen_at=_sure(ask, fact.seen_at),
        source=fact.source,
        provenance=fact.provenance,
        version=fact.version,
    )


def rejects(ask: Ask, found: Mapping[str, Any]) -> types.Rejects:
    rows, cursor = _history(ask).rejects(found["source"] or ask.known.sources, found["limit"], found["cursor"])
    told = [
        types.Reject(
            source=row["source"],
            at=_sure(ask, row["at"]),
            field=row["field"],
            reason=row["reason"],
            shape=row["shape"],
        )
        for row in rows
    ]
    return types.Rejects(**ask.head, rejects=told, next=None if cursor is None else f"{cursor[0]}-{cursor[1]}")
