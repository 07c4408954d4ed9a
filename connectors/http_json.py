"""Any system that answers with a JSON list: rows, pages and fields as the source block declares; never guesses a field.

Protocol: ``GET {url}/{path}`` with ``params``, one JSON document. {from}, {to} (the declared window) and
{now} are filled in, in the path too.
``rows`` is the path of the list in it (empty: the document is the list), ``require`` what an envelope must say.

``each`` asks once for every entry of a registry ({code} in ``path``): offices that answer each for themselves. One that
fails or sends nothing is silent, which ``about`` makes a state of its own, and its cases are not held to be missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from dashboard.contract import Coverage, FetchContext, ParseContext, ParseResult, Payload, Response
from dashboard.decoding import http_date
from dashboard.errors import SourceChanged, SourceError, SourceRefused
from dashboard.mapping import About, MappedOptions, judged, map_about, map_row
from dashboard.mapping_readers import Declared, When, find

PARSER_VERSION = 1
SHAPES = ("case", "measurement", "status")


class Pages(Declared):
    """Numbered pages: the parameter, its first number, and how the last page is known: by the number of ``pages``, by
    the ``total`` of rows, or (without both) by a page with fewer than ``size`` rows."""

    param: str = "page"
    first: int = Field(default=1, ge=0)
    size_param: str | None = None
    size: int = Field(default=100, ge=1)
    pages: str | None = None
    total: str | None = None
    most: int = Field(default=400, ge=1)


class Each(Declared):
    """``of``: sections of config.yaml whose codes are asked for. A row finds its own in ``each.of``, ``each.code`` and
    ``each.name``."""

    of: tuple[Literal["districts", "subdistricts", "departments", "markets", "facilities"], ...] = Field(min_length=1)


class Options(MappedOptions):
    path: str = ""
    each: Each | None = None
    about: About | None = None
    params: dict[str, str] = Field(default_factory=dict)
    date_format: str = "%Y-%m-%d"
    rows: str = ""
    require: dict[str, str | int | bool] = Field(default_factory=dict)
    paging: Pages | None = None
    published_at: When | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.each is None) != ("{code}" not in self.path):
            raise ValueError("each and {code} in path belong together")
        if self.each is not None and (self.paging is not None or self.about is None):
            raise ValueError("each takes no paging, and needs about, so that a silent office is said to be silent")
        return self


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """One document, or all its pages. It is whole only when the pages brought the number of rows they promised."""
    options = ctx.options
    if options.each is not None:
        return await _sweep(ctx, options.each)
    return await _pages(ctx, again=True)


async def _pages(ctx: FetchContext[Options], again: bool) -> Payload:
    """``again``: pages between which midnight struck are asked for once more, where their dates count from now: what is
    yesterday on the one is the day before on the other."""
    options, coverage = ctx.options, judged(ctx.options.coverage, ctx.now, ctx.zone)
    params: dict[str, str | int] = {name: _filled(text, coverage, ctx) for name, text in options.params.items()}
    # A question that is the same each time may be spared its answer.
    same = options.paging is None and params == options.params
    path = _filled(options.path, coverage, ctx)
    answer = await ctx.http.get(path, params=_page(params, options.paging, 0), conditional=same)
    if answer.status == 304:
        return Payload(rows=(), coverage=coverage, fetched_at=ctx.now, not_modified=True)
    body, written = _checked(answer.json(), options), http_date(answer.headers.get("date"))
    rows, whole = _rows(body, options), True
    if options.paging is not None:
        rows, whole, last = await _drain(ctx, path, params, options.paging, body, rows)
        if again and written and last and _counts_from_now(options) and _day(written, ctx) != _day(last, ctx):
            return await _pages(ctx, again=False)
    return Payload(
        rows=rows,
        coverage=coverage,
        fetched_at=ctx.now,
        whole=whole,
        source_time=written,
        published_at=options.published_at.maybe(body, ctx.zone) if options.published_at else None,
    )


def _counts_from_now(options: Options) -> bool:
    return any(getattr(reader, "relative", None) for _, reader in options.case or ())


def _day(at: datetime, ctx: FetchContext[Options]) -> date:
    return at.astimezone(ctx.zone).date()


async def _sweep(ctx: FetchContext[Options], each: Each) -> Payload:
    """One document of every office. Only when none answers at all has the source failed."""
    options, coverage = ctx.options, judged(ctx.options.coverage, ctx.now, ctx.zone)
    entries = [(of, code, name) for of in each.of for code, name in ctx.registries.get(of, {}).items()]
    params: dict[str, str | int] = {name: _filled(text, coverage, ctx) for name, text in options.params.items()}
    answers = await ctx.http.sweep([options.path.replace("{code}", code) for _, code, _ in entries], params=params)
    rows: list[Any] = []
    heard, causes = [], []
    for (of, code, name), answer in zip(entries, answers, strict=True):
        own = {"of": of, "code": code, "name": name}
        try:
            said, found = _office(answer, options)
        except SourceError as error:
            causes.append(error)
            rows.append({"each": {**own, "answer": "silent", "cause": error.cause}})
            continue
        heard.append(code)
        rows.append({"each": {**own, "answer": "ok"}, "said": said})
        rows += [{**row, "each": own} if isinstance(row, dict) else row for row in found]
    if causes and not heard:
        raise causes[0]
    return Payload(rows=rows, coverage=replace(coverage, offices=frozenset(heard)), fetched_at=ctx.now)


def _office(answer: Response | SourceError, options: Options) -> tuple[Any, list[Any]]:
    """What an office says of itself, and its rows."""
    if isinstance(answer, SourceError):
        raise answer
    body = _checked(answer.json(), options)
    rows = _rows(body, options)
    return _without(body, options.rows.split(".")), rows


def _without(body: Any, path: list[str]) -> Any:
    """The document less the list at ``path``."""
    if not isinstance(body, dict) or not path[0]:
        return body
    rest = {key: value for key, value in body.items() if key != path[0]}
    return {**rest, path[0]: _without(body[path[0]], path[1:])} if len(path) > 1 else rest


async def _drain(
    ctx: FetchContext[Options], path: str, params: dict[str, str | int], paging: Pages, body: Any, rows: list[Any]
) -> tuple[list[Any], bool, datetime | None]:
    found, last, totals, written = list(rows), len(rows), {_count(body, paging.total)}, None
    for number in range(1, paging.most):
        pages = _count(body, paging.pages)
        if _done(paging, number, pages, max((t for t in totals if t is not None), default=None), len(found), last):
            break
        answer = await ctx.http.get(path, params=_page(params, paging, number))
        body = _checked(answer.json(), ctx.options)
        more, written = _rows(body, ctx.options), http_date(answer.headers.get("date"))
        found, last = found + more, len(more)
        totals.add(_count(body, paging.total))
    else:
        return found, False, written
    total = next(iter(totals))
    return found, len(totals) == 1 and (total is None or len(found) >= total), written


def _done(paging: Pages, number: int, pages: int | None, total: int | None, found: int, last: int) -> bool:
    if last == 0:
        return True
    if pages is not None:
        return number >= pages
    return found >= total if total is not None else last < paging.size


def _page(params: dict[str, str | int], paging: Pages | None, number: int) -> dict[str, str | int]:
    if paging is None:
        return params
    size = {paging.size_param: paging.size} if paging.size_param else {}
    return {**params, paging.param: paging.first + number, **size}


def _count(body: Any, path: str | None) -> int | None:
    if path is None:
        return None
    found = find(body, path)
    if isinstance(found, bool) or not isinstance(found, int):
        raise SourceChanged("envelope", f"{path} is no whole number")
    return found


def _filled(text: str, coverage: Coverage, ctx: FetchContext[Options]) -> str:
    """``{from}`` and ``{to}`` are the first and the last day of the window, in the source's zone."""
    last = coverage.end - timedelta(seconds=1) if coverage.end else ctx.now
    for mark, instant in (("{from}", coverage.start or ctx.now), ("{to}", last), ("{now}", ctx.now)):
        text = text.replace(mark, instant.astimezone(ctx.zone).strftime(ctx.options.date_format))
    return text


def _checked(body: Any, options: Options) -> Any:
    for path, wanted in options.require.items():
        said = find(body, path)
        if said is None:
            raise SourceChanged("envelope", f"{path} is not around the answer")
        if said != wanted:
            raise SourceRefused("envelope_refused", f"{path} is not {wanted}")
    return body


def _rows(body: Any, options: Options) -> list[Any]:
    found = find(body, options.rows) if options.rows else body
    if not isinstance(found, list):
        raise SourceChanged("envelope", f"{options.rows or 'the document'} is not a list")
    return found


def parse(row: Any, ctx: ParseContext[Options]) -> ParseResult:
    """The records of one row, by the declared mapping."""
    about = ctx.options.about
    return map_about(row, about, ctx) if about is not None and find(row, "each.answer") else map_row(row, ctx)
