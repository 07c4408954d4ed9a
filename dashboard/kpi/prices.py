"""Prices of staple goods survey by survey; never takes "not reported" for zero and never fills a gap.

A survey is a period of the source's own (a day, a month) in which at least one market reported an item. Change is
against the survey before, not the calendar day before. The price of a survey is the arithmetic mean of the markets
that reported; the coefficient of variation is the population one (divisor n) over the last 30 surveys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import fsum, sqrt

from dashboard.calendar import Calendar
from dashboard.config.model import PriceLimit
from dashboard.config.registry import Registry
from dashboard.facts import MeasurementFact
from dashboard.records import UNKNOWN
from dashboard.snapshot import PriceRow

METRIC = "price"
CV_SURVEYS = 30
KEPT_SURVEYS = 120  # per item: "days over" counts within these
COPIES = 3  # so many surveys in a row equal to the one before: copied forward
COPIED_LEAST = 5  # fewer values than this may well stand still

Item = tuple[str, str, str]  # source, commodity, unit
Values = dict[tuple[str, str], float]  # (place, variant) -> price


def mean(values: Iterable[float]) -> float:
    known = list(values)
    return fsum(known) / len(known)


def variation_pct(values: list[float]) -> float | None:
    """Population coefficient of variation in percent; None for fewer than two surveys or a zero mean."""
    if len(values) < 2 or not (middle := mean(values)):
        return None
    return sqrt(fsum((value - middle) ** 2 for value in values) / len(values)) / middle * 100


def spread_pct(markets: Iterable[float]) -> float | None:
    """(highest - lowest) / lowest between markets in percent; None for fewer than two."""
    known = list(markets)
    if len(known) < 2 or min(known) <= 0:
        return None
    return (max(known) - min(known)) / min(known) * 100


def change_of(value: float, previous: float | None) -> tuple[float | None, float | None]:
    """In Rp and in percent."""
    if previous is None:
        return None, None
    return value - previous, (value - previous) / previous * 100 if previous else None


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey of one item, summed up."""

    day: date
    places: Mapping[str, float]
    price: float
    limit: PriceLimit | None  # that was in force on the day


@dataclass(slots=True)
class _Series:
    provenance: str = ""
    surveys: dict[datetime, Values] = field(default_factory=dict)  # only periods in which somebody reported
    summed: dict[datetime, Survey | None] = field(default_factory=dict)  # None: only closed markets reported


class PriceBook:
    """Every survey the room holds; a row is computed again only when its item got a new value."""

    def __init__(self, registry: Registry, calendar: Calendar) -> None:
        self._registry = registry
        self._calendar = calendar
        self._series: dict[Item, _Series] = {}
        self._rows: dict[Item, PriceRow] = {}
        self._copied: dict[str, bool] = {}
        self._dirty: set[Item] = set()

    def put(self, facts: Iterable[MeasurementFact]) -> set[Item]:
        """Take new or corrected values; returns the items they touched. What maps to no commodity is left out."""
        touched: set[Item] = set()
        for fact in facts:
            record = fact.record
            if record.metric != METRIC or record.item in (None, UNKNOWN):
                continue
            item = (fact.source, str(record.item), record.unit)
            series = self._series.setdefault(item, _Series())
            series.provenance = fact.provenance
            place = (record.place, record.variant)
            if record.reported and record.value is not None:
                series.surveys.setdefault(record.period_start, {})[place] = record.value
            elif record.period_start in series.surveys:
                series.surveys[record.period_start].pop(place, None)
                if not series.surveys[record.period_start]:
                    del series.surveys[record.period_start]
            series.summed.pop(record.period_start, None)
            if len(series.surveys) > KEPT_SURVEYS:
                oldest = min(series.surveys)
                del series.surveys[oldest]
                series.summed.pop(oldest, None)
            touched.add(item)
        self._dirty |= touched
        return touched

    def row(self, item: Item) -> PriceRow | None:
        return self._rows.get(item)

    def rows(self) -> dict[str, list[PriceRow]]:
        """By source, in the order of the commodity registry."""
        for source in {item[0] for item in self._dirty}:
            copied = self._copied_forward(source)
            if copied != self._copied.get(source):
                self._copied[source] = copied
                self._dirty |= {item for item in self._series if item[0] == source}  # the mark is the source's
        for item in self._dirty:
            row = self._row(item)
            if row is None:
                self._rows.pop(item, None)
            else:
                self._rows[item] = row
        self._dirty.clear()
        order = {code: n for n, code in enumerate(self._registry.commodities)}
        found: dict[str, list[PriceRow]] = {}
        for item in sorted(self._rows, key=lambda i: (i[0], order.get(i[1], len(order)), i[1], i[2])):
            found.setdefault(item[0], []).append(self._rows[item])
        return found

    def wall_rows(self, by_source: Mapping[str, list[PriceRow]]) -> list[PriceRow]:
        """One row per commodity: from the source that asked most markets, then the one with the newest survey."""
        best: dict[str, PriceRow] = {}
        for row in (row for rows in by_source.values() for row in rows):
            held = best.get(row["commodity"])
            if held is None or _worth(row) > _worth(held):
                best[row["commodity"]] = row
        order = {code: n for n, code in enumerate(self._registry.commodities)}
        return sorted(best.values(), key=lambda row: order.get(row["commodity"], len(order)))

    def places(self, values: Values, day: date) -> dict[str, float]:
        """Price per place, the mean of its variants; a market that is closed that day does not count."""
        markets = self._registry.markets
        open_codes = {market.code for market in self._registry.markets_open(day)}
        by_place: dict[str, list[float]] = {}
        for (place, _), value in sorted(values.items()):
            if place not in markets or place in open_codes:
                by_place.setdefault(place, []).append(value)
        return {place: mean(found) for place, found in by_place.items()}

    def _surveys(self, item: Item) -> list[Survey]:
        series = self._series[item]
        for at, values in series.surveys.items():
            if at not in series.summed:
                day = self._calendar.local_date(at)
                places = self.places(values, day)
                limit = self._registry.limit_for(item[1], item[2], day)
                series.summed[at] = Survey(day, places, mean(places.values()), limit) if places else None
        return [survey for at in sorted(series.surveys) if (survey := series.summed[at]) is not None]

    def _row(self, item: Item) -> PriceRow | None:
        surveys = self._surveys(item)
        if not surveys:
            return None
        source, commodity, unit = item
        now, last = surveys[-1], surveys[-2] if len(surveys) > 1 else None
        change, change_pct = change_of(now.price, last.price if last else None)
        judged = [survey.price > survey.limit.amount for survey in surveys if survey.limit is not None]
        limit = now.limit
        at_markets = any(place in self._registry.markets for place in now.places)
        return PriceRow(
            commodity=commodity,
            unit=unit,
            value=now.price,
            survey=now.day.isoformat(),
            previous=last.price if last else None,
            previous_survey=last.day.isoformat() if last else None,
            change=change,
            change_pct=change_pct,
            markets=len(now.places),
            markets_open=len(self._registry.markets_open(now.day)) if at_markets else len(now.places),
            spread_pct=spread_pct(now.places.values()),
            cv_pct=variation_pct([survey.price for survey in surveys[-CV_SURVEYS:]]),
            limit=limit.amount if limit else None,
            limit_kind=limit.kind if limit else None,
            over=now.price > limit.amount if limit else None,
            days_over=sum(judged) if judged else None,
            surveys_limited=len(judged) if judged else None,
            copied_forward=self._copied[source],
            source=source,
            provenance=self._series[item].provenance,
        )

    def _copied_forward(self, source: str) -> bool:
        """Every value of the source equals the survey before, COPIES times running. A single item may stand still
        for weeks; all of them together do not."""
        whole: dict[datetime, dict[tuple[Item, tuple[str, str]], float]] = {}
        for item, series in self._series.items():
            if item[0] == source:
                for at in sorted(series.surveys)[-COPIES - 1 :]:
                    values = whole.setdefault(at, {})
                    values.update({(item, place): value for place, value in series.surveys[at].items()})
        last = [whole[at] for at in sorted(whole)[-COPIES - 1 :]]
        if len(last) <= COPIES or len(last[-1]) < COPIED_LEAST:
            return False
        return all(values == last[-1] for values in last)


def _worth(row: PriceRow) -> tuple[int, str]:
    return row["markets"], row["survey"] or ""
