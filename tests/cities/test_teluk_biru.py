"""The second, small city end to end: its own departments' systems simulated, collected, counted and on its wall.

The room stands half an hour after midnight in Teluk Biru (WITA), when Jakarta still has the day before.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.calendar import Calendar
from dashboard.config.registry import Registry
from dashboard.facts import CaseFact
from tests.commands.rooms import CITY_PORTS, free_ports
from tests.conftest import ROOT
from tests.realdata.rooms import Room, running

WITA, WIB = ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jakarta")
TODAY = date(2026, 11, 25)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=WITA)
DISTRICTS = ("98.01.01", "98.01.02", "98.01.03")

SOURCES = """
sources:
  - id: lapor_laut
    type: open311
    label: {id: Lapor Laut, en: Sea reports}
    url: http://127.0.0.1:PORT+2
    every_s: 2
    allow_private: true
    provenance: simulated
    options:
      format: json
      kind: report
      klass: usual
      places: "Kelurahan (?P<subdistrict>[^,]+), Kecamatan (?P<district>.+)$"
  - id: fish_prices
    type: tpid_prices
    label: {id: Harga pasar ikan, en: Fish hall prices}
    url: http://127.0.0.1:PORT+3
    headers: {Token: "{file:token}"}
    every_s: 2
    publication: fish_hall
    allow_private: true
    provenance: simulated
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("teluk_biru")
    first = free_ports(CITY_PORTS)
    sources = SOURCES.replace("PORT+2", str(first + 2)).replace("PORT+3", str(first + 3))
    more = {
        "simulator": {"port": first, "seed": 9, "history_days": 40},
        "clock": {"start": "2026-11-25T00:30:00+08:00"},
        "database": {"url": f"sqlite:///{folder / 'room.sqlite'}"},
    }
    text = (ROOT / "tests" / "cities" / "teluk_biru.yaml").read_text(encoding="utf-8")
    before, rest = text.split("\nsources:\n")
    after = rest[rest.index("\nwalls:\n") :]
    written = "".join(f"\n{name}: {json.dumps(value)}\n" for name, value in more.items())
    (folder / "token").write_text("a word of the fish hall", encoding="utf-8")
    (folder / "token").chmod(0o600)
    with running("teluk_biru", before + sources + after + written, folder) as room:
        room.taken()
        yield room


@pytest.fixture(scope="module")
def facts(city: Room) -> list[CaseFact]:
    with city.history() as history:
        return history.facts()


def kpis(city: Room, scope: str = "city") -> dict[str, Any]:
    def look() -> Any:
        found = city.get(f"/api/v1/kpis?scope={scope}")["kpis"]
        return found if found.get("report.open.now", {}).get("value") else None

    found: dict[str, Any] = city.until(look)
    return found


def local(fact: CaseFact, zone: ZoneInfo) -> date:
    return fact.record.opened_at.astimezone(zone).date()


def test_every_report_is_a_report_of_this_city(city: Room, facts: list[CaseFact]) -> None:
    assert len(facts) > 100
    assert {fact.record.kind for fact in facts} == {"report"}
    assert {fact.record.district for fact in facts} == set(DISTRICTS), "its own, found in the addresses"
    parents = {sub.code: sub.parent for sub in city.config.regions.subdistricts}
    named = [fact for fact in facts if fact.record.subdistrict]
    assert named and all(parents[str(fact.record.subdistrict)] == fact.record.district for fact in named)
    shared = {code for code in parents if code.endswith(".1002") and not code.startswith("98.01.01")}
    assert shared <= {fact.record.subdistrict for fact in named}, "Sumber Baru is told apart by its district"
    source = city.taken()["lapor_laut"]
    assert source["unknown_words"].get("department"), "departments of another city are counted, not lost"


def test_the_day_of_the_city_begins_at_its_own_midnight(city: Room, facts: list[CaseFact]) -> None:
    found = kpis(city)
    window = found["report.received.today"]["window"]
    assert datetime.fromisoformat(window["start"]) == MIDNIGHT
    assert window["start"].endswith("+08:00"), "times are said in the city's own zone"
    ours, jakarta = (sum(local(fact, zone) == day for fact in facts)
                     for zone, day in ((WITA, TODAY), (WIB, date(2026, 11, 24))))  # fmt: skip
    assert jakarta > ours, "in Jakarta it is still the day before, with all its reports"
    assert abs(found["report.received.today"]["value"] - ours) <= 2, "one or two may have come since"
    month = sum(local(fact, WITA).month == 11 for fact in facts)
    assert abs(found["report.received.month"]["value"] - month) <= 2
    cohort, stock = found["report.cohort_today.today"], found["report.stock.today"]
    assert cohort["remainder"] == stock["remainder"] == 0


def test_districts_and_what_may_not_be_placed_add_up_to_the_city(city: Room, facts: list[CaseFact]) -> None:
    still = [fact for fact in facts if fact.record.resolved_at is None]
    placed = Counter(fact.record.district for fact in still if fact.visibility == "wall")
    total = 0
    for code in DISTRICTS:
        value = kpis(city, f"district:{code}")["report.open.now"]["value"]
        assert abs(value - placed[code]) <= 2, "one or two may have come since"
        total += value
    hidden = len(still) - placed.total()
    assert placed.total() > 5 and hidden > 0, "words that nobody declared are confidential: counted, placed nowhere"
    assert abs(total + hidden - kpis(city)["report.open.now"]["value"]) <= 2


def test_deadlines_end_in_its_office_hours(city: Room, facts: list[CaseFact]) -> None:
    """Six days, 08.00 to 14.00, Friday to 11.00, Saturday to 12.00; its own holiday is free."""
    closes = {0: time(14), 1: time(14), 2: time(14), 3: time(14), 4: time(11), 5: time(12)}
    dated = [fact for fact in facts if fact.due_at is not None]
    assert len(dated) > 50 and {fact.due_basis for fact in dated} == {"ditetapkan"}
    calendar = Calendar(city.config)
    policy = Registry(city.config).policy_for("report", "usual", None, datetime(2026, 11, 1, tzinfo=UTC))
    assert policy is not None and policy.amount == 3
    for fact in dated:
        assert fact.due_at is not None
        due = fact.due_at.astimezone(WITA)
        assert time(8) <= due.time() <= closes[due.weekday()], due
        assert fact.due_at == calendar.due_at(policy, fact.record.opened_at, fact.record.department or "")[0]


def test_prices_are_of_its_market_and_its_days(city: Room) -> None:
    rows = {row["commodity"]: row for row in city.until(lambda: city.get("/api/v1/prices")["prices"])}
    fish = rows["skipjack"]
    assert (fish["markets"], fish["markets_open"]) == (1, 1)
    assert date.fromisoformat(fish["survey"]) <= TODAY
    assert (fish["limit"], fish["limit_status"]) == (42_000, "usulan")
    some = city.get("/api/v1/measurements?metric=price&item=skipjack&place=fish_hall")["measurements"]
    starts = {datetime.fromisoformat(row["period_start"]) for row in some}
    assert starts and all(start.astimezone(WITA).time() == time(0) for start in starts), "its own midnight"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("id", ("Ruang Kendali Teluk Biru", "Rabu, 25 November 2026", "WITA", "Laporan warga", "Dermaga",
                "Bkt Karang", "Muara", "Lapor Laut", "Cakalang", "DATA SIMULASI")),
        ("en", ("Ruang Kendali Teluk Biru", "Wednesday, 25 November 2026", "WITA", "Reports", "Dermaga", "Sea reports",
                "Skipjack", "SIMULATED DATA")),
    ],
)  # fmt: skip
async def test_its_wall_speaks_of_this_city(city: Room, chromium: Any, lang: str, wanted: tuple[str, ...]) -> None:
    kpis(city)
    page = await chromium.new_page(viewport={"width": 3840, "height": 1080})
    await page.goto(f"{city.url}/wall/hall?lang={lang}")
    await page.locator("#q0-number:not(:empty)").wait_for(state="attached", timeout=60_000)
    await page.locator("#p0-price:not(:empty)").wait_for(state="attached", timeout=60_000)
    words = await page.evaluate("document.body.textContent")
    assert [text for text in wanted if text not in words] == []
    assert (await page.locator("#clock").inner_text()).startswith(("00.", "00:"))
    ours = {place.name for place in city.config.regions.districts}
    names = await page.evaluate("[...document.querySelectorAll('.districts .list .name')].map((n) => n.textContent)")
    assert {name for name in names if name} <= ours | {"Bkt Karang"}
    for other in ("Tangerang", "Aspirasi", "Aspirations", "WIB"):
        assert other not in words, "nothing of the first city"
