"""How a kind of case is broken down: its stages, what marks a case, which shares and means are shown; only declared."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from dashboard.config.strict import Label, Strict


class Condition(Strict):
    """Of one attribute of a case: equal to, above or below a value. What is not known meets no condition. Every case
    has ``stage`` and ``klass``; an open one ``age_days``, ``scheduled`` (has a deadline) and ``late`` (is past it)."""

    attribute: str
    equals: str | bool | int | float | None = None
    above: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.equals, self.above, self.below) == (None, None, None):
            raise ValueError("say equals, above or below")
        return self


class Mark(Strict):
    """A rule that anybody can check: a case has the mark when any of ``when`` holds. ``mend``: whoever has it should
    have a deadline to mend it, so those without one are counted. ``definition`` says the rule in words. ``listed``:
    an open case with it stands out; without, it stands behind shares only and is no figure of its own."""

    label: Label
    definition: Label
    when: tuple[Condition, ...]
    open_only: bool = False
    mend: bool = False
    listed: bool = True


class Choice(Strict):
    """Which cases: of these stages and classes, with one of these marks, without any of those; nothing said: all."""

    stages: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class Share(Strict):
    """A published formula: ``numerator`` of ``denominator``, both chosen here, so that none is shown without its
    denominator. ``of``: cases or Rupiah."""

    label: Label
    definition: Label
    of: Literal["cases", "amount", "ceiling"] = "cases"
    numerator: Choice
    denominator: Choice
    better: Literal["up", "down", "none"] = "up"


class Mean(Strict):
    """The mean of a number that cases carry, weighted by budget or not; those without it are counted."""

    label: Label
    definition: Label
    attribute: str
    weight: Literal["cases", "amount"] = "cases"
    of: Choice = Choice()
    better: Literal["up", "down", "none"] = "none"


class Shown(Strict):
    """An attribute that is listed with a case that stands out."""

    label: Label
    unit: Literal["percent", "number", "idr"] = "number"


class Gathered(Strict):
    """What several cases may belong to (the finding behind recommendations): the attribute that names it. Counted once,
    and as open while any of its cases is."""

    attribute: str
    label: Label
    definition: Label


class Breakdown(Strict):
    """``since``: cases of this year and those still open, or all there ever were."""

    cases: Label | None = None  # what one is: packages, activities
    late: Label | None = None  # what it means of one to be late
    stages: dict[str, Label]
    since: Literal["year", "ever"] = "year"
    gathered: Gathered | None = None
    amount: Label | None = None
    ceiling: Label | None = None
    marks: dict[str, Mark] = {}
    shares: dict[str, Share] = {}
    means: dict[str, Mean] = {}
    attributes: dict[str, Shown] = {}
