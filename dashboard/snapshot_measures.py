"""The published documents of reported figures and of the score cards made of figures: plain JSON values; no I/O.

components           Components
measures:{group}     Measures
"""

from __future__ import annotations

from typing import Literal, TypedDict

from dashboard.snapshot import Ms


class Claim(TypedDict):
    """What one source, or one publication in it, says a figure is."""

    source: str
    claim: str  # the publication's name; "" when the source speaks for itself
    value: float
    difference: float  # to the figure that is shown
    at: Ms
    counted: float | None  # of a published total: what its periods add up to, by the same publication where it says
    remainder: float | None  # that less the published total


class MeasureRow(TypedDict):
    """The newest figure of one metric at one place (and of one item)."""

    place: str
    level: Literal["city", "district", "subdistrict", "facility", "department"]
    item: str | None
    value: float | None  # None: nobody has reported it yet
    unit: str
    start: Ms | None  # the period it is of
    end: Ms | None
    at: Ms | None  # as of when: the source's word, or when the room first saw it so
    reported: bool  # in the newest period in which anybody reported this metric
    n: int | None
    previous: float | None
    previous_start: Ms | None
    change: float | None  # None also when other places reported than the time before
    numerator: float | None
    denominator: float | None
    target: float | None
    target_status: str | None
    target_set_by: str | None
    target_basis: str | None
    target_from: str | None  # ISO date since when it holds
    share: float | None  # value in percent of the target
    met: bool | None
    pace: float | None  # of a year's counter: percent of what its target asks for on that day, evenly over the year
    projected: float | None  # what the year ends at if it goes on evenly
    grade: str | None
    parts: dict[str, float | None]
    published: float | None  # what a source gives for the whole place
    counted: float | None  # what the places in it add up to
    difference: float | None  # counted less published
    places: int | None  # that reported, and that owe a figure; None: not made of places
    places_due: int | None
    silent: list[str]
    claims: list[Claim]  # only when there are several
    missing: list[str]  # "held:2", "unknown_place:1", "parts:1", "elements:3"
    small: bool  # fewer were asked than the metric wants
    sources: list[str]
    provenance: list[str]


class PastFigure(TypedDict):
    """The city's figure of one period, of a metric that several publications speak of."""

    item: str | None
    start: Ms
    end: Ms
    value: float
    counted: float | None
    difference: float | None
    places: int | None
    claims: list[Claim]


class Measure(TypedDict):
    metric: str
    newest: Ms | None  # the newest period in which anybody reported
    rows: list[MeasureRow]  # the city first, then districts, then single places
    trend: dict[str, list[tuple[Ms, float]]]  # the city's figure by item ("" for none), oldest first
    past: list[PastFigure]  # newest first; only of metrics whose variants are claims
    met: int  # single places that meet their target, of those that are judged
    judged: int


class Measures(TypedDict):
    group: str
    metrics: list[Measure]
    as_of: Ms


class TargetSet(TypedDict):
    """A target of the city as somebody set or moved it."""

    value: float
    valid_from: str  # ISO date
    set_by: str
    basis: str
    status: str


class ComponentPart(TypedDict):
    key: str  # of a metric, of a figure of cases, prices.within_limit ..., or the name of what is awaited
    of: Literal["measure", "figure", "share", "prices", "awaited"]
    weight: float
    value: float | None
    unit: str
    at: Ms | None
    target: float | None
    target_status: str | None
    target_set_by: str | None
    target_from: str | None
    pace: float | None
    performance: float | None  # percent, capped; None: not known, too few, or without a target
    small: bool
    missing: list[str]
    sources: list[str]
    targets: list[TargetSet]  # newest first


class ScoreCard(TypedDict):
    score: float | None  # None: parts of too little weight are known
    covered: float  # share of the weight whose performance is known
    cap: float
    proposed: int  # parts in the score whose target is only proposed
    parts: list[ComponentPart]


class Components(TypedDict):
    components: dict[str, ScoreCard]
    as_of: Ms
