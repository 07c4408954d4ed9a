"""What config.yaml may say of measured figures other than prices: places that report, metrics, targets, components.

Strict and declarative: how a figure is summed up, judged and shown stands here and nowhere in the program.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from dashboard.config.strict import Label, PolicyStatus, Strict, Visibility

Period = Literal["instant", "hour", "day", "week", "month", "quarter", "year"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
OF_THE_CITY = ("district", "subdistrict", "department")


def _share(text: str) -> str:
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"'{text}' is no number: write 1/9 or 0.111") from None
    if not 0 < found <= 1:
        raise ValueError(f"'{text}' is no weight between 0 and 1")
    return text


class Facility(Strict):
    """A place of service that reports for itself: a hospital, a health centre, a library, a warehouse. Dated."""

    code: Key
    kind: Key
    label: Label
    aliases: tuple[str, ...] = ()
    district: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Target(Strict):
    """What a metric should reach from ``valid_from`` on, until the next one for the same place and item begins.
    ``place``: a code; None: the city as a whole. ``set_by``: who set or moved it."""

    value: float
    valid_from: date
    set_by: str = Field(min_length=1)
    basis: str = Field(min_length=1)
    status: PolicyStatus
    place: str | None = None
    item: str | None = None


class Ratio(Strict):
    """``factor`` times one metric divided by another, place by place; of several places the sums are divided."""

    numerator: str
    denominator: str
    factor: float = 100.0


class Band(Strict):
    """A grade for values from ``at_least`` on (the index is rounded before it is graded)."""

    grade: str
    at_least: float
    label: Label


class Index(Strict):
    """A weighted sum of the elements (items) of another metric, times ``factor``. All elements, or no index.
    ``weight`` of each: "1/9" (then the most is 100) or "0.111" (then 99.9)."""

    of: str
    elements: tuple[str, ...] = Field(min_length=1)
    weight: Annotated[str, AfterValidator(_share)]
    factor: float = 1.0
    decimals: int = Field(default=2, ge=0, le=6)
    bands: tuple[Band, ...] = ()


class Metric(Strict):
    """A figure that is reported rather than counted from cases.

    ``aggregation``: how a district's or the city's figure is made of those of the places in it, where no source gives
    it: ``sum``; ``mean`` (each place once); ``weighted`` (by the number of those asked, n); ``latest``; ``none``.
    ``variants``: what the source's variant means: ``parts`` of the figure (they add up), ``items`` (each a figure of
    its own), ``claims`` (several publications of the same figure, kept side by side), ``none``.
    ``places``: who owes a value: ``district``, ``subdistrict``, ``department`` or a kind of ``facilities``.
    ``cumulative``: a counter that begins anew each ``year``, or grows only during its own ``period`` (the visits of a
    month that is not over); then a pace is reckoned, unless nobody expects it to grow ``even``ly.
    ``finest``: of no smaller place is it told, nor row by row: where somebody was, and when, is nobody's business.
    ``target_from``: the metric that holds the source's own target. ``total_of``: the metric whose periods up to this
    one a published total should equal. ``prefer``: sources or claims, best first; otherwise the order of ``sources``.
    """

    label: Label
    group: str
    unit: str
    definition: Label
    better: Literal["up", "down", "none"] = "none"
    visibility: Visibility = "wall"
    period: Period = "day"
    places: str | None = None
    finest: Literal["city", "district"] | None = None
    aggregation: Literal["sum", "mean", "weighted", "latest", "none"] = "none"
    variants: Literal["none", "parts", "items", "claims"] = "none"
    items: dict[str, Label] = {}
    cumulative: Literal["none", "period", "year"] = "none"
    even: bool = True
    targets: tuple[Target, ...] = ()
    target_from: str | None = None
    ratio: Ratio | None = None
    index: Index | None = None
    total_of: str | None = None
    prefer: tuple[str, ...] = ()
    min_n: int | None = Field(default=None, ge=1)
    decimals: int = Field(default=0, ge=0, le=3)
    support: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.ratio is not None and self.index is not None:
            raise ValueError("a figure is a ratio or an index, not both")
        if self.ratio is not None and self.variants != "none":
            raise ValueError("a ratio takes its variants from the metrics it divides: leave variants out")
        return self

    @property
    def derived(self) -> bool:
        """Made of other metrics; no source reports it."""
        return self.ratio is not None or self.index is not None

    def uses(self) -> tuple[str, ...]:
        """The metrics this one is made of or judged by."""
        of = (self.ratio.numerator, self.ratio.denominator) if self.ratio else ()
        others = (self.index.of if self.index else None, self.target_from, self.total_of)
        return (*of, *(name for name in others if name is not None))
