"""65 days of Bandung's prices through the whole room: 0 is "not reported", and nothing crashes that nobody asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pandas as pd
import pytest

from dashboard.api_routes import ROUTES, Route
from dashboard.facts import MeasurementFact
from tests.realdata.findings import price_days
from tests.realdata.rooms import Room

SUNDAYS = (date(2025, 10, 12), date(2025, 10, 26))  # nobody went to the markets
DAYS_OVER = {  # of the surveys in which the item was reported while a limit was in force
    "oil_minyakita": (63, 63),
    "chili_curly": (56, 63),
    "rice_premium": (41, 64),
    "rice_medium": (0, 64),
}


@pytest.fixture(scope="module")
def recorded(realdata: Path) -> pd.DataFrame:
    return pd.read_csv(realdata / "panelharga" / "harga_komoditas_konsumen_kota_bandung.csv")


@pytest.fixture(scope="module")
def rows(bandung: Room) -> dict[str, dict[str, Any]]:
    """The room's own price figures, as it publishes them."""
    bandung.taken()
    found = bandung.until(lambda: bandung.get("/api/v1/prices")["prices"])
    return {row["commodity"]: row for row in found}


@pytest.fixture(scope="module")
def facts(bandung: Room) -> list[MeasurementFact]:
    """What lies in the room's history."""
    bandung.taken()
    with bandung.history() as history:
        return list(history.latest_measurements(days=400))


def test_every_row_is_in_history_and_none_was_refused(bandung: Room, facts: list[MeasurementFact]) -> None:
    source = bandung.taken()["panel_harga"]
    assert (source["rows"], source["rejected"], source["unknown_words"]) == (1625, 0, {})
    assert source["provenance"] == "replay"
    assert len(facts) == 1625
    unreported = [fact for fact in facts if not fact.record.reported]
    assert len(unreported) == 299
    assert all(fact.record.value is None for fact in unreported), "None is not zero"


def test_days_over_the_dated_limits(rows: dict[str, dict[str, Any]]) -> None:
    assert {code: (rows[code]["days_over"], rows[code]["surveys_limited"]) for code in DAYS_OVER} == DAYS_OVER


def test_what_has_no_limit_reads_so(rows: dict[str, dict[str, Any]]) -> None:
    silent = {code for code, row in rows.items() if row["value"] is None}
    assert silent == {"corn_farm", "soybean_imported", "buffalo_frozen", "buffalo_fresh"}, "65 days unreported"
    assert {rows[code]["not_reported_since"] for code in silent} == {"2025-09-13"}
    assert {code for code, row in rows.items() if row["limit"] is None} - silent == {
        "oil_packed", "oil_bulk", "chili_red", "beef_pure", "flour_bulk", "flour_packed", "fish_kembung",
        "fish_tongkol", "fish_bandeng", "salt",
    }  # fmt: skip
    assert {row["basis"] for code, row in rows.items() if code not in silent} == {"mean"}


def test_no_false_crash_on_the_days_nobody_surveyed(
    bandung: Room, facts: list[MeasurementFact], recorded: pd.DataFrame
) -> None:
    """The shipped price book over the room's history, day by day as the city would have seen it."""
    feed = recorded[recorded["Gap Persen"] == -100]
    assert feed.groupby("Timestamp").size().to_dict() == {"2025-10-12": 18, "2025-10-26": 21}, "the feed's own 39"
    wanted = expected_changes(recorded)
    seen: dict[tuple[date, str], tuple[Any, ...]] = {}
    days = list(price_days(bandung, "panel_harga", facts))
    assert len(days) == 65
    for day, rows in days:
        for row in rows:
            assert row["change_pct"] is None or row["change_pct"] > -60, (day, row)
            if row["survey"] == day.isoformat():
                key = day, row["commodity"]
                seen[key] = row["value"], row["change"], row["change_pct"], row["previous_survey"]
            elif day in SUNDAYS:
                assert row["not_reported_since"] is not None
                assert row["survey"] is None or date.fromisoformat(row["survey"]) < day, "the last real survey stays"
    assert seen == wanted
    assert not {commodity for day, commodity in seen if day == SUNDAYS[1]}, "nothing at all was surveyed"
    assert len({commodity for day, commodity in seen if day == SUNDAYS[0]}) == 3, "the three kinds of rice were"
    monday = {commodity: s for (day, commodity), s in seen.items() if day == date(2025, 10, 27)}
    assert {s[3] for s in monday.values()} == {"2025-10-25"}, "against the last real survey"


def expected_changes(recorded: pd.DataFrame) -> dict[tuple[date, str], tuple[Any, ...]]:
    """Value, change and previous survey of each item and day, in plain pandas."""
    codes = {
        "Beras Premium": "rice_premium", "Beras Medium": "rice_medium", "Beras SPHP": "rice_sphp",
        "Bawang Merah": "shallot", "Bawang Putih Bonggol": "garlic_bulb", "Cabai Merah Keriting": "chili_curly",
        "Cabai Merah Besar": "chili_red", "Daging Sapi Murni": "beef_pure", "Cabai Rawit Merah": "chili_bird_red",
        "Daging Ayam Ras": "chicken_kg", "Telur Ayam Ras": "egg", "Gula Konsumsi": "sugar",
        "Minyak Goreng Kemasan": "oil_packed", "Minyak Goreng Curah": "oil_bulk",
        "Tepung Terigu (Curah)": "flour_bulk", "Minyakita": "oil_minyakita", "Tepung Terigu Kemasan": "flour_packed",
        "Ikan Kembung": "fish_kembung", "Ikan Tongkol": "fish_tongkol", "Ikan Bandeng": "fish_bandeng",
        "Garam Konsumsi": "salt",
    }  # fmt: skip
    reported = recorded[recorded.Harga > 0].sort_values("Timestamp")
    found: dict[tuple[date, str], tuple[Any, ...]] = {}
    for name, group in reported.groupby("Komoditas"):
        before, since = None, None
        for day, price in zip(group.Timestamp, map(float, group.Harga), strict=True):
            change = None if before is None else price - before
            percent = None if before is None else change / before * 100
            found[date.fromisoformat(day), codes[str(name)]] = (price, change, percent, since)
            before, since = price, day
    return found


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_api_of_a_city_without_cases_answers(bandung: Room, route: Route) -> None:
    bandung.taken()
    answer = httpx2.get(f"{bandung.url}{route.path}", timeout=60)
    assert answer.status_code == 200, answer.text
    assert not answer.json().get("cases")


@pytest.mark.browser
async def test_the_wall_says_that_it_is_a_replay(bandung: Room, chromium: Any) -> None:
    bandung.taken()
    page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    await page.goto(f"{bandung.url}/wall/main")
    await page.get_by_text("Minyakita").first.wait_for(timeout=60_000)
    words = await page.locator("body").inner_text()
    assert "PUTAR ULANG" in words
    assert "SIMULASI" not in words
    assert "Rp18.000" in words
