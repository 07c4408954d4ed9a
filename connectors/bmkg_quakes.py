"""BMKG's earthquakes with their distance from the city; never takes a local time for UTC.

Protocol: ``GET {url}/DataMKG/TEWS/{autogempa,gempaterkini,gempadirasakan}.json``, answered by ``{"Infogempa": {"gempa":
{..} or [..]}}``: ``DateTime`` is UTC with its offset, ``Tanggal`` and ``Jam`` ("16 Feb 2026", "13:15:30 WIB") are the
same instant; ``Coordinates`` is "lat,lon". The same earthquake stands in several lists. BMKG asks to be named.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from math import asin, cos, radians, sin, sqrt
from typing import Any, Literal

from pydantic import Field

from dashboard.contract import (
    COMPLETE,
    ConnectorOptions,
    FetchContext,
    NumberLocale,
    ParseContext,
    Payload,
    StatusKind,
)
from dashboard.decoding import http_date, instant
from dashboard.errors import RowRejected, SourceChanged
from dashboard.mapping_readers import Number, plain
from dashboard.records import Status

PARSER_VERSION = 1
SHAPES = ("status",)
Feed = Literal["autogempa", "gempaterkini", "gempadirasakan"]
ZONES = {"WIB": 7, "WITA": 8, "WIT": 9}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
SAME = timedelta(minutes=1)
EARTH_KM = 6371.0


class Options(ConnectorOptions):
    """``near_km`` and ``region_km``: how far from the middle of the city an earthquake is called near, regional."""

    feeds: tuple[Feed, ...] = ("autogempa", "gempaterkini", "gempadirasakan")
    near_km: float = Field(default=150, gt=0)
    region_km: float = Field(default=500, gt=0)
    kind: StatusKind = "quake"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Every list; an earthquake that stands in several comes once, and whether it was felt is what any of them says."""
    found: dict[str, dict[str, Any]] = {}
    served = None
    for feed in ctx.options.feeds:
        answer = await ctx.http.get(f"DataMKG/TEWS/{feed}.json")
        served = http_date(answer.headers.get("date")) or served
        body = answer.json()
        info = body.get("Infogempa") if isinstance(body, dict) else None
        quakes = info.get("gempa") if isinstance(info, dict) else None
        quakes = [quakes] if isinstance(quakes, dict) else quakes
        if not isinstance(quakes, list) or any(not isinstance(quake, dict) for quake in quakes):
            raise SourceChanged("envelope", f"{feed}: no Infogempa.gempa in the answer")
        for quake in quakes:
            key = f"{quake.get('DateTime') or (quake.get('Tanggal'), quake.get('Jam'))} {quake.get('Coordinates')}"
            found[key] = {**quake, **found.get(key, {})}
    return Payload(
        rows=list(found.values()), coverage=COMPLETE, fetched_at=ctx.now, source_time=served, published_at=served
    )


def parse(row: Any, ctx: ParseContext[Options]) -> Status:
    """One earthquake. The region is BMKG's text and is not kept; where it was is told by the distance."""
    at, local = instant(row.get("DateTime"), ctx.zone, "DateTime"), _local(row)
    if at is not None and local is not None and abs(at - local) > SAME:
        raise RowRejected("DateTime", "is not the same instant as Tanggal and Jam")
    when = at or local
    if when is None:
        raise RowRejected("DateTime", "is mandatory and empty")
    lat, lon = _point(plain(row["Coordinates"]) or "")
    places = ctx.words.places()
    if not places:
        raise RowRejected("Coordinates", "cannot be compared: no place of the city is known")
    middle = sum(place.lat for place in places) / len(places), sum(place.lon for place in places) / len(places)
    far = distance_km(middle, (lat, lon))
    felt = plain(row.get("Dirasakan"))
    tsunami = (plain(row.get("Potensi")) or "").casefold()
    state = "near" if far <= ctx.options.near_km else "regional" if far <= ctx.options.region_km else "far"
    return Status(
        subject=f"{when:%Y-%m-%dT%H:%M:%SZ} {lat:.2f},{lon:.2f}",
        label=f"M {magnitude:.1f}, {round(far)} km" if (magnitude := _number(row, "Magnitude")) is not None else "",
        kind=ctx.options.kind,
        state=state,
        since=when,
        attributes=(
            ("magnitude", magnitude),
            ("depth_km", _number(row, "Kedalaman")),
            ("distance_km", round(far)),
            ("felt", felt is not None),
            ("tsunami", None if not tsunami else "tidak berpotensi" not in tsunami),
        ),
    )


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Over the surface of the earth."""
    (lat, lon), (lat2, lon2) = one, other
    flat = sin(radians(lat2 - lat) / 2) ** 2
    flat += cos(radians(lat)) * cos(radians(lat2)) * sin(radians(lon2 - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(flat)))


def _local(row: Any) -> datetime | None:
    said = f"{plain(row.get('Tanggal')) or ''} {plain(row.get('Jam')) or ''}"
    parts = re.fullmatch(r"(\d{1,2}) (\w{3})\w* (\d{4}) (\d{2}):(\d{2}):(\d{2}) (WIB|WITA|WIT)", said)
    if parts is None or parts[2].title() not in MONTHS:
        return None
    day, year, hour, minute, second = (int(parts[n]) for n in (1, 3, 4, 5, 6))
    zone = timezone(timedelta(hours=ZONES[parts[7]]))
    return datetime(year, MONTHS.index(parts[2].title()) + 1, day, hour, minute, second, tzinfo=zone)


def _point(text: str) -> tuple[float, float]:
    parts = re.fullmatch(r"(-?\d{1,2}(?:\.\d+)?), ?(-?\d{1,3}(?:\.\d+)?)", text)
    if parts is None or abs(float(parts[1])) > 90 or abs(float(parts[2])) > 180:
        raise RowRejected("Coordinates", "is no lat,lon")
    return float(parts[1]), float(parts[2])


def _number(row: Any, field: str) -> float | None:
    """ "5.4", "10 km"."""
    return Number(path=(field,), strip=(" km", "km"), minimum=0, maximum=1000).maybe(row, NumberLocale())
