"""Commits to documents to Redis: applies, folds, publishes, ticks; the only writer of Redis, never of SQL but ticks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from dashboard.board import Board
from dashboard.cache import Publisher as Channel
from dashboard.cache import Refused
from dashboard.clock import Clock
from dashboard.facts import Commit
from dashboard.history import History, schema
from dashboard.history.codec import us
from dashboard.snapshot import encode

FOLD_S = 0.1
LOOK_S = 1.0  # how often Redis is looked at when nothing happens: a flush is noticed within this
RETRY_S = 1.0
LONGEST_WAIT_S = 60.0
log = structlog.get_logger("publisher")


class Publisher:
    """The leader's publisher. ``offer`` takes commits; ``run`` folds them: the first at once, then every 100 ms.

    Redis may be away for any time: commits go on, and what is missing is written whole when it answers again.
    The change log is what counts: a commit that was never offered (another process wrote it) is read from there.
    """

    def __init__(
        self, board: Board, history: History, channel: Channel, clock: Clock, tick: Callable[[], Commit]
    ) -> None:
        self._board, self._history, self._channel, self._clock = board, history, channel, clock
        self._tick = tick
        self._offered: list[Commit] = []
        self._wake = asyncio.Event()
        self._whole = True
        self._down = ""
        self._next: float = 0.0

    def offer(self, commit: Commit) -> None:
        self._offered.append(commit)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A refusal by Redis (another leader is newer) ends it with Refused."""
        while True:
            await self._wait()
            self._wake.clear()
            commits, self._offered = self._offered, []
            try:
                if not commits and time.monotonic() >= self._next:
                    self._next = time.monotonic() + RETRY_S  # should the tick fail
                    commits = [await asyncio.to_thread(self._tick)]
                await asyncio.to_thread(self._publish, commits)
                self._note("")
            except (RedisError, OSError) as error:
                self._whole = True
                self._note("redis", type(error).__name__)
                await asyncio.sleep(RETRY_S)
                continue
            except SQLAlchemyError as error:
                self._offered = [*commits, *self._offered]
                self._note("database", type(error).__name__)
                await asyncio.sleep(RETRY_S)
                continue
            await asyncio.sleep(FOLD_S)

    def _note(self, down: str, error: str = "") -> None:
        """One line down, one line up."""
        if down != self._down:
            if down:
                log.warning("cannot publish", away=down, error=error)
            else:
                log.info("publishing again", was_away=self._down)
            self._down = down

    async def _wait(self) -> None:
        left = min(max(self._next - time.monotonic(), 0.0), LOOK_S)
        try:
            async with asyncio.timeout(left):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _publish(self, commits: list[Commit]) -> None:
        for commit in sorted(commits, key=lambda commit: commit.seq):
            self._apply(commit)
        applied = self._channel.applied()
        whole = self._whole or applied is None
        seq, epoch = self._board.seq, self._board.epoch
        if whole and applied is not None and (applied.seq, applied.epoch) == (seq, epoch):
            # Written, and only the answer was lost; or nothing new to write with: a tick makes a new seq.
            self._next = min(self._next, time.monotonic() + FOLD_S) if not commits else self._next
        elif commits or whole:
            documents = self._board.documents(self._clock.now(), changed_only=not whole)
            self._channel.publish(seq, epoch, {key: encode(body) for key, body in documents.items()})
            self._whole = False
        if commits or whole:
            upcoming = self._board.next_transition(self._clock.now())
            wait = self._clock.real_seconds_until(upcoming) if upcoming else LONGEST_WAIT_S
            self._next = time.monotonic() + min(max(wait, 0.05), LONGEST_WAIT_S)

    def _apply(self, commit: Commit) -> None:
        if commit.seq == self._board.seq + 1:
            self._board.apply(commit)
        elif commit.seq > self._board.seq:
            for missed in self._history.commits_since(self._board.seq):
                self._board.apply(missed)


def rebuild(board: Board, history: History, clock: Clock, epoch: int) -> None:
    """Fill ``board`` from history, as of its last seq."""
    now, seq = clock.now(), history.last_seq()
    since = board.replay_from(now)
    board.load(
        now=now,
        seq=seq,
        epoch=epoch,
        open_cases=history.load_open_cases(),
        closed=history.closed_columns(board.closed_since(now)),
        measurements=history.latest_measurements(400, now),
        statuses=history.latest_statuses(),
        histories=history.source_histories(),
        polls=_newest_polls(board, history),
        recent=[c for c in history.commits_since(_seq_at(history, since)) if c.seq <= seq],
    )


def _newest_polls(board: Board, history: History) -> list[Any]:
    return [poll for source in board.config.sources for poll in reversed(history.recent_polls(source.id, 1))]


def _seq_at(history: History, since: datetime) -> int:
    """The last seq before ``since``."""
    log_ = schema.change_log
    return int(history.rows(sa.select(sa.func.max(log_.c.seq)).where(log_.c.at < us(since)))[0][0] or 0)


__all__ = ["Publisher", "Refused", "rebuild"]
