"""How fresh a source is: a pure state machine over its poll history; never reads a clock, never polls.

never    no poll has brought data yet
fresh    the source answers and its data is new
quiet    the source answers and has nothing new
not_due  it publishes by a calendar and owes nothing now
due      its publication time has come, within the grace
late     due and past the grace
stale    nothing good for too long: the last good is kept and ages
broken   two bad polls running: why, and since when; one good poll recovers
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dashboard.calendar import Calendar
from dashboard.config.model import Publication, Source

State = Literal["never", "fresh", "quiet", "not_due", "due", "late", "stale", "broken"]
Judgement = tuple[State, datetime | None, str | None]
"""State, since when (None: since ever), cause: a stable word (``cause.<word>`` of the catalogue) or None."""

BAD_POLLS_TO_FAIL = 2
OURS = "uplink"
"""The cause of a poll that failed because the room itself had no way out."""
QUIET_AFTER = timedelta(minutes=15)
POLL_REAL_S = 10.0
SKEW_ALLOWED = timedelta(minutes=10)
"""Data from further ahead is a wrong clock at the source, not fresh data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHistory:
    """What polls have shown. ``first_success``: the first that brought rows; ``failing_since``: the first of the
    ``consecutive_failures``; ``data_at``: the newest time the data itself claims, None when it claims none;
    ``last_whole``: the last that brought all there is."""

    first_poll: datetime | None = None
    first_success: datetime | None = None
    last_poll: datetime | None = None
    last_success: datetime | None = None
    last_change: datetime | None = None
    consecutive_failures: int = 0
    failing_since: datetime | None = None
    last_cause: str | None = None
    data_at: datetime | None = None
    last_whole: datetime | None = None


def judge(source: Source, polls: SourceHistory, now: datetime, calendar: Calendar) -> Judgement:
    """The state of ``source`` at ``now``. A single bad poll changes nothing by itself."""
    if polls.consecutive_failures >= BAD_POLLS_TO_FAIL:
        if polls.last_cause == OURS:  # not the source's fault: its last good stays and ages, one banner says why
            return "stale", polls.failing_since, polls.last_cause
        return "broken", polls.failing_since, polls.last_cause
    if polls.last_success is None:
        return "never", polls.first_poll, polls.last_cause
    stale_at = polls.last_success + stale_after(source, calendar.config.clock.rate)
    if now >= stale_at:
        return "stale", stale_at, polls.last_cause if polls.consecutive_failures else "not_polled"
    if polls.data_at is not None and polls.data_at > now + SKEW_ALLOWED:
        return "stale", polls.last_success, "clock_ahead"
    publication = _publication(source, calendar)
    if publication is None:
        return _by_change(source, polls, now)
    return _by_calendar(publication, polls, now, calendar)


def next_transition(source: Source, polls: SourceHistory, now: datetime, calendar: Calendar) -> datetime | None:
    """The first instant after ``now`` at which the state changes although no poll happens; None: never."""
    candidates: set[datetime] = set()
    if polls.last_success is not None:
        candidates.add(polls.last_success + stale_after(source, calendar.config.clock.rate))
        candidates.add((polls.last_change or polls.last_success) + _quiet_after(source))
    if polls.data_at is not None:
        candidates.add(polls.data_at - SKEW_ALLOWED)
    publication = _publication(source, calendar)
    if publication is not None:
        for instant in (calendar.last_publication(publication, now), calendar.next_publication(publication, now)):
            if instant is not None:
                candidates |= {instant, instant + timedelta(minutes=publication.grace_minutes)}
                candidates.add(calendar.next_midnight(instant))
        candidates.add(calendar.next_midnight(now))
    current = judge(source, polls, now, calendar)[0]
    return next(
        (at for at in sorted(candidates) if at > now and judge(source, polls, at, calendar)[0] != current), None
    )


def stale_after(source: Source, rate: float = 1.0) -> timedelta:
    """Five intervals, at least a minute, unless the configuration says otherwise. Where the city runs fast a poll
    still takes its real time: nothing is old that could not have been asked for again."""
    return timedelta(seconds=max(source.stale_after_s or max(60.0, 5 * source.every_s), POLL_REAL_S * rate))


def _quiet_after(source: Source) -> timedelta:
    return max(QUIET_AFTER, 3 * timedelta(seconds=source.every_s))


def _publication(source: Source, calendar: Calendar) -> Publication | None:
    return calendar.config.publications[source.publication] if source.publication else None


def _by_change(source: Source, polls: SourceHistory, now: datetime) -> Judgement:
    changed = polls.last_change or polls.last_success
    assert changed is not None
    quiet_at = changed + _quiet_after(source)
    return ("quiet", quiet_at, None) if now >= quiet_at else ("fresh", changed, None)


def _by_calendar(publication: Publication, polls: SourceHistory, now: datetime, calendar: Calendar) -> Judgement:
    # Data that names no time of its own is as new as its last change.
    data_at = polls.data_at or polls.last_change
    state, since = calendar.publication_state(publication, now, data_at)
    last = calendar.last_publication(publication, now)
    if state == "not_due" and last is not None:
        # Fresh on the day of its publication, afterwards nothing is owed until the next.
        day_over = calendar.next_midnight(last)
        return ("fresh", polls.last_change or last, None) if now < day_over else ("not_due", day_over, None)
    return state, since, None
