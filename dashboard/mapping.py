"""The declared mapping of a source block: from rows of any list, table or view to the three shapes; pure, no I/O.

Exactly one of ``case``, ``measurements`` and ``status`` stands in the ``options:`` of a generic connector. Names of
places, departments, categories and goods go through the city's registries; a word that is in none is kept as the
source wrote it beside ``unknown``. There is no place for a name, a number of identity, an address or an exact point:
free text and the point go into the Transient, which ingest uses up and drops.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from dashboard.contract import COMPLETE, DELTA, CaseKind, ConnectorOptions, NumberLocale, ParseContext, ParseResult
from dashboard.contract import Coverage as Judged
from dashboard.errors import RowRejected
from dashboard.mapping_measurements import MeasurementMap, map_measurement
from dashboard.mapping_measurements import period_end as period_end
from dashboard.mapping_readers import (
    Attribute,
    Coded,
    Coverage,
    Declared,
    Flag,
    Number,
    Pauses,
    Point,
    Text,
    When,
    find,
    matching,
    text_of,
)
from dashboard.mapping_statuses import StatusMap, map_status
from dashboard.records import (
    UNKNOWN,
    Case,
    CaseStatus,
    ClosedBy,
    Event,
    EventKind,
    Evidence,
    Measurement,
    Parsed,
    Status,
    Transient,
)

ROUGH = ("opened_at", "first_response_at", "resolved_at")  # the times of a case that may count from now
Scale = Literal["waiting", "in_process", "paused", "closed", "transferred"]
Closer = Literal["department", "silence", "system"]
Unit = Literal["minutes", "hours", "working_hours", "working_days", "days"]


class StatusScale(Text):
    """The source's word for the state, and what each word means on the common scale. A key that ends with ``*`` stands
    for every word that begins like it; what follows in the word (an office's name) is not kept."""

    scale: dict[str, Scale] = Field(min_length=1)

    def said(self, row: Any) -> tuple[str, str]:
        """The word to keep, and the key of the scale to look up."""
        said = self.text(row) or ""
        key = matching(said, self.scale) if any(key.endswith("*") for key in self.scale) else None
        return (key.rstrip("* "), key) if key is not None and key.endswith("*") else (said, key or said)


class ClosedWords(Text):
    """Who closed a case: the source's word, and what it means."""

    words: dict[str, Closer] = Field(min_length=1)


class PromiseUnit(Text):
    """``value`` where it is always the same, or the source's word at ``path`` and what each word means."""

    words: dict[str, Unit] = Field(default_factory=dict)


class Promise(Declared):
    """How long the source itself says that a case will take; it goes before any policy of the city."""

    amount: Number
    unit: PromiseUnit

    def read(self, row: Any, numbers: NumberLocale) -> dict[str, Any]:
        amount = self.amount.read(row, numbers)
        unit = Coded(path=self.unit.path, value=self.unit.value, words=dict(self.unit.words)).code(row)
        return {} if amount is None else {"promised": amount, "promised_unit": unit or UNKNOWN}


class CaseMap(Declared):
    """How a row becomes a case. ``key``, ``status`` and ``opened_at`` are mandatory."""

    kind: CaseKind
    key: Text
    status: StatusScale
    opened_at: When
    klass: Coded | None = None
    category: Text | None = None
    channel: Coded | None = None
    department: Text | None = None
    office: Coded | None = None
    district: Text | None = None
    subdistrict: Text | None = None
    stage: Coded | None = None
    first_response_at: When | None = None
    resolved_at: When | None = None
    updated_at: When | None = None
    due_at: When | None = None
    promise: Promise | None = None
    amount_idr: Number | None = None
    ceiling_idr: Number | None = None
    closed_by: ClosedWords | None = None
    evidence: Flag | None = None
    reopened: Number | None = None
    transfers: Number | None = None
    duplicate_of: Text | None = None
    parent: Text | None = None
    pauses: Pauses | None = None
    point: Point | None = None
    text: Text | None = None
    attributes: dict[str, Attribute] = Field(default_factory=dict)


class About(Declared):
    """What a document says of the office that wrote it, beside its rows: paths begin with ``said``. ``each.answer`` is
    ``ok`` or ``silent`` (then ``each.cause`` says why): of a silent office there is a status and no measurement."""

    status: StatusMap
    measurements: tuple[MeasurementMap, ...] = ()


class MappedOptions(ConnectorOptions):
    """What the three generic connectors have in common."""

    case: CaseMap | None = None
    measurements: tuple[MeasurementMap, ...] = ()
    status: StatusMap | None = None
    coverage: Coverage = Coverage()

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.case is not None) + bool(self.measurements) + (self.status is not None) != 1:
            raise ValueError("say with one of case, measurements, status what a row is")
        return self


def judged(declared: Coverage, now: datetime, zone: tzinfo) -> Judged:
    """The coverage of an answer fetched at ``now``."""
    if declared.kind != "window" or declared.days is None:
        return COMPLETE if declared.kind == "complete" else DELTA
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return Judged("window", declared.field, today - timedelta(days=declared.days - 1), today + timedelta(days=1))


def map_row(row: Any, ctx: ParseContext[Any]) -> ParseResult:
    """The records of one raw row, as ``ctx.options`` (MappedOptions) declare."""
    options: MappedOptions = ctx.options
    if options.case is not None:
        return map_case(row, options.case, ctx)
    if options.status is not None:
        return map_status(row, options.status, ctx)
    return [map_measurement(row, wanted, ctx) for wanted in options.measurements if wanted.speaks_of(row)]


def map_about(row: Any, wanted: About, ctx: ParseContext[Any]) -> list[Status | Measurement]:
    """The state of an office, and its figures when it answered."""
    counted = wanted.measurements if find(row, "each.answer") == "ok" else ()
    figures = [map_measurement(row, one, ctx) for one in counted if one.speaks_of(row)]
    return [map_status(row, wanted.status, ctx), *figures]


def map_case(row: Any, wanted: CaseMap, ctx: ParseContext[Any]) -> Parsed:
    words, zone, marks = ctx.words, ctx.zone, ctx.numbers
    key = wanted.key.text(row)
    if key is None:
        raise RowRejected(wanted.key.name, "is mandatory and empty")
    written = ctx.written_at or ctx.fetched_at
    opened = wanted.opened_at.needed(row, zone, written)
    status_word, looked_up = wanted.status.said(row)
    status = words.status(looked_up, wanted.status.scale)
    category, department = text_of(wanted.category, row), text_of(wanted.department, row)
    district_word, subdistrict = text_of(wanted.district, row), text_of(wanted.subdistrict, row)
    district = words.district(district_word)
    times = {
        name: reader.maybe(row, zone, written) if (reader := getattr(wanted, name)) is not None else None
        for name in ("first_response_at", "resolved_at", "updated_at", "due_at")
    }
    counts = {
        name: reader.whole(row, marks) if (reader := getattr(wanted, name)) is not None else None
        for name in ("amount_idr", "ceiling_idr", "reopened", "transfers")
    }
    codes = {
        name: reader.code(row) if (reader := getattr(wanted, name)) is not None else None
        for name in ("klass", "channel", "stage")
    }
    pauses = wanted.pauses.read(row, zone, written) if wanted.pauses else ()
    promise = wanted.promise.read(row, marks) if wanted.promise else {}
    record = Case(
        key=key,
        kind=wanted.kind,
        status=status,
        status_word=status_word,
        opened_at=opened,
        category=words.category(category),
        category_word=category or "",
        department=words.department(department, opened),
        department_word=department or "",
        district=district,
        district_word=district_word or "",
        subdistrict=words.subdistrict(subdistrict, district),
        subdistrict_word=subdistrict or "",
        closed_by=_closer(wanted.closed_by, row) if status is CaseStatus.CLOSED else None,
        evidence=_EVIDENCE[wanted.evidence.read(row) if wanted.evidence else None],
        duplicate_of=wanted.duplicate_of.text(row) if wanted.duplicate_of else None,
        parent=wanted.parent.text(row) if wanted.parent else None,
        attributes=tuple((name, a.read(row, zone, marks)) for name, a in wanted.attributes.items()),
        approximate=_approximate(wanted, row, zone, written),
        events=declared_steps(opened, times["first_response_at"], times["resolved_at"], pauses),
        office=_office(wanted.office, row, ctx),
        **times,
        **counts,
        **codes,
        **promise,
    )
    point = wanted.point.read(row) if wanted.point else None
    text = wanted.text.raw(row) if wanted.text else None
    return Parsed(record, Transient(point=point, text=text if isinstance(text, str) else ""))


def price_of_day(
    ctx: ParseContext[Any], place: str, name: str, unit: str | None, start: datetime, price: float | None, basis: str,
    variant: str = "",
) -> Measurement:  # fmt: skip
    """The price of an item on the day that begins at ``start``; None: nobody reported."""
    item = ctx.words.commodity(name, unit)
    return Measurement(
        metric="price",
        place=place,
        variant=variant,
        item=item if item != UNKNOWN else None,
        item_word=name,
        period_start=start,
        period_end=period_end(start, "day", ctx.zone),
        value=price,
        unit=ctx.words.unit(unit) or UNKNOWN,
        basis=basis,
        reported=price is not None,
    )


def declared_steps(
    opened: datetime,
    responded: datetime | None,
    resolved: datetime | None,
    pauses: list[tuple[datetime, datetime | None, str]] | tuple[()] = (),
) -> tuple[Event, ...]:
    """The steps a source dates, as events."""
    steps: list[tuple[EventKind, datetime | None, str]] = [
        (EventKind.RECEIVED, opened, ""),
        (EventKind.RESPONDED, responded, ""),
    ]
    for start, end, reason in pauses:
        steps += [(EventKind.PAUSED, start, reason), (EventKind.RESUMED, end, "")]
    steps.append((EventKind.CLOSED, resolved, ""))
    return tuple(Event(kind=kind, declared_at=at, detail=detail) for kind, at, detail in steps if at is not None)


def _approximate(wanted: CaseMap, row: Any, zone: tzinfo, written: datetime) -> tuple[tuple[str, int, int], ...]:
    """The spans of those declared times that the source gives only roughly."""
    found = []
    for name in ROUGH:
        reader: When | None = getattr(wanted, name)
        if reader is None or reader.relative is None:
            continue
        try:
            span = reader.span(row, zone, written)
        except RowRejected:
            continue
        if span is not None and span.earliest != span.latest:
            found.append((name, int(span.earliest.timestamp()), int(span.latest.timestamp())))
    return tuple(found)


_EVIDENCE = {True: Evidence.YES, False: Evidence.NO, None: Evidence.UNKNOWN}


def _office(reader: Coded | None, row: Any, ctx: ParseContext[Any]) -> str | None:
    """By declared words, or else the code of a region."""
    if reader is None:
        return None
    return reader.code(row) if reader.words else ctx.words.region(reader.text(row))


def _closer(reader: ClosedWords | None, row: Any) -> ClosedBy | None:
    if reader is None:
        return None
    return ClosedBy(Coded(path=reader.path, value=reader.value, words=dict(reader.words)).code(row) or UNKNOWN)
