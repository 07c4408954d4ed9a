"""The stand-in city network: some 300 sites in a tree, each a listening socket of its own, and the registry of them.

A site that is out does not listen, nor does anything below it: whoever connects is refused, as by a real one. Outages
follow from the seed and the time alone; the core never falls by itself (``site_down``, ``site_flaps`` do that).
Which sites there are of a kind nobody published: schools and health centres are invented and say so in their names.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.row_faults import Shape, finish_bytes
from connectors.simulator.sheets import drop, write_csv
from connectors.simulator.words import invent_person

COLUMNS = ("kode", "nama", "jenis", "induk", "host", "port", "kecamatan", "kelurahan", "penanggung_jawab", "telepon")
SHAPE = Shape(
    key="kode",
    mandatory="nama",
    texts=("nama", "kecamatan", "kelurahan", "penanggung_jawab"),
    identity=("host", "induk", "jenis"),
)
SITES_PER_PLACE = 3  # 104 subdistricts: a city of 300 sites
HEALTH_CENTRE_EVERY = 3  # so many subdistricts share one
OUTAGES_A_DAY = {"kecamatan": 0.01, "kelurahan": 0.03, "puskesmas": 0.02, "sekolah": 0.05, "opd": 0.01}
FLAP_S = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    code: str
    name: str
    kind: str
    parent: str
    host: str
    district: str = ""
    subdistrict: str = ""


class Wan:
    name = "wan"

    def __init__(
        self, city: City, departments: Mapping[str, str], folder: Path, ledger: Ledger, spoilt: Misbehaviour, port: int
    ) -> None:
        self._city, self._folder, self._ledger, self.spoilt = city, folder, ledger, spoilt
        self.sites = made_sites(city, departments)
        self._by_code = {site.code: site for site in self.sites}
        self.port = port
        self._sockets: dict[str, socket.socket] = {}
        self._open: dict[str, bool] = {}
        self._outages: dict[date, dict[str, tuple[datetime, datetime]]] = {}
        self._written = ""

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("wan-*"):
            old.unlink()
        for site in self.sites:
            self._sockets[site.code] = self._bound(site)

    def stop(self) -> None:
        for site in self.sites:
            self._close(site)
            self._sockets[site.code].close()

    def _bound(self, site: Site) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((site.host, self.port))
        self.port = made.getsockname()[1]
        return made

    def refresh(self, now: datetime, real_at: float) -> int:
        """Bring every socket and the registry to ``now``; how many sites changed."""
        down, changed = self.down(now), []
        for site in self.sites:
            out = site.code in down
            if out == self._open.get(site.code, False) or site.code not in self._open:
                (self._close if out else self._listen)(site)
                self._open[site.code] = not out
                said = {"kode": site.code, "keadaan": "putus" if out else "hidup", "sejak": now.isoformat()}
                changed.append(Row(site.code, said))
        self._ledger.note(self.name, changed, now, real_at)
        if not self.spoilt.active("hang"):
            self._write_registry(now, real_at)
        return len(changed)

    def down(self, now: datetime) -> set[str]:
        """The sites that are out, with all that hangs on them."""
        if self.spoilt.active("refuse"):
            return set(self._by_code)
        out = {site.code for site in self.sites if self._fails(site, now)}
        while more := {site.code for site in self.sites if site.parent in out} - out:
            out |= more
        return out

    def _fails(self, site: Site, now: datetime) -> bool:
        fault = self.spoilt.active("site_down")
        if fault is not None and site.code in _named(fault.params):
            return True
        fault = self.spoilt.active("site_flaps")
        if fault is not None and site.code in _named(fault.params):
            return int(now.timestamp() / fault.params.get("period_s", FLAP_S)) % 2 == 1
        today = self._city.local_day(now)
        for day in (today - _DAY, today):
            start, end = self._of_day(day).get(site.code, (now, now))
            if start <= now < end:
                return True
        return False

    def _of_day(self, day: date) -> dict[str, tuple[datetime, datetime]]:
        """The outages that begin on a day; the two days that matter are remembered."""
        if day not in self._outages:
            self._outages = {known: self._outages[known] for known in self._outages if abs(known - day) <= _DAY}
            self._outages[day] = {site.code: found for site in self.sites if (found := self._outage(site, day))}
        return self._outages[day]

    def _outage(self, site: Site, day: date) -> tuple[datetime, datetime] | None:
        rng = Random(f"{self._city.seed}|wan|{site.code}|{day}")
        if rng.random() >= OUTAGES_A_DAY.get(site.kind, 0.0):
            return None
        start = datetime(day.year, day.month, day.day, tzinfo=self._city.zone) + timedelta(minutes=rng.randrange(1440))
        return start, start + timedelta(minutes=rng.choice((6, 12, 25, 50, 90, 240)))

    # Sockets: a refused connection is the kernel's own

    def _listen(self, site: Site) -> None:
        listening = self._sockets[site.code]
        listening.listen(32)
        asyncio.get_running_loop().add_reader(listening, accept, listening)

    def _close(self, site: Site) -> None:
        if self._open.get(site.code):
            asyncio.get_running_loop().remove_reader(self._sockets[site.code])
            self._sockets[site.code].close()
            self._sockets[site.code] = self._bound(site)
        self._open[site.code] = False

    def _write_registry(self, now: datetime, real_at: float) -> None:
        rows = self.spoilt.spoil_rows([self._row(site) for site in self.sites], SHAPE, now)
        body = finish_bytes(write_csv(rows, COLUMNS))
        mark = f"{len(rows)}|{hash(body)}"
        if mark != self._written:
            drop(self._folder / "wan-situs.csv", body)
            self._written = mark
            self._ledger.note(self.name, rows, now, real_at, "wan-situs.csv")

    def _row(self, site: Site) -> Row:
        person = invent_person(Random(f"{self._city.seed}|{site.code}"))
        values = (site.code, site.name, site.kind, site.parent, site.host, self.port, site.district, site.subdistrict,
                  person.name, person.phone)  # fmt: skip
        return Row(site.code, dict(zip(COLUMNS, values, strict=True)), (person.name, person.phone))


_DAY = timedelta(days=1)


def _named(params: Mapping[str, Any]) -> Sequence[str]:
    wanted = params.get("site", "INTI")
    return [wanted] if isinstance(wanted, str) else list(wanted)


def accept(listening: socket.socket) -> None:
    try:
        listening.accept()[0].close()
    except OSError:  # gone before it was taken
        return


def made_sites(city: City, departments: Mapping[str, str]) -> list[Site]:
    """The core; the district offices; what hangs on those; and the departments, which hang on the core."""
    found = [("INTI", "Inti jaringan (Diskominfo)", "inti", "", "", "")]
    for code, name in sorted(city.districts.items()):
        found.append((f"KEC-{code.rpartition('.')[2]}", f"Kecamatan {name}", "kecamatan", "INTI", name, ""))
    for n, place in enumerate(city.places):
        above, short = f"KEC-{place.district.rpartition('.')[2]}", place.code.replace(".", "")[-6:]
        found.append((f"KEL-{short}", f"Kelurahan {place.name}", "kelurahan", above, place.district_name, place.name))
        if n % HEALTH_CENTRE_EVERY == 0:
            name = f"Puskesmas {place.name} (contoh)"
            found.append((f"PKM-{short}", name, "puskesmas", above, place.district_name, place.name))
    for abbr, name in departments.items():
        if not name.startswith("Kecamatan "):
            found.append((f"OPD-{abbr.replace(' ', '-')}", name, "opd", "INTI", "", ""))
    for n in range(max(0, SITES_PER_PLACE * len(city.places) - 12 - len(found))):
        place = city.places[n % len(city.places)]
        above, short = f"KEC-{place.district.rpartition('.')[2]}", place.code.replace(".", "")[-6:]
        number = n // len(city.places) + 1
        name = f"SDN {place.name} {number} (contoh)"
        found.append((f"SD-{short}-{number}", name, "sekolah", above, place.district_name, place.name))
    hosts = (f"127.36.{n // 250}.{n % 250 + 1}" for n in range(len(found)))
    return [Site(c, name, kind, parent, host, district, sub)
            for (c, name, kind, parent, district, sub), host in zip(found, hosts, strict=True)]  # fmt: skip
