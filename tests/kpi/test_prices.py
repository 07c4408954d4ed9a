"""The price figures against the same figures from a table in plain pandas, to the last digit; and their edges."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.facts import MeasurementFact
from dashboard.kpi.prices import PriceBook
from dashboard.records import UNKNOWN, Measurement
from tests.live import samples

WIB = timedelta(hours=7)
GOODS = {  # commodity: unit; with a limit that changes, with a range, with none, by the head, by the litre
    "rice_medium": "kg", "rice_premium": "kg", "chili_curly": "kg", "tomato": "kg", "chicken_head": "ekor",
    "chicken_kg": "kg", "oil_minyakita": "liter", "egg": "kg",
}  # fmt: skip
PLACES = (  # (place, variant): dated markets, two grades at one, two that no registry knows, the city itself
    ("anyar", ""), ("mambo", ""), ("anyar_selatan", ""), ("malabar", ""), ("laris", "A"), ("laris", "B"),
    ("bandeng", ""), (UNKNOWN, "Pasar Satu"), (UNKNOWN, "Pasar Dua"), ("36.71", ""),
)  # fmt: skip
FIRST = date(2025, 6, 10)  # before a market's move (July) and a new ceiling (22 August)


def fact(source: str, item: str, place: str, variant: str, day: date, value: float | None, basis: str) -> Any:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - WIB
    record = Measurement(
        metric="price", place=place, variant=variant, item=item, period_start=start,
        period_end=start + timedelta(days=1), value=value, unit=GOODS[item], basis=basis, reported=value is not None,
    )  # fmt: skip
    return MeasurementFact(
        source=source, provenance="simulated", record=record, version=1, seen_at=start
    )  # fmt: skip


def history(seed: int, days: int) -> list[dict[str, Any]]:
    """Surveys as they come in, oldest first but for corrections: gaps, silence, revisions, another basis."""
    chance = random.Random(seed)
    told: list[dict[str, Any]] = []
    level = {item: chance.randrange(10_000, 60_000, 50) for item in GOODS}
    for n in range(days):
        day = FIRST + timedelta(days=n)
        silent_day = chance.random() < 0.1
        for source, places in (("tpid_prices", PLACES[:-1]), ("panel_harga", PLACES[-1:])):
            basis = "geometric_mean" if source == "panel_harga" and n % 40 > 30 else "survey"
            for item in GOODS:
                level[item] = max(1_000, level[item] + chance.randrange(-900, 900, 25))
                for place, variant in places:
                    if chance.random() < 0.15:
                        continue  # the row is not there at all
                    quiet = silent_day or chance.random() < 0.15
                    value = None if quiet else float(level[item] + chance.randrange(-1_000, 1_001))
                    told.append({"source": source, "item": item, "place": place, "variant": variant, "day": day,
                                 "value": value, "basis": basis})  # fmt: skip
        for _ in range(chance.randrange(4)):
            old = chance.choice(told[-200:])
            told.append({**old, "value": None if old["value"] and chance.random() < 0.5 else 12_345.0})
    return told


def oracle(told: list[dict[str, Any]], config: Config, source: str, item: str, now: datetime) -> dict[str, Any] | None:
    """What the definitions say, from the table alone."""
    table = pd.DataFrame(told)
    table = table[(table.source == source) & (table.item == item)]
    table = table.drop_duplicates(["place", "variant", "day"], keep="last")
    markets = {m.code: m for m in config.markets}

    def counts(row: Any) -> bool:
        market = markets.get(row.place)
        begun = market is None or market.valid_from is None or market.valid_from <= row.day
        return begun and (market is None or market.valid_to is None or row.day < market.valid_to)

    if table.empty:
        return None
    table = table[table.apply(counts, axis=1)]
    real = table[table.value.notna()].copy()
    real["asked"] = [f"{p}|{v}" if p == UNKNOWN else p for p, v in zip(real.place, real.variant, strict=True)]
    surveys = []
    for day, rows in real.sort_values("day").groupby("day"):
        prices = rows.groupby("asked").value.apply(lambda found: math.fsum(found) / len(found))
        bases = set(rows.basis)
        limits = [
            x for x in config.price_limits
            if (x.commodity, x.unit) == (item, GOODS[item]) and x.valid_from <= day
            and (x.valid_to is None or day < x.valid_to)
        ]  # fmt: skip
        surveys.append({"day": day, "prices": prices, "price": math.fsum(prices) / len(prices),
                        "basis": bases.pop() if len(bases) == 1 else "mixed",
                        "limit": limits[0] if limits else None})  # fmt: skip
    unheard = sorted(set(table[table.value.isna()].day) - set(real.day))
    unheard = [day for day in unheard if not surveys or day > surveys[-1]["day"]]
    owed = [day for day in unheard if source != "tpid_prices" or _owed(day, config, now)]
    since = owed[0].isoformat() if owed else None
    if not surveys:
        return (
            {"value": None, "markets": 0, "change": None, "over": None, "not_reported_since": since}
            if unheard
            else None
        )
    last, before = surveys[-1], surveys[-2] if len(surveys) > 1 else None
    change = None if before is None or before["basis"] != last["basis"] else last["price"] - before["price"]
    recent = [s["price"] for s in surveys[-30:] if s["basis"] == last["basis"]]
    middle = math.fsum(recent) / len(recent)
    spread = math.sqrt(math.fsum((x - middle) ** 2 for x in recent) / len(recent)) / middle * 100
    limited = [s["price"] > s["limit"].amount for s in surveys if s["limit"]]
    known = [p for p in last["prices"].index if p in markets]
    open_then = [m for m in config.markets if counts(pd.Series({"place": m.code, "day": last["day"]}))]
    here = last["prices"]
    return {
        "commodity": item, "unit": GOODS[item], "basis": last["basis"], "value": last["price"],
        "survey": last["day"].isoformat(), "not_reported_since": since,
        "previous": before["price"] if before else None,
        "previous_survey": before["day"].isoformat() if before else None,
        "previous_markets": len(before["prices"]) if before else None,
        "change": change, "change_pct": None if change is None else change / before["price"] * 100,
        "markets": len(here),
        "markets_open": len(open_then) + len(here) - len(known) if known else len(here),
        "spread_pct": (max(here) - min(here)) / min(here) * 100 if len(here) > 1 else None,
        "cv_pct": spread if len(recent) > 1 else None, "cv_surveys": len(recent) if len(recent) > 1 else None,
        "limit": last["limit"].amount if last["limit"] else None,
        "limit_kind": last["limit"].kind if last["limit"] else None,
        "limit_status": last["limit"].status if last["limit"] else None,
        "over": last["price"] > last["limit"].amount if last["limit"] else None,
        "days_over": sum(limited) if limited else None, "surveys_limited": len(limited) if limited else None,
        "copied_forward": False, "missing": [], "source": source, "provenance": "simulated",
    }  # fmt: skip


def _owed(day: date, config: Config, now: datetime) -> bool:
    """The city's own survey: Monday to Saturday, an hour of grace after 10.30."""
    late = datetime(day.year, day.month, day.day, 11, 30, tzinfo=UTC) - WIB
    assert config.publications["market_survey"].grace_minutes == 60
    return day.weekday() < 6 and now >= late


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_equals_the_table(seed: int, config: Config) -> None:
    told = history(seed, 90)
    registry, calendar = Registry(config), Calendar(config)
    book = PriceBook(registry, calendar)
    cuts = [*sorted(random.Random(seed).sample(range(1, len(told)), 5)), len(told)]
    start = 0
    for cut in cuts:
        book.put(fact(**row) for row in told[start:cut])
        start = cut
        newest = max(row["day"] for row in told[:cut])
        now = datetime(newest.year, newest.month, newest.day, 3 + seed * 2, tzinfo=UTC)
        found = {(source, row["commodity"]): row for source, rows in book.rows(now).items() for row in rows}
        for source in ("tpid_prices", "panel_harga"):
            for item in GOODS:
                wanted, row = oracle(told[:cut], config, source, item, now), found.get((source, item))
                if wanted is None or row is None:
                    assert wanted is row is None
                else:
                    assert {name: row[name] for name in wanted} == wanted  # type: ignore[literal-required]
    again = PriceBook(registry, calendar)
    again.put(fact(**row) for row in told)
    assert again.rows(now) == book.rows(now), "loaded at once or survey by survey"


# --- edges ---------------------------------------------------------------------------------------------------

MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)


@pytest.fixture
def book(config: Config) -> PriceBook:
    return PriceBook(Registry(config), Calendar(config))


def only(book: PriceBook, now: datetime = NOON) -> Any:
    rows = [row for rows in book.rows(now).values() for row in rows]
    assert len(rows) == 1
    return rows[0]


def test_zero_surveys_are_unknown_figures(book: PriceBook) -> None:
    book.put([fact("panel_harga", "egg", "36.71", "", MONDAY, None, "mean")])
    row = only(book)
    figures = ("value", "survey", "previous", "change", "change_pct", "spread_pct", "cv_pct", "over", "days_over")
    assert [row[name] for name in figures] == [None] * len(figures)
    assert (row["markets"], row["not_reported_since"]) == (0, "2026-11-23")


def test_an_item_in_another_unit_is_never_compared(book: PriceBook) -> None:
    book.put([fact("tpid_prices", "chicken_head", "anyar", "", MONDAY, 38_000.0, "survey")])
    book.put([fact("tpid_prices", "chicken_kg", "anyar", "", MONDAY + timedelta(days=1), 41_000.0, "survey")])
    rows = {row["commodity"]: row for row in book.rows(NOON)["tpid_prices"]}
    assert rows["chicken_head"]["previous"] is rows["chicken_kg"]["previous"] is None
    assert (rows["chicken_head"]["over"], rows["chicken_kg"]["over"]) == (None, True), "the limit is for a kilogram"


def test_an_arithmetic_and_a_geometric_mean_are_never_compared(book: PriceBook) -> None:
    for n, (value, basis) in enumerate(((30_000.0, "mean"), (31_000.0, "mean"), (29_500.0, "geometric_mean"))):
        book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=n - 2), value, basis)])
    row = only(book)
    assert (row["basis"], row["value"], row["previous"]) == ("geometric_mean", 29_500.0, 31_000.0)
    assert (row["change"], row["change_pct"], row["cv_pct"]) == (None, None, None)
    assert (row["days_over"], row["surveys_limited"]) == (1, 3), "a limit is a limit"


def test_a_survey_that_is_taken_back_is_gone(book: PriceBook) -> None:
    for n, value in enumerate((30_000.0, 31_000.0)):
        book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=n), value, "mean")])
    book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=1), None, "mean")])
    row = only(book)
    assert (row["value"], row["survey"], row["previous"]) == (30_000.0, "2026-11-23", None)
    assert row["not_reported_since"] == "2026-11-24"
    book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=1), 29_000.0, "mean")])
    assert only(book)["not_reported_since"] is None
    assert only(book)["change"] == -1_000.0


def test_a_day_without_a_survey_owes_no_price(book: PriceBook) -> None:
    """Saturday was surveyed; nobody goes to the markets on a Sunday, and Monday's hour has not come."""
    saturday = MONDAY - timedelta(days=2)
    book.put([fact("tpid_prices", "egg", "anyar", "", saturday, 29_000.0, "survey")])
    for n in (1, 2):
        book.put([fact("tpid_prices", "egg", "anyar", "", saturday + timedelta(days=n), None, "survey")])
    before, after = (datetime(2026, 11, 23, hour, tzinfo=UTC) - WIB for hour in (11, 12))
    assert only(book, before)["not_reported_since"] is None
    assert only(book, after)["not_reported_since"] == "2026-11-23", "10.30 and an hour of grace"
    assert only(book, after)["value"] == 29_000.0, "the last real price stays, with its own day"


def test_a_closed_market_is_no_silence(book: PriceBook) -> None:
    then = date(2024, 11, 4)  # Pasar Anyar was closed
    book.put([fact("tpid_prices", "egg", "anyar", "", then, None, "survey")])
    assert not book.rows(NOON)
    book.put([fact("tpid_prices", "egg", "anyar", "", then, 29_000.0, "survey")])
    assert not book.rows(NOON), "nor is what it reports a price of a market"


def test_doubtful_values_are_counted_beside_the_last_good_price(book: PriceBook) -> None:
    told = [fact("panel_harga", item, "36.71", "", MONDAY, 30_000.0, "mean") for item in ("egg", "tomato")]
    book.put(told)
    book.rows(NOON)
    book.doubt("panel_harga", [told[0].record.key, told[0].record.key.replace("36.71", "36.72")])
    found = {row["commodity"]: (row["value"], row["missing"]) for row in book.rows(NOON)["panel_harga"]}
    assert found == {"egg": (30_000.0, ["doubtful:2"]), "tomato": (30_000.0, [])}
    book.doubt("panel_harga", [])
    assert {tuple(row["missing"]) for row in book.rows(NOON)["panel_harga"]} == {()}


def test_copied_forward_is_told_of_the_source_and_not_of_an_item(book: PriceBook) -> None:
    items = ("egg", "tomato", "rice_medium", "chili_curly", "oil_minyakita")
    for n in range(4):
        for item in items:
            book.put([fact("panel_harga", item, "36.71", "", MONDAY + timedelta(days=n), 20_000.0, "mean")])
        marks = {row["copied_forward"] for row in book.rows(NOON)["panel_harga"]}
        assert marks == {n == 3}, "three surveys in a row that equal the one before"
    book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=4), 20_050.0, "mean")])
    assert {row["copied_forward"] for row in book.rows(NOON)["panel_harga"]} == {False}


def test_a_survey_of_many_markets_gives_way_once_it_is_old(book: PriceBook) -> None:
    for place in ("anyar", "malabar", "bandeng"):
        book.put([fact("tpid_prices", "egg", place, "", MONDAY, 29_000.0, "survey")])
    for days, source in ((0, "tpid_prices"), (7, "tpid_prices"), (8, "panel_harga")):
        book.put([fact("panel_harga", "egg", "36.71", "", MONDAY + timedelta(days=days), 30_000.0, "mean")])
        assert [row["source"] for row in book.wall_rows(book.rows(NOON))] == [source]


def test_the_samples_of_the_wall_have_every_field(config: Config, book: PriceBook) -> None:
    book.put([fact("panel_harga", "egg", "36.71", "", MONDAY, 30_000.0, "mean")])
    sample = samples.documents(config, 1)["prices"]["rows"][0]
    assert sample.keys() == only(book).keys()
