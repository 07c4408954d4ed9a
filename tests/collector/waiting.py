"""Waiting for a condition with a time limit; never a plain sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from inspect import isawaitable
from typing import Any


async def until(condition: Callable[[], Any], limit_s: float = 40.0, why: Callable[[], Any] | str = "") -> Any:
    """The first true answer of ``condition`` (awaited when it can be); fails after ``limit_s`` and says ``why``."""
    end = time.monotonic() + limit_s
    while True:
        found = condition()
        if isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"the condition did not come true in time {why() if callable(why) else why}")
        await asyncio.sleep(0.02)
