"""The declared mapping from a row to the state of a subject; pure. A subject is a thing, never a person."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dashboard.contract import ParseContext, StatusKind
from dashboard.errors import RowRejected
from dashboard.mapping_readers import Attribute, Coded, Declared, Point, Text, When, text_of
from dashboard.records import UNKNOWN, Status


class StatusMap(Declared):
    """How a row becomes the state of a subject. ``decimals``: a point is kept no finer than this, and only in the
    states in which the kind lets one be kept."""

    kind: StatusKind
    subject: Text
    state: Coded
    label: Text | None = None
    group: Coded | None = None
    since: When | None = None
    heard_at: When | None = None
    department: Text | None = None
    district: Text | None = None
    subdistrict: Text | None = None
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    detail: Coded | None = None
    parent: Text | None = None
    point: Point | None = None
    decimals: int = Field(default=3, ge=0, le=3)


def map_status(row: Any, wanted: StatusMap, ctx: ParseContext[Any]) -> Status:
    subject = wanted.subject.text(row)
    if subject is None:
        raise RowRejected(wanted.subject.name, "is mandatory and empty")
    words, zone = ctx.words, ctx.zone
    state, at = wanted.state.code(row), wanted.since.maybe(row, zone) if wanted.since else None
    if state is None:  # a word that nobody knows is a state; nothing at all is none
        raise RowRejected(wanted.state.name, "is mandatory and empty")
    point = wanted.point.read(row) if wanted.point else None
    department, district_word = text_of(wanted.department, row), text_of(wanted.district, row)
    district, subdistrict = words.district(district_word), text_of(wanted.subdistrict, row)
    return Status(
        subject=subject,
        kind=wanted.kind,
        state=state,
        state_word=(text_of(wanted.state, row) or "") if state == UNKNOWN else "",
        label=text_of(wanted.label, row) or "",
        group=wanted.group.code(row) if wanted.group else None,
        since=at,
        heard_at=wanted.heard_at.maybe(row, zone) if wanted.heard_at else None,
        detail=(wanted.detail.code(row) if wanted.detail else None) or "",
        parent=wanted.parent.text(row) if wanted.parent else None,
        department=words.department(department, ctx.fetched_at),
        department_word=(department or "") if words.department(department, ctx.fetched_at) == UNKNOWN else "",
        district=district,
        district_word=(district_word or "") if district == UNKNOWN else "",
        subdistrict=(found := words.subdistrict(subdistrict, district)),
        subdistrict_word=(subdistrict or "") if found == UNKNOWN else "",
        attributes=tuple((name, a.read(row, zone, ctx.numbers)) for name, a in wanted.attributes.items()),
        latitude=round(point[0], wanted.decimals) if point else None,
        longitude=round(point[1], wanted.decimals) if point else None,
    )
