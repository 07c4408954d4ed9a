"""Judges measurements against their own past: held counters, doubtful prices, surveys copied forward; pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dashboard.history.batch import DOUBTFUL, HeldValue
from dashboard.history.rows import series
from dashboard.records import Measurement

CUMULATIVE = "cumulative"
"""``Measurement.basis`` of a counter that can only grow."""

CUMULATIVE_YEAR = "cumulative_year"
"""Of one that begins anew each year: it is judged within its year. It comes by the day or by longer periods, so that
the middle of a period lies in the year, whatever the city's zone."""

COUNTERS = frozenset({CUMULATIVE, CUMULATIVE_YEAR})

JUMP = 100.0
HELD_UNTIL = 2
"""A counter that has gone on growing from its new base for this many periods really was reset: then it counts."""

HELD_KEPT = 12
"""So many held periods of one counter are remembered; the newest decide."""

PRICE = "price"

COMPARED_SURVEYS = 15
"""A price is compared with its own of so many surveys; one that was not asked for longer has no past."""

COPIED_SURVEYS = 3
COPIED_LEAST = 5


def copied_forward(surveys: Sequence[Mapping[str, float]]) -> bool:
    """Whether the newest surveys (newest first) all say exactly the same: nobody went to the market.

    Three in a row, of at least five prices: staples do keep their price for a day."""
    newest = surveys[:COPIED_SURVEYS]
    if len(newest) < COPIED_SURVEYS or len(newest[0]) < COPIED_LEAST:
        return False
    return all(survey == newest[0] for survey in newest[1:])


class Counters:
    """Holds back a cumulative value that fell or jumped a hundredfold, until it proves to be a new start."""

    def __init__(self, held: Sequence[tuple[str, float]]) -> None:
        self._held: dict[str, dict[str, float]] = {}
        for key, value in held:
            self._held.setdefault(key.rpartition("|")[0], {})[key] = value

    def judge(self, record: Measurement, last: tuple[datetime, float] | None) -> HeldValue | None:
        """None when the value may count."""
        if record.basis not in COUNTERS or record.value is None or last is None or record.period_start < last[0]:
            return None
        if record.basis == CUMULATIVE_YEAR and _year(record, record.period_start) != _year(record, last[0]):
            self._held.pop(series(record), None)
            return None
        previous = last[1]
        fell, jumped = record.value < previous, previous > 0 and record.value > previous * JUMP
        if not fell and not jumped:
            self._held.pop(series(record), None)
            return None
        # Only what was held since the last value that counted speaks for a new start, and of that the newest.
        held = {key: value for key, value in self._held.get(series(record), {}).items() if _period(key) > last[0]}
        earlier = sorted((_period(key), value) for key, value in held.items() if _period(key) < record.period_start)
        base = [value for _, value in earlier[-HELD_UNTIL:]]
        if len(base) == HELD_UNTIL and all(0 <= value <= record.value <= max(value, 1) * JUMP for value in base):
            self._held.pop(series(record), None)
            return None
        held[record.key] = record.value
        self._held[series(record)] = {key: held[key] for key in sorted(held, key=_period)[-HELD_KEPT:]}
        return HeldValue(record.key, record.value, previous, "counter_fell" if fell else "counter_jumped")

    def newest_held(
        self, records: Iterable[Measurement], last: Mapping[str, tuple[datetime, float]]
    ) -> dict[str, HeldValue]:
        """Of the counters in one payload those whose newest value is held, by series. Nothing is remembered of it:
        to judge twice would believe, or forget, twice."""
        newest: dict[str, Measurement] = {}
        for record in records:
            if record.basis in COUNTERS and record.value is not None:
                known = newest.get(series(record))
                if known is None or known.period_start < record.period_start:
                    newest[series(record)] = record
        trial = Counters(())
        trial._held = {name: dict(held) for name, held in self._held.items() if name in newest}
        judged = {name: trial.judge(record, last.get(name)) for name, record in newest.items()}
        return {name: held for name, held in judged.items() if held is not None}


class Prices:
    """Holds back a price that is many times its own past, up or down, until two later surveys speak as it does.

    No move is dropped for being large: what is held stays in the history and is judged anew at every poll. A source
    that revises its whole past at once confirms nothing by it: only surveys after the last good one count."""

    def __init__(self, held: Sequence[tuple[str, float]]) -> None:
        self._held: dict[str, dict[datetime, float]] = {}
        for key, value in held:
            self._held.setdefault(key.rpartition("|")[0], {})[_period(key)] = value

    def judge(self, record: Measurement, times: float, own: float | None, past: Past) -> HeldValue | None:
        """None when the value may count. ``own``: what is stored of the very same survey."""
        if record.metric != PRICE or record.basis in COUNTERS or record.value is None:
            return None
        name, at = series(record), record.period_start
        before, after = past.around(name, at)
        compared = [value for value in (own, before, after) if value is not None]
        if not compared or any(alike(record.value, value, times) for value in compared):
            return None
        last = past.last(name)
        held = {when: value for when, value in self._held.get(name, {}).items() if last is None or when > last}
        earlier = [value for when, value in sorted(held.items()) if when < at][-HELD_UNTIL:]
        if own is None and len(earlier) == HELD_UNTIL and all(alike(record.value, v, times) for v in earlier):
            self._held.pop(name, None)
            return None
        held[at] = record.value
        self._held[name] = dict(sorted(held.items())[-HELD_KEPT:])
        return HeldValue(record.key, record.value, compared[0], DOUBTFUL)


class Past:
    """The prices that count, by series and survey."""

    def __init__(self, surveys: Mapping[datetime, Mapping[str, float]]) -> None:
        self._values: dict[str, dict[datetime, float]] = {}
        self._order: dict[str, list[datetime]] = {}
        for at in sorted(surveys):
            for name, value in surveys[at].items():
                self.put(name, at, value)

    def put(self, name: str, at: datetime, value: float) -> None:
        values = self._values.setdefault(name, {})
        if at not in values:
            insort(self._order.setdefault(name, []), at)
        values[at] = value

    def around(self, name: str, at: datetime) -> tuple[float | None, float | None]:
        """The price of the survey before and of the one after."""
        order, values = self._order.get(name, []), self._values.get(name, {})
        first, last = bisect_left(order, at), bisect_right(order, at)
        return values[order[first - 1]] if first else None, values[order[last]] if last < len(order) else None

    def last(self, name: str) -> datetime | None:
        return self._order[name][-1] if name in self._order else None


def alike(one: float, other: float, times: float) -> bool:
    """Neither is more than so many times the other; beside nothing, or less, no price can be judged."""
    return other <= 0 or one <= 0 or max(one, other) <= times * min(one, other)


def _year(record: Measurement, start: datetime) -> int:
    return (start + (record.period_end - record.period_start) / 2).year


def _period(key: str) -> datetime:
    """The start of the period that a measurement's key ends with."""
    return datetime.fromisoformat(key.rpartition("|")[2])
