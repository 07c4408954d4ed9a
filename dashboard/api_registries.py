"""What the codes of the other answers mean, from the configuration of today; pure, and never names what the reader
may not be told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel

from dashboard.api_documents import Ask
from dashboard.api_types import Answer
from dashboard.config.model import Label

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    code: str
    name: str
    room: str
    zone: str
    population: int | None
    population_year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A district (``parent``: the city) or a subdistrict (``parent``: its district). ``population_note``: of when;
    figures of different times are never compared."""

    code: str
    name: str
    parent: str
    population: int | None
    population_note: str | None
    area_km2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """``valid_to``: the first day without it; its work goes on with the ``successor``. ``contact``: an office's."""

    abbr: str
    name: str
    contact: str | None
    district: str | None
    valid_from: date | None
    valid_to: date | None
    successor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """``department``: of a category, its usual owner."""

    code: str
    label_id: str
    label_en: str
    department: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commodity:
    code: str
    label_id: str
    label_en: str
    unit: str
    wall: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLimit:
    """``amount`` is the upper edge, by which a price is judged."""

    commodity: str
    kind: str
    unit: str
    amount: float
    lower: float | None
    valid_from: date
    valid_to: date | None
    basis: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    code: str
    label_id: str
    label_en: str
    district: str | None
    valid_from: date | None
    valid_to: date | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A place of service that reports for itself; ``valid_to``: the first day without it."""

    code: str
    kind: str
    label_id: str
    label_en: str
    district: str | None
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A promise of time. ``sources``: whose cases it is about, None: of every source of the kind; ``amount`` None: no
    deadline; ``status`` usulan: proposed."""

    id: str
    kind: str
    sources: Sequence[str] | None
    klass: str | None
    category: str | None
    measure: str
    amount: float | None
    unit: str
    basis: str
    status: str
    valid_from: date
    valid_to: date | None
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTotal:
    """What somebody printed of a kind of case. ``difference``: what its parts add up to (``explained``) less received;
    ``percent``: the share closed by its own numbers, beside the one that was stated."""

    kind: str
    source: str | None
    start: date
    end: date
    received: int
    also: int | None
    parts: Mapping[str, int]
    explained: int
    difference: int
    stated_percent: float | None
    percent: float | None
    cited: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries(Answer):
    """Of the configuration in force; what an answer's codes mean, and what its deadlines and limits stand on."""

    city: City
    districts: Sequence[Region]
    subdistricts: Sequence[Region]
    departments: Sequence[Department]
    kinds: Sequence[Named]
    classes: Sequence[Named]
    categories: Sequence[Named]
    commodities: Sequence[Commodity]
    price_limits: Sequence[PriceLimit]
    markets: Sequence[Market]
    facilities: Sequence[Facility]
    policies: Sequence[Policy]
    published_totals: Sequence[PublishedTotal]


def registries(ask: Ask, _: Mapping[str, Any]) -> Registries:
    known, config = ask.known, ask.known.registry.config
    categories = {c.code: c for c in config.categories if c.visibility in known.levels}
    return Registries(
        **ask.head,
        city=_told(City, config.city),
        districts=[_told(Region, place, parent=config.city.code) for place in config.regions.districts],
        subdistricts=[_told(Region, place) for place in config.regions.subdistricts],
        departments=[_told(Department, known.registry.departments[abbr]) for abbr in known.departments],
        kinds=[_named(code, config.kinds[code].label) for code in known.kinds],
        classes=[_named(code, label) for code, label in config.classes.items()],
        categories=[_named(code, c.label, c.department) for code, c in categories.items()],
        commodities=[_told(Commodity, c, label_id=c.label.id, label_en=c.label.en) for c in config.commodities],
        price_limits=[_told(PriceLimit, limit) for limit in config.price_limits],
        markets=[
            _told(Market, market, label_id=market.label.id, label_en=market.label.en) for market in config.markets
        ],
        facilities=[_told(Facility, f, label_id=f.label.id, label_en=f.label.en) for f in config.facilities],
        policies=[
            _told(Policy, policy)
            for policy in config.policies
            if policy.kind in known.kinds and (policy.category is None or policy.category in categories)
            if known.hidden.isdisjoint(policy.sources or ())
        ],
        published_totals=[
            _told(PublishedTotal, one)
            for one in config.published_totals
            if one.kind in known.kinds and one.source not in known.hidden
        ],
    )


def _named(code: str, label: Label, department: str | None = None) -> Named:
    return Named(code=code, label_id=label.id, label_en=label.en, department=department)


def _told(of: type[T], block: BaseModel, **beside: Any) -> T:
    """The fields of ``of``, as the block of the configuration says them."""
    names = [field.name for field in fields(of) if field.name not in beside]  # type: ignore[arg-type]
    return of(**{name: getattr(block, name) for name in names}, **beside)
