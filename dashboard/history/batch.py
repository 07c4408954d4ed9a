"""What one transaction writes, prepared outside of it so that the lock is held only for the inserts; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from dashboard.facts import CaseChange, CaseFact, MeasurementFact, PollFact, StatusFact
from dashboard.records import Event

F = TypeVar("F", MeasurementFact, StatusFact)

DOUBTFUL = "price_jumped"
"""``HeldValue.reason`` of a price that is many times its own past."""

HELD_MARKS = ("doubtful:", "counter_fell", "counter_jumped")
"""What the drift of a poll begins with that brought a value which is held."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as the history holds it, with the digest of the row it came from."""

    fact: CaseFact
    row_digest: bytes | None
    missing_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored(Generic[F]):
    """A measurement or status with its number in the history; ``new``: never stored before; ``quiet``: only what is
    of the moment is new, so it makes no version."""

    number: int
    fact: F
    row_digest: bytes | None
    new: bool = True
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWrite:
    before: CaseFact | None
    after: CaseFact
    events: tuple[Event, ...]
    key_digest: bytes
    row_digest: bytes | None
    left_at: datetime | None
    cause: str = "source"  # or "room": the room noticed something about an unchanged record


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCurrent:
    """What a restart must know of a source; the projection of its polls. ``first_success``: the first good poll that
    brought rows."""

    source: str
    cursor: Any = None
    first_poll: datetime | None = None
    first_success: datetime | None = None
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_whole: datetime | None = None
    last_change: datetime | None = None
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_cause: str | None = None
    data_at: datetime | None = None
    rows: int | None = None
    digest: str | None = None
    fields: tuple[str, ...] | None = None
    mapping: str | None = None
    copied_forward: bool = False

    def failed(self, at: datetime, cause: str) -> SourceCurrent:
        return replace(
            self,
            first_poll=self.first_poll or at,
            last_poll=at,
            consecutive_failures=self.consecutive_failures + 1,
            failing_since=self.failing_since or at,
            last_cause=cause,
        )


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    digest: bytes
    field: str
    reason: str
    shape: str  # JSON


@dataclass(frozen=True, slots=True)
class HeldValue:
    key: str
    value: float
    previous: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    number: int
    cell: str | None
    signature: bytes | None
    photos: int
    photo_reused: bool
    opened_at: datetime
    expires_at: datetime


@dataclass(slots=True, kw_only=True)
class Batch:
    """One transaction of one poll."""

    source: str
    provenance: str
    at: datetime
    poll: PollFact
    current: SourceCurrent
    parser: str = ""
    cases: list[CaseWrite] = field(default_factory=list)
    leads: list[CaseChange] = field(default_factory=list)  # only the size of their group changed
    measurements: list[Stored[MeasurementFact]] = field(default_factory=list)
    statuses: list[Stored[StatusFact]] = field(default_factory=list)
    case_digests: dict[int, bytes] = field(default_factory=dict)  # the row changed, the record did not
    measurement_digests: dict[int, bytes] = field(default_factory=dict)
    status_digests: dict[int, bytes] = field(default_factory=dict)
    missing: dict[int, datetime | None] = field(default_factory=dict)
    quarantine: list[QuarantinedRow] = field(default_factory=list)
    words: set[tuple[str, str]] = field(default_factory=set)  # (field, word)
    held: list[HeldValue] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)

    def doubtful(self) -> list[str]:
        """Keys of the prices that this poll brought and that are not taken over."""
        return sorted(held.key for held in self.held if held.reason == DOUBTFUL)

    def held_keys(self) -> list[str]:
        """Keys of all values that this poll brought and that are not taken over: prices and counters."""
        return sorted(held.key for held in self.held)

    def changes(self) -> Iterable[CaseChange]:
        for write in self.cases:
            yield CaseChange(before=write.before, after=write.after, events=write.events)
        yield from self.leads
