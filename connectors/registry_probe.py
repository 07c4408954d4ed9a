"""Any registry of things to be reached (sites, applications): a CSV or XLSX file, each row tried; never asks more.

Protocol: the newest complete file whose name matches ``pattern`` lists the subjects; each is tried by TCP
(``host``, ``port``) or HTTP (``url``), all of them in one sweep. What was found stands in the row as ``probe`` (``up``,
``down``, ``none`` without an address) and ``probe_cause``, for the mapping to read. A subject that was reached before
has to be missed ``misses`` times in a row. The room's own way out is asked first: without it nobody is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from dashboard.contract import FetchContext, ParseContext, ParseResult, Payload
from dashboard.errors import SourceUnavailable
from dashboard.mapping import MappedOptions, judged, map_row
from dashboard.mapping_readers import Text

PARSER_VERSION = 1
SHAPES = ("status",)


class Options(MappedOptions):
    """``host`` and ``port``, or ``url``: where in a row the address stands."""

    pattern: str = Field(default="*", pattern=r"^[^/\\]+$")  # of names inside the folder
    delimiter: Literal[",", ";", "\t", "|"] = ","
    sheet: str | None = None
    host: Text | None = None
    port: Text | None = None
    url: Text | None = None
    misses: int = Field(default=2, ge=1, le=10)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.status is None:
            raise ValueError("a row of a registry is a status")
        if (self.url is None) == (self.host is None) or (self.host is None) != (self.port is None):
            raise ValueError("say where the address stands: host and port, or url")
        return self


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The registry with what the sweep found; nothing at all when the room itself reaches nothing."""
    options = ctx.options
    files = await ctx.files.listing(options.pattern)
    if not files:
        raise SourceUnavailable("file_missing", "no complete registry of the declared name is in the folder")
    rows = await ctx.files.table(files[-1].name, sheet=options.sheet, delimiter=options.delimiter)
    await ctx.probe.way_out()
    targets = sorted({target for row in rows if (target := address(row, options))})
    found = dict(zip(targets, await ctx.probe.sweep(targets), strict=True))
    if targets and all(found.values()):
        await ctx.probe.way_out()  # it may have gone meanwhile
    before = ctx.cursor if isinstance(ctx.cursor, Mapping) else {}
    missed = {target: count(before, mark(target), options) for target, cause in found.items() if cause}
    told = [_told(row, address(row, options), found, missed, options) for row in rows]
    return Payload(
        rows=told, coverage=judged(options.coverage, ctx.now, ctx.zone), fetched_at=ctx.now,
        next_cursor={
            "reached": [mark(target) for target in targets if not found[target]],
            "missed": {mark(target): misses for target, misses in missed.items()},
        },
    )  # fmt: skip


def address(row: Any, options: Options) -> str | None:
    """Where to try; None when the row names nothing."""
    parts = [reader.text(row) for reader in (options.url, options.host, options.port) if reader is not None]
    named = [part for part in parts if part is not None and part.strip("-")]
    return ":".join(named) if len(named) == len(parts) else None


def mark(target: str) -> str:
    """Stands for an address in what is remembered: a registry may write anything into that column."""
    return blake2b(target.encode(), digest_size=8).hexdigest()


def count(before: Mapping[str, Any], target: str, options: Options) -> int:
    """Misses in a row, this one among them; one that was never reached needs no second."""
    missed: Mapping[str, int] = before.get("missed") or {}
    known = target in missed or target in (before.get("reached") or ())
    return min(options.misses, missed.get(target, 0) + 1) if known else options.misses


def _told(
    row: Any, target: str | None, found: Mapping[str, str], missed: Mapping[str, int], options: Options
) -> dict[str, Any]:  # fmt: skip
    down = target is not None and missed.get(target, 0) >= options.misses
    state = "none" if target is None else "down" if down else "up"
    return {**row, "probe": state, "probe_cause": found[target] if down and target else ""}


def parse(row: Any, ctx: ParseContext[Options]) -> ParseResult:
    """The state of one subject, by the declared mapping."""
    return map_row(row, ctx)
