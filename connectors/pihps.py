"""PIHPS of Bank Indonesia, the province's prices: a grid with dates as columns; never reads a date it must guess.

Protocol: ``GET {url}/GetGridDataDaerah?price_type_id=1&comcat_id=&province_id=11&regency_id=&market_id=&tipe_laporan=1
&start_date=YYYY-MM-DD&end_date=YYYY-MM-DD``, answer ``{"data": [{"no", "name", "level", "24/11/2026": "14,500"}]}``:
"-" means not reported, names end in blanks, level 1 rows are group means. Published Mon-Fri at 13.00 WIB.
Traps: the id of a regency or market gives empty data, several provinces are silently averaged.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import ConnectorOptions, Coverage, FetchContext, NumberLocale, ParseContext, Payload
from dashboard.decoding import http_date, instant
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping import price_of_day
from dashboard.mapping_readers import folded, plain, rupiah
from dashboard.records import Measurement

PARSER_VERSION = 2
SHAPES = ("measurement",)
METRICS = ("price",)
COLUMN = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
ORDERS = {"day_month": "%d/%m/%Y", "month_day": "%m/%d/%Y"}
YEAR = 365  # days asked for at once; the source breaks off under more
COMMA = NumberLocale(decimal=".", thousands=",")


class Options(ConnectorOptions):
    """``place``: the code the prices are shown for (the province's own). ``columns``: how the dates are written; a
    column that cannot be read so, or lies outside the days asked for, refuses the answer. ``units``: the grid names
    none, so the beginning of an item's name may say it. ``history_days``: how far back the first poll asks, so that a
    new installation can tell a season."""

    province_id: int = Field(ge=1)
    place: str
    days: int = Field(default=30, ge=1, le=365)
    history_days: int = Field(default=0, ge=0, le=3650)
    price_type: Literal[1, 2, 3, 4] = 1
    columns: Literal["day_month", "month_day"] = "day_month"
    unit: str = "kg"
    units: dict[str, str] = Field(default_factory=dict)


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The grid of the last days; once, before any other, that of the time before as well."""
    options = ctx.options
    end = ctx.now.astimezone(ctx.zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    known = isinstance(ctx.cursor, dict) and ctx.cursor.get("history_days", 0) >= options.history_days
    days = options.days if known else max(options.days, options.history_days)
    rows: dict[tuple[Any, Any], Any] = {}
    answered = None
    for back in range((days - 1) // YEAR, -1, -1):  # the oldest first, as the columns of each row stand
        start, stop = end - timedelta(days=min(days, (back + 1) * YEAR)), end - timedelta(days=back * YEAR)
        found, answered = await _grid(ctx, start, stop)
        for row in found:
            key = (row.get("name"), row.get("level")) if isinstance(row, dict) else (None, len(rows))
            rows[key] = {**rows.get(key, {}), **row} if isinstance(row, dict) else row
    return Payload(
        rows=list(rows.values()),
        coverage=Coverage("window", "period_start", end - timedelta(days=days), end),
        fetched_at=ctx.now,
        source_time=answered,
        next_cursor={"history_days": options.history_days},
    )


async def _grid(ctx: FetchContext[Options], start: datetime, end: datetime) -> tuple[list[Any], datetime | None]:
    """The rows of the days from ``start`` to before ``end``, and the source's clock."""
    options = ctx.options
    params: dict[str, str | int] = {
        "price_type_id": options.price_type, "comcat_id": "", "province_id": options.province_id, "regency_id": "",
        "market_id": "", "tipe_laporan": 1, "start_date": start.strftime("%Y-%m-%d"),
        "end_date": (end - timedelta(days=1)).strftime("%Y-%m-%d"),
    }  # fmt: skip
    answer = await ctx.http.get("GetGridDataDaerah", params=params)
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise SourceChanged("envelope", "no data list in the answer")
    rows = body["data"]
    if not rows:
        raise SourceRefused("suspicious_empty", "a grid without rows is how the source answers ids it does not know")
    for column in {name for row in rows if isinstance(row, dict) for name in row if COLUMN.fullmatch(name)}:
        day = _day(column, ctx.zone, options.columns)
        if day is None or not start <= day < end:
            raise SourceChanged("envelope", f"a date column is not {options.columns} inside the days asked for")
    return rows, http_date(answer.headers.get("date"))


def _day(column: str, zone: Any, order: str) -> datetime | None:
    try:
        return instant(column, zone, "column", (ORDERS[order],))
    except RowRejected:
        return None


def parse(row: Any, ctx: ParseContext[Options]) -> list[Measurement]:
    """One item with one price for each date column; a group's row is no record."""
    name = plain(row["name"])
    if name is None:
        raise RowRejected("name", "is mandatory and empty")
    if plain(row.get("level")) == "1":
        return []
    options, found = ctx.options, []
    unit = next((u for start, u in options.units.items() if folded(name).startswith(folded(start))), options.unit)
    for column, cell in row.items():
        if not COLUMN.fullmatch(column):
            continue
        start = _day(column, ctx.zone, options.columns)
        if start is None:
            raise RowRejected("column", f"a date column is not {options.columns}")
        price = rupiah(cell, COMMA, "price")
        found.append(price_of_day(ctx, options.place, name, unit, start, price, "provincial"))
    return found
