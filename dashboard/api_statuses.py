"""The kinds of status summed up, from the published documents; pure, and never says what ``Disclosure`` keeps back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import date, datetime
from typing import Any

from dashboard.api_documents import Ask
from dashboard.api_types import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A subject that is not well, once. ``behind``: the subjects that are out of reach, or flap, through it."""

    subject: str
    label: str
    group: str | None
    state: str
    since: datetime | None
    detail: str
    department: str | None
    district: str | None
    changes: int
    behind: Sequence[str]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    declared: int | None
    found: int
    difference: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredTotal:
    """What was published as of a day, and what is found. ``unexplained``: what its own parts leave open."""

    total: int
    as_of: date
    basis: str
    by: str
    found: int
    difference: int
    unexplained: int
    parts: Mapping[str, Part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """In percent of those of which it is known; ``unknown`` ones are in neither number."""

    label_id: str
    label_en: str
    value: float | None
    numerator: int
    denominator: int
    unknown: int
    target: float | None
    target_basis: str | None
    target_set_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Of an attribute, over the ``known`` subjects that tell it."""

    label_id: str
    label_en: str
    value: float | None
    known: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """In percent of ``counted_s``, the seconds of all subjects together; ``unheard_s``: nobody could know."""

    value: float | None
    counted_s: int
    watched_s: int
    unheard_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusKind:
    """``states`` add up to ``total``; besides the declared ones: unreachable, silent, unknown."""

    kind: str
    label_id: str
    label_en: str
    total: int
    states: Mapping[str, int]
    not_well: int
    groups: Mapping[str, Mapping[str, int]]
    districts: Mapping[str, Mapping[str, int]]
    declared: Sequence[DeclaredTotal]
    shares: Mapping[str, Share]
    sums: Mapping[str, Sum]
    troubles: Sequence[Trouble]
    flapping: Sequence[Trouble]
    availability: Mapping[str, Availability]
    sources: Sequence[str]
    missing: Sequence[str]
    data_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusKinds(Answer):
    status_kinds: Sequence[StatusKind]


def status_kinds(ask: Ask, found: Mapping[str, Any]) -> StatusKinds:
    wanted = [kind for kind in ask.known.status_kinds if found["kind"] in (None, kind)]
    documents = [(kind, body) for kind in wanted if (body := ask.documents.get(f"status:{kind}"))]
    return StatusKinds(**ask.head, status_kinds=[_kind(ask, kind, body) for kind, body in documents])


def _kind(ask: Ask, name: str, body: Mapping[str, Any]) -> StatusKind:
    kind = ask.known.registry.config.status_kinds[name]
    plain = ("total", "states", "not_well", "groups", "districts", "sources", "missing")
    labels: dict[str, dict[str, Any]] = {
        key: {"label_id": share.label.id, "label_en": share.label.en} for key, share in kind.shares.items()
    }
    shares = {key: Share(**labels[key], **value) for key, value in body["shares"].items() if key in labels}
    return StatusKind(
        kind=name,
        label_id=kind.label.id,
        label_en=kind.label.en,
        **{field: body[field] for field in plain},
        declared=[_declared(total) for total in body["declared"]],
        shares=shares,
        sums={
            key: Sum(label_id=named.label.id, label_en=named.label.en, **body["sums"][key])
            for key, named in kind.attributes.items()
            if key in body["sums"]
        },
        troubles=[_trouble(ask, trouble) for trouble in body["troubles"]],
        flapping=[_trouble(ask, trouble) for trouble in body["flapping"]],
        availability={window: Availability(**value) for window, value in body["availability"].items()},
        data_at=ask.at(body["data_at"]),
    )


def _declared(total: Mapping[str, Any]) -> DeclaredTotal:
    parts = {code: Part(**part) for code, part in total["parts"].items()}
    return DeclaredTotal(**{**total, "as_of": date.fromisoformat(total["as_of"]), "parts": parts})


def _trouble(ask: Ask, trouble: Mapping[str, Any]) -> Trouble:
    told = {field.name: trouble[field.name] for field in fields_of(Trouble) if field.name != "since"}
    return Trouble(**told, since=ask.at(trouble["since"]))
