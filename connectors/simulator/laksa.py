"""The stand-in LAKSA: aspirations as JSON pages in the city's envelope, behind HTTP basic auth."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, naive, read_time, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.life import Report
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

SHAPE = Shape(
    key="id",
    mandatory="dibuat",
    times=("dibuat", "ditanggapi", "selesai_pada", "diperbarui"),
    numbers=("lat", "lon"),
    status="status",
    department="opd",
    texts=("kategori", "opd", "kecamatan", "kelurahan", "nama_pelapor", "kanal", "tanggapan", "isi"),
)
CLOSERS = {"opd": "opd", "otomatis": "pelapor_diam", "sistem": "sistem"}


class Laksa:
    name = "laksa"

    def __init__(self, city: City, names: Mapping[str, str], credentials: Credentials) -> None:
        self._city, self._names, self._credentials = city, names, credentials
        self._rows = RowCache(500_000)

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if not self._may(request.headers.get("authorization", "")):
            return refuse(401, {"success": False, "message": "Unauthorized", "data": None})
        if last_segment(request) != "aspirations":
            return refuse(404, {"success": False, "message": "Not Found", "data": None})
        stream, query = self._city.aspirations, request.query
        shifting = spoilt.active("shifting_pages")
        page = max(1, int(query.get("page", 1)))
        if shifting and page > 1:  # reports come in while the pages are read, newest first
            stream.add(now, int(shifting.params.get("new", 3)))
        try:
            found = self._select(query, now)
        except ValueError:
            return refuse(400, {"success": False, "message": "Bad Request", "data": None})
        if shifting:
            found = found[::-1]
        size = min(1000, max(1, int(query.get("per_page", 100))))
        pages = max(1, -(-len(found) // size))
        rows = [self._row(report) for report in found[(page - 1) * size : page * size]]
        meta = {"page": page, "pages": pages, "total": len(found), "per_page": size}

        def write(rows: Sequence[Row]) -> bytes:
            data = {"items": [row.fields for row in rows], **meta}
            return orjson.dumps({"success": True, "message": "OK", "data": data})

        return Listing(rows, write, SHAPE, modified=stream.last_change)

    def _select(self, query: Mapping[str, str], now: datetime) -> Sequence[Report]:
        zone, stream = self._city.zone, self._city.aspirations
        changed = read_time(query.get("updated_since"), zone)
        found = stream.changed_since(changed) if changed else stream.visible()
        since = read_time(query.get("since"), zone)  # by day of receipt
        if since:
            found = [report for report in found if report.created >= since]
        found.sort(key=lambda report: report.id)
        return found

    def _may(self, header: str) -> bool:
        kind, _, token = header.partition(" ")
        if kind.lower() != "basic" or not token:
            return False
        try:
            user, _, password = base64.b64decode(token).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        asked = self._credentials
        if asked.username is None:
            return bool(user)
        return (user, password) == (asked.username, asked.password)

    def _row(self, report: Report) -> Row:
        return self._rows.get(
            str(report.id), report.version, lambda: Row(str(report.id), self._fields(report), report.planted)
        )

    def _fields(self, report: Report) -> dict[str, Any]:
        state, zone, city = report.state, self._city.zone, self._city
        photo = f"https://laksa.contoh.example/foto/{report.id}"
        return {
            "id": report.id,
            "nomor": report.number,
            "jenis": report.klass,
            "kategori": report.category,
            "isi": report.text,
            "nama_pelapor": report.sender,
            "nik": report.nik,
            "no_hp": report.phone,
            "kanal": report.channel,
            "opd": self._names.get(state.department, state.department),
            "kecamatan": city.districts.get(report.district, ""),
            "kelurahan": city.places_by_code[report.subdistrict].name,
            "lat": report.lat,
            "lon": report.lon,
            "status": state.status,
            "dibuat": naive(report.created, zone),
            "ditanggapi": naive(state.responded_at, zone),
            "selesai_pada": naive(state.closed_at, zone),
            "diperbarui": naive(state.at, zone),
            "ditutup_oleh": CLOSERS.get(state.closed_by or ""),
            "bukti": state.evidence,
            "dibuka_kembali": state.reopened,
            "dialihkan": state.transfers,
            "tanggapan": state.answer,
            "foto": f"{photo}.jpg" if report.photo else None,
        }
