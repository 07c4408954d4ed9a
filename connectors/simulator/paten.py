"""The stand-in PATEN queues of the 13 district offices: who waits, who was served, and the tickets themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.row_faults import Shape
from connectors.simulator.services import LETTERS, Desk, promised_by, queue_at
from connectors.simulator.tickets import ticket_row
from connectors.simulator.wire import Request

QUEUE_SHAPE = Shape(
    key="kode",
    mandatory="selesai_hari_ini",
    times=("updated_at", "terlama_sejak"),
    numbers=("menunggu", "dilayani", "selesai_hari_ini"),
    texts=("kecamatan", "nomor_terakhir", "nama"),
    identity=("kode",),
)
TICKET_SHAPE = Shape(
    key="nomor",
    mandatory="ambil",
    times=("ambil", "panggil", "selesai", "tenggat", "updated_at"),
    numbers=("janji",),
    status="status",
    department="kantor",
    texts=("layanan", "kelurahan", "kecamatan", "pemohon"),
)


class Paten:
    name = "paten"

    def __init__(self, city: City) -> None:
        self._city, self._rows = city, RowCache()
        self.desks = {code: self._desk(code) for code in sorted(city.districts)}

    def _desk(self, code: str) -> Desk:
        places = [place for place in self._city.places if place.district == code]
        return Desk(
            name=f"paten {code}", prefix=f"P{code.rpartition('.')[2]}-", seed=self._city.seed, services=LETTERS,
            per_day=28 + 9 * (sum(code.encode()) % 5), places=places, zone=self._city.zone,
        )  # fmt: skip

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        what = last_segment(request)
        if what == "antrean":
            return self._queues(now)
        if what == "layanan":
            return self._tickets(request, now)
        return refuse(404, {"success": False, "message": "Not Found", "data": None})

    def _queues(self, now: datetime) -> Listing:
        zone, rows = self._city.zone, []
        for code, desk in self.desks.items():
            counters = 4 + sum(code.encode()) % 3
            queue = queue_at(desk, self._city.local_day(now), now, counters, zone)
            name = self._city.districts[code]
            rows.append(Row(code, {
                "kode": code, "nama": f"Kecamatan {name}", "kecamatan": name, "loket": queue.counters,
                "loket_buka": queue.counters_open, "menunggu": queue.waiting, "dilayani": queue.serving,
                "selesai_hari_ini": queue.served, "rata_tunggu_menit": queue.mean_wait_minutes,
                "terlama_sejak": naive(queue.oldest_waiting, zone), "nomor_terakhir": queue.last_number,
                "updated_at": naive(now.replace(second=0), zone),
            }))  # fmt: skip
        stamp = naive(now.replace(second=0), zone)

        def write(rows: Sequence[Row]) -> bytes:
            return _envelope({"per": stamp, "kantor": [row.fields for row in rows]})

        return Listing(rows, write, QUEUE_SHAPE)

    def _tickets(self, request: Request, now: datetime) -> Listing:
        last = read_day(request.query.get("tanggal"), self._city.zone, now).date()
        first = last - timedelta(days=max(0, min(30, int(request.query.get("hari", 1)) - 1)))
        rows = [
            ticket_row(
                ticket,
                self._city,
                now,
                self._rows,
                kantor=f"Kecamatan {self._city.districts[ticket.district]}",
                tenggat=naive(promised_by(ticket), self._city.zone),
            )
            for desk in self.desks.values()
            for ticket in desk.between(first, last)
            if ticket.received <= now
        ]

        def write(rows: Sequence[Row]) -> bytes:
            return _envelope({"items": [row.fields for row in rows]})

        return Listing(rows, write, TICKET_SHAPE)


def _envelope(data: object) -> bytes:
    return orjson.dumps({"success": True, "message": "OK", "data": data})
