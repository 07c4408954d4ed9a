"""The queue a wall shows: most overdue first, one row per matter; never lists what a wall may not show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from dashboard.config.model import Config
from dashboard.facts import CaseFact
from dashboard.kpi.batch import Codes
from dashboard.kpi.figures import ms
from dashboard.kpi.stock import Ints, OpenCounts, OpenTable, soon_from
from dashboard.kpi.timeline import seconds
from dashboard.records import CaseStatus
from dashboard.snapshot import Queue, QueueRow

LONGEST = 200
CANDIDATES = 4 * LONGEST
State = Literal["overdue", "unconfirmed", "soon", "open", "paused", "none"]
LateUntil = Mapping[str, datetime]  # sources that are down: nothing is late after their last good poll


class QueueOrder:
    """The order of each kind's queue. It does not depend on the time of day, so it is sorted again only when
    the open cases changed."""

    def __init__(self, config: Config, codes: Codes) -> None:
        self._config = config
        self._codes = codes
        self._version = -1
        self._first: dict[str, list[tuple[CaseFact, int]]] = {}
        self._desk: dict[str, int] = {}

    def document(self, kind: str, table: OpenTable, counts: OpenCounts, late_until: LateUntil, now: datetime) -> Queue:
        self._refresh(table)
        row, city = self._codes.kind[kind], 0
        overdue, proposed = (int(counts.by[f"overdue{suffix}"][row, city]) for suffix in ("", "_proposed"))
        return {
            "rows": [self._row(fact, size, late_until, now) for fact, size in self._first[kind]],
            "open": int(counts.by["open"][row, city]),
            "overdue": overdue + proposed,
            "overdue_proposed": proposed,
            "confidential": int(counts.by["confidential"][row, city]),
            "desk": self._desk[kind],
            "as_of": ms(now) or 0,
        }

    def next_unmarked(self, now: datetime) -> datetime | None:
        """When the next listed row loses its ``new`` mark."""
        span = timedelta(seconds=self._config.new_mark_s)
        ends = (f.first_seen_at + span for rows in self._first.values() for f, _ in rows if not f.backlog)
        return min((end for end in ends if end > now), default=None)

    def _refresh(self, table: OpenTable) -> None:
        if table.version == self._version:
            return
        self._version = table.version
        rows = table.rows()
        for kind, name in enumerate(self._codes.kinds):
            of_kind = rows["kind"] == kind
            mine = np.flatnonzero(of_kind & (rows["listed"] == 1))
            group = rows["group"][mine]
            sizes = np.bincount(group[group >= 0], minlength=1)
            first = _first_of_each(_sorted(rows, _most_urgent(rows["due"], mine)), rows["group"])
            if len(first) < LONGEST:
                first = _first_of_each(_sorted(rows, mine), rows["group"])
            self._first[name] = [
                (table.facts[number], int(sizes[group]) if group >= 0 else 1)
                for number, group in zip(rows["number"][first].tolist(), rows["group"][first].tolist(), strict=True)
            ]
            self._desk[name] = int((of_kind & (rows["listed"] == 0) & (rows["confidential"] == 0)).sum())

    def _row(self, fact: CaseFact, group_size: int, late_until: LateUntil, now: datetime) -> QueueRow:
        record = fact.record
        new = not fact.backlog and now - fact.first_seen_at < timedelta(seconds=self._config.new_mark_s)
        return {
            "number": fact.number,
            "kind": record.kind,
            "category": record.category,
            "klass": record.klass,
            "district": record.district,
            "subdistrict": record.subdistrict,
            "department": record.department,
            "status": record.status.value,
            "status_word": record.status_word,
            "opened_at": ms(record.opened_at) or 0,
            "observed_at": None if fact.backlog else ms(fact.first_seen_at),
            "held_since": ms(fact.held_since),
            "due_at": ms(fact.due_at),
            "due_basis": fact.due_basis,
            "provisional": fact.provisional,
            "state": self.state(fact, late_until, now),
            "new": new,
            "group_size": group_size,
            "source": fact.source,
            "provenance": fact.provenance,
        }

    def state(self, fact: CaseFact, late_until: LateUntil, now: datetime) -> State:
        return case_state(fact, late_until, now, self._config)


def case_state(fact: CaseFact, late_until: LateUntil, now: datetime, config: Config) -> State:
    """What the clock of an open case says. ``unconfirmed``: the deadline has passed, and its source has not been
    heard since; it may have been closed in time."""
    if fact.record.status is CaseStatus.PAUSED:
        return "paused"
    if fact.due_at is None:
        return "none"
    due, at = seconds(fact.due_at), seconds(now)
    if due <= min(at, seconds(late_until.get(fact.source, now))):
        return "overdue"
    if due <= at:
        return "unconfirmed"
    return "soon" if soon_from(due, seconds(fact.record.opened_at), config) <= at else "open"


def _most_urgent(due: Ints, mine: Ints) -> Ints:
    """Rows that hold the first of a queue, when not too many reports of theirs are of the same matter."""
    if len(mine) <= CANDIDATES:
        return mine
    urgent: Ints = mine[due[mine] <= np.partition(due[mine], CANDIDATES)[CANDIDATES]]
    return urgent


def _sorted(rows: Mapping[str, Ints], some: Ints) -> Ints:
    return some[np.lexsort((rows["number"][some], rows["opened"][some], rows["due"][some]))]


def _first_of_each(ordered: Ints, group: Ints) -> Ints:
    """Of ordered rows: those that are alone (-1) or the first of their group, at most LONGEST."""
    groups = group[ordered]
    first = groups < 0
    members = np.flatnonzero(~first)
    first[members[np.unique(groups[members], return_index=True)[1]]] = True
    found: Ints = ordered[first][:LONGEST]
    return found
