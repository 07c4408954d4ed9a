"""What somebody published of a kind of case: how many came, what became of them; never corrected, only reckoned."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from dashboard.config.strict import Strict

Part = Literal["closed", "in_process", "waiting", "transferred"]


class PublishedTotal(Strict):
    """The figures of one publication, as printed. ``stated_percent``: the share closed that it names. ``also``: another
    number that the same publication gives for what was received."""

    kind: str
    source: str | None = None  # the system it speaks of, a key of ``sources``
    start: date
    end: date  # the last day
    received: int = Field(ge=0)
    parts: dict[Part, int] = Field(min_length=1)
    stated_percent: float | None = Field(default=None, ge=0, le=100)
    also: int | None = Field(default=None, ge=0)
    cited: str = Field(min_length=1)

    @model_validator(mode="after")
    def _days(self) -> Self:
        if self.end < self.start:
            raise ValueError("ends before it starts: exchange the dates")
        return self

    @property
    def explained(self) -> int:
        """What its parts add up to."""
        return sum(self.parts.values())

    @property
    def difference(self) -> int:
        """Its parts less what was received: above zero where the parts are too many."""
        return self.explained - self.received

    @property
    def percent(self) -> float | None:
        """The share closed by its own numbers."""
        closed = self.parts.get("closed")
        return None if closed is None or not self.received else 100 * closed / self.received
