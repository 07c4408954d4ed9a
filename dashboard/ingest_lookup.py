"""Registry lookups that are remembered: a payload of thousands of rows has a few dozen different words; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from dashboard.config.registry import Registry
from dashboard.contract import Place
from dashboard.records import UNKNOWN, CaseStatus

KEPT = 4096
LONG = 200
"""A longer word is looked up but not remembered: memory stays bounded whatever a source sends."""


class RememberedWords:
    """``contract.Words`` over one registry."""

    def __init__(self, registry: Registry) -> None:
        remember = lru_cache(maxsize=KEPT)
        self._registry = registry
        self._places = registry.places()
        self._department = remember(registry.department)
        self._department_at = remember(registry.department_at)
        self._district = remember(registry.district)
        self._subdistrict = remember(registry.subdistrict)
        self._category = remember(registry.category)
        self._market = remember(registry.market)
        self._facility = remember(registry.facility)
        self._region = remember(registry.region)
        self._commodity = remember(registry.commodity)
        self._unit = remember(registry.unit)
        self._status = remember(lambda word, scale: registry.status(word, dict(scale)))

    def department(self, word: str | None, at: datetime | None = None) -> str | None:
        code = self._department(word) if _short(word) else self._registry.department(word)
        if code is None or code == UNKNOWN or at is None:
            return code
        day: date = at.astimezone(self._registry.zone).date()
        return self._department_at(code, day)

    def district(self, word: str | None) -> str | None:
        return self._district(word) if _short(word) else self._registry.district(word)

    def subdistrict(self, word: str | None, district: str | None = None) -> str | None:
        return self._subdistrict(word, district) if _short(word) else self._registry.subdistrict(word, district)

    def category(self, word: str | None) -> str | None:
        return self._category(word) if _short(word) else self._registry.category(word)

    def market(self, word: str | None) -> str | None:
        return self._market(word) if _short(word) else self._registry.market(word)

    def facility(self, word: str | None) -> str | None:
        return self._facility(word) if _short(word) else self._registry.facility(word)

    def region(self, word: str | None) -> str | None:
        return self._region(word) if _short(word) else self._registry.region(word)

    def places(self) -> tuple[Place, ...]:
        return self._places

    def commodity(self, word: str | None, unit: str | None) -> str | None:
        if _short(word) and _short(unit):
            return self._commodity(word, unit)
        return self._registry.commodity(word, unit)

    def unit(self, word: str | None) -> str | None:
        return self._unit(word) if _short(word) else self._registry.unit(word)

    def status(self, word: str | None, scale: Mapping[str, str]) -> CaseStatus:
        if _short(word):
            return self._status(word, tuple(scale.items()))
        return self._registry.status(word, scale)


def _short(word: str | None) -> bool:
    return word is None or len(word) <= LONG
