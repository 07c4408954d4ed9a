"""One pure function per key figure: counts in, a column of numbers over all kinds and scopes out; no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.kpi.stock import FLOWS, FOREVER, INFLOWS, OpenCounts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure for every (kind, scope). NaN: not known. ``missing``: name -> how many are not in it."""

    value: Floats
    numerator: Floats | None = None
    denominator: Floats | None = None
    n: Floats | None = None
    missing: Mapping[str, Ints] = field(default_factory=dict)
    parts: Mapping[str, Ints] = field(default_factory=dict)
    remainder: Ints | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """All that the functions may look at. Every array has the shape (kind, scope)."""

    open: OpenCounts
    flows: Mapping[str, Ints]
    count: Callable[[str, str], Ints]  # (name of a ledger count, window) -> cases
    percentiles: Callable[[str, str], tuple[Floats, Floats, Floats]]  # (duration, window) -> n, p50, p90
    working_days: Mapping[str, float]  # working days of a window up to now
    bulk: Ints  # closed in bulk today
    uncovered: Ints  # open when they fell out of what their source is asked for


Function = Callable[[Tally, str], Cell]


def transferred(tally: Tally, window: str) -> Cell:
    return _cell(tally.count("ended_transferred", window))


def _cell(value: Ints, missing: Mapping[str, Ints] | None = None) -> Cell:
    counted = value.astype(np.float64)
    return Cell(counted, counted, None, counted, missing or {})


def received(tally: Tally, window: str) -> Cell:
    return _cell(tally.count("received", window))


def open_now(tally: Tally, window: str) -> Cell:
    by = tally.open.by
    return _cell(by["open"], {"unknown_district": _city_only(by["unknown_district"]), "uncovered": tally.uncovered})


def _city_only(counts: Ints) -> Ints:
    """A case without a known district is a gap of the city's map, not of one district or department."""
    only = np.zeros_like(counts)
    only[:, 0] = counts[:, 0]
    return only


def waiting(tally: Tally, window: str) -> Cell:
    return _cell(tally.open.by["waiting"], {"unknown_status": tally.open.by["unknown_status"]})


def in_process(tally: Tally, window: str) -> Cell:
    return _cell(tally.open.by["in_process"], {"unknown_status": tally.open.by["unknown_status"]})


def paused(tally: Tally, window: str) -> Cell:
    return _cell(tally.open.by["paused"])


def closed(clock: str) -> Function:
    def count_closed(tally: Tally, window: str) -> Cell:
        gap = {"lapsed": tally.count(f"lapsed_{clock}", window)}
        if clock == "observed":
            gap["not_observed"] = tally.count("close_unsaid", window)
        if window == "today":
            gap["bulk"] = tally.bulk
        return _cell(tally.count(f"closed_{clock}", window), gap)

    return count_closed


def of_open(name: str) -> Function:
    """A count of open cases (``overdue``, ``soon``; ``_proposed``) among all that are open."""

    def count_open(tally: Tally, window: str) -> Cell:
        count, stock = tally.open.by[name].astype(np.float64), tally.open.by["open"].astype(np.float64)
        return Cell(count, count, stock, stock, {"unconfirmed": tally.open.by["unconfirmed"]})

    return count_open


def oldest_open(tally: Tally, window: str) -> Cell:
    """The instant of receipt in epoch milliseconds: an age would be wrong a second later."""
    oldest = tally.open.oldest
    stock = tally.open.by["open"].astype(np.float64)
    return Cell(np.where(oldest == FOREVER, np.nan, oldest * 1000.0), n=stock)


def duration(name: str, place: int) -> Function:
    """``place`` 1 is the median, 2 the 90th percentile."""
    gaps = {
        "response_observed": {
            "uncertain": "response_uncertain",
            "not_observed": "response_unseen",
            "unanswered": "unanswered",
            "unnamed": "response_unnamed",
        },
        "response_declared": {"invalid": "invalid_response"},
        "resolution_observed": {
            "uncertain": "close_uncertain",
            "not_observed": "close_unseen",
            "lapsed": "lapsed_observed",
        },
        "resolution_declared": {"invalid": "invalid_declared", "lapsed": "lapsed_declared"},
    }[name]

    def of_window(tally: Tally, window: str) -> Cell:
        found = tally.percentiles(name, window)
        return Cell(found[place], n=found[0], missing={gap: tally.count(row, window) for gap, row in gaps.items()})

    return of_window


def in_time(clock: str, suffix: str = "") -> Function:
    """Share of the cases closed in the window, with a deadline, that were closed within it."""

    def share(tally: Tally, window: str) -> Cell:
        kept = tally.count(f"in_time_{clock}{suffix}", window).astype(np.float64)
        due = tally.count(f"due_{clock}{suffix}", window).astype(np.float64)
        gap = "close_uncertain" if clock == "observed" else "invalid_declared"
        missing = {"uncertain" if clock == "observed" else "invalid": tally.count(gap, window)}
        missing["lapsed"] = tally.count(f"lapsed_{clock}", window)
        return Cell(ratio(kept * 100, due), kept, due, due, missing)

    return share


def answered_in_time(clock: str, suffix: str = "") -> Function:
    """Share of the cases first answered in the window, with a deadline for it, that were answered within it."""
    gaps = {"uncertain": "response_uncertain", "unanswered": "unanswered", "unnamed": "response_unnamed"}
    what = "response" if clock == "observed" else "response_declared"
    gaps = gaps if clock == "observed" else {"invalid": "invalid_response"}

    def share(tally: Tally, window: str) -> Cell:
        kept = tally.count(f"in_time_{what}{suffix}", window).astype(np.float64)
        due = tally.count(f"due_{what}{suffix}", window).astype(np.float64)
        return Cell(ratio(kept * 100, due), kept, due, due, {gap: tally.count(n, window) for gap, n in gaps.items()})

    return share


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """NaN where there is nothing to divide by: not known is not zero."""
    found: Floats = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found


def throughput(tally: Tally, window: str) -> Cell:
    """Cases closed per working day of the window so far."""
    done = tally.count("closed_observed", window).astype(np.float64)
    days = np.full(done.shape, tally.working_days.get(window, 0.0))
    return Cell(ratio(done, days), done, days, done)


def cohort(tally: Tally, window: str) -> Cell:
    """received = its parts by state now; what they do not explain is the remainder."""
    by = tally.open.by
    parts = {
        "waiting": by["today_waiting"],
        "in_process": by["today_in_process"],
        "closed": tally.count("ended_closed", window),
        "transferred": tally.count("ended_transferred", window),
        "unknown": by["today_unknown"],
        "vanished": tally.count("ended_vanished", window),
        "uncovered": tally.count("ended_uncovered", window),
    }
    total = tally.count("received", window)
    return _identity(total, parts, remainder_of(total, *parts.values()))


def stock(tally: Tally, window: str) -> Cell:
    """start + inflows - outflows = open now; what they do not explain is the remainder. Outflows are negative
    parts, so that of every identity the parts and the remainder add up to the value."""
    parts = {name: tally.flows[name] * (1 if name in INFLOWS else -1) for name in FLOWS}
    return _identity(tally.open.by["open"], parts, remainder_of(tally.open.by["open"], *parts.values()))


def remainder_of(total: Ints, *parts: Ints) -> Ints:
    """What the parts do not explain of the total: positive, the total is larger."""
    explained: Ints = np.sum(parts, axis=0, dtype=np.int64)
    return total - explained


def _identity(total: Ints, parts: Mapping[str, Ints], remainder: Ints) -> Cell:
    counted = total.astype(np.float64)
    return Cell(counted, counted, None, counted, {}, parts, remainder)
