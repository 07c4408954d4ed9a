"""The NYC 311 requests through ``csv_file`` and the whole room: medians, no negative time, one case for each key."""

from __future__ import annotations

import csv
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.facts import CaseFact
from tests.realdata.rooms import Room


@pytest.fixture(scope="module")
def recorded(realdata: Path) -> pd.DataFrame:
    """Both files, one row for each key, read by pandas alone."""
    names = ("nyc_311_2025_01_clean_sample.csv", "nyc_311_sample_100.csv")
    frames = [pd.read_csv(realdata / "nyc311" / name) for name in names]
    assert [len(frame) for frame in frames] == [500, 100]
    both = pd.concat(frames)
    for name in ("created_date", "closed_date"):
        both[name] = pd.to_datetime(both[name], format="ISO8601")
    return both.drop_duplicates("unique_key")


@pytest.fixture(scope="module")
def facts(new_york: Room) -> list[CaseFact]:
    new_york.taken()
    with new_york.history() as history:
        return history.facts()


def test_each_key_is_one_case(new_york: Room, facts: list[CaseFact], recorded: pd.DataFrame) -> None:
    source = new_york.taken()["nyc311"]
    assert (source["rows"], source["rejected"]) == (600, 0)
    assert len(facts) == len(recorded) == 561, "39 keys stand in both files"
    assert {int(fact.record.key) for fact in facts} == set(recorded.unique_key)
    assert all(fact.version == 1 for fact in facts), "reading a key twice is no change"


def test_what_the_quality_report_says_is_what_came_out(
    realdata: Path, new_york: Room, facts: list[CaseFact], recorded: pd.DataFrame
) -> None:
    with (realdata / "nyc311" / "report_data_quality_report.csv").open(encoding="utf-8") as file:
        report = {row["rule"]: (int(row["failure_count"]), int(row["total_rows"])) for row in csv.DictReader(file)}
    assert report["invalid_date_sequence"] == (97, 348_180), "of the whole month; the sample has none of them"
    assert (
        sum(fact.invalid_sequence for fact in facts) == int((recorded.closed_date < recorded.created_date).sum()) == 0
    )
    for rule in ("unique_key_missing", "created_date_missing", "agency_missing", "complaint_type_missing"):
        assert report[rule][0] == 0
    assert all(fact.record.category_word and fact.record.department_word for fact in facts)
    assert all(fact.record.district not in (None, "unknown") for fact in facts), "missing_borough 0"
    unknown = new_york.taken()["nyc311"]["unknown_words"]
    known = {"Noise - Residential", "Illegal Parking"}
    assert set(unknown) <= {"category", "department"} and not known & set(map(str, unknown))


def test_medians_and_not_means(new_york: Room, recorded: pd.DataFrame) -> None:
    closed = recorded[recorded.closed_date.notna()]
    seconds = (closed.closed_date - closed.created_date).dt.total_seconds().sort_values().tolist()
    assert len(seconds) == 559 and min(seconds) == 0.0, "two were closed in the second they were opened"

    def counted() -> Any:
        kpis = new_york.get("/api/v1/kpis?scope=city")["kpis"]
        return kpis if (kpis.get("aspiration.received.year") or {}).get("value") else None

    kpis = new_york.until(counted)
    assert kpis["aspiration.received.year"]["value"] == 561
    median, p90 = (kpis[f"aspiration.resolution_{name}_declared.year"] for name in ("median", "p90"))
    assert (median["n"], median["value"]) == (559, seconds[len(seconds) // 2])
    assert p90["value"] == seconds[ceil(0.9 * len(seconds)) - 1], "the nearest rank: a time that a case really took"
    mean = sum(seconds) / len(seconds)
    assert mean > 25 * median["value"], "a mean of these says 22 hours where half took under 45 minutes"
    observed = kpis["aspiration.resolution_median.year"]
    assert (observed["value"], observed["n"]) == (None, 0), "the room saw none of them happen"


def test_a_case_closed_before_it_was_created_is_marked(realdata: Path, exchanged: Room) -> None:
    """The sample has none of the 97: two real rows with their dates exchanged."""
    path = realdata / "nyc311" / "nyc_311_2025_01_clean_sample.csv"
    table = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))[:6]
    exchanged.taken()
    with exchanged.history() as history:
        marked = {fact.record.key for fact in history.facts() if fact.invalid_sequence}
    assert marked == {row["unique_key"] for row in table[:2]}
    median = exchanged.until(
        lambda: exchanged.get("/api/v1/kpis?scope=city")["kpis"]["aspiration.resolution_median_declared.year"]
    )
    assert median["n"] == 4, "a time that ran backwards is no time"
    assert median["value"] > 0
