"""Commits to documents to Redis: applies, folds, publishes, ticks; the only writer of Redis, never of SQL but ticks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from dashboard.board import Board
from dashboard.cache import Applied, Refused
from dashboard.cache import Publisher as Channel
from dashboard.clock import Clock
from dashboard.facts import Commit
from dashboard.history import History, schema
from dashboard.history.codec import us
from dashboard.history.reading import Reader
from dashboard.kpi.prices import METRIC
from dashboard.kpi.statuses import unheard_after
from dashboard.outage import Outage
from dashboard.rounds import TICK
from dashboard.snapshot import encode

KEPT_DAYS = 400  # of measurements, one by one; of older prices a sum of each month
FOLD_S = 0.1
LOOK_S = 1.0  # how often clock and Redis are looked at when nothing happens: a flush, a stepped clock
RETRY_S = 1.0
BEAT_S = 2.0
LONGEST_WAIT_S = 60.0
log = structlog.get_logger("publisher")


class Publisher:
    """The leader's publisher. ``offer`` takes commits; ``run`` folds them: the first at once, then every 100 ms.

    Redis may be away for any time: commits go on, and what is missing is written whole when it answers again.
    The change log is what counts: a commit that was never offered (another process wrote it) is read from there,
    and one that is offered after the log already told of it changes nothing.
    """

    def __init__(
        self,
        board: Board,
        history: History,
        channel: Channel,
        clock: Clock,
        tick: Callable[[], Commit],
        storage: Outage,
        thread: Executor,
    ) -> None:
        self._board, self._history, self._channel, self._clock = board, history, channel, clock
        self._tick, self._storage, self._thread = tick, storage, thread
        self._cache = Outage("the cache", log)
        self._offered: list[Commit] = []
        self._wake = asyncio.Event()
        self._written: int | None = None  # the seq this publisher last wrote; None: what Redis holds is not known
        self._due: datetime | None = None  # city time of the next change without a commit
        self._latest: float = 0.0  # real monotonic seconds: a tick by then, whatever the clock says
        self._again: float = 0.0  # the same: not before, after a tick that failed

    def offer(self, commit: Commit) -> None:
        self._offered.append(commit)
        self._wake.set()

    def hurry(self) -> None:
        """Something is to be told that no commit brings."""
        self._latest = 0.0
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. A refusal by Redis (another leader is newer) ends it with Refused."""
        while True:
            await self._wait()
            self._wake.clear()
            commits, self._offered = self._offered, []
            try:
                if not commits and self._tick_is_due():
                    commits = await self._ticked()
                await self._in_thread(self._publish, commits)
                self._cache.worked("publisher")
            except (RedisError, OSError) as error:
                self._written = None
                self._cache.failed("publisher", error, self._clock.now())
                await asyncio.sleep(RETRY_S)
                continue
            except SQLAlchemyError as error:
                self._offered = [*commits, *self._offered]
                self._written = None  # the board may have taken over some of them: offered again they are nothing new
                self._storage.failed("publisher", error, self._clock.now())
                await asyncio.sleep(RETRY_S)
                continue
            self._storage.worked("publisher")
            await asyncio.sleep(FOLD_S)

    async def beat(self) -> None:
        """Say until cancelled that the leader is at work, and whether history takes what it writes."""
        while True:
            with contextlib.suppress(RedisError, OSError):  # the publisher tells of it
                await asyncio.to_thread(self._channel.beat, self._board.epoch, self._storage.since)
            await asyncio.sleep(BEAT_S)

    async def _wait(self) -> None:
        left = LOOK_S if self._due is None else min(max(self._clock.real_seconds_until(self._due), 0.0), LOOK_S)
        if left == 0.0:
            left = min(max(self._again - time.monotonic(), 0.0), LOOK_S)
        try:
            async with asyncio.timeout(left):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _tick_is_due(self) -> bool:
        """City time is asked, not how long we waited: a stepped clock brings a deadline nearer at once. While
        history does not write, a tick is how we notice that it does again."""
        now = time.monotonic()
        if now < self._again:
            return False
        reached = self._due is None or self._clock.now() >= self._due
        return reached or now >= self._latest or self._storage.down

    async def _ticked(self) -> list[Commit]:
        self._again = time.monotonic() + RETRY_S  # should it fail
        try:
            commit = await asyncio.to_thread(self._tick)
        except SQLAlchemyError as error:
            self._storage.failed(TICK, error, self._clock.now())
            return []
        self._storage.worked(TICK)
        if not self._storage.down:
            self._again = 0.0
        return [commit]

    async def _in_thread(self, work: Callable[..., None], *arguments: Any) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _publish(self, commits: list[Commit]) -> None:
        before = self._board.seq
        for commit in sorted(commits, key=lambda commit: commit.seq):
            self._apply(commit)
        applied = self._channel.applied()
        whole = applied is None or self._written != applied.seq
        if self._board.seq > before or (whole and self._may_write(applied)):
            self._write(applied, whole)
        elif whole:
            # Redis holds our newest seq, but perhaps not from us: only a new seq can be written over it.
            self._latest = 0.0

    def _may_write(self, applied: Applied | None) -> bool:
        return self._board.seq > (applied.seq if applied is not None else 0)

    def _write(self, applied: Applied | None, whole: bool) -> None:
        seq, epoch, now = self._board.seq, self._board.epoch, self._clock.now()
        self._latest = time.monotonic() + LONGEST_WAIT_S  # before the work, or it would undo a ``hurry`` meanwhile
        documents = self._board.documents(now, changed_only=not whole)
        self._channel.publish(seq, epoch, {key: encode(body) for key, body in documents.items()})
        self._written = seq
        self._due = self._board.next_transition(now)

    def _apply(self, commit: Commit) -> None:
        if commit.seq == self._board.seq + 1:
            self._take(commit)
        elif commit.seq > self._board.seq:
            for missed in self._history.commits_since(self._board.seq):
                self._take(missed)

    def _take(self, commit: Commit) -> None:
        self._board.apply(commit)
        if commit.kind == "poll":
            self._board.room.restored = False


def rebuild(board: Board, history: Reader, clock: Clock, epoch: int) -> None:
    """Fill ``board`` from history, as of its last seq, whatever a leader commits meanwhile."""
    with history.snapshot() as then:
        now, seq = clock.now(), then.last_seq()
        day = board.replay_from(now), board.calendar.next_midnight(now)
        month = _seq_before(then, board.trails_since(now), day[1])
        with_states = then.status_sources()
        board.load(
            now=now,
            seq=seq,
            epoch=epoch,
            open_cases=then.load_open_cases(),
            closed=then.closed_columns(board.closed_since(now)),
            ended=then.load_ended(board.ended_since(now)),
            measurements=then.latest_measurements(KEPT_DAYS, now, board.measures.kept_whole),
            statuses=then.latest_statuses(),
            trails=then.status_trails(month) if with_states else (),
            unheard=then.unheard(month, {s: n for s, n in unheard_after(board.config).items() if s in with_states}),
            histories=then.source_histories(),
            polls=_newest_polls(board, then),
            recent=then.commits_since(_seq_before(then, *day), filled=True),
            served=then.served(),
            doubtful=then.doubtful(),
        )
        before = now - timedelta(days=KEPT_DAYS)
        board.prices.recall(then.monthly_sums(METRIC, board.calendar.zone, before), before)
    board.room.restored = seq > 0


def _newest_polls(board: Board, history: Reader) -> list[Any]:
    return [poll for source in board.config.sources for poll in reversed(history.recent_polls(source.id, 1))]


def _seq_before(history: Reader, start: datetime, end: datetime) -> int:
    """The seq before the first commit of ``start`` to ``end``; the last one when there is none. A poll's instant is
    its start, so that instants do not grow with seq: older commits may follow. ``end`` leaves out what a clock that
    ran ahead has dated long ago."""
    log_ = schema.change_log.c
    found = history.rows(sa.select(sa.func.min(log_.seq)).where(log_.at >= us(start), log_.at < us(end)))[0][0]
    return history.last_seq() if found is None else int(found) - 1


__all__ = ["Publisher", "Refused", "rebuild"]
