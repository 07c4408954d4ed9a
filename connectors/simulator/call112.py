"""The stand-in call centre 112: calls as one JSON list, with the caller's name and number that nobody needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.places import Place
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import Person, invent_person

SHAPE = Shape(
    key="id_panggilan",
    mandatory="masuk",
    times=("masuk", "dijawab", "selesai"),
    numbers=("durasi_detik",),
    status="status",
    department="instansi",
    texts=("jenis", "kecamatan", "kelurahan", "instansi", "nama_penelepon", "lokasi", "catatan"),
)
# What people call about, how often, which office goes, and how many minutes that takes. Ambulances come first.
KINDS: tuple[tuple[str, float, str | None, float], ...] = (
    ("Ambulans", 30, "Dinkes", 55),
    ("Kecelakaan", 14, "Dishub", 45),
    ("Kebakaran", 10, "BPBD", 70),
    ("Ular", 8, "BPBD", 50),
    ("Pohon tumbang", 6, "BPBD", 90),
    ("Banjir", 5, "BPBD", 240),
    ("Orang terlantar", 4, "Dinsos", 120),
    ("Ketertiban umum", 6, "Satpol PP", 60),
    ("Kekerasan perempuan/anak", 1, "DP3AP2KB", 90),
    ("Panggilan iseng", 16, None, 1),
)
PER_DAY = 9.0
HOUR = (4, 3, 3, 2, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 7, 7, 7, 6, 6, 5, 5)
ABANDONED = 0.03


@dataclass(frozen=True, slots=True)
class Call:
    number: str
    kind: str
    office: str | None
    place: Place
    caller: Person
    came: datetime
    answered: datetime | None  # None: hung up before anybody answered
    sent: datetime | None
    ended: datetime

    def status(self, now: datetime) -> str:
        if now >= self.ended:
            return "terputus" if self.answered is None else "selesai"
        if self.sent is not None and now >= self.sent:
            return "petugas dikirim"
        return "dijawab" if self.answered is not None and now >= self.answered else "menunggu"


class Call112:
    name = "call112"

    def __init__(self, city: City, credentials: Credentials) -> None:
        self._city, self._credentials, self._rows = city, credentials, RowCache()
        self._weights = [place.weight for place in city.places]
        self.of_day = lru_cache(maxsize=400)(self._of_day)

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        wanted = {name.lower(): word for name, word in self._credentials.headers.items()}
        if any(request.headers.get(name) != word for name, word in wanted.items()):
            return refuse(403, {"ok": False, "error": "forbidden"})
        if last_segment(request) != "panggilan":
            return refuse(404, {"ok": False, "error": "not found"})
        first = read_day(request.query.get("sejak"), self._city.zone, now).date()
        days = range(min(120, max(0, (self._city.local_day(now) - first).days)) + 1)
        calls = [call for n in days for call in self.of_day(first + timedelta(days=n)) if call.came <= now]
        rows = [self._row(call, now) for call in calls]

        def write(rows: Sequence[Row]) -> bytes:
            return orjson.dumps({"ok": True, "panggilan": [row.fields for row in rows]})

        return Listing(rows, write, SHAPE)

    def _of_day(self, day: date) -> tuple[Call, ...]:
        rng = Random(f"{self._city.seed}|{self.name}|{day}")
        begin = datetime.combine(day, time(), self._city.zone).astimezone(UTC)
        count = max(1, round(rng.gauss(PER_DAY, PER_DAY**0.5)))
        moments = sorted(rng.choices(range(24), HOUR)[0] * 3600 + rng.randrange(3600) for _ in range(count))
        return tuple(self._compose(rng, f"112{day:%y%m%d}{n:03d}", begin, at) for n, at in enumerate(moments, 1))

    def _compose(self, rng: Random, number: str, begin: datetime, second: int) -> Call:
        kind, _, office, minutes = rng.choices(KINDS, [weight for _, weight, _, _ in KINDS])[0]
        place, caller = rng.choices(self._city.places, self._weights)[0], invent_person(rng)
        came = begin + timedelta(seconds=second)
        wait = timedelta(seconds=int(4 + rng.lognormvariate(2.0, 0.9)))
        if rng.random() < ABANDONED:
            return Call(number, kind, None, place, caller, came, None, None, came + wait + timedelta(seconds=40))
        answered = came + wait
        talked = timedelta(seconds=int(20 + rng.expovariate(1 / 90)))
        if office is None:
            return Call(number, kind, None, place, caller, came, answered, None, answered + talked)
        ended = answered + talked + timedelta(seconds=int(minutes * 60 * rng.lognormvariate(0, 0.4)))
        return Call(number, kind, office, place, caller, came, answered, answered + talked, ended)

    def _row(self, call: Call, now: datetime) -> Row:
        planted = call.caller.strings()
        version = call.status(now)
        return self._rows.get(call.number, version, lambda: Row(call.number, self._fields(call, now), planted))

    def _fields(self, call: Call, now: datetime) -> dict[str, Any]:
        zone = self._city.zone

        def said(at: datetime | None) -> str | None:
            return at.astimezone(zone).isoformat(timespec="seconds") if at is not None and at <= now else None

        ended = said(call.ended)
        return {
            "id_panggilan": call.number,
            "jenis": call.kind,
            "status": call.status(now),
            "masuk": said(call.came),
            "dijawab": said(call.answered),
            "selesai": ended,
            "durasi_detik": int((call.ended - call.came).total_seconds()) if ended else None,
            "instansi": call.office if call.answered is not None and call.answered <= now else None,
            "kecamatan": call.place.district_name,
            "kelurahan": call.place.name,
            "lokasi": call.caller.address,
            "nama_penelepon": call.caller.name,
            "no_penelepon": call.caller.phone,
            "catatan": f"Penelepon {call.caller.name}, NIK {call.caller.nik}, {call.caller.phone}",
        }
