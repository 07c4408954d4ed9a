"""Document ``prices:matrix``: what stands beside the prices of ``dashboard.snapshot``; plain JSON values, no I/O."""

from __future__ import annotations

from typing import Literal, TypedDict

Ms = int


class MarketPrice(TypedDict):
    """What one market said last, and before that."""

    value: float
    survey: str  # its own last one
    previous: float | None
    previous_survey: str | None
    change: float | None
    change_pct: float | None
    over: bool | None  # None: "tanpa acuan"


class Season(TypedDict):
    months: int  # without a gap before the newest one
    needed: int
    years: int  # earlier years with the same month
    anomaly_pct: float | None  # None: not enough history


class MatrixRow(TypedDict):
    commodity: str
    unit: str
    geometric: float | None  # of the markets of the last survey, whose arithmetic mean is the value of ``PriceRow``
    markets: dict[str, MarketPrice]
    season: Season


class PricePair(TypedDict):
    """Two sources about one commodity."""

    commodity: str
    source: str
    other: str
    unit: str
    other_unit: str
    days_apart: int  # of their survey days
    difference: float | None  # other - source
    difference_pct: float | None  # of source
    reason: Literal["unit", "days"] | None  # why they are not compared


class PriceTotals(TypedDict):
    survey: str | None
    goods: int
    priced: int  # in the last survey
    judged: int  # of those, with a limit of the same unit and day
    over: int
    copied_forward: bool


class PriceMatrix(TypedDict):
    """Document ``prices:matrix``."""

    rows: dict[str, list[MatrixRow]]  # by source
    totals: dict[str, PriceTotals]
    pairs: list[PricePair]
    as_of: Ms
