"""Which place lies in which, and who owes a figure on a day: by the registries alone; never guesses a place."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Literal

from dashboard.config.registry import Registry
from dashboard.records import UNKNOWN

Level = Literal["city", "district", "subdistrict", "facility", "department", "unknown"]
LEVELS: tuple[Level, ...] = ("city", "district", "subdistrict", "facility", "department", "unknown")


class Territory:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.city = registry.config.city.code
        self._order = {
            code: n
            for n, code in enumerate(
                (
                    self.city, *registry.districts, *registry.subdistricts, *registry.facilities,
                    *registry.departments,
                )
            )
        }  # fmt: skip
        # The same few hundred places, asked again and again.
        self.level = lru_cache(maxsize=4096)(self._level)
        self.parent = lru_cache(maxsize=4096)(self._parent)

    def _level(self, place: str) -> Level:
        if place == self.city:
            return "city"
        if place in self._registry.districts:
            return "district"
        if place in self._registry.subdistricts:
            return "subdistrict"
        if place in self._registry.facilities:
            return "facility"
        return "department" if place in self._registry.departments else "unknown"

    def _parent(self, place: str) -> str | None:
        """The place it lies in; None for the city itself. A department of the whole city lies in the city."""
        level = self.level(place)
        if level == "city":
            return None
        district: str | None = None
        if level == "subdistrict":
            district = self._registry.district_of(place)
        elif level == "facility":
            district = self._registry.facilities[place].district
        elif level == "department":
            district = self._registry.departments[place].district
        return district or self.city

    def known(self, word: str) -> bool:
        """Whether some registry of places knows this word of a source."""
        of = self._registry
        found = (of.facility(word), of.region(word), of.subdistrict(word), of.department(word))
        return any(code not in (None, UNKNOWN) for code in found)

    def within(self, place: str, node: str) -> bool:
        """Whether ``place`` lies in ``node`` and is not it."""
        above = self.parent(place)
        while above is not None and above != node:
            above = self.parent(above)
        return above == node

    def due(self, places: str | None, day: date) -> list[str]:
        """Who owes a figure: all districts, subdistricts or departments, or the facilities of a kind."""
        if places is None:
            return []
        if places == "district":
            return list(self._registry.districts)
        if places == "subdistrict":
            return list(self._registry.subdistricts)
        if places == "department":
            known = self._registry.departments.values()
            return [
                found.abbr
                for found in known
                if (found.valid_from is None or found.valid_from <= day)
                and (found.valid_to is None or day < found.valid_to)
            ]
        return [facility.code for facility in self._registry.facilities_open(places, day)]

    def order(self, place: str) -> tuple[int, int, str]:
        """The city first, then districts, then single places, each in the order of its registry."""
        return LEVELS.index(self.level(place)), self._order.get(place, len(self._order)), place


def unknown(place: str) -> bool:
    """A place that no registry knows: counted in the whole, shown nowhere by itself."""
    return place.partition(":")[0] == UNKNOWN
