"""One source and how it is asked once: connector, options, guarded access, contexts; never schedules, never stores."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from dashboard.config.installation import connector_module
from dashboard.config.model import Config, Source
from dashboard.contract import FetchContext, NumberLocale, ParseContext, Payload, Words
from dashboard.errors import ConfigError, SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching import Access

LIMIT = 3.0
"""A poll may take so many times the source's ``timeout_s``: that one is for each request, a poll may need several."""
SAME_CLOCK = timedelta(minutes=2)
"""A source's clock that is off by more is not believed."""
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError)
log = structlog.get_logger("polling")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one poll brought and what it took."""

    payload: Payload
    duration_ms: float
    bytes: int


class Polling:
    """``fetch`` asks the source once; ``parse_context`` is what its rows are read with. Nothing is opened before
    the first fetch, so a secret that another part has yet to write costs one poll and not the start."""

    def __init__(
        self,
        config: Config,
        source: Source,
        folder: Path,
        now: Callable[[], datetime],
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.connector: Any = connector_module(source.type)
        self.options = self.connector.Options.model_validate(source.options)
        self.limit_s = source.timeout_s * LIMIT
        self._zone = ZoneInfo(source.zone or config.city.zone)
        self._city = config.city.code
        self._registries = registries_of(config)
        self._folder, self._now, self._env = folder, now, os.environ if env is None else env
        self._uplink = config.uplink.targets
        self._access: Access | None = None

    async def fetch(self, cursor: Any = None) -> Fetched:
        """One poll's payload. Whatever goes wrong is a SourceError; only cancellation passes through."""
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.limit_s):
                access = self._opened()
                access.begin()
                payload = await self.connector.fetch(self._context(access, cursor))
        except TimeoutError:
            raise SourceUnavailable("timeout", f"the poll took longer than {self.limit_s:g} s") from None
        except SourceError:
            raise
        except ConfigError as error:
            raise SourceRefused("not_configured", str(error)) from None
        except SHAPE_ERRORS as error:
            raise SourceChanged("envelope", f"the answer has another shape ({type(error).__name__})") from None
        except Exception as error:  # a connector's own mistake costs its source, never the room
            place = place_of(error)
            log.error("connector stumbles", source=self.source.id, error=type(error).__name__, at=place)
            raise SourceUnavailable("internal", f"{type(error).__name__} at {place}") from None
        return Fetched(payload, (time.perf_counter() - began) * 1000, access.bytes)

    def confirm(self) -> None:
        """The payload was stored: its ETags may spare the next answer."""
        if self._access is not None:
            self._access.confirm()

    def forget(self) -> None:
        """What was seen unchanged may not be what is stored: the next answer has to be whole."""
        if self._access is not None:
            self._access.forget()

    async def aclose(self) -> None:
        access, self._access = self._access, None
        if access is not None:
            await access.aclose()

    def _opened(self) -> Access:
        if self._access is None:
            self._access = Access.open(self.source, self._folder, self._now, self._env, self._uplink)
        return self._access

    def _context(self, access: Access, cursor: Any) -> FetchContext[Any]:
        return FetchContext(
            source=self.source.id,
            options=self.options,
            http=access.http,
            sql=access.sql,
            files=access.files,
            probe=access.probe,
            cursor=cursor,
            now=self._now(),
            zone=self._zone,
            registries=self._registries,
        )

    def parse_context(
        self, words: Words, fetched_at: datetime, source_time: datetime | None = None
    ) -> ParseContext[Any]:
        """``source_time``: the source's own clock, which says on which side of midnight an answer was written."""
        numbers = self.source.numbers
        near = source_time is not None and abs(source_time - fetched_at) <= SAME_CLOCK
        return ParseContext(
            source=self.source.id,
            options=self.options,
            words=words,
            zone=self._zone,
            numbers=NumberLocale(numbers.decimal, numbers.thousands),
            fetched_at=fetched_at,
            written_at=source_time if near else fetched_at,
            city=self._city,
        )


def registries_of(config: Config) -> dict[str, dict[str, str]]:
    """Code and name of what a source may be asked for one by one."""
    return {
        "districts": {found.code: found.name for found in config.regions.districts},
        "subdistricts": {found.code: found.name for found in config.regions.subdistricts},
        "departments": {found.abbr: found.name for found in config.departments},
        "markets": {found.code: found.label.id for found in config.markets},
        "facilities": {found.code: found.label.id for found in config.facilities},
    }


def place_of(error: BaseException) -> str:
    """File and line of our own code where it happened; the message may hold a citizen's words and is not repeated."""
    place, trace = "?", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if "site-packages" not in path:
            place = f"{Path(path).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
