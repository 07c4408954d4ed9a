"""What each resource answers; the fixtures hold every answer to its published schema."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from dashboard.config.model import KpiSetting
from tests.ingest.served import T0, PriceConnector, Room, StatusConnector, row, rows


def iso(minutes: float) -> str:
    return quote((T0 + timedelta(minutes=minutes)).isoformat(), safe="")


def numbers(answer: Any) -> list[int]:
    return [case["number"] for case in answer["cases"]]


def test_cases_carry_the_rooms_number_and_never_the_sources_id(any_room: Room, asker_of: Any) -> None:
    any_room.poll([row("LKS-2026-0099", "proses", duplicate_of="LKS-2026-0001", responded=3)], 5)
    answer = asker_of(any_room).get("cases")
    assert numbers(answer) == [1]
    assert "LKS" not in str(answer)
    case = answer["cases"][0]
    assert datetime.fromisoformat(case["opened_at"]).utcoffset() == timedelta(hours=7)
    assert (case["source"], case["status_word"], case["state"]) == ("laksa", "proses", "open")


def test_photos_are_counted_and_reuse_is_told_until_it_is_forgotten(any_room: Room, asker_of: Any) -> None:
    any_room.poll(
        [row("A", photos=["abc", "def"]), row("B", photos=["abc", "def"]), row("C", point=(-6.17, 106.63))], 0
    )
    told = {case["number"]: (case["photos"], case["photo_reused"]) for case in asker_of(any_room).get("cases")["cases"]}
    assert told == {1: (2, False), 2: (2, True), 3: (None, None)}, "what nobody sent is not known, not none"
    later = any_room.config.privacy.cell_days * 1440 + 1
    any_room.ingest.retain(any_room.epoch, T0 + timedelta(minutes=later))
    assert [case["photos"] for case in asker_of(any_room).get("cases")["cases"]] == [None] * 3


def test_registries_say_what_codes_mean_and_what_promises_stand_on(room: Room, asker_of: Any) -> None:
    departments = tuple(
        d.model_copy(update={"contact": "(021) 555-0100"}) if d.abbr == "DPUPR" else d for d in room.config.departments
    )
    room.config = room.config.model_copy(update={"departments": departments})
    found = asker_of(room).get("registries")
    named = {name: {entry.get("code") or entry.get("abbr") or entry.get("id"): entry for entry in entries}
             for name, entries in found.items() if isinstance(entries, list)}  # fmt: skip
    assert named["departments"]["DPUPR"]["contact"] == "(021) 555-0100"
    assert "Inspektorat" not in named["departments"]
    assert named["categories"]["road"]["department"] == "DPUPR"
    assert "extortion" not in named["categories"]
    assert named["policies"]["aspiration-complaint"]["set_by"] == "TLR"
    assert named["policies"]["aspiration-complaint"]["status"] == "usulan"
    assert named["districts"]["36.71.05"]["population_note"] == "2020-09"
    assert named["subdistricts"]["36.71.09.1006"]["parent"] == "36.71.09"
    assert found["city"]["population_year"] == 2025
    assert all(limit["basis"] for limit in found["price_limits"])


def test_a_target_says_what_it_stands_on(any_room: Room, asker_of: Any) -> None:
    target = {"target": 90.0, "target_basis": "Perwal 1/2026", "target_status": "ditetapkan", "set_by": "Wali Kota"}
    any_room.config = any_room.config.model_copy(update={"kpis": {"closed_in_time": KpiSetting(**target)}})
    any_room.poll(rows(2), 0)
    figure = asker_of(any_room).get("kpis")["kpis"]["aspiration.closed_in_time.d30"]
    told = (figure["target"], figure["target_basis"], figure["target_status"], figure["target_set_by"])
    assert told == (90.0, "Perwal 1/2026", "ditetapkan", "Wali Kota")


def test_pages_of_cases(any_room: Room, asker_of: Any) -> None:
    any_room.poll(rows(25), 0)
    asker, found, cursor = asker_of(any_room), [], ""
    for _ in range(4):
        answer = asker.get("cases", f"limit=10{cursor}")
        found += numbers(answer)
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert found == list(range(25, 0, -1))


def test_filters_of_cases(placed: Room, asker_of: Any) -> None:
    placed.poll(
        [
            row("A", "menunggu", -60 * 24 * 60, opd="DPUPR", district="36.71.01", subdistrict="36.71.01.1001"),
            row("B", "proses", -60, opd="DLH", district="36.71.02"),
            row("C", "selesai", -30, opd="DLH", resolved=-1),
        ],
        0,
    )
    asker = asker_of(placed)
    assert numbers(asker.get("cases", status="waiting")) == [1]
    assert numbers(asker.get("cases", department="DLH")) == [3, 2]
    assert numbers(asker.get("cases", district="36.71.02")) == [2]
    assert numbers(asker.get("cases", subdistrict="36.71.01.1001")) == [1]
    assert numbers(asker.get("cases", since=iso(-45))) == [3]
    assert numbers(asker.get("cases", kind="permit")) == []
    assert numbers(asker.get("cases", overdue="true")) == [1]
    assert numbers(asker.get("cases", overdue="false")) == [3, 2]
    assert [numbers(asker.get("cases", basis=basis)) for basis in ("ditetapkan", "usulan")] == [[], [3, 2, 1]]
    assert numbers(asker.get("cases", overdue="true", basis="usulan")) == [1]
    figures = asker.get("kpis")["kpis"]
    for basis, key in (("ditetapkan", "overdue"), ("usulan", "overdue_proposed")):
        found = numbers(asker.get("cases", overdue="true", basis=basis, kind="aspiration"))
        assert figures[f"aspiration.{key}.now"]["value"] == len(found), "the list behind the figure"
    listed = {case["number"]: case["state"] for case in asker.get("cases")["cases"]}
    assert listed == {1: "overdue", 2: "open", 3: None}


def test_a_source_that_is_down_makes_nothing_late(placed: Room, asker_of: Any) -> None:
    """The same case, the same time: overdue while its source speaks, not while it has been silent since before."""
    placed.poll([row("A", "menunggu", -13 * 24 * 60)], 0)
    asker = asker_of(placed, 30 * 24 * 60)
    (source,) = (s for s in asker.shelf.documents["sources"] if s["id"] == "laksa")
    assert source["state"] in ("stale", "broken")
    assert numbers(asker.get("cases", overdue="true")) == []
    source["state"] = "fresh"
    assert numbers(asker.get("cases", overdue="true")) == [1]


def test_measurements(any_room: Room, asker_of: Any) -> None:
    any_room.connector, any_room.source_id = PriceConnector(), "tpid_prices"
    any_room.poll([{"item": "egg", "day": day, "value": 0 if day == 2 else 28_000 + day} for day in range(4)], 0)
    asker = asker_of(any_room, 6 * 24 * 60)
    values = [m["value"] for m in asker.get("measurements", metric="price", item="egg")["measurements"]]
    assert values == [28_003, None, 28_001, 28_000]
    some = asker.get("measurements", f"from={iso(24 * 60)}&to={iso(3 * 24 * 60)}")["measurements"]
    assert [m["reported"] for m in some] == [False, True]
    first = asker.get("measurements", limit=3)
    rest = asker.get("measurements", limit=3, cursor=first["next"])
    assert (len(first["measurements"]), len(rest["measurements"]), rest["next"]) == (3, 1, None)
    assert asker.get("measurements", source="pihps")["measurements"] == []
    assert asker.get("measurements", place="36.71.01")["measurements"] == []
    status, problem = asker.ask("measurements", metric="rainfall")
    assert (status, problem["allowed"]) == (404, ["price"])


def test_statuses(any_room: Room, asker_of: Any) -> None:
    any_room.connector = StatusConnector()
    any_room.poll([{"site": f"S{n}", "state": "up"} for n in range(3)], 0)
    asker = asker_of(any_room)
    first = asker.get("statuses", limit=2)
    rest = asker.get("statuses", limit=2, cursor=first["next"])
    assert [s["subject"] for s in first["statuses"] + rest["statuses"]] == ["S2", "S1", "S0"]
    assert len(asker.get("statuses", kind="site")["statuses"]) == 3
    assert asker.get("statuses", kind="bridge")["statuses"] == []


def test_rejects_lose_none_between_pages(any_room: Room, asker_of: Any) -> None:
    any_room.poll([*rows(80), *(row(f"B{n}", bad=True, text="rahasia") for n in range(7))], 0)
    any_room.poll([*rows(80), *(row(f"C{n}", bad=True, note="x" * n) for n in range(4))], 1)
    asker, found, cursor = asker_of(any_room), [], ""
    for _ in range(9):
        answer = asker.get("rejects", f"source=laksa&limit=3{cursor}")
        found += answer["rejects"]
        if answer["next"] is None:
            break
        cursor = f"&cursor={answer['next']}"
    assert len(found) == 11
    assert len({str(reject) for reject in asker.get("rejects", limit=500)["rejects"]}) >= 5
    assert "rahasia" not in str(found)
    assert found[0]["field"] == "bad"


def test_kpis_defend_themselves(any_room: Room, asker_of: Any) -> None:
    any_room.poll([row("A", opened=-600), row("B", opened=-60, opd="DPUPR")], 0)
    asker = asker_of(any_room, 1)
    city = asker.get("kpis")
    figure = city["kpis"]["aspiration.open.now"]
    assert (figure["value"], figure["sources"], figure["definition"]) == (2, ["laksa"], "open")
    assert set(city["definitions"]) == {f["definition"] for f in city["kpis"].values()}
    oldest = city["kpis"]["aspiration.oldest_open.now"]["value"]
    assert datetime.fromisoformat(oldest) == T0 - timedelta(minutes=600)
    assert asker.get("kpis", scope="department:DPUPR")["kpis"]["aspiration.open.now"]["value"] == 1
    assert {key.split(".")[0] for key in asker.get("kpis", kind="permit")["kpis"]} == {"permit"}


def test_a_kind_is_broken_down_by_category_and_class(any_room: Room, asker_of: Any) -> None:
    any_room.poll([row("A", opened=-600), row("B", opened=-60), row("C", opened=-6, category="Banjir")], 0)
    answer = asker_of(any_room, 1).get("groups", kind="aspiration")
    assert answer["sources"] == ["laksa"] and answer["data_at"]
    found = {(f["group"], f["code"], f["definition"], f["window"]): f for f in answer["rows"]}
    codes = {code for group, code, *_ in found if group == "category"}
    assert codes == {"road", "flood"}
    assert [found["category", code, "open", "now"]["value"] for code in ("road", "flood")] == [2, 1]
    oldest = found["category", "road", "oldest_open", "now"]
    assert (datetime.fromisoformat(oldest["value"]), oldest["label"]) == (T0 - timedelta(minutes=600), "Damaged road")
    late = found["category", "road", "overdue", "now"]
    assert (late["denominator"], late["small"]) == (2, True)


def test_sources_and_prices(any_room: Room, asker_of: Any) -> None:
    any_room.poll(rows(3), 0)
    any_room.connector, any_room.source_id = PriceConnector(), "tpid_prices"
    any_room.poll([{"item": "egg", "place": "anyar", "day": day, "value": 28_000} for day in range(2)], 0)
    asker = asker_of(any_room, 3 * 24 * 60)
    found = {source["id"]: source for source in asker.get("sources")["sources"]}
    assert set(found) == {source.id for source in any_room.config.sources}
    assert found["laksa"]["rows"] == 3
    assert asker.get("prices")["by_source"]["tpid_prices"]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        *((name, name) for name in ("cases", "measurements", "statuses", "rejects", "prices")),
        ("cells", "rows"),
        ("groups", "rows"),
    ],
)
def test_an_empty_history_is_answered_with_nothing(room: Room, asker_of: Any, name: str, rows: str) -> None:
    answer = asker_of(room).get(name)
    assert answer[rows] == []
    assert answer.get("next") is None


def test_of_an_empty_history_no_figure_is_made_up_and_every_source_is_new(room: Room, asker_of: Any) -> None:
    asker = asker_of(room)
    figures = asker.get("kpis")["kpis"].values()
    assert figures and {(f["value"], *f["missing"]) for f in figures} == {(None, "no_source")}
    states = asker.get("sources")["sources"]
    assert {(s["state"], s["rows"], s["last_poll"]) for s in states} == {("never", None, None)}
