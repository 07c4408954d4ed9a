"""Exact percentiles of durations per kind, scope and window, kept while cases come and go; never an estimate.

Method: nearest rank (numpy's ``inverted_cdf``). The p-th percentile of n durations is the k-th smallest with
k = ceil(p * n), so it is always a duration that really occurred. Durations are whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Spans = dict[str, tuple[int, int]]
PAST = frozenset({"d7", "d30", "month", "year"})  # windows that reach back behind today
LONGEST = np.iinfo(np.int32).max  # 68 years
_EMPTY: Small = np.empty(0, np.int32)


def rank(n: int, percent: int) -> int:
    """The index (from 0) of the nearest-rank percentile among ``n`` sorted values."""
    return max(0, -(-percent * n // 100) - 1)


def merged(left: Small, right: Small) -> Small:
    """Two sorted arrays as one."""
    if not left.size or not right.size:
        return left if left.size else right
    return np.insert(left, np.searchsorted(left, right), right)


def without(values: Small, gone: Small) -> Small:
    """Sorted ``values`` less one occurrence for each of sorted ``gone``. What is not there is not taken."""
    if not gone.size or not values.size:
        return values
    nth = np.arange(gone.size) - np.searchsorted(gone, gone)  # the nth equal one takes the nth occurrence
    places = np.searchsorted(values, gone) + nth
    inside = places < values.size
    places, gone = places[inside], gone[inside]
    return np.delete(values, places[values[places] == gone])


def select(left: Small, right: Small, ranks: tuple[int, ...]) -> list[int]:
    """The elements of two sorted arrays together at ``ranks`` (from 0), without joining them."""
    if not right.size:
        return [int(left[k]) for k in ranks]
    if not left.size:
        return [int(right[k]) for k in ranks]
    places = left.searchsorted(right)  # where each of right stands in the union: so many of left before it,
    places += np.arange(right.size)  # and so many of right
    found = []
    for k in ranks:
        j = int(places.searchsorted(k))
        found.append(int(right[j]) if j < right.size and places[j] == k else int(left[k - j]))
    return found


@dataclass(slots=True)
class Series:
    """The durations of one (measure, kind, scope): by segment for the last 31 days, whole for past windows."""

    segments: dict[int, Small] = field(default_factory=dict)
    past: dict[str, Small] = field(default_factory=dict)  # sorted, segments before today only
    found: dict[str, tuple[int, int | None, int | None]] = field(default_factory=dict)  # window -> n, p50, p90

    def between(self, first: int, last: int) -> Small:
        parts = [self.segments[s] for s in range(first, last) if s in self.segments]
        if len(parts) < 2:
            return parts[0] if parts else _EMPTY
        return np.sort(np.concatenate(parts), kind="stable")

    def change(self, segment: Ints, values: Small, sign: int, spans: Spans, oldest: int) -> None:
        """Put in (+1) or take out (-1) ``values`` by the segment they ended in; sorted by segment, then value."""
        self.found.clear()
        step = merged if sign > 0 else without
        recent = int(np.searchsorted(segment, oldest))
        for number in np.unique(segment[recent:]).tolist():
            first, last = np.searchsorted(segment, (number, number + 1)).tolist()
            self.segments[number] = step(self.segments.get(number, _EMPTY), values[first:last])
        for window in PAST & spans.keys():
            first, last = np.searchsorted(segment, (spans[window][0], spans["today"][0])).tolist()
            if first < last:
                self.past[window] = step(self.past.get(window, _EMPTY), np.sort(values[first:last]))

    def roll(self, old: Spans, new: Spans, oldest: int) -> None:
        """Midnight: yesterday joins the past windows, the days that fell out of them leave."""
        self.found.clear()
        was, now = old["today"][0], new["today"][0]
        for window in PAST & new.keys():
            (start, _), (begin, _) = old[window], new[window]
            if begin >= was:  # a new month, a new year, or a long sleep: nothing of the old window is left
                self.past[window] = self.between(begin, now)
                continue
            kept = without(self.past.get(window, _EMPTY), self.between(start, begin))
            self.past[window] = merged(kept, self.between(was, now))
        for segment in [s for s in self.segments if s < oldest]:
            del self.segments[segment]

    def percentiles(self, spans: Spans) -> dict[str, tuple[int, int | None, int | None]]:
        """n, median and 90th percentile of every window."""
        if not self.found:
            today = self.between(*spans["today"])
            for window, (first, last) in spans.items():
                if window in PAST:
                    self.found[window] = _three(self.past.get(window, _EMPTY), today)
                else:
                    self.found[window] = _three(_EMPTY, today if window == "today" else self.between(first, last))
        return self.found


def _three(past: Small, fresh: Small) -> tuple[int, int | None, int | None]:
    n = past.size + fresh.size
    if not n:
        return 0, None, None
    median, p90 = select(past, fresh, (rank(n, 50), rank(n, 90)))
    return n, median, p90


class Durations:
    """All series of one measure, keyed (kind number, scope number)."""

    def __init__(self) -> None:
        self.series: dict[tuple[int, int], Series] = {}

    def change(
        self, kind: Ints, scope: Ints, segment: Ints, values: Ints, sign: int, spans: Spans, oldest: int
    ) -> Iterable[tuple[int, int]]:
        """Put in or take out many durations at once; returns the (kind, scope) that changed."""
        if not kind.size:
            return ()
        order = np.lexsort((values, segment, scope, kind))
        kind, scope, segment = kind[order], scope[order], segment[order]
        small = np.minimum(values[order], LONGEST).astype(np.int32)
        edges = np.flatnonzero((np.diff(kind) != 0) | (np.diff(scope) != 0)) + 1
        starts = [0, *edges.tolist()]
        touched: set[tuple[int, int]] = set()
        for begin, end in zip(starts, [*starts[1:], len(small)], strict=True):
            key = (int(kind[begin]), int(scope[begin]))
            touched.add(key)
            self.series.setdefault(key, Series()).change(segment[begin:end], small[begin:end], sign, spans, oldest)
        return touched

    def roll(self, old: Spans, new: Spans, oldest: int) -> None:
        for series in self.series.values():
            series.roll(old, new, oldest)
