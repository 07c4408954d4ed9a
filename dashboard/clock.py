"""The one place where the machine's clock is read; never decides anything about what time means."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ENV = "LIVEROOM_CLOCK"


@dataclass(frozen=True, slots=True)
class Clock:
    """City time: ``start`` at the real instant ``anchor`` (unix seconds), running ``rate`` times as fast.

    ``rate`` 1 and ``start`` None is the machine's own time. One Clock is handed to simulator, scheduler
    and room alike through the environment variable ``LIVEROOM_CLOCK`` (``start_iso,anchor,rate``).
    """

    start: datetime | None = None
    anchor: float = 0.0
    rate: float = 1.0

    @classmethod
    def begin(cls, start: datetime | None, rate: float) -> Clock:
        """A clock that reads ``start`` (aware; None = the machine's time) at this moment."""
        if start is None and rate == 1.0:
            return cls()
        anchor = time.time()
        return cls(start or datetime.fromtimestamp(anchor, UTC), anchor, rate)

    @classmethod
    def from_environment(cls) -> Clock | None:
        """The clock the supervisor handed down, or None when this process was started alone."""
        text = os.environ.get(ENV)
        if not text:
            return None
        start, anchor, rate = text.split(",")
        return cls(datetime.fromisoformat(start) if start else None, float(anchor), float(rate))

    def to_environment(self) -> str:
        start = self.start.isoformat() if self.start else ""
        return f"{start},{self.anchor!r},{self.rate!r}"

    def now(self) -> datetime:
        """City time now, aware, UTC."""
        return self.at(time.time())

    def at(self, unix: float) -> datetime:
        """City time at the real instant ``unix`` (seconds since 1970)."""
        if self.start is None:
            return datetime.fromtimestamp(unix, UTC)
        return (self.start + timedelta(seconds=(unix - self.anchor) * self.rate)).astimezone(UTC)

    def real_seconds_until(self, instant: datetime) -> float:
        """Real seconds from now until city time reaches ``instant`` (negative when past)."""
        return (instant - self.now()).total_seconds() / self.rate


def unix() -> float:
    """Real seconds since 1970, as every machine of the room is meant to agree on: leases are dated by it."""
    return time.time()


def elapsed() -> float:
    """Real seconds that only grow, a sleeping host's included, whatever is done to the date: waits go by it."""
    return time.clock_gettime(_STEADY)


_STEADY: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
