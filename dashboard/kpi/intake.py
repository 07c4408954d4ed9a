"""The open cases of a kind by the system they came from: state, stage, how often passed on; never names a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from dashboard.kpi.figures import ms
from dashboard.kpi.stock import OpenTable

Document = dict[str, Any]


class IntakeBook:
    """Counted again only when an open case has changed."""

    def __init__(self) -> None:
        self._version = -1
        self._made: dict[str, Document] = {}

    def documents(self, table: OpenTable, kinds: Sequence[str], now: datetime) -> dict[str, Document]:
        """``intake:KIND`` of every kind; without an open case there is no system in it."""
        if table.version != self._version:
            self._version = table.version
            self._made = {f"intake:{kind}": _sources(table, number) for number, kind in enumerate(kinds)}
        return {key: {**body, "as_of": ms(now) or 0} for key, body in self._made.items()}


def _sources(table: OpenTable, kind: int) -> Document:
    rows, found = table.rows(), {}
    of_kind = rows["kind"] == kind
    for number, source in enumerate(table.sources):
        mine = of_kind & (rows["source"] == number)
        if not mine.any():
            continue
        transfers = rows["transfers"][mine]
        known = transfers[transfers >= 0]
        found[source] = {
            "open": int(mine.sum()),
            "statuses": _named(rows["status"][mine], table.statuses),
            "stages": _named(rows["stage"][mine], table.stages),
            "passed_on": int((known > 0).sum()) if known.size else None,
            "transfers": int(known.sum()) if known.size else None,
        }
    return {"sources": dict(sorted(found.items()))}


def _named(codes: Any, names: Sequence[str]) -> dict[str, int]:
    """How many of each; in the order of the names, so that it does not depend on the order in which they came."""
    numbers, counts = np.unique(codes, return_counts=True)
    return dict(sorted((names[n], int(count)) for n, count in zip(numbers.tolist(), counts.tolist(), strict=True)))
