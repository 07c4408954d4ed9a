"""A made-up connector over plain rows, so that a test says what a source served and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.calendar import Calendar
from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.contract import COMPLETE, ConnectorOptions, Coverage, NumberLocale, ParseContext, Payload
from dashboard.errors import RowRejected
from dashboard.facts import Commit
from dashboard.history import History
from dashboard.ingest import Ingest
from dashboard.records import Case, ClosedBy, Event, EventKind, Measurement, Parsed, Status, Transient

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 08.00 WIB
KEY = b"key of the tests"
SCALE = {"menunggu": "waiting", "proses": "in_process", "jeda": "paused", "selesai": "closed",
         "dialihkan": "transferred"}  # fmt: skip


class Options(ConnectorOptions):
    pass


class CaseConnector:
    """Rows ``{id, status, opened, ...}``; times in minutes after T0."""

    PARSER_VERSION = 1
    SHAPES = ("case",)
    Options = Options
    parsed = 0

    async def fetch(self, ctx: Any) -> Payload:
        raise NotImplementedError

    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        self.parsed += 1
        if row.get("bad"):
            raise RowRejected("bad", "cannot be read")
        opened = row["opened"]
        record = Case(
            key=row["id"],
            kind=row.get("kind", "aspiration"),
            klass=row.get("klass", "complaint"),
            status=ctx.words.status(row.get("status", "menunggu"), SCALE),
            status_word=row.get("status", "menunggu"),
            opened_at=minute(opened),
            category=ctx.words.category(row.get("category", "Jalan rusak")),
            category_word=row.get("category", "Jalan rusak"),
            department=ctx.words.department(row.get("opd"), ctx.fetched_at),
            department_word=row.get("opd", ""),
            district=ctx.words.district(row.get("district")),
            office=row.get("office"),
            reopened=row.get("reopened"),
            first_response_at=minute(row.get("responded")),
            resolved_at=minute(row.get("resolved")),
            updated_at=minute(row.get("updated")),
            closed_by=ClosedBy(row["closer"]) if row.get("closer") else None,
            duplicate_of=row.get("duplicate_of"),
            events=tuple(
                Event(kind=EventKind(kind), declared_at=minute(at), detail=detail)
                for kind, at, detail in row.get("events", ())
            ),
            attributes=tuple(row.get("attributes", {}).items()),
        )
        transient = Transient(point=row.get("point"), text=row.get("text", ""), photo_hashes=row.get("photos", ()))
        return Parsed(record, transient)


class PriceConnector:
    """Rows ``{item, place, day, value}``; ``counter``: a cumulative one; ``observed``: the minute it was measured."""

    PARSER_VERSION = 1
    SHAPES = ("measurement",)
    Options = Options

    async def fetch(self, ctx: Any) -> Payload:
        raise NotImplementedError

    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        start = T0 + timedelta(days=row["day"])
        return Measurement(
            metric="price",
            place=row.get("place", "36.71"),
            item=row["item"],
            period_start=start,
            period_end=start + timedelta(days=1),
            value=row["value"] or None,
            reported=bool(row["value"]),
            unit="kg",
            basis="cumulative" if row.get("counter") else "survey",
            observed_at=minute(row.get("observed")),
        )


class StatusConnector:
    PARSER_VERSION = 1
    SHAPES = ("status",)
    Options = Options

    async def fetch(self, ctx: Any) -> Payload:
        raise NotImplementedError

    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        return Status(subject=row["site"], kind="site", state=row["state"], detail=row.get("detail", ""))


def minute(value: float | None) -> datetime | None:
    return None if value is None else T0 + timedelta(minutes=value)


@dataclass
class Room:
    """A history with an ingest on it, polled by hand. ``every_s`` is 60."""

    config: Config
    history: History
    ingest: Ingest
    epoch: int
    connector: Any = field(default_factory=CaseConnector)
    source_id: str = "laksa"
    block: dict[str, Any] = field(default_factory=dict)  # what the source block says otherwise

    @property
    def source(self) -> Source:
        return self.config.sources[0].model_copy(update={"id": self.source_id, "every_s": 60.0, **self.block})

    def poll(
        self,
        rows: list[Any],
        at: float,
        *,
        coverage: Coverage = COMPLETE,
        **payload: Any,
    ) -> Commit:
        """One poll whose answer came ``at`` minutes after T0."""
        now = T0 + timedelta(minutes=at)
        return self.ingest.take(
            self.source,
            self.connector,
            Payload(rows=rows, coverage=coverage, fetched_at=now, **payload),
            self.context(now),
            epoch=self.epoch,
            started_at=now - timedelta(seconds=1),
            duration_ms=5,
            bytes=100,
        )

    def context(self, now: datetime) -> ParseContext[Any]:
        return ParseContext(
            source=self.source_id,
            options=Options(),
            words=self.ingest.registry,
            zone=ZoneInfo("Asia/Jakarta"),
            numbers=NumberLocale(),
            fetched_at=now,
            city=self.config.city.code,
        )

    def restart(self) -> None:
        """As after a crash: nothing is remembered but what the database holds."""
        self.ingest = build(self.config, self.history)


def build(config: Config, history: History, **options: Any) -> Ingest:
    registry = Registry(config)
    return Ingest(config, registry, Calendar(config), history, KEY, **options)


def row(key: str, status: str = "menunggu", opened: float = 0, **more: Any) -> dict[str, Any]:
    return {"id": key, "status": status, "opened": opened, **more}


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [row(f"A{i}", **more) for i in range(count)]
