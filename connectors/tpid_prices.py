"""The city's own market survey (TPID): one price for each commodity and market; never takes 0 for a price.

Protocol: ``GET {url}/Komoditasrekapitulasi?from=YYYY-MM-DD&to=YYYY-MM-DD`` (both days included) with the header
``Token`` (406 without one, 401 for one of another role), answered by ``{"status": true, "message": "", "data": [..]}``.
A token it does not know is answered with two JSON documents in a row. ``harga`` 0 means that nobody reported.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic import Field

from dashboard.contract import ConnectorOptions, Coverage, FetchContext, ParseContext, Payload, Response
from dashboard.decoding import http_date, strict_text
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping import price_of_day
from dashboard.mapping_readers import When, plain, rupiah
from dashboard.records import UNKNOWN, Measurement

PARSER_VERSION = 3
SHAPES = ("measurement",)
METRICS = ("price",)
DAY = When(path=("tanggal",))


class Options(ConnectorOptions):
    """``days``: how many survey days each poll asks for (the source revises old ones)."""

    days: int = Field(default=35, ge=1, le=400)


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The survey of the last days."""
    end = ctx.now.astimezone(ctx.zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    start = end - timedelta(days=ctx.options.days)
    answer = await ctx.http.get(
        "Komoditasrekapitulasi",
        params={"from": start.strftime("%Y-%m-%d"), "to": (end - timedelta(days=1)).strftime("%Y-%m-%d")},
    )
    body = _document(answer)
    if not isinstance(body, dict) or "status" not in body:
        raise SourceChanged("envelope", "no status/message/data around the answer")
    if body["status"] is not True:
        raise SourceRefused("envelope_refused", "status is not true")
    if not isinstance(body.get("data"), list):
        raise SourceChanged("envelope", "data is not a list")
    return Payload(
        rows=body["data"],
        coverage=Coverage("window", "period_start", start, end),
        fetched_at=ctx.now,
        source_time=http_date(answer.headers.get("date")),
    )


def _document(answer: Response) -> Any:
    """The JSON document; of two in a row the first tells that the token was refused."""
    try:
        return answer.json()
    except SourceChanged:
        try:
            first, end = json.JSONDecoder().raw_decode(text := strict_text(answer.body).lstrip())
        except (ValueError, RecursionError):
            first, end, text = None, 0, ""
        if isinstance(first, dict) and first.get("status") is False and text[end:].lstrip().startswith("{"):
            raise SourceRefused("unauthorized", "two documents in a row, the first with status false") from None
        raise


def parse(row: Any, ctx: ParseContext[Options]) -> Measurement:
    """``{komoditas, satuan, pasar, tanggal, harga}``."""
    start = DAY.needed(row, ctx.zone)
    price = rupiah(row["harga"], ctx.numbers, "harga")
    word, market, unit = plain(row["komoditas"]) or "", plain(row["pasar"]) or "", plain(row.get("satuan"))
    if not word or not market:
        raise RowRejected("pasar" if word else "komoditas", "is mandatory and empty")
    place = ctx.words.market(market) or UNKNOWN
    variant = market if place == UNKNOWN else ""
    return price_of_day(ctx, place, word, unit, start, price, "survey", variant)
