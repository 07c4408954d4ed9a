"""Panel Harga of Bapanas, the city's consumer prices; never trusts the gap it computes from prices nobody reported.

Protocol: ``GET {url}/harga-pangan-informasi?province_id&city_id&level_harga_id=3`` with the header ``X-API-KEY`` (401
``{"status": "error"}`` without one), answered by ``{"status": "success", "message": "", "data": [{"id", "name",
"satuan", "today", "yesterday", "yesterday_date", "today_date"?, "gap" ..}]}``. 0 means not reported; dates are written
23/11/2026 or 23-11-2026; the source revises yesterday's price, so both days are read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import DELTA, ConnectorOptions, FetchContext, ParseContext, Payload
from dashboard.decoding import http_date
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping import period_end, price_of_day
from dashboard.mapping_readers import When, plain, rupiah
from dashboard.records import Measurement

PARSER_VERSION = 2
SHAPES = ("measurement",)
METRICS = ("price",)
FORMATS = ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d")
TODAY, YESTERDAY = When(path=("today_date",), formats=FORMATS), When(path=("yesterday_date",), formats=FORMATS)


class Options(ConnectorOptions):
    """``level``: 1 producer, 2 wholesale, 3 consumer. The prices are the mean of the city, shown for its own code."""

    province_id: int = Field(ge=1)
    city_id: int = Field(ge=1)
    level: Literal[1, 2, 3] = 3


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Today and yesterday; an older day is not spoken of, so nothing is ever missing."""
    options = ctx.options
    params: dict[str, str | int] = {
        "province_id": options.province_id, "city_id": options.city_id, "level_harga_id": options.level,
    }  # fmt: skip
    answer = await ctx.http.get("harga-pangan-informasi", params=params)
    body = answer.json()
    if not isinstance(body, dict) or "status" not in body:
        raise SourceChanged("envelope", "no status/message/data around the answer")
    if body["status"] != "success":
        raise SourceRefused("envelope_refused", "status is not success")
    if not isinstance(body.get("data"), list):
        raise SourceChanged("envelope", "data is not a list")
    if not body["data"]:  # its goods are always the same: none is no answer
        raise SourceRefused("suspicious_empty", "a list without goods")
    return Payload(
        rows=body["data"],
        coverage=DELTA,
        fetched_at=ctx.now,
        source_time=http_date(answer.headers.get("date")),
    )


def parse(row: Any, ctx: ParseContext[Options]) -> list[Measurement]:
    """One item, two days. ``gap``, ``gap_percentage`` and ``gap_change`` are not read."""
    name, unit = plain(row["name"]), plain(row.get("satuan"))
    if name is None:
        raise RowRejected("name", "is mandatory and empty")
    before = YESTERDAY.needed(row, ctx.zone)
    day = TODAY.read(row, ctx.zone) or period_end(before, "day", ctx.zone)
    if day - before > timedelta(days=7) or day <= before:
        raise RowRejected("yesterday_date", "is not shortly before today_date")
    return [
        price_of_day(ctx, ctx.city, name, unit, start, rupiah(row[field], ctx.numbers, field), "mean")
        for start, field in ((before, "yesterday"), (day, "today"))
    ]
