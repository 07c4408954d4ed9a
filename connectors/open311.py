"""A city's request system over Open311 GeoReport v2, XML or JSON; never reads an address or who asked.

Protocol: ``GET {url}/requests.{xml,json}?start_date&end_date[&status][&jurisdiction_id][&page&page_size]``, times ISO
8601 with zone. A server gives at most 90 days and 1,000 rows (dialects: 50, 100): a full answer is asked again in two
halves of its time, so that no page has to stand still. A refusal is ``<errors><error><code/><description/>``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import CaseKind, ConnectorOptions, Coverage, FetchContext, ParseContext, Payload, Response
from dashboard.decoding import http_date, strict_xml
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping import Scale, declared_steps
from dashboard.mapping_readers import Number, Point, When, plain
from dashboard.records import UNKNOWN, Case, CaseStatus, Parsed, Transient

PARSER_VERSION = 1
SHAPES = ("case",)
STATUSES: dict[str, Scale] = {"open": "waiting", "closed": "closed"}
SHORTEST = timedelta(minutes=1)
ASKED, UPDATED, EXPECTED = (When(path=(f"{name}_datetime",)) for name in ("requested", "updated", "expected"))
POINT = Point(lat=Number(path=("lat",)), lon=Number(path=("long",)))


class Options(ConnectorOptions):
    """The server's dialect. ``statuses``: its words on the common scale (FixMyStreet has more than two). ``places``: a
    pattern with the groups ``district`` and ``subdistrict``, read from the address, of which nothing else is kept.
    ``expected``: whether the expected time is a deadline the server declares."""

    format: Literal["xml", "json"] = "xml"
    days: int = Field(default=90, ge=1, le=3660)
    window_days: float = Field(default=90, gt=0, le=90)
    limit: int = Field(default=1000, ge=1)
    page_param: str | None = None
    size_param: str | None = None
    jurisdiction_id: str | None = None
    status: str | None = None
    kind: CaseKind = "aspiration"
    klass: str | None = "complaint"
    statuses: dict[str, Scale] = Field(default_factory=lambda: dict(STATUSES))
    places: str | None = None
    expected: Literal["deadline", "ignored"] = "deadline"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Every window of the last days; whole unless a single minute holds more rows than the server gives."""
    options, rows, whole = ctx.options, [], True
    start = ctx.now - timedelta(days=options.days)
    waiting, source_time = [(start, ctx.now)], None
    while waiting:
        begin, end = waiting.pop()
        if end - begin > timedelta(days=options.window_days):
            waiting += _halves(begin, end)
            continue
        found, source_time = await _window(ctx, begin, end)
        full = options.page_param is None and len(found) >= options.limit
        if full and end - begin > SHORTEST:
            waiting += _halves(begin, end)
            continue
        rows += found
        whole = whole and not full
    return Payload(
        rows=rows,
        coverage=Coverage("window", "opened_at", start, ctx.now),
        fetched_at=ctx.now,
        whole=whole,
        source_time=source_time,
    )


def _halves(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    middle = begin + (end - begin) / 2
    return [(begin, middle), (middle, end)]


async def _window(ctx: FetchContext[Options], begin: datetime, end: datetime) -> tuple[list[Any], datetime | None]:
    options, rows = ctx.options, []
    spoken = {"jurisdiction_id": options.jurisdiction_id, "status": options.status}
    params: dict[str, str | int] = {name: text for name, text in spoken.items() if text}
    params |= {"start_date": _iso(begin), "end_date": _iso(end)}
    if options.size_param:
        params[options.size_param] = options.limit
    for page in range(1, 1000):
        if options.page_param:
            params[options.page_param] = page
        answer = await ctx.http.get(f"requests.{options.format}", params=params)
        found = _requests(answer)
        rows += found
        if options.page_param is None or len(found) < options.limit:
            break
    return rows, http_date(answer.headers.get("date"))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _requests(answer: Response) -> list[Any]:
    if "json" in answer.headers.get("content-type", "") or answer.body.lstrip()[:1] in (b"[", b"{"):
        body = answer.json()
        body = body.get("service_requests", body.get("errors")) if isinstance(body, dict) else body
        if isinstance(body, dict) and "request" in body:  # XML written as JSON: one request alone is no list
            body = body["request"] if isinstance(body["request"], list) else [body["request"]]
        if not isinstance(body, list):
            raise SourceChanged("envelope", "the answer is no list of requests")
        if body and isinstance(body[0], dict) and "code" in body[0] and "service_request_id" not in body[0]:
            raise SourceRefused("envelope_refused", f"code {plain(body[0]['code']) or '?'}"[:40])
        return body
    root = strict_xml(answer.body, answer.headers.get("content-type", ""))
    kind = root.tag.rpartition("}")[2]  # some dialects have a namespace
    if kind in ("errors", "error"):
        code = (root.findtext(".//{*}code") or "?").strip()
        raise SourceRefused("envelope_refused", f"code {code if code.isdigit() else '?'}")
    if kind != "service_requests":
        raise SourceChanged("envelope", "the answer is no list of requests")
    return [
        {field.tag.rpartition("}")[2]: (field.text or "").strip() for field in request}
        for request in root.iterfind("{*}request")
    ]


def parse(row: Any, ctx: ParseContext[Options]) -> Parsed:
    """One request. ``address`` names the place only through ``places``; description and point are transient."""
    options, key = ctx.options, plain(row["service_request_id"])
    if key is None:
        raise RowRejected("service_request_id", "is mandatory and empty")
    opened, updated = ASKED.needed(row, ctx.zone), UPDATED.maybe(row, ctx.zone)
    word, agency, service = _word(row, "status"), _word(row, "agency_responsible"), _word(row, "service_name")
    status = ctx.words.status(word, options.statuses)
    district, subdistrict = _place(row, ctx)
    # For a closed request the standard says that the time of the update is the time of closing.
    resolved = updated if status is CaseStatus.CLOSED else None
    record = Case(
        key=key,
        kind=options.kind,
        klass=options.klass,
        status=status,
        status_word=word,
        opened_at=opened,
        updated_at=updated,
        resolved_at=resolved,
        due_at=EXPECTED.maybe(row, ctx.zone) if options.expected == "deadline" else None,
        category=ctx.words.category(service),
        category_word=service,
        department=ctx.words.department(agency, opened),
        department_word=agency,
        district=district,
        subdistrict=subdistrict,
        events=declared_steps(opened, None, resolved),
    )
    text = row.get("description")
    return Parsed(record, Transient(point=POINT.read(row), text=text if isinstance(text, str) else ""))


def _word(row: dict[str, Any], name: str) -> str:
    return plain(row.get(name)) or ""


def _place(row: dict[str, Any], ctx: ParseContext[Options]) -> tuple[str | None, str | None]:
    """Codes the pattern finds in the address; a place that no registry knows is no place."""
    found = re.search(ctx.options.places, plain(row.get("address")) or "") if ctx.options.places else None
    named = found.groupdict() if found else {}
    district = ctx.words.district(named.get("district"))
    subdistrict = ctx.words.subdistrict(named.get("subdistrict"), district)
    return (None if district == UNKNOWN else district), (None if subdistrict == UNKNOWN else subdistrict)
