"""The shapes of the API's answers; OpenAPI is made from them, so that it cannot say anything else. No behaviour.

Every instant carries its zone. None is "not known", which is never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

SourceWord = Literal["never", "fresh", "quiet", "not_due", "due", "late", "stale", "broken"]
Number = int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why there is no answer, and what would have been one."""

    error: str
    parameter: str | None
    allowed: Sequence[str] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``as_of``: the room's time of this answer. ``seq``: the newest change in it."""

    as_of: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: str
    type: str
    label: str
    department: str | None
    shapes: Sequence[str]
    """Kinds of record it brings: case, measurement, status."""
    state: SourceWord
    since: datetime | None
    cause: str | None
    last_poll: datetime | None
    last_success: datetime | None
    last_change: datetime | None
    data_at: datetime | None
    next_run: datetime | None
    next_publication: datetime | None
    rows: int | None
    rejected: int
    reject_reasons: dict[str, int]
    unknown_words: dict[str, int]
    drift: Sequence[str]
    breaker: Literal["closed", "open", "half_open"]
    duration_ms: Number | None
    skew_s: Number | None
    copied_forward: bool
    tier: str
    provenance: str
    every_s: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources(Answer):
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``number`` is the room's own; no answer holds a source's id. ``withheld``: the place is known and not said."""

    number: int
    kind: str
    klass: str | None
    category: str | None
    channel: str | None
    status: str
    status_word: str
    stage: str | None
    state: Literal["overdue", "unconfirmed", "soon", "open", "paused", "none"] | None
    """What the clock says of an open case; None: it is not open."""
    department: str | None
    district: str | None
    subdistrict: str | None
    withheld: bool
    opened_at: datetime
    seen_at: datetime | None
    """When the room first saw it; None: it was there before the room looked."""
    held_since: datetime | None
    """Since when its department has it; None: not known, or it has none."""
    responded_at: datetime | None
    responded_seen_after: datetime | None
    responded_seen_by: datetime | None
    response_uncertain: bool
    resolved_at: datetime | None
    resolved_seen_after: datetime | None
    resolved_seen_by: datetime | None
    resolution_uncertain: bool
    due_at: datetime | None
    due_basis: str | None
    provisional: bool
    response_due_at: datetime | None
    response_basis: str | None
    closed_by: str | None
    evidence: str
    reopened: int | None
    transfers: int | None
    backdated: bool
    invalid_sequence: bool
    vanished_at: datetime | None
    uncovered_at: datetime | None
    """Open when it fell out of what the source is asked for: what became of it is not known."""
    group_size: int
    photos: int | None
    """How many photos came with it; None: none that the room knows of, or forgotten (``privacy.cell_days``)."""
    photo_reused: bool | None
    """Whether a photo of it had come with an earlier case; None: not known."""
    source: str
    provenance: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases(Answer):
    """``confidential``: open cases by kind that are counted for the city and listed nowhere."""

    cases: Sequence[Case]
    next: str | None
    confidential: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    metric: str
    place: str
    item: str | None
    item_word: str
    variant: str
    period_start: datetime
    period_end: datetime
    value: Number | None
    unit: str
    n: int | None
    basis: str
    reported: bool
    observed_at: datetime | None
    seen_at: datetime
    source: str
    provenance: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements(Answer):
    measurements: Sequence[Measurement]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """``state`` as the source says it, in the room's words; ``observed_since``: when the room first saw it in it, null
    when it was so at first sight. A position is rounded, and only of kinds and states that may have one."""

    subject: str
    kind: str
    state: str
    state_word: str
    label: str
    group: str | None
    since: datetime | None
    observed_since: datetime | None
    detail: str
    parent: str | None
    department: str | None
    district: str | None
    subdistrict: str | None
    attributes: Mapping[str, str | int | float | bool | None]
    heard_at: datetime | None
    latitude: float | None
    longitude: float | None
    seen_at: datetime
    source: str
    provenance: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses(Answer):
    statuses: Sequence[Status]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """[start, end) and its name."""

    name: str
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that can defend itself. ``value`` is an instant where ``unit`` is "instant"."""

    definition: str
    value: Number | datetime | None
    numerator: Number | None
    denominator: Number | None
    n: int | None
    unit: str
    window: Window
    cohort: str
    clock: str
    as_of: datetime
    data_at: datetime | None
    sources: Sequence[str]
    missing: Sequence[str]
    target: Number | None
    target_status: str | None
    target_basis: str | None
    target_set_by: str | None
    parts: dict[str, Number | None] | None
    remainder: Number | None
    small: bool
    """Too few cases behind it to be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    label_id: str
    label_en: str
    definition_id: str
    definition_en: str
    numerator: str
    denominator: str | None
    unit: str
    better: str
    open_cases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis(Answer):
    """``kpis`` by KIND.DEFINITION.WINDOW."""

    scope: str
    kpis: dict[str, Figure]
    definitions: dict[str, Definition]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Open cases of a category. A district whose count is None is hidden; ``total`` is right all the same."""

    category: str
    total: int
    districts: dict[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells(Answer):
    kind: str
    sources: Sequence[str]
    missing: Sequence[str]
    rows: Sequence[Counts]
    confidential: int
    """Open cases of this kind that are in none of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigure:
    """One figure of the cases of one category or class. ``value`` is an instant where ``unit`` is "instant"."""

    group: Literal["category", "class"]
    code: str
    label: str
    definition: str
    window: str
    value: Number | datetime | None
    unit: str
    numerator: Number | None
    denominator: Number | None
    n: Number | None
    missing: Sequence[str]
    small: bool
    """Too few cases behind it to be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups(Answer):
    kind: str
    sources: Sequence[str]
    missing: Sequence[str]
    data_at: datetime | None
    rows: Sequence[GroupFigure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    commodity: str
    unit: str
    basis: str | None
    """What the source calls its values: ``survey`` (prices that were asked), ``mean``, ``geometric_mean`` ..."""
    value: Number | None
    """Arithmetic mean of the markets that reported; None: never reported, which is not zero."""
    survey: date | None
    not_reported_since: date | None
    previous: Number | None
    previous_survey: date | None
    previous_markets: int | None
    change: Number | None
    change_pct: Number | None
    markets: int
    markets_open: int
    spread_pct: Number | None
    """(highest - lowest) / lowest between markets."""
    cv_pct: Number | None
    """Population coefficient of variation over the last ``cv_surveys`` surveys."""
    cv_surveys: int | None
    limit: Number | None
    limit_kind: str | None
    limit_status: str | None
    over: bool | None
    """None: no limit of this item and unit is in force ("tanpa acuan")."""
    days_over: int | None
    surveys_limited: int | None
    copied_forward: bool
    missing: Sequence[str]
    """``doubtful:N``: so many values are many times their own past; the last good ones stand here with their day."""
    source: str
    provenance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices(Answer):
    prices: Sequence[Price]
    by_source: dict[str, Sequence[Price]]
    data_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that could not be read: names, types and masked shapes (9, a), never a value."""

    source: str
    at: datetime
    field: str
    reason: str
    shape: dict[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects(Answer):
    rejects: Sequence[Reject]
    next: str | None
