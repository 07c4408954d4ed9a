"""The documents the collector publishes and every screen reads: plain JSON values; no formatting, no I/O.

Redis holds one JSON value per document key. A *view* is a pure function of these documents. Every time is
epoch milliseconds UTC (int) or None; every number that a screen may show travels as a ``Value``.

    meta                 Meta
    kpi:{kind}:{scope}   dict[kpi id, Value]    scope = "city" | "district:CODE" | "department:ABBR"
    groups:{kind}        Groups
    intake:{kind}        {"sources": {source: open, statuses, stages, passed_on, transfers}}: the open ones by system
    queue:{kind}         Queue
    prices               Prices
    prices:matrix        snapshot_prices.PriceMatrix
    sources              list[SourceState]
    status:{kind}        StatusDocument
    changes              list[Change]           newest first, the last 30 minutes, at most 50
    components           Components             score cards over figures of the other documents
    measures:{group}     Measures               figures that are reported, other than prices

The web process adds one of its own, which never is in Redis:

    condition            list[str]              catalogue words (wall.WORD) of what is wrong with the room itself
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

import orjson

Ms = int


class Window(TypedDict):
    """[start, end) and its name: now, today, shift, d7, d30, month, year."""

    name: str
    start: Ms | None
    end: Ms | None


class Value(TypedDict):
    """One number that can defend itself."""

    id: str  # definition id: a key of dashboard.kpi.descriptions
    value: float | None  # None: not known
    numerator: float | None
    denominator: float | None
    n: int | None  # sample behind it
    unit: str  # cases, percent, seconds, idr ...
    window: Window
    cohort: str  # "opened", "closed", "stock", "-"
    clock: str  # "declared", "observed"
    as_of: Ms
    data_at: Ms | None  # time of the oldest source's data behind it
    sources: list[str]
    missing: list[str]  # what is not in it: "source:laksa", "unknown_district:3", "uncertain:12", "watched_from:MS"
    target: NotRequired[float | None]
    target_status: NotRequired[str | None]
    target_basis: NotRequired[str | None]
    target_set_by: NotRequired[str | None]
    parts: NotRequired[dict[str, float | None]]  # of an identity: the summands by name
    remainder: NotRequired[float | None]  # of an identity: what the parts do not explain
    small: NotRequired[bool]  # below the minimum sample


class Group(TypedDict):
    """One figure of one group: what differs from group to group of a ``Value``."""

    value: float | None
    numerator: float | None
    denominator: float | None
    n: float | None
    missing: list[str]


class Groups(TypedDict):
    """A kind of case broken down. ``figures``: the window of every key (kind.figure.window); what else a figure is
    stands in its description. ``rows``: group ("category:road", "class:complaint") -> key -> figure; groups of which
    nothing is open, and nothing came or was closed in the last 30 days, are left out. Confidential cases are in no
    group."""

    figures: dict[str, Window]
    rows: dict[str, dict[str, Group]]
    sources: list[str]
    missing: list[str]
    data_at: Ms | None
    as_of: Ms


class QueueRow(TypedDict):
    number: int  # the room's own number
    kind: str
    category: str | None  # code; None = not known; confidential ones never get here
    klass: str | None
    district: str | None
    subdistrict: str | None
    department: str | None
    status: str
    status_word: str
    opened_at: Ms
    observed_at: Ms | None
    held_since: Ms | None  # since when its department has it: the department's clock; None = not known
    due_at: Ms | None
    due_basis: str | None  # "ditetapkan" | "usulan"
    provisional: bool  # due date passes through a year without decree: "±"
    state: Literal["overdue", "unconfirmed", "soon", "open", "paused", "none"]
    new: bool
    group_size: int  # reports of the same matter, 1 = alone
    source: str
    provenance: str


class Queue(TypedDict):
    """Most overdue first, then by due time, then those without a deadline by age."""

    rows: list[QueueRow]  # at most 200
    open: int | None  # None, on a screen: that figure is not for it
    overdue: int | None
    confidential: int  # open ones that are counted here and listed nowhere
    overdue_proposed: NotRequired[int]  # of ``overdue``: past a proposed deadline
    desk: NotRequired[int]  # open ones that only desks may list
    as_of: Ms


class PriceRow(TypedDict):
    commodity: str
    unit: str
    basis: str | None  # of the source's values: survey, mean, geometric_mean, provincial ..., or mixed
    value: float | None  # arithmetic mean of the markets that reported in the last survey; None: never reported
    survey: str | None  # ISO date of that survey
    not_reported_since: str | None  # first day after it on which the source owed a price and gave none
    previous: float | None
    previous_survey: str | None
    previous_markets: int | None
    change: float | None  # None also between two bases
    change_pct: float | None
    markets: int  # that reported
    markets_open: int  # that exist on that day
    spread_pct: float | None  # (max - min) / min between markets
    cv_pct: float | None  # population coefficient of variation over the last surveys of the same basis, at most 30
    cv_surveys: int | None  # how many those were
    limit: float | None
    limit_kind: str | None  # HET, HAP
    limit_status: str | None  # ditetapkan, usulan
    over: bool | None  # None: "tanpa acuan"
    days_over: int | None
    surveys_limited: int | None
    copied_forward: bool  # every value equals the previous survey's, for several surveys running
    missing: NotRequired[list[str]]  # what is not in it: "doubtful:3", values many times their own past
    source: str
    provenance: str


class Prices(TypedDict):
    rows: list[PriceRow]
    by_source: dict[str, list[PriceRow]]
    data_at: Ms | None
    as_of: Ms


class SourceState(TypedDict):
    id: str
    type: str
    shapes: list[str]
    state: Literal["never", "fresh", "quiet", "not_due", "due", "late", "stale", "broken"]
    since: Ms | None  # of this state
    cause: str | None  # catalogue key of the cause in words
    last_poll: Ms | None
    last_success: Ms | None
    last_change: Ms | None
    data_at: Ms | None  # the newest time the data itself claims or, failing that, last_success
    next_run: Ms | None
    next_publication: Ms | None
    rows: int | None
    rejected: int
    reject_reasons: dict[str, int]
    unknown_words: dict[str, int]  # field -> count
    drift: list[str]  # fields that appeared or went
    breaker: Literal["closed", "open", "half_open"]
    duration_ms: float | None
    skew_s: float | None
    copied_forward: bool
    tier: str  # computed
    provenance: str
    every_s: float
    partial: NotRequired[bool]  # no poll has brought all there is yet
    failures: NotRequired[int]  # bad polls in a row
    detail: NotRequired[str]  # what the last poll stumbled over, redacted; for whoever minds the source, never a wall


class Change(TypedDict):
    at: Ms
    what: Literal[
        "opened",
        "responded",
        "closed",
        "reopened",
        "assigned",
        "overdue",
        "vanished",
        "uncovered",
        "backdated",
        "source",
        "price",
    ]
    number: int | None
    kind: str | None
    category: str | None
    department: str | None  # of the case when it changed
    district: str | None
    source: str
    detail: str | None


class StatusRow(TypedDict):
    """One subject. ``state`` is as the room sees it (also unreachable, silent, unknown), ``said`` the source's."""

    subject: str
    label: str
    group: str | None
    state: str
    said: str
    word: str  # the source's own, when it is unknown
    level: str  # well, idle, poor, bad; or the state the room found itself
    since: Ms | None  # None: it was so when the room first looked
    detail: str
    parent: str | None
    through: str | None  # the parent through which it is out of reach
    department: str | None
    district: str | None
    subdistrict: str | None
    attributes: dict[str, Any]
    heard_at: Ms | None
    latitude: float | None
    longitude: float | None
    changes: int  # of state, within the flapping window
    d1: float | None  # availability, percent
    d30: float | None
    source: str
    provenance: str


class Trouble(TypedDict):
    """A subject that is not well, once, with all that is out of reach (or flaps) through it."""

    subject: str
    label: str
    group: str | None
    state: str
    level: str
    since: Ms | None
    detail: str
    department: str | None
    district: str | None
    changes: int
    behind: list[str]
    source: str


class StatusDocument(TypedDict):
    kind: str
    total: int
    states: dict[str, int]  # adds up to ``total``
    not_well: int  # without those that are only out of reach through another
    declared: list[dict[str, Any]]  # published totals, newest first, with the difference to what is found
    groups: dict[str, dict[str, int]]
    districts: dict[str, dict[str, int]]
    shares: dict[str, dict[str, Any]]
    sums: dict[str, dict[str, Any]]
    troubles: list[Trouble]
    flapping: list[Trouble]
    availability: dict[str, Any]  # d1, d30: value, counted_s, watched_s, unheard_s
    rows: list[StatusRow]
    left_off: int
    sources: NotRequired[list[str]]
    missing: NotRequired[list[str]]
    data_at: NotRequired[Ms | None]
    as_of: NotRequired[Ms]


class Meta(TypedDict):
    seq: int
    epoch: int
    as_of: Ms
    city: str
    rate: float
    provenance: list[str]  # of all records on show; any "simulated" draws the watermark
    leader: str
    restored: bool  # the cache was rebuilt from history and no poll has come since
    day_start: Ms
    shift: str | None
    shift_start: Ms | None
    uplink_down: bool
    config_digest: str


def encode(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def decode(body: bytes) -> Any:
    return orjson.loads(body)
