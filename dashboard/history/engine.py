"""Opens SQLite or PostgreSQL the way the room needs it, and writes many rows at once; knows no table."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from dashboard.errors import LiveRoomError
from dashboard.postgresql import PATIENCE

BUSY_MS = 10_000
IDLE_MS = 10_000
"""PostgreSQL ends a transaction that does nothing for so long: a leader that sleeps in the middle of one would hold
the lease's row, and no standby could take it."""
LOOK_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock."""


DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_IOERR_SHORT_READ", "SQLITE_READONLY_DBMOVED")


class HistoryReplaced(LiveRoomError):
    """What was opened is not what is at its path any more: deleted, moved away, damaged, restored from a copy. No
    SQLAlchemy error, so nobody waits for it to pass: the process ends and begins anew with what is there."""


def create(url: str) -> sa.Engine:
    """An engine for a ``sqlite:///`` or ``postgresql://`` URL (psycopg 3 whatever driver is named or not)."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=5,
            connect_args={"options": _settings(), **PATIENCE},
        )
    if parsed.get_backend_name() != "sqlite":
        raise ValueError("the history lives in SQLite or PostgreSQL")
    if parsed.database and parsed.database != ":memory:":
        file = Path(parsed.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)  # the records of a city are nobody else's on this machine; SQLite keeps to its mode
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if parsed.database and parsed.database != ":memory:":
        replaced = HistoryReplaced("the history's file was taken away, replaced or damaged while it was open")
        _keep_to_file(engine, Path(parsed.database), replaced)
        event.listen(engine, "handle_error", lambda context: replaced if _damaged(context) else None, retval=True)
    return engine


def _keep_to_file(engine: sa.Engine, path: Path, otherwise: Exception) -> None:
    """Raise ``otherwise`` when a connection is asked for whose files are not those at ``path`` any more: what is
    written into a file without a name is lost, what is read from it is old."""

    def look(_connection: Any, record: Any, _proxy: Any = None) -> None:
        for place in (path, path.with_name(f"{path.name}-wal")):
            found = _identity(place)
            if record.info.setdefault(place, found) is None:
                record.info[place] = found  # the log is made with the first transaction
            elif record.info[place] != found:
                raise otherwise

    event.listen(engine, "checkout", look)


def _damaged(context: sa.ExceptionContext) -> bool:
    return str(getattr(context.original_exception, "sqlite_errorname", "")).startswith(DAMAGED)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _settings() -> str:
    return f"-c lock_timeout={BUSY_MS} -c idle_in_transaction_session_timeout={IDLE_MS}"


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",  # without it a reader is locked out
        "synchronous=FULL",  # a commit that was acknowledged survives the power cut
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A writer takes its lock at the start: a read lock raised later can fail at once with "locked".
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def create_reading(url: str, limit_s: float) -> sa.Engine:
    """An engine that cannot write, makes no file, and ends every transaction after ``limit_s``."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        options = f"-c default_transaction_read_only=on -c statement_timeout={int(limit_s * 1000)}"
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=2, max_overflow=2, pool_timeout=limit_s, pool_pre_ping=True,
            connect_args={**PATIENCE, "connect_timeout": max(2, round(limit_s)), "options": options},
        )  # fmt: skip
    if parsed.get_backend_name() != "sqlite":
        raise ValueError("the history lives in SQLite or PostgreSQL")
    address = f"file:{quote(str(Path(parsed.database or '').resolve()))}?mode=rw"  # WAL wants its index file written

    def connect() -> sqlite3.Connection:
        raw = sqlite3.connect(address, uri=True, timeout=limit_s, check_same_thread=False)
        raw.isolation_level = None
        raw.execute("PRAGMA query_only = ON")
        return raw

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=2, max_overflow=2)

    def begin(connection: sa.Connection) -> None:
        end = time.monotonic() + limit_s
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: int(time.monotonic() > end), LOOK_EVERY)
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "begin", begin)
    _keep_to_file(engine, Path(parsed.database or ""), DisconnectionError("another file"))  # it connects once more

    def let_go(context: sa.ExceptionContext) -> None:
        context.is_disconnect = context.is_disconnect or _damaged(context)

    event.listen(engine, "handle_error", let_go)
    return engine


def insert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows given in the order of the table's columns: COPY on PostgreSQL, executemany on SQLite."""
    if not rows:
        return
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        cursor.close()
        return
    marks = ", ".join("?" * len(table.columns))
    connection.exec_driver_sql(
        f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})',  # noqa: S608 - names of our own tables
        [tuple(row) for row in rows],
    )
