"""The sources document: what polls have shown and how fresh that is; never polls and never decides freshness itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dashboard.calendar import Calendar
from dashboard.config.model import Config, Source
from dashboard.facts import Commit, PollFact
from dashboard.freshness import Judgement, SourceHistory, judge, next_transition
from dashboard.kpi.figures import ms
from dashboard.snapshot import SourceState

GOOD = frozenset({"ok", "not_modified"})
DOWN = frozenset({"never", "stale", "broken"})
SHAPES = ("case", "measurement", "status")


@dataclass(frozen=True, slots=True)
class Runtime:
    """What only the running collector knows of a source."""

    next_run: datetime | None = None
    breaker: Literal["closed", "open", "half_open"] = "closed"
    tier: str = ""
    shapes: tuple[str, ...] = ()


def after_poll(history: SourceHistory, poll: PollFact, at: datetime) -> SourceHistory:
    """The history of a source with one more poll."""
    if poll.outcome not in GOOD:
        return replace(
            history,
            first_poll=history.first_poll or at,
            last_poll=at,
            consecutive_failures=history.consecutive_failures + 1,
            failing_since=history.failing_since or at,
            last_cause=poll.cause,
        )
    changed = poll.new or poll.changed or poll.vanished
    return SourceHistory(
        first_poll=history.first_poll or at,
        first_success=history.first_success or (at if poll.rows else None),
        last_poll=at,
        last_success=at,
        last_change=at if changed else history.last_change,
        data_at=poll.data_at or history.data_at,
        last_whole=at if poll.whole else history.last_whole,
    )


class SourceBook:
    """The polls of every configured source, and their states at a moment."""

    def __init__(self, config: Config, calendar: Calendar) -> None:
        self._config = config
        self._calendar = calendar
        self.histories: dict[str, SourceHistory] = {source.id: SourceHistory() for source in config.sources}
        self.runtime: dict[str, Runtime] = {}
        self._last_poll: dict[str, PollFact] = {}
        self._rows: dict[str, int] = {}

    def load(self, histories: Mapping[str, SourceHistory], polls: Iterable[PollFact]) -> None:
        """``polls``: the newest polls of each source, oldest first."""
        self.histories |= {source: held for source, held in histories.items() if source in self.histories}
        for poll in polls:
            self._note(poll)

    def apply(self, commit: Commit) -> None:
        if commit.poll is not None and commit.poll.source in self.histories:
            source = commit.poll.source
            self.histories[source] = after_poll(self.histories[source], commit.poll, commit.at)
            self._note(commit.poll)

    def _note(self, poll: PollFact) -> None:
        self._last_poll[poll.source] = poll
        if poll.rows is not None and poll.outcome == "ok":
            self._rows[poll.source] = poll.rows

    def judgements(self, now: datetime) -> dict[str, Judgement]:
        return {s.id: judge(s, self.histories[s.id], now, self._calendar) for s in self._config.sources}

    def next_transition(self, now: datetime) -> datetime | None:
        found = [next_transition(s, self.histories[s.id], now, self._calendar) for s in self._config.sources]
        found += [self._calendar.next_publication(p, now) for p in self._config.publications.values()]
        return min((at for at in found if at is not None), default=None)

    def late_until(self, judged: Mapping[str, Judgement]) -> dict[str, datetime]:
        """Sources that are down, with their last good poll: nothing of theirs becomes late after it."""
        found = {}
        for source, (state, _, _) in judged.items():
            last = self.histories[source].last_success
            if state in DOWN and last is not None:
                found[source] = last
        return found

    def data_at(self, source: str) -> datetime | None:
        history = self.histories.get(source)
        return (history.data_at or history.last_success) if history else None

    def heard(self, source: str) -> datetime | None:
        """When it last answered a poll well."""
        history = self.histories.get(source)
        return history.last_success if history else None

    def watched_from(self, source: str) -> datetime | None:
        """When it first showed anything; a poll that failed or brought nothing saw nothing."""
        history = self.histories.get(source)
        return history.first_success if history else None

    def first(self, commit: Commit) -> bool:
        """Whether this is what the source's first poll brought."""
        watched = self.watched_from(commit.source or "")
        return watched is not None and commit.at <= watched

    def document(self, judged: Mapping[str, Judgement], now: datetime) -> list[SourceState]:
        return [self._state(source, judged[source.id], now) for source in self._config.sources]

    def _state(self, source: Source, judgement: Judgement, now: datetime) -> SourceState:
        history, run = self.histories[source.id], self.runtime.get(source.id, Runtime())
        poll = self._last_poll.get(source.id)
        publication = self._config.publications.get(source.publication or "")
        upcoming = self._calendar.next_publication(publication, now) if publication else None
        state, since, cause = judgement
        return {
            "id": source.id,
            "type": source.type,
            "shapes": list(run.shapes),
            "state": state,
            "since": ms(since),
            "cause": f"cause.{cause}" if cause else None,
            "last_poll": ms(history.last_poll),
            "last_success": ms(history.last_success),
            "last_change": ms(history.last_change),
            "data_at": ms(self.data_at(source.id)),
            "next_run": ms(run.next_run),
            "next_publication": ms(upcoming),
            "rows": self._rows.get(source.id),
            "partial": history.last_success is not None and history.last_whole is None,
            "rejected": poll.rejected if poll else 0,
            "reject_reasons": dict(poll.reject_reasons) if poll else {},
            "unknown_words": dict(poll.unknown_words) if poll else {},
            "drift": list(poll.drift) if poll else [],
            "breaker": run.breaker,
            "duration_ms": poll.duration_ms if poll else None,
            "skew_s": poll.skew_s if poll else None,
            "copied_forward": poll.copied_forward if poll else False,
            "failures": history.consecutive_failures,
            "detail": poll.detail if poll and poll.outcome not in GOOD else "",
            "tier": run.tier,
            "provenance": source.provenance,
            "every_s": source.every_s,
        }
