"""Prices market by market and source beside source, from the published documents; pure, computes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dashboard.api_documents import Ask
from dashboard.api_types import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrice:
    """What one market said last; ``survey`` is its own last one, whatever the others did since."""

    source: str
    commodity: str
    unit: str
    market: str
    """A market's code, the city's or province's, or the source's own word after ``unknown|``."""
    value: float
    survey: date
    previous: float | None
    previous_survey: date | None
    change: float | None
    change_pct: float | None
    over: bool | None
    """None: no limit of this item and unit is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside the arithmetic mean of ``prices``. ``months``: of history without a gap; the seasonal anomaly
    needs ``months_needed``, else it is None."""

    source: str
    commodity: str
    unit: str
    geometric_mean: float | None
    seasonal_anomaly_pct: float | None
    months: int
    months_needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPrices(Answer):
    markets: Sequence[MarketPrice]
    goods: Sequence[Beside]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sources about one commodity: ``other`` - ``source``, in rupiah and in percent of ``source``."""

    commodity: str
    source: str
    other: str
    unit: str
    other_unit: str
    days_apart: int
    difference: float | None
    difference_pct: float | None
    reason: Literal["unit", "days"] | None
    """Why they are not compared: their units differ, or their survey days lie more than a week apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons(Answer):
    comparisons: Sequence[Comparison]


def market_prices(ask: Ask, _: Mapping[str, Any]) -> MarketPrices:
    rows = (ask.documents.get("prices:matrix") or {}).get("rows") or {}
    goods = [
        Beside(
            source=source, commodity=row["commodity"], unit=row["unit"], geometric_mean=row["geometric"],
            seasonal_anomaly_pct=row["season"]["anomaly_pct"], months=row["season"]["months"],
            months_needed=row["season"]["needed"],
        )
        for source, found in rows.items() for row in found
    ]  # fmt: skip
    return MarketPrices(**ask.head, markets=list(_markets(rows)), goods=goods)


def _markets(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[MarketPrice]:
    for source, found in rows.items():
        for row in found:
            for market, price in row["markets"].items():
                days = {name: _day(price[name]) for name in ("survey", "previous_survey")}
                told: dict[str, Any] = {**price, **days}
                yield MarketPrice(
                    source=source, commodity=row["commodity"], unit=row["unit"], market=market, **told
                )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def comparisons(ask: Ask, _: Mapping[str, Any]) -> Comparisons:
    pairs = (ask.documents.get("prices:matrix") or {}).get("pairs") or []
    return Comparisons(**ask.head, comparisons=[Comparison(**pair) for pair in pairs])
