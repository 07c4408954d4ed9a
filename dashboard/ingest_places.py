"""Uses up a Transient: subdistrict, cell, duplicate group, reused photo, redacted summary; then it is dropped.

Nothing of it leaves this module but codes, a cell of about 250 m and a keyed signature, which both expire.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard.config.model import Source
from dashboard.geography import Locate
from dashboard.history.batch import Place
from dashboard.history.codec import instant
from dashboard.records import UNKNOWN, Case, Transient

CELL_DEGREES = 0.00225  # about 250 m in the north-south direction
GROUP_WITHIN = timedelta(hours=24)
SUMMARY_CHARS = 280

Redact = Callable[[str], str]


@dataclass(slots=True)
class _Lead:
    number: int
    opened_at: datetime


class Places:
    """Duplicate groups of the last days, over all sources. In memory; rebuilt from ``case_place``."""

    def __init__(self, key: bytes, days: int, locate: Locate, redact: Redact) -> None:
        self._key, self._keep = key, timedelta(days=days)
        self._locate, self._redact = locate, redact
        self._leads: dict[tuple[str, str, int, int], _Lead] = {}
        self._photos: dict[bytes, int] = {}

    def load(self, rows: list[Any]) -> None:
        for row in rows:
            if row.signature is not None:
                self._photos.setdefault(bytes(row.signature), row.number)
            if row.cell is not None and row.category is not None and row.grp == f"g{row.number}":
                x, y = (int(part) for part in row.cell.split(":"))
                self._leads[row.kind, row.category, x, y] = _Lead(row.number, instant(row.opened_at))

    def settle(self, record: Case, transient: Transient | None, registry: Any) -> Case:
        """The record with a subdistrict from its point, where the source names none."""
        if transient is None or transient.point is None or record.subdistrict not in (None, UNKNOWN):
            return record
        code = self._locate(*transient.point)
        if code is None:
            return record
        district = registry.district_of(code)
        if record.district in (None, UNKNOWN):
            return replace(record, subdistrict=code, district=district)
        return replace(record, subdistrict=code) if record.district == district else record

    def group(self, record: Case, number: int, transient: Transient | None, now: datetime) -> tuple[Case, Place | None]:
        """The new case with its duplicate group, and what is kept of its place for a while."""
        if transient is None or (transient.point is None and not transient.photo_hashes):
            return record, None
        signature = self._signature(transient.photo_hashes)
        reused = signature is not None and self._photos.setdefault(signature, number) != number
        cell = self._cell(transient.point)
        if cell is not None and record.category not in (None, UNKNOWN):
            record = replace(record, group=self._join(record, number, cell))
        place = Place(
            number=number,
            cell=None if cell is None else f"{cell[0]}:{cell[1]}",
            signature=signature,
            photos=len(transient.photo_hashes),
            photo_reused=reused,
            opened_at=record.opened_at,
            expires_at=now + self._keep,
        )
        return record, place

    def summary(self, source: Source, transient: Transient | None) -> str | None:
        if not source.summary or transient is None or not transient.text:
            return None
        return self._redact(transient.text)[:SUMMARY_CHARS] or None

    def _join(self, record: Case, number: int, cell: tuple[int, int]) -> str:
        kind, category = record.kind, record.category or ""
        for dx in (0, -1, 1):
            for dy in (0, -1, 1):
                lead = self._leads.get((kind, category, cell[0] + dx, cell[1] + dy))
                if lead is not None and abs(record.opened_at - lead.opened_at) <= GROUP_WITHIN:
                    return f"g{lead.number}"
        self._leads[kind, category, *cell] = _Lead(number, record.opened_at)
        return f"g{number}"

    @staticmethod
    def _cell(point: tuple[float, float] | None) -> tuple[int, int] | None:
        if point is None or not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180) or point == (0.0, 0.0):
            return None
        return int(point[0] // CELL_DEGREES), int(point[1] // CELL_DEGREES)

    def _signature(self, hashes: tuple[str, ...]) -> bytes | None:
        if not hashes:
            return None
        return hashlib.blake2b("|".join(sorted(hashes)).encode(), key=self._key, digest_size=16).digest()
