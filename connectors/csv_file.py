"""Any system that drops CSV or XLSX files into a folder: columns as the source block declares; never moves a file.

Protocol: complete files whose names match ``pattern`` in the source's ``folder``; the first line names the columns.
A file that cannot be read fails the whole poll, so that half a folder is never taken for all of it.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from dashboard.contract import FetchContext, ParseContext, ParseResult, Payload
from dashboard.errors import SourceUnavailable
from dashboard.mapping import MappedOptions, judged, map_row

PARSER_VERSION = 1
SHAPES = ("case", "measurement", "status")


class Options(MappedOptions):
    """``newest``: only so many of the newest files are read (a folder that keeps every day of years)."""

    pattern: str = Field(default="*", pattern=r"^[^/\\]+$")  # of names inside the folder
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: str | None = None
    newest: int = Field(default=400, ge=1)

    @model_validator(mode="after")
    def _absolute(self) -> Self:
        """A file is read long after it was written, and again each time: "yesterday" in it means nothing."""
        if any(getattr(reader, "relative", None) for _, reader in self.case or ()):
            raise ValueError("a file has no moment from which relative times could count: declare formats")
        return self


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The rows of every file. An empty folder says nothing, which is not the same as no rows."""
    options = ctx.options
    files = (await ctx.files.listing(options.pattern))[-options.newest :]
    if not files:
        raise SourceUnavailable("file_missing", "no complete file of the declared name is in the folder")
    rows: list[Any] = []
    for file in files:
        rows += await ctx.files.table(file.name, sheet=options.sheet, delimiter=options.delimiter)
    return Payload(
        rows=rows,
        coverage=judged(options.coverage, ctx.now, ctx.zone),
        fetched_at=ctx.now,
    )


def parse(row: Any, ctx: ParseContext[Options]) -> ParseResult:
    """The records of one row, by the declared mapping."""
    return map_row(row, ctx)
