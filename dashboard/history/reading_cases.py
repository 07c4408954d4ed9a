"""What can be asked about cases; never writes, never decides who may see one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from dashboard.facts import CaseChange, CaseFact
from dashboard.history import schema
from dashboard.history.asking import CHUNK, Asker
from dashboard.history.batch import StoredCase
from dashboard.history.codec import instant, instant_or_none, us
from dashboard.history.projections import CLOSED_COLUMNS, C, D, case_of, case_select
from dashboard.records import OPEN_STATUSES, CaseStatus, EventKind

SECONDS = ("_at", "_after", "_by")
COUNTED_TIMES = (
    "left_at",
    "opened_at",
    "first_response_at",
    "resolved_at",
    "observed_response_by",
    "observed_close_by",
)


class CaseReader(Asker):
    def group_sizes(self, groups: Sequence[str] | None = None) -> dict[str, int]:
        """How many cases each duplicate group has; all groups when none are named."""
        count = sa.func.count()
        query = sa.select(C.c.grp, count).where(C.c.grp.is_not(None)).group_by(C.c.grp)
        if groups is None:
            return {row[0]: row[1] for row in self.rows(query.having(count > 1))}
        found: dict[str, int] = {}
        for start in range(0, len(groups), CHUNK):
            found |= {row[0]: row[1] for row in self.rows(query.where(C.c.grp.in_(groups[start : start + CHUNK])))}
        return found

    def facts(self, *where: sa.ColumnElement[bool]) -> list[CaseFact]:
        rows = self.rows(case_select().where(*where).order_by(C.c.number))
        sizes = self.group_sizes(sorted({row.grp for row in rows if row.grp is not None}))
        return [case_of(row, sizes) for row in rows]

    def load_open_cases(self) -> Iterator[CaseFact]:
        """Every open case, vanished and uncovered ones too (``vanished_at`` and ``uncovered_at`` say so)."""
        sizes = self.group_sizes()
        for row in self.stream(case_select().where(C.c.open.is_(True)).order_by(C.c.number)):
            yield case_of(row, sizes)

    def load_ended(self, kinds: Mapping[str, datetime | None]) -> Iterator[CaseFact]:
        """Every case of these kinds that is not open; with an instant only those with any of their times since it."""
        for kind, since in kinds.items():
            where = [C.c.kind == kind, C.c.open.is_(False)]
            if since is not None:
                where.append(sa.or_(*(C.c[name] >= us(since) for name in COUNTED_TIMES)))
            yield from self.facts(*where)

    def numbers(self, *, are_open: bool) -> list[int]:
        """The numbers of the open cases, or of all others, in order."""
        return [row[0] for row in self.rows(sa.select(C.c.number).where(C.c.open.is_(are_open)).order_by(C.c.number))]

    def served(self) -> list[tuple[str, str, str]]:
        """(kind, source, provenance) of every case there ever was, each once."""
        return [tuple(row) for row in self.rows(sa.select(C.c.kind, C.c.source, C.c.provenance).distinct())]

    def stored_cases(self, source: str, key_digests: Sequence[bytes]) -> dict[bytes, StoredCase]:
        """By keyed digest of the source id; what is not there is new (or erased)."""
        found: dict[bytes, Any] = {}
        for start in range(0, len(key_digests), CHUNK):
            some = C.c.key_digest.in_(key_digests[start : start + CHUNK])
            for row in self.rows(case_select().where(C.c.source == source, some)):
                found[bytes(row.key_digest)] = row
        sizes = self.group_sizes(sorted({row.grp for row in found.values() if row.grp is not None}))
        return {
            digest: StoredCase(
                case_of(row, sizes),
                None if row.row_digest is None else bytes(row.row_digest),
                instant_or_none(row.missing_since),
            )
            for digest, row in found.items()
        }

    def case_facts(self, numbers: Sequence[int], open_only: bool = False) -> dict[int, CaseFact]:
        found: dict[int, CaseFact] = {}
        where = [C.c.open.is_(True)] if open_only else []
        for start in range(0, len(numbers), CHUNK):
            some = C.c.number.in_(numbers[start : start + CHUNK])
            found |= {fact.number: fact for fact in self.facts(some, *where)}
        return found

    def changes_of(self, before: Sequence[CaseFact]) -> list[CaseChange]:
        """What became of these facts."""
        now = self.case_facts([fact.number for fact in before])
        return [CaseChange(before=fact, after=now[fact.number]) for fact in before]

    def case_text(self, number: int) -> str | None:
        table = schema.case_text
        return next((row[0] for row in self.rows(sa.select(table.c.summary).where(table.c.number == number))), None)

    def photos(self, numbers: Sequence[int]) -> dict[int, tuple[int, bool]]:
        """Of these cases those that came with photos, as long as that is kept: how many, and whether one of them had
        come with an earlier case."""
        p = schema.case_place
        query = sa.select(p.c.number, p.c.photos, p.c.photo_reused).where(p.c.number.in_(numbers), p.c.photos > 0)
        return {row.number: (row.photos, row.photo_reused) for row in self.rows(query)}

    def closed_columns(self, since: datetime | None = None) -> Iterator[dict[str, list[Any]]]:
        """Cases that are not open, as columns (``CLOSED_COLUMNS`` and what is derived), in chunks. Instants are whole
        seconds since 1970 or None. ``since``: those with any of their times later (a source may date the answer to a
        case that it closed long ago)."""
        wanted = [*(C.c[name] for name in CLOSED_COLUMNS), *(column for column in D.c if column.name != "number")]
        names = [column.name for column in wanted]
        columns = [
            (c // 1_000_000).label(c.name) if c.name.endswith(SECONDS) and c.name != "closed_by" else c for c in wanted
        ]
        query = sa.select(*columns).select_from(C.join(D, D.c.number == C.c.number)).where(C.c.open.is_(False))
        if since is not None:
            query = query.where(sa.or_(*(C.c[name] >= us(since) for name in COUNTED_TIMES)))
        with self.asking() as connection:
            found = connection.execute(query.order_by(C.c.number), execution_options={"yield_per": 50_000})
            for chunk in found.partitions():
                yield dict(zip(names, map(list, zip(*chunk, strict=True)), strict=True))

    def pause_events(self, numbers: Sequence[int]) -> dict[int, list[tuple[EventKind, datetime]]]:
        """When these cases were paused and went on, as declared or else as observed, in order."""
        table = schema.case_event
        kinds = (EventKind.PAUSED.value, EventKind.RESUMED.value, EventKind.CLOSED.value)
        found: dict[int, list[tuple[EventKind, datetime]]] = {}
        for start in range(0, len(numbers), CHUNK):
            some = table.c.number.in_(numbers[start : start + CHUNK])
            query = sa.select(table).where(some, table.c.kind.in_(kinds)).order_by(table.c.seq, table.c.i)
            for row in self.rows(query):
                at = row.declared_at if row.declared_at is not None else row.observed_by
                if at is not None:
                    found.setdefault(row.number, []).append((EventKind(row.kind), instant(at)))
        return found

    def cases(
        self, filters: Mapping[str, Any], limit: int = 100, cursor: int | None = None
    ) -> tuple[list[CaseFact], int | None]:
        """Newest number first, below ``cursor``; and the cursor of the next page or None.

        Filters: source, kind, status, category, department, district, subdistrict, visibility, due_basis (one or
        several values each), ``overdue_at`` (open and due by this instant; a mapping {source: instant} beside it in
        ``late_until`` holds back sources that are down), ``not_overdue_at`` (all others), ``since`` (opened at or
        after), ``hidden_open`` and ``hidden_closed`` (categories, None for no category, that are left out).
        """
        query = case_select().order_by(C.c.number.desc()).limit(limit + 1).where(*_conditions(filters))
        if cursor is not None:
            query = query.where(C.c.number < cursor)
        found = self.rows(query)
        sizes = self.group_sizes(sorted({row.grp for row in found if row.grp is not None}))
        page = [case_of(row, sizes) for row in found[:limit]]
        return page, page[-1].number if len(found) > limit else None

    def view_of(self, source: str, closed_since: datetime) -> Iterator[Any]:
        """Rows (number, row_digest, missing_since, unknown words' fields) of the cases a source still serves:
        open ones, and those that changed lately. Older ones are found again by their key when served."""
        columns = (C.c.number, C.c.row_digest, C.c.missing_since, C.c.category, C.c.department, C.c.district)
        query = sa.select(*columns, C.c.subdistrict, C.c.status, C.c.opened_at).where(
            C.c.source == source,
            C.c.key_digest.is_not(None),
            C.c.vanished_at.is_(None),
            C.c.uncovered_at.is_(None),
            C.c.open.is_(True) | (C.c.seen_at >= us(closed_since)),
        )
        yield from self.stream(query)

    def places(self, since: datetime) -> list[Any]:
        """What groups duplicates: (number, cell, signature, opened_at, kind, category, grp)."""
        p = schema.case_place
        query = (
            sa.select(p.c.number, p.c.cell, p.c.signature, p.c.opened_at, C.c.kind, C.c.category, C.c.grp)
            .select_from(p.join(C, C.c.number == p.c.number))
            .where(p.c.expires_at > us(since))
            .order_by(p.c.number)
        )
        return list(self.rows(query))


_DERIVED = ("visibility", "due_basis")
_IN_STOCK = (C.c.open.is_(True), C.c.vanished_at.is_(None), C.c.uncovered_at.is_(None))


def _conditions(filters: Mapping[str, Any]) -> Iterator[sa.ColumnElement[bool]]:
    for name in ("source", "kind", "status", "category", "department", "district", "subdistrict", *_DERIVED):
        wanted = filters.get(name)
        if wanted is not None:
            column = D.c[name] if name in _DERIVED else C.c[name]
            yield column.in_([wanted] if isinstance(wanted, str) else sorted(wanted))
    if isinstance(status := filters.get("status"), str) and status in OPEN_STATUSES:
        yield C.c.open.is_(True)  # the few open ones have an index of their own
    if filters.get("since") is not None:
        yield C.c.opened_at >= us(filters["since"])
    late_until = filters.get("late_until") or {}
    if (now := filters.get("overdue_at")) is not None:
        yield from (*_IN_STOCK, C.c.status != CaseStatus.PAUSED.value)
        yield D.c.due_at <= _latest_due(now, late_until)
    if (now := filters.get("not_overdue_at")) is not None:
        idle = (sa.not_(sa.and_(*_IN_STOCK)), C.c.status == CaseStatus.PAUSED.value)
        yield sa.or_(*idle, D.c.due_at.is_(None), D.c.due_at > _latest_due(now, late_until))
    in_stock = sa.and_(*_IN_STOCK)
    for name, where in (("hidden_open", in_stock), ("hidden_closed", sa.not_(in_stock))):
        if hidden := filters.get(name):
            yield sa.not_(sa.and_(where, _one_of(C.c.category, hidden)))


def _latest_due(now: datetime, late_until: Mapping[str, datetime]) -> Any:
    if not late_until:
        return us(now)
    return sa.case({source: us(min(now, at)) for source, at in late_until.items()}, value=C.c.source, else_=us(now))


def _one_of(column: sa.Column[Any], values: Collection[str | None]) -> sa.ColumnElement[bool]:
    named = sa.and_(column.is_not(None), column.in_(sorted(v for v in values if v is not None)))
    return sa.or_(named, column.is_(None)) if None in values else named
