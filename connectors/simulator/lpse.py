"""The stand-in LPSE: SPSE 4.5 with its session cookie, DataTables by position, HTML pages of packages, error page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.packages import KINDS, Package, Packages, long_money, short_money
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

SHAPE = Shape(
    key="code", mandatory="stage", times=(), numbers=(), status="stage", texts=("name", "agency", "category", "method")
)
PAGE = Shape(key="Kode", mandatory="Satuan Kerja", texts=("Nama", "Satuan Kerja"), identity=("Kode",))
PLAN = Shape(key="Kode", mandatory="jadwal", identity=("Kode",))
UNCOUNTED = 2_147_483_647
# The cells of a row in the order of each endpoint; "_" is a cell that says nothing of the package.
CELLS = {
    "lelang": ("code", "name", "agency", "stage", "ceiling", "year", "_5", "_6", "category"),
    "pl": ("code", "name", "agency", "stage", "ceiling", "method", "category", "year"),
    "nonspk": ("code", "name", "agency", "budget", "method", "category", "year", "_7", "stage"),
    "swakelola": ("code", "name", "agency", "budget", "_4", "year", "_6", "stage"),
    "darurat-list": ("code", "name", "agency", "budget", "year", "_5", "category", "stage"),
}
EMPTY = {"_5": {"lelang": "", "darurat-list": "5"}, "_6": {"lelang": "", "swakelola": "5"}}
METHODS = {"lelang": "Tender", "pl": "Pengadaan Langsung", "nonspk": "Pengadaan Langsung"}
PATHS = {
    "pengumumanlelang": "lelang", "pengumumanpl": "pl", "pengumumannonspk": "nonspk", "pengumuman": "swakelola",
    "pengumumandarurat": "darurat-list",
}  # fmt: skip
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
    "Desember",
)  # fmt: skip
ERROR = (
    "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Maaf, terjadi error pada aplikasi SPSE.</h1>"
    "<p>Kode Error: {}</p></body></html>"
)
MISSING = "<!DOCTYPE html><html><body><h1>Halaman yang dituju tidak ditemukan</h1></body></html>"
LIST_PAGE = (
    "<!DOCTYPE html><html><head><title>Cari Paket</title></head><body><table id='tbllelang'></table></body></html>"
)


class Lpse:
    name = "lpse"

    def __init__(self, city: City, packages: Packages, names: Mapping[str, str]) -> None:
        self._city, self._packages, self._names = city, packages, names
        self._rows = RowCache()
        self._sessions: dict[str, None] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        parts = [part for part in request.path.split("/") if part]
        if "dt" in parts and request.method == "POST" and parts[-1] in KINDS:
            return self._table(parts[-1], request, now)
        if parts[-1:] == ["lelang"] and request.method == "GET":
            return self._door(request)
        return self._page(parts, request, now)

    def _door(self, request: Request) -> Listing:
        """The list's page; a browser without a session is given one."""
        if _token(request) in self._sessions:
            token = _token(request)
        else:
            token = blake2b(f"{self._city.seed}|{len(self._sessions)}".encode(), digest_size=20).hexdigest()
            self._sessions[token] = None
            if len(self._sessions) > 1000:
                del self._sessions[next(iter(self._sessions))]
        cookie = f"SPSE_SESSION={token[:12]}-___AT={token}&___TS=1; Path=/; HttpOnly"
        return _html(LIST_PAGE, headers={"Set-Cookie": cookie})

    def _table(self, endpoint: str, request: Request, now: datetime) -> Listing:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if form.get("authenticityToken", "") not in self._sessions or form["authenticityToken"] != _token(request):
            return _html(ERROR.format("AT403"))
        numbers = [form.get(name, "") for name in ("start", "length")]
        year = request.query.get("tahun") or form.get("tahun") or str(now.astimezone(self._city.zone).year)
        if not all(text.isdigit() for text in (*numbers, year)):
            return _html(ERROR.format("DT500"))
        start, length = (int(text) for text in numbers)
        asked = [int(year), int(year) - 1] if endpoint == "swakelola" else [int(year)]  # swakelola asks for no year
        found = [package for of in asked for package in self._packages.visible(endpoint, of, now)]
        total = len(found) if endpoint == "lelang" else UNCOUNTED
        rows = [self._row(package, now) for package in found[start : start + min(1000, length)]]
        return Listing(rows, partial(_write, form.get("draw", "1"), total), SHAPE)

    def _row(self, package: Package, now: datetime) -> Row:
        stage, marks = package.stage_at(now), package.marks_at(now)
        key = f"{package.endpoint}/{package.code}"
        return self._rows.get(
            key, (stage, marks), lambda: Row(key, self._cells(package, stage, marks), package.planted)
        )

    def _cells(self, package: Package, stage: str, marks: tuple[str, ...]) -> dict[str, Any]:
        name = " ".join([package.name, *(f"<span class='badge'>{mark}</span>" for mark in marks)])
        known = {
            "code": package.code,
            "name": name,
            "agency": self._city.name,
            "stage": stage,
            "budget": short_money(package.budget),
            "ceiling": short_money(package.ceiling),
            "year": str(package.year),
            "category": f"{package.category} - {package.year}" if package.endpoint == "lelang" else package.category,
            "method": METHODS.get(package.endpoint, ""),
        }
        cells = CELLS[package.endpoint]
        told = {cell: known.get(cell, EMPTY.get(cell, {}).get(package.endpoint, "5")) for cell in cells}
        return {"endpoint": package.endpoint, **told}

    def _page(self, parts: Sequence[str], request: Request, now: datetime) -> Listing:
        last = parts[-1] if parts else ""
        code = request.query.get("id") or next((part for part in parts if part.isdigit()), "")
        endpoint = (
            {"lelang": "lelang", "nontender": "pl"}.get(parts[-3], "") if last == "jadwal" else PATHS.get(last, "")
        )
        package = self._packages.find(endpoint, code, now) if endpoint else None
        if package is None:
            return _html(MISSING, 404 if last not in PATHS and last != "jadwal" else 200)
        zone = self._city.zone
        if last == "jadwal":
            steps = {step.word: [_spelled(step.start, zone), _spelled(step.planned, zone)] for step in package.steps}
            return Listing(
                [Row(f"jadwal/{code}", {"Kode": code, "jadwal": steps})], _write_plan, PLAN, content_type=HTML
            )
        fields = {
            "Kode": package.code,
            "Nama": package.name,
            "Tanggal Pembuatan": _spelled(package.made, zone)[:-6],
            "K/L/PD": self._city.name,
            "Satuan Kerja": self._names.get(package.office, package.office).upper(),
            "Metode Pengadaan": METHODS.get(package.endpoint, "Swakelola"),
            "Nilai Pagu Paket": long_money(package.budget),
        }
        if package.endpoint in ("lelang", "pl"):
            fields["Nilai HPS Paket"] = long_money(package.ceiling)
        row = Row(f"halaman/{package.endpoint}/{code}", fields, package.planted)
        return Listing([row], _write_page, PAGE, content_type=HTML)


HTML = "text/html; charset=utf-8"


def _html(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Listing:
    return Listing(status=status, body=body.encode(), content_type=HTML, headers=dict(headers or {}))


def _token(request: Request) -> str:
    found = re.search(r"SPSE_SESSION=[^;]*___AT=([A-Za-z0-9]+)", request.headers.get("cookie", ""))
    return found[1] if found else ""


def _spelled(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%d} {MONTHS[local.month - 1]} {local:%Y %H:%M}"


def _write(draw: str, total: int, rows: Sequence[Row]) -> bytes:
    data = [[cell for name, cell in row.fields.items() if name != "endpoint"] for row in rows]
    return orjson.dumps({"draw": draw, "recordsTotal": total, "recordsFiltered": total, "data": data})


def _write_page(rows: Sequence[Row]) -> bytes:
    body = "".join(
        f"<tr><th>{name}</th><td colspan='3'>{text}</td></tr>" for row in rows for name, text in row.fields.items()
    )
    return f"<!DOCTYPE html><html><body><table class='table'>{body}</table></body></html>".encode("utf-8", "replace")


def _write_plan(rows: Sequence[Row]) -> bytes:
    steps = [(word, *days) for row in rows for word, days in (row.fields.get("jadwal") or {}).items()]
    body = "".join(
        f"<tr><td>{n}</td><td>{word}</td><td>{start}</td><td>{end}</td><td>-</td></tr>"
        for n, (word, start, end) in enumerate(steps, 1)
    )
    head = "<tr><th>No</th><th>Tahap</th><th>Mulai</th><th>Sampai</th><th>Perubahan</th></tr>"
    return f"<!DOCTYPE html><html><body><table class='table'>{head}{body}</table></body></html>".encode()
