"""Counts and durations by segment of time for all cases, open and ended; never looks at one case twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.kpi.batch import (
    BY_NOBODY,
    CLOSED,
    ESTABLISHED,
    NEVER,
    PROPOSED,
    TRANSFERRED,
    UNNAMED,
    Axes,
    Batch,
    Codes,
)
from dashboard.kpi.durations import Durations, Spans
from dashboard.kpi.timeline import DAYS_BACK, Timeline

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

COUNTS = (
    "received", "ended_closed", "ended_transferred", "ended_vanished", "ended_uncovered",  # by the instant of receipt
    "responded_observed", "response_uncertain", "response_unseen", "response_unnamed",  # by that of the first response
    "due_response", "in_time_response", "due_response_proposed", "in_time_response_proposed",
    "due_response_declared", "in_time_response_declared",
    "due_response_declared_proposed", "in_time_response_declared_proposed",
    "unanswered",  # by that of the closing
    "closed_observed", "lapsed_observed", "close_uncertain", "close_unseen", "close_unsaid",
    "due_observed", "in_time_observed", "due_observed_proposed", "in_time_observed_proposed",
    "closed_declared", "lapsed_declared", "invalid_declared",
    "due_declared", "in_time_declared", "due_declared_proposed", "in_time_declared_proposed",
    "invalid_response",
)  # fmt: skip
ROW = {name: n for n, name in enumerate(COUNTS)}
DURATIONS = ("response_observed", "response_declared", "resolution_observed", "resolution_declared")


def observed_seconds(batch: Batch, after: Ints, by: Ints, uncertain: Bools) -> tuple[Bools, Ints]:
    """Which rows have an observed duration, and it. It runs from the room's first sight of the case to the poll
    that showed the step. Seen for the first time with the step already done, the case gets the longest time
    it can have needed: the whole gap between the two polls; unless it was opened more than two such gaps ago and came
    late, for then nobody saw how long. Uncertain ones and the backlog have none."""
    known = (by != NEVER) & ~uncertain & ~batch.backlog
    same_poll = known & (by <= batch.first_seen_at)
    known &= ~same_poll | ((after != NEVER) & (by - batch.opened_at <= 2 * (by - after)))
    values = np.where(same_poll, by - np.where(after == NEVER, by, after), by - batch.first_seen_at)
    return known & (values >= 0), values


def declared_seconds(batch: Batch, end: Ints) -> tuple[Bools, Ints]:
    """Which rows have a valid declared duration, and it; an impossible sequence never gives a negative time."""
    known = (end != NEVER) & ~batch.invalid_sequence & (end >= batch.opened_at)
    return known, end - batch.opened_at


def _before(after: Ints, by: Ints, due: Ints) -> Bools:
    """The step lies in (after, by]: it is late only when the room still saw the case without it at its due time."""
    found: Bools = np.where(after == NEVER, by <= due, after < due)
    return found


class Ledger:
    """Every case is put in once; a change takes out what the case was and puts in what it is."""

    def __init__(self, axes: Codes | Axes, timeline: Timeline, now: datetime) -> None:
        self.timeline = timeline
        # One array for each segment that holds anything: a source may name a year to come.
        self._shape = len(COUNTS), len(axes.kinds), len(axes.scopes)
        self._counts: dict[int, NDArray[np.int32]] = {}
        self.uncovered: Ints = np.zeros((len(axes.kinds), len(axes.scopes)), np.int64)  # of whatever age
        self._totals: dict[str, Ints] = {}
        self.durations = {name: Durations() for name in DURATIONS}
        self.touched: dict[str, set[tuple[int, int]]] = {name: set() for name in DURATIONS}
        self.spans: Spans = timeline.spans(now)
        self.oldest = self._oldest(now)

    def _oldest(self, now: datetime) -> int:
        return max(0, self.timeline.segment(now - timedelta(days=DAYS_BACK + 1)))

    def roll(self, now: datetime) -> None:
        """Move the windows on to ``now``."""
        new, oldest = self.timeline.spans(now), self._oldest(now)
        if new == self.spans:
            return
        if new["today"] != self.spans["today"]:
            for durations in self.durations.values():
                durations.roll(self.spans, new, oldest)
        for durations in self.durations.values():
            for series in durations.series.values():
                series.found.clear()
        for name in DURATIONS:
            self.touched[name] = set(self.durations[name].series)
        self.spans, self.oldest = new, oldest
        self._totals.clear()

    def change(self, batch: Batch, sign: int, now: datetime) -> None:
        """Put in (+1) or take out (-1) all rows of ``batch``."""
        if not len(batch):
            return
        for column in (batch.opened_at, batch.observed_close_by, batch.resolved_at, batch.first_response_at):
            self.timeline.reach_all(column, now)
        self._totals.clear()
        self._opened(batch, sign)
        self._responded(batch, sign)
        closed = batch.take(batch.status == CLOSED)
        if len(closed):
            self._closed_observed(closed, sign)
            self._closed_declared(closed, sign)

    def _opened(self, batch: Batch, sign: int) -> None:
        at = self.timeline.segments(batch.opened_at)
        gone = (batch.vanished_at != NEVER) & batch.unended
        fallen = (batch.uncovered_at != NEVER) & batch.unended & ~gone
        self._count("received", batch, np.ones(len(batch), bool), at, sign)
        self._count("ended_closed", batch, batch.status == CLOSED, at, sign)
        self._count("ended_transferred", batch, batch.status == TRANSFERRED, at, sign)
        self._count("ended_vanished", batch, gone, at, sign)
        self._count("ended_uncovered", batch, fallen, at, sign)
        for scope in (np.zeros_like(batch.kind), batch.district, batch.department):
            placed = fallen & (scope >= 0)
            np.add.at(self.uncovered, (batch.kind[placed], scope[placed]), sign)

    def _responded(self, batch: Batch, sign: int) -> None:
        by, declared = batch.observed_response_by, batch.first_response_at
        at, at_declared = self.timeline.segments(by), self.timeline.segments(declared)
        known, values = observed_seconds(batch, batch.observed_response_after, by, batch.response_uncertain)
        self._spend("response_observed", batch, known, at, values, sign)
        self._count("responded_observed", batch, by != NEVER, at, sign)
        self._count("response_uncertain", batch, (by != NEVER) & batch.response_uncertain, at, sign)
        self._count("response_unseen", batch, (by != NEVER) & ~batch.response_uncertain & ~known, at, sign)
        dues = batch.response_due_at, batch.response_basis
        answered = (by != NEVER) & ~batch.response_uncertain
        self._judge("response", batch, answered, _before(batch.observed_response_after, by, dues[0]), at, sign, dues)
        ended, unsaid = batch.observed_close_by, batch.closer == UNNAMED
        self._count("response_unnamed", batch, known & (batch.status == CLOSED) & unsaid & (by == ended), at, sign)
        lapsed = (batch.status == CLOSED) & (batch.closer == BY_NOBODY)
        silent = lapsed & (by == NEVER) & ~batch.backlog
        self._count("unanswered", batch, silent & (ended != NEVER), self.timeline.segments(ended), sign)
        given = (declared != NEVER) & ~(lapsed & (batch.resolved_at != NEVER) & (declared >= batch.resolved_at))
        valid, values = declared_seconds(batch, declared)
        self._spend("response_declared", batch, valid & given, at_declared, values, sign)
        self._judge("response_declared", batch, valid & given, declared <= dues[0], at_declared, sign, dues)
        self._count("invalid_response", batch, given & ~valid, at_declared, sign)

    def _closed_observed(self, batch: Batch, sign: int) -> None:
        by, after = batch.observed_close_by, batch.observed_close_after
        at = self.timeline.segments(by)
        seen = by != NEVER
        sure = seen & ~batch.close_uncertain
        known, values = observed_seconds(batch, after, by, batch.close_uncertain)
        self._spend("resolution_observed", batch, known, at, values, sign)
        self._count("closed_observed", batch, seen, at, sign)
        self._count("lapsed_observed", batch, seen & (batch.closer == BY_NOBODY), at, sign)
        self._count("close_uncertain", batch, seen & batch.close_uncertain, at, sign)
        self._count("close_unseen", batch, sure & ~known, at, sign)
        self._count("close_unsaid", batch, ~seen, self.timeline.segments(batch.resolved_at), sign)
        self._judge("observed", batch, sure, _before(after, by, batch.due_at), at, sign, (batch.due_at, batch.basis))

    def _closed_declared(self, batch: Batch, sign: int) -> None:
        end = batch.resolved_at
        at = self.timeline.segments(end)
        valid, values = declared_seconds(batch, end)
        self._spend("resolution_declared", batch, valid, at, values, sign)
        self._count("closed_declared", batch, end != NEVER, at, sign)
        self._count("lapsed_declared", batch, (end != NEVER) & (batch.closer == BY_NOBODY), at, sign)
        self._count("invalid_declared", batch, (end != NEVER) & ~valid, at, sign)
        self._judge("declared", batch, valid, end <= batch.due_at, at, sign, (batch.due_at, batch.basis))

    def _judge(
        self, what: str, batch: Batch, sure: Bools, in_time: Bools, at: Ints, sign: int, dues: tuple[Ints, Ints]
    ) -> None:
        due_at, basis_of = dues
        for basis, suffix in ((ESTABLISHED, ""), (PROPOSED, "_proposed")):
            due = sure & (due_at != NEVER) & (basis_of == basis)
            self._count(f"due_{what}{suffix}", batch, due, at, sign)
            self._count(f"in_time_{what}{suffix}", batch, due & in_time, at, sign)

    def _count(self, name: str, batch: Batch, mask: Bools, at: Ints, sign: int) -> None:
        mask = mask & (at >= 0)
        if not mask.any():
            return
        for segment in np.unique(at[mask]).tolist():
            self._count_in(segment, ROW[name], batch, mask & (at == segment), sign)

    def _count_in(self, segment: int, row: int, batch: Batch, mask: Bools, sign: int) -> None:
        if segment not in self._counts:
            self._counts[segment] = np.zeros(self._shape, np.int32)
        counts, kind = self._counts[segment][row], batch.kind[mask]
        np.add.at(counts, (kind, np.zeros_like(kind)), sign)
        for scope in (batch.district[mask], batch.department[mask]):
            placed = scope > 0
            np.add.at(counts, (kind[placed], scope[placed]), sign)

    def _spend(self, name: str, batch: Batch, mask: Bools, at: Ints, values: Ints, sign: int) -> None:
        mask = mask & (at >= 0)
        if not mask.any():
            return
        kind, at, values = batch.kind[mask], at[mask], values[mask]
        touched = self.touched[name]
        change = self.durations[name].change
        touched.update(change(kind, np.zeros_like(kind), at, values, sign, self.spans, self.oldest))
        for scope in (batch.district[mask], batch.department[mask]):
            placed = scope > 0
            touched.update(
                change(kind[placed], scope[placed], at[placed], values[placed], sign, self.spans, self.oldest)
            )

    def count(self, name: str, window: str) -> Ints:
        """Cases of a count in a window, shape (kind, scope)."""
        if window not in self._totals:
            first, last = self.spans[window]
            total = np.zeros(self._shape, np.int64)
            for segment, counts in self._counts.items():
                if first <= segment < last:
                    total += counts
            self._totals[window] = total
        found: Ints = self._totals[window][ROW[name]]
        return found
