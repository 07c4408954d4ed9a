"""The stand-in front offices: every kelurahan and kecamatan answers for itself, and some of them not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.row_faults import Shape
from connectors.simulator.services import LETTERS, Desk, queue_at
from connectors.simulator.tickets import ticket_row
from connectors.simulator.wire import Request
from connectors.simulator.words import Person, invent_person

SHAPE = Shape(
    key="nomor",
    mandatory="ambil",
    times=("ambil", "panggil", "selesai", "updated_at", "per"),
    numbers=("janji",),
    status="status",
    texts=("layanan", "kelurahan", "kecamatan", "pemohon", "petugas"),
)
SILENT = 0.02  # of the office hours of a day, an office is not reached
DAYS = 3


class FrontOffice:
    name = "front_office"

    def __init__(self, city: City) -> None:
        self._city, self._rows = city, RowCache()
        self._desks: dict[str, Desk] = {}
        self._clerks: dict[str, Person] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        code, zone = last_segment(request), self._city.zone
        if code not in self._city.places_by_code and code not in self._city.districts:
            return refuse(404, {"success": False, "message": "kantor tidak dikenal", "data": None})
        if self._away(code, now):
            silent = refuse(503, {"success": False, "message": "sedang tidak tersambung", "data": None})
            return replace(silent, rows=[Row(code, {"kode": code, "jawaban": 503})])
        desk, today = self._desk(code), self._city.local_day(now)
        first = max(read_day(request.query.get("sejak"), zone, now).date(), today - timedelta(days=30))
        tickets = [ticket for ticket in desk.between(first, today) if ticket.received <= now]
        rows = [self._head(code, desk, now), *(ticket_row(ticket, self._city, now, self._rows) for ticket in tickets)]

        def write(rows: Sequence[Row]) -> bytes:
            heads = [row.fields for row in rows if "loket_buka" in row.fields]
            letters = [row.fields for row in rows if "loket_buka" not in row.fields]
            data = {**heads[0], "layanan": letters} if heads else None
            return orjson.dumps({"success": True, "message": "OK", "data": data})

        return Listing(rows, write, SHAPE)

    def _desk(self, code: str) -> Desk:
        """A kelurahan serves its own people, a kecamatan those of all its kelurahan."""
        if code not in self._desks:
            small = code in self._city.places_by_code
            places = [p for p in self._city.places if code in (p.code, p.district)]
            self._desks[code] = Desk(
                name=f"front office {code}", prefix=f"{'K' if small else 'C'}{code.replace('.', '')}-",
                seed=self._city.seed, services=LETTERS, per_day=6 if small else 12, places=places,
                zone=self._city.zone,
            )  # fmt: skip
            self._clerks[code] = invent_person(Random(f"{self._city.seed}|clerk|{code}"))
        return self._desks[code]

    def _away(self, code: str, now: datetime) -> bool:
        """One office in a few dozen has lost its line for some hours of the day."""
        rng = Random(f"{self._city.seed}|away|{code}|{self._city.local_day(now)}")
        if rng.random() >= SILENT:
            return False
        begin = datetime.combine(self._city.local_day(now), time(8), self._city.zone) + timedelta(
            hours=4 * rng.random()
        )
        return begin <= now < begin + timedelta(hours=1 + 4 * rng.random())

    def _head(self, code: str, desk: Desk, now: datetime) -> Row:
        zone = self._city.zone
        small = code in self._city.places_by_code
        place = self._city.places_by_code[code].name if small else self._city.districts[code]
        counters = 2 if small else 4
        queue = queue_at(desk, self._city.local_day(now), now, counters, zone)
        served = [t for t in desk.of_day(self._city.local_day(now)) if t.finished <= now]
        minutes = [(ticket.finished - ticket.started).total_seconds() / 60 for ticket in served]
        fields = {
            "kode": code,
            "tingkat": "kelurahan" if small else "kecamatan",
            "nama": f"{'Kelurahan' if small else 'Kecamatan'} {place}",
            "keadaan": "buka" if queue.counters_open else "tutup",
            "loket": queue.counters,
            "loket_buka": queue.counters_open,
            "menunggu": queue.waiting,
            "dilayani": queue.serving,
            "selesai_hari_ini": queue.served,
            "rata_layanan_menit": round(sum(minutes) / len(minutes), 1) if minutes else None,
            "petugas": self._clerks[code].name,
            "hari": f"{self._city.local_day(now):%Y-%m-%d}",
            "per": naive(now.replace(second=0), zone),
        }
        return Row(code, fields, (self._clerks[code].name,))
