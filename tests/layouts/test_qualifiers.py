"""What limits a figure stays beside it: who reported a price, what a tile does not count, and when the data is from."""

from __future__ import annotations

import itertools
import re
from datetime import date
from typing import Any

import pytest

from dashboard.config.model import Config
from dashboard.formats import short_date
from dashboard.i18n import LANGS, Lang
from dashboard.views import wall_view
from dashboard.views_words import Note, Words
from layouts.typography import measure
from layouts.wall_main import props
from tests.live import samples
from tests.live.samples import NOW, for_walls, value
from tests.screens.states import STATES

DAY = 86_400_000
WALLS = ("main", "main-3x", "main-portrait")


def slots(config: Config, found: dict[str, Any], name: str = "main", lang: Lang = "id") -> dict[str, Any]:
    return props(wall_view(found, for_walls(config), config.walls[name], lang), measure(config.walls[name]))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", WALLS)
def test_every_price_says_how_many_markets_reported_or_whose_it_is(config: Config, name: str, lang: Lang) -> None:
    found = STATES["flood"](config)
    for (change, pct), over, old in itertools.product(((12_545.0, 15.0), (0.0, 0.0), (None, None)), (0, 1, 2), (0, 1)):
        for index, row in enumerate(found["prices"]["rows"]):
            row |= {"change": change, "change_pct": pct, "over": (True, False, None)[over], "value": 137_900.0}
            row |= {"survey": "2025-11-20" if old and index % 2 else "2026-11-24", "source": "tpid_prices"}
            row |= {"markets": 11, "markets_open": 12}
            if index % 3 == 0:
                row |= {"markets": 1, "markets_open": 1, "source": "panel_harga"}
        made = slots(config, found, name, lang)
        rows = [k for k in made if k.startswith("p") and k[1:].isdigit() and made[k]["className"] != "empty"]
        told = [made[f"{k}-markets"]["children"] for k in rows]
        assert rows
        assert all("11/12" in text or "Panel Harga" in text for text in told), (change, over, old, told)


def test_the_amount_of_a_change_goes_before_the_change_and_both_before_the_markets(config: Config) -> None:
    found = STATES["flood"](config)
    for row in found["prices"]["rows"]:
        row |= {"over": True, "limit_kind": "HAP", "markets": 11, "markets_open": 12, "survey": "2026-11-24"}
    made = slots(config, found)
    assert made["p0-markets"]["children"] == "11/12"
    assert made["p0-change"]["children"] in ("↑ 15,0%", "↓ 15,0%")


def test_a_service_figure_names_the_cases_it_does_not_count(config: Config) -> None:
    found = samples.documents(config)
    for window in ("today", "d7"):
        missing = [f"watched_from:{NOW}", *(["not_observed:42"] if window == "today" else [])]
        found["kpi:aspiration:city"][f"aspiration.closed.{window}"] = value("closed", 0, NOW, missing=missing)
    for name in WALLS:
        for lang, said in (("id", "42 tak teramati"), ("en", "42 not observed")):
            told = [v["children"] for k, v in slots(config, found, name, lang).items() if k.endswith("-more")]
            assert any(said in text for text in told), (name, told)


@pytest.mark.parametrize("number", [0, 8])
def test_late_cases_have_the_mark_of_lateness_in_the_services_too(config: Config, number: int) -> None:
    found = samples.documents(config)
    for key in ("overdue", "overdue_proposed"):
        found["kpi:permit:city"][f"permit.{key}.now"] = value(key, number, NOW, denominator=64)
    view = wall_view(found, for_walls(config), config.walls["main"], "id")
    (tile,) = [one for one in view.services if one.kind == "permit"]
    states = {line.cells["what"]: line.state for line in tile.lines if "ewat" in line.cells["what"]}
    assert states
    expected = {"Lewat tenggat": "overdue", "Lewat usulan": "overdue proposed"}
    assert all(state == (expected[name] if number else "calm") for name, state in states.items()), states


@pytest.mark.parametrize("name", ["main", "main-portrait"])
def test_a_failing_source_takes_no_time_and_no_qualifier_away(config: Config, name: str) -> None:
    found = STATES["full"](config)
    for state in found["sources"]:
        state |= {"state": "broken", "cause": "cause.timeout"}
    found["kpi:aspiration:city"]["aspiration.open.now"]["missing"] = []
    found["kpi:aspiration:city"]["aspiration.stock.today"]["missing"] = [f"watched_from:{NOW - 3_600_000}"]
    made = slots(config, found, name)
    for prefix in "qdpuk":
        note = made[f"{prefix}note"]["children"]
        assert re.search(r"\d\d\.\d\d|\d Nov", note), (prefix, note)
        assert note.startswith("✕"), (prefix, note)
        assert made[f"{prefix}age"]["data-since"], prefix
    assert "4 rahasia" in made["qnote"]["children"]
    assert "4 rahasia" in made["dnote"]["children"]
    assert "diamati sejak" in made["knote"]["children"]


def test_the_words_of_a_failing_source_go_before_the_time() -> None:
    note = Note("Pasar", "data 16.46", 1, "broken", ("3 tanpa kecamatan",), ("✕ LAKSA rusak", "✕ rusak", "✕"))
    tries = note.tries("3 rahasia")
    assert all("data 16.46" in text and text.startswith("✕") for text in tries)
    assert "✕ · data 16.46 · 3 tanpa kecamatan · 3 rahasia" in tries
    assert tries.index("✕ · data 16.46 · 3 tanpa kecamatan · 3 rahasia") < tries.index(
        "✕ LAKSA rusak · data 16.46 · 3 tanpa kecamatan"
    )


def test_the_map_says_what_its_districts_do_not_hold(config: Config) -> None:
    found = samples.documents(config)
    for state in found["sources"]:
        state["state"] = "fresh"
    for lang, said in (("id", "4 rahasia"), ("en", "4 confidential")):
        assert said in slots(config, found, lang=lang)["dnote"]["children"]
    found["queue:aspiration"]["confidential"] = 0
    assert "rahasia" not in slots(config, found)["dnote"]["children"]


def test_a_day_of_another_year_has_its_year(config: Config) -> None:
    today = date(2026, 11, 25)
    assert short_date(date(2026, 11, 24), "id", today) == "24 Nov"
    assert short_date(date(2025, 11, 24), "id", today) == "24 Nov 2025"
    assert short_date(date(2026, 1, 2), "id", today) == "2 Jan 2026", "so far that one would wonder"
    assert short_date(date(2025, 12, 31), "en", date(2026, 1, 1)) == "31 Dec 2025"
    found = samples.documents(config)
    for state in found["sources"]:
        state |= {"state": "fresh", "data_at": NOW - 366 * DAY}
    assert " 2025" in slots(config, found)["qnote"]["children"]


@pytest.mark.parametrize(
    ("state", "when", "bare"),
    [("quiet", "LAPOR! tetap sejak", "◐ LAPOR! "), ("fresh", "LAPOR! data", "LAPOR! "), ("broken", "data", "")],
)
def test_the_source_whose_data_are_old_is_named_and_a_quiet_one_is_said_to_be_unchanged(
    config: Config, state: str, when: str, bare: str
) -> None:
    """At night nobody reports: "16.50, 7 hours old" beside a source that answers every minute reads as out of date."""
    found = samples.documents(config)
    first = found["sources"][0]
    old = {**first, "id": "lapor", "state": state, "data_at": NOW - 3_600_000, "last_success": NOW - 1000}
    found["sources"] = [{**first, "id": "laksa", "state": "fresh", "data_at": NOW - 5_000}, old]
    note = Words(found, for_walls(config), "id").note(["laksa", "lapor"])
    assert (note.when.rpartition(" ")[0], note.at) == (when, NOW - 3_600_000)
    assert note.bare.removesuffix(note.when.rpartition(" ")[2]) == bare
    assert not note.gaps and (note.bare in note.tries()) is bool(note.older)
    old |= {"data_at": NOW - 5_000, "partial": True}
    gaps = Words(found, for_walls(config), "id").note(["laksa", "lapor"]).gaps
    assert gaps == ("LAPOR! belum terbaca seluruhnya",)
    assert "LAPOR!" not in Words(found, for_walls(config), "id").note(["laksa", "lapor"]).when, "as new as the other"
    old |= {"data_at": old["last_success"]}
    assert Words(found, for_walls(config), "id").note(["lapor"]).when.startswith("data "), "claims no time of its own"
