"""How every process of the room writes its log: one line for each event, nothing a stranger wrote can start another.

Never writes the values of variables, nor the words of an exception: they may hold a citizen's. What an exception was
and where it came from is enough to find it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

LONGEST = 500
DEEPEST = 4
"""Frames of a traceback that are named, innermost last."""


def configure() -> None:
    """Call once, at the start of a process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=True),
            _brief,
            _one_line,
            structlog.dev.ConsoleRenderer(colors=False),
        ]
    )


def _brief(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and the places it passed."""
    given = event.pop("exc_info", method == "exception")
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        if error is not None:
            frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
            event["error"] = type(error).__name__
            event["at"] = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
    return event


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Control characters, direction marks and everything else that is not plain is written out as an escape."""
    for key, value in event.items():
        text = value if isinstance(value, str) else None if isinstance(value, (int, float)) else str(value)
        if text is not None:
            event[key] = plain(text)
    return event


def plain(text: str) -> str:
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)
