"""What config.yaml may say of the components of the city (Smart Government ...): parts, weights, targets, cap."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dashboard.config.metrics import Target
from dashboard.config.strict import Label, Strict, Visibility


class Part(Strict):
    """One figure of a component: a ``measure`` (key of ``metrics``, whose targets hold), a ``figure`` of cases
    (``aspiration.closed_in_time.d30``), a ``share`` of a kind broken down (``recommendation.completion_of_all``), or
    ``prices``; or one that is ``awaited`` because no source tells it yet.
    Awaited and unknown parts stay in the card and take their weight out of what is covered."""

    measure: str | None = None
    figure: str | None = None
    share: str | None = None
    prices: Literal["within_limit", "reported"] | None = None
    awaited: Label | None = None
    weight: float = Field(default=1.0, gt=0, le=100)
    targets: tuple[Target, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(named is not None for named in (self.measure, self.figure, self.share, self.prices, self.awaited)) != 1:
            raise ValueError("is one of measure, figure, share, prices, awaited")
        if self.targets and (self.measure is not None or self.awaited is not None):
            raise ValueError("a measure has its own targets: write them in metrics")
        return self

    @property
    def key(self) -> str:
        """What it is called among the parts; an awaited one by its English name."""
        name = self.measure or self.figure or self.share or (f"prices.{self.prices}" if self.prices else "")
        return name or (self.awaited.en if self.awaited else "")


class Component(Strict):
    """A score is the mean of the parts' performances by weight. Performance is value / target in percent (target /
    value where less is better; a counter's pace), at most ``cap``. There is no score when parts of less than the share
    ``least`` of the weight are known."""

    label: Label
    visibility: Visibility = "wall"
    parts: tuple[Part, ...] = Field(min_length=1)
    cap: float = Field(default=100.0, gt=0, le=1000)
    least: float = Field(default=0.5, ge=0, le=1)
