"""The stand-in survey base of the satisfaction index: nine elements by unit and quarter, behind a view for reading.

``refuse`` takes the view away, ``hang`` holds the whole file. The people who were asked are in the table, not the view.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.noise import unit
from connectors.simulator.row_faults import Shape
from connectors.simulator.words import invent_person

SHAPE = Shape(
    key="id",
    mandatory="triwulan",
    times=("triwulan", "per"),
    numbers=("nilai", "responden"),
    texts=("unit", "catatan"),
    identity=("unit", "unsur"),
)
COLUMNS = ("id", "unit", "triwulan", "unsur", "nilai", "responden", "per", "catatan")
ELEMENTS = tuple(f"U{n}" for n in range(1, 10))
UNITS = ("Disdukcapil", "DPMPTSP", "RSUD", "Dinkes", "Dinsos", "Disnaker", "Perumda Tirta Benteng")
QUARTERS = 5
PAUSE_S = 15.0
_ALL = (*COLUMNS, "surveyor")
_UPSERT = f"INSERT OR REPLACE INTO survey ({', '.join(_ALL)}) VALUES ({', '.join('?' * len(_ALL))})"  # noqa: S608
_VIEW = f"CREATE VIEW IF NOT EXISTS v_ikm AS SELECT {', '.join(COLUMNS)} FROM survey"  # noqa: S608


class Satisfaction:
    name = "satisfaction"

    def __init__(self, city: City, path: Path, ledger: Ledger, spoilt: Misbehaviour) -> None:
        self._city, self._path, self._ledger, self.spoilt = city, path, ledger, spoilt
        self._written: dict[str, str] = {}
        self._revision = 0
        self._next_at = 0.0
        self._holding: sqlite3.Connection | None = None

    def start(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        with self._connect() as base:
            typed = ", ".join(
                f"{c} REAL" if c == "nilai" else f"{c} INTEGER" if c == "responden" else f"{c} TEXT" for c in _ALL
            )
            base.execute(f"CREATE TABLE survey ({typed}, PRIMARY KEY (id))")
            base.execute(_VIEW)
        base.close()

    def stop(self) -> None:
        if self._holding is not None:
            self._holding.close()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write what changed until ``now``; returns how many rows."""
        if self._holding is not None and not self.spoilt.active("hang"):
            self._holding.close()
            self._holding = None
        if self._holding is not None or (real_at < self._next_at and self.spoilt.revision == self._revision):
            return 0
        self._next_at = real_at + PAUSE_S
        if self.spoilt.revision != self._revision:
            self._rewrite()
        rows = self.spoilt.spoil_rows(list(self._rows(now)), SHAPE, now)
        rows = [row for row in rows if self._written.get(row.key) != row.digest]
        if rows:
            base = self._connect()
            base.execute("BEGIN IMMEDIATE")
            base.executemany(_UPSERT, [[row.fields.get(column) for column in _ALL] for row in rows])
            base.execute("COMMIT")
            base.close()
            self._written.update({row.key: row.digest for row in rows})
            self._ledger.note(self.name, rows, now, real_at)
        if self.spoilt.active("hang"):
            self._holding = self._connect()
            self._holding.execute("BEGIN EXCLUSIVE")
        return len(rows)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=2, isolation_level=None)

    def _rewrite(self) -> None:
        self._revision = self.spoilt.revision
        self._written.clear()
        base = self._connect()
        base.execute("DELETE FROM survey")
        base.execute("DROP VIEW IF EXISTS v_ikm" if self.spoilt.active("refuse") else _VIEW)
        base.close()

    def _rows(self, now: datetime) -> Iterator[Row]:
        """This quarter as far as it has been asked, and those before it."""
        today = self._city.local_day(now - timedelta(hours=16))
        quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        units = [*(f"Kecamatan {name}" for _, name in sorted(self._city.districts.items())), *UNITS]
        for back in range(QUARTERS):
            months = quarter.year * 12 + quarter.month - 1 - 3 * back
            begun = date(months // 12, months % 12 + 1, 1)
            ended = date((months + 3) // 12, (months + 3) % 12 + 1, 1) - timedelta(days=1)
            end = min(today, ended)
            passed = ((end - begun).days + 1) / ((ended - begun).days + 1)
            at = datetime.combine(end, time(16), self._city.zone)
            for name in units:
                yield from self._unit(name, begun, passed, at)

    def _unit(self, name: str, begun: date, passed: float, at: datetime) -> Iterator[Row]:
        """Each person answers all nine; a small office asks few."""
        key = f"{self._city.seed}|ikm|{name}"
        people = int((12 + 240 * unit(key) ** 2) * passed)
        mood = 3.05 + 0.6 * unit(f"{key}|mood") + 0.12 * (unit(f"{key}|{begun}") - 0.5)
        surveyor = invent_person(Random(key)).name
        for element in ELEMENTS if people else ():
            mean = min(3.95, max(1.5, mood + 0.5 * (unit(f"{key}|{element}") - 0.5)))
            scores = round(mean * people)  # whole scores of whole people
            row = f"{begun:%Y%m}-{name}-{element}".replace(" ", "_")
            fields: dict[str, Any] = {
                "id": row, "unit": name, "triwulan": begun.isoformat(), "unsur": element, "nilai": scores / people,
                "responden": people, "per": naive(at, self._city.zone), "catatan": None, "surveyor": surveyor,
            }  # fmt: skip
            yield Row(row, fields, (surveyor,))
