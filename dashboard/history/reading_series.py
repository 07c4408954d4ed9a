"""What can be asked about measurements and statuses; never writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from dashboard.facts import MeasurementFact, StatusFact
from dashboard.history import schema
from dashboard.history.asking import CHUNK, Asker
from dashboard.history.batch import Stored
from dashboard.history.codec import instant, loads, us
from dashboard.history.projections import measurement_of, status_of


class SeriesReader(Asker):
    def latest_measurements(
        self, days: float = 400, now: datetime | None = None, whole: Collection[str] = ()
    ) -> Iterator[MeasurementFact]:
        """Measurements whose period began in the last ``days`` before ``now`` (None: before the newest one); of the
        metrics ``whole`` all there are."""
        table = schema.measurement_current
        query = sa.select(table).order_by(table.c.period_start, table.c.number)
        if now is None:
            newest = self.rows(sa.select(sa.func.max(table.c.period_start)))[0][0]
            now = None if newest is None else instant(newest)
        if now is not None:
            recent = table.c.period_start >= us(now - timedelta(days=days))
            query = query.where(sa.or_(recent, table.c.metric.in_(sorted(whole))) if whole else recent)
        for row in self.stream(query):
            yield measurement_of(row)

    def measurements(
        self,
        metric: str | None = None,
        place: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 1000,
        cursor: int | None = None,
        source: str | Collection[str] | None = None,
        item: str | None = None,
        without: Collection[str] = (),
    ) -> tuple[list[MeasurementFact], int | None]:
        """Newest stored first, below ``cursor``, of no metric of ``without``; and the cursor of the next page."""
        table = schema.measurement_current
        query = sa.select(table).order_by(table.c.number.desc()).limit(limit + 1)
        for column, wanted in ((table.c.metric, metric), (table.c.place, place), (table.c.item, item)):
            if wanted is not None:
                query = query.where(column == wanted)
        if source is not None:
            query = query.where(table.c.source.in_([source] if isinstance(source, str) else sorted(source)))
        if without:
            query = query.where(table.c.metric.not_in(sorted(without)))
        if start is not None:
            query = query.where(table.c.period_start >= us(start))
        if end is not None:
            query = query.where(table.c.period_start < us(end))
        if cursor is not None:
            query = query.where(table.c.number < cursor)
        found = self.rows(query)
        return [measurement_of(row) for row in found[:limit]], found[limit - 1].number if len(found) > limit else None

    def monthly_sums(self, metric: str, zone: tzinfo, before: datetime) -> Iterator[tuple[date, str, str, float, int]]:
        """Sum and number of the values of ``metric`` by month (its first day in ``zone``), source and item, of the
        periods that began before ``before``."""
        table = schema.measurement_current
        told = (table.c.metric == metric, table.c.value.is_not(None), table.c.item.is_not(None))
        oldest = self.rows(sa.select(sa.func.min(table.c.period_start)).where(*told))[0][0]
        day = None if oldest is None else instant(oldest).astimezone(zone).date().replace(day=1)
        columns = (table.c.source, table.c.item)
        while day is not None and (start := datetime.combine(day, time(), zone)) < before:
            following = (day + timedelta(days=31)).replace(day=1)
            end = min(datetime.combine(following, time(), zone), before)
            query = (
                sa.select(*columns, sa.func.sum(table.c.value), sa.func.count())
                .where(*told, table.c.period_start >= us(start), table.c.period_start < us(end))
                .group_by(*columns)
                .order_by(*columns)
            )
            for source, item, total, count in self.rows(query):
                yield day, source, item, total, count
            day = following

    def metrics(self) -> list[str]:
        table = schema.measurement_current
        return [row[0] for row in self.rows(sa.select(table.c.metric).distinct().order_by(table.c.metric))]

    def status_page(
        self, sources: Collection[str], kinds: Collection[str], limit: int = 100, cursor: int | None = None
    ) -> tuple[list[StatusFact], int | None]:
        """Statuses of these sources and kinds, newest number first, below ``cursor``; and the next cursor or None."""
        table = schema.status_current
        of_kind = [table.c.key.startswith(f"{kind}|", autoescape=True) for kind in kinds]
        query = sa.select(table).where(table.c.source.in_(sorted(sources)), sa.or_(sa.false(), *of_kind))
        if cursor is not None:
            query = query.where(table.c.number < cursor)
        found = self.rows(query.order_by(table.c.number.desc()).limit(limit + 1))
        return [status_of(row) for row in found[:limit]], found[limit - 1].number if len(found) > limit else None

    def stored_measurements(self, source: str, keys: Sequence[str]) -> dict[str, Stored[MeasurementFact]]:
        return self._stored(schema.measurement_current, measurement_of, source, keys)

    def stored_statuses(self, source: str, keys: Sequence[str]) -> dict[str, Stored[StatusFact]]:
        return self._stored(schema.status_current, status_of, source, keys)

    def statuses_of(self, source: str) -> dict[str, Stored[StatusFact]]:
        """All of a source, by their keys."""
        table, found = schema.status_current, {}
        for row in self.rows(sa.select(table).where(table.c.source == source)):
            digest = None if row.row_digest is None else bytes(row.row_digest)
            found[row.key] = Stored(row.number, status_of(row), digest, new=False)
        return found

    def _stored(self, table: sa.Table, make: Any, source: str, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for start in range(0, len(keys), CHUNK):
            some = table.c.key.in_(keys[start : start + CHUNK])
            for row in self.rows(sa.select(table).where(table.c.source == source, some)):
                digest = None if row.row_digest is None else bytes(row.row_digest)
                found[row.key] = Stored(row.number, make(row), digest, new=False)
        return found

    def status_sources(self) -> set[str]:
        return {row[0] for row in self.rows(sa.select(schema.status_current.c.source).distinct())}

    def status_trails(self, seq: int) -> Iterator[tuple[str, str, datetime, str]]:
        """(source, key, seen, state) of every version after ``seq``, oldest first, after the one each subject had
        then: what ``StatusBook`` counts availability from."""
        current, version = schema.status_current, schema.status_version
        columns = (current.c.source, current.c.key, version.c.seen_at, version.c.fields, version.c.number, version.c.n)
        joined = sa.select(*columns).select_from(version.join(current, current.c.number == version.c.number))
        since = self.rows(joined.where(version.c.seq > seq).order_by(version.c.seq, version.c.number))
        first: dict[int, int] = {}
        for row in since:
            first.setdefault(row.number, row.n)
        before = [(number, n - 1) for number, n in first.items() if n > 1]
        unmoved = sa.select(current.c.number, current.c.version)
        before += [(row.number, row.version) for row in self.rows(unmoved) if row.number not in first]
        for start in range(0, len(before), CHUNK):
            some = sa.tuple_(version.c.number, version.c.n).in_(before[start : start + CHUNK])
            for row in self.rows(joined.where(some)):
                yield row.source, row.key, instant(row.seen_at), loads(row.fields)["state"]
        for row in since:
            yield row.source, row.key, instant(row.seen_at), loads(row.fields)["state"]

    def unheard(self, seq: int, longest: Mapping[str, float]) -> dict[str, list[tuple[datetime, datetime]]]:
        """After ``seq``, by source: between which two good polls more than its ``longest`` seconds passed."""
        poll, found = schema.poll, {}
        for source, seconds in longest.items():
            good = poll.c.outcome.in_(("ok", "not_modified"))
            asked = sa.select(
                poll.c.finished_at.label("at"),
                sa.func.lag(poll.c.finished_at).over(order_by=poll.c.seq).label("before"),
            ).where(poll.c.source == source, poll.c.seq > seq, good)
            gaps = asked.subquery()
            wide = sa.select(gaps.c.before, gaps.c.at).where(gaps.c.at - gaps.c.before > round(seconds * 1_000_000))
            found[source] = [(instant(row.before), instant(row.at)) for row in self.rows(wide.order_by(gaps.c.at))]
        return found

    def latest_statuses(self) -> Iterator[StatusFact]:
        table = schema.status_current
        for row in self.stream(sa.select(table).order_by(table.c.number)):
            yield status_of(row)

    statuses = latest_statuses

    def recent_surveys(self, source: str, n: int) -> dict[datetime, dict[str, float]]:
        """Reported values by series of the newest ``n`` periods of a source."""
        table = schema.measurement_current
        of = sa.select(table.c.period_start).where(table.c.source == source, table.c.value.is_not(None)).distinct()
        periods = [row[0] for row in self.rows(of.order_by(table.c.period_start.desc()).limit(n))]
        found: dict[int, dict[str, float]] = {period: {} for period in periods}
        query = sa.select(table.c.period_start, table.c.series, table.c.value).where(
            table.c.source == source, table.c.period_start.in_(periods), table.c.value.is_not(None)
        )
        for row in self.rows(query):
            found[row.period_start][row.series] = row.value
        return {instant(period): values for period, values in found.items()}

    def last_of_series(self, source: str, series: Sequence[str]) -> dict[str, tuple[datetime, float]]:
        """The newest reported value of each series."""
        table = schema.measurement_current
        found: dict[str, tuple[datetime, float]] = {}
        for start in range(0, len(series), CHUNK):
            query = (
                sa.select(table.c.series, table.c.period_start, table.c.value)
                .where(table.c.source == source, table.c.series.in_(series[start : start + CHUNK]))
                .where(table.c.value.is_not(None))
                .order_by(table.c.period_start)
            )
            for row in self.rows(query):
                found[row.series] = (instant(row.period_start), row.value)
        return found

    def series_digests(self, source: str, since: datetime) -> Iterator[bytes]:
        m, s = schema.measurement_current, schema.status_current
        for row in self.stream(
            sa.select(m.c.row_digest).where(m.c.source == source, m.c.period_start >= us(since)).distinct()
        ):
            yield bytes(row[0])
        for row in self.stream(sa.select(s.c.row_digest).where(s.c.source == source).distinct()):
            yield bytes(row[0])
