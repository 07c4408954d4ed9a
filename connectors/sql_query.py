"""Any system with a database: one declared read-only query; never writes and never sees more than the query names.

Protocol: ``url`` is an SQLAlchemy address of a reading account; ``query`` one SELECT. The bind names ``:from`` and
``:to`` are the declared window as texts of ``date_format`` in the source's zone, ``:now`` the time of the poll.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator

from dashboard.contract import FetchContext, ParseContext, ParseResult, Payload
from dashboard.mapping import MappedOptions, judged, map_row

PARSER_VERSION = 1
SHAPES = ("case", "measurement", "status")
_TEXT = re.compile(r"'[^']*'|--[^\n]*|/\*.*?\*/", re.DOTALL)


def _reading(query: str) -> str:
    bare = _TEXT.sub(" ", query).strip()
    if not re.match(r"(?i)(select|with)\b", bare):
        raise ValueError("a query begins with SELECT or WITH: the room only reads")
    if ";" in bare.rstrip("; \n\t"):
        raise ValueError("write one statement")
    if re.search(r"(?i)(select|,)\s*(\w+\.)?\*", bare):
        raise ValueError("name the columns instead of *: what is not named never reaches the room")
    return query


class Options(MappedOptions):
    query: Annotated[str, AfterValidator(_reading)]
    date_format: str = "%Y-%m-%d %H:%M:%S"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The rows of the query, which either comes whole or fails."""
    coverage = judged(ctx.options.coverage, ctx.now, ctx.zone)
    moments = {"from": coverage.start or ctx.now, "to": coverage.end or ctx.now, "now": ctx.now}
    used = {
        name: moment.astimezone(ctx.zone).strftime(ctx.options.date_format)
        for name, moment in moments.items()
        if re.search(rf"(?<!:):{name}\b", ctx.options.query)
    }
    rows = await ctx.sql.rows(ctx.options.query, used or None)
    return Payload(rows=rows, coverage=coverage, fetched_at=ctx.now)


def parse(row: Any, ctx: ParseContext[Options]) -> ParseResult:
    """The records of one row, by the declared mapping."""
    return map_row(row, ctx)
