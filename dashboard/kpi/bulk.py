"""Finds closings that come too many at once to be work done case by case; never judges why."""

from __future__ import annotations

from collections.abc import Iterable

SPAN_S = 600
LEAST = 50
"""Fifty closings of one department inside ten minutes are marked: "400 cases closed in 3 minutes on the 31st"."""


def bulk_count(instants: Iterable[int], span_s: int = SPAN_S, least: int = LEAST) -> int:
    """How many of the instants (epoch seconds) lie in a stretch of ``span_s`` with at least ``least`` of them."""
    times = sorted(instants)
    marked, first, counted_to = 0, 0, 0
    for last, time in enumerate(times):
        while time - times[first] > span_s:
            first += 1
        if last - first + 1 >= least:
            marked += last + 1 - max(first, counted_to)
            counted_to = last + 1
    return marked
