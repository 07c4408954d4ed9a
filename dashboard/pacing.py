"""When a source is asked next: its own place in the interval, back-off, breaker; pure, waits for nothing itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from dashboard.errors import SourceError

BREAK_AFTER = 5
EPOCH, TINY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
FIRST_RETRY_S = 2.0
SOON_S = 20.0
"""A source that cannot be reached costs a connection to try; so often it is tried, that walls are soon current."""
LEAST_S = 0.05  # real seconds between two polls of one source, however fast the clock runs
TIMED_OUT = "timeout"
WAY = frozenset({"refused", TIMED_OUT, "dns", "unreachable", "reset", "uplink"})
"""Causes that lie on the way to the source, not in it."""


def slot_after(source: str, every_s: float, now: datetime) -> datetime:
    """The first instant after ``now`` at which ``source`` is asked. The place in the interval comes from the name
    alone: sources spread out, and every leader and every restart keeps to the same instants."""
    every = timedelta(seconds=every_s)
    place = int.from_bytes(hashlib.blake2b(source.encode(), digest_size=4).digest())
    offset = every // TINY * place // 2**32 * TINY
    return EPOCH + offset + every * ((now - EPOCH - offset) // every + 1)


@dataclass(slots=True)
class Pace:
    """What the last polls of one source mean for the next. ``failures``: bad ones in a row."""

    failures: int = 0
    slow: bool = False  # the last poll ran into its time limit
    probing: bool = False  # the breaker is open, and one poll is let through

    @classmethod
    def after(cls, failures: int, cause: str | None) -> Pace:
        """As another leader left it: so many bad polls in a row, the last with this cause."""
        return cls(failures, slow=failures > 0 and cause == TIMED_OUT)

    @property
    def breaker(self) -> Literal["closed", "open", "half_open"]:
        if self.failures < BREAK_AFTER:
            return "closed"
        return "half_open" if self.probing else "open"

    def begin(self) -> None:
        self.probing = self.failures >= BREAK_AFTER

    def good(self) -> None:
        self.failures, self.slow, self.probing = 0, False, False

    def bad(self, error: SourceError) -> None:
        self.failures += 1
        self.slow, self.probing = error.cause == TIMED_OUT, False


def retry_s(failures: int, error: SourceError, every_s: float, chance: float) -> float:
    """Real seconds until a failed source is tried again. ``every_s``: its interval in real seconds; ``chance``:
    0 to 1, up to a fifth more, so that those that failed together do not come back together.

    Doubling from two seconds up to the interval. What lies on the way is tried at least every 20 s; what the
    source itself asked for (Retry-After, capped where it is read) comes before all."""
    longest = max(every_s, SOON_S) if failures >= BREAK_AFTER else every_s
    if error.cause in WAY:
        longest = min(longest, SOON_S) if every_s > SOON_S else longest
    wait = min(FIRST_RETRY_S * 2.0 ** min(failures - 1, 20), longest)
    return max(wait * (1.0 + chance / 5), error.retry_after_s or 0.0, LEAST_S)
