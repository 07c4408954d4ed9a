"""Reported values by metric, period and place, and which of several that speak of the same thing is the figure.

Never takes "not reported" for zero, and never drops what contradicts: every claim is kept beside the one that is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import fsum

from dashboard.config.metrics import Metric
from dashboard.facts import MeasurementFact
from dashboard.kpi.territory import unknown
from dashboard.records import UNKNOWN

KEPT_PERIODS = 36  # of each metric: years of months, a month of days
RECENT_DAYS = 366  # of metrics whose periods are shorter than a month; what is older is not looked at
WHOLE = frozenset({"month", "quarter", "year"})

Spot = tuple[str, str]  # place, item ("" for none)
Slot = tuple[str, str, str, str, str]  # place, item, part, source, claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    value: float | None
    start: datetime
    end: datetime
    at: datetime  # as of when: the source's word, or when the room first saw it so
    n: int | None
    unit: str
    source: str
    provenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One claim of a figure: of a source, or of a publication that a source lists."""

    source: str
    claim: str
    value: float
    at: datetime


@dataclass(slots=True, kw_only=True)
class Cell:
    """The figure of one place and item in one period. ``given``: by a source for the place itself, else it is made of
    the places ``over``; ``counted``: what those come to, or the parts, where the figure itself is given."""

    value: float | None
    start: datetime
    end: datetime
    at: datetime
    unit: str
    n: int | None = None
    numerator: float | None = None
    denominator: float | None = None
    grade: str | None = None
    parts: dict[str, float | None] = field(default_factory=dict)
    claims: tuple[Said, ...] = ()
    sources: frozenset[str] = frozenset()
    provenance: frozenset[str] = frozenset()
    given: bool = True
    over: frozenset[str] | None = None
    counted: float | None = None
    gaps: tuple[str, ...] = ()


Cells = dict[datetime, dict[Spot, Cell]]  # newest periods of one metric


class Readings:
    """Everything the room holds of the declared metrics."""

    def __init__(self, metrics: Mapping[str, Metric], sources: Iterable[str], known: Callable[[str], bool]) -> None:
        """``known``: whether a word for a place has been declared meanwhile; the figure has then come anew."""
        self._metrics, self._known = metrics, known
        self._rank = {source: n for n, source in enumerate(sources)}
        self._held: dict[str, dict[datetime, dict[Slot, Reading]]] = {}

    def put(self, facts: Iterable[MeasurementFact]) -> set[str]:
        """Take new or corrected values; returns the metrics they touched. Metrics nobody declared are left out."""
        touched: set[str] = set()
        for fact in facts:
            metric = self._metrics.get(fact.record.metric)
            if metric is None or metric.derived:
                continue
            record, slot = fact.record, _slot(fact, metric)
            if record.place == UNKNOWN and self._known(slot[0].partition(":")[2]):
                continue
            periods = self._held.setdefault(record.metric, {})
            periods.setdefault(record.period_start, {})[slot] = Reading(
                value=record.value if record.reported else None,
                start=record.period_start,
                end=record.period_end,
                at=record.observed_at or fact.seen_at,
                n=record.n,
                unit=record.unit,
                source=fact.source,
                provenance=fact.provenance,
            )
            if len(periods) > KEPT_PERIODS:
                del periods[min(periods)]
            touched.add(record.metric)
        return touched

    def cells(self, key: str, since: datetime) -> Cells:
        """The figures that sources give, newest periods first."""
        metric, held = self._metrics[key], self._held.get(key, {})
        found: Cells = {}
        for start in sorted(held, reverse=True):
            if start < since and metric.period not in WHOLE:
                break
            groups: dict[Spot, dict[tuple[str, str], dict[str, Reading]]] = {}
            for (place, item, part, source, claim), reading in sorted(held[start].items()):
                groups.setdefault((place, item), {}).setdefault((source, claim), {})[part] = reading
            found[start] = {spot: self._cell(metric, claims) for spot, claims in groups.items()}
        return found

    def _cell(self, metric: Metric, claims: Mapping[tuple[str, str], Mapping[str, Reading]]) -> Cell:
        """The best claim that says something; the others stand beside it."""
        made = {name: _told(metric, parts) for name, parts in claims.items()}
        best = min(made, key=lambda name: (made[name].value is None, *self._worth(metric, name), name))
        cell = made[best]
        if len(made) > 1:
            told = [
                Said(source=source, claim=claim, value=other.value, at=other.at)
                for (source, claim), other in made.items()
                if other.value is not None
            ]
            told.sort(key=lambda said: ((said.source, said.claim) != best, said.source, said.claim))
            cell.claims = tuple(told) if len(told) > 1 or metric.variants == "claims" else ()
            cell.sources = frozenset(said.source for said in told) or cell.sources
        elif metric.variants == "claims" and cell.value is not None:
            source, claim = best
            cell.claims = (Said(source=source, claim=claim, value=cell.value, at=cell.at),)
        return cell

    def _worth(self, metric: Metric, name: tuple[str, str]) -> tuple[int, int]:
        """``prefer`` names claims or sources; without it the order of the configuration decides."""
        source, claim = name
        places = [metric.prefer.index(word) for word in (claim, source) if word in metric.prefer]
        return min(places, default=len(metric.prefer)), self._rank.get(source, len(self._rank))


def _slot(fact: MeasurementFact, metric: Metric) -> Slot:
    record, variant, place = fact.record, fact.record.variant, fact.record.place
    if place == UNKNOWN:  # the source's word for the place stands behind its own variant
        head, _, word = variant.partition(" ")
        known = head in metric.items
        variant, place = (head, f"{UNKNOWN}:{word}") if known else ("", f"{UNKNOWN}:{variant}")
    item = record.item or record.item_word
    by = metric.variants
    return (
        place,
        variant if by == "items" else item,
        variant if by in ("parts", "none") else "",
        fact.source,
        variant if by == "claims" else "",
    )


def _told(metric: Metric, parts: Mapping[str, Reading]) -> Cell:
    """What one claim says: its own total where it gives one, otherwise what its parts add up to."""
    whole = parts.get("")
    some = {name: reading.value for name, reading in parts.items() if name}
    known = [value for value in some.values() if value is not None]
    counted = fsum(known) if known else None
    value = whole.value if whole is not None and whole.value is not None else counted
    gaps = (f"parts:{silent}",) if metric.variants == "parts" and (silent := len(some) - len(known)) else ()
    one = next(iter(parts.values()))
    asked = [reading.n for reading in parts.values() if reading.n is not None]
    return Cell(
        value=value,
        start=one.start,
        end=one.end,
        at=max(reading.at for reading in parts.values()),
        unit=one.unit,
        n=sum(asked) if asked else None,
        parts=some,
        sources=frozenset(reading.source for reading in parts.values()),
        provenance=frozenset(reading.provenance for reading in parts.values()),
        counted=counted if whole is not None and whole.value is not None else None,
        gaps=gaps,
    )


# Figures made of figures


def ratio(metric: Metric, above: Cells, below: Cells) -> Cells:
    """Place by place, where both are known in the same period. By nothing nothing is divided."""
    assert metric.ratio is not None
    found: Cells = {}
    for start, spots in above.items():
        for spot, top in spots.items():
            under = below.get(start, {}).get(spot)
            if under is None:
                continue
            cell = joined(metric, [top, under])
            cell.numerator, cell.denominator = top.value, under.value
            divide(metric, cell)
            found.setdefault(start, {})[spot] = cell
    return found


def divide(metric: Metric, cell: Cell) -> None:
    assert metric.ratio is not None
    above, below = cell.numerator, cell.denominator
    cell.value = None if above is None or not below else metric.ratio.factor * above / below


def joined(metric: Metric, cells: list[Cell], over: Iterable[str] | None = None) -> Cell:
    """A cell without a value, with the times, sources and gaps of those it is made of: as old as the oldest."""
    counts: dict[str, int] = {}
    for cell in cells:
        for gap in cell.gaps:
            name, _, count = gap.partition(":")
            counts[name] = counts.get(name, 0) + int(count)
    if over is not None and (strange := sum(unknown(place) for place in over)):
        counts["unknown_place"] = strange
    return Cell(
        value=None,
        start=cells[0].start,
        end=cells[0].end,
        at=min(cell.at for cell in cells),
        unit=metric.unit if metric.derived else cells[0].unit,
        sources=frozenset().union(*(cell.sources for cell in cells)),
        provenance=frozenset().union(*(cell.provenance for cell in cells)),
        given=over is None,
        over=None if over is None else frozenset(over),
        gaps=tuple(f"{name}:{count}" for name, count in sorted(counts.items())),
    )


def gather(metric: Metric, cells: Mapping[str, Cell]) -> Cell:
    """The figure of a place made of those of the places in it, which all have a value."""
    listed = list(cells.values())
    cell = joined(metric, listed, cells)
    values = [(one.value, one.n) for one in listed if one.value is not None]
    asked = [one.n for one in listed if one.n is not None]
    cell.n = sum(asked) if asked else None
    if metric.ratio is not None:
        cell.numerator = fsum(one.numerator for one in listed if one.numerator is not None)
        cell.denominator = fsum(one.denominator for one in listed if one.denominator is not None)
        divide(metric, cell)
    elif metric.aggregation == "sum":
        cell.value = fsum(value for value, _ in values)
        names = sorted({name for one in listed for name in one.parts})
        cell.parts = {name: _added(one.parts[name] for one in listed if name in one.parts) for name in names}
    elif metric.aggregation == "mean":
        cell.value = fsum(value for value, _ in values) / len(values)
    elif metric.aggregation == "weighted":
        weighed = [(value, n) for value, n in values if n]
        total = sum(n for _, n in weighed)
        cell.value = fsum(value * n for value, n in weighed) / total if total else None
    elif metric.aggregation == "latest":
        cell.value = max(listed, key=lambda one: one.at).value
    return cell


def _added(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fsum(known) if known else None
