"""What config.yaml may say; strict, every key declared, no defaults that hide a decision of the city."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from dashboard.config.breakdowns import Breakdown
from dashboard.config.components import Component
from dashboard.config.metrics import Facility, Metric
from dashboard.config.published import PublishedTotal
from dashboard.config.statuses import StatusKind
from dashboard.config.strict import Label as Label
from dashboard.config.strict import PolicyStatus as PolicyStatus
from dashboard.config.strict import Strict as Strict
from dashboard.config.strict import Visibility as Visibility

Provenance = Literal["live", "simulated", "replay"]
Seconds = Annotated[float, Field(gt=0, le=31_622_400)]  # a year


class City(Strict):
    code: str  # region code, e.g. "36.71"
    name: str
    room: str  # "Tangerang Live Room"
    zone: str = "Asia/Jakarta"
    zone_label: str = "WIB"
    population: int | None = Field(default=None, gt=0)
    population_year: int | None = None


class District(Strict):
    code: str
    name: str
    short: str | None = None
    aliases: tuple[str, ...] = ()
    population: int | None = None
    population_note: str | None = None  # its year: figures of different years are never compared
    lat: float | None = None
    lon: float | None = None
    area_km2: float | None = None


class Subdistrict(District):
    parent: str


class Regions(Strict):
    """Joined by code, never by name. ``boundaries`` takes official GeoJSON; without it a schematic map."""

    districts: tuple[District, ...]
    subdistricts: tuple[Subdistrict, ...] = ()
    boundaries: str | None = None  # path of a GeoJSON, feature property ``code``


class Department(Strict):
    """Dated: departments merge and split; an old abbreviation keeps its history through ``successor``."""

    abbr: str
    name: str
    short: str | None = None
    aliases: tuple[str, ...] = ()
    contact: str | None = None  # an office's, never a person's
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    district: str | None = None  # for a kecamatan office
    visibility: Visibility = "wall"
    hours: str = "office"  # key of ``working_hours``


class Category(Strict):
    code: str
    label: Label
    aliases: tuple[str, ...] = ()
    department: str | None = None  # usual owner
    visibility: Visibility = "wall"


class Kind(Strict):
    """A kind of case: aspiration, permit, district service ..."""

    label: Label
    visibility: Visibility = "wall"
    policy_by: Literal["class", "category", "none"] = "class"
    categories: bool = True  # its cases carry one, so that a case without is of an unknown, confidential category
    retention_days: int | None = Field(default=None, gt=0)  # the text; counts stay
    stages: dict[str, Label] = {}  # what the stages of its sources are called, in their order
    breakdown: Breakdown | None = None  # for kinds that speak of offices: small counts of theirs are told


class Commodity(Strict):
    code: str
    label: Label
    unit: str
    aliases: tuple[str, ...] = ()  # "word" or "word|unit" as sources write it
    wall: bool = True


class PriceLimit(Strict):
    """HET or HAP. A range uses its upper edge for "over". Matches only when commodity, unit and date do."""

    commodity: str
    kind: Literal["HET", "HAP"]
    unit: str
    amount: float
    lower: float | None = None
    valid_from: date
    valid_to: date | None = None
    basis: str
    status: PolicyStatus = "ditetapkan"


class Market(Strict):
    code: str
    label: Label
    aliases: tuple[str, ...] = ()
    district: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str | None = None


class DayHours(Strict):
    start: time
    end: time


class WorkingHours(Strict):
    """Weekly hours. Keys mon..sun -> list of spans; ``always`` True is 24 h. ``ramadan`` replaces the
    week between the dates of ``ramadan_periods``."""

    always: bool = False
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[DayHours, ...]] = {}
    ramadan: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], tuple[DayHours, ...]] | None = None
    holidays: bool = True  # public holidays and cuti bersama are free


class Holidays(Strict):
    country: str = "ID"
    categories: tuple[str, ...] = ("public", "government")
    decreed_years: tuple[int, ...] = ()  # years whose decree exists; others are provisional ("±")
    extra: dict[date, str] = {}
    removed: tuple[date, ...] = ()
    ramadan_periods: tuple[tuple[date, date], ...] = ()


class Policy(Strict):
    """A promise of time. ``usulan`` (proposed) never enters a department's score. ``sources``: whose cases it is about,
    where it was decreed for some systems only; None: of every source of the kind."""

    id: str
    kind: str
    sources: tuple[str, ...] | None = Field(default=None, min_length=1)
    klass: str | None = None  # None: all classes of the kind
    category: str | None = None
    measure: Literal["resolution", "first_response"] = "resolution"
    amount: float | None  # None: no deadline
    unit: Literal["minutes", "hours", "working_hours", "working_days", "days"] = "working_days"
    basis: str
    status: PolicyStatus
    valid_from: date
    valid_to: date | None = None
    set_by: str


class Publication(Strict):
    """When a source publishes: not due before, late after due + grace. Days: mon..sun."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    at: time
    grace_minutes: float = 30
    holidays: bool = True  # does not publish on holidays
    zone: str | None = None  # of ``at``; None: the city's


class Numbers(Strict):
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " "] = ""


class Source(Strict):
    """One departmental system. ``options`` is validated by the connector's own Options model."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    type: str  # connectors/<type>.py
    label: Label
    department: str | None = None
    url: str | None = None  # http(s)://..., SQLAlchemy URL for sql_query; may be {env:NAME} / {file:PATH}
    folder: str | None = None  # csv_file
    every_s: Seconds
    timeout_s: Seconds = 20
    zone: str | None = None
    numbers: Numbers = Numbers()
    headers: dict[str, str] = {}
    auth: dict[Literal["username", "password"], str] | None = None
    allow_private: bool = False  # loopback/private addresses are refused unless this is true
    max_bytes: int = Field(default=64_000_000, gt=0)
    publication: str | None = None  # key of ``publications``
    stale_after_s: Seconds | None = None  # default: five intervals, at least one minute
    provenance: Provenance = "live"
    doubtful_times: float | None = Field(default=5, gt=1)  # a price so many times its own past waits; null: never
    summary: bool = False  # keep a redacted summary of the text in case_text
    visibility: Visibility = "wall"
    options: dict[str, Any] = {}


class Shift(Strict):
    id: str
    label: Label
    start: time
    end: time


WallTile = Literal["queue", "today", "stock", "districts", "services", "components", "prices", "changes"]


class WallPage(Strict):
    """A further page of a wall: tiles beside each other, each the figures of a block (``dashboard.config.blocks``).
    ``hold``: it comes at once and stays while one of its tiles has something new that needs a person."""

    tiles: tuple[dict[str, str], ...]
    hold: bool = False


class Wall(Strict):
    title: Label
    layout: Literal["main"] = "main"
    kind: str | None = None  # whose queue, sums and map it shows; none: the first of its ``kinds``
    kinds: tuple[str, ...] | None = None  # whose figures and changes it shows; none: all that a wall may show
    tiles: tuple[WallTile, ...] | None = None  # none: all that the city has something for
    sources: tuple[str, ...] | None = None  # in its foot; none: all that a wall may name
    panel_inches: float = Field(default=55, gt=0)
    panels: int = Field(default=1, ge=1, le=12)  # side by side
    panel_pixels: tuple[int, int] = (1920, 1080)
    viewing_distance_m: float = Field(gt=0)
    min_arc_minutes: float = Field(default=16, ge=10)
    dwell_s: float = Field(default=12, gt=0)
    pages: tuple[WallPage, ...] = ()  # that take turns with the layout
    page_dwell_s: float = Field(default=60, ge=5)
    hold_s: Seconds = 300  # how long something new holds its page
    theme: Literal["dark", "low-light"] = "dark"


class Page(Strict):
    """A page for a desk at ``/{key}``. A block is its type (``dashboard.config.blocks``) and what it is of."""

    title: Label
    lead: Label | None = None
    blocks: tuple[dict[str, str], ...]


class KpiSetting(Strict):
    target: float | None = None
    target_basis: str | None = None
    target_status: PolicyStatus = "usulan"
    set_by: str | None = None
    valid_from: date | None = None
    visibility: Visibility = "wall"


class Privacy(Strict):
    suppress_below: int = Field(default=5, ge=1)  # small cells of sensitive categories
    cell_days: int = Field(default=30, gt=0)  # how long the 250 m cell and the keyed signature live
    quarantine_days: int = Field(default=30, gt=0)  # how long the masked shape of an unreadable row is kept
    key: str = "{file:var/privacy.key}"  # made on first start when it is a file that is missing


class Database(Strict):
    url: str = "sqlite:///var/liveroom.sqlite"  # LIVEROOM_DATABASE_URL wins


class RedisSettings(Strict):
    url: str | None = None  # None: embedded Valkey on a Unix socket; LIVEROOM_REDIS_URL wins


class Web(Strict):
    host: str = "127.0.0.1"
    port: int = Field(default=8050, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")


class ClockSettings(Strict):
    start: datetime | None = None
    rate: float = Field(default=1.0, gt=0, le=10_000)


class Simulator(Strict):
    """The stand-in city. Absent in a real installation."""

    port: int = 8700  # control port; departments listen on the following ports
    seed: int = 2016
    folder: str = "var/simulator"  # its SQL database and drop folder
    aspirations_per_day: float = 36.5
    history_days: int = 120
    token: str = "{file:var/simulator.token}"  # noqa: S105


class Uplink(Strict):
    """What is asked first when several sources fail at once: host:port pairs; empty = not asked."""

    targets: tuple[str, ...] = ()


class Config(Strict):
    """The whole file."""

    city: City
    regions: Regions
    departments: tuple[Department, ...]
    kinds: dict[str, Kind]
    status_kinds: dict[str, StatusKind] = {}
    classes: dict[str, Label] = {}
    categories: tuple[Category, ...] = ()
    commodities: tuple[Commodity, ...] = ()
    markets: tuple[Market, ...] = ()
    price_limits: tuple[PriceLimit, ...] = ()
    working_hours: dict[str, WorkingHours]
    holidays: Holidays = Holidays()
    publications: dict[str, Publication] = {}
    policies: tuple[Policy, ...] = ()
    published_totals: tuple[PublishedTotal, ...] = ()
    shifts: tuple[Shift, ...] = ()
    sources: tuple[Source, ...]
    walls: dict[str, Wall]
    pages: dict[str, Page] = {}
    kpis: dict[str, KpiSetting] = {}
    facilities: tuple[Facility, ...] = ()
    measure_groups: dict[str, Label] = {}
    metrics: dict[str, Metric] = {}
    components: dict[str, Component] = {}
    privacy: Privacy = Privacy()
    database: Database = Database()
    redis: RedisSettings = RedisSettings()
    web: Web = Web()
    clock: ClockSettings = ClockSettings()
    simulator: Simulator | None = None
    uplink: Uplink = Uplink()
    soon_share: float = Field(default=0.2, gt=0, lt=1)  # "about to be late": this share of the time left
    new_mark_s: Seconds = 120  # how long a new row stays marked
    min_sample: int = Field(default=5, ge=1)  # fewer open cases: "sedikit kasus", never ranked

    _folder: Path = PrivateAttr(default=Path("."))
    _digest: str = PrivateAttr(default="")

    @property
    def folder(self) -> Path:
        """The folder of the file: relative paths in it start here."""
        return self._folder

    @property
    def digest(self) -> str:
        """Tells two versions of the file apart."""
        return self._digest

    def placed(self, folder: Path, digest: str) -> Config:
        """This configuration, knowing where it came from."""
        self._folder, self._digest = folder, digest
        return self
