"""How a reported figure reads: amount, unit, place, period, target, verdict; pure, never judges what was not judged."""

from __future__ import annotations

from dashboard.config.metrics import Metric
from dashboard.formats import decimal, instant, percent, signed, whole
from dashboard.i18n import CATALOGUE
from dashboard.snapshot_measures import MeasureRow
from dashboard.views_words import Words


def amount(words: Words, metric: Metric, value: float | None) -> str:
    if value is None:
        return "–"
    if metric.unit == "percent":
        return percent(value, words.lang)
    return decimal(value, words.lang, metric.decimals) if metric.decimals else whole(value, words.lang)


def unit_of(words: Words, metric: Metric, row: MeasureRow | None = None) -> str:
    """The room's word for a unit it has one for, otherwise the source's own."""
    unit = row["unit"] if row and row["unit"] != "unknown" else metric.unit
    if unit == "percent":
        return ""
    return words.say(f"unit.{unit}") if f"unit.{unit}" in CATALOGUE else unit


def place_of(words: Words, place: str) -> str:
    if place == words.config.city.code:
        return words.config.city.name
    if place in words.registry.departments:
        return words.department(place)
    return words.registry.label(place, words.lang)


def item_of(words: Words, metric: Metric, item: str | None) -> str:
    label = metric.items.get(item or "")
    return words.label(label, short=False) if label else item or ""


def period(words: Words, start: int | None, end: int | None) -> str:
    """24 Nov; Nov 2026; 2017."""
    if start is None or end is None:
        return "–"
    first, last = (instant(at, words.registry.zone) for at in (start, end))
    days = (last - first).days
    if days > 360:
        return str(first.year)
    if days > 27:
        return (
            f"{first.month:02d}/{first.year}" if days < 40 else f"{first.month:02d}-{first.month + 2:02d}/{first.year}"
        )
    return words.day(first.date())


def target_text(words: Words, metric: Metric, row: MeasureRow) -> str:
    if row["target"] is None:
        return ""
    status = {"usulan": words.say("basis.proposed"), "source": words.say("measures.of_source")}
    said = f"{words.say('wall.target')} {amount(words, metric, row['target'])}"
    more = status.get(row["target_status"] or "")
    return f"{said} ({more})" if more else said


def state_of(row: MeasureRow) -> str:
    """Grey unless a target that stands is missed."""
    if row["value"] is None:
        return "unknown"
    if row["small"]:
        return "small"
    return "missed" if row["met"] is False and row["target_status"] != "usulan" else "calm"


def verdict(words: Words, metric: Metric, row: MeasureRow) -> str:
    """In words, also when a target is only proposed."""
    if row["met"] is not False:
        return ""
    return words.say("measures.above" if metric.better == "down" else "measures.below")


def moved(words: Words, metric: Metric, value: float | None) -> str:
    if value is None:
        return ""
    said = amount(words, metric, abs(value))
    if not any(mark in "123456789" for mark in said):  # as far as it is written
        return f"= {words.say('wall.unchanged')}"
    if metric.unit == "percent":
        said = f"{said.removesuffix('%').rstrip()} {words.say('measures.percent_points')}"
    return signed(said, value)


def changed(words: Words, metric: Metric, row: MeasureRow) -> str:
    """+2 terhadap 25 Nov: a change is nothing without what it is against."""
    said, before = moved(words, metric, row["change"]), row["previous_start"]
    if not said or before is None or row["start"] is None or row["end"] is None:
        return said
    return f"{said} {words.say('measures.against')} {period(words, before, before + row['end'] - row['start'])}"


def parts_of(words: Words, metric: Metric, row: MeasureRow) -> list[str]:
    """In the order in which the configuration lists them."""
    order = {name: n for n, name in enumerate(metric.items)}
    parts = sorted(row["parts"].items(), key=lambda part: order.get(part[0], len(order)))
    return [f"{item_of(words, metric, name)} {amount(words, metric, value)}" for name, value in parts]


def goal_text(words: Words, metric: Metric) -> str:
    """Of a figure without a target of the city's own: what each place is to reach, or that there is none."""
    if metric.better == "none" or metric.target_from is not None:
        return ""
    each = [target for target in metric.targets if target.place == "*" and target.item is None]
    if not each:
        return words.say("components.no_target")
    newest = max(each, key=lambda target: target.valid_from)
    status = f" ({words.say('basis.proposed')})" if newest.status == "usulan" else ""
    return f"{words.say('wall.target')} {amount(words, metric, newest.value)} {words.say('measures.each')}{status}"


def gap(words: Words, metric: Metric, value: float | None) -> str:
    """A difference between two figures of the same thing."""
    return "–" if value is None else signed(amount(words, metric, abs(value)), value)


def band(words: Words, metric: Metric, grade: str | None) -> str:
    bands = metric.index.bands if metric.index else ()
    return next((words.label(band.label, short=False) for band in bands if band.grade == grade), "")


def counted(metric: Metric) -> Metric:
    """What a percentage is made of is counted, not divided."""
    return metric.model_copy(update={"unit": "", "decimals": 0})
