"""What a leader does beside polling: declares what is in force, derives anew what that moves, forgets what is due.

Never holds the writer for long: cases are derived in small portions, and polls come in between.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.exc import SQLAlchemyError

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.ingest_declared import declared_bodies
from dashboard.kpi.descriptions import DESCRIPTIONS
from dashboard.rounds import Leadership, away, rest

PORTION = 500
AGAIN_S, LOOK_S = 5.0, 1.0
FORGET_AT = timedelta(hours=3)  # after midnight of the city, when nobody drills
DERIVES = ("policy", "calendar", "kind", "source", "departments", "categories", "regions")
"""What a due time or a visibility is derived from."""
DERIVED_AS = 2
"""Raise it when the same configuration derives something else: every case is then derived anew, once."""
log = structlog.get_logger("duties")


class Duties:
    def __init__(self, config: Config, calendar: Calendar, lead: Leadership) -> None:
        self._config, self._calendar, self._lead = config, calendar, lead
        self._next = lead.clock.now()

    async def run(self) -> None:
        """Until cancelled, or the leadership is lost."""
        await self._insist(self.declare)
        await self._insist(self.derive)
        await self._insist(self.forget)
        self._next = self._next_time()
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        scheduler = AsyncIOScheduler(timezone="UTC")
        # City time is asked again and again, for it may run fast or be set; a host that slept makes one run.
        options = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        scheduler.add_job(self._nightly, "interval", seconds=LOOK_S, args=[over], **options)
        scheduler.start()
        try:
            await over
        finally:
            scheduler.shutdown(wait=False)

    async def _nightly(self, over: asyncio.Future[None]) -> None:
        """A duty whose time has come. What it raises ends ``run``: the scheduler would only log it."""
        try:
            if self._now() >= self._next:
                await self._insist(self.forget)
                self._next = self._next_time()
        except Exception as error:
            if not over.done():
                over.set_exception(error)

    def _next_time(self) -> datetime:
        now = self._lead.clock.now()
        today = self._calendar.day_start(now) + FORGET_AT
        return today if now < today else self._calendar.next_midnight(now) + FORGET_AT

    async def _insist(self, duty: Callable[[], Awaitable[None]]) -> None:
        """Until it is done; the database may be away for any time."""
        name = duty.__name__
        while True:
            try:
                await duty()
            except SQLAlchemyError as error:
                if not away(error):  # one bad statement must not end the polls; the next start or night tries again
                    log.exception("duty not done", duty=name)
                    return
                self._lead.storage.failed(name, error, self._lead.clock.now())
                await rest(AGAIN_S)
                continue
            self._lead.storage.worked(name)
            return

    async def declare(self) -> None:
        """Keep config, policies, targets, registries and definitions as versions, when they differ."""
        kpis = {row.key: definition_of(row) for row in DESCRIPTIONS}
        await self._write(lambda at: self._lead.ingest.declare(self._lead.epoch, at, kpis))

    async def derive(self) -> None:
        """Due times and visibility of all cases by what is in force now; once for each change of it."""
        history, epoch = self._lead.history, self._lead.epoch
        wanted = {"derivation": {"cases": {"by": _basis(self._config)}}}
        if not await self._lead.write(history.differs, wanted):
            return
        moved = 0
        for are_open in (True, False):
            numbers = await self._lead.write(partial(history.numbers, are_open=are_open))
            for start in range(0, len(numbers), PORTION):
                commit = await self._write(
                    partial(self._lead.ingest.rederive, epoch, numbers=numbers[start : start + PORTION])
                )
                moved += len(commit.cases) if commit is not None else 0
        await self._write(lambda at: history.declare(epoch, at, wanted))
        if moved:
            log.info("due times and visibility derived anew", cases=moved)

    async def forget(self) -> None:
        """Apply the retention of each kind, portion by portion, and drop what was kept for a while."""
        while await self._write(lambda at: self._lead.ingest.retain(self._lead.epoch, at)) is not None:
            pass

    def _now(self) -> datetime:
        return self._lead.clock.now()

    async def _write(self, work: Callable[[datetime], Any]) -> Any:
        commit = await self._lead.write(lambda: work(self._now()))
        if commit is not None:
            self._lead.offer(commit)
        return commit


def definition_of(row: Any) -> dict[str, Any]:
    """A key figure's definition as JSON-like; which function computes it is not part of what it means."""
    return {name: value for name, value in asdict(row).items() if name != "function"}


def _basis(config: Config) -> str:
    bodies = declared_bodies(config, None)
    body = orjson.dumps([DERIVED_AS, *(bodies[name] for name in DERIVES)], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(body, digest_size=16).hexdigest()
