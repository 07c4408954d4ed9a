"""The collector: leads when it can have the lease, and then polls every source; a standby waits for the lease.

One writer thread does all ingest, one other everything about the published board. Whoever has lost the lease can
commit nothing (the epoch is checked in each transaction), steps down, and may lead again later.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from stamina.instrumentation import set_on_retry_hooks

from dashboard import holders
from dashboard.board import Board
from dashboard.cache import Publisher as Channel
from dashboard.cache import Refused
from dashboard.calendar import Calendar
from dashboard.clock import Clock, unix
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.duties import Duties
from dashboard.errors import NotLeader
from dashboard.history import History, Lease
from dashboard.ingest import Ingest
from dashboard.outage import Outage
from dashboard.polling import Polling
from dashboard.process import collect_rarely
from dashboard.publisher import Publisher, rebuild
from dashboard.rounds import Lanes, Leadership, Rounds, rest
from dashboard.uplink import Uplink

TTL_S, RENEW_S, STANDBY_S = 10.0, 3.0, 1.0
log = structlog.get_logger("collector")


class Collector:
    def __init__(
        self, config: Config, folder: Path, clock: Clock, history: History, redis_url: str, key: bytes
    ) -> None:
        self.config, self.clock, self.history = config, clock, history
        self.registry, self.calendar = Registry(config), Calendar(config)
        self.holder = holders.this_process()
        self._channel = Channel(redis_url)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._publishing = ThreadPoolExecutor(1, thread_name_prefix="board")
        self._rounds = [Rounds(Polling(config, source, folder, clock.now)) for source in config.sources]
        self._ingest = Ingest(config, self.registry, self.calendar, history, key)
        self._board = Board(config, self.registry, self.calendar)
        self._storage = Outage("history", log)
        self._lease: Lease | None = None
        history.prolong_lease_until(lambda: unix() + TTL_S)
        set_on_retry_hooks(())  # a source that fails is one line when it begins and one when it ends

    async def run(self) -> None:
        """Lead whenever the lease can be had, until cancelled."""
        try:
            while True:
                held = await self._acquired()
                if held is None:
                    await rest(STANDBY_S)
                    continue
                await self._lead_under(held)
        finally:
            await asyncio.gather(*(rounds.close() for rounds in self._rounds))

    async def _acquired(self) -> Lease | None:
        try:
            held: Lease | None = await self._write(self.history.lease.acquire, self.holder, unix(), TTL_S, holders.gone)
        except SQLAlchemyError as error:
            self._storage.failed("lease", error, self.clock.now())
            return None
        self._storage.worked("lease")
        return held

    async def _lead_under(self, held: Lease) -> None:
        self._lease = held
        log.info("leading", epoch=held.epoch)
        try:
            await self._lead(held.epoch)
        except* NotLeader as group:
            log.warning("no longer leading", reasons=[str(error) for error in group.exceptions])
        except* Refused as group:
            await self._refused(held.epoch, [str(error) for error in group.exceptions])
        finally:
            await asyncio.shield(self._give_back())

    async def _lead(self, epoch: int) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._renew())
            await self._load(epoch)
            publisher = self._new_publisher(epoch)
            lead = self._leadership(epoch, publisher)
            group.create_task(publisher.run())
            group.create_task(publisher.beat())
            group.create_task(lead.uplink.watch())
            group.create_task(Duties(self.config, self.calendar, lead).run())
            for rounds in self._rounds:
                group.create_task(rounds.run(lead))

    async def _load(self, epoch: int) -> None:
        """Fill the board from history; the database may be away for a while."""
        while True:
            try:
                await self._in(self._publishing, rebuild, self._board, self.history, self.clock, epoch)
                break
            except SQLAlchemyError as error:
                self._storage.failed("load", error, self.clock.now())
                await rest(STANDBY_S)
        self._storage.worked("load")
        collect_rarely()
        room = self._board.room
        room.leader, room.rate, room.config_digest = self.holder, self.clock.rate, self.config.digest
        room.uplink_down = False

    def _new_publisher(self, epoch: int) -> Publisher:
        def tick() -> Any:
            return self.history.tick(epoch, self.clock.now())

        return Publisher(self._board, self.history, self._channel, self.clock, tick, self._storage, self._publishing)

    def _leadership(self, epoch: int, publisher: Publisher) -> Leadership:
        def uplink(down: bool) -> None:
            self._board.room.uplink_down = down
            publisher.hurry()

        return Leadership(
            epoch=epoch,
            clock=self.clock,
            registry=self.registry,
            history=self.history,
            ingest=self._ingest,
            write=self._write,
            storage=self._storage,
            uplink=Uplink(self.config.uplink.targets, len(self._rounds), uplink),
            lanes=Lanes(),
            offer=publisher.offer,
            tell=self._board.set_runtime,
        )

    async def _renew(self) -> None:
        while True:
            await rest(RENEW_S)
            assert self._lease is not None
            try:
                renewed = await asyncio.to_thread(self.history.lease.renew, self._lease, unix(), TTL_S)
            except SQLAlchemyError as error:
                self._storage.failed("lease", error, self.clock.now())
                continue
            self._storage.worked("lease")
            if renewed is None:
                raise NotLeader("another collector took the lease")
            self._lease = renewed

    async def _refused(self, epoch: int, reasons: list[str]) -> None:
        """Redis holds what is newer than ours: of a later leader, or of another history than the one we write."""
        log.warning("no longer leading", reasons=reasons)
        with contextlib.suppress(SQLAlchemyError, OSError):
            newest = await self._write(self.history.lease.current)
            if newest is not None and newest.epoch == epoch:
                log.error("the cache belongs to another history; it is emptied and filled from this one")
                await self._in(self._publishing, self._channel.clear)

    async def _give_back(self) -> None:
        held, self._lease = self._lease, None
        if held is not None:
            with contextlib.suppress(SQLAlchemyError):
                await self._write(self.history.lease.release, held)

    async def _write(self, work: Any, *arguments: Any) -> Any:
        """Run ``work`` in the one writer thread."""
        return await self._in(self._writer, work, *arguments)

    @staticmethod
    async def _in(thread: Executor, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(thread, work, *arguments)

    def close(self) -> None:
        for thread in (self._writer, self._publishing):
            thread.shutdown(wait=True, cancel_futures=True)
        self._channel.close()
