"""The one write path: each transaction checks the epoch, takes the next gapless seq and writes all or nothing.

Never updates a version row (only erasure.py may clear one) and never lets a second writer in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dashboard.facts import CaseChange, Commit
from dashboard.history import engine as engines
from dashboard.history import erasure, rows, schema
from dashboard.history import lease as leases
from dashboard.history.batch import Batch
from dashboard.history.codec import dumps, us, us_or_none
from dashboard.history.reading import Reader

CHUNK = 500
QUARANTINED = 1_000
"""Rows that could not be read: so many of the newest are kept of one source, the poll's own always."""
HELD_FOR = timedelta(days=400)
"""A counter that is monthly needs its held values for months; one that nobody serves for longer is forgotten."""
MIGRATIONS = Path(__file__).with_name("migrations")
STEPS = ("begun", "seq_taken", "poll_written", "versions_written", "projected", "cursor_written", "committed")
"""The named places between which a test may kill the process (see ``History.at_step``)."""


def open_history(url: str) -> History:
    """A history at ``sqlite:///FILE`` or ``postgresql://...``. Call ``upgrade()`` before the first use."""
    return History(engines.create(url))


def open_reader(url: str, limit_s: float = 5.0) -> Reader:
    """A history that can only be asked, for ``limit_s`` a question; it makes no file and no table."""
    return Reader(engines.create_reading(url, limit_s))


class History(Reader):
    """Reading is in ``Reader``; this is what changes something."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self._writer = engine.execution_options(write=True)
        self.lease = leases.LeaseKeeper(engine)
        self.at_step: Callable[[str], None] = _nothing
        self._lease_until: Callable[[], float] | None = None

    def prolong_lease_until(self, until: Callable[[], float]) -> None:
        """Let every write prolong the lease (to real unix seconds): a leader that writes is alive, and a long write
        must not cost it the lease that the renewal cannot reach meanwhile."""
        self._lease_until = until

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables to ``revision`` (Alembic); safe when several processes start at once."""
        from alembic import command
        from alembic.config import Config as AlembicConfig

        settings = AlembicConfig()
        settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with self._writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # the other one may take its time
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(3671)))
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)

    @contextmanager
    def transaction(
        self, epoch: int, at: datetime, kind: str, source: str | None
    ) -> Iterator[tuple[sa.Connection, int]]:
        """A write transaction with its seq; NotLeader when ``epoch`` is over."""
        with self._writer.begin() as connection:
            self.at_step("begun")
            leases.check(connection, epoch)
            seq = (connection.execute(sa.select(sa.func.max(schema.change_log.c.seq))).scalar() or 0) + 1
            engines.insert_many(connection, schema.change_log, [(seq, epoch, us(at), kind, source)])
            self.at_step("seq_taken")
            yield connection, seq
            if self._lease_until is not None:
                leases.prolong(connection, epoch, self._lease_until())
        self.at_step("committed")

    def tick(self, epoch: int, at: datetime) -> Commit:
        """Time passed: a seq of its own, nothing else."""
        with self.transaction(epoch, at, "tick", None) as (_, seq):
            pass
        return Commit(seq=seq, epoch=epoch, at=at, kind="tick")

    def commit(self, epoch: int, batch: Batch) -> Commit:
        """Write one poll: versions, events, projections, poll row, cursor; all or nothing."""
        at = us(batch.at)
        cases = [rows.case_version(write, 0, at, batch.parser) for write in batch.cases]  # JSON before the lock
        measured = [(stored, rows.plain_fields(stored)) for stored in batch.measurements]
        states = [(stored, rows.plain_fields(stored)) for stored in batch.statuses]
        values = [(stored, text) for stored, text in measured if not stored.quiet]
        lasting = [(stored, rows.lasting_fields(stored)) for stored in batch.statuses if not stored.quiet]
        with self.transaction(epoch, batch.at, "poll", batch.source) as (connection, seq):
            engines.insert_many(connection, schema.poll, [rows.poll(batch.poll, seq)])
            self.at_step("poll_written")
            engines.insert_many(connection, schema.case_version, [(*row[:2], seq, *row[3:]) for row in cases])
            written: tuple[tuple[sa.Table, list[Any]], ...]
            written = (schema.measurement_version, values), (schema.status_version, lasting)
            for table, found in written:
                engines.insert_many(
                    connection, table, [rows.plain_version(stored, seq, text, batch.parser) for stored, text in found]
                )
            events = [row for write in batch.cases for row in rows.case_events(write, seq)]
            engines.insert_many(connection, schema.case_event, events)
            self.at_step("versions_written")
            self._project(connection, batch, seq, measured, states)
            self.at_step("projected")
            _replace(
                connection,
                schema.source_current,
                schema.source_current.c.source,
                [batch.source],
                [rows.source_current(batch.current, seq)],
            )
            self.at_step("cursor_written")
        return Commit(
            seq=seq,
            epoch=epoch,
            at=batch.at,
            kind="poll",
            source=batch.source,
            poll=batch.poll,
            cases=list(batch.changes()),
            measurements=[stored.fact for stored in batch.measurements],
            statuses=[stored.fact for stored in batch.statuses],
            doubtful=batch.held_keys() if batch.poll.outcome == "ok" else None,
        )

    def _project(
        self, connection: sa.Connection, batch: Batch, seq: int, measured: list[Any], states: list[Any]
    ) -> None:
        at = us(batch.at)
        old = [write.after.number for write in batch.cases if write.before is not None]
        current = [rows.case_current(write, seq, at) for write in batch.cases]
        _replace(connection, schema.case_current, schema.case_current.c.number, old, current)
        moved = [(w.before, w.after) for w in batch.cases if w.before is not None and rows.moved(w.before, w.after)]
        engines.insert_many(connection, schema.derived_change, [rows.derived_change(*pair, seq) for pair in moved])
        derived = [rows.case_derived(write.after) for write in batch.cases]
        _replace(connection, schema.case_derived, schema.case_derived.c.number, old, derived)
        for table, found, project in (
            (schema.measurement_current, measured, rows.measurement_current),
            (schema.status_current, states, rows.status_current),
        ):
            known = [stored.number for stored, _ in found if not stored.new]
            _replace(connection, table, table.c.number, known, [project(stored, seq, text) for stored, text in found])
        for table, digests in (
            (schema.case_current, batch.case_digests),
            (schema.measurement_current, batch.measurement_digests),
            (schema.status_current, batch.status_digests),
        ):
            _update(connection, table, "row_digest", digests)
        _update(connection, schema.case_current, "missing_since", {n: us_or_none(t) for n, t in batch.missing.items()})
        _delete(connection, schema.case_text.c.number, list(batch.texts))
        table = schema.held_measurement
        _delete(connection, table.c.key, [held.key for held in batch.held], table.c.source == batch.source)
        table, unreadable = schema.quarantine, [row.digest for row in batch.quarantine]
        _delete(connection, table.c.digest, unreadable, table.c.source == batch.source)
        for table, beside in rows.side_rows(batch, seq):
            engines.insert_many(connection, table, beside)
        if batch.quarantine:
            _keep_newest(connection, batch.source)

    def rederive(self, epoch: int, at: datetime, changes: Sequence[CaseChange]) -> Commit | None:
        """Move derived values (due time, visibility) of cases whose record did not change, and record it."""
        if not changes:
            return None
        with self.transaction(epoch, at, "due", None) as (connection, seq):
            moved = [rows.derived_change(c.before, c.after, seq) for c in changes if c.before is not None]
            engines.insert_many(connection, schema.derived_change, moved)
            derived = [rows.case_derived(change.after) for change in changes]
            numbers = [row[0] for row in derived]
            _replace(connection, schema.case_derived, schema.case_derived.c.number, numbers, derived)
        return Commit(seq=seq, epoch=epoch, at=at, kind="due", cases=list(changes))

    def declare(self, epoch: int, at: datetime, bodies: Mapping[str, Mapping[str, Any]]) -> Commit | None:
        """Keep what is in force from ``at`` on: ``{kind: {key: JSON-like body}}``. What a kind no longer names
        is withdrawn (body NULL). None when nothing changed."""
        changed = self._undeclared(bodies, at)
        if not changed:
            return None
        with self.transaction(epoch, at, "config", None) as (connection, seq):
            engines.insert_many(connection, schema.declared_version, [(*row[:3], seq, *row[3:]) for row in changed])
        return Commit(seq=seq, epoch=epoch, at=at, kind="config")

    def differs(self, bodies: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether ``declare`` would write something."""
        return bool(self._undeclared(bodies, datetime.fromtimestamp(0, UTC)))

    def _undeclared(self, bodies: Mapping[str, Mapping[str, Any]], at: datetime) -> list[tuple[Any, ...]]:
        known = self.declared()
        changed: list[tuple[Any, ...]] = []
        for kind, wanted in bodies.items():
            before = known.get(kind, {})
            for key in sorted({*wanted, *before}):
                body = dumps(wanted[key]) if key in wanted else None
                digest = "" if body is None else hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
                n, old = before.get(key, (0, ""))
                if digest != old:
                    changed.append((kind, key, n + 1, us(at), digest, body))
        return changed

    def erase(self, epoch: int, at: datetime, numbers: Iterable[int], *, cause: str, reason: str) -> Commit | None:
        """Take text and source id of these cases away for good; counts stay. None when none of them is there."""
        targets = erasure.targets(self, sorted(set(numbers)))
        if not targets:
            return None
        with self.transaction(epoch, at, "erase" if cause == "request" else "retention", None) as (connection, seq):
            erasure.erase(connection, seq, us(at), targets, cause, reason)
        return Commit(seq=seq, epoch=epoch, at=at, kind="erase", cases=self.changes_of(targets))

    def retain(self, epoch: int, at: datetime, days_by_kind: Mapping[str, int]) -> Commit | None:
        """Apply ``retention_days`` of each kind to a portion of what is due; None when nothing is due any more."""
        for kind, days in sorted(days_by_kind.items()):
            if due := erasure.past_retention(self, kind, at, days):
                return self.erase(epoch, at, due, cause="retention", reason=f"retention_days {days}")
        return None

    def expire(self, epoch: int, at: datetime, quarantined_before: datetime) -> None:
        """Drop what was only kept for a while; no number of the room depends on it."""
        place, row, held = schema.case_place, schema.quarantine, schema.held_measurement
        with self._writer.begin() as connection:
            leases.check(connection, epoch)
            connection.execute(sa.delete(place).where(place.c.expires_at <= us(at)))
            connection.execute(sa.delete(row).where(row.c.seen_at < us(quarantined_before)))
            connection.execute(sa.delete(held).where(held.c.seen_at < us(at - HELD_FOR)))


def _nothing(_step: str) -> None:
    """No test is watching."""


def _delete(
    connection: sa.Connection, column: sa.Column[Any], keys: Sequence[Any], *where: sa.ColumnElement[bool]
) -> None:
    for start in range(0, len(keys), CHUNK):
        connection.execute(sa.delete(column.table).where(column.in_(keys[start : start + CHUNK]), *where))


def _keep_newest(connection: sa.Connection, source: str) -> None:
    """Of a source that serves ever new rows that cannot be read, the newest are enough to see why."""
    table = schema.quarantine
    mine = table.c.source == source
    newest = sa.select(table.c.seq).where(mine).order_by(table.c.seq.desc()).offset(QUARANTINED - 1).limit(1)
    connection.execute(sa.delete(table).where(mine, table.c.seq < newest.scalar_subquery()))


def _replace(
    connection: sa.Connection,
    table: sa.Table,
    column: sa.Column[Any],
    old: Sequence[Any],
    new: Sequence[Sequence[Any]],
) -> None:
    """Delete and insert a projection's rows: one row builder for new and changed, and both in bulk."""
    _delete(connection, column, old)
    engines.insert_many(connection, table, new)


def _update(connection: sa.Connection, table: sa.Table, name: str, values: Mapping[int, Any]) -> None:
    if values:  # the parameters' names must not be those of columns
        connection.execute(
            sa.update(table).where(table.c.number == sa.bindparam("row_")).values({name: sa.bindparam("set_")}),
            [{"row_": number, "set_": value} for number, value in values.items()],
        )
