"""The decisions an error stands for; never carries a response body or a citizen's words."""

from __future__ import annotations


class LiveRoomError(Exception):
    """Base of every error the room raises on purpose.

    ``wall`` is a catalogue key of ``dashboard.i18n`` (what a screen may say); ``str(error)`` is for the
    log and the administrator. Neither may hold text that came from a source.
    """

    wall = "error.internal"


class ConfigError(LiveRoomError):
    """The configuration is wrong; ``problems`` holds every mistake as ``FILE:LINE path: message``."""

    wall = "error.config"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SourceError(LiveRoomError):
    """A poll did not bring data. ``cause`` is a short stable word (``refused``, ``timeout``, ``dns`` ...)."""

    def __init__(self, cause: str, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause
        self.detail = detail
        self.retry_after_s = retry_after_s


class SourceUnavailable(SourceError):
    """Try again later: connection refused, DNS, TLS, time limit, 5xx, 429 (honour ``retry_after_s``)."""

    wall = "error.source_unavailable"


class SourceRefused(SourceError):
    """The source says no (401, 403, 406) or answers what is not its data (an HTML login page)."""

    wall = "error.source_refused"


class SourceChanged(SourceError):
    """The payload's shape is not what was agreed: a mandatory field is gone, too many rows rejected."""

    wall = "error.source_changed"


class RowRejected(LiveRoomError):
    """One row cannot be read. ``field`` names the place, ``reason`` the mend; never the value itself."""

    wall = "error.row_rejected"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotLeader(LiveRoomError):
    """This collector's epoch is over: another leader holds the lease; nothing may be committed."""

    wall = "error.not_leader"
