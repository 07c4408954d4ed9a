"""Cuts city time into segments (midnights and shift changes) so that every window is a run of them; never guesses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.calendar import Calendar

Ints = NDArray[np.int64]
DAYS_BACK = 31  # d30 today, and the day that leaves it at midnight
DAYS_AHEAD = 400  # how far ahead a wrong source clock is followed
WINDOWS = ("today", "shift", "d7", "d30", "month", "year")


def seconds(instant: datetime) -> int:
    """Whole epoch seconds, floored."""
    return int(instant.timestamp() // 1)


class Timeline:
    """Segments are numbered from the first boundary; a number never changes while the timeline lives.

    A window of the calendar always starts and ends on a boundary, so counting by segment loses nothing. It
    begins with the earliest of ``windows`` at ``now``; an instant before that has segment -1: no window reaches it.
    What lies further back than any window that moves on is one segment from one beginning to the next: a year has
    1,460 shifts and midnights, and each would hold every count of every scope.
    """

    def __init__(self, calendar: Calendar, now: datetime, windows: tuple[str, ...] = WINDOWS) -> None:
        self._calendar = calendar
        self._windows = windows
        self._cuts = [(s.start, s.end) for s in calendar.config.shifts]
        begins = [start for name, (start, _) in calendar.windows(now).items() if name in windows]
        recent = calendar.day_start(calendar.day_start(now) - timedelta(days=DAYS_BACK + 2))
        self._bounds = sorted({seconds(begin) for begin in begins if begin < recent})
        self._next_day = recent
        self.bounds: Ints = np.empty(0, np.int64)
        self.reach(calendar.next_midnight(now) + timedelta(days=2))

    def reach(self, instant: datetime) -> None:
        """Make sure that ``instant`` lies inside."""
        grown = False
        while self._next_day <= instant:
            day = self._calendar.local_date(self._next_day)
            clocks = {clock for cut in self._cuts for clock in cut}
            zone = self._calendar.zone
            found = {datetime.combine(day, clock, tzinfo=zone).astimezone(UTC) for clock in clocks}
            self._bounds.extend(sorted({seconds(self._next_day), *(seconds(f) for f in found)}))
            self._next_day = self._calendar.next_midnight(self._next_day)
            grown = True
        if grown:
            self.bounds = np.array(self._bounds, np.int64)

    def reach_all(self, instants: Ints, now: datetime) -> None:
        """Reach the latest of ``instants``, but not further than DAYS_AHEAD."""
        if instants.size and (latest := int(instants.max())) >= self._bounds[-1]:
            far = now + timedelta(days=DAYS_AHEAD)
            self.reach(min(datetime.fromtimestamp(min(latest, seconds(far)), UTC), far))

    @property
    def size(self) -> int:
        return len(self._bounds)

    def segments(self, instants: Ints) -> Ints:
        """The segment of each instant (epoch seconds); -1 before the first, the last for all later ones."""
        return np.searchsorted(self.bounds, instants, side="right").astype(np.int64) - 1

    def segment(self, instant: datetime) -> int:
        return int(np.searchsorted(self.bounds, seconds(instant), side="right")) - 1

    def spans(self, now: datetime) -> dict[str, tuple[int, int]]:
        """[first, last) segment of each window; ``shift`` only where the city has shifts and one is on."""
        self.reach(now + timedelta(days=2))
        windows = self._calendar.windows(now)
        return {w: (self.segment(windows[w][0]), self.segment(windows[w][1])) for w in self._windows if w in windows}
