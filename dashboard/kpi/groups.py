"""The key figures of each kind broken down by category and by class; the same functions as for districts and
departments, never a figure of its own.

A second ledger, placed by group. Only desks look at it, so the documents are made at most every ``PAUSE`` of city time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dashboard.calendar import Calendar
from dashboard.kpi.batch import Batch, Codes
from dashboard.kpi.descriptions import BY_KEY, Description, value_key
from dashboard.kpi.figures import Behind, ms
from dashboard.kpi.functions import Cell, Tally
from dashboard.kpi.ledger import Ledger
from dashboard.kpi.percentiles import PercentileTable
from dashboard.kpi.stock import OpenCounts
from dashboard.kpi.timeline import Timeline
from dashboard.snapshot import Group, Groups, Window

PAUSE = timedelta(seconds=2)
WINDOWS = ("today", "d30")  # a year of some hundred groups is a quarter of a gigabyte
FIGURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("received", ("today", "d30")), ("open", ("now",)), ("waiting", ("now",)), ("in_process", ("now",)),
    ("paused", ("now",)), ("overdue", ("now",)), ("overdue_proposed", ("now",)), ("due_soon", ("now",)),
    ("due_soon_proposed", ("now",)), ("oldest_open", ("now",)), ("closed", ("today", "d30")),
    ("closed_in_time", ("d30",)), ("closed_in_time_proposed", ("d30",)), ("closed_in_time_declared", ("d30",)),
    ("closed_in_time_proposed_declared", ("d30",)), ("answered_in_time", ("today", "d30")),
    ("answered_in_time_proposed", ("today", "d30")), ("answered_in_time_declared", ("d30",)),
    ("answered_in_time_proposed_declared", ("d30",)), ("response_median", ("today", "d30")),
    ("response_p90", ("d30",)), ("resolution_median", ("today", "d30")), ("resolution_p90", ("d30",)),
    ("resolution_median_declared", ("d30",)),
)  # fmt: skip
"""Keys of the descriptions and their windows."""


class GroupBook:
    """Every case is put in once, as into the ledger of the scopes."""

    def __init__(self, codes: Codes, calendar: Calendar, now: datetime) -> None:
        self._codes = codes
        self._ledger = Ledger(codes.groups, Timeline(calendar, now, WINDOWS), now)
        self._percentiles = PercentileTable(codes.groups, self._ledger)
        self._made_at: datetime | None = None
        self._waits = False

    def change(self, batch: Batch, sign: int, now: datetime) -> None:
        self._ledger.change(batch.grouped(), sign, now)

    def roll(self, now: datetime) -> None:
        self._ledger.roll(now)

    def due(self, now: datetime) -> bool:
        """Whether it is time to make the documents again; if not, ``next_due`` says when."""
        self._waits = self._made_at is not None and self._made_at <= now < self._made_at + PAUSE
        return not self._waits

    def next_due(self, now: datetime) -> datetime | None:
        return self._made_at + PAUSE if self._made_at is not None and self._waits else None

    def documents(
        self,
        opened: OpenCounts,
        windows: Mapping[str, Window],
        behind: Sequence[Behind],
        working_days: Mapping[str, float],
        now: datetime,
    ) -> dict[str, Groups]:
        """``groups:KIND`` for every kind that a source has brought something of."""
        self._made_at, self._waits = now, False
        tally = Tally(
            open=opened,
            flows={},
            count=self._ledger.count,
            percentiles=self._percentiles.of,
            working_days=working_days,
            bulk=np.zeros_like(opened.oldest),
            uncovered=self._ledger.uncovered,
        )
        plan = [(BY_KEY[key], window) for key, of in FIGURES for window in of if window in windows]
        cells = [(d, window, d.function(tally, window)) for d, window in plan]
        known = [kind for kind, one in enumerate(behind) if one.sources]
        used = (opened.by["open"] > 0) | (self._ledger.count("received", "d30") > 0)
        used |= self._ledger.count("closed_observed", "d30") > 0
        return {
            f"groups:{self._codes.kinds[kind]}": self._kind(kind, cells, windows, behind[kind], used[kind], now)
            for kind in known
        }

    def _kind(
        self,
        kind: int,
        cells: Sequence[tuple[Description, str, Cell]],
        windows: Mapping[str, Window],
        behind: Behind,
        used: Any,
        now: datetime,
    ) -> Groups:
        name = self._codes.kinds[kind]
        own = [(d, window, cell) for d, window, cell in cells if d.applies_to(name)]
        scopes = [scope for scope in np.flatnonzero(used).tolist() if scope > 0]
        columns = {value_key(name, d.key, window): _column(cell, kind, scopes) for d, window, cell in own}
        rows = {
            self._codes.groups.scopes[scope]: {key: column[n] for key, column in columns.items()}
            for n, scope in enumerate(scopes)
        }
        return {
            "figures": {value_key(name, d.key, window): windows[window] for d, window, _ in own},
            "rows": rows,
            "sources": list(behind.sources),
            "missing": [f"source:{source}" for source in behind.down],
            "data_at": behind.data_at,
            "as_of": ms(now) or 0,
        }


def _column(cell: Cell, kind: int, scopes: Sequence[int]) -> list[Group]:
    """One figure of these scopes."""
    told = (_numbers(array, kind, scopes) for array in (cell.value, cell.numerator, cell.denominator, cell.n))
    gaps = [(gap, _numbers(array, kind, scopes)) for gap, array in cell.missing.items() if array.any()]
    return [
        {
            "value": value,
            "numerator": numerator,
            "denominator": denominator,
            "n": n,
            "missing": [f"{gap}:{missing[at]}" for gap, missing in gaps if missing[at]],
        }
        for at, (value, numerator, denominator, n) in enumerate(zip(*told, strict=True))
    ]


def _numbers(array: Any, kind: int, scopes: Sequence[int]) -> list[float | None]:
    """A whole number as int, not known as None."""
    if array is None:
        return [None] * len(scopes)
    found: list[float] = array[kind][list(scopes)].tolist()
    return [None if x != x else int(x) if x == int(x) else x for x in found]
