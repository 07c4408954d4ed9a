"""LPSE, the packages of SPSE 4.5 over its DataTables; never reads a bidder, a winner, an address or a tax number.

Protocol: ``GET {url}/lelang`` gives the cookie SPSE_SESSION; its ``___AT=`` is the authenticityToken of each ``POST
{url}/dt/{endpoint}?tahun=Y`` (a form: draw, start, length, order, token), answered by ``{"draw", "recordsTotal",
"recordsFiltered", "data": [[..]]}``: cells by position, in another order at each endpoint and release. 2147483647
records are an unknown number. An error page comes with HTTP 200. What a list does not say (office, day, exact money,
schedule) stands on two HTML pages of each package; they are read a few at a poll and remembered in the cursor.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import CaseKind, ConnectorOptions, Coverage, FetchContext, ParseContext, Payload, Response
from dashboard.decoding import http_date, instant
from dashboard.decoding_columns import named
from dashboard.decoding_html import labelled, table_rows
from dashboard.decoding_indonesian import MONEY, spelled_day, whole_rupiah
from dashboard.errors import RowRejected, SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.mapping import Scale, declared_steps
from dashboard.mapping_readers import When, folded
from dashboard.records import UNKNOWN, Case, Parsed, Transient

PARSER_VERSION = 1
SHAPES = ("case",)
Endpoint = Literal["lelang", "pl", "nonspk", "swakelola", "darurat-list"]
Rows = list[dict[str, Any]]
UNCOUNTED, AJAX = 2_147_483_647, {"X-Requested-With": "XMLHttpRequest"}
LOT, SIDE_BY_SIDE = 20, 4  # packages whose pages are asked for together, and how many pages in the same moment
LAYOUTS: dict[Endpoint, tuple[str, ...]] = {
    "lelang": ("code", "name", "agency", "stage", "ceiling", "year", "-", "-", "category"),
    "pl": ("code", "name", "agency", "stage", "ceiling", "-", "category", "year"),
    "nonspk": ("code", "name", "agency", "budget", "-", "category", "year", "-", "stage"),
    "swakelola": ("code", "name", "agency", "budget", "-", "year", "-", "stage"),
    "darurat-list": ("code", "name", "agency", "budget", "year", "-", "category", "stage"),
}
CLASSES = {
    "lelang": "tender", "pl": "direct", "nonspk": "recorded", "swakelola": "self_managed", "darurat-list": "emergency",
}  # fmt: skip
PAGES = {
    "lelang": ("lelang/{}/pengumumanlelang", "lelang/{}/jadwal"),
    "pl": ("nontender/{}/pengumumanpl", "nontender/{}/jadwal"),
    "nonspk": ("pencatatan/pengumumannonspk?id={}",),
    "swakelola": ("swakelola/{}/pengumuman",),
    "darurat-list": ("darurat/pengumumandarurat?id={}",),
}
MADE = When(path=("made",))
MANDATORY = frozenset({"code", "name", "agency", "stage"})
_LABELS = {
    "tanggal pembuatan": "made", "satuan kerja": "office", "nilai pagu paket": "budget", "nilai hps paket": "ceiling",
}  # fmt: skip
# What is remembered of a page is a day, a sum, a code, or the name of an office: nothing that could name a person.
_OFFICE = re.compile(
    r"(?i)(?:[a-z]{2}\d+ )?((?:dinas|badan|kantor|kecamatan|kelurahan|sekretariat|inspektorat|bagian|satuan|rumah sakit"
    r"|rsud|puskesmas|direktorat)\b[a-z ,.&()/-]{0,90})"
)
LOOKS = {"code": "code", "year": "year", "budget": "money", "ceiling": "money"} | dict.fromkeys(
    ("name", "agency", "stage", "category"), "words"
)
# The whole word, folded: what is not here is an unknown stage, and its word is treated as one that may hold anything.
STAGES: tuple[tuple[str, Scale, str], ...] = (
    ("planned", "waiting", "(paket|tender|seleksi) belum dilaksanakan"),
    ("announcement", "in_process", "pengumuman (pascakualifikasi|prakualifikasi|tender|seleksi)|undangan"
     "|pengadaan langsung / pemilihan langsung"),
    ("documents", "in_process", "download dokumen (pemilihan|kualifikasi|pengadaan)"),
    ("briefing", "in_process", "pemberian penjelasan"),
    ("bids", "in_process", "(upload|pemasukan) dokumen penawaran|kirim persyaratan kualifikasi"),
    ("opening", "in_process", "pembukaan dokumen penawaran( dan kualifikasi)?"),
    ("evaluation", "in_process", "evaluasi( penawaran| dokumen kualifikasi)?|pembuktian kualifikasi"
     "|klarifikasi teknis dan negosiasi|evaluasi administrasi, kualifikasi, teknis, dan harga"),
    ("award", "in_process", "(penetapan|pengumuman) pemenang"),
    ("objection", "in_process", "masa sanggah( hasil tender| prakualifikasi| banding)?"),
    ("contract", "in_process", "surat penunjukan penyedia barang/jasa|penandatanganan kontrak"),
    ("running", "in_process", "(paket|tender|seleksi) sedang (berjalan|berlangsung)"),
    ("done", "closed", "(paket|tender|seleksi) (sudah )?selesai"),
    ("failed", "closed", "(paket|tender|seleksi|non tender) gagal"),
    ("cancelled", "closed", "(paket|tender|seleksi|non tender) batal"),
)  # fmt: skip
AGAIN = re.compile("(tender|seleksi|non tender|paket) ulang")


class Options(ConnectorOptions):
    """``years``: budget years asked for, this one among them. ``columns``: the order of the cells of an endpoint where
    the release writes another than LAYOUTS ("-": not read). ``details_per_poll``: packages whose pages are read at one
    poll; ``details_hours``: how long they hold while the stage does not change."""

    endpoints: tuple[Endpoint, ...] = tuple(LAYOUTS)
    columns: dict[Endpoint, tuple[str, ...]] = Field(default_factory=dict)
    years: int = Field(default=1, ge=1, le=5)
    per_page: int = Field(default=100, ge=1, le=1000)
    details_per_poll: int = Field(default=40, ge=0, le=1000)
    details_hours: float = Field(default=24, gt=0)
    kind: CaseKind = "procurement"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Every list of every year, each with what the packages' own pages say. A package whose pages have not been read
    yet is left out, and the answer is not whole."""
    page = await ctx.http.get("lelang")
    said = f"{page.headers.get('set-cookie', '')} {_page(page.text())}"
    token = re.search(r"___AT=([A-Za-z0-9]+)|authenticityToken['\"]?\s*(?:value)?\s*[:=]\s*['\"]([A-Za-z0-9]+)", said)
    if token is None:
        raise SourceRefused("token_missing", "no authenticityToken, neither in SPSE_SESSION nor on the page")
    rows, whole, first = list[Any](), True, ctx.now.astimezone(ctx.zone).year - ctx.options.years + 1
    for endpoint in ctx.options.endpoints:
        for year in range(first, first + ctx.options.years):
            found, complete = await _table(ctx, endpoint, year, token[1] or token[2])
            rows += found
            whole = whole and complete
    described, kept = await _described(ctx, rows) if ctx.options.details_per_poll else (rows, {})
    return Payload(
        rows=described, fetched_at=ctx.now, next_cursor=kept, whole=whole and len(described) == len(rows),
        coverage=Coverage("window", "opened_at", datetime(first, 1, 1, tzinfo=ctx.zone), ctx.now + timedelta(days=1)),
        source_time=(served := http_date(page.headers.get("date"))), published_at=served,  # packages say their day only
    )  # fmt: skip


def _page(text: str) -> str:
    if "terjadi error pada aplikasi SPSE" in text or "Terjadi Kesalahan" in text:
        raise SourceUnavailable("http_5xx", "the application's own error page, with HTTP 200")
    if "Halaman yang dituju tidak ditemukan" in text:
        raise SourceRefused("not_found", "the application's own page for what it does not have, with HTTP 200")
    return text


async def _table(ctx: FetchContext[Options], endpoint: Endpoint, year: int, token: str) -> tuple[Rows, bool]:
    columns, size = ctx.options.columns.get(endpoint, LAYOUTS[endpoint]), ctx.options.per_page
    rows: dict[str, Any] = {}
    for start in range(0, 1000 * size, size):
        form = {
            "draw": str(start // size + 1), "start": str(start), "length": str(size), "search[value]": "",
            "order[0][column]": "0", "order[0][dir]": "desc", "authenticityToken": token, "tahun": str(year),
        }  # fmt: skip
        answer = await ctx.http.post(f"dt/{endpoint}?tahun={year}", data=form, headers=AJAX)
        if answer.body.lstrip()[:1] == b"<":
            _page(answer.text())
        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("data"), list):
            raise SourceChanged("envelope", f"{endpoint}: no data list in the answer")
        page = named(body["data"], columns, LOOKS, MANDATORY, endpoint)
        rows |= {row["code"]: {"endpoint": endpoint, "year": "", **row} for row in page}
        if len(page) < size:
            break
    total = body.get("recordsFiltered")
    counted = isinstance(total, int) and total != UNCOUNTED
    mine = [row for row in rows.values() if row["year"] in ("", str(year))]  # swakelola answers with every year
    return mine, len(page) < size and (not counted or len(rows) >= total)


async def _described(ctx: FetchContext[Options], rows: Rows) -> tuple[Rows, dict[str, Any]]:
    """Rows with what their own pages say; first the never read, of them the open ones, then those whose stage changed,
    then the stale. Lot by lot, so that a source that has had enough is asked no further."""
    options, stale = ctx.options, (ctx.now - timedelta(hours=ctx.options.details_hours)).isoformat()
    held = {f"{row['endpoint']}/{row['code']}": row for row in rows}
    known = ctx.cursor if isinstance(ctx.cursor, dict) else {}
    seen = {key: known[key] for key in held if isinstance(known.get(key), dict)}
    order = sorted((key for key in held if key not in seen), key=lambda key: _stage(held[key]["stage"])[1] == "closed")
    order += [key for key, was in seen.items() if was.get("stage") != _mark(held[key])]
    order += [key for key, was in seen.items() if was.get("at", "") <= stale and key not in order]
    order = order[: options.details_per_poll]
    for lot in (order[start : start + LOT] for start in range(0, len(order), LOT)):
        asked = [(key, path.format(held[key]["code"])) for key in lot for path in PAGES[held[key]["endpoint"]]]
        answers = await ctx.http.sweep([path for _, path in asked], at_once=SIDE_BY_SIDE)
        pages, broken = dict[str, list[list[str]]](), set[str]()
        for (key, _), answer in zip(asked, answers, strict=True):
            try:
                pages.setdefault(key, []).extend(_read(answer))
            except SourceUnavailable as error:
                if error.cause != "http_5xx":
                    raise
                broken.add(key)
        for key in pages.keys() - broken:  # the error page of one package: read again next time
            seen[key] = {"stage": _mark(held[key]), "at": ctx.now.isoformat(), **_details(pages[key])}
    return [{**row, "details": seen[key]} for key, row in held.items() if key in seen], seen


def _read(answer: Response | SourceError) -> list[list[str]]:
    """The tables of a page; none of a package that has no page of its own."""
    try:
        if isinstance(answer, SourceError):
            raise answer
        return table_rows(_page(answer.text()))
    except SourceRefused as error:
        if error.cause != "not_found":
            raise
        return []


def _mark(row: dict[str, Any]) -> str:
    return blake2b(row["stage"].encode(), digest_size=6).hexdigest()


def _details(rows: list[list[str]]) -> dict[str, Any]:
    """Of the two pages only what is named here; a schedule is the rows with two days in them."""
    said = labelled(rows, _LABELS)
    sums = (name for name in ("budget", "ceiling") if MONEY.fullmatch(said.get(name, "")))
    found: dict[str, Any] = {name: whole_rupiah(said[name], name)[0] for name in sums}
    if office := _OFFICE.fullmatch(said.get("office", "")):
        found |= {"office": office[1]}
    dated = ((row[1], spelled_day(row[2]), spelled_day(row[3])) for row in rows if len(row) >= 4 and row[0].isdigit())
    plan = [[_stage(name)[0], start, end] for name, start, end in dated if start and end]
    told = {"made": spelled_day(said.get("made", "")), "plan": plan}
    return found | {name: value for name, value in told.items() if value}


def parse(row: Any, ctx: ParseContext[Options]) -> Parsed:
    """One package. ``name`` is transient; the agency is the city itself, its office stands on the package's page."""
    details, endpoint, word = row.get("details") or {}, row["endpoint"], row["stage"]
    marks = [folded(mark) for mark in re.findall(r"<span[^>]*>([^<]{0,40})</span>", row["name"])]
    word = next((mark for mark in marks if _stage(mark)[1] == "closed"), word)
    stage, common = _stage(word)
    status = ctx.words.status(word, {word: common} if common else {})
    if not details.get("made") and not row["year"]:
        raise RowRejected("year", "is mandatory and empty")
    opened = MADE.needed({"made": details.get("made") or f"{int(row['year'])}-01-01"}, ctx.zone)
    sums, rounded = {}, False
    for name in ("budget", "ceiling"):
        sums[name], short = whole_rupiah(row.get(name, ""), name)
        rounded = rounded or (short and name not in details)
    category = re.sub(r"\s+-\s+(TA )?20\d\d$", "", row.get("category", ""))
    ends = [end for step, _, end in details.get("plan", ()) if step == stage]
    record = Case(
        key=f"{endpoint}/{row['code']}", kind=ctx.options.kind, klass=CLASSES[endpoint],
        status=status, status_word=word, stage=stage,
        category=ctx.words.category(category), category_word=category,
        department=ctx.words.department(details.get("office"), opened), department_word=details.get("office", ""),
        opened_at=opened,
        # When the stage that the list names should be over, by the package's own schedule.
        due_at=instant(max(ends), ctx.zone, "plan") if ends and status.open else None,
        amount_idr=details.get("budget", sums["budget"]), ceiling_idr=details.get("ceiling", sums["ceiling"]),
        attributes=(
            ("budget_year", int(row["year"]) if row["year"] else None),
            ("outcome", stage if stage in ("failed", "cancelled", "done") else None),
            ("repeated", any(AGAIN.fullmatch(mark) for mark in marks)),
            ("rounded", rounded),
        ),
        events=declared_steps(opened, None, None),
    )  # fmt: skip
    return Parsed(record, Transient(text=re.sub(r"<[^>]*>", " ", row["name"])))


def _stage(said: str) -> tuple[str, Scale | None]:
    """Several stages at once are written "Upload Dokumen Penawaran [...]"."""
    word = folded(said.removesuffix("[...]"))[:120]
    return next(((stage, status) for stage, status, known in STAGES if re.fullmatch(known, word)), (UNKNOWN, None))
