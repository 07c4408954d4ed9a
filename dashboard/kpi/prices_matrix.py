"""What stands beside the price of a survey: each market's own last price, the geometric mean, the season, and how far
two sources are apart; never compares two units and never fills a gap.

A market's price is that of the last survey in which this market reported, with that survey's day, whatever the others
did since. The geometric mean is of the same markets as the arithmetic one. Two sources differ by (other - one) / one;
where their units differ, or their survey days lie more than a week apart, they are not compared and it is said why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import combinations
from math import exp, fsum, log
from typing import Literal

from dashboard.kpi.prices import MIXED, RECENT, Item, PriceBook, Survey, change_of
from dashboard.kpi.prices_season import season
from dashboard.snapshot import PriceRow
from dashboard.snapshot_prices import MarketPrice, MatrixRow, PriceMatrix, PricePair, PriceTotals

Reason = Literal["unit", "days"] | None


class Matrix:
    """Document ``prices:matrix``; a row is made again only when the book has another one of it."""

    def __init__(self) -> None:
        self._held: dict[Item, tuple[PriceRow, MatrixRow]] = {}

    def document(self, book: PriceBook, by_source: Mapping[str, list[PriceRow]], as_of: int) -> PriceMatrix:
        return {
            "rows": {source: [self._row(book, item) for item in items] for source, items in book.items().items()},
            "totals": {source: totals(rows) for source, rows in by_source.items()},
            "pairs": pairs(by_source),
            "as_of": as_of,
        }

    def _row(self, book: PriceBook, item: Item) -> MatrixRow:
        row = book.row(item)
        held = self._held.get(item)
        if held is None or held[0] is not row:
            surveys = book.surveys(item)
            held = self._held[item] = (
                row,
                {
                    "commodity": item[1],
                    "unit": item[2],
                    "geometric": geometric_mean(surveys[-1].places.values()) if surveys else None,
                    "markets": market_prices(surveys),
                    "season": season(book.months(item)),
                },
            )
        return held[1]


def geometric_mean(values: Iterable[float]) -> float | None:
    """None where nothing was reported or a price is not above zero."""
    known = list(values)
    if not known or min(known) <= 0:
        return None
    return exp(fsum(log(value) for value in known) / len(known))


def market_prices(surveys: Sequence[Survey]) -> dict[str, MarketPrice]:
    """By market: the newest survey in which it reported, beside the one before in which it did."""
    found: dict[str, MarketPrice] = {}
    waiting: dict[str, str] = {}  # whose report before the last is still looked for, and the basis of the last
    for survey in reversed(surveys):
        for place, price in survey.places.items():
            if place not in found:
                found[place] = _first(survey, price)
                waiting[place] = survey.basis
            elif place in waiting:
                alike = waiting.pop(place) == survey.basis != MIXED
                change, pct = change_of(found[place]["value"], price if alike else None)
                found[place] = {
                    **found[place], "previous": price, "previous_survey": survey.day.isoformat(), "change": change,
                    "change_pct": pct,
                }  # fmt: skip
    return found


def _first(survey: Survey, price: float) -> MarketPrice:
    return {
        "value": price,
        "survey": survey.day.isoformat(),
        "previous": None,
        "previous_survey": None,
        "change": None,
        "change_pct": None,
        "over": price > survey.limit.amount if survey.limit else None,
    }


def pairs(by_source: Mapping[str, Sequence[PriceRow]]) -> list[PricePair]:
    """Every two sources that have a price of the same commodity, in the order of the registry of goods."""
    goods: dict[str, list[PriceRow]] = {}
    for source in by_source:
        for row in by_source[source]:
            if row["value"] is not None:
                goods.setdefault(row["commodity"], []).append(row)
    return [_pair(one, other) for rows in goods.values() for one, other in combinations(rows, 2)
            if one["source"] != other["source"]]  # fmt: skip


def _pair(one: PriceRow, other: PriceRow) -> PricePair:
    apart = abs((date.fromisoformat(one["survey"] or "") - date.fromisoformat(other["survey"] or "")).days)
    reason: Reason = "unit" if one["unit"] != other["unit"] else "days" if apart > RECENT.days else None
    change, pct = change_of(other["value"] or 0.0, None if reason else one["value"])
    return {
        "commodity": one["commodity"],
        "source": one["source"],
        "other": other["source"],
        "unit": one["unit"],
        "other_unit": other["unit"],
        "days_apart": apart,
        "difference": change,
        "difference_pct": pct,
        "reason": reason,
    }


def totals(rows: Sequence[PriceRow]) -> PriceTotals:
    """Of one source: how many goods it lists, how many of them its last survey priced, and what is said of those."""
    newest = max((row["survey"] or "" for row in rows), default="")
    priced = [row for row in rows if row["survey"] == newest and newest and not row["not_reported_since"]]
    judged = [row for row in priced if row["over"] is not None]
    return {
        "survey": newest or None,
        "goods": len(rows),
        "priced": len(priced),
        "judged": len(judged),
        "over": sum(bool(row["over"]) for row in judged),
        "copied_forward": any(row["copied_forward"] for row in rows),
    }
