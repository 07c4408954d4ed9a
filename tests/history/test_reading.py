"""What the history answers: pages, columns, versions in force, derived values that move without a version."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from dashboard.history import schema
from dashboard.history.codec import instant, loads
from tests.ingest.served import PriceConnector, Room, build, minute, row, rows


def at(value: float) -> datetime:
    found = minute(value)
    assert found is not None
    return found


def test_pages_of_cases_neither_skip_nor_repeat(any_room: Room) -> None:
    any_room.poll(rows(25), 0)
    found: list[int] = []
    cursor: int | None = None
    while True:
        page, cursor = any_room.history.cases({}, limit=10, cursor=cursor)
        found += [fact.number for fact in page]
        if cursor is None:
            break
        if len(found) == 10:
            any_room.poll([*rows(25), row("NEW")], 1)  # arrives while somebody turns the pages
    assert found == list(range(25, 0, -1))


def test_filters(any_room: Room) -> None:
    served = [
        row("A", "menunggu", -3 * 1440, opd="DPUPR"),
        row("B", "proses", -2 * 1440, opd="DPUPR", category="Gangguan jiwa"),
        row("C", "selesai", -1 * 1440, opd="DLH"),
    ]
    any_room.poll(served, 0)

    def keys(**filters: object) -> str:
        return "".join(sorted(fact.record.key for fact in any_room.history.cases(filters)[0]))

    assert keys() == "ABC"
    assert keys(status="waiting") == "A"
    assert keys(status={"waiting", "closed"}) == "AC"
    assert keys(department="DPUPR") == "AB"
    assert keys(department="DPUPR", status="in_process") == "B"
    assert keys(visibility={"wall", "desk"}) == "AC"
    assert keys(since=at(-2 * 1440)) == "BC"
    assert keys(kind="permit") == ""
    assert keys(overdue_at=at(60 * 1440)) == "AB", "what is closed is not overdue"
    assert keys(overdue_at=at(0)) == ""


def test_closed_columns_are_seconds_in_chunks(any_room: Room) -> None:
    any_room.poll(rows(2), 0)
    any_room.poll([row("A0", "selesai", resolved=0.5), row("A1")], 1)
    (chunk,) = any_room.history.closed_columns()
    assert chunk["number"] == [1]
    assert chunk["opened_at"] == [int(at(0).timestamp())]
    assert chunk["observed_close_by"] == chunk["left_at"] == [int(at(1).timestamp())]
    assert chunk["first_response_at"] == [None]
    assert chunk["visibility"] == ["wall"]
    assert {len(column) for column in chunk.values()} == {1}
    assert list(any_room.history.closed_columns(since=at(2))) == []


def test_every_version_of_a_case_stays_with_when_it_was_seen(any_room: Room) -> None:
    for when, word in enumerate(("menunggu", "proses", "selesai")):
        any_room.poll([row("A", word)], when * 10)
    version = schema.case_version
    found = any_room.history.rows(sa.select(version.c.n, version.c.seen_at, version.c.fields).order_by(version.c.n))
    assert [(n, instant(seen), loads(fields)["status_word"]) for n, seen, fields in found] == [
        (1, at(0), "menunggu"), (2, at(10), "proses"), (3, at(20), "selesai"),
    ]  # fmt: skip


def test_the_open_and_the_other_cases_are_all_cases_once(any_room: Room) -> None:
    any_room.poll([row("A"), row("B", "selesai"), row("C", "proses")], 0)
    assert any_room.history.numbers(are_open=True) == [1, 3]
    assert any_room.history.numbers(are_open=False) == [2]


def test_a_newly_decreed_holiday_moves_open_deadlines_and_is_recorded(any_room: Room) -> None:
    any_room.poll([row("A"), row("B", "selesai")], 0)
    before = any_room.history.case_facts([1])[1]
    assert before.due_at is not None
    holiday = date(2026, 3, 10)
    decreed = any_room.config.holidays.model_copy(update={"extra": {holiday: "decreed"}})
    config = any_room.config.model_copy(update={"holidays": decreed})
    ingest = build(config, any_room.history)
    commit = ingest.rederive(any_room.epoch, at(60), [1, 2])
    assert commit is not None
    (change,) = commit.cases
    assert change.before == before
    assert change.after.due_at is not None
    assert change.after.due_at > before.due_at
    assert change.after.version == before.version, "derived values never make a version"
    assert ingest.rederive(any_room.epoch, at(61), [1, 2]) is None
    (rebuilt,) = any_room.history.commits_since(commit.seq - 1)
    assert rebuilt.cases == commit.cases
    assert len(any_room.history.rows(sa.select(schema.derived_change))) == 1


def test_every_commit_is_rebuilt_with_what_was_derived_then(any_room: Room) -> None:
    """Deadlines that two decrees, a pause and another class moved: told again as they were, not as they are."""
    day = 24 * 60
    told = [any_room.poll([row("A"), row("B", "proses")], 0)]
    for hours, days in ((1, (10,)), (2, (10, 11))):
        extra = {date(2026, 3, n): "decreed" for n in days}
        holidays = any_room.config.holidays.model_copy(update={"extra": extra})
        any_room.ingest = build(any_room.config.model_copy(update={"holidays": holidays}), any_room.history)
        moved = any_room.ingest.rederive(any_room.epoch, at(hours * 60), [1, 2])
        assert moved is not None
        told.append(moved)
    told.append(any_room.poll([row("A"), row("B", "jeda")], 180))
    told.append(any_room.poll([row("A", klass="information"), row("B", "proses")], 5 * day))
    told.append(any_room.poll([row("A", "selesai", klass="information"), row("B", "selesai")], 6 * day))
    dues = [{change.after.number: change.after.due_at for change in commit.cases} for commit in told]
    assert len({due[1] for due in dues if 1 in due}) == 4, "each of them moved it"
    assert dues[3][2] is None
    rebuilt = list(any_room.history.commits_since(0))
    assert [commit.cases for commit in rebuilt] == [commit.cases for commit in told]


def test_a_category_made_confidential_hides_its_cases_at_once(any_room: Room) -> None:
    any_room.poll([row("A"), row("B", "selesai")], 0)
    secret = tuple(
        category.model_copy(update={"visibility": "confidential"}) if category.code == "road" else category
        for category in any_room.config.categories
    )
    ingest = build(any_room.config.model_copy(update={"categories": secret}), any_room.history)
    ingest.rederive(any_room.epoch, at(1), [1, 2])
    assert {fact.visibility for fact in any_room.history.facts()} == {"confidential"}


def test_what_was_in_force_when(any_room: Room) -> None:
    history = any_room.history
    assert any_room.ingest.declare(any_room.epoch, at(0), {"received": {"unit": "cases"}}) is not None
    assert any_room.ingest.declare(any_room.epoch, at(1), {"received": {"unit": "cases"}}) is None
    policies = tuple(p.model_copy(update={"amount": 9.0}) for p in any_room.config.policies[:2])
    ingest = build(any_room.config.model_copy(update={"policies": policies}), history)
    assert ingest.declare(any_room.epoch, at(10)) is not None
    first, second = history.declared_bodies("policy", at(5)), history.declared_bodies("policy", at(15))
    assert set(first) == {policy.id for policy in any_room.config.policies}
    assert set(second) == {policy.id for policy in policies}
    assert second[policies[0].id]["amount"] == 9.0
    assert history.declared_bodies("policy", at(-1)) == {}
    assert history.declared_bodies("kpi", at(15)) == {"received": {"unit": "cases"}}


def test_declared_versions_hold_no_secret_and_no_address(any_room: Room) -> None:
    block = {"headers": {"X-Key": "hush"}, "auth": {"username": "u", "password": "hush2"}, "url": "http://hush3/"}
    source = any_room.config.sources[0].model_copy(update=block)
    ingest = build(any_room.config.model_copy(update={"sources": (source,)}), any_room.history)
    ingest.declare(any_room.epoch, at(0))
    text = repr(any_room.history.rows(sa.select(schema.declared_version)))
    assert source.id in text
    assert "hush" not in text


def test_the_sums_of_a_month_are_those_of_its_values(any_room: Room) -> None:
    """In the city's months, up to an instant in the middle of one."""
    zone = ZoneInfo("Asia/Jakarta")
    any_room.connector = PriceConnector()
    any_room.poll([{"item": f"i{n % 2}", "day": -n, "value": n + 1} for n in range(0, 100, 3)], 0)
    facts = list(any_room.history.latest_measurements(days=10_000))
    starts = sorted({fact.record.period_start for fact in facts})
    for before in (starts[0], starts[len(starts) // 2], starts[-1] + timedelta(days=40)):
        wanted: dict[tuple[date, str, str], list[float]] = {}
        for fact in facts:
            record = fact.record
            if record.metric == "price" and record.value is not None and record.item and record.period_start < before:
                day = record.period_start.astimezone(zone).date().replace(day=1)
                wanted.setdefault((day, fact.source, record.item), []).append(record.value)
        found = list(any_room.history.monthly_sums("price", zone, before))
        assert [row[:3] for row in found] == sorted(wanted)
        for day, source, item, total, count in found:
            assert (total, count) == (pytest.approx(sum(wanted[day, source, item])), len(wanted[day, source, item]))
    assert found, "there are prices"
    assert list(any_room.history.monthly_sums("nothing", zone, starts[-1])) == []


def test_measurements_by_pages(any_room: Room) -> None:
    any_room.connector = PriceConnector()
    any_room.poll([{"item": f"i{n}", "day": -n, "value": n + 1} for n in range(7)], 0)
    first, cursor = any_room.history.measurements("price", limit=4)
    rest, end = any_room.history.measurements("price", limit=4, cursor=cursor)
    assert len(first) == 4
    assert len(rest) == 3
    assert end is None
    assert len({fact.record.item for fact in [*first, *rest]}) == 7
    some, _ = any_room.history.measurements("price", start=at(-2.5 * 1440), end=at(0))
    assert sorted(str(fact.record.item) for fact in some) == ["i1", "i2"]
    assert any_room.history.measurements("price", "nowhere")[0] == []
    assert len(list(any_room.history.latest_measurements(days=3))) == 4


def test_ticks_and_polls_share_one_gapless_seq(any_room: Room) -> None:
    seqs = [
        any_room.poll(rows(1), 0).seq,
        any_room.history.tick(any_room.epoch, at(1)).seq,
        any_room.poll(rows(2), 2).seq,
    ]
    assert all(b == a + 1 for a, b in pairwise(seqs))
    assert [commit.kind for commit in any_room.history.commits_since(0)] == ["poll", "tick", "poll"]
    assert any_room.history.last_seq() == seqs[-1]


def test_commits_that_changed_nothing_can_be_left_out(any_room: Room) -> None:
    any_room.poll(rows(2), 0)
    any_room.poll(rows(2), 1)
    any_room.history.tick(any_room.epoch, at(2))
    any_room.poll([row("A0", "proses"), *rows(2)[1:]], 3)
    any_room.ingest.erase(any_room.epoch, at(4), "laksa", "A1", "request")
    every = list(any_room.history.commits_since(0))
    assert [commit.seq for commit in every] == [1, 2, 3, 4, 5]
    assert list(any_room.history.commits_since(0, filled=True)) == [every[0], every[3], every[4]]


def test_observations_survive_a_reload_exactly(any_room: Room) -> None:
    commit = any_room.poll([row("A", attributes={"count": 3, "ratio": 0.5, "seen": None, "yes": True})], 0)
    loaded = list(any_room.history.load_open_cases())
    assert loaded == [change.after for change in commit.cases]
    assert timedelta(0) == loaded[0].first_seen_at - at(0)
