"""The three shapes every record of the city takes; never holds a place for a citizen's identity.

All datetimes are aware and UTC. ``None`` means "not known"; it is never zero and never "no".
Codes (department, district, category ...) are registry codes from the configuration, or ``UNKNOWN``
beside the source's own word in the ``*_word`` field when the word is in no registry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

UNKNOWN = "unknown"


class CaseStatus(StrEnum):
    """The common scale; the source's own word is kept in ``Case.status_word``."""

    WAITING = "waiting"  # received, nobody of the department has acted yet
    IN_PROCESS = "in_process"  # the department is acting
    PAUSED = "paused"  # the clock stands while the applicant or another body must act
    CLOSED = "closed"
    TRANSFERRED = "transferred"  # out of the city's hands ("bukan kewenangan")
    UNKNOWN = UNKNOWN

    @property
    def open(self) -> bool:
        return self in OPEN_STATUSES


OPEN_STATUSES = frozenset({CaseStatus.WAITING, CaseStatus.IN_PROCESS, CaseStatus.PAUSED, CaseStatus.UNKNOWN})


class ClosedBy(StrEnum):
    DEPARTMENT = "department"
    SILENCE = "silence"  # the reporter did not answer (LAKSA: 2 x 24 h)
    SYSTEM = "system"
    UNKNOWN = UNKNOWN


AUTOMATIC = frozenset({ClosedBy.SILENCE, ClosedBy.SYSTEM})
"""A closing that nobody of the department did; it is no answer to anybody."""


class Evidence(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = UNKNOWN


class EventKind(StrEnum):
    RECEIVED = "received"
    VERIFIED = "verified"
    ASSIGNED = "assigned"
    RETURNED = "returned"  # "not ours"
    RESPONDED = "responded"  # first leaving of the waiting state
    PAUSED = "paused"
    RESUMED = "resumed"
    ANSWERED = "answered"
    EVIDENCE = "evidence"
    CLOSED = "closed"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"
    INSTRUCTED = "instructed"
    BACKDATED = "backdated"  # a past timestamp of the source changed
    VANISHED = "vanished"  # twice missing inside a coverage that came whole
    UNCOVERED = "uncovered"  # open, and too old for what the source is asked for: nobody hears of it any more
    RETURNED_TO_VIEW = "returned_to_view"  # vanished or uncovered, then served again


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a case. ``declared_at`` is the source's word; the room's own
    observation is an interval (``observed_after``, ``observed_by``]: the last successful poll without
    it and the poll that showed it. ``both`` marks one observed step that stands for two (menunggu ->
    selesai)."""

    kind: EventKind
    declared_at: datetime | None = None
    observed_after: datetime | None = None
    observed_by: datetime | None = None
    origin: str = "source"  # or "room"
    detail: str = ""  # a code (a department, a reason), never free text
    both: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something with a clock. ``key`` is the source's own id (never shown on a wall)."""

    key: str
    kind: str  # a key of config ``kinds``: aspiration, permit, service ...
    status: CaseStatus
    opened_at: datetime
    status_word: str = ""
    klass: str | None = None  # complaint, information, supervision, aspirasi ...
    category: str | None = None
    category_word: str = ""
    channel: str | None = None
    department: str | None = None
    department_word: str = ""
    office: str | None = None
    district: str | None = None
    district_word: str = ""
    subdistrict: str | None = None
    subdistrict_word: str = ""
    stage: str | None = None
    first_response_at: datetime | None = None  # declared
    resolved_at: datetime | None = None  # declared
    updated_at: datetime | None = None
    due_at: datetime | None = None  # only when the source itself declares one
    promised: float | None = None  # or how long it says it will take, in ``promised_unit``
    promised_unit: str | None = None  # minutes, hours, working_hours, working_days, days; or unknown
    amount_idr: int | None = None
    ceiling_idr: int | None = None
    closed_by: ClosedBy | None = None
    evidence: Evidence = Evidence.UNKNOWN
    reopened: int | None = None
    transfers: int | None = None
    duplicate_of: str | None = None
    parent: str | None = None
    group: str | None = None  # duplicate group, computed by the room
    attributes: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    # Declared times that the source gives only roughly ("7 hours ago"): name, earliest, latest (seconds since 1970).
    approximate: tuple[tuple[str, int, int], ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One value of one metric at one place for one period. ``reported`` False keeps the row (value
    None): "nobody reported" is a fact of its own. Identity: (metric, place, item, variant, period_start)."""

    metric: str  # price ...
    place: str  # registry code: a market, a district, the city code
    period_start: datetime
    period_end: datetime
    value: float | None
    unit: str  # canonical: kg, liter, ekor, butir, pack ...
    item: str | None = None  # canonical commodity code, or None when it maps to none
    item_word: str = ""
    variant: str = ""
    n: int | None = None
    basis: str = "survey"  # survey, mean, geometric_mean, provincial ...
    reported: bool = True
    observed_at: datetime | None = None  # when the source says it was measured or published

    @property
    def key(self) -> str:
        item = self.item or self.item_word
        return "|".join((self.metric, self.place, item, self.variant, self.period_start.isoformat()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a subject (a site, a unit, an application). ``label`` is what the thing is called, never a person.
    Position is rounded, only where the place is the point; with ``heard_at`` it is of the moment: the newest is kept
    and the one before is not, so there is no trail."""

    subject: str
    kind: str  # a key of config ``status_kinds``
    state: str  # a key of its ``states``, or ``UNKNOWN``
    state_word: str = ""  # the source's own, when it is unknown
    label: str = ""
    group: str | None = None
    since: datetime | None = None  # declared
    observed_since: datetime | None = None  # when the room first saw this state; None: it was so at first sight
    detail: str = ""
    parent: str | None = None
    department: str | None = None
    department_word: str = ""
    district: str | None = None
    district_word: str = ""
    subdistrict: str | None = None
    subdistrict_word: str = ""
    attributes: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    heard_at: datetime | None = None  # its last report
    latitude: float | None = None
    longitude: float | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}|{self.subject}"


OF_THE_MOMENT = ("heard_at", "latitude", "longitude")
"""What a Status says of now only: it makes no version and is in none."""

GONE = "gone"
"""The state of a subject that a complete list does not name any more; it is counted nowhere."""

Record = Case | Measurement | Status


class Transient:
    """What may help to place and group a case and must never be kept: point, free text, photo hashes.

    It has no serialiser and no repr of its content; it lives inside one ingest and is dropped.
    """

    __slots__ = ("_photo_hashes", "_point", "_text")

    def __init__(
        self,
        *,
        point: tuple[float, float] | None = None,  # latitude, longitude (WGS84)
        text: str = "",
        photo_hashes: Iterable[str] = (),
    ) -> None:
        self._point = point
        self._text = text
        self._photo_hashes = tuple(photo_hashes)

    @property
    def point(self) -> tuple[float, float] | None:
        return self._point

    @property
    def text(self) -> str:
        return self._text

    @property
    def photo_hashes(self) -> tuple[str, ...]:
        return self._photo_hashes

    def __repr__(self) -> str:
        return "Transient(...)"

    def __reduce__(self) -> str:
        raise TypeError("a Transient is never serialised")

    __getstate__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What ``parse`` returns when a record comes with something transient."""

    record: Record
    transient: Transient | None = None
