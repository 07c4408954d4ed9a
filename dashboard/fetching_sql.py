"""One read-only statement at a department's database, under a time and size limit; never writes, never more than two
at once."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import SourceChanged, SourceRefused, SourceUnavailable
from dashboard.postgresql import PATIENCE

CHUNK = 2_000
SKIPPED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.S)


def one_select(query: str) -> str:
    """The query, when it is one reading statement; SourceRefused otherwise. The read-only transaction is what
    holds; this keeps a second statement from ending that transaction."""
    bare = SKIPPED.sub("''", query).strip().rstrip(";").strip()
    if ";" in bare or "$$" in bare:
        raise SourceRefused("query_refused", "one statement only")
    if not re.match(r"(?i)(select|with|values|table)\b", bare):
        raise SourceRefused("query_refused", "only a reading statement (SELECT, WITH) is run")
    return query.strip().rstrip(";")


class SqlGuard:
    """contract.Sql for one source: its own threads, a connection for each statement, so that it can hold up nobody
    else. The second thread is for the next poll, while the first still hangs on a connection that was cut."""

    def __init__(self, url: str, timeout_s: float, max_bytes: int, folder: Path) -> None:
        self._timeout_s, self._max_bytes = timeout_s, max_bytes
        self._engine = create(url, timeout_s, folder)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="sql")
        self.bytes = 0

    def begin(self) -> None:
        self.bytes = 0

    async def rows(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        text = one_select(query)
        loop = asyncio.get_running_loop()
        try:
            # The database stops the statement itself; this limit is for a connection that never answers.
            async with asyncio.timeout(self._timeout_s + 1):
                return await loop.run_in_executor(self._threads, self._run, text, dict(params or {}))
        except TimeoutError:
            raise SourceUnavailable("timeout", f"the database did not answer in {self._timeout_s:g} s") from None

    def _run(self, query: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        started = time.monotonic()
        try:
            with self._engine.connect() as connection:
                self._limit(connection, started + self._timeout_s)
                result = connection.execution_options(stream_results=True).execute(sa.text(query), params)
                names, found, size = list(result.keys()), [], 0
                while part := result.fetchmany(CHUNK):
                    rows = [dict(zip(names, map(plain, row), strict=True)) for row in part]
                    size += sum(len(str(value)) for row in rows for value in row.values())
                    if time.monotonic() > started + self._timeout_s:
                        raise SourceUnavailable("timeout", "the rows did not come within the time limit")
                    if size > self._max_bytes:
                        raise SourceRefused("too_large", f"more than {self._max_bytes} bytes")
                    found += rows
                self.bytes += size
                return found
        except SQLAlchemyError as error:
            raise _cause(error, time.monotonic() - started >= self._timeout_s) from None

    def _limit(self, connection: sa.Connection, end: float) -> None:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(self._timeout_s * 1000)}")
            return
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)

    async def aclose(self) -> None:
        self._engine.dispose()
        self._threads.shutdown(wait=False, cancel_futures=True)


def create(url: str, timeout_s: float, folder: Path) -> sa.Engine:
    """Opens nothing yet; every connection is made for one statement."""
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError:
        raise SourceRefused("not_configured", "the address of the database cannot be read") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        path = folder / (parsed.database or "")
        opened = f"file:{quote(str(path.resolve()))}?mode=ro"

        def connect() -> sqlite3.Connection:
            raw = sqlite3.connect(opened, uri=True, timeout=min(timeout_s, 5.0), check_same_thread=False)
            raw.execute("PRAGMA query_only = ON")
            return raw

        return sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    if backend == "postgresql":
        seconds = max(1, round(min(timeout_s, 10.0)))
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            connect_args={**PATIENCE, "connect_timeout": seconds},
            poolclass=sa.NullPool,
        )
    raise SourceRefused("not_configured", f"{backend}: only PostgreSQL and SQLite can be held to reading")


def plain(value: Any) -> Any:
    """A column's value as JSON-like or datetime."""
    if value is None or isinstance(value, (bool, int, float, str, datetime)):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise SourceChanged("envelope", "a binary column; name the columns that are wanted")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def _cause(error: SQLAlchemyError, late: bool) -> SourceUnavailable | SourceRefused | SourceChanged:
    """A driver's error in one of the room's words; its text may hold values and is not repeated."""
    inner = getattr(error, "orig", None)
    state = getattr(inner, "sqlstate", None) or ""
    word = str(inner).lower()
    if late or state == "57014" or "interrupted" in word:
        return SourceUnavailable("timeout", "the statement was stopped at its time limit")
    if state in {"25006", "0A000"} or "readonly" in word:
        return SourceRefused("query_refused", "the statement writes")
    if state.startswith("28") or state == "42501":
        return SourceRefused("unauthorized", "the database refuses this user")
    if state.startswith("42") or "no such" in word or "syntax error" in word:
        return SourceChanged("query_refused", "a table or column is not there, or the query cannot be read")
    if "locked" in word:
        return SourceUnavailable("timeout", "the database is locked")
    return SourceUnavailable("unreachable", type(inner or error).__name__)
