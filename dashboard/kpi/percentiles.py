"""Percentiles of all kinds and scopes as arrays; only the series that changed are read again; no state of its own
that the ledger does not have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dashboard.kpi.batch import Axes, Codes
from dashboard.kpi.ledger import DURATIONS, Ledger

Floats = NDArray[np.float64]


class PercentileTable:
    def __init__(self, axes: Codes | Axes, ledger: Ledger) -> None:
        self._axes = axes
        self._ledger = ledger
        self._found: dict[tuple[str, str], Floats] = {}

    def of(self, name: str, window: str) -> tuple[Floats, Floats, Floats]:
        """n, median and 90th percentile of a duration in a window, each of shape (kind, scope)."""
        self._refresh()
        found = self._found.get((name, window))
        if found is None:
            found = self._fresh()
        return found[0], found[1], found[2]

    def _fresh(self) -> Floats:
        found = np.full((3, len(self._axes.kinds), len(self._axes.scopes)), np.nan)
        found[0] = 0
        return found

    def _refresh(self) -> None:
        spans = self._ledger.spans
        for name in DURATIONS:
            touched, self._ledger.touched[name] = self._ledger.touched[name], set()
            if not touched:
                continue
            rows = {w: self._found.setdefault((name, w), self._fresh()) for w in spans}
            series = self._ledger.durations[name].series
            for key in touched:
                for window, (n, median, p90) in series[key].percentiles(spans).items():
                    row = rows[window]
                    row[0][key] = n
                    row[1][key] = np.nan if median is None else median
                    row[2][key] = np.nan if p90 is None else p90
