"""LAKSA, the aspirations of Tangerang LIVE: JSON envelope success/message/data; never reads who reported.

Protocol: ``GET {url}/aspirations?since=YYYY-MM-DD&page=1&per_page=500`` with HTTP basic auth, answered by
``{"success": true, "message": "", "data": {"items": [..], "page": 1, "pages": 9, "total": 4404}}``; ``since`` is by day
of receipt. Times are written "2026-11-24 14:05:32" in the source's zone. Statuses: menunggu, proses, selesai.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from dashboard.contract import CaseKind, ConnectorOptions, Coverage, FetchContext, ParseContext, Payload
from dashboard.decoding import http_date
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping import declared_steps
from dashboard.mapping_readers import Number, Point, When, folded, plain
from dashboard.records import UNKNOWN, Case, CaseStatus, ClosedBy, Evidence, Parsed, Transient

PARSER_VERSION = 3
SHAPES = ("case",)

STATUSES = {"menunggu": "waiting", "proses": "in_process", "selesai": "closed", "bukan kewenangan": "transferred"}
CLASSES = {
    "pengaduan": "complaint",
    "permintaan informasi": "information",
    "berkadar pengawasan": "supervision",
    "aspirasi": "aspiration",
}
CLOSED_BY = {"opd": ClosedBy.DEPARTMENT, "pelapor_diam": ClosedBy.SILENCE, "sistem": ClosedBy.SYSTEM}
OPENED, RESPONDED, RESOLVED, UPDATED = (
    When(path=(name,)) for name in ("dibuat", "ditanggapi", "selesai_pada", "diperbarui")
)

POINT = Point(lat=Number(path=("lat",)), lon=Number(path=("lon",)))


class Options(ConnectorOptions):
    """``days``: how far back by day of receipt each poll asks; what it brings is judged as a window. ``klass``: what
    a report is that says nothing about it (LAKSA is a box for complaints)."""

    days: int = Field(default=90, ge=1, le=3660)
    per_page: int = Field(default=500, ge=1, le=1000)
    max_pages: int = Field(default=400, ge=1)
    kind: CaseKind = "aspiration"
    klass: str | None = "complaint"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Drain ``GET /aspirations?since&page&per_page``; whole only when the pages bring the promised total.

    Pages may shift while they are read: a row seen twice is handed over twice (ingest counts it once), and a
    total that moved makes the payload not whole, so that nothing is judged missing.
    """
    start = (ctx.now - timedelta(days=ctx.options.days)).astimezone(ctx.zone).replace(hour=0, minute=0, second=0)
    start = start.replace(microsecond=0)
    rows: list[Any] = []
    totals: set[int] = set()
    source_time: datetime | None = None
    for page in range(1, ctx.options.max_pages + 1):
        answer = await ctx.http.get(
            "aspirations",
            params={"since": start.strftime("%Y-%m-%d"), "page": page, "per_page": ctx.options.per_page},
        )
        data = _unwrap(answer.json())
        rows += data["items"]
        totals.add(data["total"])
        source_time = source_time or http_date(answer.headers.get("date"))
        if page >= data["pages"]:
            break
    seen = len({row.get("id") for row in rows if isinstance(row, dict)})
    return Payload(
        rows=rows,
        coverage=Coverage("window", "opened_at", start, ctx.now + timedelta(days=1)),
        fetched_at=ctx.now,
        whole=len(totals) == 1 and seen >= max(totals),
        source_time=source_time,
    )


def _unwrap(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or "success" not in body:
        raise SourceChanged("envelope", "no success/message/data around the answer")
    if body["success"] is not True:
        raise SourceRefused("envelope_refused", "success is not true")
    data = body.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise SourceChanged("envelope", "data.items is not a list")
    if not isinstance(data.get("total"), int) or not isinstance(data.get("pages"), int):
        raise SourceChanged("envelope", "data.total and data.pages must be whole numbers")
    return data


def parse(row: Any, ctx: ParseContext[Options]) -> Parsed:
    """One report. ``nama_pelapor``, ``nik``, ``no_hp`` and what the office answered are never looked at; the report's
    own text and its point are transient."""
    key, opened = plain(row["id"]), OPENED.needed(row, ctx.zone)
    if key is None:
        raise RowRejected("id", "is mandatory and empty")
    responded, resolved = RESPONDED.maybe(row, ctx.zone), RESOLVED.maybe(row, ctx.zone)
    status_word, department = _word(row, "status"), _word(row, "opd")
    district_word, subdistrict = _word(row, "kecamatan"), _word(row, "kelurahan")
    district, status = ctx.words.district(district_word), ctx.words.status(status_word, STATUSES)
    if status is CaseStatus.WAITING:
        responded = None  # an automatic reply: nobody has taken the report up
    record = Case(
        key=key,
        kind=ctx.options.kind,
        status=status,
        status_word=status_word,
        klass=CLASSES.get(folded(kind), UNKNOWN) if (kind := _word(row, "jenis")) else ctx.options.klass,
        category=ctx.words.category(_word(row, "kategori")),
        category_word=_word(row, "kategori"),
        channel=_word(row, "kanal") or None,
        department=ctx.words.department(department, opened),
        department_word=department,
        district=district,
        district_word=district_word,
        subdistrict=ctx.words.subdistrict(subdistrict, district),
        subdistrict_word=subdistrict,
        opened_at=opened,
        first_response_at=responded,
        resolved_at=resolved,
        updated_at=UPDATED.maybe(row, ctx.zone),
        closed_by=_closer(_word(row, "ditutup_oleh")) if status is CaseStatus.CLOSED else None,
        evidence=_evidence(row.get("bukti")),
        reopened=_count(row.get("dibuka_kembali")),
        transfers=_count(row.get("dialihkan")),
        events=declared_steps(opened, responded, resolved),
    )
    text = row.get("isi")
    return Parsed(record, Transient(point=POINT.read(row), text=text if isinstance(text, str) else ""))


def _word(row: dict[str, Any], name: str) -> str:
    return plain(row.get(name)) or ""


def _closer(word: str) -> ClosedBy:
    return CLOSED_BY.get(folded(word), ClosedBy.UNKNOWN)


def _evidence(said: Any) -> Evidence:
    return Evidence.UNKNOWN if not isinstance(said, bool) else Evidence.YES if said else Evidence.NO


def _count(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) else None
