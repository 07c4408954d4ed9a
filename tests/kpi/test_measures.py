"""Reported figures against the same figures from a table in plain pandas, to the last digit; and their edges."""

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
from dashboard.kpi.indices import grade_of, index_of
from dashboard.kpi.measures import MeasureBook
from dashboard.records import UNKNOWN, Measurement
from tests.config.factory import small_config

WIB = timedelta(hours=7)
CITY, NORTH, SOUTH = "99.01", "99.01.01", "99.01.02"
HOUSES = {"a": NORTH, "b": NORTH, "c": SOUTH, "d": None}  # facilities; one whose district nobody knows


def label(text: str) -> dict[str, str]:
    return {"id": text, "en": text}


def metric(**given: Any) -> dict[str, Any]:
    return {"label": label("x"), "group": "g", "unit": "u", "definition": label("x"), **given}


def target(value: float, since: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "valid_from": since, "set_by": "Wali Kota", "basis": "SK 1", "status": "usulan", **more}


ELEMENTS = ["u1", "u2", "u3"]
BANDS = [{"grade": g, "at_least": v, "label": label(g)} for g, v in (("A", 88.31), ("B", 76.61), ("C", 65), ("D", 25))]
METRICS: dict[str, dict[str, Any]] = {
    "beds": metric(places="ward", aggregation="sum", variants="parts", better="up",
                   targets=[target(50, "2025-01-01"), target(70, "2026-03-10"), target(9, "2026-01-01", place="*")]),
    "used": metric(places="ward", aggregation="sum"),
    "busy": metric(ratio={"numerator": "used", "denominator": "seen"}, places="ward", better="down"),
    "seen": metric(places="ward", aggregation="sum", support=True),
    "wait": metric(places="ward", aggregation="mean", better="down"),
    "built": metric(places="district", period="month", cumulative="year", aggregation="sum", target_from="planned",
                    better="up"),
    "planned": metric(places="district", period="month", aggregation="sum"),
    "calls": metric(places="district", period="week", cumulative="period", even=False, aggregation="sum", better="up",
                    targets=[target(10, "2025-01-01")]),
    "year": metric(period="year", variants="claims", prefer=["paper"]),
    "year_total": metric(period="year", variants="claims", total_of="year"),
    "score": metric(variants="items", items={e: label(e) for e in ELEMENTS}, aggregation="weighted", period="quarter"),
    "index": metric(index={"of": "score", "elements": ELEMENTS, "weight": "1/3", "factor": 25, "bands": BANDS},
                    min_n=30, period="quarter"),
}  # fmt: skip


@pytest.fixture(scope="module")
def config() -> Config:
    places = [{"code": c, "kind": "ward", "label": label(c), "district": d} for c, d in HOUSES.items()]
    return small_config(measure_groups={"g": label("G")}, metrics=METRICS,
                        facilities=places)  # fmt: skip


def start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - WIB


def fact(key: str, place: str, day: date, value: float | None, **more: Any) -> MeasurementFact:
    start = start_of(day)
    given: dict[str, Any] = {"variant": "", "period_end": start + timedelta(days=1), "n": None, "source": "laksa",
                             "observed_at": start + timedelta(hours=9), **more}  # fmt: skip
    source = given.pop("source")
    record = Measurement(
        metric=key, place=place, period_start=start, value=value, unit="u", reported=value is not None, **given
    )
    return MeasurementFact(source=source, provenance="simulated", record=record, version=1, seen_at=start)


class Made:
    """A book with what was put into it, and its newest rows."""

    def __init__(self, config: Config) -> None:
        registry = Registry(config)
        self.calendar = Calendar(config)
        self.book = MeasureBook(registry, self.calendar)

    def put(self, *facts: MeasurementFact) -> None:
        self.book.put(facts)

    def measures(self, now: datetime = datetime(2026, 3, 20, 5, tzinfo=UTC)) -> dict[str, Any]:
        found = self.book.documents(self.calendar.day_start(now), now, whole=True)
        return {measure["metric"]: measure for measure in found["measures:g"]["metrics"]}

    def rows(self, key: str) -> dict[Any, Any]:
        rows = self.measures()[key]["rows"]
        return {(row["place"], row["item"]) if row["item"] else row["place"]: row for row in rows}


@pytest.fixture
def made(config: Config) -> Made:
    return Made(config)


# --- against pandas --------------------------------------------------------------------------------------------


def history(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    told: list[dict[str, Any]] = []
    for n in range(20):
        day = date(2026, 3, 1) + timedelta(days=n)
        for place in HOUSES:
            for key in ("used", "seen", "wait"):
                if chance.random() < 0.8:
                    value = None if chance.random() < 0.2 else float(chance.randrange(0, 90))
                    told.append({"key": key, "place": place, "day": day, "value": value, "variant": ""})
            for ward in ("vip", "third"):
                if chance.random() < 0.8:
                    value = None if chance.random() < 0.1 else float(chance.randrange(0, 30))
                    told.append({"key": "beds", "place": place, "day": day, "value": value, "variant": ward})
        if chance.random() < 0.3:
            told.append({"key": "used", "place": chance.choice([CITY, NORTH]), "day": day, "value": 100.0,
                         "variant": ""})  # fmt: skip
        if chance.random() < 0.3:
            told.append({**chance.choice(told[-20:]), "value": 3.0})
    return told


def whole(table: pd.DataFrame, key: str, how: str) -> dict[str, Any]:
    """Value of the city, day it is of, who reported and the published total, by the definitions alone."""
    mine = table[table.key == key].groupby(["place", "day", "variant"]).value.last().reset_index()
    sums = mine.groupby(["place", "day"]).value.apply(lambda v: math.fsum(v.dropna()) if v.notna().any() else None)
    known = sums.dropna().reset_index()
    if known.empty:
        return {"value": None}
    day = max(known.day)
    at = known[known.day == day].set_index("place").value
    published = at.get(CITY)
    below = at.drop(CITY, errors="ignore")
    covered = [p for p in below.index if HOUSES.get(p) in below.index]
    tops = below.drop(covered)
    counted = None if tops.empty else (math.fsum(tops) if how == "sum" else math.fsum(tops) / len(tops))
    value = counted if published is None else published
    return {"value": value, "day": day, "counted": counted, "published": published, "places": set(tops.index)}


@pytest.mark.parametrize("seed", range(6))
def test_every_figure_equals_the_table(seed: int, made: Made, config: Config) -> None:
    told, done = history(seed), 0
    for cut in [*sorted(random.Random(seed).sample(range(1, len(told)), 4)), len(told)]:
        made.put(*(fact(r["key"], r["place"], r["day"], r["value"], variant=r["variant"]) for r in told[done:cut]))
        done = cut
        table = pd.DataFrame(told[:cut])
        for key, how in (("beds", "sum"), ("used", "sum"), ("wait", "mean")):
            wanted = whole(table, key, how)
            row = made.rows(key).get(CITY)
            if wanted["value"] is None:
                assert row is None
                continue
            assert row["value"] == wanted["value"], key
            assert row["start"] == round(start_of(wanted["day"]).timestamp() * 1000)
            if wanted["published"] is not None and wanted["counted"] is not None:
                checked = row["published"], row["counted"], row["difference"]
                value = wanted["published"], wanted["counted"], wanted["counted"] - wanted["published"]
                assert checked == value
            if wanted["counted"] is not None:
                assert row["places"] == len(wanted["places"])
                owed = {p for p in HOUSES if not (HOUSES[p] in wanted["places"] and p not in wanted["places"])}
                assert set(row["silent"]) >= owed - wanted["places"] - {CITY}
        pairs = table[table.key.isin(["used", "seen"])].groupby(["place", "day", "key"]).value.last().unstack("key")
        both = pairs.dropna() if {"used", "seen"} <= set(pairs) else pairs.iloc[:0]
        both = both[both.seen > 0] if len(both) else both
        if len(both):
            day = max(d for _, d in both.index)
            here = both.xs(day, level="day")
            assert made.rows("busy")[CITY]["value"] == pytest.approx(100 * here.used.sum() / here.seen.sum(), rel=1e-12)
    again = Made(config)
    again.put(*(fact(r["key"], r["place"], r["day"], r["value"], variant=r["variant"]) for r in told))
    assert again.measures() == made.measures(), "loaded at once or poll by poll"


def test_the_index_equals_pandas_and_is_graded_after_rounding(made: Made) -> None:
    chance, asked = random.Random(3), []
    for place in (NORTH, SOUTH):
        n = chance.randrange(5, 200)
        for element in ELEMENTS:
            total = sum(chance.choice([2, 3, 3, 4, 4]) for _ in range(n))
            asked.append({"place": place, "element": element, "total": total, "n": n})
            made.put(fact("score", place, date(2026, 1, 1), total / n, variant=element, n=n))
    table = pd.DataFrame(asked).groupby("element")[["total", "n"]].sum()
    wanted = round(float((table.total / table.n).sum() / 3 * 25), 2)
    rows = made.rows("index")
    assert rows[CITY]["value"] == pytest.approx(wanted, abs=0.0051)
    assert rows[CITY]["n"] == table.n.iloc[0]
    assert rows[CITY]["grade"] in "ABCD"
    assert rows[NORTH]["small"] == (asked[0]["n"] < 30)


# --- edges -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "elements", "value", "grade"),
    [
        ("1/3", [4, 4, 4], 100.0, "A"),
        ("0.333", [4, 4, 4], 99.9, "A"),
        ("1/3", [3.5322, 3.5322, 3.5322], 88.31, "A"),  # 88.305: between the bands before it is rounded
        ("1/3", [3.5321, 3.5321, 3.5321], 88.3, "B"),
        ("1/3", [1, 1, 1], 25.0, "D"),
    ],
)
def test_an_index_is_rounded_and_then_graded(
    weight: str, elements: list[float], value: float, grade: str, config: Config
) -> None:
    index = config.metrics["index"].index
    assert index is not None
    index = index.model_copy(update={"weight": weight})
    assert (index_of(index, elements), grade_of(index, value)) == (value, grade)


def test_an_index_without_one_of_its_elements_is_none(made: Made) -> None:
    made.put(*(fact("score", NORTH, date(2026, 1, 1), 3.0, variant=e, n=40) for e in ELEMENTS[:2]))
    row = made.rows("index")[NORTH]
    assert (row["value"], row["grade"], row["missing"]) == (None, None, ["elements:1"])


def test_nobody_reported_is_not_zero_and_zero_is(made: Made) -> None:
    made.put(fact("used", "a", date(2026, 3, 1), None))
    assert made.rows("used")["a"]["value"] is None
    assert CITY not in made.rows("used")
    made.put(fact("used", "a", date(2026, 3, 1), 0.0))
    assert made.rows("used")[CITY]["value"] == 0
    assert set(made.rows("used")[CITY]["silent"]) == {"b", "c", "d"}


def test_a_late_place_keeps_its_last_figure_with_its_day_and_is_not_in_the_sum(made: Made) -> None:
    made.put(fact("used", "a", date(2026, 3, 1), 5.0), fact("used", "b", date(2026, 3, 1), 7.0))
    made.put(fact("used", "a", date(2026, 3, 2), 6.0))
    rows = made.rows("used")
    assert (rows["b"]["value"], rows["b"]["reported"]) == (7, False)
    assert (rows[CITY]["value"], rows[CITY]["previous"], rows[CITY]["change"]) == (6, 12, None), "not the same places"
    made.put(fact("used", "b", date(2026, 3, 2), 9.0))
    assert made.rows("used")[CITY]["change"] == 3


def test_the_target_is_the_one_that_was_valid_then(made: Made) -> None:
    made.put(fact("beds", "a", date(2026, 3, 9), 60.0, variant="vip"))
    row = made.rows("beds")[CITY]
    assert (row["target"], row["target_from"], row["met"]) == (50, "2025-01-01", True)
    made.put(fact("beds", "a", date(2026, 3, 10), 60.0, variant="vip"))
    row = made.rows("beds")[CITY]
    assert (row["target"], row["target_set_by"], row["target_status"], row["met"]) == (70, "Wali Kota", "usulan", False)
    assert made.rows("beds")["a"]["target"] == 9, "that of each place"
    assert made.rows("beds")[NORTH]["target"] is None, "made of others: it reports nothing for itself"


def test_what_does_not_grow_evenly_has_no_pace_and_is_judged_when_its_period_is_over(made: Made) -> None:
    week = {"period_end": start_of(date(2026, 3, 9))}
    made.put(fact("calls", NORTH, date(2026, 3, 2), 6.0, **week))
    row = made.rows("calls")[CITY]
    assert (row["share"], row["pace"], row["met"]) == (60.0, None, None)
    made.put(fact("calls", NORTH, date(2026, 3, 2), 7.0, observed_at=start_of(date(2026, 3, 9)), **week))
    assert made.rows("calls")[CITY]["met"] is False


def test_pace_goes_evenly_over_the_year_and_is_silent_in_january(made: Made) -> None:
    def month(n: int, value: float, day: int) -> list[MeasurementFact]:
        start, end = start_of(date(2026, n, 1)), start_of(date(2026, n + 1, 1))
        more: dict[str, Any] = {"period_end": end, "observed_at": start + timedelta(days=day - 1)}
        return [fact("built", NORTH, date(2026, n, 1), value, **more),
                fact("planned", NORTH, date(2026, n, 1), 365.0, **more)]  # fmt: skip

    made.put(*month(1, 20, 20))
    assert made.rows("built")[NORTH]["pace"] is None
    assert made.rows("built")[NORTH]["share"] == pytest.approx(20 / 365 * 100)
    made.put(*month(3, 59, 15))  # 31 + 28 + 14 days
    row = made.rows("built")[CITY]
    assert row["pace"] == pytest.approx(59 / 73 * 100)
    assert row["projected"] == pytest.approx(295)
    assert (row["met"], row["target"], row["target_basis"]) == (False, 365, "planned")


def test_contradicting_publications_stand_side_by_side(made: Made) -> None:
    """Houses mended: 2,314 or 2,341 in 2017; totals of 6,678 and 6,248 (services.md)."""
    year = {2014: 53, 2015: 1107, 2016: 1451, 2017: 2314, 2018: 1323, 2019: 500}
    made.put(*(fact("year", CITY, date(y, 1, 1), float(v), variant="news") for y, v in year.items()))
    made.put(fact("year", CITY, date(2017, 1, 1), 2341.0, variant="paper"))
    made.put(fact("year_total", CITY, date(2019, 1, 1), 6678.0, variant="news"))
    made.put(fact("year_total", CITY, date(2018, 1, 1), 6248.0, variant="paper"))
    cells = made.measures()
    assert dict(cells["year"]["trend"][""])[round(start_of(date(2017, 1, 1)).timestamp() * 1000)] == 2341
    totals = {past["start"]: past["claims"][0] for past in cells["year_total"]["past"]}
    told = {claim["claim"]: (claim["value"], claim["counted"], claim["remainder"]) for claim in totals.values()}
    assert told == {"news": (6678, 6748, 70), "paper": (6248, 6275, 27)}, "its own 2,341 does not make its total"
    (both,) = (past["claims"] for past in cells["year"]["past"] if len(past["claims"]) > 1)
    assert [(claim["claim"], claim["difference"]) for claim in both] == [("paper", 0), ("news", -27)]


def test_two_sources_of_one_figure_are_both_kept(made: Made) -> None:
    made.put(fact("used", "a", date(2026, 3, 1), 5.0, source="prices"), fact("used", "a", date(2026, 3, 1), 8.0))
    row = made.rows("used")["a"]
    assert row["value"] == 8, "the first source of the configuration"
    assert [(c["source"], c["difference"]) for c in row["claims"]] == [("laksa", 0), ("prices", -3)]
    assert row["sources"] == ["laksa", "prices"]


def test_a_place_that_no_registry_knows_counts_in_the_whole_and_is_shown_nowhere(made: Made) -> None:
    made.put(fact("used", "a", date(2026, 3, 1), 5.0), fact("used", UNKNOWN, date(2026, 3, 1), 2.0, variant="Klinik X"))
    rows = made.rows("used")
    assert (rows[CITY]["value"], rows[CITY]["missing"]) == (7, ["unknown_place:1"])
    assert "Klinik X" not in str(made.measures())


def test_held_values_are_said_beside_the_last_good_one(made: Made) -> None:
    made.put(fact("used", "a", date(2026, 3, 1), 5.0))
    made.book.hold("laksa", ["used|a|||2026-03-02T00:00:00+00:00", "price|x|y||z"])
    assert made.rows("used")["a"]["missing"] == made.rows("used")[CITY]["missing"] == ["held:1"]
    made.book.hold("laksa", [])
    assert made.rows("used")[CITY]["missing"] == []


def test_only_what_changed_is_published_again(made: Made) -> None:
    now = datetime(2026, 3, 20, 5, tzinfo=UTC)
    day = made.calendar.day_start(now)
    assert "measures:g" in made.book.documents(day, now, whole=False)
    assert made.book.documents(day, now, whole=False) == {}
    made.put(fact("used", "a", date(2026, 3, 1), 5.0))
    assert made.book.documents(day, now, whole=False).keys() == {"measures:g"}
    made.put(fact("used", "a", date(2026, 3, 1), 5.0))
    assert made.book.documents(day, now, whole=False) == {}
