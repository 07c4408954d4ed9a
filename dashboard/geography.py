"""Which subdistrict a point lies in, by a city's official boundaries; never guesses from the schematic map."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import shapely
from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from dashboard.config.model import Regions

Locate = Callable[[float, float], str | None]


def official_areas(regions: Regions, folder: Path) -> dict[str, BaseGeometry]:
    """Code of a district or subdistrict -> its area in degrees (lon, lat), from the GeoJSON of ``regions.boundaries``.

    Joined by the property ``code`` only: names are not unique. Empty when the installation has no boundaries.
    """
    if regions.boundaries is None:
        return {}
    known = {place.code for place in (*regions.districts, *regions.subdistricts)}
    parts: dict[str, list[BaseGeometry]] = {}
    for feature in json.loads((folder / regions.boundaries).read_text("utf-8")).get("features", ()):
        code = str((feature.get("properties") or {}).get("code", ""))
        if code in known and feature.get("geometry"):
            parts.setdefault(code, []).append(shapely.make_valid(shape(feature["geometry"])))
    return {code: shapely.union_all(found) for code, found in parts.items()}


def locator(regions: Regions, folder: Path) -> Locate:
    """(latitude, longitude) in degrees -> code of the subdistrict around it; None outside all, on a border between
    two, and everywhere in a city without official boundaries of its subdistricts."""
    areas = official_areas(regions, folder)
    codes = [place.code for place in regions.subdistricts if place.code in areas]
    if not codes:
        return lambda latitude, longitude: None
    tree = shapely.STRtree([areas[code] for code in codes])

    def subdistrict_at(latitude: float, longitude: float) -> str | None:
        found = tree.query(Point(longitude, latitude), predicate="intersects")
        return codes[found[0]] if len(found) == 1 else None

    return subdistrict_at
