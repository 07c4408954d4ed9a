"""Figures that are reported rather than counted: the newest of each place, its target, its parts and what contradicts
it; never fills a gap, never takes "not reported" for zero and never adds up what is not of the same period.

A place's figure is what a source gives for it; without one it is made of the topmost places in it that reported in that
period, as the metric's ``aggregation`` says. Where both are known, both are shown, with their difference.
A counter of a year or of its own period is judged by its pace: value / (target x share of the time that had passed as
of the figure), evenly, after the first twelfth; going on evenly gives the projection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.calendar import Calendar
from dashboard.config.metrics import Metric
from dashboard.config.registry import Registry
from dashboard.facts import MeasurementFact
from dashboard.kpi.figures import ms
from dashboard.kpi.indices import indices
from dashboard.kpi.measure_rows import Context, build, past
from dashboard.kpi.readings import RECENT_DAYS, WHOLE, Cell, Cells, Readings, Spot, gather, ratio
from dashboard.kpi.territory import Territory
from dashboard.snapshot_measures import Measure, MeasureRow, Measures

TREND = 24  # periods of the city's figure


class MeasureBook:
    """Computes a metric again only when it, or one it is made of, got a new value, or when the day turned."""

    def __init__(self, registry: Registry, calendar: Calendar) -> None:
        config = registry.config
        self._metrics = dict(config.metrics)
        self._calendar, self._territory = calendar, Territory(registry)
        self._readings = Readings(self._metrics, registry.sources, self._territory.known)
        self._order = _in_order(self._metrics)
        self._held: dict[str, Counter[tuple[str, str]]] = {}  # source -> (metric, place): values that are held
        self._cells: dict[str, Cells] = {}
        self._made: dict[str, Measure] = {}
        self._dirty: set[str] = set(self._metrics)
        self._day: datetime | None = None

    @property
    def kept_whole(self) -> tuple[str, ...]:
        """Metrics of which ``load`` wants every period there is: months, quarters and years are few."""
        return tuple(key for key, metric in self._metrics.items() if metric.period in WHOLE and not metric.derived)

    def put(self, facts: Iterable[MeasurementFact]) -> None:
        self._dirty |= self._readings.put(facts)

    def hold(self, source: str, keys: Iterable[str]) -> None:
        """The values of a source that are held back, by the keys of their measurements; all others are free."""
        found: Counter[tuple[str, str]] = Counter()
        for key in keys:
            metric, place, *_ = key.split("|")
            if metric in self._metrics:
                found[metric, place] += 1
        before = self._held.get(source, Counter())
        if found != before:
            self._held[source] = found
            self._dirty |= {metric for metric, _ in (*found, *before)}

    def documents(self, day: datetime, now: datetime, whole: bool) -> dict[str, Measures]:
        """``measures:GROUP`` of the groups in which something changed, or of all. ``day``: 00.00 of the city's day."""
        if day != self._day:
            self._day, self._dirty = day, set(self._metrics)
        changed = self._compute(day - timedelta(days=RECENT_DAYS)) if self._dirty else set()
        groups: dict[str, list[Measure]] = {}
        for key, metric in self._metrics.items():
            groups.setdefault(metric.group, []).append(self._made[key])
        found: dict[str, Measures] = {}
        for group, measures in groups.items():
            if whole or group in changed:
                found[f"measures:{group}"] = {"group": group, "metrics": measures, "as_of": ms(now) or 0}
        return found

    def row(self, metric: str, place: str | None = None, item: str | None = None) -> MeasureRow | None:
        """The figure of a place (the city), as it was published last."""
        wanted = place or self._territory.city, item
        rows = self._made[metric]["rows"] if metric in self._made else []
        return next((row for row in rows if (row["place"], row["item"]) == wanted), None)

    def _compute(self, since: datetime) -> set[str]:
        """Bring what is dirty up to date; the groups whose figures came out otherwise than before."""
        changed: set[str] = set()
        for key in self._order:
            metric = self._metrics[key]
            if key not in self._dirty and not self._dirty.intersection(metric.uses()):
                continue
            self._dirty.add(key)  # and with it those that are made of it
            self._cells[key] = self._cells_of(key, metric, since)
        for key in self._order:
            if key not in self._dirty:
                continue
            made = self._measure(key, self._metrics[key])
            if made != self._made.get(key):
                self._made[key] = made
                changed.add(self._metrics[key].group)
        self._dirty = set()
        return changed

    def _cells_of(self, key: str, metric: Metric, since: datetime) -> Cells:
        if metric.index is not None:  # its elements have been gathered already
            return indices(metric, self._cells[metric.index.of])
        if metric.ratio is not None:
            above, below = metric.ratio.numerator, metric.ratio.denominator
            own = ratio(metric, self._readings.cells(above, since), self._readings.cells(below, since))
        else:
            own = self._readings.cells(key, since)
        if metric.aggregation == "none" and metric.ratio is None:
            return own
        return {start: self._gathered(metric, spots) for start, spots in own.items()}

    def _gathered(self, metric: Metric, spots: Mapping[Spot, Cell]) -> dict[Spot, Cell]:
        """With the figures of districts and of the city that are made of the places in them."""
        found, by_item = dict(spots), dict[str, dict[str, Cell]]()
        for (place, item), cell in spots.items():
            if cell.value is not None:
                by_item.setdefault(item, {})[place] = cell
        for item, known in by_item.items():
            for node, places in self._topmost(known).items():
                made = gather(metric, {place: known[place] for place in sorted(places)})
                own = known.get(node)
                if own is None:
                    found[node, item] = made
                else:
                    found[node, item] = replace(own, counted=made.value, over=made.over)
        return found

    def _topmost(self, known: Mapping[str, Cell]) -> dict[str, list[str]]:
        """Places by the districts and the city they lie in; not those that lie in another one with a figure."""
        found: dict[str, list[str]] = {}
        for place in known:
            node = self._territory.parent(place)
            while node is not None:
                found.setdefault(node, []).append(place)
                if node in known:
                    break
                node = self._territory.parent(node)
        return found

    def _measure(self, key: str, metric: Metric) -> Measure:
        cells = self._cells[key]
        newest = next((start for start in sorted(cells, reverse=True) if _known(cells, start)), None)
        held = sum((counts for counts in self._held.values()), Counter[tuple[str, str]]())
        context = Context(
            key=key,
            metric=metric,
            metrics=self._metrics,
            cells=self._cells,
            newest=newest,
            territory=self._territory,
            calendar=self._calendar,
            held={place: count for (name, place), count in held.items() if name == key},
        )
        rows = [row for row in build(context) if metric.finest is None or row["level"] in ("city", metric.finest)]
        judged = [row["met"] for row in rows if row["level"] != "city" and row["met"] is not None]
        city = self._territory.city
        trend: dict[str, list[tuple[int, float]]] = {}
        for start in sorted(cells)[-TREND:]:
            for (place, item), cell in cells[start].items():
                if place == city and cell.value is not None:
                    trend.setdefault(item, []).append((ms(start) or 0, cell.value))
        return {
            "metric": key, "newest": ms(newest), "rows": rows, "trend": trend,
            "past": list(past(context)) if metric.variants == "claims" else [], "met": sum(judged),
            "judged": len(judged),
        }  # fmt: skip


def _known(cells: Cells, start: datetime) -> bool:
    return any(cell.value is not None for cell in cells[start].values())


def _in_order(metrics: Mapping[str, Metric]) -> list[str]:
    """Those a metric is made of come before it. (The configuration check refuses rings.)"""
    found: dict[str, None] = {}

    def visit(key: str, above: tuple[str, ...]) -> None:
        for name in metrics[key].uses():
            if name in metrics and name not in found and name not in above:
                visit(name, (*above, key))
        found[key] = None

    for key in metrics:
        visit(key, (key,))
    return list(found)
