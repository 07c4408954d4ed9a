"""Judges measurements against their own past: held counters, surveys copied forward; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.history.batch import HeldValue
from dashboard.history.rows import series
from dashboard.records import Measurement

CUMULATIVE = "cumulative"
"""``Measurement.basis`` of a counter that can only grow."""

JUMP = 100.0
HELD_UNTIL = 2
"""A counter that has gone on growing from its new base for this many periods really was reset: then it counts."""

HELD_KEPT = 12
"""So many held periods of one counter are remembered; the newest decide."""

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
        if record.basis != CUMULATIVE or record.value is None or last is None or record.period_start < last[0]:
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


def _period(key: str) -> datetime:
    """The start of the period that a measurement's key ends with."""
    return datetime.fromisoformat(key.rpartition("|")[2])
