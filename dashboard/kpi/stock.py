"""The open cases as columns, and today's movements of the open stock; never counts a case by its movements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dashboard.config.model import Config
from dashboard.facts import CaseChange, CaseFact
from dashboard.kpi.batch import ESTABLISHED, NEVER, NO_BASIS, PAUSED, PROPOSED, STATUS_CODE, STATUSES, Batch, Codes
from dashboard.kpi.timeline import seconds
from dashboard.records import CaseStatus

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FOREVER = np.iinfo(np.int64).max

FLOWS = ("start", "received", "reopened", "moved_in", "closed", "transferred", "moved_out", "vanished", "uncovered")
INFLOWS = ("start", "received", "reopened", "moved_in")
FLOW_ROW = {name: n for n, name in enumerate(FLOWS)}


N = TypeVar("N", int, Ints)


def soon_from(due: N, opened: N, config: Config) -> N:
    """When a case begins to be "about to be late": the last ``soon_share`` of its time, in whole seconds."""
    return due - (due - opened) * round(config.soon_share * 1000) // 1000


def is_open(fact: CaseFact) -> bool:
    """In the open stock: not closed, not transferred away, still served by its source."""
    return fact.record.status.open and fact.vanished_at is None and fact.uncovered_at is None


@dataclass(frozen=True, slots=True)
class OpenCounts:
    """Counts of open cases, each of shape (kind, scope)."""

    by: Mapping[str, Ints]
    oldest: Ints  # opened_at of the oldest, FOREVER where there is none


class OpenTable:
    """One row per open case; freed rows are used again. ``facts`` holds what the queue needs of them."""

    def __init__(self, codes: Codes, config: Config) -> None:
        self.codes = codes
        self.facts: dict[int, CaseFact] = {}
        self.version = 0
        self._config = config
        self._groups: dict[str, int] = {}
        self._category = {category.code: n for n, category in enumerate(config.categories)}
        self._rows: dict[str, Ints] = {}
        self._rows_of = -1
        self._slots: dict[int, int] = {}
        self._free: list[int] = []
        self._sources: dict[str, int] = {}
        self._stages: dict[str, int] = {}
        self._columns = {name: np.empty(0, np.int64) for name in _NAMES}

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def sources(self) -> list[str]:
        return list(self._sources)

    @property
    def stages(self) -> list[str]:
        """By number; "": its source tells none."""
        return list(self._stages)

    @property
    def statuses(self) -> list[str]:
        return [status.value for status in STATUSES]

    def put(self, facts: Iterable[CaseFact]) -> None:
        """Add or replace open cases (kinds that are not in the configuration are left out)."""
        rows = [fact for fact in facts if fact.record.kind in self.codes.kind]
        if not rows:
            return
        self.version += 1
        batch = Batch.from_facts(rows, self.codes)
        slots = np.array([self._slot(fact.number) for fact in rows], np.int64)
        self.facts.update((fact.number, fact) for fact in rows)
        paused = batch.status == PAUSED
        due = np.where((batch.due_at == NEVER) | paused, FOREVER, batch.due_at)
        running = due != FOREVER
        soon = np.full(len(rows), FOREVER)
        soon[running] = soon_from(due[running], batch.opened_at[running], self._config)
        values = {
            "active": np.ones(len(rows), np.int64),
            "kind": batch.kind,
            "district": batch.district,
            "department": batch.department,
            "in_category": batch.category,
            "in_class": batch.klass,
            "status": batch.status,
            "basis": np.where(running, batch.basis, NO_BASIS),
            "opened": batch.opened_at,
            "due": due,
            "soon": soon,
            "confidential": batch.confidential.astype(np.int64),
            "listed": np.array([fact.visibility == "wall" for fact in rows], np.int64),
            "group": np.array([self._group(fact.group) for fact in rows], np.int64),
            "category": np.array([self._category.get(fact.record.category or "", -1) for fact in rows], np.int64),
            "stage": np.array(
                [self._stages.setdefault(f.record.stage or "", len(self._stages)) for f in rows], np.int64
            ),
            "transfers": np.array([-1 if (n := f.record.transfers) is None else n for f in rows], np.int64),
            "source": np.array([self._sources.setdefault(f.source, len(self._sources)) for f in rows], np.int64),
            "number": np.array([fact.number for fact in rows], np.int64),
        }
        for name, column in self._columns.items():
            column[slots] = values[name]

    def drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            slot = self._slots.pop(number, None)
            if slot is not None:
                self.version += 1
                self._columns["active"][slot] = 0
                self._free.append(slot)
                del self.facts[number]

    def _group(self, group: str | None) -> int:
        return -1 if group is None else self._groups.setdefault(group, len(self._groups))

    def _stage(self, stage: str | None) -> int:
        return self._stages.setdefault(stage or "", len(self._stages))

    def _slot(self, number: int) -> int:
        if number in self._slots:
            return self._slots[number]
        if not self._free:
            old = len(self._columns["active"])
            more = max(1024, old)
            self._columns = {name: np.pad(column, (0, more)) for name, column in self._columns.items()}
            self._free = list(range(old + more - 1, old - 1, -1))
        slot = self._slots[number] = self._free.pop()
        return slot

    def rows(self) -> dict[str, Ints]:
        """The columns of the active rows, in no order."""
        if self._rows_of != self.version:
            active = np.flatnonzero(self._columns["active"])
            self._rows = {name: column[active] for name, column in self._columns.items()}
            self._rows_of = self.version
        return self._rows

    def next_instant(self, now: datetime) -> int | None:
        """The next whole second at which a case becomes due or nearly due."""
        rows, at = self.rows(), seconds(now)
        later = [int(c[(c > at) & (c < FOREVER)].min(initial=FOREVER)) for c in (rows["due"], rows["soon"])]
        return min(later) if min(later) < FOREVER else None

    def counts(
        self, now: datetime, day_start: datetime, confirmed_until: Mapping[str, datetime], grouped: bool = False
    ) -> OpenCounts:
        """Count by (kind, scope), or by (kind, group). ``confirmed_until``: sources that are down, with their last
        good poll: a due time that passed after it is not called late, for only our own sight of the case is
        missing."""
        rows, at = self.rows(), seconds(now)
        limit = np.full(max(1, len(self._sources)), at, np.int64)
        for source, until in confirmed_until.items():
            if source in self._sources:
                limit[self._sources[source]] = min(at, seconds(until))
        passed = rows["due"] <= at
        late = rows["due"] <= limit[rows["source"]]
        soon = ~passed & (rows["soon"] <= at)
        status = {s: rows["status"] == STATUS_CODE[s] for s in STATUSES}
        process = status[CaseStatus.IN_PROCESS] | status[CaseStatus.PAUSED]
        fresh = rows["opened"] >= seconds(day_start)
        basis = {"": rows["basis"] == ESTABLISHED, "_proposed": rows["basis"] == PROPOSED}
        masks: dict[str, Bools] = {
            "open": np.ones(len(at_ := rows["opened"]), bool),
            "waiting": status[CaseStatus.WAITING],
            "in_process": process,
            "unknown_status": status[CaseStatus.UNKNOWN],
            "paused": status[CaseStatus.PAUSED],
            "today_waiting": fresh & status[CaseStatus.WAITING],
            "today_in_process": fresh & process,
            "today_unknown": fresh & status[CaseStatus.UNKNOWN],
            "unconfirmed": passed & ~late,
            "unknown_district": (rows["district"] < 0) & (rows["confidential"] == 0),
            "confidential": rows["confidential"] == 1,
        }
        for suffix, of_basis in basis.items():
            masks[f"overdue{suffix}"] = late & of_basis
            masks[f"soon{suffix}"] = soon & of_basis
            masks[f"with_deadline{suffix}"] = of_basis
        scopes = self.codes.groups.scopes if grouped else self.codes.scopes
        shape = (len(self.codes.kinds), len(scopes))
        keys = _keys(rows, len(scopes), ("in_category", "in_class") if grouped else ("district", "department"))
        oldest = np.full(shape[0] * shape[1], FOREVER, np.int64)
        for placed, key in keys:
            np.minimum.at(oldest, key, at_[placed])
        return OpenCounts({name: self._count(mask, keys, shape) for name, mask in masks.items()}, oldest.reshape(shape))

    @staticmethod
    def _count(mask: Bools, keys: list[tuple[Ints, Ints]], shape: tuple[int, int]) -> Ints:
        total: Ints = np.zeros(shape[0] * shape[1], np.int64)
        for placed, key in keys:
            total += np.bincount(key[mask[placed]], minlength=total.size)
        return total.reshape(shape)


def _keys(rows: Mapping[str, Ints], scopes: int, places: tuple[str, str]) -> list[tuple[Ints, Ints]]:
    """For the city and the two columns that place a case: which rows are placed there, and their (kind, scope) as one
    number."""
    base = rows["kind"] * scopes
    found = [(np.arange(len(base)), base)]
    for scope in (rows[name] for name in places):
        placed = np.flatnonzero(scope > 0)
        found.append((placed, base[placed] + scope[placed]))
    return found


_NAMES = (
    "active", "kind", "district", "department", "in_category", "in_class", "status", "basis", "opened", "due", "soon",
    "confidential", "source", "number", "listed", "group", "category", "stage", "transfers",
)  # fmt: skip


class Movements:
    """What entered and left the open stock of each (kind, scope) since 00.00, counted change by change.

    ``start`` is counted from the open cases at midnight; the other rows from changes alone. So a record that
    is lost on the way shows up as a remainder against the cases that are open now.
    """

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.counts: Ints = np.zeros((len(FLOWS), len(codes.kinds), len(codes.scopes)), np.int64)

    def __getitem__(self, name: str) -> Ints:
        found: Ints = self.counts[FLOW_ROW[name]]
        return found

    def begin(self, open_now: Ints) -> None:
        """A new day starts with ``open_now`` of shape (kind, scope)."""
        self.counts[:] = 0
        self.counts[FLOW_ROW["start"]] = open_now

    def add_start(self, fact: CaseFact | None, sign: int = 1) -> None:
        """A case that was in the stock at 00.00 (used when the day is built up again from history)."""
        if fact is not None and is_open(fact):
            self._add("start", self.cells(fact), sign)

    def apply(self, change: CaseChange, day_start: datetime) -> None:
        """One change that was committed today. A case of a source's first poll that was opened before today was
        not received today: it counts as there at the start."""
        before, after = change.before, change.after
        if before is None:
            taken_over = after.backlog and after.record.opened_at < day_start
            if taken_over and not is_open(after):
                return
            self._add("start" if taken_over else "received", self.cells(after))
            if not is_open(after):
                self._add(_way_out(after), self.cells(after))
            return
        was = self.cells(before) if is_open(before) else set()
        now = self.cells(after) if is_open(after) else set()
        self._add("moved_out" if is_open(after) else _way_out(after), was - now)
        self._add("moved_in" if is_open(before) else "reopened", now - was)

    def _add(self, flow: str, cells: Iterable[tuple[int, int]], sign: int = 1) -> None:
        for kind, scope in cells:
            self.counts[FLOW_ROW[flow], kind, scope] += sign

    def cells(self, fact: CaseFact) -> set[tuple[int, int]]:
        """Where a case counts; a confidential one for the city alone."""
        kind = self.codes.kind.get(fact.record.kind)
        if kind is None:
            return set()
        if fact.visibility == "confidential":
            return {(kind, 0)}
        places = (self.codes.district(fact.record.district), self.codes.department(fact.record.department))
        return {(kind, 0), *((kind, scope) for scope in places if scope > 0)}


def _way_out(after: CaseFact) -> str:
    if after.record.status is CaseStatus.CLOSED:
        return "closed"
    if after.record.status is CaseStatus.TRANSFERRED:
        return "transferred"
    return "vanished" if after.vanished_at is not None else "uncovered"
