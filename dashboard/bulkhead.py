"""A thread with an event loop of its own for one source: what hangs or computes in it holds up nobody else.

Never kills anything: work that ignores its cancellation is left alone, and no second one is begun beside it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from dashboard.errors import SourceUnavailable

T = TypeVar("T")
GRACE_S = 2.0


class Bulkhead:
    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._working = False

    @property
    def working(self) -> bool:
        """Whether earlier work, given up or not, still runs."""
        return self._working

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]], limit_s: float) -> T:
        """The result of ``work``, or SourceUnavailable after ``limit_s`` real seconds, whatever ``work`` does."""
        if self._working:
            raise SourceUnavailable("timeout", "the poll before this one still hangs")

        async def whole() -> T:
            self._working = True
            try:
                return await work()
            finally:
                self._working = False

        future = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(whole(), self._running()))
        try:
            done, _ = await asyncio.wait({future}, timeout=limit_s)
        except asyncio.CancelledError:
            future.cancel()
            raise
        if not done:
            future.cancel()
            raise SourceUnavailable("timeout", f"the poll took longer than {limit_s:g} s")
        if future.cancelled():  # by itself; to pass that on would look like our own end
            raise SourceUnavailable("internal", "the poll cancelled itself")
        return future.result()

    async def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """End the thread after ``last`` ran in it; a thread that hangs dies with the process."""
        loop, self._loop = self._loop, None
        if loop is None:
            return

        async def end() -> None:
            try:
                await last()
            finally:
                loop.stop()

        asyncio.run_coroutine_threadsafe(end(), loop)
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.join, GRACE_S)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            loop = asyncio.new_event_loop()
            self._loop = loop
            self._thread = threading.Thread(target=_serve, args=(loop,), name=self._name, daemon=True)
            self._thread.start()
        return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
