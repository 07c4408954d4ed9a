"""Who may write: one row in the history's own database, with an epoch that only grows; decides by REAL time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from dashboard.errors import NotLeader
from dashboard.history.schema import lease as table

NAME = "leader"


@dataclass(frozen=True, slots=True)
class Lease:
    holder: str
    epoch: int
    expires: float  # real unix seconds


class LeaseKeeper:
    """Takes, keeps and gives back the lease. Every take raises the epoch; an old epoch can commit nothing."""

    def __init__(self, engine: sa.Engine) -> None:
        self._writer = engine.execution_options(write=True)
        self._engine = engine

    def acquire(
        self, holder: str, now_real: float, ttl_s: float, passed: Callable[[str], bool] = lambda _: False
    ) -> Lease | None:
        """The lease under a new epoch, or None while another holder's has not run out. ``passed``: whether a holder
        may be passed over all the same, because it has ended or is to step down; its epoch can commit nothing more."""
        with self._writer.begin() as connection:
            row = connection.execute(_row().with_for_update()).one_or_none()
            if row is None:
                taken = Lease(holder, 1, now_real + ttl_s)
                connection.execute(_insert_if_absent(connection, taken))
                row = connection.execute(_row().with_for_update()).one()
                # Two first starters: the row that is there says who was first.
                return taken if (row.holder, row.epoch) == (holder, 1) else None
            if row.holder != holder and row.expires > now_real and not passed(row.holder):
                return None
            taken = Lease(holder, row.epoch + 1, now_real + ttl_s)
            connection.execute(
                sa.update(table)
                .where(table.c.name == NAME)
                .values(holder=holder, epoch=taken.epoch, expires=taken.expires)
            )
            return taken

    def renew(self, held: Lease, now_real: float, ttl_s: float) -> Lease | None:
        """The same epoch with a later end; None when another took it meanwhile."""
        renewed = Lease(held.holder, held.epoch, now_real + ttl_s)
        with self._writer.begin() as connection:
            done = connection.execute(
                sa.update(table)
                .where(table.c.name == NAME, table.c.epoch == held.epoch)
                .values(expires=renewed.expires)
            )
        return renewed if done.rowcount == 1 else None

    def release(self, held: Lease) -> None:
        """A standby may take over at once. The epoch stays, so that it never goes back."""
        with self._writer.begin() as connection:
            connection.execute(
                sa.update(table).where(table.c.name == NAME, table.c.epoch == held.epoch).values(expires=0.0, holder="")
            )

    def current(self) -> Lease | None:
        with self._engine.begin() as connection:
            row = connection.execute(_row()).one_or_none()
        return None if row is None else Lease(row.holder, row.epoch, row.expires)


def check(connection: sa.Connection, epoch: int) -> None:
    """Inside a write transaction: NotLeader unless ``epoch`` is the newest. Locks the row until the commit, so
    that nobody takes the lease between this look and the commit, and writers queue up behind each other."""
    row = connection.execute(_row().with_for_update()).one_or_none()
    if row is None or row.epoch != epoch:
        raise NotLeader(f"epoch {epoch} is over" if row is not None else "no lease was ever taken")


def prolong(connection: sa.Connection, epoch: int, until: float) -> None:
    """Inside a write transaction that has checked the epoch."""
    connection.execute(sa.update(table).where(table.c.name == NAME, table.c.epoch == epoch).values(expires=until))


def _row() -> sa.Select[tuple[str, int, float]]:
    return sa.select(table.c.holder, table.c.epoch, table.c.expires).where(table.c.name == NAME)


def _insert_if_absent(connection: sa.Connection, taken: Lease) -> sa.Executable:
    values = {"name": NAME, "holder": taken.holder, "epoch": taken.epoch, "expires": taken.expires}
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as pg_insert

        return pg_insert(table).values(values).on_conflict_do_nothing()
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table).values(values).on_conflict_do_nothing()
