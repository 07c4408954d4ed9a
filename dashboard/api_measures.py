"""Reported figures for other machines, from the published documents; pure, and never says what is kept back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import date, datetime
from typing import Any

from dashboard.api_documents import Ask
from dashboard.api_types import Answer, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one source, or one publication that it lists, says the figure is. ``difference``: to the figure that is
    shown. ``counted``: of a published total, what its periods add up to; ``remainder``: that less the total."""

    source: str
    claim: str
    value: Number
    difference: Number
    at: datetime
    counted: Number | None
    remainder: Number | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The newest figure of one metric at one place. None: nobody reported it, which is not zero."""

    group: str
    metric: str
    place: str
    level: str
    item: str | None
    value: Number | None
    unit: str
    start: datetime | None
    end: datetime | None
    at: datetime | None
    """As of when: the source's own word, or when the room first saw it so."""
    reported: bool
    """Whether in the newest period in which anybody reported this metric."""
    n: int | None
    previous: Number | None
    previous_start: datetime | None
    change: Number | None
    numerator: Number | None
    denominator: Number | None
    target: Number | None
    target_status: str | None
    target_set_by: str | None
    target_basis: str | None
    target_from: date | None
    share: Number | None
    """Value in percent of the target."""
    met: bool | None
    pace: Number | None
    """Of a counter that begins anew each year: percent of what an even year would have on that day."""
    projected: Number | None
    grade: str | None
    parts: dict[str, Number | None]
    published: Number | None
    counted: Number | None
    difference: Number | None
    """What a source gives for the place less what the places in it add up to."""
    places: int | None
    places_due: int | None
    silent: Sequence[str]
    """Places that owe a figure of the period and gave none."""
    claims: Sequence[Claim]
    missing: Sequence[str]
    small: bool
    sources: Sequence[str]
    provenance: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """What a metric is, from the configuration."""

    label_id: str
    label_en: str
    definition_id: str
    definition_en: str
    group: str
    unit: str
    better: str
    aggregation: str
    cumulative: str
    newest: datetime | None
    met: int
    """Single places that meet their target, of ``judged``."""
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Answer):
    figures: Sequence[Figure]
    metrics: dict[str, Defined]


TIMES = ("start", "end", "at", "previous_start")
OWN = ("group", "metric", "claims", "target_from")
PLAIN = tuple(field.name for field in fields_of(Figure) if field.name not in (*TIMES, *OWN))


def measures(ask: Ask, found: Mapping[str, Any]) -> Figures:
    figures: list[Figure] = []
    metrics: dict[str, Defined] = {}
    declared = ask.known.registry.config.metrics
    for group in ask.known.measure_groups:
        if found["group"] not in (None, group):
            continue
        for measure in (ask.documents.get(f"measures:{group}") or {}).get("metrics", []):
            key = measure["metric"]
            if found["metric"] not in (None, key):
                continue
            metric = declared[key]
            metrics[key] = Defined(
                label_id=metric.label.id, label_en=metric.label.en, definition_id=metric.definition.id,
                definition_en=metric.definition.en, group=group, unit=metric.unit, better=metric.better,
                aggregation=metric.aggregation, cumulative=metric.cumulative, newest=ask.at(measure["newest"]),
                met=measure["met"], judged=measure["judged"],
            )  # fmt: skip
            rows = [row for row in measure["rows"] if found["place"] in (None, row["place"])]
            figures += [_figure(ask, group, key, row) for row in rows]
    return Figures(**ask.head, figures=figures, metrics=metrics)


def _figure(ask: Ask, group: str, key: str, row: Mapping[str, Any]) -> Figure:
    told: dict[str, Any] = {name: row[name] for name in PLAIN}
    told |= {name: ask.at(row[name]) for name in TIMES}
    since = row["target_from"]
    claims = [Claim(**{**claim, "at": ask.at(claim["at"])}) for claim in row["claims"]]
    return Figure(
        group=group, metric=key, target_from=date.fromisoformat(since) if since else None, claims=claims, **told
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target as somebody set or moved it."""

    value: Number
    valid_from: date
    set_by: str
    basis: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One figure of a component. ``performance``: percent of its target, at most the component's cap; None: not
    known, of too few, or without a target. ``of``: measure, figure (of cases), prices, or awaited (no source)."""

    component: str
    key: str
    of: str
    weight: Number
    value: Number | None
    unit: str
    at: datetime | None
    target: Number | None
    target_status: str | None
    target_set_by: str | None
    target_from: date | None
    pace: Number | None
    performance: Number | None
    small: bool
    missing: Sequence[str]
    sources: Sequence[str]
    targets: Sequence[Aim]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """``covered``: share of the weight of all parts whose performance is known. ``proposed``: parts in the score whose
    target is only proposed. Never without its ``parts``."""

    label_id: str
    label_en: str
    score: Number | None
    covered: Number
    cap: Number
    proposed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCards(Answer):
    components: dict[str, Card]
    parts: Sequence[Part]


CARD = ("score", "covered", "cap", "proposed")
OF_PART = tuple(
    field.name for field in fields_of(Part) if field.name not in ("component", "at", "target_from", "targets")
)


def components(ask: Ask, _: Mapping[str, Any]) -> ScoreCards:
    cards = (ask.documents.get("components") or {}).get("components", {})
    declared = ask.known.registry.config.components
    told = {key: card for key, card in cards.items() if key in declared}
    return ScoreCards(
        **ask.head,
        components={
            key: Card(
                label_id=declared[key].label.id, label_en=declared[key].label.en, **{name: card[name] for name in CARD}
            )
            for key, card in told.items()
        },
        parts=[_part(ask, key, part) for key, card in told.items() for part in card["parts"]],
    )


def _part(ask: Ask, component: str, part: Mapping[str, Any]) -> Part:
    told: dict[str, Any] = {name: part[name] for name in OF_PART}
    since = part["target_from"]
    aims = [Aim(**{**aim, "valid_from": date.fromisoformat(aim["valid_from"])}) for aim in part["targets"]]
    return Part(
        component=component, at=ask.at(part["at"]), target_from=date.fromisoformat(since) if since else None,
        targets=aims, **told,
    )  # fmt: skip
