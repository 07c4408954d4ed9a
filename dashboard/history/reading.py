"""What the history can be asked; never writes, never decides who may see it (views, API and export do)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.facts import Commit, PollFact
from dashboard.freshness import SourceHistory
from dashboard.history import schema
from dashboard.history.batch import SourceCurrent
from dashboard.history.codec import instant, loads, us
from dashboard.history.commits import commits_since
from dashboard.history.projections import current_of, poll_of
from dashboard.history.reading_cases import CaseReader
from dashboard.history.reading_series import SeriesReader


class Reader(CaseReader, SeriesReader):
    """Cases and series, and here: sources and what was declared. A question is a short transaction."""

    def is_there(self) -> bool:
        """Whether a room ever kept something here. A database that does not answer raises."""
        try:
            return sa.inspect(self.engine).has_table(schema.change_log.name)
        except sa.exc.OperationalError as error:
            if "unable to open database file" in str(error.orig):  # SQLite: the first start has not made it yet
                return False
            raise

    def commits_since(self, seq: int, *, filled: bool = False) -> Iterator[Commit]:
        """Every transaction after ``seq`` (``filled``: that changed a record), in order, as it was committed."""
        return commits_since(self, seq, filled=filled)

    def source_current(self, source: str) -> SourceCurrent:
        table = schema.source_current
        for row in self.rows(sa.select(table).where(table.c.source == source)):
            return current_of(row)
        return SourceCurrent(source=source)

    def cursor(self, source: str) -> Any:
        return self.source_current(source).cursor

    def source_histories(self) -> dict[str, SourceHistory]:
        """What freshness judges by, for every source that was ever polled."""
        found = {}
        for row in self.rows(sa.select(schema.source_current)):
            current = current_of(row)
            found[current.source] = SourceHistory(
                first_poll=current.first_poll,
                first_success=current.first_success,
                last_poll=current.last_poll,
                last_success=current.last_success,
                last_change=current.last_change,
                consecutive_failures=current.consecutive_failures,
                failing_since=current.failing_since,
                last_cause=current.last_cause,
                data_at=current.data_at,
                last_whole=current.last_whole,
            )
        return found

    def recent_polls(self, source: str, n: int = 50) -> list[PollFact]:
        table = schema.poll
        query = sa.select(table).where(table.c.source == source).order_by(table.c.seq.desc()).limit(n)
        return [poll_of(row) for row in self.rows(query)]

    def rejects(
        self,
        source: str | Collection[str] | None = None,
        limit: int = 100,
        cursor: tuple[int, int] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
        """Quarantined rows, newest first: names, types and masked shapes, never a value; and the cursor of the
        next page or None. A cursor is (seq, rows of that seq already given)."""
        table = schema.quarantine
        query = sa.select(table).order_by(table.c.seq.desc(), table.c.source, table.c.digest).limit(limit + 1)
        if source is not None:
            query = query.where(table.c.source.in_([source] if isinstance(source, str) else sorted(source)))
        if cursor is not None:
            query = query.where(table.c.seq <= cursor[0]).offset(cursor[1])
        found = self.rows(query)
        page = [
            {
                "seq": row.seq,
                "source": row.source,
                "at": instant(row.seen_at),
                "digest": bytes(row.digest).hex(),
                "field": row.field,
                "reason": row.reason,
                "shape": loads(row.shape),
            }
            for row in found[:limit]
        ]
        if len(found) <= limit:
            return page, None
        last = page[-1]["seq"]
        given = sum(row["seq"] == last for row in page)
        return page, (last, given + (cursor[1] if cursor and cursor[0] == last else 0))

    def held(self, source: str | None = None) -> list[dict[str, Any]]:
        """Values that were held back: of cumulative counters, and doubtful prices."""
        table = schema.held_measurement
        query = sa.select(table).order_by(table.c.seq.desc())
        if source is not None:
            query = query.where(table.c.source == source)
        return [{**row._mapping, "seen_at": instant(row.seen_at)} for row in self.rows(query)]

    def doubtful(self) -> dict[str, list[str]]:
        """By source the keys of the prices and counters that its newest good poll brought and that are held."""
        held, poll = schema.held_measurement, schema.poll
        newest = sa.select(sa.func.max(poll.c.seq)).where(poll.c.outcome == "ok", poll.c.source == held.c.source)
        query = sa.select(held.c.source, held.c.key).where(held.c.seq == newest.correlate(held).scalar_subquery())
        found: dict[str, list[str]] = {}
        for row in self.rows(query.order_by(held.c.key)):
            found.setdefault(row.source, []).append(row.key)
        return found

    def tombstones(self, source: str) -> set[bytes]:
        table = schema.tombstone
        return {bytes(row[0]) for row in self.rows(sa.select(table.c.key_digest).where(table.c.source == source))}

    def quarantined(self, source: str) -> list[bytes]:
        """Oldest first."""
        table = schema.quarantine
        query = sa.select(table.c.digest).where(table.c.source == source).order_by(table.c.seq, table.c.digest)
        return [bytes(row[0]) for row in self.rows(query)]

    def unknown_words(self, source: str) -> set[tuple[str, str]]:
        table = schema.unknown_word
        query = sa.select(table.c.field, table.c.word).where(table.c.source == source)
        return {(row.field, row.word) for row in self.rows(query)}

    # What was declared

    def declared(self, kind: str | None = None, at: datetime | None = None) -> dict[str, dict[str, tuple[int, str]]]:
        """``{kind: {key: (n, digest)}}`` of the newest versions (until ``at``)."""
        table = schema.declared_version
        query = sa.select(table.c.kind, table.c.key, table.c.n, table.c.digest).order_by(table.c.n)
        if kind is not None:
            query = query.where(table.c.kind == kind)
        if at is not None:
            query = query.where(table.c.seen_at <= us(at))
        found: dict[str, dict[str, tuple[int, str]]] = {}
        for row in self.rows(query):
            found.setdefault(row.kind, {})[row.key] = (row.n, row.digest)
        return found

    def declared_bodies(self, kind: str, at: datetime) -> dict[str, Any]:
        """``{key: body}`` of what was in force at ``at``; withdrawn keys are left out."""
        table = schema.declared_version
        query = sa.select(table.c.key, table.c.body).where(table.c.kind == kind, table.c.seen_at <= us(at))
        newest = {row.key: row.body for row in self.rows(query.order_by(table.c.n))}
        return {key: loads(body) for key, body in newest.items() if body is not None}
