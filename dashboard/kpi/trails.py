"""How long something was in which state, and when nobody could know; pure arithmetic in whole seconds.

Time in which the source itself was not heard is not counted: neither as available nor as not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

KEPT_S = 31 * 86_400
WINDOWS = {"d1": 86_400, "d30": 30 * 86_400}


def second(at: datetime) -> int:
    return int(at.timestamp() // 1)


@dataclass(slots=True)
class Silences:
    """When one source was not heard: spans that do not touch, in their order."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    _sums: list[int] = field(default_factory=lambda: [0])

    def add(self, start: int, end: int) -> None:
        if self.ends and start < self.ends[-1]:  # a clock that was set back
            start = self.ends[-1]
        if end <= start:
            return
        self.starts.append(start)
        self.ends.append(end)
        self._sums.append(self._sums[-1] + end - start)

    def within(self, start: int, end: int) -> int:
        """Seconds of silence in [start, end)."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        if first >= last or end <= start:
            return 0
        whole = self._sums[last] - self._sums[first]
        return whole - max(0, start - self.starts[first]) - max(0, self.ends[last - 1] - end)


@dataclass(slots=True)
class Trail:
    """The states of one subject, oldest first: from which second on each held."""

    times: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def add(self, at: int, state: str) -> None:
        """From ``at`` on; what is older than ``KEPT_S`` goes, but for the one that held when that began."""
        if self.states and self.states[-1] == state:
            return
        self.times.append(max(at, self.times[-1]) if self.times else at)
        self.states.append(state)
        while len(self.times) > 1 and self.times[1] < at - KEPT_S:
            del self.times[0], self.states[0]

    def changes(self, after: int) -> int:
        """Changes later than ``after``; the first sight is none."""
        return len(self.times) - max(1, bisect_right(self.times, after))

    def spans(self, start: int, end: int) -> Iterable[tuple[str, int, int]]:
        for n in range(max(0, bisect_right(self.times, start) - 1), len(self.times)):
            begin = max(start, self.times[n])
            until = min(end, self.times[n + 1] if n + 1 < len(self.times) else end)
            if begin >= end:
                return
            if begin < until:
                yield self.states[n], begin, until


def counted(trail: Trail, silence: Silences, start: int, end: int, works: Mapping[str, bool]) -> tuple[int, int, int]:
    """Seconds available, seconds counted, and seconds watched in [start, end). ``works``: of the states that count."""
    good = all_ = watched = 0
    for state, begin, until in trail.spans(start, end):
        watched += until - begin
        if state in works:
            heard = until - begin - silence.within(begin, until)
            all_ += heard
            good += heard if works[state] else 0
    return good, all_, watched
