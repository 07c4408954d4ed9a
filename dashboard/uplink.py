"""Is it us? Asks the room's own uplink when several sources are out of reach at once; never asks a source."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from dashboard.errors import SourceError, SourceUnavailable
from dashboard.fetching_address import TcpProbe
from dashboard.pacing import WAY

SEVERAL = 3
PATIENCE_S = 2.0
AGAIN_S = 5.0  # an answer is good for so long
log = structlog.get_logger("uplink")
Probe = Callable[[str, int], Awaitable[object]]


class Uplink:
    """``down`` once several sources fail and no target answers, until one does. Without targets it is never down."""

    def __init__(
        self, targets: tuple[str, ...], sources: int, changed: Callable[[bool], None], probe: Probe | None = None
    ) -> None:
        self._targets = [(host.strip("[]"), int(port)) for host, _, port in (t.rpartition(":") for t in targets)]
        self._several = max(2, min(SEVERAL, sources))
        self._changed = changed
        self._probe = probe or TcpProbe(PATIENCE_S, allow_private=True).tcp
        self._failing: set[str] = set()
        self._asking = asyncio.Lock()
        self._asked = float("-inf")
        self.down = False

    async def judge(self, source: str, error: SourceError) -> SourceError:
        """The error to record: the source's own, or ``uplink`` when it is us."""
        if error.cause not in WAY:
            self._failing.discard(source)
            return error
        self._failing.add(source)
        if self._targets and len(self._failing) >= self._several:
            await self._ask()
        return SourceUnavailable("uplink", "no target of uplink.targets answers") if self.down else error

    def good(self, source: str) -> None:
        """This source answered; when most do, there is a way out whatever the targets say."""
        self._failing.discard(source)
        if self.down and len(self._failing) < self._several:
            self._set(False)

    async def watch(self) -> None:
        """While it is down, look whether it is back."""
        while True:
            await asyncio.sleep(PATIENCE_S)
            if self.down:
                await self._ask()

    async def _ask(self) -> None:
        async with self._asking:
            if time.monotonic() - self._asked < (PATIENCE_S if self.down else AGAIN_S):
                return
            answers = await asyncio.gather(*(self._answers(*target) for target in self._targets))
            self._asked = time.monotonic()
            self._set(not any(answers))

    async def _answers(self, host: str, port: int) -> bool:
        try:
            await self._probe(host, port)
        except SourceError as error:
            return error.cause == "refused"  # somebody was there to say no
        return True

    def _set(self, down: bool) -> None:
        if down != self.down:
            self.down = down
            if down:
                log.warning("our own uplink is down", sources=len(self._failing))
            else:
                log.info("our own uplink is back")
            self._changed(down)
