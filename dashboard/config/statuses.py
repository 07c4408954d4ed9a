"""What config.yaml declares of a kind of status: states, groups, published totals; never a rule about one subject."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from dashboard.config.strict import Label, Strict, Visibility

Level = Literal["well", "idle", "poor", "bad"]
"""well: works. idle: rightly not at work, neither available nor not. poor: works, and needs a person. bad: does not."""


class StatusState(Strict):
    """A state as the room calls it. ``position``: in it a rounded position may be kept; in all others none is."""

    label: Label
    level: Level
    position: bool = False


class StatusAttribute(Strict):
    """A further fact of a subject, and what its codes are called. ``sum``: it is added up over all that tell it;
    ``day``: it is a time of which the day is shown; ``source``: it names a source of the room."""

    label: Label
    words: dict[str, Label] = Field(default_factory=dict)
    sum: bool = False
    day: bool = False
    source: bool = False


class StatusShare(Strict):
    """A figure: of the subjects whose ``attribute`` is known, the share in which it is ``value``."""

    label: Label
    attribute: str
    value: str | bool
    target: float | None = Field(default=None, ge=0, le=100)  # percent
    target_basis: str | None = None
    set_by: str | None = None


class DeclaredTotal(Strict):
    """How many there are by what somebody published. What the source lists is compared with it and the difference
    shown. ``by``: what ``parts`` break it down by, the group or an attribute."""

    total: int = Field(ge=0)
    as_of: date
    basis: str
    by: str = "group"
    parts: dict[str, int] = Field(default_factory=dict)


class StatusNames(Strict):
    """What the two counts of a kind are called where "not well" and "total" would mislead."""

    not_well: Label
    total: Label


class StatusKind(Strict):
    """A kind of subject that is in one state at a time: sites of a network, applications, units on the road ..."""

    label: Label
    visibility: Visibility = "wall"
    states: dict[str, StatusState] = Field(min_length=1)
    groups: dict[str, Label] = Field(default_factory=dict)
    attributes: dict[str, StatusAttribute] = Field(default_factory=dict)
    shares: dict[str, StatusShare] = Field(default_factory=dict)
    declared: tuple[DeclaredTotal, ...] = ()
    names: StatusNames | None = None
    keys: bool = True  # whether a subject's key in the source means something to a reader
    availability: bool = True  # whether time in a state that works is counted
    flap_changes: int = Field(default=4, ge=2)  # so many changes ...
    flap_minutes: float = Field(default=60, gt=0, le=1440)  # ... in so many minutes are told once, as flapping
    silent_after_minutes: float | None = Field(default=None, gt=0)  # without a report for longer it is silent
    position_decimals: int = Field(default=2, ge=0, le=3)
