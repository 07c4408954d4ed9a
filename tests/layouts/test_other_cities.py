"""The wall of a city without districts, deadlines, prices or cases: what is missing is said once, or takes no room."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import LANGS, Lang, say
from dashboard.views import WallView, wall_view
from layouts.boxes import plan
from layouts.typography import Type, measure
from layouts.wall_main import props
from tests.conftest import ROOT
from tests.live.samples import NOW, for_walls, source, value

FORMS = {
    "full": Type(22, 31, 61.9, 34.8, 1), "half": Type(37, 52, 37, 20.8, 1), "tall": Type(22, 31, 34.8, 61.9, 1),
    "band": Type(66, 94, 61.3, 11.5, 3), "wide": Type(22, 31, 185.7, 34.8, 3),
}  # fmt: skip


def city(name: str) -> Config:
    """A recorded city of the documents, or the small one of the tests."""
    folder = "tests/cities" if name == "teluk_biru" else "docs/examples"
    return load_config(ROOT / folder / f"{name}.yaml", {"TELUK_BIRU_TOKEN": "x"})


def seen(config: Config, documents: dict[str, Any], lang: Lang = "id") -> tuple[WallView, str]:
    """The view, and every text of its wall."""
    wall = next(iter(config.walls.values()))
    found = wall_view({"meta": {"as_of": NOW}, **documents}, for_walls(config), wall, lang)
    texts = [values.get("children", "") for values in props(found, measure(wall)).values()]
    return found, " | ".join(texts)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        "number": number, "kind": "aspiration", "category": "noise_home", "klass": None, "district": None,
        "subdistrict": None, "department": None, "status": "waiting", "status_word": "open",
        "opened_at": NOW - 7_200_000, "observed_at": None, "held_since": None, "due_at": None, "due_basis": None,
        "provisional": False, "state": "none", "new": False, "group_size": 1,
        "source": "sf311", "provenance": "replay", **more,
    }  # fmt: skip


def queue(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    late = sum(one["state"] == "overdue" for one in rows)
    return {"rows": list(rows), "open": len(rows), "overdue": late, "confidential": 0, "as_of": NOW, **more}


@pytest.mark.parametrize("name", ["bandung", "san_francisco", "new_york", "teluk_biru"])
@pytest.mark.parametrize("lang", LANGS)
def test_before_the_first_answer_no_tile_says_twice_that_there_is_nothing(name: str, lang: Lang) -> None:
    config = city(name)
    found, _ = seen(config, {}, lang)
    slots = props(found, measure(next(iter(config.walls.values()))))
    for prefix in "uqkdp":
        said = [values.get("children", "") for ident, values in slots.items() if ident.startswith(prefix)]
        assert said.count(say("wall.nothing_yet", lang)) <= 1, (prefix, said)
    assert not any(values.get("children") == "0" for values in slots.values()), "nothing is known, which is not zero"


@pytest.mark.parametrize("form", FORMS)
def test_what_the_city_has_nothing_for_takes_no_room(form: str) -> None:
    """Bandung's record has prices only; San Francisco's no districts and no prices."""
    size = FORMS[form]
    named = {name: seen(city(name), {})[0].tiles for name in ("bandung", "san_francisco", "new_york")}
    assert named["bandung"] == {"prices", "changes"}
    assert named["san_francisco"] == {"queue", "today", "stock", "services", "changes"}
    assert named["new_york"] == named["san_francisco"] | {"districts"}
    for tiles in named.values():
        place = plan(size, tiles)
        held = [name for _, names in place.decks for name in names]
        assert sorted(held) == sorted(tiles - ({"changes"} if place.strip else set())), "each of them once"
        for box, _ in place.decks:
            assert box.x >= 0 and box.x + box.width <= size.width
            assert box.y >= place.header.y + place.header.height - 0.01
            assert box.y + box.height <= place.sources.y
    if form in ("full", "half", "tall"):
        (box, _), *others = plan(size, named["bandung"]).decks
        assert box.width > 0.95 * size.width and not others, "the prices have the whole wall"


def test_a_city_without_districts_does_not_miss_them() -> None:
    late = row(2, category="sidewalk", state="overdue", due_at=NOW - 3_600_000, due_basis="source")
    documents = {
        "queue:aspiration": queue(late),
        "kpi:aspiration:city": {
            "aspiration.open.now": value("open", 1, NOW, sources=["sf311"], missing=["unknown_district:1"])
        },
        "sources": [source("sf311", "open311", "fresh", NOW)],
    }
    found, texts = seen(city("san_francisco"), documents)
    assert found.queue.title == "1 lewat tenggat / 1"
    assert "kecamatan" not in texts and "tidak dikenal" not in texts
    line = found.queue.lines[0]
    assert (line.cells["district"], line.cells["department"]) == ("", "tanpa OPD")


def test_a_district_that_is_missing_is_told_from_one_that_is_unknown() -> None:
    rows = (row(1, district="36005", department="NYPD"), row(2), row(3, district="unknown", department="unknown"))
    found, _ = seen(city("new_york"), {"queue:aspiration": queue(*rows)}, "en")
    places = [(line.cells["district"], line.cells["department"]) for line in found.queue.lines]
    assert places == [
        ("Bronx", "NYPD"), ("no district given", "no department given"), ("unknown district", "unknown department"),
    ]  # fmt: skip


def test_where_nothing_has_a_deadline_nothing_is_called_in_time() -> None:
    """No policy and no date of the source: 0 late would be a claim. Those that wait longest are listed."""
    config = city("new_york")
    open_now, late = "aspiration.open.now", "aspiration.overdue.now"
    documents: dict[str, Any] = {
        "queue:aspiration": queue(row(1), row(2)),
        "kpi:aspiration:city": {open_now: value("open", 2, NOW), late: value("overdue", 0, NOW)},
    }
    for code in Registry(config).districts:
        documents[f"kpi:aspiration:district:{code}"] = {open_now: value("open", 9, NOW), late: value("overdue", 0, NOW)}
    found, texts = seen(config, documents)
    assert found.queue.extra["long"] == "2 terbuka · tanpa tenggat"
    assert "lewat" not in texts and "0/9" not in texts
    assert [line.cells["number"] for line in found.queue.lines] == ["1", "2"]
    assert {line.cells["figure"] for line in found.districts.lines} == {"9"}
    dated = {**documents, "queue:aspiration": queue(row(1, due_at=NOW + 9_000, due_basis="source", state="open"))}
    found, texts = seen(config, dated)
    assert found.queue.title == "0 lewat tenggat / 1", "a source that brings its dates can be late"
    assert {line.cells["figure"] for line in found.districts.lines} == {"0/9"}


def test_late_cases_that_may_not_be_listed_are_not_denied() -> None:
    late = queue(open=7, overdue=2, confidential=7)
    found, texts = seen(city("teluk_biru"), {"queue:report": late})
    assert found.queue.extra["long"].endswith("2 lewat tenggat dari 7 terbuka")
    assert "yang lewat tidak boleh ditampilkan" in texts and "tidak ada yang lewat" not in texts


def test_where_nothing_is_open_that_is_said_once() -> None:
    found, texts = seen(city("new_york"), {"queue:aspiration": queue()}, "en")
    assert found.queue.title == "Service requests: none open"
    assert "overdue" not in texts and texts.count("none open") == 1


def test_the_queue_is_of_the_first_kind_of_the_city() -> None:
    """The small city calls its cases otherwise."""
    found, _ = seen(city("teluk_biru"), {"queue:report": queue(row(1), open=7, overdue=1)})
    assert found.queue.title == "1 lewat tenggat / 7"
    found, _ = seen(city("teluk_biru"), {})
    assert found.queue.title == "Laporan warga –"


def test_the_only_source_of_prices_is_named_once() -> None:
    price = {
        "commodity": "egg", "unit": "kg", "basis": "mean", "value": 30_000.0, "survey": "2026-11-24",
        "not_reported_since": None, "previous": None, "previous_survey": None, "previous_markets": None,
        "change": None, "change_pct": None, "markets": 1, "markets_open": 1, "spread_pct": None, "cv_pct": None,
        "cv_surveys": None, "limit": None, "limit_kind": None, "limit_status": None, "over": None, "days_over": None,
        "surveys_limited": None, "copied_forward": False, "source": "panel_harga", "provenance": "replay",
    }  # fmt: skip
    documents = {
        "prices": {"rows": [price, {**price, "commodity": "sugar"}], "by_source": {}, "data_at": NOW, "as_of": NOW},
        "sources": [source("panel_harga", "csv_file", "fresh", NOW)],
    }
    config = city("bandung")
    found, _ = seen(config, documents)
    assert {line.cells["markets"] for line in found.prices.lines} == {""}
    wall = config.walls["main"]
    texts = [v.get("children", "") for k, v in props(found, measure(wall)).items() if k.startswith("p")]
    assert sum("Panel Harga" in text for text in texts) == 1
    assert not any(text.endswith("·") for text in texts)
