"""The city's districts as outlines for a screen: official boundaries, or a schematic map made of the registry's own
centroids and areas; never a basis for placing a case, only a drawing.

Schematic: the Voronoi cells of the subdistricts' centroids, cut to an outline of discs as large as the subdistricts,
dissolved to districts. Recognisable, free of third-party polygons, and the same on every start.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from dashboard.config.model import District, Regions
from dashboard.geography import official_areas

KM_PER_DEGREE = 111.32
OUTLINE_GROWTH = 1.75  # discs of a subdistrict's own area leave holes between them
SMOOTH_KM = 0.35
GAP_KM = 0.09  # of ground between two districts
SIMPLIFY_KM = 0.05
LEAST_KM2 = 0.02  # smaller slivers are not drawn
MARK = (0.19, 0.19)  # of a mark alone on a small map
LABEL = (0.235, 0.11)  # of a long number, as shares of the map's width
SHORT_LABEL = (0.34, 0.3)  # half the size of an everyday number, as shares of a long one
LABEL_STARTS, LABEL_ROUNDS, OVERLAP = 24, 12, 40.0
STRANGE = 6.0  # how much worse it is to lie on another district than beside the map
BESIDE = 0.05  # of the map's width: a long number may stand out so far
GRID_KM, INSIDE_KM = 0.28, 0.25
MOST_PLACES = 2_400  # for all labels of a map together: in a large city the grid is wider


@dataclass(frozen=True, slots=True)
class Outline:
    """One district. Points are shares (0-1) of the map's box, y downwards; ``label_*`` is where a number
    lies clear of the others, ``centre_*`` where a mark alone does; ``widest_*`` is the middle of its widest place and
    ``room_*`` the size of that."""

    code: str
    points: tuple[tuple[float, float], ...]
    label_x: float
    label_y: float
    centre_x: float
    centre_y: float
    widest_x: float
    widest_y: float
    room_x: float
    room_y: float


@dataclass(frozen=True, slots=True)
class Atlas:
    """``aspect`` is width by height."""

    outlines: tuple[Outline, ...]
    aspect: float
    schematic: bool


@lru_cache(maxsize=8)
def atlas_of(regions: Regions, folder: Path) -> Atlas | None:
    """The map of a city; None when its registry holds neither places nor boundaries."""
    if regions.boundaries is not None:
        districts, schematic = _official(regions, official_areas(regions, folder)), False
    else:
        districts, schematic = _schematic(regions), True
    districts = {code: shape for code, shape in districts.items() if not shape.is_empty}
    return _drawn(districts, schematic) if districts else None


def _projected(points: Iterable[tuple[float, float]], middle: float) -> list[tuple[float, float]]:
    """(lon, lat) in degrees to kilometres; good enough for one city."""
    scale = math.cos(math.radians(middle)) * KM_PER_DEGREE
    return [(lon * scale, lat * KM_PER_DEGREE) for lon, lat in points]


def _schematic(regions: Regions) -> dict[str, BaseGeometry]:
    places: list[tuple[str, District]] = [(s.parent, s) for s in regions.subdistricts]
    places = places or [(d.code, d) for d in regions.districts]
    known = [
        (parent, place.lon, place.lat, place.area_km2 or 1.0)
        for parent, place in places
        if place.lon is not None and place.lat is not None
    ]
    if len(known) < 3:
        return {}
    middle = sum(lat for _, _, lat, _ in known) / len(known)
    at = _projected(((lon, lat) for _, lon, lat, _ in known), middle)
    discs = [
        Point(x, y).buffer(math.sqrt(area / math.pi) * OUTLINE_GROWTH**0.5)
        for (x, y), (_, _, _, area) in zip(at, known, strict=True)
    ]
    outline = shapely.union_all(discs).buffer(SMOOTH_KM * 2).buffer(-SMOOTH_KM * 3).buffer(SMOOTH_KM)
    cells = shapely.voronoi_polygons(MultiPoint(at), extend_to=outline.envelope.buffer(5), ordered=True)
    by_district: dict[str, list[BaseGeometry]] = {}
    for (parent, _, _, _), cell in zip(known, cells.geoms, strict=True):
        by_district.setdefault(parent, []).append(cell.intersection(outline))
    return {code: shapely.union_all(parts) for code, parts in by_district.items()}


def _official(regions: Regions, areas: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Districts in kilometres; a subdistrict's area is part of its district's."""
    parents = {s.code: s.parent for s in regions.subdistricts}
    found: dict[str, list[BaseGeometry]] = {}
    for code, area in areas.items():
        found.setdefault(parents.get(code, code), []).append(area)
    whole = {code: shapely.union_all(parts) for code, parts in found.items()}
    if not whole:
        return {}
    middle = shapely.union_all(list(whole.values())).centroid.y
    scale = math.cos(math.radians(middle)) * KM_PER_DEGREE
    return {code: shapely.transform(area, lambda xy: xy * [scale, KM_PER_DEGREE]) for code, area in whole.items()}


def _drawn(districts: Mapping[str, BaseGeometry], schematic: bool) -> Atlas:
    left, bottom, right, top = shapely.union_all(list(districts.values())).bounds
    width, height = right - left, top - bottom
    drawn: dict[str, list[Polygon]] = {}
    for code, area in districts.items():
        parts = [part for part in _polygons(area.simplify(SIMPLIFY_KM).buffer(-GAP_KM)) if part.area > LEAST_KM2]
        drawn[code] = parts or _polygons(area)
    largest = {code: max(parts, key=lambda part: part.area) for code, parts in drawn.items()}
    labels, marks = _labels(largest, width, *LABEL), _labels(largest, width, *MARK)
    outlines = []
    for code, parts in drawn.items():
        widest_x, widest_y, room_x, room_y = _widest(largest[code])
        (x, y), (mark_x, mark_y) = labels[code], marks[code]
        outlines.append(
            Outline(
                code=code,
                points=tuple(
                    (round((px - left) / width, 4), round((top - py) / height, 4)) for px, py in _one_line(parts)
                ),
                label_x=(x - left) / width,
                label_y=(top - y) / height,
                centre_x=(mark_x - left) / width,
                centre_y=(top - mark_y) / height,
                widest_x=(widest_x - left) / width,
                widest_y=(top - widest_y) / height,
                room_x=room_x / width,
                room_y=room_y / height,
            )
        )
    return Atlas(tuple(outlines), width / height, schematic)


def _labels(
    areas: Mapping[str, Polygon], width: float, label_x: float, label_y: float
) -> dict[str, tuple[float, float]]:
    """A place for each label: clear of the other labels first, then as little of it as can be on another district, then
    as much as can be on its own: over the edge of the map it is still read as its own."""
    wide, high = label_x * width, label_y * width
    bounds = [area.bounds for area in areas.values()]
    low, top = min(b[1] for b in bounds) + high / 2, max(b[3] for b in bounds) - high / 2
    edge = wide / 2 - BESIDE * width
    first, last = min(b[0] for b in bounds) + edge, max(b[2] for b in bounds) - edge
    text_x, text_y = SHORT_LABEL[0] * wide, SHORT_LABEL[1] * high
    step = max(GRID_KM, math.sqrt(sum(area.area for area in areas.values()) / MOST_PLACES))
    places, worth = [], []
    for code, area in areas.items():
        others = shapely.union_all([other for name, other in areas.items() if name != code])
        x, y = _widest(area)[:2]
        at = np.array([(x, y), *(xy for xy in _places(area, step) if first <= xy[0] <= last and low <= xy[1] <= top)])
        boxes = shapely.box(at[:, 0] - text_x, at[:, 1] - text_y, at[:, 0] + text_x, at[:, 1] + text_y)
        own, strange = (shapely.area(shapely.intersection(boxes, on)) / shapely.area(boxes) for on in (area, others))
        places.append(at)
        worth.append(-STRANGE * strange**2 - (1 - own) ** 2 - 0.1 * np.hypot(*(at - (x, y)).T) / width)
    chosen = _settled(places, worth, np.array((wide, high)))
    return {code: (float(x), float(y)) for code, (x, y) in zip(areas, chosen, strict=True)}


def _settled(places: list[Any], worth: list[Any], size: Any) -> Any:
    """One of each label's places, so that the whole is worth most: of several starts, the same on every machine, the
    one that ends best. Two labels closer than ``size`` on both axes cost more than any place is worth."""
    every, owner = np.concatenate(places), np.repeat(np.arange(len(places)), [len(at) for at in places])
    x, y = (every / size).T
    apart = np.maximum(np.abs(x[:, None] - x), np.abs(y[:, None] - y))
    cost = OVERLAP * np.maximum(0.0, 1.0 - apart) * (owner[:, None] != owner)
    value, of = np.concatenate(worth), [np.flatnonzero(owner == one) for one in range(len(places))]
    chance, best, found = np.random.default_rng(0), -np.inf, np.array([at[0] for at in of])
    for start in range(LABEL_STARTS):
        held = np.array([at[0] if start == 0 else chance.choice(at) for at in of])
        for _ in range(LABEL_ROUNDS):
            before = held.copy()
            for one, at in enumerate(of):
                held[one] = at[(value[at] - cost[np.ix_(at, held)].sum(axis=1)).argmax()]
            if (held == before).all():
                break
        total = value[held].sum() - cost[np.ix_(held, held)].sum() / 2
        if total > best:
            best, found = total, held
    return every[found]


def _places(area: Polygon, step: float) -> list[tuple[float, float]]:
    """Points on a grid of ``step`` km well inside ``area``."""
    x0, y0, x1, y1 = area.bounds
    steps_x, steps_y = (max(2, math.ceil((end - start) / step)) for start, end in ((x0, x1), (y0, y1)))
    xs = [x0 + (x1 - x0) * n / steps_x for n in range(1, steps_x)]
    ys = [y0 + (y1 - y0) * n / steps_y for n in range(1, steps_y)]
    inner = area.buffer(-INSIDE_KM)
    return [(x, y) for x in xs for y in ys if inner.contains(Point(x, y))]


def _polygons(area: BaseGeometry) -> list[Polygon]:
    if isinstance(area, Polygon):
        return [area]
    return [part for part in getattr(area, "geoms", ()) for part in _polygons(part)] if not area.is_empty else []


def _one_line(parts: list[Polygon]) -> list[tuple[float, float]]:
    """All parts as one closed line: every further part is reached and left over the same edge, which has no width."""
    line: list[tuple[float, float]] = []
    for part in parts:
        ring = [(float(x), float(y)) for x, y in part.exterior.coords]
        line += ring if not line else [*ring, line[0]]
    return line


def _widest(area: Polygon) -> tuple[float, float, float, float]:
    """Where a label of about two by one fits best: the middle and the size of the place."""
    squeezed = shapely.transform(area, lambda xy: xy * [0.5, 1.0])
    circle = shapely.maximum_inscribed_circle(squeezed, tolerance=0.05)
    (x, y), edge = circle.coords[0], circle.length
    return x * 2, y, edge * 4 * 0.9, edge * 2 * 0.9
