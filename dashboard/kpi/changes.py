"""What changed in the last half hour, newest first; never mentions a case a wall may not list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from dashboard.facts import CaseChange, CaseFact, Commit
from dashboard.kpi.bulk import LEAST
from dashboard.kpi.figures import ms
from dashboard.kpi.prices import METRIC
from dashboard.records import CaseStatus, EventKind
from dashboard.snapshot import Change

KEPT = timedelta(minutes=30)
MOST = 50


class ChangeLog:
    def __init__(self) -> None:
        self._entries: list[tuple[datetime, Change]] = []

    def add(self, at: datetime, change: Change) -> None:
        self._entries.append((at, change))

    def apply(self, commit: Commit, backlog: bool = False) -> None:
        """``backlog``: what the source's first poll found there already; nobody saw it change."""
        found = [change for case in commit.cases for change in _of_case(case, commit.at)]
        for change in _folded(found, commit):
            self.add(commit.at, change)
        prices = sum(fact.record.metric == METRIC for fact in commit.measurements)
        if prices and not backlog:
            self.add(commit.at, source_change("price", commit.at, commit.source or "", f"n:{prices}"))
        del self._entries[: -4 * MOST]

    def document(self, now: datetime, timed: Iterable[Change] = ()) -> list[Change]:
        """``timed``: what time alone brought about (deadlines that passed)."""
        self._entries = [(at, change) for at, change in self._entries if at > now - KEPT]
        found = [change for _, change in self._entries] + list(timed)
        found.sort(key=lambda change: -change["at"])
        return found[:MOST]

    def next_expiry(self, now: datetime) -> datetime | None:
        return min((at + KEPT for at, _ in self._entries if at + KEPT > now), default=None)


def case_change(what: str, at: datetime, fact: CaseFact, detail: str | None = None) -> Change:
    return {
        "at": ms(at) or 0,
        "what": what,  # type: ignore[typeddict-item]
        "number": fact.number,
        "kind": fact.record.kind,
        "category": fact.record.category,
        "department": fact.record.department,
        "district": fact.record.district,
        "source": fact.source,
        "detail": detail,
    }


def source_change(what: str, at: datetime, source: str, detail: str | None) -> Change:
    return {
        "at": ms(at) or 0,
        "what": what,  # type: ignore[typeddict-item]
        "number": None,
        "kind": None,
        "category": None,
        "department": None,
        "district": None,
        "source": source,
        "detail": detail,
    }


def _of_case(change: CaseChange, at: datetime) -> list[Change]:
    before, after = change.before, change.after
    if after.visibility != "wall":
        return []
    found: list[Change] = []
    if before is None:
        return [] if after.backlog else [case_change("opened", at, after)]
    if any(event.kind is EventKind.BACKDATED for event in change.events) or (after.backdated and not before.backdated):
        found.append(case_change("backdated", at, after))
    assigned = next((event for event in change.events if event.kind is EventKind.ASSIGNED), None)
    if assigned is not None:
        found.append(case_change("assigned", at, after, assigned.detail or None))
    if after.vanished_at is not None and before.vanished_at is None:
        found.append(case_change("vanished", at, after))
    if after.uncovered_at is not None and before.uncovered_at is None:
        found.append(case_change("uncovered", at, after))
    closed = CaseStatus.CLOSED
    if after.record.status is closed and before.record.status is not closed:
        found.append(case_change("closed", at, after, after.record.closed_by.value if after.record.closed_by else None))
    elif after.record.status.open and not before.record.status.open:
        found.append(case_change("reopened", at, after))
    elif after.observed_response_by is not None and before.observed_response_by is None:
        found.append(case_change("responded", at, after))
    return found


def _folded(found: list[Change], commit: Commit) -> list[Change]:
    """Many changes of one sort in one poll become one line with their number."""
    many = {what for what, count in Counter(change["what"] for change in found).items() if count >= LEAST}
    kept = [change for change in found if change["what"] not in many]
    for what in sorted(many):
        count = sum(change["what"] == what for change in found)
        kept.append(source_change(what, commit.at, commit.source or "", f"bulk:{count}"))
    return kept
