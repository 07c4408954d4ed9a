"""Short read-only transactions; the ground every reader of the history stands on; knows no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from dashboard.history import schema

CHUNK = 500
STREAM = 5_000


class Asker:
    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        with self.engine.begin() as connection:
            return connection.execute(query).all()

    def stream(self, query: sa.Select[Any]) -> Iterator[Any]:
        with self.engine.connect().execution_options(yield_per=STREAM) as connection, connection.begin():
            yield from connection.execute(query)

    def close(self) -> None:
        self.engine.dispose()

    def last_seq(self) -> int:
        return int(self.rows(sa.select(sa.func.coalesce(sa.func.max(schema.change_log.c.seq), 0)))[0][0])

    def last_number(self, table: sa.Table) -> int:
        return int(self.rows(sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0)))[0][0])
