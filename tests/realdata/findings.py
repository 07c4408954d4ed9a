"""What came out of the recorded sets, read from rooms that took them; only counts, never a text of a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from dashboard.calendar import Calendar
from dashboard.config.registry import Registry
from dashboard.facts import CaseFact, MeasurementFact
from dashboard.kpi.prices import PriceBook
from dashboard.records import UNKNOWN
from tests.realdata.rooms import Room

Findings = dict[str, Any]


def price_days(
    room: Room, source: str, facts: list[MeasurementFact]
) -> Iterator[tuple[date, list[dict[str, Any]]]]:  # fmt: skip
    """The shipped price book over the room's history, day by day: the rows the city would have seen that evening."""
    registry, calendar = Registry(room.config), Calendar(room.config)
    book = PriceBook(registry, calendar)
    by_day: dict[date, list[MeasurementFact]] = {}
    for fact in facts:
        by_day.setdefault(calendar.local_date(fact.record.period_start), []).append(fact)
    for day in sorted(by_day):
        book.put(by_day[day])
        yield day, [dict(row) for row in book.rows(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))[source]]


def _source(room: Room) -> tuple[str, Findings]:
    (name, told), = room.taken().items()  # fmt: skip
    return name, {"rows": told["rows"], "rejected": told["rejected"], "unknown": told["unknown_words"]}


def prices(room: Room) -> Findings:
    source, found = _source(room)
    with room.history() as history:
        facts = list(history.latest_measurements(days=400))
    table = {row["commodity"]: row for row in room.until(lambda: room.get("/api/v1/prices")["prices"])}
    days = list(price_days(room, source, facts))
    return found | {
        "kept": len(facts),
        "unreported": sum(not fact.record.reported for fact in facts),
        "days": len(days),
        "falls": sum((row["change_pct"] or 0) <= -60 for _, rows in days for row in rows),
        "table": {code: table[code] for code in Registry(room.config).commodities},
    }


def cases(room: Room) -> Findings:
    _, found = _source(room)
    with room.history() as history:
        facts = history.facts()
        texts = sum(history.case_text(fact.number) is not None for fact in facts)

    def counted() -> Any:
        kpis = room.get("/api/v1/kpis?scope=city")["kpis"]
        return kpis if kpis.get("aspiration.received.year", {}).get("value") == _this_year(room, facts) else None

    kpis = room.until(counted)
    spans = [
        (fact.record.resolved_at - fact.record.opened_at).total_seconds()
        for fact in facts
        if fact.record.resolved_at is not None and not fact.invalid_sequence
    ]
    words = {fact.record.category_word for fact in facts if fact.record.category == UNKNOWN}
    return found | {
        "cases": len(facts),
        "status": {status: sum(fact.record.status == status for fact in facts) for status in ("closed", "waiting")},
        "texts": texts,
        "marked": sum(fact.invalid_sequence for fact in facts),
        "negative": sum(span < 0 for span in spans),
        "mean": sum(spans) / len(spans) if spans else None,
        "source_due": sum(fact.due_basis == "source" for fact in facts),
        "no_district": sum(fact.record.district in (None, UNKNOWN) for fact in facts),
        "unknown_categories": len(words),
        "kpis": {name.removeprefix("aspiration."): figure for name, figure in kpis.items()},
    }


def _this_year(room: Room, facts: list[CaseFact]) -> int:
    calendar = Calendar(room.config)
    start = room.config.clock.start
    assert start is not None
    return sum(calendar.local_date(fact.record.opened_at).year == start.year for fact in facts)
