"""Read-only transactions, short ones unless a snapshot is asked for; the ground of every reader; knows no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

import sqlalchemy as sa

from dashboard.history import schema

CHUNK = 500
STREAM = 5_000
THINKING_MS = 60_000
"""What PostgreSQL lets the asker of a snapshot do between two questions."""


class Asker:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._snapshot: sa.Connection | None = None

    @contextmanager
    def snapshot(self) -> Iterator[Self]:
        """This history as it is at one moment: all that is asked of what is given here is asked in one transaction,
        by one thread, whatever is committed meanwhile."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                if connection.dialect.name == "postgresql":  # it holds no lock, and the asker works between questions
                    connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {THINKING_MS}")
                held = copy(self)
                held._snapshot = connection
                yield held

    @contextmanager
    def asking(self) -> Iterator[sa.Connection]:
        if self._snapshot is not None:
            yield self._snapshot
            return
        with self.engine.begin() as connection:
            yield connection

    def rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        with self.asking() as connection:
            return connection.execute(query).all()

    def stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with self.asking() as connection:
            yield from connection.execute(query, execution_options={"yield_per": STREAM})

    def close(self) -> None:
        self.engine.dispose()

    def last_seq(self) -> int:
        return int(self.rows(sa.select(sa.func.coalesce(sa.func.max(schema.change_log.c.seq), 0)))[0][0])

    def last_number(self, table: sa.Table) -> int:
        return int(self.rows(sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)))[0][0])
