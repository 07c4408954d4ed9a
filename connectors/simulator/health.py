"""The stand-in health information service: beds of the hospitals by class, queues of the health centres.

Every figure is a row of its own, in Indonesian numbers; what nobody reported is a dash or null, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.noise import smooth, unit, written
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import invent_person
from dashboard.config.metrics import Facility

SHAPE = Shape(
    key="id",
    mandatory="tanggal",
    times=("tanggal", "diperbarui"),
    numbers=("jumlah",),
    texts=("fasilitas", "kelas", "satuan", "petugas"),
    identity=("fasilitas", "indikator", "kelas"),
)
CLASSES = (("VIP", 12), ("Kelas I", 24), ("Kelas II", 40), ("Kelas III", 90), ("ICU", 10), ("Isolasi", 14))
STEP = timedelta(minutes=10)  # how often an office enters its figures
OPENS, CLOSES = 7.5, 14.0  # hours of a health centre


class Health:
    name = "health"

    def __init__(self, city: City, facilities: Sequence[Facility]) -> None:
        self._city = city
        self._hospitals = [f for f in facilities if f.kind == "hospital"]
        self._centres = [f for f in facilities if f.kind == "health_centre"]
        self._clerks = {f.code: invent_person(Random(f"{city.seed}|{f.code}")).name for f in facilities}
        self._made: dict[str, Row] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if last_segment(request) != "fasilitas":
            return refuse(404, {"success": False, "message": "Not Found", "data": None})
        zone = self._city.zone
        first = read_day(request.query.get("dari"), zone, now).date()
        last = min(read_day(request.query.get("sampai"), zone, now).date(), self._city.local_day(now))
        days = [first + timedelta(days=n) for n in range(min(31, (last - first).days + 1))]
        return Listing([row for day in days for row in self._day(day, now)], _write, SHAPE)

    def _day(self, day: date, now: datetime) -> Iterator[Row]:
        for hospital in self._hospitals:
            at = self._entered(hospital, day, now)
            if at is not None and unit(f"{self._city.seed}|away|{hospital.code}|{day}") > 0.03:
                yield from self._beds(hospital, day, at)
        for centre in self._centres:
            at = self._entered(centre, day, now)
            if at is not None:
                yield from self._queue(centre, day, at)

    def _entered(self, facility: Facility, day: date, now: datetime) -> datetime | None:
        """When its figures of ``day`` were entered last: every ten minutes, each office at its own minute."""
        begun = datetime.combine(day, time(), self._city.zone)
        late = STEP * unit(f"{self._city.seed}|minute|{facility.code}")
        end = min(now, begun + timedelta(days=1) - STEP)
        steps = int((end - begun - late) / STEP)
        return begun + late + STEP * steps if end > begun + late else None

    def _beds(self, hospital: Facility, day: date, at: datetime) -> Iterator[Row]:
        size = 0.4 + unit(f"{self._city.seed}|size|{hospital.code}")
        for name, beds in CLASSES:
            capacity = max(2, round(beds * size))
            key = f"{self._city.seed}|beds|{hospital.code}|{name}"
            hours = at.timestamp() / 3600
            full = 0.78 + 0.14 * smooth(key, hours / 30) + 0.06 * smooth(f"{key}|h", hours / 3)
            used = min(capacity, max(0, round(capacity * full)))
            silent = unit(f"{key}|dash|{day}") < 0.03  # the ward did not report that day
            for indicator, value in (("kapasitas", capacity), ("terisi", used), ("kosong", capacity - used)):
                yield self._row(hospital, f"tempat tidur {indicator}", name, None if silent else value, "tempat tidur",
                                day, at)  # fmt: skip

    def _queue(self, centre: Facility, day: date, at: datetime) -> Iterator[Row]:
        hour = at.hour + at.minute / 60
        key = f"{self._city.seed}|queue|{centre.code}|{day}"
        visits = 0 if day.weekday() == 6 else round(60 + 90 * unit(key))
        passed = min(1.0, max(0.0, (hour - OPENS) / (CLOSES - OPENS)))
        came = round(visits * (1 - (1 - passed) ** 1.8))
        served = round(visits * min(1.0, max(0.0, (hour - OPENS - 0.4) / (CLOSES - OPENS + 0.8))) ** 1.2)
        served = min(came, served) if hour < CLOSES + 1.5 else came
        wait = None if not served else 18 + 26 * unit(f"{key}|wait") + 6 * smooth(key, hour)
        rows = (
            ("antrean menunggu", came - served, "orang", 0),
            ("pasien dilayani", served, "orang", 0),
            ("rata-rata tunggu", wait, "menit", 1),
        )
        for indicator, value, of, decimals in rows:
            asked = served if indicator == "rata-rata tunggu" else None
            yield self._row(centre, indicator, "", value, of, day, at, decimals, asked)

    def _row(
        self, facility: Facility, indicator: str, ward: str, value: float | None, of: str, day: date, at: datetime,
        decimals: int = 0, asked: int | None = None,
    ) -> Row:  # fmt: skip
        key = f"{day:%Y%m%d}-{facility.code}-{indicator}-{ward}".replace(" ", "_")
        clerk = self._clerks[facility.code]
        null = value is None and unit(f"{key}|null") < 0.5
        fields: dict[str, Any] = {
            "id": key, "fasilitas": facility.label.id, "indikator": indicator, "kelas": ward or None,
            "jumlah": None if null else written(value, decimals), "satuan": of, "responden": asked,
            "tanggal": day.isoformat(), "diperbarui": naive(at, self._city.zone), "petugas": clerk,
        }  # fmt: skip
        known = self._made.get(key)
        if known is None or known.fields != fields:
            if len(self._made) > 20_000:
                self._made.clear()
            known = self._made[key] = Row(key, fields, (clerk,))
        return known


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"success": True, "message": "OK", "data": [row.fields for row in rows]})
