"""Scenarios 6 to 9 and 11: what records say changes under the room's feet; nothing is lost, doubled or guessed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from dashboard.history import schema
from tests.scenarios.stage import ROOT, Stage, until
from tests.scenarios.truth import open_at, reconcile, served

# Tuesday, 13.30 WIB: the markets have reported, and the offices are at work.
STAGE: dict[str, Any] = {"start": datetime(2026, 11, 24, 6, 30, tzinfo=UTC)}
SOURCES = {
    "laksa": {"options": {"days": 30, "per_page": 100}},
    "open311": {"options": {"days": 30, "limit": 50, "page_param": "page", "size_param": "page_size"}},
    "tpid_prices": {"options": {"days": 9}},
    "panel_harga": {"numbers": {"decimal": ",", "thousands": "."}},
    "pihps": {},
    "paten": {},
    "lapor": {},
    "call112": {},
    "front_office": {"every_s": 3},
    "permits": {},
    "counters": {},
}
EXPORT = (ROOT / "docs" / "lapor.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
EXTRA = [
    {**yaml.safe_load(EXPORT)[0], "every_s": 1},
    {
        "id": "offices",
        "type": "http_json",
        "label": {"id": "Antrean kantor", "en": "Office queues"},
        "url": "http://127.0.0.1:{PORT:paten}",
        "every_s": 1,
        "allow_private": True,
        "provenance": "simulated",
        "options": {
            "path": "antrean",
            "rows": "data.kantor",
            "require": {"success": True},
            "coverage": {"kind": "delta"},
            "measurements": [
                {
                    "metric": "served",
                    "value": "selesai_hari_ini",
                    "unit": {"value": "tiket"},
                    "period_start": "updated_at",
                    "period": "instant",
                    "place": "kecamatan",
                    "registry": "district",
                    "basis": "cumulative",
                }
            ],
        },
    },
]


def _events(room: Stage, kind: str) -> list[str]:
    """The sources' own ids of the cases something happened to."""
    c, e = schema.case_current, schema.case_event
    query = sa.select(c.c.key).join(e, e.c.number == c.c.number).where(e.c.kind == kind)
    with closing(room.history()) as history:
        return [row[0] for row in history.rows(query)]


def _held(room: Stage) -> dict[str, dict[str, Any]]:
    with closing(room.history()) as history:
        return {row["key"]: row for row in history.held("offices")}


@pytest.mark.parametrize("source", [*SOURCES, "lapor_export"])
def test_every_record_served_is_in_history_exactly_once_per_version(room: Stage, source: str) -> None:
    assert len(reconcile(room, source)) >= 20


def test_pages_that_shift_while_they_are_read_count_nobody_twice(lifted: Stage) -> None:
    """Newest first, and reports come in between two pages: rows are served twice, totals move."""
    room = lifted
    before = {source: len(served(room, source)) for source in ("laksa", "open311")}
    for source in before:
        room.fault(source, "shifting_pages", new=3)
    room.until_polled("laksa", "open311", times=3)
    with closing(room.history()) as history:
        polls = [poll for source in before for poll in history.recent_polls(source, 3)]
    assert not any(poll.whole for poll in polls if poll.source == "laksa"), "its totals moved: nothing may be missed"
    room.lift()
    for source, count in before.items():
        assert len(reconcile(room, source)) > count
    assert not _events(room, "vanished")


def test_duplicates_late_edits_and_deletions_keep_the_totals_right(lifted: Stage) -> None:
    room = lifted
    for source in ("laksa", "paten", "counters", "tpid_prices"):
        room.fault(source, "duplicates", share=0.5)
    edited = set(map(str, room.fault("laksa", "late_edits", count=15)["ids"]["laksa"]))
    moved = set(map(str, room.fault("laksa", "backdate", count=10)["ids"]["laksa"]))
    changed = room.control("POST", "records", new=5, changed=10)
    room.until_polled("laksa", times=1)  # only what was seen can vanish
    gone = set(map(str, room.fault("laksa", "deletions", count=12)["ids"]["laksa"]))
    assert len(edited) == 15 and moved and len(gone) == 12
    # Missing twice in answers that came whole: then it has vanished, and not before.
    until(lambda: set(_events(room, "vanished")) == gone, told=lambda: (gone, _events(room, "vanished")))
    room.until_polled("paten", "counters", "tpid_prices", times=2)
    for source in ("laksa", "paten", "counters", "tpid_prices"):
        truth = reconcile(room, source)
        if source == "laksa":
            assert all(len(truth[key]) >= 2 for key in (edited | set(map(str, changed["changed"]))) - gone)
            still_open = [key for key, said in truth.items() if said[-1][4] != "selesai" and key not in gone]
    assert moved & set(_events(room, "backdated")), "a past that changed is told"
    with closing(room.history()) as history:
        assert open_at(history, "laksa") == len(still_open)
        others = sum(open_at(history, source) for source in ("open311", "lapor", "lapor_export"))
    queue = until(lambda: (found := room.document("queue:aspiration"))["open"] == len(still_open) + others and found)
    assert queue["confidential"] + queue.get("desk", 0) + len(queue["rows"]) <= queue["open"]
    numbers = [row["number"] for row in queue["rows"]]
    assert len(numbers) == len(set(numbers))


def test_a_few_rows_with_a_renamed_field_are_rejected_counted_and_shown(lifted: Stage) -> None:
    room = lifted
    room.fault("paten", "field_renamed", field="ambil", to="waktu_ambil", share=0.1)
    state = until(lambda: (found := room.source_state("paten"))["rejected"] and found)
    assert state["state"] != "broken" and 0 < state["rejected"] <= 0.2 * state["rows"]
    assert any("ambil" in reason for reason in state["reject_reasons"]), state["reject_reasons"]
    assert "+waktu_ambil" in state["drift"]
    room.fault("paten", "field_renamed", field="ambil", to="waktu_ambil", share=0.5)
    broken = room.until_state("paten", "broken", "too_many_rejects")
    assert broken["rejected"] > 0.2 * broken["rows"]


def test_new_words_lose_no_report_and_are_counted_and_shown(lifted: Stage) -> None:
    room = lifted
    count = len(served(room, "laksa"))
    room.fault("laksa", "new_status", word="didelegasikan", share=0.1)
    room.fault("laksa", "new_department", word="Dinas Kecerdasan Artifisial", share=0.1)

    def both() -> Any:
        """The second fault may come between two pages of one answer: then the next answer has as many of both."""
        found = room.source_state("laksa")
        counts = found["unknown_words"]
        return len(counts) == 2 and counts["status"] == counts["department"] and found

    state = until(both)
    assert state["state"] == "fresh"
    assert state["rejected"] == 0
    assert len(reconcile(room, "laksa")) >= count
    with closing(room.history()) as history:
        words = history.unknown_words("laksa")
    assert {("status", "didelegasikan"), ("department", "Dinas Kecerdasan Artifisial")} <= words
    room.lift("laksa")
    until(lambda: not room.source_state("laksa")["unknown_words"])


def test_the_same_prices_under_fresh_dates_are_marked_as_copied_forward(lifted: Stage) -> None:
    room = lifted
    assert not room.source_state("tpid_prices")["copied_forward"]
    room.fault("tpid_prices", "copied_forward")
    until(lambda: room.source_state("tpid_prices")["copied_forward"])
    rows = until(lambda: [row for row in room.document("prices")["rows"] if row["copied_forward"]])
    assert all(row["source"] == "tpid_prices" for row in rows)
    assert not room.source_state("panel_harga")["copied_forward"], "the mark is of this source alone"
    room.lift("tpid_prices")
    until(lambda: not room.source_state("tpid_prices")["copied_forward"])
    until(lambda: not any(row["copied_forward"] for row in room.document("prices")["rows"]))


def test_a_counter_that_falls_or_jumps_is_held_and_annotated(room: Stage) -> None:
    until(lambda: room.source_state("offices").get("rows"))
    for fault, params, reason in (
        ("counter_jumps", {"factor": 1000}, "counter_jumped"),
        ("counter_falls", {"factor": 0.0}, "counter_fell"),
    ):
        asked = len(_held(room))
        room.fault("paten", fault, **params)
        state = until(lambda reason=reason: reason in (found := room.source_state("offices"))["drift"] and found)
        assert state["state"] in ("fresh", "quiet"), "held, not refused"
        assert len(_held(room)) > asked or reason in {row["reason"] for row in _held(room).values()}
        room.lift("paten")
        until(lambda reason=reason: reason not in room.source_state("offices")["drift"])
    with closing(room.history()) as history:
        table = schema.measurement_current
        highest = history.rows(sa.select(sa.func.max(table.c.value)).where(table.c.source == "offices"))[0][0]
    assert 0 < highest < 1000, "what was held never counts"


def test_prices_that_are_many_times_their_own_past_are_held_and_counted(lifted: Stage) -> None:
    """The market survey revises its whole past a hundredfold: no figure moves, and the panel says how many are odd."""
    room = lifted
    until(lambda: room.source_state("tpid_prices").get("rows"))
    before = {row["commodity"]: row["value"] for row in room.document("prices")["by_source"]["tpid_prices"]}
    room.fault("tpid_prices", "counter_jumps")
    state = until(lambda: _odd(found := room.source_state("tpid_prices")) and found)
    assert (state["state"] in ("fresh", "quiet", "not_due"), state["rejected"]) == (True, 0)
    rows = until(lambda: [r for r in room.document("prices")["by_source"]["tpid_prices"] if r["missing"]])
    assert sum(int(row["missing"][0].removeprefix("doubtful:")) for row in rows) > len(rows)
    for row in rows:
        assert row["value"] < 5 * before[row["commodity"]], row["commodity"]
    room.lift("tpid_prices")
    until(lambda: not _odd(room.source_state("tpid_prices")))
    until(lambda: not any(row["missing"] for row in room.document("prices")["by_source"]["tpid_prices"]))


def _odd(state: Mapping[str, Any]) -> list[str]:
    return [said for said in state["drift"] if said.startswith("doubtful:")]


def test_numbers_are_read_by_the_declared_marks_or_refused(lifted: Stage) -> None:
    """The market survey declares no mark for thousands: 12.500 could be twelve and a half, and is refused. The other
    source declares the Indonesian marks: there 12.500 is twelve thousand five hundred, and 12,500 is refused."""
    room = lifted
    before = room.document("prices")
    for style, reading in ((".", "panel_harga"), (",", "")):
        for source in ("tpid_prices", "panel_harga"):
            room.fault(source, "wrong_locale", style=style)
        state = room.until_state("tpid_prices", "broken")
        assert state["cause"] in ("cause.field_missing", "cause.too_many_rejects")
        assert all(reason.startswith("harga: ") for reason in state["reject_reasons"])
        if reading:
            room.until_polled(reading)
            assert room.until_good(reading)["rejected"] == 0
            assert len(served(room, reading)) == len(reconcile(room, reading))
        else:
            assert room.until_state("panel_harga", "broken")["rejected"] == room.source_state("panel_harga")["rows"]
        found = room.document("prices")
        for name, rows in before["by_source"].items():
            assert [row["value"] for row in found["by_source"][name]] == [row["value"] for row in rows]
        room.lift()
        room.until_good("tpid_prices")
