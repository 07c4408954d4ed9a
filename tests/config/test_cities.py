"""Tangerang in full against the published facts, and a second city that shares nothing with it."""

from __future__ import annotations

import ast
import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.simulator.server import SOCKETS
from dashboard.calendar import Calendar
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import CATALOGUE
from dashboard.records import UNKNOWN

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / ".." / "shared" / "domain"


@pytest.fixture(scope="module")
def tangerang() -> Config:
    return load_config(ROOT / "config.yaml", {})


@pytest.fixture(scope="module")
def teluk_biru() -> Config:
    return load_config(ROOT / "tests" / "cities" / "teluk_biru.yaml", {"TELUK_BIRU_TOKEN": "x"})


def facts(name: str) -> list[dict[str, str]]:
    path = DOMAIN / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside the repository")
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_the_shipped_room_asks_its_own_line_first_and_nobody_outside_this_machine(tangerang: Config) -> None:
    assert tangerang.simulator is not None
    assert tangerang.uplink.targets == (f"127.0.0.1:{tangerang.simulator.port + SOCKETS['uplink']}",)


def test_the_room_has_its_own_word_for_every_unit(tangerang: Config) -> None:
    units = {metric.unit for metric in tangerang.metrics.values()} - {"percent"}
    assert [unit for unit in sorted(units) if f"unit.{unit}" not in CATALOGUE] == []


def test_every_region_with_its_code_area_and_centroid(tangerang: Config) -> None:
    published = {row["code"]: row for row in facts("regions.csv") if row["level"] != "kota"}
    ours = {place.code: place for place in (*tangerang.regions.districts, *tangerang.regions.subdistricts)}
    assert ours.keys() == published.keys()
    assert (len(tangerang.regions.districts), len(tangerang.regions.subdistricts)) == (13, 104)
    registry = Registry(tangerang)
    for code, row in published.items():
        place = ours[code]
        assert (place.name, place.area_km2, place.lat, place.lon) == (
            row["name"], float(row["area_km2"]), float(row["lat"]), float(row["lon"]),
        )  # fmt: skip
        assert (str(place.population or ""), place.population_note or "") == (row["population"], row["population_note"])
        find = registry.district if row["level"] == "kecamatan" else registry.subdistrict
        for word in (row["name"], row["name"].upper(), *filter(None, row["alt_names"].split("; "))):
            assert find(word.removesuffix(" (typo)")) == code, word
    assert all(sub.parent == published[sub.code]["parent"] for sub in tangerang.regions.subdistricts)


def test_names_that_districts_share_with_subdistricts_are_joined_by_code(tangerang: Config) -> None:
    registry = Registry(tangerang)
    districts = {place.name for place in tangerang.regions.districts}
    shared = sorted(districts & {place.name for place in tangerang.regions.subdistricts})
    assert len(shared) == 10
    assert registry.district("Jatiuwung") == "36.71.02"
    assert registry.subdistrict("Jatiuwung") == "36.71.09.1006"
    assert registry.district_of("36.71.09.1006") == "36.71.09"
    assert registry.subdistrict("Kelurahan Jatiuwung", "36.71.09") == "36.71.09.1006"
    assert registry.subdistrict("Jatiuwung", "Kec. Jatiuwung") == UNKNOWN, "a contradiction is not resolved by guessing"


def test_every_department_is_found_by_its_abbreviation_and_name(tangerang: Config) -> None:
    registry = Registry(tangerang)
    rows = facts("departments.csv")
    for row in rows:
        found = {registry.department(word.partition(" (was")[0]) for word in (row["abbreviation"], row["name"])}
        assert len(found - {UNKNOWN}) == len(found) == 1, row["name"]
    now = date(2026, 11, 24)
    assert sum(registry.department_at(d.abbr, now) == d.abbr for d in tangerang.departments) == len(rows) == 45


def test_mergers_of_departments_keep_their_history(tangerang: Config) -> None:
    registry = Registry(tangerang)
    before, after = datetime(2019, 12, 31, tzinfo=UTC), datetime(2020, 1, 3, tzinfo=UTC)
    assert registry.department("Dinas Perindustrian dan Perdagangan", before) == "Disperindag"
    assert registry.department("Dinas Perindustrian dan Perdagangan", after) == "Disperindagkop UKM"
    assert registry.department("Dinas Pertanahan", after) == "Perkim"


def test_the_categories_of_the_city_have_their_owner(tangerang: Config) -> None:
    registry = Registry(tangerang)
    for row in facts("departments.csv"):
        for word in filter(None, row["likely_aspiration_categories"].replace(" [GK]", "").split("; ")):
            assert registry.category(word) != UNKNOWN, (row["abbreviation"], word)
    assert registry.category_visibility(registry.category("pungli")) == "confidential"
    assert registry.category_visibility(registry.category("kekerasan perempuan/anak")) == "confidential"
    assert registry.category_visibility(UNKNOWN) == "confidential"
    assert registry.category("lampu PJU jalan") != registry.category("PJU lingkungan"), "two owners"


@pytest.mark.parametrize(
    ("word", "unit", "day", "amount"),
    [
        ("Beras Medium", "Rp./Kg", date(2025, 8, 21), 12500),
        ("Beras Medium", "Rp./Kg", date(2025, 8, 22), 13500),
        ("Beras Premium", "Rp./Kg", date(2026, 11, 24), 14900),
        ("Beras IR I", "kg", date(2026, 11, 24), None),  # not the premium of the ceiling
        ("Beras Kualitas Medium I ", "kg", date(2026, 11, 24), None),
        ("Minyakita", "Rp/Liter", date(2026, 11, 24), 15700),
        ("Minyak Goreng Curah", "liter", date(2026, 11, 24), None),
        ("Cabe Merah Keriting", "kg", date(2026, 11, 24), 55000),  # upper edge
        ("Bawang Putih", "kg", date(2026, 11, 24), None),  # the reference is for bonggol
        ("Bawang Putih Bonggol", "Rp./Kg", date(2026, 11, 24), 40000),
        ("Daging Ayam Broiler", "ekor", date(2026, 11, 24), None),  # a head is not a kilogram
        ("Daging Ayam Ras", "Rp./Kg", date(2026, 11, 24), 40000),
        ("Telur Ayam Broiler", "kg", date(2026, 11, 24), 30000),
        ("Telur Ayam Kampung", "butir", date(2026, 11, 24), None),
        ("Gula Konsumsi", "Rp./Kg", date(2026, 11, 24), 17500),  # not the 18,500 that was quoted
        ("Jagung Tongkol", "kg", date(2026, 11, 24), None),  # not the corn of the farm gate
    ],
)
def test_a_limit_applies_only_to_its_item_unit_and_date(
    tangerang: Config, word: str, unit: str, day: date, amount: float | None
) -> None:
    registry = Registry(tangerang)
    code, canonical = registry.commodity(word, unit), registry.unit(unit)
    assert code not in (None, UNKNOWN)
    limit = registry.limit_for(str(code), str(canonical), day)
    assert (limit.amount if limit else None) == amount


def test_an_item_in_another_unit_is_another_item(tangerang: Config) -> None:
    registry = Registry(tangerang)
    assert registry.commodity("Daging Ayam Broiler", "kg") == UNKNOWN
    assert registry.commodity("Daging Ayam Broiler", None) == UNKNOWN
    assert registry.commodity("", "kg") is None


def test_a_closed_market_is_no_missing_price(tangerang: Config) -> None:
    registry = Registry(tangerang)
    then = {market.code for market in registry.markets_open(date(2024, 11, 1))}
    now = {market.code for market in registry.markets_open(date(2026, 11, 1))}
    assert "anyar" in now - then
    assert {"mambo", "anyar_selatan"} <= then - now


def test_deadlines_of_laksa_are_proposals_those_of_lapor_established_and_a_wish_has_none(tangerang: Config) -> None:
    registry, calendar = Registry(tangerang), Calendar(tangerang)
    at = datetime(2026, 11, 24, 3, tzinfo=UTC)
    for source, status in (("laksa", "usulan"), ("lapor", "ditetapkan")):
        amounts = {}
        for klass in ("complaint", "information", "supervision", "aspiration"):
            policy = registry.policy_for("aspiration", klass, None, at, source=source)
            assert policy is not None
            assert policy.status == status
            amounts[klass] = policy.amount
        assert amounts == {"complaint": 14, "information": 5, "supervision": 60, "aspiration": None}
    reklame = registry.policy_for("permit", None, registry.category("Izin Reklame"), at)
    assert reklame is not None
    assert (reklame.amount, reklame.unit, reklame.status) == (12, "working_days", "ditetapkan")
    assert calendar.due_at(reklame, at, "DPMPTSP")[0] is not None


def test_office_hours_are_the_week_of_the_law(tangerang: Config) -> None:
    """37.5 hours a week, 32.5 in Ramadan (Perpres 21/2023); Monday 9 November and 2 March 2026."""
    calendar, promise = Calendar(tangerang), tangerang.policies[0]
    for start, hours in (((2026, 11, 8, 17), 37.5), ((2026, 3, 1, 17), 32.5)):
        monday = datetime(*start, tzinfo=UTC)
        for amount, week in ((hours, 0), (hours + 0.1, 1)):
            policy = promise.model_copy(update={"amount": amount, "unit": "working_hours"})
            due, _ = calendar.due_at(policy, monday, None)
            assert due is not None
            assert (due - monday).days // 7 == week


def test_another_city_works_from_its_file_alone(teluk_biru: Config) -> None:
    registry, calendar = Registry(teluk_biru), Calendar(teluk_biru)
    assert registry.district("kec. bukitkarang") == "98.01.02"
    assert registry.subdistrict("Sumber Baru") == UNKNOWN, "two of that name: only the district tells"
    assert registry.subdistrict("Sumber Baru", "98.01.03") == "98.01.03.1002"
    opened = datetime(2026, 9, 11, 2, tzinfo=UTC)  # Friday 10.00 WITA
    urgent = registry.policy_for("report", "urgent", "litter", opened)
    assert urgent is not None
    # One hour on Friday, four on Saturday; Monday 14 September is the city's own holiday: 09.00 WITA on Tuesday.
    assert calendar.due_at(urgent, opened, "Dinas Pantai") == (datetime(2026, 9, 15, 1, tzinfo=UTC), False)
    assert calendar.due_at(urgent, opened, "SAR")[0] == datetime(2026, 9, 11, 8, tzinfo=UTC)
    # PIHPS publishes at 13.00 in Jakarta, which is 14.00 here.
    noon = datetime(2026, 9, 11, 5, 30, tzinfo=UTC)
    assert calendar.next_publication(teluk_biru.publications["pihps"], noon) == datetime(2026, 9, 11, 6, tzinfo=UTC)
    assert calendar.day_start(noon) == datetime(2026, 9, 10, 16, tzinfo=UTC)


def test_no_module_of_the_product_names_a_place_of_tangerang(tangerang: Config) -> None:
    """Places, departments and markets stand in config.yaml only. (The simulator plays this city.)"""
    names = {place.name for place in (*tangerang.regions.districts, *tangerang.regions.subdistricts)}
    names |= {department.abbr for department in tangerang.departments if len(department.abbr) > 5}
    names |= {market.label.id for market in tangerang.markets} | {"Tangerang", "Kota Tangerang"}
    assert places_named(
        ast.parse("A = 'pasar baru'\nB = 'kecamatan Cibodas'\n'''Cibodas in a docstring'''"), names
    ) == {"Cibodas"}
    for folder in ("dashboard", "layouts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found = places_named(ast.parse(path.read_text(encoding="utf-8")), names)
            assert not found, f"{path.relative_to(ROOT)} names {sorted(found)}"


def places_named(tree: ast.AST, names: set[str]) -> set[str]:
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings]
    said = " | ".join(text for text in texts if isinstance(text, str))
    return {name for name in names if name in said}
