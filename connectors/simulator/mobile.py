"""The stand-in mobile service of Disdukcapil (motor keliling): units, visits of the week, documents, requests.

A unit serves its district on working days from 08.00 to 15.00 and reports every three minutes. The system goes on to
send an exact point, also at night from the officer's home, and his name: the room has to keep neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from random import Random
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.noise import smooth, unit
from connectors.simulator.places import Place
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import Person, invent_person

UNITS = Shape(
    key="kode",
    mandatory="status",
    times=("lapor_terakhir",),
    numbers=("lat", "lon"),
    status="status",
    texts=("kecamatan", "kelurahan", "petugas", "telepon"),
)
COUNTS = Shape(
    key="id",
    mandatory="tanggal",
    times=("tanggal",),
    numbers=("jumlah",),
    texts=("kelurahan", "kecamatan"),
    identity=("jenis", "kecamatan", "kelurahan"),
)
REQUESTS = Shape(
    key="nomor",
    mandatory="dibuat",
    times=("dibuat", "berangkat", "tiba", "selesai"),
    status="status",
    texts=("layanan", "kelurahan", "kecamatan", "pemohon", "alamat", "catatan"),
)
PER_DISTRICT = 2
OPENS, CLOSES = time(8), time(15)
REPORT_S = 180
DOCUMENTS = ("akta_kelahiran", "akta_kematian", "kartu_keluarga", "ktp_el")
PER_UNIT = (5, 2, 8, 12)  # documents of a day
REQUESTS_A_DAY = 2.2  # of a district


@dataclass(frozen=True, slots=True)
class Unit:
    code: str
    district: str
    places: tuple[Place, ...]
    officer: Person


@dataclass(frozen=True, slots=True)
class Wish:
    number: str
    service: str
    place: Place
    person: Person
    made: datetime
    left: datetime
    arrived: datetime
    ended: datetime
    cancelled: bool

    def status(self, now: datetime) -> str:
        if self.cancelled and now >= self.left:
            return "batal"
        steps = ((self.ended, "selesai"), (self.arrived, "dilayani"), (self.left, "berangkat"))
        return next((word for at, word in steps if now >= at), "menunggu")


class Mobile:
    name = "mobile"

    def __init__(self, city: City) -> None:
        self._city, self._rows = city, RowCache()
        self.units = [self._unit(code, n) for code in sorted(city.districts) for n in range(1, PER_DISTRICT + 1)]
        self.wishes = lru_cache(maxsize=400)(self._wishes)

    def _unit(self, district: str, n: int) -> Unit:
        code = f"MK-{district.rpartition('.')[2]}-{n}"
        places = tuple(place for place in self._city.places if place.district == district)
        return Unit(code, district, places, invent_person(Random(f"{self._city.seed}|{code}")))

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        first = read_day(request.query.get("dari"), self._city.zone, now).date()
        made = {
            "unit": lambda: ([self._state(one, now) for one in self.units], UNITS),
            "kinerja": lambda: ([*self._visits(first, now), *self._documents(first, now)], COUNTS),
            "permintaan": lambda: (self._requests(first, now), REQUESTS),
        }.get(last_segment(request))
        if made is None:
            return refuse(404, {"success": False, "message": "Not Found", "data": None})
        rows, shape = made()
        return Listing(rows, partial(_write, naive(now.replace(second=0), self._city.zone)), shape)

    # Units

    def at_work(self, day: date) -> bool:
        return day.weekday() < 5

    def _hours(self, day: date) -> tuple[datetime, datetime]:
        zone = self._city.zone
        return datetime.combine(day, OPENS, zone), datetime.combine(day, CLOSES, zone)

    def _plan(self, one: Unit, day: date) -> list[tuple[datetime, Place]]:
        """Where it goes: two to four subdistricts, one after the other."""
        rng = Random(f"{self._city.seed}|{one.code}|{day}")
        chosen = rng.sample(one.places, min(len(one.places), rng.randint(2, 4)))
        begin, end = self._hours(day)
        return [(begin + (end - begin) * n / len(chosen), place) for n, place in enumerate(chosen)]

    def state(self, one: Unit, now: datetime) -> tuple[str, datetime, Place]:
        """What it says, when it last reported, and where it is."""
        day = self._city.local_day(now)
        begin, end = self._hours(day)
        place = next((p for start, p in reversed(self._plan(one, day)) if start <= now), one.places[0])
        key = f"{self._city.seed}|{one.code}|{day}"
        heard = now - timedelta(seconds=(now.timestamp() + 60 * unit(key)) % REPORT_S)
        if not self.at_work(day) or not begin <= now < end:
            return "selesai", heard, place
        if unit(f"{key}|broken") < 0.03:
            return "rusak", heard, place
        quiet = begin + (end - begin) * unit(f"{key}|when")
        if unit(f"{key}|quiet") < 0.08 and now >= quiet:
            heard = quiet  # its battery is empty
        noon = 12 <= now.astimezone(self._city.zone).hour < 13
        return "istirahat" if noon else "bertugas", heard, place

    def _state(self, one: Unit, now: datetime) -> Row:
        word, heard, place = self.state(one, now)
        off = word == "selesai"
        drift = (0.03, 0.03) if off else (0.004, 0.004)  # off shift it is at home
        hour = heard.timestamp() / 3600
        lat = (place.lat or 0.0) + drift[0] * smooth(f"{one.code}|lat", hour)
        lon = (place.lon or 0.0) + drift[1] * smooth(f"{one.code}|lon", hour)
        fields: dict[str, Any] = {
            "kode": one.code, "kecamatan": self._city.districts[one.district], "kelurahan": place.name, "status": word,
            "lapor_terakhir": naive(heard, self._city.zone), "lat": round(lat, 6), "lon": round(lon, 6),
            "petugas": one.officer.name, "telepon": one.officer.phone,
        }  # fmt: skip
        planted = (one.officer.name, one.officer.phone)
        return self._rows.get(one.code, (word, heard), lambda: Row(one.code, fields, planted))

    # Counts

    def _visits(self, first: date, now: datetime) -> list[Row]:
        """Of each week since ``first``: which subdistricts were visited, 1 or 0."""
        today = self._city.local_day(now)
        monday, rows = first - timedelta(days=first.weekday()), []
        while monday <= today:
            days = [d for n in range(7) if (d := monday + timedelta(days=n)) <= today and self.at_work(d)]
            plans = [step for day in days for one in self.units for step in self._plan(one, day)]
            seen = {place.code for start, place in plans if start <= now}
            rows += [self._count("kunjungan", monday, place, int(place.code in seen)) for place in self._city.places]
            monday += timedelta(days=7)
        return rows

    def _documents(self, first: date, now: datetime) -> list[Row]:
        today, rows = self._city.local_day(now), []
        for n in range(max(0, (today - first).days) + 1):
            day = first + timedelta(days=n)
            if not self.at_work(day) or day > today:
                continue
            begin, end = self._hours(day)
            share = min(1.0, max(0.0, (now - begin) / (end - begin)))
            for code in sorted(self._city.districts):
                place = next(p for p in self._city.places if p.district == code)
                for kind, level in zip(DOCUMENTS, PER_UNIT, strict=True):
                    whole = PER_DISTRICT * level * (0.6 + 0.8 * unit(f"{self._city.seed}|{code}|{kind}|{day}"))
                    rows.append(self._count(kind, day, place, int(whole * share), of_district=True))
        return rows

    def _count(self, kind: str, day: date, place: Place, amount: int, of_district: bool = False) -> Row:
        where = place.district if of_district else place.code
        key = f"{day:%Y%m%d}-{kind}-{where}"
        fields = {
            "id": key, "tanggal": day.isoformat(), "jenis": kind, "kecamatan": place.district_name,
            "kelurahan": None if of_district else place.name, "jumlah": amount,
        }  # fmt: skip
        return self._rows.get(key, amount, lambda: Row(key, fields))

    # Requests

    def _requests(self, first: date, now: datetime) -> list[Row]:
        days = range(min(120, max(0, (self._city.local_day(now) - first).days)) + 1)
        made = (wish for n in days for wish in self.wishes(first + timedelta(days=n)))
        return [self._wish(wish, now) for wish in made if wish.made <= now]

    def _wishes(self, day: date) -> tuple[Wish, ...]:
        if not self.at_work(day):
            return ()
        rng, found = Random(f"{self._city.seed}|wishes|{day}"), []
        begin = datetime.combine(day, time(7, 30), self._city.zone)
        for n in range(max(1, round(rng.gauss(REQUESTS_A_DAY * len(self._city.districts), 4)))):
            made = begin + timedelta(seconds=rng.randrange(6 * 3600))
            left = made + timedelta(minutes=8 + rng.lognormvariate(3.4, 0.7))
            arrived = left + timedelta(minutes=10 + rng.expovariate(1 / 14))
            ended = arrived + timedelta(minutes=12 + rng.expovariate(1 / 12))
            what, place, person = rng.choice(DOCUMENTS), rng.choice(self._city.places), invent_person(rng)
            number, cancelled = f"MKR{day:%y%m%d}{n:03d}", rng.random() < 0.06
            found.append(Wish(number, what, place, person, made, left, arrived, ended, cancelled))
        return tuple(found)

    def _wish(self, wish: Wish, now: datetime) -> Row:
        word = wish.status(now)
        return self._rows.get(
            wish.number, word, lambda: Row(wish.number, self._of_wish(wish, word), wish.person.strings())
        )

    def _of_wish(self, wish: Wish, word: str) -> dict[str, Any]:
        zone = self._city.zone
        done = {"menunggu": 0, "batal": 0, "berangkat": 1, "dilayani": 2, "selesai": 3}[word]
        times = [naive(at, zone) if n < done else None for n, at in enumerate((wish.left, wish.arrived, wish.ended))]
        return {
            "nomor": wish.number, "layanan": wish.service, "kecamatan": wish.place.district_name,
            "kelurahan": wish.place.name, "status": word, "dibuat": naive(wish.made, zone),
            "berangkat": times[0], "tiba": times[1], "selesai": times[2],
            "pemohon": wish.person.name, "nik": wish.person.nik, "telepon": wish.person.phone,
            "alamat": wish.person.address, "catatan": None,
        }  # fmt: skip


def _write(stamp: str | None, rows: Sequence[Row]) -> bytes:
    return orjson.dumps(
        {"success": True, "message": "OK", "data": {"per": stamp, "items": [row.fields for row in rows]}}
    )
