"""A place of the stand-in city; pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A subdistrict with its district, as this city's systems write them."""

    code: str
    name: str
    district: str
    district_name: str
    lat: float | None
    lon: float | None
    weight: float
