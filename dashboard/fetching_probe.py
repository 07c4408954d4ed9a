"""contract.Probe: whether somebody is there, by TCP or HTTP, under the address policy; reads one line, never a body."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from dashboard.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching_address import TcpProbe, checked_address
from dashboard.fetching_http import REFUSALS, cause_of

AT_ONCE = 128
WAIT_S = 3.0
"""One silent target of a sweep may take no longer; a sweep of hundreds has to end within its poll."""

LINE = 2_000
_URL = re.compile(r"https?://[!-~]{1,1990}")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? ([1-5]\d\d)(?:\s|$)")
THERE = frozenset({401, 403, 405})
"""Answers that refuse the asker, and so come from something that works."""


class RoomProbe(TcpProbe):
    """``uplink``: host:port pairs of which one answers as long as the room itself is connected; none: not asked."""

    def __init__(self, timeout_s: float, allow_private: bool, uplink: Sequence[str] = ()) -> None:
        super().__init__(timeout_s, allow_private)
        self._uplink = [pair(target) for target in uplink]
        self._quick = TcpProbe(min(timeout_s, WAIT_S), allow_private)
        self._own = TcpProbe(min(timeout_s, WAIT_S), True)

    async def http(self, url: str) -> float:
        if not _URL.fullmatch(url):
            raise SourceRefused("scheme_blocked", "the address cannot be used")
        started = time.perf_counter()
        try:
            async with asyncio.timeout(min(self._timeout_s, WAIT_S)):
                status = await self._status(url)
        except SourceError:
            raise
        except TimeoutError:
            raise SourceUnavailable("timeout", "no answer in time") from None
        except ValueError:  # a port that is none, a line that does not end
            raise SourceChanged("envelope", "no HTTP answer") from None
        except OSError as error:
            found = cause_of(error)
            raise found if found.cause != "internal" else SourceUnavailable("unreachable", "no way there") from None
        if status >= 500:
            raise SourceUnavailable("http_5xx", f"HTTP {status}")
        if status >= 400 and status not in THERE:
            raise SourceRefused(REFUSALS.get(status, "http_4xx"), f"HTTP {status}")
        return time.perf_counter() - started

    async def _status(self, url: str) -> int:
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = await checked_address(host, port, self._allow_private)
        tls = ssl.create_default_context() if secure else None
        reader, writer = await asyncio.open_connection(
            address, port, ssl=tls, server_hostname=host if secure else None, limit=LINE
        )
        try:
            named = f"[{host}]" if ":" in host else host
            where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            ask = f"GET {where} HTTP/1.1\r\nHost: {named}:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            writer.write(ask.encode("ascii"))
            found = _STATUS.match(await reader.readline())
        finally:
            writer.transport.abort()
        if found is None:
            raise SourceChanged("envelope", "no HTTP answer")
        return int(found[1])

    async def sweep(self, targets: Sequence[str]) -> list[str]:
        free = asyncio.Semaphore(AT_ONCE)

        async def cause(target: str) -> str:
            async with free:
                try:
                    await (self.http(target) if "://" in target else self._quick.tcp(*pair(target)))
                except SourceError as error:
                    return error.cause
                return ""

        return list(await asyncio.gather(*(cause(target) for target in targets)))

    async def way_out(self) -> None:
        if not self._uplink:
            return
        answers = await asyncio.gather(*(self._answers(*target) for target in self._uplink))
        if not any(answers):
            raise SourceUnavailable("uplink", "no target of uplink.targets answers")

    async def _answers(self, host: str, port: int) -> bool:
        try:
            await self._own.tcp(host, port)
        except SourceError as error:
            return error.cause == "refused"  # somebody was there to say no
        return True


def pair(target: str) -> tuple[str, int]:
    """The two halves of ``host:port``. Raises SourceRefused."""
    host, _, port = target.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SourceRefused("address_blocked", "no host:port")
    return host.strip("[]"), int(port)
