"""A deadline comes from the source's own promise when it gives one, else from the city's policy with its basis."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import http_json
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.mapping import map_row
from dashboard.records import Case
from tests.ingest.served import CaseConnector, Room, minute, row

TICKET = {
    "nomor": "B-1", "status": "diterima", "ambil": "2026-11-24 09:00:00", "layanan": "Surat Pengantar Pindah",
    "kecamatan": "Benda", "janji": 15, "satuan_janji": "menit",
}  # fmt: skip


class PromisingConnector(CaseConnector):
    def parse(self, row: Any, ctx: ParseContext[Any]) -> Any:
        parsed = super().parse(row, ctx)
        amount, unit = row.get("promise", (None, None))
        return replace(parsed, record=replace(parsed.record, promised=amount, promised_unit=unit))


@pytest.fixture
def promising(room: Room) -> Room:
    room.connector = PromisingConnector()
    return room


def mapped(config: Config, **changes: Any) -> Case:
    """A ticket read by the shipped block of the district offices."""
    (block,) = [source for source in config.sources if source.id == "paten"]
    registry = Registry(config)
    context: ParseContext[Any] = ParseContext(
        source="paten",
        options=http_json.Options.model_validate(block.options),
        words=registry,
        zone=ZoneInfo("Asia/Jakarta"),
        numbers=NumberLocale(),
        fetched_at=datetime(2026, 11, 24, 3, tzinfo=UTC),
        city=config.city.code,
    )
    found: Any = map_row({**TICKET, **changes}, context)
    record: Case = found.record
    return record


def test_the_shipped_blocks_read_the_promise(config: Config) -> None:
    assert (mapped(config).promised, mapped(config).promised_unit) == (15, "minutes")
    assert mapped(config, satuan_janji="hari").promised_unit == "working_days"
    assert mapped(config, satuan_janji="purnama").promised_unit == "unknown"
    assert (mapped(config, janji=None).promised, mapped(config, janji=None).promised_unit) == (None, None)
    blocks = [source.options["case"] for source in config.sources if source.id in ("permits", "paten", "counters")]
    assert ["promise" in block for block in blocks] == [True] * 3


def test_the_sources_own_promise_goes_before_the_policy(promising: Room) -> None:
    facts = {
        change.after.record.key: change.after
        for change in promising.poll(
            [
                row("own", promise=(30, "minutes")),
                row("city"),
                row("strange", promise=(3, "unknown")),
                row("paused", "jeda", promise=(30, "minutes"), events=[("paused", 10, "documents")]),
                row("resumed", promise=(30, "minutes"), events=[("paused", 10, "documents"), ("resumed", 15, "")]),
            ],
            20,
        ).cases
    }
    own, city = facts["own"], facts["city"]
    assert (own.due_at, own.due_basis, own.policy) == (minute(30), "source", "aspiration-complaint")
    assert city.due_basis == "usulan"
    assert city.due_at is not None
    assert (facts["strange"].due_at, facts["strange"].due_basis) == (city.due_at, "usulan")
    assert (facts["paused"].due_at, facts["paused"].due_basis) == (None, None)
    assert facts["resumed"].due_at == minute(35), "the clock of a promise stands in pauses too"
    stored = {fact.record.key: fact for fact in promising.history.load_open_cases()}
    assert stored == facts


def test_a_promise_that_is_withdrawn_leaves_the_policy(promising: Room) -> None:
    promising.poll([row("A", promise=(30, "minutes"))], 0)
    (change,) = promising.poll([row("A")], 1).cases
    assert change.after.due_basis == "usulan"
    assert promising.ingest.rederive(promising.epoch, change.after.first_seen_at, [1]) is None
