"""The rounds of one source: asked, stored, told, again and again while this process leads.

Never lets one source's trouble reach another: it has its own thread to fetch in and its own waits; what cannot be
written is asked for again, so nothing counts as taken that is not stored.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dashboard.bulkhead import Bulkhead
from dashboard.clock import Clock, elapsed
from dashboard.config.registry import Registry
from dashboard.errors import NotLeader, SourceChanged, SourceError, SourceUnavailable
from dashboard.facts import Commit, PollFact
from dashboard.history import History
from dashboard.ingest import Ingest
from dashboard.kpi.sources import GOOD, Runtime
from dashboard.outage import Outage, cause_of
from dashboard.pacing import LEAST_S, Pace, retry_s, slot_after
from dashboard.polling import Fetched, Polling, place_of
from dashboard.redaction import redact
from dashboard.tiers import JUDGED, tier
from dashboard.uplink import Uplink

AT_ONCE, SLOW_AT_ONCE = 16, 4
STORE_AGAIN_S = 5.0
GRACE_S = 1.0
TICK = "tick"
"""The publisher's own write; while it fails, nothing else can be written either."""
log = structlog.get_logger("collector")


@dataclass(slots=True)
class Lanes:
    """How many sources are asked at once. Those that ran into their time limit have a lane of their own: any
    number of hanging sources leaves the other lane free."""

    quick: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    slow: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SLOW_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Leadership:
    """What the rounds of all sources share while this process leads under ``epoch``."""

    epoch: int
    clock: Clock
    registry: Registry
    history: History
    ingest: Ingest
    write: Callable[..., Awaitable[Any]]  # runs its argument in the one writer thread
    storage: Outage
    uplink: Uplink
    lanes: Lanes
    offer: Callable[[Commit], None]
    tell: Callable[[str, Runtime], None]


class Rounds:
    """One for each source, for as long as the process lives."""

    def __init__(self, polling: Polling) -> None:
        self._polling, self.source = polling, polling.source
        self._bulkhead = Bulkhead(f"source {polling.source.id}"[:40])
        self._pace = Pace()
        self._polls: deque[PollFact] = deque(maxlen=JUDGED)
        self._cursor: Any = None
        self._known = False  # whether ``_cursor`` is what the history holds

    async def run(self, lead: Leadership) -> None:
        """Until cancelled, or NotLeader."""
        self._known = False
        self._polling.forget()  # another leader may have stored other things meanwhile
        wait = await self._recall(lead)
        while True:
            self._tell(lead, wait)
            await rest(wait)
            wait = await self._once(lead)

    async def close(self) -> None:
        await self._bulkhead.close(self._polling.aclose)

    # Once

    async def _recall(self, lead: Leadership) -> float:
        """Take up where the last leader left off; the real seconds until the first poll."""
        while True:
            try:
                current = await asyncio.to_thread(lead.history.source_current, self.source.id)
                polls = await asyncio.to_thread(lead.history.recent_polls, self.source.id, JUDGED)
                break
            except SQLAlchemyError as error:
                lead.storage.failed(self.source.id, error, lead.clock.now())
                await rest(STORE_AGAIN_S)
        self._cursor, self._known = current.cursor, True
        self._polls = deque(reversed(polls), maxlen=JUDGED)
        self._pace = Pace.after(current.consecutive_failures, current.last_cause)
        now, last = lead.clock.now(), current.last_success
        if last is None or current.consecutive_failures or not now - self._every < last <= now:
            return 0.0  # what this poll writes will show whether history takes it
        lead.storage.worked(self.source.id)
        return lead.clock.real_seconds_until(slot_after(self.source.id, self.source.every_s, now))

    @property
    def _every(self) -> timedelta:
        return timedelta(seconds=self.source.every_s)

    async def _once(self, lead: Leadership) -> float:
        """One poll, stored or failed; the real seconds until the next."""
        if lead.storage.failing(TICK):
            return STORE_AGAIN_S / 5  # what a source says now could not be kept
        if not self._known:
            return await self._recall(lead)
        self._pace.begin()
        self._tell(lead, 0.0)
        started, began = lead.clock.now(), elapsed()
        try:
            fetched = await self._fetch(lead)
        except SourceError as error:
            spent = (elapsed() - began) * 1000
            return await self._failed(lead, await lead.uplink.judge(self.source.id, error), started, spent)
        return await self._store(lead, fetched, started)

    async def _fetch(self, lead: Leadership) -> Fetched:
        cursor, polling = self._cursor, self._polling
        async with lead.lanes.slow if self._pace.slow else lead.lanes.quick:
            return await self._bulkhead.run(lambda: polling.fetch(cursor), polling.limit_s + GRACE_S)

    async def _store(self, lead: Leadership, fetched: Fetched, started: datetime) -> float:
        payload, polling = fetched.payload, self._polling
        parse = polling.parse_context(lead.registry, payload.fetched_at, payload.source_time)

        def take() -> Commit:
            return lead.ingest.take(
                self.source,
                polling.connector,
                payload,
                parse,
                epoch=lead.epoch,
                started_at=started,
                duration_ms=fetched.duration_ms,
                bytes=fetched.bytes,
            )

        commit = await self._write(lead, take)
        if commit is None:
            return min(STORE_AGAIN_S, self._every_real(lead))
        if isinstance(commit, SourceError):
            return await self._failed(lead, commit, started, fetched.duration_ms)
        poll = commit.poll
        assert poll is not None
        lead.uplink.good(self.source.id)
        if poll.outcome not in GOOD:
            return self._bad(lead, SourceChanged(poll.cause or poll.outcome, poll.detail), commit)
        polling.confirm()
        if payload.next_cursor is not None:
            self._cursor = payload.next_cursor
        if self._pace.failures:
            log.info("source answers again", source=self.source.id, failures=self._pace.failures)
        self._pace.good()
        self._hand_over(lead, commit)
        now = lead.clock.now()
        return max(lead.clock.real_seconds_until(slot_after(self.source.id, self.source.every_s, now)), LEAST_S)

    async def _failed(self, lead: Leadership, error: SourceError, started: datetime, spent_ms: float) -> float:
        now = lead.clock.now()
        commit = await self._write(
            lead,
            lambda: lead.ingest.fail(
                self.source, error, epoch=lead.epoch, started_at=started, now=now, duration_ms=spent_ms
            ),
        )
        return self._bad(lead, error, commit if isinstance(commit, Commit) else None)

    def _bad(self, lead: Leadership, error: SourceError, commit: Commit | None) -> float:
        self._pace.bad(error)
        if self._pace.failures == 1:
            log.warning("source fails", source=self.source.id, cause=error.cause, detail=redact(error.detail))
        if commit is not None:
            self._hand_over(lead, commit)
        return retry_s(self._pace.failures, error, self._every_real(lead), random.random())

    def _hand_over(self, lead: Leadership, commit: Commit) -> None:
        assert commit.poll is not None
        self._polls.append(commit.poll)
        lead.offer(commit)

    async def _write(self, lead: Leadership, work: Callable[[], Commit]) -> Commit | SourceError | None:
        """The commit; None when the database is away; a SourceError when this answer cannot be digested."""
        try:
            commit: Commit = await lead.write(work)
        except NotLeader:
            raise
        except SQLAlchemyError as error:
            self._known = False  # it may have been committed, and only the answer was lost
            if away(error):
                lead.storage.failed(self.source.id, error, lead.clock.now())
                return None
            return self._stumbled(error)
        except Exception as error:
            self._known = False
            return self._stumbled(error)
        lead.storage.worked(self.source.id)
        return commit

    def _stumbled(self, error: Exception) -> SourceError:
        log.error("answer cannot be taken", source=self.source.id, error=cause_of(error), at=place_of(error))
        return SourceUnavailable("internal", cause_of(error))

    def _every_real(self, lead: Leadership) -> float:
        return self.source.every_s / lead.clock.rate

    def _tell(self, lead: Leadership, wait: float) -> None:
        upcoming = lead.clock.now() + timedelta(seconds=wait * lead.clock.rate)
        shapes = tuple(self._polling.connector.SHAPES)
        lead.tell(self.source.id, Runtime(upcoming, self._pace.breaker, tier(self._polls), shapes))


async def rest(seconds: float, look_s: float = 1.0) -> None:
    """Wait real seconds, those in which the host slept included."""
    until = elapsed() + seconds
    await asyncio.sleep(0)
    while (left := until - elapsed()) > 0:  # noqa: ASYNC110 - the loop's own timers stand still with the host
        await asyncio.sleep(min(left, look_s))


def away(error: SQLAlchemyError) -> bool:
    """Whether the database could not be reached or could not write, rather than not wanting this row."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, (OperationalError, InterfaceError, PoolTimeout))
