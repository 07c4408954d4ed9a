"""The stand-in back office of Tangerang LIVE, the citizens' app: services, menus, their use, downloads, freshness.

Speaks as the city's own code does: an envelope ``success``, ``message``, ``data`` behind basic auth. 14 services and 36
menus, as published in December 2023; those that no public source names say "contoh".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.noise import unit
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import invent_person

SERVICES = Shape(
    key="kode",
    mandatory="status",
    times=("sejak",),
    status="status",
    texts=("nama", "pengelola", "kontak"),
    identity=("jenis", "induk"),
)
USE = Shape(
    key="id",
    mandatory="tanggal",
    times=("tanggal", "ditampilkan", "sumber", "per"),
    numbers=("permintaan", "gagal", "jumlah", "selisih_menit"),
    texts=("nama",),
    identity=("jenis", "kode"),
)
# Service, its menus; a menu that shows data of another system: how many minutes that is old at the most.
NAMED: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...] = (
    ("darurat", "Layanan darurat", (("112", 0),)),
    ("kependudukan", "Kependudukan", (("KK online", 0),)),
    ("ketenagakerjaan", "Ketenagakerjaan", (("Pencaker", 180),)),
    ("perizinan", "Perizinan", (("Perizinan", 60),)),
    ("pengaduan", "Pengaduan", (("LAKSA", 10),)),
    ("harga", "Harga bahan pokok", (("Harga bahan pokok di pasar", 90),)),
    ("berita", "Berita", (("Berita", 30),)),
    ("kesehatan", "Kesehatan", (("Kamar RS", 45),)),
    ("pendidikan", "Pendidikan", (("Pindah sekolah", 240),)),
    ("zakat", "Zakat", (("Zakat", 0),)),
    ("pariwisata", "Pariwisata", (("Pariwisata", 0),)),
)
SERVICES_ALL, MENUS_ALL = 14, 36
DOWNLOADS_FROM, DOWNLOADS = date(2023, 12, 1), 1_062_235  # published; since then invented
DOWNLOADS_A_DAY = 210
BROKEN, MAINTAINED = 0.05, 0.02


@dataclass(frozen=True, slots=True)
class Part:
    code: str
    name: str
    service: str  # "": it is a service itself
    stale: int = 0  # minutes; 0: it shows nothing of another system


class TangerangLive:
    name = "tangerang_live"

    def __init__(self, city: City, credentials: Credentials) -> None:
        self._city, self._credentials = city, credentials
        self.parts = made_parts()
        self._rows = RowCache()

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if "authorization" not in request.headers:
            return refuse(401, {"success": False, "message": "Unauthorized", "data": None})
        what = last_segment(request)
        if what == "layanan":
            return Listing([self._part(part, now) for part in self.parts], partial(_write, self._stamp(now)), SERVICES)
        if what == "pemakaian":
            first = read_day(request.query.get("dari"), self._city.zone, now).date()
            return Listing(self._use(first, now), partial(_write, self._stamp(now)), USE)
        return refuse(404, {"success": False, "message": "Not Found", "data": None})

    def _stamp(self, now: datetime) -> str | None:
        return naive(now.replace(second=0), self._city.zone)

    # State

    def state(self, part: Part, now: datetime) -> tuple[str, datetime | None]:
        """What it is and since when; a menu goes with its service."""
        above = next((p for p in self.parts if p.code == part.service), None)
        if above is not None and (said := self.state(above, now))[0] != "aktif":
            return said
        today = self._city.local_day(now)
        for day in (today, today - timedelta(days=1)):
            word, start, end = self._spell(part, day)
            if start <= now < end:
                return word, start
        return "aktif", None

    def _spell(self, part: Part, day: date) -> tuple[str, datetime, datetime]:
        rng = Random(f"{self._city.seed}|live|{part.code}|{day}")
        begin, roll = datetime.combine(day, time(), self._city.zone), rng.random()
        if roll < MAINTAINED:
            return "pemeliharaan", begin + timedelta(hours=1), begin + timedelta(hours=4)
        if roll < MAINTAINED + BROKEN:
            start = begin + timedelta(minutes=rng.randrange(1440))
            return "gangguan", start, start + timedelta(minutes=rng.choice((8, 15, 40, 90, 300)))
        return "aktif", begin, begin

    def _part(self, part: Part, now: datetime) -> Row:
        word, since = self.state(part, now)
        person = invent_person(Random(f"{self._city.seed}|{part.code}"))
        fields = {
            "kode": part.code, "nama": part.name, "jenis": "menu" if part.service else "layanan",
            "induk": part.service or None, "status": word, "sejak": naive(since, self._city.zone),
            "pengelola": person.name, "kontak": person.phone,
        }  # fmt: skip
        return self._rows.get(part.code, (word, since), lambda: Row(part.code, fields, (person.name, person.phone)))

    # Use

    def _use(self, first: date, now: datetime) -> list[Row]:
        today = self._city.local_day(now)
        rows: list[Row] = []
        for n in range(min(60, max(0, (today - first).days)) + 1):
            day = first + timedelta(days=n)
            if day <= today:
                rows += [self._traffic(part, day, now) for part in self.parts if not part.service]
                rows.append(self._downloads(day, now))
        return rows + [self._lag(part, now) for part in self.parts if part.stale]

    def _share(self, day: date, now: datetime) -> tuple[float, datetime]:
        """How much of the day is over, in quarters of an hour, and when that was."""
        begin = datetime.combine(day, time(), self._city.zone)
        quarters = min(96, int((now - begin).total_seconds() // 900))
        return quarters / 96, begin + timedelta(minutes=15 * quarters)

    def _traffic(self, part: Part, day: date, now: datetime) -> Row:
        share, at = self._share(day, now)
        key = f"{self._city.seed}|live|{part.code}"
        level = 150 + 3_800 * unit(key) ** 2
        made = int(level * (0.8 + 0.4 * unit(f"{key}|{day}")) * (0.7 if day.weekday() >= 5 else 1.0) * share)
        word, start, end = self._spell(part, day)
        hurt = max(0.0, (min(now, end) - start).total_seconds() / 86_400) if word == "gangguan" else 0.0
        failed = int(made * 0.004 * (1 + unit(f"{key}|f|{day}"))) + int(level * hurt * 0.6)
        said = {
            "jenis": "layanan", "kode": part.code, "nama": part.name, "permintaan": made + failed,
            "gagal": failed,
        }  # fmt: skip
        return self._dated(f"{day:%Y%m%d}-{part.code}", day, at, said)

    def _downloads(self, day: date, now: datetime) -> Row:
        share, at = self._share(day, now)
        passed = (day - DOWNLOADS_FROM).days + share
        said = {
            "jenis": "unduhan",
            "kode": "semua",
            "nama": None,
            "jumlah": DOWNLOADS + int(passed * DOWNLOADS_A_DAY),
        }
        return self._dated(f"{day:%Y%m%d}-unduhan", day, at, said)

    def _lag(self, part: Part, now: datetime) -> Row:
        """A menu shows what its source said some time ago; on some days the transfer stands still since morning."""
        day = self._city.local_day(now)
        at = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
        key = f"{self._city.seed}|shown|{part.code}|{day}"
        minutes = int(part.stale * (0.2 + 0.8 * unit(f"{key}|{at.hour}")))
        if unit(key) < 0.12:
            minutes += int((at - datetime.combine(day, time(), self._city.zone)).total_seconds() // 60)
        zone = self._city.zone
        said = {
            "jenis": "kesegaran", "kode": part.code, "nama": part.name, "selisih_menit": minutes,
            "ditampilkan": naive(at - timedelta(minutes=minutes), zone), "sumber": naive(at, zone),
        }  # fmt: skip
        return self._dated(f"{day:%Y%m%d}-segar-{part.code}", day, at, said)

    def _dated(self, key: str, day: date, at: datetime, said: dict[str, Any]) -> Row:
        fields = {"id": key, "tanggal": day.isoformat(), **said, "per": naive(at, self._city.zone)}
        return self._rows.get(key, tuple(fields.values()), lambda: Row(key, fields))


def made_parts() -> list[Part]:
    services = [(code, name) for code, name, _ in NAMED]
    services += [(f"contoh_{n}", f"Layanan contoh {n}") for n in range(len(NAMED) + 1, SERVICES_ALL + 1)]
    found = [Part(code, name, "") for code, name in services]
    menus = [(name, code, stale) for code, _, menus in NAMED for name, stale in menus]
    menus += [(f"Menu contoh {n}", services[n % SERVICES_ALL][0], 0) for n in range(len(menus) + 1, MENUS_ALL + 1)]
    return found + [Part(f"menu_{n:02d}", name, code, stale) for n, (name, code, stale) in enumerate(menus, 1)]


def _write(stamp: str | None, rows: Sequence[Row]) -> bytes:
    data = {"per": stamp, "items": [row.fields for row in rows]}
    return orjson.dumps({"success": True, "message": "OK", "data": data})
