"""The declared mapping of a row to one measurement: metric, place, period, variant; pure, and never guesses a place.

A word that no registry knows is kept as the source wrote it, in the variant, so that its series stays its own.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import ParseContext
from dashboard.errors import RowRejected
from dashboard.mapping_readers import Coded, Declared, Number, Text, When, find, folded, plain, text_of
from dashboard.records import UNKNOWN, Measurement

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


class MeasurementMap(Declared):
    """How a row becomes one measurement. ``value`` and ``period_start`` are mandatory; an empty value, or one that
    ``missing`` names, is "not reported". ``metric``: a key of ``metrics``, or the source's word for it and what each
    word means. ``when``: only rows in which a column says one of these words. A word of ``variant`` or ``unit`` that
    ``words`` does not name is kept as the source writes it."""

    metric: str | Coded
    value: Number
    unit: Coded
    period_start: When
    period: Literal["instant", "hour", "day", "week", "month", "quarter", "year"] = "day"
    place: Text | None = None  # without it: the city
    registry: Literal["market", "district", "subdistrict", "facility", "department", "region", "code"] = "code"
    item: Text | None = None
    variant: Coded | None = None
    observed_at: When | None = None
    n: Number | None = None
    basis: Literal["survey", "mean", "geometric_mean", "provincial", "count", "cumulative", "cumulative_year"] = (
        "survey"
    )

    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def speaks_of(self, row: Any) -> bool:
        return all(folded(plain(find(row, path)) or "") in map(folded, words) for path, words in self.when.items())


def map_measurement(row: Any, wanted: MeasurementMap, ctx: ParseContext[Any]) -> Measurement:
    words, zone = ctx.words, ctx.zone
    start = wanted.period_start.needed(row, zone)
    value = wanted.value.read(row, ctx.numbers)
    unit_word = _coded(wanted.unit, row) or None
    item_word = text_of(wanted.item, row) or ""
    item = words.commodity(item_word, unit_word)
    place_word = text_of(wanted.place, row)
    place = _place(place_word, wanted.registry, ctx, start) if wanted.place else ctx.city
    variant = _coded(wanted.variant, row)
    metric, metric_word = (wanted.metric, None) if isinstance(wanted.metric, str) else _metric(wanted.metric, row)
    if metric_word is not None:  # a figure nobody declared keeps its own series
        variant = f"{variant} {metric_word}".strip()
    return Measurement(
        metric=metric,
        place=place,
        # A place that no registry knows still keeps its own series.
        variant=f"{variant} {place_word}".strip() if place == UNKNOWN else variant,
        period_start=start,
        period_end=period_end(start, wanted.period, zone),
        value=value,
        unit=(words.unit(unit_word) if item_word else unit_word) or UNKNOWN,
        item=item if item != UNKNOWN else None,
        item_word=item_word,
        n=wanted.n.whole(row, ctx.numbers) if wanted.n else None,
        basis=wanted.basis,
        reported=value is not None,
        observed_at=wanted.observed_at.maybe(row, zone) if wanted.observed_at else None,
    )


def period_end(start: datetime, period: str, zone: tzinfo) -> datetime:
    """The end of the period that begins at ``start``, by the calendar of ``zone``."""
    if period == "instant":
        return start
    if period == "hour":
        return start + timedelta(hours=1)
    local = start.astimezone(zone)
    if period in _MONTHS:
        month = local.month - 1 + _MONTHS[period]
        ended = local.replace(year=local.year + month // 12, month=month % 12 + 1)
    else:
        ended = local + timedelta(days=7 if period == "week" else 1)
    return ended.astimezone(start.tzinfo)


def _metric(reader: Coded, row: Any) -> tuple[str, str | None]:
    """The metric, and the source's word where nobody declared it."""
    found = reader.code(row)
    if found is None:
        raise RowRejected(reader.name, "is mandatory and empty")
    return found, reader.text(row) if found == UNKNOWN else None


def _coded(reader: Coded | None, row: Any) -> str:
    """The room's code where ``words`` declares one, else the source's own word."""
    word = reader.text(row) if reader is not None else None
    if reader is None or word is None or not reader.words:
        return word or ""
    found = reader.code(row)
    return word if found in (None, UNKNOWN) else str(found)


def _place(word: str | None, registry: str, ctx: ParseContext[Any], at: datetime) -> str:
    look_up: dict[str, Any] = {
        "market": ctx.words.market,
        "district": ctx.words.district,
        "subdistrict": ctx.words.subdistrict,
        "facility": ctx.words.facility,
        "region": ctx.words.region,
        "department": lambda found: ctx.words.department(found, at),
    }
    if registry in look_up:
        return look_up[registry](word) or UNKNOWN
    return word if word is not None and _CODE.fullmatch(word) else UNKNOWN  # a code has no room for a name
