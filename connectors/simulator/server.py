"""The whole stand-in city in one process: one listening socket per department, so each can fail on its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from connectors.simulator import publications
from connectors.simulator.applications import SHAPE as APPLICATIONS
from connectors.simulator.applications import ApplicationRegistry, Applications
from connectors.simulator.audit_matters import Matters
from connectors.simulator.bmkg import Bmkg
from connectors.simulator.call112 import Call112
from connectors.simulator.certificates import expired_context
from connectors.simulator.city import City
from connectors.simulator.control import Control
from connectors.simulator.counters import Counters
from connectors.simulator.department import Counter, Credentials, Department
from connectors.simulator.drop import Drop
from connectors.simulator.eaudit import Eaudit
from connectors.simulator.education import Education
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.front_office import FrontOffice
from connectors.simulator.health import Health
from connectors.simulator.houses import SHAPE as HOUSES
from connectors.simulator.houses import Houses
from connectors.simulator.isb import Isb
from connectors.simulator.laksa import Laksa
from connectors.simulator.lapor import Lapor
from connectors.simulator.lapor_export import LaporExport
from connectors.simulator.ledger import Ledger
from connectors.simulator.logistics import SHAPE as STOCKS
from connectors.simulator.logistics import Logistics
from connectors.simulator.lpse import Lpse
from connectors.simulator.mobile import Mobile
from connectors.simulator.open311 import Open311
from connectors.simulator.packages import Packages
from connectors.simulator.panel_harga import PanelHarga
from connectors.simulator.paten import Paten
from connectors.simulator.permits import Permits
from connectors.simulator.pihps import Pihps
from connectors.simulator.places import Place
from connectors.simulator.prices import MARKETS, MarketPlace, PriceBook
from connectors.simulator.programmes import Programmes
from connectors.simulator.satisfaction import Satisfaction
from connectors.simulator.tangerang_live import TangerangLive
from connectors.simulator.tpid import Tpid
from connectors.simulator.uplink import Uplink
from connectors.simulator.wan import Wan
from connectors.simulator.wire import Listener
from dashboard.clock import Clock, unix
from dashboard.config.model import Config
from dashboard.config.model import Simulator as Settings
from dashboard.config.secrets import resolve_secret

# How far each system's port lies behind the control port. A new system takes the next number; none ever moves.
PORTS = {
    "laksa": 1, "open311": 2, "tpid": 3, "pihps": 4, "panel_harga": 5, "paten": 6, "lapor": 7, "lpse": 8,
    "isb": 9, "health": 12, "education": 13, "call112": 15, "front_office": 16, "bmkg": 17, "applications": 19,
    "programmes": 20,
    "tangerang_live": 11, "mobile": 10,
}  # fmt: skip
SOCKETS = {"wan": 18, "uplink": 21}
"""The same of systems that are no department behind one socket."""

UNASKED = (
    "permits", "counters", "activities", "recommendations", "lapor_export", "logistics", "publications",
    "satisfaction", "houses",
)  # fmt: skip
"""Databases and folders, which are read without asking."""

TICK_S = 2.0  # how often the database and the drop folder follow city time (real seconds)


class Simulation:
    """Built from the configuration, started, stopped. Port 0 lets the system choose (tests)."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        folder: Path,
        token: str,
        env: Mapping[str, str],
        host: str = "127.0.0.1",
    ) -> None:
        settings = config.simulator or Settings()
        self.clock, self.token = clock, token
        self.city = found_city(config, settings, clock)
        self.ledger = Ledger()
        ports = {name: settings.port + n if settings.port else 0 for name, n in PORTS.items()}
        book = PriceBook(settings.seed, _markets(config), self.city.zone)
        names = {department.abbr: department.name for department in config.departments}
        asked = {name: _credentials(config, port, folder, env) for name, port in ports.items()}
        packages = Packages(settings.seed, list(names), self.city.zone)
        departments: list[Department] = [
            Laksa(self.city, names, asked["laksa"]),
            Open311(self.city, names),
            Tpid(self.city, book, asked["tpid"]),
            Pihps(self.city, book),
            PanelHarga(self.city, book, asked["panel_harga"]),
            Paten(self.city),
            lapor := Lapor(self.city, names, asked["lapor"]),
            Health(self.city, config.facilities),
            Education(self.city),
            programmes := Programmes(self.city),
            Call112(self.city, asked["call112"]),
            Lpse(self.city, packages, names),
            Isb(self.city, packages, names),
            Bmkg(self.city),
            applications := Applications(self.city),
            FrontOffice(self.city),
            TangerangLive(self.city, asked["tangerang_live"]),
            Mobile(self.city),
        ]
        self.spoilt = {name: Misbehaviour() for name in (*PORTS, *SOCKETS, *UNASKED)}
        self.listeners: dict[str, Listener] = {}
        for department in departments:
            counter = Counter(department, self.city, self.ledger, clock.now, self.spoilt[department.name])
            self.listeners[department.name] = Listener(counter.answer, host, ports[department.name])
        place = folder / settings.folder
        self.permits = Permits(self.city, place / "permits.sqlite", self.ledger, self.spoilt["permits"])
        self.counters = Counters(self.city, place / "drop", self.ledger, self.spoilt["counters"])
        offices = [d.abbr for d in config.departments if d.valid_to is None and d.visibility == "wall"]
        matters = Matters(settings.seed, offices, self.city.zone)
        self.eaudit = Eaudit(self.city, matters, names, place / "eaudit.sqlite", self.ledger, self.spoilt)
        self.lapor_export = LaporExport(self.city, place / "lapor", self.ledger, self.spoilt["lapor_export"], lapor)
        at = settings.port + SOCKETS["wan"] if settings.port else 0
        self.wan = Wan(self.city, _standing(config), place / "registry", self.ledger, self.spoilt["wan"], at)
        self.uplink = Uplink(host, settings.port and settings.port + SOCKETS["uplink"], self.spoilt["uplink"])
        stocks = Logistics(self.city, config.facilities)
        catalogue = ApplicationRegistry(self.city, applications, self.listeners["applications"].port)
        self.drops = [
            Drop(
                "applications",
                place / "applications",
                catalogue.files,
                APPLICATIONS,
                self.ledger,
                self.spoilt["applications"],
            ),
            Drop("logistics", place / "logistics", stocks.files, STOCKS, self.ledger, self.spoilt["logistics"]),
            Drop(
                "publications",
                place / "publications",
                publications.files,
                publications.SHAPE,
                self.ledger,
                self.spoilt["publications"],
            ),
            Drop(
                "houses",
                place / "houses",
                Houses(self.city, programmes).files,
                HOUSES,
                self.ledger,
                self.spoilt["houses"],
            ),
        ]
        self.satisfaction = Satisfaction(
            self.city, place / "satisfaction.sqlite", self.ledger, self.spoilt["satisfaction"]
        )
        self.control = Listener(Control(self).answer, host, settings.port)
        self._place = place
        self._follower: asyncio.Task[None] | None = None
        self._tls: ssl.SSLContext | None = None

    @property
    def ports(self) -> dict[str, int]:
        found = {name: listener.port for name, listener in self.listeners.items()}
        return {"control": self.control.port, **found, "wan": self.wan.port, "uplink": self.uplink.port}

    async def start(self) -> None:
        """Everything served; the history is made before the first answer."""
        self.city.advance(self.clock.now())
        self.permits.start()
        self.counters.start()
        self.eaudit.start()
        self.lapor_export.start()
        self.wan.start()
        self.uplink.start()
        self.satisfaction.start()
        for drop in self.drops:
            drop.start()
        self.follow()
        for listener in self.listeners.values():
            await listener.open()
        await self.control.open()
        self._place.mkdir(parents=True, exist_ok=True)
        written = self._place / "ports.json.new"  # port 0: others find us here, and never half a file
        written.write_bytes(orjson.dumps(self.ports))
        written.replace(self._place / "ports.json")
        self._follower = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        for listener in (*self.listeners.values(), self.control):
            await listener.stop()
        self.permits.stop()
        self.eaudit.stop()
        self.satisfaction.stop()
        self.wan.stop()
        self.uplink.stop()

    def follow(self) -> None:
        """Bring the database and the drop folder to city time."""
        now = self.clock.now()
        self.city.advance(now)
        self.permits.refresh(now, unix())
        self.counters.refresh(now, unix())
        self.eaudit.refresh(now, unix())
        self.lapor_export.refresh(now, unix())
        self.wan.refresh(now, unix())
        self.uplink.refresh()
        self.satisfaction.refresh(now, unix())
        for drop in self.drops:
            drop.refresh(now, unix())

    async def apply_connection(self, department: str) -> None:
        """Make a department's socket what its faults say: closed, TLS with an expired certificate, or plain."""
        listener = self.listeners.get(department)
        if listener is None:
            self.follow()
            return
        spoilt = self.spoilt[department]
        if spoilt.active("refuse"):
            await listener.close()
        elif spoilt.active("tls_expired"):
            self._tls = self._tls or expired_context(self._place / "expired.pem")
            await listener.open(self._tls)
        else:
            await listener.open()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.follow()


def found_city(config: Config, settings: Settings, clock: Clock) -> City:
    """The city of the configuration: its districts, its zone, its rhythm."""
    districts = {district.code: district for district in config.regions.districts}
    places = [
        Place(
            sub.code,
            sub.name,
            sub.parent,
            districts[sub.parent].name,
            sub.lat,
            sub.lon,
            float(sub.population or 0) or 14_000 * (0.6 + 0.2 * (sub.area_km2 or 2.0) ** 0.5),
        )
        for sub in config.regions.subdistricts
    ]
    if not places:
        places = [Place(d.code, d.name, d.code, d.name, d.lat, d.lon, 1.0) for d in districts.values()]
    return City(
        seed=settings.seed,
        begin=(clock.start or clock.now()).astimezone(UTC),
        places=places,
        zone=config.city.zone,
        code=config.city.code,
        name=config.city.name,
        aspirations_per_day=settings.aspirations_per_day,
        history_days=settings.history_days,
    )


def _standing(config: Config) -> dict[str, str]:
    """The departments that there are now."""
    return {department.abbr: department.name for department in config.departments if department.valid_to is None}


def _markets(config: Config) -> tuple[MarketPlace, ...]:
    if not config.markets:
        return tuple(MarketPlace(n, name) for n, name in enumerate(MARKETS, 1))
    return tuple(
        MarketPlace(n, market.label.id, market.valid_from, market.valid_to and market.valid_to - timedelta(days=1))
        for n, market in enumerate(config.markets, 1)
    )


def _credentials(config: Config, port: int, folder: Path, env: Mapping[str, str]) -> Credentials:
    """What the room was told to say to this port; a system nobody configured takes any word."""
    for source in config.sources:
        if not source.url or not port or "{" in source.url or not source.url.startswith("http"):
            continue
        if urlsplit(source.url).port != port:
            continue
        headers = {name: resolve_secret(value, folder, env) for name, value in source.headers.items()}
        auth = {name: resolve_secret(value, folder, env) for name, value in (source.auth or {}).items()}
        return Credentials(auth.get("username"), auth.get("password"), headers)
    return Credentials()
