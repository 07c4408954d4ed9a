"""Working time as arithmetic: spans of work on one line, with pauses cut out; pure, knows no city and no clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

Pause = tuple[datetime, datetime | None]
"""[start, end) in which a clock stands; None: it still stands."""

Cut = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Spans of work in order, as unix seconds. ``worked[i]``: seconds of work before span i."""

    starts: tuple[float, ...]
    ends: tuple[float, ...]
    worked: tuple[float, ...]
    day_ends: tuple[float, ...]  # end of the last span of each working day
    day_starts: tuple[float, ...]  # local midnight that begins each working day

    @classmethod
    def of(cls, days: Iterable[tuple[float, Sequence[Cut]]]) -> Timeline:
        """From (local midnight, spans of that day) of every working day, in order."""
        listed = [(midnight, spans) for midnight, spans in days if spans]
        spans = [span for _, day in listed for span in day]
        return cls(
            tuple(start for start, _ in spans),
            tuple(end for _, end in spans),
            tuple(accumulate((end - start for start, end in spans), initial=0.0)),
            tuple(day[-1][1] for _, day in listed),
            tuple(midnight for midnight, _ in listed),
        )

    def position(self, instant: float) -> float:
        """Seconds of work before ``instant``."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0.0
        return self.worked[index] + min(instant, self.ends[index]) - self.starts[index]

    def instant(self, position: float) -> float | None:
        """The first instant with ``position`` seconds of work before it; None beyond the line."""
        index = bisect_left(self.worked, position, lo=1) - 1
        if index >= len(self.starts):
            return None
        return self.starts[index] + position - self.worked[index]


def cuts_of(pauses: Iterable[Pause]) -> list[Cut]:
    """Pauses merged and in order; an open one ends at infinity; an empty or backward one is none."""
    pairs = sorted((a.timestamp(), b.timestamp() if b is not None else float("inf")) for a, b in pauses)
    merged: list[Cut] = []
    for start, end in pairs:
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def after_worked(line: Timeline, start: float, seconds: float, cuts: Sequence[Cut]) -> float | None:
    """When ``seconds`` of work have passed since ``start``, the clock standing in ``cuts``."""
    target = line.position(start) + seconds
    due = line.instant(target)
    for begin, end in cuts:
        if due is None or due <= begin:
            break
        if end == float("inf"):
            return None
        if end > start:
            target += line.position(end) - line.position(max(begin, start))
            due = line.instant(target)
    return due


def after_elapsed(start: float, seconds: float, cuts: Sequence[Cut]) -> float | None:
    """The same when every hour counts."""
    due = start + seconds
    for begin, end in cuts:
        if due <= begin:
            break
        if end == float("inf"):
            return None
        due += max(0.0, end - max(begin, start))
    return due


def after_days(line: Timeline, start: float, count: int, cuts: Sequence[Cut]) -> float | None:
    """The end of the ``count``-th working day after the day of ``start``; a day at whose end the clock
    stands is not counted."""
    index = bisect_right(line.day_starts, start) - 1 + count
    if count <= 0:
        index = max(index, 0)
    for begin, end in cuts:
        if index >= len(line.day_ends) or line.day_ends[index] <= begin:
            break
        if end == float("inf"):
            return None
        first = bisect_right(line.day_starts, start)  # the first day that could count
        lost = bisect_right(line.day_ends, end) - max(bisect_right(line.day_ends, begin), first)
        index += max(0, lost)
    return line.day_ends[index] if index < len(line.day_ends) else None


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
