"""A host's clock that a test sets, as an administrator or a sleeping host would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.clock import Clock


@dataclass(frozen=True, slots=True)
class Stepped(Clock):
    """``step[0][0]`` seconds are added to what the clock would say."""

    step: tuple[list[float], ...] = ([0.0],)

    def at(self, unix: float) -> datetime:
        return Clock.at(self, unix) + timedelta(seconds=self.step[0][0])

    def forward(self, by: timedelta) -> None:
        self.step[0][0] += by.total_seconds()


def stepped(start: datetime, rate: float = 1.0) -> Stepped:
    clock = Clock.begin(start, rate)
    return Stepped(clock.start, clock.anchor, clock.rate, ([0.0],))
