"""The stand-in SP4N-like intake: Open311 GeoReport v2, JSON and XML, 90 days and 1,000 rows at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape
from zlib import crc32

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, read_time
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.life import DONE, Report
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import MATTERS

SHAPE = Shape(
    key="service_request_id",
    mandatory="requested_datetime",
    times=("requested_datetime", "updated_datetime", "expected_datetime"),
    numbers=("lat", "long"),
    status="status",
    department="agency_responsible",
    texts=("service_name", "agency_responsible", "address", "status_notes", "description"),
)
LONGEST, MOST = timedelta(days=90), 1000


class Open311:
    name = "open311"

    def __init__(self, city: City, names: Mapping[str, str]) -> None:
        self._city, self._names = city, names
        self._rows = RowCache(500_000)

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        what, _, form = last_segment(request).partition(".")
        if form not in ("json", "xml"):
            return self._error(400, "format harus json atau xml", "xml")
        if what == "services":
            return self._services(form)
        if what != "requests":
            return self._error(404, "tidak ditemukan", form)
        shifting = spoilt.active("shifting_pages")
        try:
            page = max(1, int(request.query.get("page", 1)))
            size = min(MOST, max(1, int(request.query.get("page_size", MOST))))
            if shifting and page > 1:
                self._city.reports.add(now, int(shifting.params.get("new", 3)))
            found = self._select(request.query, now)
        except ValueError as error:
            return self._error(400, str(error), form)
        rows = [self._row(report) for report in found[(page - 1) * size : page * size]]
        write = _write_xml if form == "xml" else _write_json
        kind = "text/xml; charset=utf-8" if form == "xml" else "application/json; charset=utf-8"
        return Listing(rows, write, SHAPE, content_type=kind, modified=self._city.reports.last_change)

    def _select(self, query: Mapping[str, str], now: datetime) -> Sequence[Report]:
        zone = self._city.zone
        reports = self._city.reports.visible()
        if ids := query.get("service_request_id"):  # overrides the rest
            wanted = set(ids.split(","))
            return [report for report in reports if report.number in wanted]
        end = read_time(query.get("end_date"), zone) or now
        start = read_time(query.get("start_date"), zone) or end - LONGEST
        if end - start > LONGEST + timedelta(seconds=1):
            raise ValueError("rentang paling lama 90 hari")
        found = [report for report in reports if start <= report.created <= end]
        if status := query.get("status"):
            asked = set(status.split(","))
            found = [report for report in found if _status(report) in asked]
        if code := query.get("service_code"):
            found = [report for report in found if _code(report.category) in code.split(",")]
        return sorted(found, key=lambda report: report.created, reverse=True)  # newest first, as most do

    def _row(self, report: Report) -> Row:
        return self._rows.get(
            report.number, report.version, lambda: Row(report.number, self._fields(report), report.planted)
        )

    def _fields(self, report: Report) -> dict[str, Any]:
        state, zone = report.state, self._city.zone
        place = self._city.places_by_code[report.subdistrict]
        return {
            "service_request_id": report.number,
            "status": _status(report),
            "status_notes": state.answer,
            "service_name": report.category,
            "service_code": _code(report.category),
            "description": report.text,
            "agency_responsible": self._names.get(state.department, state.department),
            "service_notice": "",
            "requested_datetime": report.created.astimezone(zone).isoformat(timespec="seconds"),
            "updated_datetime": state.at.astimezone(zone).isoformat(timespec="seconds"),
            "expected_datetime": "",
            "address": f"Kelurahan {place.name}, Kecamatan {place.district_name}",
            "address_id": "",
            "zipcode": "",
            "lat": report.lat,
            "long": report.lon,
            "media_url": f"https://lapor.contoh.example/foto/{report.id}.jpg" if report.photo else "",
        }

    def _services(self, form: str) -> Listing:
        services = [
            {"service_code": _code(m.category), "service_name": m.category, "description": m.matter, "metadata": False,
             "type": "realtime", "keywords": "", "group": m.department} for m in MATTERS
        ]  # fmt: skip
        if form == "json":
            return Listing(body=orjson.dumps(services))
        body = _xml("services", "service", services)
        return Listing(body=body, content_type="text/xml; charset=utf-8")

    def _error(self, status: int, text: str, form: str) -> Listing:
        if form == "json":
            return Listing(status=status, body=orjson.dumps([{"code": status, "description": text}]))
        body = _xml("errors", "error", [{"code": status, "description": text}])
        return Listing(status=status, body=body, content_type="text/xml; charset=utf-8")


def _status(report: Report) -> str:
    return "closed" if report.state.status == DONE else "open"


def _code(category: str) -> str:
    return f"{crc32(category.encode()) % 1000:03d}"


def _write_json(rows: Sequence[Row]) -> bytes:
    return orjson.dumps([row.fields for row in rows])


def _write_xml(rows: Sequence[Row]) -> bytes:
    return _xml("service_requests", "request", [row.fields for row in rows])


def _xml(root: str, item: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    parts = ['<?xml version="1.0" encoding="utf-8"?>', f"<{root}>"]
    for row in rows:
        parts.append(f"<{item}>")
        for name, value in row.items():
            if value is None or value == "":
                parts.append(f"<{name}/>")
            else:
                text = "".join(c for c in str(value) if c in "\t\n\r" or ord(c) >= 32)
                parts.append(f"<{name}>{escape(text)}</{name}>")
        parts.append(f"</{item}>")
    parts.append(f"</{root}>")
    return "\n".join(parts).encode("utf-8", "replace")
