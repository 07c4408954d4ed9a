"""Prices of staple goods survey by survey; never takes "not reported" for zero and never fills a gap.

A survey is a period of the source's own (a day, a month) in which at least one open market reported an item. Change
is against the survey before, not the calendar day before. The price of a survey is the arithmetic mean of the markets
that reported, each market once; ``basis`` says what the source itself calls its values (``survey``: prices that were
asked; ``mean``, ``geometric_mean``, ``provincial``: means it computed). Values of two bases are never compared, nor
those of two units. The coefficient of variation is the population one (divisor n) over the last 30 surveys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import fsum, sqrt

from dashboard.calendar import Calendar
from dashboard.config.model import PriceLimit
from dashboard.config.registry import Registry
from dashboard.facts import MeasurementFact
from dashboard.kpi.prices_season import Months, month_of
from dashboard.records import UNKNOWN, Measurement
from dashboard.snapshot import PriceRow

METRIC = "price"
CV_SURVEYS = 30
KEPT_SURVEYS = 120  # per item: "days over" counts within these
RECENT = timedelta(days=7)  # a survey older than another source's newest by more gives way to it on the wall
MIXED = "mixed"
COPIES = 3  # so many surveys in a row equal to the one before: copied forward
COPIED_LEAST = 5  # fewer values than this may well stand still

Item = tuple[str, str, str]  # source, commodity, unit
Values = dict[tuple[str, str], tuple[float, str]]  # (place, variant) -> price and its basis


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
    basis: str
    limit: PriceLimit | None  # that was in force on the day


@dataclass(slots=True)
class _Series:
    provenance: str = ""
    surveys: dict[datetime, Values] = field(default_factory=dict)  # only periods in which somebody reported
    silent: set[datetime] = field(default_factory=set)  # periods in which somebody was asked and did not report
    summed: dict[datetime, Survey | None] = field(default_factory=dict)  # None: only closed markets reported
    months: Months = field(default_factory=Months)  # of the surveys that are not kept any more
    forgotten: datetime | None = None  # the newest of those


class PriceBook:
    """Every survey the room holds; a row is computed again only when its item got a new value."""

    def __init__(self, registry: Registry, calendar: Calendar) -> None:
        self._registry = registry
        self._calendar = calendar
        self._series: dict[Item, _Series] = {}
        self._rows: dict[Item, PriceRow] = {}
        self._silent: dict[Item, tuple[date, ...]] = {}  # days without a report since the last survey
        self._copied: dict[str, bool] = {}
        self._doubtful: dict[str, Counter[str]] = {}  # of a source: commodity -> values that are not taken over
        self._open: dict[date, frozenset[str]] = {}  # of a day the same markets are asked a thousand times
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
            self._keep(series, record)
            touched.add(item)
        self._dirty |= touched
        return touched

    def doubt(self, source: str, keys: Iterable[str]) -> None:
        """The values of a source that were held back, by the keys of their measurements; all others are free."""
        found = Counter(parts[2] for key in keys if (parts := key.split("|"))[0] == METRIC)
        if found != self._doubtful.get(source, Counter()):
            self._doubtful[source] = found
            self._dirty |= {item for item in self._series if item[0] == source}

    def _keep(self, series: _Series, record: Measurement) -> None:
        at, place = record.period_start, (record.place, record.variant)
        if record.reported and record.value is not None:
            if series.forgotten is not None and at <= series.forgotten:
                return  # its survey is in a month's sum already
            series.surveys.setdefault(at, {})[place] = record.value, record.basis
        else:
            values = series.surveys.get(at, {})
            values.pop(place, None)
            if not values:
                series.surveys.pop(at, None)
            if self._counts(record.place, self._calendar.local_date(at)):
                series.silent.add(at)
        series.summed.pop(at, None)
        if len(series.surveys) > KEPT_SURVEYS:
            self._forget(series, min(series.surveys))
        if len(series.silent) > KEPT_SURVEYS:
            series.silent.discard(min(series.silent))

    def _forget(self, series: _Series, oldest: datetime) -> None:
        """Only the sum of its prices stays, for the seasons."""
        self._sum_up(series.months, oldest, series.surveys.pop(oldest))
        series.summed.pop(oldest, None)
        series.forgotten = oldest

    def months(self, item: Item) -> dict[int, float]:
        """The mean price of each month."""
        series = self._series[item]
        found = Months(dict(series.months.sums), dict(series.months.counts))
        for at, values in series.surveys.items():
            self._sum_up(found, at, values)
        return found.means()

    def _sum_up(self, months: Months, at: datetime, values: Values) -> None:
        """Every price that was reported, as history sums them up."""
        prices = [price for price, _ in values.values()]
        months.add(month_of(self._calendar.local_date(at)), fsum(prices), len(prices))

    def recall(self, sums: Iterable[tuple[date, str, str, float, int]], before: datetime) -> None:
        """Sum and number of the prices of months that are told no more: first day, source, commodity. A correction of
        one of them enters with the next start."""
        for day, source, commodity, total, count in sums:
            if (known := self._registry.commodities.get(commodity)) is None:
                continue
            item = (source, commodity, known.unit)
            series = self._series.setdefault(item, _Series())
            series.months.add(month_of(day), total, count)
            series.forgotten = max(before, series.forgotten or before)
            self._dirty.add(item)

    def row(self, item: Item) -> PriceRow:
        """The same object until something of the item changed."""
        return self._rows[item]

    def rows(self, now: datetime) -> dict[str, list[PriceRow]]:
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
        found: dict[str, list[PriceRow]] = {}
        for source, items in self.items().items():
            for item in items:
                row, since = self._rows[item], self._not_reported_since(item, now)
                found.setdefault(source, []).append({**row, "not_reported_since": since.isoformat()} if since else row)
        return found

    def _not_reported_since(self, item: Item, now: datetime) -> date | None:
        """The first survey day after the last real one on which the source owed a price and gave none. A day on
        which its calendar has no publication, or whose hour has not come, owes nothing."""
        source = self._registry.sources.get(item[0])
        publication = self._registry.config.publications.get(source.publication or "") if source else None
        for day in self._silent.get(item, ()):
            due = self._calendar.publication_of(publication, day) if publication else None
            if publication is None or (due is not None and now >= due + timedelta(minutes=publication.grace_minutes)):
                return day
        return None

    def wall_rows(self, by_source: Mapping[str, list[PriceRow]]) -> list[PriceRow]:
        """One row per commodity: of the surveys not older than a week before the newest one, from the source that
        asked most markets, then the newer one."""
        every = [row for rows in by_source.values() for row in rows]
        newest: dict[str, str] = {}
        for row in every:
            newest[row["commodity"]] = max(newest.get(row["commodity"], ""), row["survey"] or "")
        best: dict[str, PriceRow] = {}
        for row in every:
            code = row["commodity"]
            if code not in best or _worth(row, newest[code]) > _worth(best[code], newest[code]):
                best[code] = row
        order = {code: n for n, code in enumerate(self._registry.commodities)}
        return sorted(best.values(), key=lambda row: order.get(row["commodity"], len(order)))

    def items(self) -> dict[str, list[Item]]:
        """What was priced at least once, by source, in the order of the commodity registry."""
        order = {code: n for n, code in enumerate(self._registry.commodities)}
        found: dict[str, list[Item]] = {}
        for item in sorted(self._rows, key=lambda i: (i[0], order.get(i[1], len(order)), i[1], i[2])):
            found.setdefault(item[0], []).append(item)
        return found

    def places(self, values: Values, day: date) -> dict[str, float]:
        """Price per place, the mean of its variants; a market that is closed that day does not count. Markets that
        no registry knows are told apart by the source's word for them."""
        by_place: dict[str, list[float]] = {}
        for (place, variant), (value, _) in sorted(values.items()):
            if self._counts(place, day):
                by_place.setdefault(f"{place}|{variant}" if place == UNKNOWN else place, []).append(value)
        return {place: mean(found) for place, found in by_place.items()}

    def _counts(self, place: str, day: date) -> bool:
        return place not in self._registry.markets or place in self._open_on(day)

    def _open_on(self, day: date) -> frozenset[str]:
        if day not in self._open:
            self._open[day] = frozenset(market.code for market in self._registry.markets_open(day))
        return self._open[day]

    def surveys(self, item: Item) -> list[Survey]:
        series = self._series[item]
        every = (self._survey(item, series, at) for at in sorted(series.surveys))
        return [survey for survey in every if survey is not None]

    def _survey(self, item: Item, series: _Series, at: datetime) -> Survey | None:
        if at not in series.summed:
            values, day = series.surveys[at], self._calendar.local_date(at)
            places = self.places(values, day)
            bases = {basis for (place, _), (_, basis) in values.items() if self._counts(place, day)}
            limit = self._registry.limit_for(item[1], item[2], day)
            basis = bases.pop() if len(bases) == 1 else MIXED
            series.summed[at] = Survey(day, places, mean(places.values()), basis, limit) if places else None
        return series.summed[at]

    def _row(self, item: Item) -> PriceRow | None:
        """None: the source never said a word about the item at a market that counts."""
        surveys = self.surveys(item)
        days = {self._calendar.local_date(at) for at in self._series[item].silent}
        self._silent[item] = tuple(sorted(day for day in days if not surveys or day > surveys[-1].day))
        if not surveys:
            return self._nothing(item) if self._silent[item] else None
        now, last = surveys[-1], surveys[-2] if len(surveys) > 1 else None
        alike = last is not None and now.basis == last.basis != MIXED
        change, change_pct = change_of(now.price, last.price if last is not None and alike else None)
        varied = [survey.price for survey in surveys[-CV_SURVEYS:] if survey.basis == now.basis != MIXED]
        judged = [survey.price > survey.limit.amount for survey in surveys if survey.limit is not None]
        return {
            **self._nothing(item),
            "basis": now.basis,
            "value": now.price,
            "survey": now.day.isoformat(),
            "previous": last.price if last else None,
            "previous_survey": last.day.isoformat() if last else None,
            "previous_markets": len(last.places) if last else None,
            "change": change,
            "change_pct": change_pct,
            "markets": len(now.places),
            "markets_open": self._markets_open(now),
            "spread_pct": spread_pct(now.places.values()),
            "cv_pct": variation_pct(varied),
            "cv_surveys": len(varied) if len(varied) > 1 else None,
            "limit": now.limit.amount if now.limit else None,
            "limit_kind": now.limit.kind if now.limit else None,
            "limit_status": now.limit.status if now.limit else None,
            "over": now.price > now.limit.amount if now.limit else None,
            "days_over": sum(judged) if judged else None,
            "surveys_limited": len(judged) if judged else None,
        }

    def _nothing(self, item: Item) -> PriceRow:
        """An item the source lists and nobody ever reported: every figure is unknown, none is zero."""
        source, commodity, unit = item
        return {
            "commodity": commodity, "unit": unit, "basis": None, "value": None, "survey": None,
            "not_reported_since": None, "previous": None, "previous_survey": None, "previous_markets": None,
            "change": None, "change_pct": None, "markets": 0, "markets_open": 0, "spread_pct": None, "cv_pct": None,
            "cv_surveys": None, "limit": None, "limit_kind": None, "limit_status": None, "over": None,
            "days_over": None, "surveys_limited": None, "copied_forward": self._copied[source], "source": source,
            "missing": [f"doubtful:{n}"] if (n := self._doubtful.get(source, Counter())[commodity]) else [],
            "provenance": self._series[item].provenance,
        }  # fmt: skip

    def _markets_open(self, survey: Survey) -> int:
        """Markets that could have reported: those of the registry and those it does not know yet. A source that
        speaks of a whole city or province has one place."""
        registered = self._registry.markets
        if not any(place in registered for place in survey.places):
            return len(survey.places)
        return len(self._open_on(survey.day)) + sum(place not in registered for place in survey.places)

    def _copied_forward(self, source: str) -> bool:
        """Every value of the source equals the survey before, COPIES times running. A single item may stand still
        for weeks; all of them together do not."""
        whole: dict[datetime, dict[tuple[Item, tuple[str, str]], tuple[float, str]]] = {}
        for item, series in self._series.items():
            if item[0] == source:
                for at in sorted(series.surveys)[-COPIES - 1 :]:
                    values = whole.setdefault(at, {})
                    values.update({(item, place): value for place, value in series.surveys[at].items()})
        last = [whole[at] for at in sorted(whole)[-COPIES - 1 :]]
        if len(last) <= COPIES or len(last[-1]) < COPIED_LEAST:
            return False
        return all(values == last[-1] for values in last)


def _worth(row: PriceRow, newest: str) -> tuple[bool, int, str]:
    survey = row["survey"] or ""
    recent = bool(survey) and date.fromisoformat(newest) - date.fromisoformat(survey) <= RECENT
    return recent, row["markets"], survey
