"""The collector: polls every source on its own clock while it leads; a standby waits for the lease.

One writer thread does all ingest. A poll has a hard time limit and its own bulkhead; nothing a source does can
delay another. What cannot be written (database away) is polled again: nothing is acknowledged that is not stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import os
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from dashboard.board import Board
from dashboard.cache import Publisher as Channel
from dashboard.cache import Refused
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.config.secrets import resolve_secret
from dashboard.contract import FetchContext, NumberLocale, ParseContext
from dashboard.errors import NotLeader, SourceError
from dashboard.fetching import HttpGuard, Nothing, Target
from dashboard.history import History
from dashboard.ingest import Ingest
from dashboard.kpi.sources import Runtime
from dashboard.publisher import Publisher, rebuild

TTL_S, RENEW_S, STANDBY_S = 10.0, 3.0, 1.0
BREAK_AFTER = 5
log = structlog.get_logger("collector")


@dataclass(slots=True)
class Polling:
    """One source and what the scheduler remembers of it."""

    source: Source
    connector: Any
    options: Any
    http: Any
    failures: int = 0
    not_before: float = 0.0  # real monotonic seconds; Retry-After and the breaker


class Collector:
    def __init__(
        self, config: Config, folder: Path, clock: Clock, history: History, redis_url: str, key: bytes
    ) -> None:
        self.config, self.clock, self.history = config, clock, history
        self.registry, self.calendar = Registry(config), Calendar(config)
        self.holder = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._channel = Channel(redis_url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._lease: Any = None
        self._polls = {s.id: polling(s, folder, clock) for s in config.sources}
        self._ingest = Ingest(config, self.registry, self.calendar, history, key)
        self._publisher: Publisher | None = None
        self._board = Board(config, self.registry, self.calendar)

    async def run(self) -> None:
        """Lead whenever the lease can be had, until cancelled."""
        while True:
            try:
                self._lease = await self._write(self.history.lease.acquire, self.holder, time.time(), TTL_S)
            except SQLAlchemyError as error:
                log.warning("database does not answer", error=type(error).__name__)
            if self._lease is None:
                await asyncio.sleep(STANDBY_S)
                continue
            log.info("leading", epoch=self._lease.epoch)
            try:
                await self._lead()
            except* (NotLeader, Refused) as group:
                log.warning("no longer leading", reasons=[str(e) for e in group.exceptions])
            finally:
                await self._give_back()

    async def _give_back(self) -> None:
        held, self._lease = self._lease, None
        if held is not None:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.shield(self._write(self.history.lease.release, held))

    async def _lead(self) -> None:
        epoch = self._lease.epoch
        board = self._board
        await self._write(rebuild, board, self.history, self.clock, epoch)
        board.room.leader, board.room.rate = self.holder, self.clock.rate
        self._publisher = Publisher(
            board, self.history, self._channel, self.clock, lambda: self.history.tick(epoch, self.clock.now())
        )
        scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}, timezone="UTC"
        )
        for entry in self._polls.values():
            self._schedule(scheduler, entry, epoch)
        scheduler.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._publisher.run())
                group.create_task(self._renew())
                for entry in self._polls.values():
                    group.create_task(self._poll(entry, epoch))
        finally:
            scheduler.shutdown(wait=False)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                renewed = await asyncio.to_thread(self.history.lease.renew, self._lease, time.time(), TTL_S)
            except SQLAlchemyError as error:
                log.warning("lease not renewed", error=type(error).__name__)
                continue
            if renewed is None:
                raise NotLeader("another collector took the lease")
            self._lease = renewed

    def _schedule(self, scheduler: Any, entry: Polling, epoch: int) -> None:
        """Every source has a stable offset of its own inside its interval, so that they do not poll at once."""
        every = entry.source.every_s / self.clock.rate
        offset = int.from_bytes(hashlib.blake2b(entry.source.id.encode(), digest_size=4).digest()) / 2**32 * every
        first = datetime.fromtimestamp(time.time() + max(offset, 0.2), ZoneInfo("UTC"))
        scheduler.add_job(
            self._poll,
            "interval",
            seconds=max(every, 0.2),
            args=[entry, epoch],
            id=entry.source.id,
            next_run_time=first,
        )

    async def _poll(self, entry: Polling, epoch: int) -> None:
        """One poll; never raises but for the loss of leadership (the next renewal notices it)."""
        if time.monotonic() < entry.not_before:
            return
        try:
            commit = await self._take(entry, epoch)
        except NotLeader:
            return
        except SQLAlchemyError as error:
            log.warning("not stored, polled again", source=entry.source.id, error=type(error).__name__)
            return
        self._board.set_runtime(entry.source.id, self._runtime(entry))
        if self._publisher is not None:
            self._publisher.offer(commit)

    async def _take(self, entry: Polling, epoch: int) -> Any:
        source, started, began = entry.source, self.clock.now(), time.perf_counter()
        try:
            async with asyncio.timeout(source.timeout_s * 3):
                payload = await entry.connector.fetch(self._context(entry))
            spent = (time.perf_counter() - began) * 1000
            parse = self._parse_context(entry, payload.fetched_at)
            commit = await self._write(
                lambda: self._ingest.take(
                    source, entry.connector, payload, parse, epoch=epoch, started_at=started, duration_ms=spent
                )
            )
            if entry.failures:
                log.info("source answers again", source=source.id, failures=entry.failures)
            entry.failures = 0
            return commit
        except TimeoutError:
            error = SourceError("timeout", f"the poll took longer than {source.timeout_s * 3:g} s")
        except SourceError as found:
            error = found
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as found:
            error = SourceError("envelope", f"the answer has another shape ({type(found).__name__})")
        return await self._failed(entry, error, epoch, started)

    async def _failed(self, entry: Polling, error: SourceError, epoch: int, started: datetime) -> Any:
        entry.failures += 1
        if entry.failures == 1:
            log.warning("source fails", source=entry.source.id, cause=error.cause, detail=error.detail)
        wait = error.retry_after_s or 0.0
        if entry.failures >= BREAK_AFTER:
            wait = max(wait, min(entry.source.every_s * 2 ** (entry.failures - BREAK_AFTER), 60.0) / self.clock.rate)
        entry.not_before = time.monotonic() + wait
        now = self.clock.now()
        return await self._write(
            lambda: self._ingest.fail(entry.source, error, epoch=epoch, started_at=started, now=now)
        )

    def _runtime(self, entry: Polling) -> Runtime:
        state = "open" if entry.failures >= BREAK_AFTER else "closed"
        return Runtime(breaker=state, shapes=tuple(entry.connector.SHAPES), tier="")  # type: ignore[arg-type]

    def _context(self, entry: Polling) -> FetchContext[Any]:
        source = entry.source
        none: Any = Nothing("such access in this version")
        return FetchContext(
            source=source.id,
            options=entry.options,
            http=entry.http,
            sql=none,
            files=none,
            probe=none,
            cursor=None,
            now=self.clock.now(),
            zone=ZoneInfo(source.zone or self.config.city.zone),
        )

    def _parse_context(self, entry: Polling, fetched_at: datetime) -> ParseContext[Any]:
        source = entry.source
        return ParseContext(
            source=source.id,
            options=entry.options,
            words=self.registry,
            zone=ZoneInfo(source.zone or self.config.city.zone),
            numbers=NumberLocale(source.numbers.decimal, source.numbers.thousands),
            fetched_at=fetched_at,
            city=self.config.city.code,
        )

    async def _write(self, work: Any, *arguments: Any) -> Any:
        """Run ``work`` in the one writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    def close(self) -> None:
        self._writer.shutdown(wait=True)
        self._channel.close()


def polling(source: Source, folder: Path, clock: Clock, env: Mapping[str, str] | None = None) -> Polling:
    """The connector of ``source`` with its options and its guarded access."""
    given = os.environ if env is None else env
    connector = importlib.import_module(f"connectors.{source.type}")
    http: Any = Nothing("url")
    if source.url is not None and source.url.startswith("http"):
        auth = source.auth or {}
        target = Target(
            url=resolve_secret(source.url, folder, given),
            timeout_s=source.timeout_s,
            max_bytes=source.max_bytes,
            allow_private=source.allow_private,
            headers={name: resolve_secret(text, folder, given) for name, text in source.headers.items()},
            auth=(auth["username"], resolve_secret(auth["password"], folder, given)) if auth else None,
        )
        http = HttpGuard(target, clock.now)
    return Polling(source, connector, connector.Options.model_validate(source.options), http)
