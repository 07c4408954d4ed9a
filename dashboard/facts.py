"""What the room knows of a record after ingest; the hinge between history, board, API; no I/O.

All datetimes are aware UTC city time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.records import Case, Event, Measurement, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFact:
    """One case as the room knows it now: the record, the room's own number, and what was derived.

    Observed instants are intervals (``*_after``, ``*_by``]; None: not observed (or older than the first
    poll). ``uncertain`` is True when such an interval is wider than two poll intervals: it is shown as
    "waktu amatan tidak pasti" and never counts as late.
    """

    number: int  # the room's own number, primary key
    source: str
    provenance: str
    record: Case  # text-free; ``record.key`` is "" once erased
    version: int
    visibility: str  # wall, desk, confidential: resolved from kind, category and department
    first_seen_at: datetime
    backlog: bool  # already there at the source's first poll: arrival was not observed
    policy: str | None  # id of the pinned policy
    due_at: datetime | None  # from the pinned policy and the calendar of today
    due_basis: str | None  # "ditetapkan", "usulan", "source"
    provisional: bool
    response_due_at: datetime | None = None  # when the first response is due, by the policy of the day of receipt
    response_basis: str | None = None  # "ditetapkan", "usulan"
    observed_response_after: datetime | None = None
    observed_response_by: datetime | None = None
    observed_close_after: datetime | None = None
    observed_close_by: datetime | None = None
    response_uncertain: bool = False
    close_uncertain: bool = False
    backdated: bool = False
    invalid_sequence: bool = False  # e.g. closed before created: marked, kept, never a negative time
    vanished_at: datetime | None = None
    held_since: datetime | None = None  # since when its department has it; None: not known, or it has none
    uncovered_at: datetime | None = None  # open when it fell out of what the source is asked for
    group: str | None = None
    group_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementFact:
    source: str
    provenance: str
    record: Measurement
    version: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    source: str
    provenance: str
    record: Status
    version: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PollFact:
    """One poll, good or bad; kept as data."""

    source: str
    started_at: datetime
    finished_at: datetime
    outcome: str  # "ok", "not_modified", "unavailable", "refused", "changed", "suspicious_empty"
    cause: str | None = None  # stable word; catalogue key "cause.<word>"
    detail: str = ""  # for the administrator's log and page; no body, no value
    duration_ms: float = 0.0
    bytes: int | None = None
    digest: str | None = None
    rows: int | None = None
    new: int = 0
    changed: int = 0
    vanished: int = 0
    rejected: int = 0
    reject_reasons: dict[str, int] = field(default_factory=dict)
    unknown_words: dict[str, int] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    skew_s: float | None = None
    data_at: datetime | None = None
    copied_forward: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    before: CaseFact | None
    after: CaseFact
    events: Sequence[Event] = ()  # what this change appended


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One committed transaction = one gapless ``seq``. ``kind``: poll, tick, config, erase."""

    seq: int
    epoch: int
    at: datetime
    kind: str
    source: str | None = None
    poll: PollFact | None = None
    cases: Sequence[CaseChange] = ()
    measurements: Sequence[MeasurementFact] = ()
    statuses: Sequence[StatusFact] = ()
    doubtful: Sequence[str] | None = None  # keys of held prices and counters; None: this commit says nothing of them
