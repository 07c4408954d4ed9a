"""The stand-in catalogue of the city's applications, as Diskominfo would keep it: a registry file, and an address each.

153 in five groups, as published in 2016. Names that public sources tell are real; all others are stand-ins and say so.
Which are connected, who programs them and how much goes through them is invented from the seed. An application that is
out answers 503, or not at all; when, follows from the seed and the time alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, refuse, say
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request
from connectors.simulator.words import invent_person

COLUMNS = (
    "kode", "nama", "kelompok", "opd", "platform", "programmer", "transaksional", "transaksi_harian", "gagal_harian",
    "terintegrasi", "konektor", "url", "per", "penanggung_jawab", "telepon",
)  # fmt: skip
SHAPE = Shape(
    key="kode",
    mandatory="nama",
    times=("per",),
    numbers=("programmer", "transaksi_harian", "gagal_harian"),
    department="opd",
    texts=("nama", "platform", "penanggung_jawab"),
    identity=("url", "kelompok"),
)
GROUPS = {"e-government": 137, "e-kesehatan": 4, "e-pendidikan": 6, "e-logistik": 2, "e-pengadaan": 4}
# Named in public sources: name, group, owner, platform, the room's source that reads it ("" none)
NAMED: tuple[tuple[str, str, str, str, str], ...] = (
    ("Tangerang LIVE", "e-government", "Diskominfo", "mobile", "tangerang_live"),
    ("LAKSA", "e-government", "Diskominfo", "mobile", "laksa"),
    ("SP4N-LAPOR!", "e-government", "Diskominfo", "web", "lapor"),
    ("Call center 112", "e-government", "Diskominfo", "web", "call112"),
    ("Harga bahan pokok (TPID)", "e-government", "Disperindagkop UKM", "web", "tpid_prices"),
    ("Perizinan online", "e-government", "DPMPTSP", "web", "permits"),
    ("PATEN kecamatan", "e-government", "Setda", "web", "paten"),
    ("Motor keliling", "e-government", "Disdukcapil", "mobile", "mobile_units"),
    ("KK online", "e-government", "Disdukcapil", "mobile", ""),
    ("Pencaker", "e-government", "Disnaker", "mobile", ""),
    ("Pariwisata", "e-government", "Disbudpar", "mobile", ""),
    ("Zakat", "e-government", "Setda", "mobile", ""),
    ("Berita kota", "e-government", "Diskominfo", "mobile", ""),
    ("Register SOP", "e-government", "Setda", "web", ""),
    ("e-Audit", "e-government", "Inspektorat", "web", "recommendations"),
    ("Ketersediaan kamar RS", "e-kesehatan", "Dinkes", "mobile", "health"),
    ("Pindah sekolah", "e-pendidikan", "Disdik", "mobile", "education"),
    ("Tangerang Cerdas", "e-pendidikan", "Disdik", "web", "programmes"),
    ("LPSE (SPSE)", "e-pengadaan", "Setda", "web", "lpse"),
    ("SiRUP", "e-pengadaan", "Setda", "web", ""),
    ("e-Katalog", "e-pengadaan", "Setda", "web", ""),
)
OWNERS = (
    "Diskominfo", "Bappeda", "BPKD", "Bapenda", "BKPSDM", "DPUPR", "Perkim", "DLH", "Dishub", "Dinsos", "Satpol PP",
    "Disperpusip", "Setwan", "DKP",
)  # fmt: skip
OF_GROUP = {"e-kesehatan": ("Dinkes",), "e-pendidikan": ("Disdik",), "e-pengadaan": ("Setda",)}


@dataclass(frozen=True, slots=True)
class Application:
    code: str
    name: str
    group: str
    owner: str
    platform: str
    connector: str
    programmers: int | None
    per_day: int | None  # transactions; None: not transactional
    counted: bool  # whether somebody counts them
    probed: bool


class Applications:
    """The addresses: ``GET /KODE``."""

    name = "applications"

    def __init__(self, city: City) -> None:
        self.seed, self._zone = city.seed, city.zone
        self.all = made_applications(city.seed)
        self._by_code = {app.code: app for app in self.all}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        app = self._by_code.get(last_segment(request))
        if app is None:
            return refuse(404, {"success": False, "message": "Not Found"})
        if self.out(app, now):
            return _noted(app, refuse(503, {"success": False, "message": "Layanan tidak tersedia"}))
        return _noted(app, say({"success": True, "message": "OK"}))

    def out(self, app: Application, now: datetime) -> bool:
        today = now.astimezone(self._zone).date()
        return any(start <= now < end for start, end in (self._outage(app, today - timedelta(n)) for n in (0, 1)))

    def _outage(self, app: Application, day: date) -> tuple[datetime, datetime]:
        rng = Random(f"{self.seed}|application|{app.code}|{day}")
        start = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        if rng.random() >= 0.04:
            return start, start
        start += timedelta(minutes=rng.randrange(1440))
        return start, start + timedelta(minutes=rng.choice((10, 20, 45, 120, 600)))

    def traffic(self, app: Application, day: date) -> tuple[int | None, int | None]:
        """Transactions and failures of a whole day; None where nobody counts."""
        if app.per_day is None or not app.counted:
            return None, None
        rng = Random(f"{self.seed}|traffic|{app.code}|{day}")
        made = round(app.per_day * (0.35 if day.weekday() >= 5 else 1.0) * rng.uniform(0.8, 1.2))
        return made, sum(rng.random() < 0.01 for _ in range(min(made, 2_000)))


class ApplicationRegistry:
    """The rows of the file. ``port``: where the addresses are."""

    def __init__(self, city: City, applications: Applications, port: int) -> None:
        self._city, self._applications, self._port, self._rows = city, applications, port, RowCache()

    def files(self, now: datetime) -> dict[str, list[Row]]:
        day = self._city.local_day(now) - timedelta(days=1)
        rows = [self._rows.get(app.code, day, partial(self._row, app, day)) for app in self._applications.all]
        return {"aplikasi-kota.csv": rows}

    def _row(self, app: Application, day: date) -> Row:
        """As of the end of ``day``."""
        made, failed = self._applications.traffic(app, day)
        person = invent_person(Random(f"{self._city.seed}|{app.code}"))
        values = (
            app.code, app.name, app.group, app.owner, app.platform, _said(app.programmers),
            "ya" if app.per_day is not None else "tidak", _said(made), _said(failed),
            "ya" if app.connector else "tidak", app.connector or "-",
            f"http://127.0.0.1:{self._port}/{app.code}" if app.probed else "-", f"{day} 23:59:59",
            person.name, person.phone,
        )  # fmt: skip
        return Row(app.code, dict(zip(COLUMNS, values, strict=True)), (person.name, person.phone))


def _noted(app: Application, answer: Listing) -> Listing:
    return replace(answer, rows=[Row(app.code, {"kode": app.code, "jawaban": answer.status})])


def _said(number: int | None) -> str:
    return "-" if number is None else str(number)


def made_applications(seed: int) -> list[Application]:
    found: list[Application] = []
    for group, total in GROUPS.items():
        known = [named for named in NAMED if named[1] == group]
        for n in range(total):
            rng = Random(f"{seed}|application|{group}|{n}")
            if n < len(known):
                name, _, owner, platform, connector = known[n]
            else:
                owner = rng.choice(OF_GROUP.get(group, OWNERS))
                name, platform, connector = f"Aplikasi {group} {n + 1} {owner} (contoh)", "web", ""
                platform = "mobile" if rng.random() < 0.05 else "web"
            busy = rng.random() < 0.55 or bool(connector)
            found.append(
                Application(
                    code=f"APP-{len(found) + 1:03d}",
                    name=name,
                    group=group,
                    owner=owner,
                    platform=platform,
                    connector=connector,
                    programmers=rng.choice((None, 1, 1, 2, 2, 3)),
                    per_day=rng.choice((8, 30, 80, 240, 900)) if busy else None,
                    counted=rng.random() < 0.7,
                    probed=rng.random() < 0.93,
                )
            )
    return found
