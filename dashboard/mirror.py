"""The published documents in the web process's memory: tailed from Redis, restored from history when there is no
cache, judged anew when no leader can; never writes a store and never computes a figure."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog
from redis.exceptions import RedisError

from dashboard.cache import Applied, Cache, Leader, Step
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.freshness import BAD_POLLS_TO_FAIL, OURS, SourceHistory, judge
from dashboard.published import Published
from dashboard.snapshot import SourceState

LOOK_S = 1.0
PATIENCE_S = 4.0
"""No answer of Redis for so long is an answer too."""
BLINK_S = 2.0
"""A shorter silence is not told."""
LEADERLESS_S = 4.0
"""A cache that was emptied or started anew has forgotten the leader until its next beat; that is not told either."""
RESTORE_AGAIN_S = 30.0
AWAY = (RedisError, OSError, TimeoutError)
Changed = Callable[[], None]
Restore = Callable[[], dict[str, Any]]
ALONE = frozenset({"cache_down", "unattended", "not_stored"})
"""Nobody judges the sources while this is told: what a leader cannot store it neither asks for nor publishes."""
log = structlog.get_logger("mirror")


class Mirror:
    """``documents`` is what screens read and ``seq`` its number; ``changed`` is called after every step.

    The published documents, and beside them ``condition``: words of the catalogue (``wall.*``) for what screens must
    be told besides the figures. ``settled`` is true while ``documents`` are what every worker shows at this ``seq``;
    it is false while this process judges by itself. ``life`` names the filling of the cache that ``seq`` counts in:
    when it changes, numbers given out before mean nothing any more.
    """

    def __init__(self, cache: Cache, config: Config, clock: Clock, restore: Restore | None = None) -> None:
        self._cache, self._config, self._clock = cache, config, clock
        self._calendar = Calendar(config)
        self._restore = restore
        self._restored_at = -RESTORE_AGAIN_S
        self._published = Published()
        self.changed: Changed = lambda: None
        self.documents: Mapping[str, Any] = {}
        self.seq = 0
        self.life = ""
        self._told: tuple[str, ...] = ()
        self._down = False
        self._silent_since: float | None = None
        self._leader_seen = -LEADERLESS_S
        self._behind = -1
        self._lost = False  # a step was not taken over: only the whole brings what it held
        self._reading = asyncio.Lock()  # the tail and the watch never take over at the same time
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def settled(self) -> bool:
        return bool(self._published) and not self._told

    async def start(self) -> None:
        """Read what there is; an empty or absent cache is not an error."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._read_all()
        except AWAY:
            self._silent_since = monotonic()
        if not self._published:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._from_history()), PATIENCE_S)
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._watch())]

    async def close(self) -> None:
        left = set(self._tasks)
        while left:  # Python 3.11's wait_for, which the client sends with, may swallow a cancellation
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=LOOK_S)
        with contextlib.suppress(*AWAY):
            await self._cache.close()

    async def beat_age_s(self) -> float | None:
        """Seconds since the leader's last beat; None when nobody leads or the cache is away."""
        try:
            async with asyncio.timeout(LOOK_S):
                return await self._cache.beat_age_s()
        except AWAY:
            return None

    # From Redis

    async def _read_all(self) -> None:
        async with self._reading:
            await self._take_all()

    async def _take_all(self) -> None:
        mark, raw = await self._cache.read_all()
        if mark is not None and raw:
            self._published = Published().with_raw(raw)
            self.seq, self.life = mark.seq, mark.life
            self._lost = False
            self._compose()

    async def _read(self, step: Step) -> None:
        """The documents of ``step`` alone, when the cache still is at it."""
        async with self._reading:
            if step.seq <= self.seq:
                return
            mark, raw = await self._cache.read(list(step.changed))
            if mark is None or (mark.seq, mark.life) != (step.seq, self.life):
                await self._take_all()
                return
            self._published = self._published.with_raw(raw)
            self.seq = step.seq
            self._compose()

    async def _follow(self) -> None:
        async for step in self._cache.tail(self.seq):
            try:
                if step.whole or self._lost or not self.life:
                    await self._read_all()
                else:
                    await self._read(step)
                self.changed()
            except AWAY as error:
                log.warning("cache not read", error=type(error).__name__)
                self._lost = True
            except Exception:
                log.exception("a step could not be shown")
                self._lost = True

    # Without Redis, or without a leader

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except Exception:
                log.exception("the watch stumbled")

    async def _look(self) -> None:
        leader = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                mark, leader = await self._cache.applied(), await self._cache.leader()
                await self._catch_up(mark)
            self._silent_since = None
        except AWAY:
            self._silent_since = self._silent_since or monotonic()
        down = self._silent_since is not None and monotonic() - self._silent_since >= BLINK_S
        if down != self._down:
            log.warning("the cache is away" if down else "the cache answers again")
            self._down = down
        if not self._published and monotonic() - self._restored_at >= RESTORE_AGAIN_S:
            await self._from_history()
        before = (self._told, self.documents.get("sources"))
        if leader is not None:
            self._leader_seen = monotonic()
        self._tell(leader)
        self._compose()
        if before != (self._told, self.documents.get("sources")):
            self.changed()

    def _tell(self, leader: Leader | None) -> None:
        told = []
        if self._down:
            told.append("cache_down")
        elif leader is None:
            if monotonic() - self._leader_seen >= LEADERLESS_S:
                told.append("unattended")
        elif leader.unwritten_since is not None:
            told.append("not_stored")
        if self._published and not self.life:
            told.append("restored")
        self._told = tuple(told)

    async def _catch_up(self, mark: Applied | None) -> None:
        """The tail may be silently dead: what two looks running find unread is read whole."""
        if mark is not None and (self._lost or (mark.seq, mark.life) != (self.seq, self.life)):
            if self._lost or self._behind == self.seq:
                await self._read_all()
                self.changed()
            self._behind = self.seq
        else:
            self._behind = -1

    async def _from_history(self) -> None:
        if self._restore is None:
            return
        self._restored_at = monotonic()
        try:
            found = await asyncio.to_thread(self._restore)
        except Exception as error:
            log.warning("nothing to restore from", error=type(error).__name__)
            return
        if found and not self._published:
            self._published, self.seq = Published.of(found), found["meta"]["seq"]
            self._tell(None)
            self._compose()
            self.changed()

    def _compose(self) -> None:
        """Screens see the published documents; with no leader the sources' states are judged here."""
        more: dict[str, Any] = {"condition": list(self._told)}
        if self._published and ALONE.intersection(self._told):
            more["sources"] = self._judged(self._published.get("sources") or [], self._clock.now())
        self.documents = self._published.beside(more) if self._published else {}

    def _judged(self, states: Iterable[SourceState], now: datetime) -> list[SourceState]:
        known = {source.id: source for source in self._config.sources}
        found = []
        for state in states:
            source = known.get(state["id"])
            if source is None:
                found.append(state)
                continue
            word, since, cause = judge(source, _history_of(state), now, self._calendar)
            at = round(since.timestamp() * 1000) if since else None
            found.append({**state, "state": word, "since": at, "cause": f"cause.{cause}" if cause else None})
        return found


def _history_of(state: SourceState) -> SourceHistory:
    """What a published state tells of the polls behind it."""
    failing = state["state"] == "broken" or state["cause"] == f"cause.{OURS}"
    return SourceHistory(
        first_poll=_instant(state["last_poll"]),
        last_poll=_instant(state["last_poll"]),
        last_success=_instant(state["last_success"]),
        last_change=_instant(state["last_change"]),
        consecutive_failures=BAD_POLLS_TO_FAIL if failing else 0,
        failing_since=_instant(state["since"]) if failing else None,
        last_cause=(state["cause"] or "").removeprefix("cause.") or None,
        data_at=_instant(state["data_at"]) if state["data_at"] != state["last_success"] else None,
    )


def _instant(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)
