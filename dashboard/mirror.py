"""The published documents in the web process's memory: tailed from Redis, restored from history when there is no
cache, judged anew when nobody leads; never writes a store and never computes a figure."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog
from redis.exceptions import RedisError

from dashboard.cache import Cache
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.freshness import BAD_POLLS_TO_FAIL, OURS, SourceHistory, judge
from dashboard.snapshot import SourceState, decode

LOOK_S = 1.0
PATIENCE_S = 4.0
"""No answer of Redis for so long is an answer too."""
RESTORE_AGAIN_S = 30.0
AWAY = (RedisError, OSError, TimeoutError)
Changed = Callable[[frozenset[str]], Awaitable[None]]
Restore = Callable[[], dict[str, Any]]
log = structlog.get_logger("mirror")


@dataclass(frozen=True, slots=True)
class Condition:
    """What the screens must be told besides the figures."""

    cache_down: bool = False
    unattended: bool = False  # no leader has beaten for ten seconds


class Mirror:
    """``documents`` is what screens read; ``seq`` its number; ``changed`` is awaited after every step.

    ``life`` grows when the sequence began anew (another history): whatever was sent before means nothing then.
    """

    def __init__(
        self, cache: Cache, config: Config, clock: Clock, changed: Changed, restore: Restore | None = None
    ) -> None:
        self._cache, self._config, self._clock, self._changed = cache, config, clock, changed
        self._calendar = Calendar(config)
        self._restore = restore
        self._restored_at = -RESTORE_AGAIN_S
        self._published: dict[str, Any] = {}
        self.documents: dict[str, Any] = {}
        self.seq = 0
        self.life = 0
        self.condition = Condition()
        self._silent_since: float | None = None
        self._behind = -1
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Read what there is; an empty or absent cache is not an error."""
        with contextlib.suppress(*AWAY):
            await asyncio.wait_for(self._read_all(), PATIENCE_S)
        if not self._published:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._from_history()), PATIENCE_S)
        self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._watch())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(*AWAY):
            await self._cache.close()

    # From Redis

    async def _read_all(self) -> None:
        raw = await self._cache.read_all()
        if raw:
            self._take({key: decode(body) for key, body in raw.items()}, whole=True)

    def _take(self, found: dict[str, Any], *, whole: bool, seq: int = 0) -> None:
        self._published = found if whole else {**self._published, **found}
        newest = max(seq, (self._published.get("meta") or {}).get("seq", 0))
        if newest < self.seq:
            self.life += 1
        self.seq = newest
        self._compose()

    async def _follow(self) -> None:
        async for step in self._cache.tail(self.seq):
            try:
                if step.whole or not self._published:
                    await self._read_all()
                    keys = frozenset(self._published)
                else:
                    raw = await self._cache.read(list(step.changed))
                    found = {key: decode(body) for key, body in raw.items()}
                    self._take(found, whole=False, seq=step.seq)
                    keys = frozenset(found)
                await self._changed(keys)
            except AWAY as error:
                log.warning("cache not read", error=type(error).__name__)
                self._behind = self.seq  # the watch reads everything when it answers again
            except Exception:
                log.exception("a step could not be shown")  # the next one brings the whole state again

    # Without Redis, or without a leader

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except Exception:
                log.exception("the watch stumbled")

    async def _look(self) -> None:
        leading = False
        try:
            async with asyncio.timeout(PATIENCE_S):
                mark, leading = await self._cache.applied(), await self._cache.leading()
            self._silent_since = None
            await self._catch_up(mark.seq if mark else None)
        except AWAY:
            self._silent_since = self._silent_since or monotonic()
        down = self._silent_since is not None
        told = Condition(cache_down=down, unattended=not down and not leading and bool(self._published))
        if not self._published and monotonic() - self._restored_at >= RESTORE_AGAIN_S:
            await self._from_history()
        before = (self.condition, self.documents.get("sources"))
        self.condition = told
        self._compose()
        if before != (told, self.documents.get("sources")):
            await self._changed(frozenset({"sources"}))

    async def _catch_up(self, newest: int | None) -> None:
        """The tail may be silently dead: what two looks running find unread is read whole."""
        if newest is not None and newest != self.seq:
            if self._behind == self.seq:
                await self._read_all()
                await self._changed(frozenset(self._published))
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
            self._take(found, whole=True)
            await self._changed(frozenset(found))

    def _compose(self) -> None:
        """Screens see the published documents; with no leader the sources' states are judged here."""
        self.documents = self._published
        if self.condition.unattended or self.condition.cache_down:
            now = self._clock.now()
            states = self._judged(self._published.get("sources") or [], now)
            self.documents = {**self._published, "sources": states}

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
