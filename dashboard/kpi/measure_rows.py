"""The published row of each place of a metric: newest figure, what came before, target, pace, claims; pure.

The target is the one that was valid on the day the figure is of: not a newer one, and not one set before and replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import fsum

from dashboard.calendar import Calendar
from dashboard.config.metrics import Metric
from dashboard.kpi.figures import ms
from dashboard.kpi.readings import Cell, Cells, Said, Spot
from dashboard.kpi.territory import Territory, unknown
from dashboard.snapshot_measures import Claim, MeasureRow, PastFigure

EARLIEST = 1 / 12  # of the year or period: before, a pace says nothing
EVERY = "*"  # a target of each place that reports for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One metric with everything its rows need."""

    key: str
    metric: Metric
    metrics: Mapping[str, Metric]
    cells: Mapping[str, Cells]  # of all metrics
    newest: datetime | None
    territory: Territory
    calendar: Calendar
    held: Mapping[str, int]  # by place
    seen: dict[str, set[str]] = field(default_factory=dict)  # item -> places below the city that ever had a figure

    @property
    def own(self) -> Cells:
        return self.cells[self.key]


def build(context: Context) -> Iterator[MeasureRow]:
    """The city first, then districts, then single places."""
    lines: dict[Spot, list[Cell]] = {}
    for start in sorted(context.own, reverse=True):
        for spot, cell in context.own[start].items():
            if not unknown(spot[0]):
                lines.setdefault(spot, []).append(cell)
                if spot[0] != context.territory.city:
                    context.seen.setdefault(spot[1], set()).add(spot[0])
    if context.newest is not None:
        items = {item for _, item in lines} or {""}
        day = context.calendar.local_date(context.newest)
        for place in context.territory.due(context.metric.places, day):
            for item in items if context.metric.variants != "items" else ():
                lines.setdefault((place, item), [])
    names = list(context.metric.items)
    order = context.territory.order

    def first(spot: Spot) -> tuple[object, ...]:
        place, item = spot
        return (*order(place), names.index(item) if item in names else len(names), item)

    for spot in sorted(lines, key=first):
        yield _row(context, spot, lines[spot])


def past(context: Context) -> Iterator[PastFigure]:
    """The city's figures of all periods, newest first, with what each publication says."""
    for start in sorted(context.own, reverse=True):
        for spot, cell in sorted(context.own[start].items()):
            if spot[0] != context.territory.city or cell.value is None:
                continue
            yield {
                "item": spot[1] or None,
                "start": ms(cell.start) or 0,
                "end": ms(cell.end) or 0,
                "value": cell.value,
                "counted": cell.counted,
                "difference": None if cell.counted is None else cell.counted - cell.value,
                "places": None if cell.over is None else len(cell.over),
                "claims": [_claim(context, said, cell, spot) for said in cell.claims],
            }


def _row(context: Context, spot: Spot, line: list[Cell]) -> MeasureRow:
    place, item = spot
    known = [cell for cell in line if cell.value is not None]
    cell = known[0] if known else line[0] if line else None
    row = _nothing(context, place, item)
    if cell is None:
        return row
    row.update(
        {
            "value": cell.value, "unit": cell.unit, "start": ms(cell.start), "end": ms(cell.end), "at": ms(cell.at),
            "reported": cell.value is not None and cell.start == context.newest, "n": cell.n,
            "numerator": cell.numerator, "denominator": cell.denominator, "grade": cell.grade,
            "parts": cell.parts, "sources": sorted(cell.sources), "provenance": sorted(cell.provenance),
            "missing": [*cell.gaps, *_held(context, place)],
            "small": context.metric.min_n is not None and cell.n is not None and cell.n < context.metric.min_n,
        }
    )  # fmt: skip
    if cell.counted is not None and cell.value is not None:
        row["published"], row["counted"] = cell.value, cell.counted
        row["difference"] = cell.counted - cell.value
    if cell.over is not None:
        _covered(context, row, cell, spot)
    if len(known) > 1:
        _compare(row, known[0], known[1], growing=context.metric.cumulative == "period" and cell.at < cell.end)
    _judge(context, row, cell, spot)
    row["claims"] = [_claim(context, said, cell, spot) for said in cell.claims]
    return row


def _nothing(context: Context, place: str, item: str) -> MeasureRow:
    """A place that owes a figure and has never given one: everything is unknown, nothing is zero."""
    level = context.territory.level(place)
    assert level != "unknown"
    return {
        "place": place, "level": level, "item": item or None, "value": None, "unit": context.metric.unit,
        "start": None, "end": None, "at": None, "reported": False, "n": None, "previous": None,
        "previous_start": None, "change": None, "numerator": None, "denominator": None, "target": None,
        "target_status": None, "target_set_by": None, "target_basis": None, "target_from": None, "share": None,
        "met": None, "pace": None, "projected": None, "grade": None, "parts": {}, "published": None, "counted": None,
        "difference": None, "places": None, "places_due": None, "silent": [], "claims": [],
        "missing": _held(context, place), "small": False, "sources": [], "provenance": [],
    }  # fmt: skip


def _held(context: Context, place: str) -> list[str]:
    """How many values at this place, or in it, are held back."""
    within = context.territory.within
    count = sum(n for at, n in context.held.items() if at == place or (at != place and within(at, place)))
    return [f"held:{count}"] if count else []


def _covered(context: Context, row: MeasureRow, cell: Cell, spot: Spot) -> None:
    """Who reported, and who owed a figure of that period and gave none."""
    place, item = spot
    territory = context.territory
    over = {name for name in cell.over or () if not unknown(name)}
    due: Iterable[str] = territory.due(context.metric.places, context.calendar.local_date(cell.start))
    if context.metric.variants == "items" or not due:
        alike = {territory.level(name) for name in over}
        due = [name for name in context.seen.get(item, ()) if territory.level(name) in alike]
    owed = {name for name in due if territory.within(name, place)} | over
    row["places"], row["places_due"] = len(over), len(owed)
    row["silent"] = sorted(owed - over, key=context.territory.order)


def _compare(row: MeasureRow, now: Cell, before: Cell, growing: bool) -> None:
    """What still grows is not compared with what is whole, nor the sum of some places with that of others."""
    row["previous"], row["previous_start"] = before.value, ms(before.start)
    alike = (now.given and before.given) or (now.given == before.given and now.over == before.over)
    if now.value is not None and before.value is not None and alike and not growing:
        row["change"] = now.value - before.value


# Target and pace


def _judge(context: Context, row: MeasureRow, cell: Cell, spot: Spot) -> None:
    metric, value = context.metric, cell.value
    target = target_of(context, cell, spot)
    if target is None:
        return
    row["target"], row["target_status"], row["target_set_by"] = target.value, target.status, target.set_by
    row["target_basis"], row["target_from"] = target.basis, target.valid_from.isoformat()
    if target.basis == metric.target_from:  # whoever may not know that source may not know its target
        row["sources"] = sorted({*row["sources"], *target.set_by.split(", ")})
    if value is None:
        return
    row["share"] = value / target.value * 100 if target.value else None
    if row["small"]:
        return  # too few were asked to say whether it is met
    if metric.cumulative != "none" and metric.even:
        _pace(context, row, cell, target.value)
    elif metric.better != "none" and (metric.cumulative == "none" or cell.at >= cell.end):
        row["met"] = value >= target.value if metric.better == "up" else value <= target.value


def _pace(context: Context, row: MeasureRow, cell: Cell, target: float) -> None:
    """A counter meets its target when it is at least where an even course would have it on that day."""
    assert cell.value is not None
    passed = share_passed(context.calendar, cell, whole_year=context.metric.cumulative == "year")
    if passed < EARLIEST:
        return
    row["projected"] = cell.value / passed
    if target > 0:
        row["pace"] = pace = cell.value / (target * passed) * 100
        row["met"] = pace >= 100 if context.metric.better != "down" else pace <= 100


def share_passed(calendar: Calendar, cell: Cell, *, whole_year: bool) -> float:
    """How much of its year (or period) had passed as of the figure; nothing after the end of its period counts."""
    begun, ended = cell.start, cell.end
    if whole_year:
        year = calendar.local_date(cell.start).year
        begun = datetime.combine(date(year, 1, 1), time(), calendar.zone)
        ended = datetime.combine(date(year + 1, 1, 1), time(), calendar.zone)
    at = max(begun, min(cell.at, cell.end, ended))
    return (at - begun) / (ended - begun) if ended > begun else 1.0


@dataclass(frozen=True, slots=True)
class Goal:
    """A target that applies. ``status``: ditetapkan, usulan, or source: the source itself says so."""

    value: float
    valid_from: date
    set_by: str
    basis: str
    status: str


def target_of(context: Context, cell: Cell, spot: Spot) -> Goal | None:
    """Of the source where the metric takes it from there, else the one of the configuration that was valid then."""
    place, item = spot
    if context.metric.target_from is not None:
        found = _of_source(context, context.metric.target_from, cell, spot)
        if found is not None:
            return found
    last = min(cell.at, cell.end - timedelta(microseconds=1))
    day = context.calendar.local_date(max(cell.start, last))
    valid = [
        target
        for target in context.metric.targets
        if target.valid_from <= day
        and target.item in (None, item or None)
        and (target.place or context.territory.city) in (place, EVERY)
        and not (target.place == EVERY and (not cell.given or context.territory.level(place) == "city"))
    ]
    if not valid:
        return None
    best = max(valid, key=lambda t: (t.place != EVERY, t.item is not None, t.valid_from))
    return Goal(best.value, best.valid_from, best.set_by, best.basis, best.status)


def _of_source(context: Context, key: str, cell: Cell, spot: Spot) -> Goal | None:
    """What the source says for the same period, or last said before in the same year."""
    day, cells = context.calendar.local_date, context.cells[key]
    for start in sorted(cells, reverse=True):
        found = cells[start].get(spot)
        if start <= cell.start and found is not None and found.value is not None:
            if day(start).year != day(cell.start).year:
                return None
            return Goal(found.value, day(start), ", ".join(sorted(found.sources)) or "-", key, "source")
    return None


# Claims


def _claim(context: Context, said: Said, cell: Cell, spot: Spot) -> Claim:
    assert cell.value is not None
    counted = _counted(context, said, cell, spot)
    return {
        "source": said.source,
        "claim": said.claim,
        "value": said.value,
        "difference": said.value - cell.value,
        "at": ms(said.at) or 0,
        "counted": counted,
        "remainder": None if counted is None else counted - said.value,
    }


def _counted(context: Context, said: Said, cell: Cell, spot: Spot) -> float | None:
    """What the periods up to this one add up to, each by the same publication where it says something."""
    if context.metric.total_of is None:
        return None
    values = []
    for start, spots in context.cells[context.metric.total_of].items():
        one = spots.get(spot)
        if start > cell.start or one is None or one.value is None:
            continue
        same = [other.value for other in one.claims if (other.source, other.claim) == (said.source, said.claim)]
        values.append(same[0] if same else one.value)
    return fsum(values) if values else None
