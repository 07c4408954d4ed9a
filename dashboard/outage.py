"""Something the room itself needs and cannot reach now: told in one line when it goes, one when it is back.

Never decides what to do about it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class Outage:
    """``failed`` and ``worked`` by subject: it is over only when everybody that failed has worked again, so that a
    disk that is almost full does not fill the log too."""

    def __init__(self, what: str, log: Any) -> None:
        self._what, self._log = what, log
        self._failing: set[str] = set()
        self.since: datetime | None = None

    @property
    def down(self) -> bool:
        return self.since is not None

    def failing(self, subject: str) -> bool:
        return subject in self._failing

    def failed(self, subject: str, error: BaseException, now: datetime) -> None:
        self._failing.add(subject)
        if self.since is None:
            self.since = now
            self._log.warning(f"{self._what} fails", on=subject, error=cause_of(error))

    def worked(self, subject: str) -> None:
        self._failing.discard(subject)
        if self.since is not None and not self._failing:
            self._log.info(f"{self._what} works again", since=self.since.isoformat(timespec="seconds"))
            self.since = None


def cause_of(error: BaseException) -> str:
    """The kind of the innermost error. Its text may hold a statement's values and is not repeated."""
    inner = getattr(error, "orig", None) or error
    return type(inner).__name__
