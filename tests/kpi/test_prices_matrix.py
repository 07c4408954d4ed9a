"""Market by market, source by source, season by season: against plain pandas; and that units are never compared."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.access import AUDIENCES
from dashboard.api_documents import Ask
from dashboard.api_prices import comparisons, market_prices
from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.kpi.prices import KEPT_SURVEYS, PriceBook
from dashboard.kpi.prices_matrix import Matrix, geometric_mean
from dashboard.kpi.prices_season import NEEDED, month_of, season
from dashboard.records import UNKNOWN
from dashboard.views_goods import view
from dashboard.views_words import Words
from tests.kpi.test_prices import FIRST, GOODS, NOON, fact, history


def documents(book: PriceBook, now: datetime = NOON) -> tuple[dict[str, Any], Any]:
    rows = book.rows(now)
    found = Matrix().document(book, rows, 0)
    prices = {"rows": book.wall_rows(rows), "by_source": rows, "data_at": None, "as_of": 0}
    return {"prices": prices, "prices:matrix": found}, found


@pytest.fixture
def book(config: Config) -> PriceBook:
    return PriceBook(Registry(config), Calendar(config))


def table_of(told: list[dict[str, Any]], config: Config, source: str, item: str) -> pd.DataFrame:
    """One price of each place and day: the last word, reported, at a market that was open, the mean of its variants."""
    table = pd.DataFrame(told)
    table = table[(table.source == source) & (table.item == item)]
    table = table.drop_duplicates(["place", "variant", "day"], keep="last")
    table = table[table.value.notna()]
    markets = {m.code: m for m in config.markets}
    shut = [
        place in markets
        and not (
            (markets[place].valid_from or date.min) <= day < (markets[place].valid_to or date.max)
        )
        for place, day in zip(table.place, table.day, strict=True)
    ]  # fmt: skip
    table = table[~np.array(shut, dtype=bool)].copy()
    table["asked"] = [f"{p}|{v}" if p == UNKNOWN else p for p, v in zip(table.place, table.variant, strict=True)]
    return table


@pytest.mark.parametrize("seed", range(3))
def test_each_markets_last_price_equals_the_table(seed: int, config: Config, book: PriceBook) -> None:
    told = history(seed, 80)
    matrix = Matrix()
    cuts = [*sorted(random.Random(seed).sample(range(1, len(told)), 3)), len(told)]
    for start, cut in zip([0, *cuts], cuts, strict=False):
        book.put(fact(**row) for row in told[start:cut])
        found = matrix.document(book, book.rows(NOON), 0)
        rows = {(source, row["commodity"]): row for source, rows in found["rows"].items() for row in rows}
        for (source, item), row in rows.items():
            table = table_of(told[:cut], config, source, item)
            prices = table.groupby(["day", "asked"]).value.mean().unstack()
            bases = table.groupby("day").basis.agg(lambda of: of.iloc[0] if of.nunique() == 1 else None)
            assert set(row["markets"]) == set(prices.columns)
            for market, said in row["markets"].items():
                own = prices[market].dropna()
                assert said["survey"] == own.index[-1].isoformat()
                assert said["value"] == pytest.approx(own.iloc[-1], rel=1e-12)
                before = own.iloc[-2] if len(own) > 1 else None
                assert said["previous"] == (None if before is None else pytest.approx(before, rel=1e-12))
                alike = (
                    len(own) > 1 and bases[own.index[-1]] is not None and bases[own.index[-1]] == bases[own.index[-2]]
                )
                assert said["change"] == (pytest.approx(own.iloc[-1] - before, rel=1e-9) if alike else None)
                limits = [
                    x.amount for x in config.price_limits
                    if (x.commodity, x.unit) == (item, GOODS[item]) and x.valid_from <= own.index[-1]
                    and own.index[-1] < (x.valid_to or date.max)
                ]  # fmt: skip
                assert said["over"] == (None if not limits else own.iloc[-1] > limits[0])
            last = prices.loc[prices.index.max()].dropna()
            assert row["geometric"] == pytest.approx(float(np.exp(np.log(last).mean())), rel=1e-12)
    again = PriceBook(Registry(config), Calendar(config))
    again.put(fact(**row) for row in told)
    assert Matrix().document(again, again.rows(NOON), 0) == found, "loaded at once or survey by survey"


def test_the_geometric_mean_is_no_arithmetic_one() -> None:
    assert geometric_mean([10_000.0, 40_000.0]) == pytest.approx(20_000)
    assert geometric_mean([]) is None
    assert geometric_mean([0.0, 5.0]) is None


MONDAY = date(2026, 11, 23)


def test_sources_are_compared_with_their_days_and_never_across_units(book: PriceBook) -> None:
    def put(source: str, item: str, day: date, price: float, basis: str = "survey", unit: str | None = None) -> None:
        made = fact(source, item, "36.71" if source != "tpid_prices" else "malabar", "", day, price, basis)
        if unit:
            made = replace(made, record=replace(made.record, unit=unit))
        book.put([made])

    put("tpid_prices", "egg", MONDAY, 30_000)
    put("pihps", "egg", MONDAY - timedelta(days=3), 33_000, "provincial")
    put("panel_harga", "egg", MONDAY - timedelta(days=8), 27_000, "mean")
    put("tpid_prices", "tomato", MONDAY, 20_000)
    put("pihps", "tomato", MONDAY, 400, "provincial", unit="butir")
    pairs = {(p["commodity"], p["source"], p["other"]): p for p in documents(book)[1]["pairs"]}
    assert len(pairs) == 4
    near = pairs["egg", "pihps", "tpid_prices"]
    assert (near["difference"], near["days_apart"], near["reason"]) == (-3_000, 3, None)
    assert near["difference_pct"] == pytest.approx(100 * (30_000 - 33_000) / 33_000)
    far = pairs["egg", "panel_harga", "tpid_prices"]
    assert (far["difference"], far["difference_pct"], far["reason"]) == (None, None, "days")
    assert pairs["egg", "panel_harga", "pihps"]["reason"] is None
    units = pairs["tomato", "pihps", "tpid_prices"]
    assert (units["difference"], units["difference_pct"], units["reason"]) == (None, None, "unit")


def test_a_hidden_source_is_in_no_pair_and_no_matrix(config: Config, book: PriceBook) -> None:
    for source in ("tpid_prices", "pihps", "panel_harga"):
        book.put([fact(source, "egg", "malabar" if source == "tpid_prices" else "36.71", "", MONDAY, 30_000.0, "mean")])
    found, whole = documents(book)
    sources = tuple(s.model_copy(update={"visibility": "desk"}) if s.id == "pihps" else s for s in config.sources)
    registry = Registry(config.model_copy(update={"sources": sources}))
    wall = Disclosure(registry, AUDIENCES["wall"]).documents(found)["prices:matrix"]
    assert "pihps" not in str(wall)
    assert (len(whole["pairs"]), len(wall["pairs"])) == (3, 1)
    assert set(wall["rows"]) == set(wall["totals"]) == {"tpid_prices", "panel_harga"}
    assert Disclosure(registry, AUDIENCES["desk"]).documents(found)["prices:matrix"] == whole


def test_the_api_tells_every_market_and_every_pair(config: Config, book: PriceBook) -> None:
    book.put(fact(**row) for row in history(4, 20))
    found, matrix = documents(book)
    known = Disclosure(Registry(config), AUDIENCES["desk"])
    ask = Ask(documents=known.documents({**found, "meta": {"seq": 7}}), known=known, now=NOON)
    told = market_prices(ask, {})
    rows = [(source, row) for source, of in matrix["rows"].items() for row in of]
    cells = {(source, row["commodity"], m): price for source, row in rows for m, price in row["markets"].items()}
    listed = {(one.source, one.commodity, one.market): one for one in told.markets}
    assert {key: one.value for key, one in listed.items()} == {key: price["value"] for key, price in cells.items()}
    assert all(one.survey.isoformat() == cells[key]["survey"] for key, one in listed.items())
    assert [one.geometric_mean for one in told.goods] == [row["geometric"] for _, row in rows]
    pairs = comparisons(ask, {}).comparisons
    assert [one.difference_pct for one in pairs] == [pair["difference_pct"] for pair in matrix["pairs"]]
    empty = Ask(documents={"meta": {"seq": 0}}, known=known, now=NOON)
    assert market_prices(empty, {}).markets == comparisons(empty, {}).comparisons == []


def test_the_season_equals_the_table_and_waits_for_enough_history() -> None:
    chance = random.Random(1)
    means = {month_of(date(2023 + n // 12, n % 12 + 1, 1)): chance.uniform(20_000, 60_000) for n in range(41)}
    series = pd.Series(means).sort_index()
    ratio = series / series.shift(1).rolling(12).mean()
    for count in range(1, 42):
        found = season({month: means[month] for month in list(means)[:count]})
        assert found["months"] == count - 1
        own, earlier = ratio.iloc[count - 1], [ratio.iloc[n] for n in range(count - 13, -1, -12)]
        known = [value for value in earlier if not math.isnan(value)]
        if count <= NEEDED:
            assert found["anomaly_pct"] is None
        else:
            assert found["years"] == len(known) >= 1
            assert found["anomaly_pct"] == pytest.approx((own / np.mean(known) - 1) * 100)
    holed = dict(means)
    del holed[list(means)[30]]
    assert season(holed)["anomaly_pct"] is None, "a gap ends the history"
    assert season({})["months"] == 0


def test_a_month_keeps_its_mean_when_its_surveys_are_not_kept_any_more(config: Config, book: PriceBook) -> None:
    chance, told = random.Random(2), []
    for n in range(KEPT_SURVEYS + 40):
        for place in ("malabar", "bandeng"):
            told.append((FIRST + timedelta(days=n), place, float(chance.randrange(20_000, 30_000))))
    for day, place, price in told:
        book.put([fact("tpid_prices", "egg", place, "", day, price, "survey")])
    book.put([fact("tpid_prices", "egg", "malabar", "", FIRST, 999_999.0, "survey")])  # long in a month's sum
    frame = pd.DataFrame(told, columns=["day", "place", "price"])
    wanted = frame.groupby([month_of(day) for day in frame.day]).price.mean()
    assert book.months(("tpid_prices", "egg", "kg")) == pytest.approx(wanted.to_dict())


def test_months_told_as_sums_and_survey_by_survey_are_the_same(config: Config) -> None:
    chance = random.Random(3)
    told = [(FIRST + timedelta(days=n), float(chance.randrange(20_000, 30_000))) for n in range(300)]
    whole, again = (PriceBook(Registry(config), Calendar(config)) for _ in range(2))
    whole.put(fact("tpid_prices", "egg", "malabar", "", day, price, "survey") for day, price in told)
    cut = FIRST + timedelta(days=100)  # in the middle of a month
    again.put(fact("tpid_prices", "egg", "malabar", "", day, price, "survey") for day, price in told if day >= cut)
    old = pd.DataFrame([row for row in told if row[0] < cut], columns=["day", "price"])
    of_month = old.groupby([day.replace(day=1) for day in old.day]).price.agg(["sum", "count"])
    sums = [(day, "tpid_prices", "egg", float(row["sum"]), int(row["count"])) for day, row in of_month.iterrows()]
    before = datetime(cut.year, cut.month, cut.day, tzinfo=UTC) - timedelta(hours=7)
    again.recall([*sums, (cut, "tpid_prices", "nothing the city knows", 1.0, 1)], before)
    key = ("tpid_prices", "egg", "kg")
    assert again.months(key) == pytest.approx(whole.months(key))
    again.put([fact("tpid_prices", "egg", "malabar", "", FIRST, 999_999.0, "survey")])
    assert again.months(key) == pytest.approx(whole.months(key)), "it is in a sum already"
    assert again.rows(NOON) == whole.rows(NOON)


def test_the_desk_says_what_there_is_not(config: Config, book: PriceBook) -> None:
    book.put([fact("tpid_prices", "egg", "malabar", "", MONDAY, 31_000.0, "survey")])
    book.put([fact("tpid_prices", "tomato", "malabar", "", MONDAY, None, "survey")])
    found, _ = documents(book)
    meta = {"as_of": round(NOON.timestamp() * 1000), "provenance": ["simulated"]}
    words = Words({**found, "meta": meta, "sources": []}, Disclosure(Registry(config), AUDIENCES["desk"]), "id")
    goods, by_market = view(words, "matrix").tables
    over = view(words, "matrix").figures[2:]
    assert [(one.label, one.mark, one.value) for one in over] == [("Telur ayam ras", "▲", "Rp31.000")]
    assert over[0].more[:2] == ("> HAP Rp30.000", "di atas acuan 1 dari 1 survei")
    (egg, tomato) = goods.rows
    said = dict(zip((column.key for column in goods.columns), egg.cells, strict=True))
    assert (said["arithmetic"].text, said["arithmetic"].state) == ("▲ Rp31.000", "over")
    assert "season" not in said and goods.remarks[-1] == "Anomali musim: riwayat belum cukup, 0/24 bulan", "said once"
    (compared,) = view(words, "sources").tables
    assert [cell.text for cell in compared.rows[0].cells][-1] == "riwayat belum cukup"
    assert tomato.cells[2].text == "tidak dilaporkan"
    assert "0" not in tomato.cells[2].text
    markets = {column.key for column in by_market.columns}
    assert {"anyar", "malabar"} < markets, "Pasar Anyar has moved back"
    assert not {"mambo", "anyar_selatan"} & markets, "its temporary sites are closed and no missing price"
    listed = {row.cells[0].text: row.cells[1].text for row in view(words, "markets").tables[0].rows}
    assert listed["Pasar Mambo"] == "○ tutup"
    assert listed["Pasar Anyar"] == "● buka"


def test_a_source_that_refuses_everybody_is_a_state(config: Config, book: PriceBook) -> None:
    from tests.live import samples

    book.put([fact("tpid_prices", "egg", "malabar", "", MONDAY, 31_000.0, "survey")])
    found, _ = documents(book)
    now = round(datetime(2026, 11, 24, 5, tzinfo=UTC).timestamp() * 1000)
    broken = {**samples.source("panel_harga", "panel_harga", "broken", now), "cause": "cause.unauthorized"}
    words = Words({**found, "meta": {"as_of": now}, "sources": [broken]},
                  Disclosure(Registry(config), AUDIENCES["desk"]), "id")  # fmt: skip
    block = view(words, "sources")
    said = next(line for line in block.lead if "Panel Harga" in line)
    assert "✕ Panel Harga: rusak, kunci ditolak" in said
    assert [column.title for column in block.tables[0].columns][-2:] == ["Beda terbesar", "Anomali musim"]
    assert block.tables[0].rows[0].cells[-2].text == "hanya satu sumber"
