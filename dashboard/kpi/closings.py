"""Today's closings by department, to mark those that came in bulk; never keeps a closing past midnight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.facts import CaseFact
from dashboard.kpi.batch import Codes
from dashboard.kpi.bulk import SPAN_S, bulk_count
from dashboard.kpi.timeline import seconds
from dashboard.records import CaseStatus

Ints = NDArray[np.int64]
Group = tuple[int, int]  # kind, department (-1: none, or not to be named)


class TodaysClosings:
    """A closing is timed by the source's word, failing that by a poll interval short enough to mean something."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._held: dict[int, tuple[Group, int]] = {}
        self._bulk: Ints | None = None

    def begin(self) -> None:
        self._held.clear()
        self._bulk = None

    def put(self, fact: CaseFact, day_start: datetime) -> None:
        record = fact.record
        self._put(
            fact.number,
            record.kind,
            None if fact.visibility == "confidential" else record.department,
            record.status is CaseStatus.CLOSED,
            tuple(_second(at) for at in (record.resolved_at, fact.observed_close_after, fact.observed_close_by)),
            seconds(day_start),
        )

    def load(self, columns: Mapping[str, Sequence[Any]], day_start: datetime) -> None:
        """Columns of closed cases, as history gives them."""
        start = seconds(day_start)
        names = ("number", "kind", "department", "visibility", "status", "resolved_at", "observed_close_after")
        for last, *row in zip(columns["observed_close_by"], *(columns[name] for name in names), strict=True):
            by = _second(last)
            if by is None or by < start:
                continue
            number, kind, department, visibility, status, resolved, after = row
            shown = None if visibility == "confidential" else department
            self._put(number, kind, shown, status == CaseStatus.CLOSED, (_second(resolved), _second(after), by), start)

    def _put(
        self,
        number: int,
        kind: str,
        department: str | None,
        closed: bool,
        times: tuple[int | None, ...],
        day_start: int,
    ) -> None:
        self._bulk = None
        declared, after, by = times
        at = declared
        if at is None and by is not None and after is not None and by - after <= SPAN_S:
            at = by
        if not closed or kind not in self._codes.kind or by is None or by < day_start or at is None:
            self._held.pop(number, None)
            return
        group = (self._codes.kind[kind], self._codes.department(department))
        self._held[number] = (group, at)

    def bulk(self) -> Ints:
        """Closed in bulk today, shape (kind, scope): the city and each department."""
        if self._bulk is None:
            groups: dict[Group, list[int]] = {}
            for group, at in self._held.values():
                groups.setdefault(group, []).append(at)
            self._bulk = np.zeros((len(self._codes.kinds), len(self._codes.scopes)), np.int64)
            for (kind, department), instants in groups.items():
                count = bulk_count(instants)
                self._bulk[kind, 0] += count
                if department > 0:
                    self._bulk[kind, department] += count
        return self._bulk


def _second(value: Any) -> int | None:
    return seconds(value) if isinstance(value, datetime) else value
