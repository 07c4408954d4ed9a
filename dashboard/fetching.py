"""What the room hands a connector to reach its source with, guarded; never interprets what comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.config.model import Source
from dashboard.config.secrets import resolve_secret
from dashboard.errors import SourceError
from dashboard.fetching_address import checked_address
from dashboard.fetching_files import FilesGuard
from dashboard.fetching_http import HttpGuard, Target, retry_after
from dashboard.fetching_probe import RoomProbe
from dashboard.fetching_sql import SqlGuard

__all__ = ["Access", "FilesGuard", "HttpGuard", "Nothing", "SqlGuard", "Target", "checked_address", "retry_after"]


class Nothing:
    """Stands where a source has no such access: every use says so."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise SourceError("not_configured", f"this source has no {self._what}")


@dataclass(frozen=True, slots=True)
class Access:
    """The ways to one source. Lives as long as the source does."""

    http: Any
    sql: Any
    files: Any
    probe: Any

    @classmethod
    def open(
        cls,
        source: Source,
        folder: Path,
        now: Callable[[], datetime],
        env: Mapping[str, str],
        uplink: tuple[str, ...] = (),
    ) -> Access:
        """``folder``: where relative paths of the configuration start; ``uplink``: what tells whether the room itself
        is connected. Nothing is connected yet."""
        http: Any = Nothing("url")
        sql: Any = Nothing("database url")
        files: Any = Nothing("folder")
        url = resolve_secret(source.url, folder, env) if source.url is not None else None
        if url is not None and url.startswith(("http://", "https://")):
            auth = source.auth or {}
            target = Target(
                url=url,
                timeout_s=source.timeout_s,
                max_bytes=source.max_bytes,
                allow_private=source.allow_private,
                headers={name: resolve_secret(text, folder, env) for name, text in source.headers.items()},
                auth=(_secret(auth, "username", folder, env), _secret(auth, "password", folder, env)) if auth else None,
            )
            http = HttpGuard(target, now)
        elif url is not None:
            sql = SqlGuard(url, source.timeout_s, source.max_bytes, folder)
        if source.folder is not None:
            files = FilesGuard(folder / source.folder, source.timeout_s, source.max_bytes)
        return cls(http, sql, files, RoomProbe(source.timeout_s, source.allow_private, uplink))

    def begin(self) -> None:
        """A new poll starts."""
        for guard in self._guards():
            guard.begin()

    def confirm(self) -> None:
        """The poll's payload was taken."""
        if isinstance(self.http, HttpGuard):
            self.http.confirm()

    def forget(self) -> None:
        """Nothing is known to be stored."""
        if isinstance(self.http, HttpGuard):
            self.http.forget()

    @property
    def bytes(self) -> int:
        """What this poll has read so far, as it came over the wire."""
        return sum(guard.bytes for guard in self._guards())

    async def aclose(self) -> None:
        for guard in self._guards():
            await guard.aclose()

    def _guards(self) -> list[Any]:
        return [way for way in (self.http, self.sql, self.files) if not isinstance(way, Nothing)]


def _secret(auth: Mapping[Any, str], name: str, folder: Path, env: Mapping[str, str]) -> str:
    return resolve_secret(auth.get(name, ""), folder, env)
