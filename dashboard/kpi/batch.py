"""Cases as numpy columns of codes and whole seconds; holds nothing that names or describes anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.config.model import Config
from dashboard.facts import CaseFact
from dashboard.records import AUTOMATIC, CaseStatus, ClosedBy

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min  # an instant that is not known
STATUSES = tuple(CaseStatus)
STATUS_CODE = {status: n for n, status in enumerate(STATUSES)}
CLOSED, TRANSFERRED = STATUS_CODE[CaseStatus.CLOSED], STATUS_CODE[CaseStatus.TRANSFERRED]
PAUSED = STATUS_CODE[CaseStatus.PAUSED]
NO_BASIS, ESTABLISHED, PROPOSED = 0, 1, 2
UNNAMED, BY_DEPARTMENT, BY_NOBODY = 0, 1, 2  # who closed a case
_CLOSERS = {ClosedBy.DEPARTMENT: BY_DEPARTMENT, **dict.fromkeys(AUTOMATIC, BY_NOBODY)}
_BASIS = {None: NO_BASIS, "ditetapkan": ESTABLISHED, "source": ESTABLISHED, "usulan": PROPOSED}

TIMES = (
    "opened_at", "first_seen_at", "first_response_at", "resolved_at", "observed_response_after",
    "observed_response_by", "observed_close_after", "observed_close_by", "due_at", "vanished_at", "uncovered_at",
    "response_due_at",
)  # fmt: skip
FLAGS = ("response_uncertain", "close_uncertain", "backlog", "invalid_sequence")
COLUMNS = (
    "kind",
    "district",
    "department",
    "category",
    "klass",
    "status",
    "visibility",
    "due_basis",
    "response_basis",
    "closed_by",
    *TIMES,
    *FLAGS,
)
"""What ``Batch.from_columns`` wants of history, beside ``number``. Times: datetime, whole seconds since 1970, None."""


@dataclass(frozen=True, slots=True)
class Axes:
    """What counts are kept by. Scope 0 is the city."""

    kinds: tuple[str, ...]
    scopes: tuple[str, ...]


class Codes:
    """Kinds and scopes of the configuration as small numbers, and the groups that break a kind down."""

    def __init__(self, config: Config) -> None:
        self.kinds = tuple(config.kinds)
        districts = [f"district:{d.code}" for d in config.regions.districts]
        self.scopes = ("city", *districts, *(f"department:{d.abbr}" for d in config.departments))
        self.kind = {kind: n for n, kind in enumerate(self.kinds)}
        self.scope = {scope: n for n, scope in enumerate(self.scopes)}
        self.first_department = 1 + len(districts)
        self._district = {d.code: 1 + n for n, d in enumerate(config.regions.districts)}
        self._department = {d.abbr: self.first_department + n for n, d in enumerate(config.departments)}
        groups = [*(f"category:{c.code}" for c in config.categories), *(f"class:{name}" for name in config.classes)]
        self.groups = Axes(self.kinds, ("city", *groups))
        self._group = {group: n for n, group in enumerate(self.groups.scopes)}

    def district(self, code: str | None) -> int:
        return self._district.get(code or "", -1)

    def department(self, abbr: str | None) -> int:
        return self._department.get(abbr or "", -1)

    def category(self, code: str | None) -> int:
        return self._group.get(f"category:{code}", -1)

    def klass(self, code: str | None) -> int:
        return self._group.get(f"class:{code}", -1)


@dataclass(frozen=True, slots=True)
class Batch:
    """One row per case. ``district`` and ``department`` are scope numbers, ``category`` and ``klass`` those of a
    group, -1 where unknown or confidential: a confidential case counts for the city and is placed nowhere."""

    kind: Ints
    district: Ints
    department: Ints
    category: Ints
    klass: Ints
    status: Ints
    confidential: Bools
    basis: Ints
    response_basis: Ints
    closer: Ints
    opened_at: Ints
    first_seen_at: Ints
    first_response_at: Ints
    resolved_at: Ints
    observed_response_after: Ints
    observed_response_by: Ints
    observed_close_after: Ints
    observed_close_by: Ints
    due_at: Ints
    vanished_at: Ints
    uncovered_at: Ints
    response_due_at: Ints
    response_uncertain: Bools
    close_uncertain: Bools
    backlog: Bools
    invalid_sequence: Bools

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def unended(self) -> Bools:
        """Neither closed nor transferred away, as far as anybody knows."""
        found: Bools = (self.status != CLOSED) & (self.status != TRANSFERRED)
        return found

    def grouped(self) -> Batch:
        """The same cases placed by category and class instead of by district and department."""
        return replace(self, district=self.category, department=self.klass)

    def take(self, mask: Bools) -> Batch:
        return Batch(*(getattr(self, f.name)[mask] for f in fields(self)))

    @classmethod
    def from_facts(cls, facts: Iterable[CaseFact], codes: Codes) -> Batch:
        """Facts of a kind that is not in the configuration are left out."""
        rows = [fact for fact in facts if fact.record.kind in codes.kind]
        columns: dict[str, list[Any]] = {
            "kind": [f.record.kind for f in rows],
            "district": [f.record.district for f in rows],
            "department": [f.record.department for f in rows],
            "category": [f.record.category for f in rows],
            "klass": [f.record.klass for f in rows],
            "status": [f.record.status for f in rows],
            "visibility": [f.visibility for f in rows],
            "due_basis": [f.due_basis for f in rows],
            "response_basis": [f.response_basis for f in rows],
            "closed_by": [f.record.closed_by for f in rows],
        }
        for name in TIMES:
            of_record = name in ("opened_at", "first_response_at", "resolved_at")
            columns[name] = [getattr(f.record if of_record else f, name) for f in rows]
        for name in FLAGS:
            columns[name] = [getattr(f, name) for f in rows]
        return cls.from_columns(columns, codes)

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[Any]], codes: Codes) -> Batch:
        """Columns of equal length, as ``COLUMNS`` names them."""
        known = np.array([kind in codes.kind for kind in columns["kind"]], bool)
        confidential = np.array([v == "confidential" for v in columns["visibility"]], bool)
        times: dict[str, Any] = {name: _instants(columns[name]) for name in TIMES}
        flags: dict[str, Any] = {name: np.array([bool(flag) for flag in columns[name]], bool) for name in FLAGS}
        scopes = {name: getattr(codes, name) for name in ("district", "department", "category", "klass")}
        places: dict[str, Any] = {
            name: np.where(confidential, -1, np.array([scope(word) for word in columns[name]], np.int64))
            for name, scope in scopes.items()
        }
        batch = cls(
            kind=np.array([codes.kind.get(kind, -1) for kind in columns["kind"]], np.int64),
            **places,
            status=np.array([STATUS_CODE[CaseStatus(status)] for status in columns["status"]], np.int64),
            confidential=confidential,
            basis=np.array([_BASIS.get(basis, NO_BASIS) for basis in columns["due_basis"]], np.int64),
            response_basis=np.array([_BASIS.get(basis, NO_BASIS) for basis in columns["response_basis"]], np.int64),
            closer=np.array([_CLOSERS.get(closer, UNNAMED) for closer in columns["closed_by"]], np.int64),
            **times,
            **flags,
        )
        return batch if known.all() else batch.take(known)


def _instants(values: Sequence[Any]) -> Ints:
    return np.array(
        [NEVER if v is None else (v if isinstance(v, int) else int(v.timestamp() // 1)) for v in values],
        np.int64,
    )
