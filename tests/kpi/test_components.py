"""Score cards against plain pandas over the published documents, and their edges: caps, gaps, targets that moved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.facts import MeasurementFact
from dashboard.kpi.components import ScoreCards, performance
from dashboard.kpi.measures import MeasureBook
from dashboard.records import Measurement
from tests.config.factory import small_config

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)


def label(text: str) -> dict[str, str]:
    return {"id": text, "en": text}


def target(value: float, since: str, by: str = "Wali Kota") -> dict[str, Any]:
    return {"value": value, "valid_from": since, "set_by": by, "basis": "SK", "status": "ditetapkan"}


@pytest.fixture
def config() -> Config:
    base = {"group": "g", "unit": "u", "definition": label("x"), "label": label("x")}
    return small_config(
        measure_groups={"g": label("G")},
        metrics={
            "up": {**base, "better": "up", "targets": [target(50, "2025-01-01", "Sekda"), target(80, "2026-06-01")]},
            "down": {**base, "better": "down", "targets": [target(30, "2025-01-01")]},
            "desk": {**base, "better": "up", "visibility": "desk", "targets": [target(10, "2025-01-01")]},
            "few": {**base, "better": "up", "min_n": 30, "targets": [target(10, "2025-01-01")]},
        },
        components={
            "first": {"label": label("Satu"), "parts": [
                {"measure": "up", "weight": 2}, {"measure": "down", "weight": 1},
                {"figure": "aspiration.closed_in_time.d30", "weight": 1, "targets": [target(90, "2026-01-01")]},
            ]},
            "second": {"label": label("Dua"), "least": 0.5, "parts": [
                {"measure": "desk"}, {"awaited": label("Bus")}, {"measure": "few"},
            ]},
        },
    )  # fmt: skip


def told(config: Config, values: dict[str, float | None], city: dict[str, Any] | None = None, n: int = 5) -> Any:
    registry = Registry(config)
    calendar = Calendar(config)
    book = MeasureBook(registry, calendar)
    day = calendar.day_start(NOW)
    facts = [
        MeasurementFact(
            source="laksa", provenance="simulated", version=1, seen_at=NOW,
            record=Measurement(metric=key, place="99.01", period_start=day, period_end=NOW, value=value, unit="u",
                               reported=value is not None, n=n),
        )
        for key, value in values.items()
    ]  # fmt: skip
    book.put(facts)
    published = {**book.documents(day, NOW, whole=True), "kpi:aspiration:city": city or {}}
    return ScoreCards(config, calendar, book).document(published, {"rows": []}, NOW)["components"]  # type: ignore[typeddict-item]


def figure(value: float) -> dict[str, Any]:
    return {"value": value, "data_at": 1, "missing": ["watched_from:1", "uncertain:2"], "sources": ["laksa"]}


def test_the_score_is_the_mean_by_weight_of_capped_performances(config: Config) -> None:
    found = told(config, {"up": 60.0, "down": 20.0}, {"aspiration.closed_in_time.d30": figure(72.0)})
    card = found["components"]["first"]
    table = pd.DataFrame(
        [{"p": 60 / 80 * 100, "w": 2}, {"p": min(100, 30 / 20 * 100), "w": 1}, {"p": 72 / 90 * 100, "w": 1}]
    )
    assert card["score"] == pytest.approx((table.p * table.w).sum() / table.w.sum())
    assert (card["covered"], card["proposed"]) == (1, 0)
    up, _, counted = card["parts"]
    assert [(t["value"], t["set_by"]) for t in up["targets"]] == [(80, "Wali Kota"), (50, "Sekda")], "who moved it"
    assert (counted["missing"], counted["target"]) == (["uncertain:2"], 90)


def test_what_nobody_measures_takes_its_weight_out_and_too_little_gives_no_score(config: Config) -> None:
    found = told(config, {"up": 60.0})["components"]
    assert found["first"]["covered"] == 0.5
    assert found["first"]["score"] == 75
    assert [part["performance"] for part in found["first"]["parts"]] == [75, None, None]
    assert (found["second"]["score"], found["second"]["covered"]) == (None, 0)


def test_few_people_and_awaited_parts_have_no_performance(config: Config) -> None:
    found = told(config, {"desk": 20.0, "few": 20.0}, n=7)["components"]["second"]
    assert [(part["key"], part["performance"]) for part in found["parts"]] == [
        ("desk", 100),
        ("Bus", None),
        ("few", None),
    ]
    assert found["score"] is None, "a third of the weight is not half of it"


def test_a_reader_who_may_not_see_a_part_sees_no_score_made_of_it(config: Config) -> None:
    found = {"components": told(config, {"desk": 20.0, "few": 20.0}, n=40), "meta": {}}
    desk, wall = (Disclosure(Registry(config), frozenset(levels)) for levels in (("wall", "desk"), ("wall",)))
    whole, less = (
        told_to.documents(found)["components"]["components"]["second"]
        for told_to in (desk, wall)  # type: ignore[attr-defined]
    )
    assert whole["score"] == 100
    assert (less["score"], [part["key"] for part in less["parts"]]) == (None, ["Bus", "few"])


@pytest.mark.parametrize(
    ("value", "aim", "better", "wanted"),
    [(120, 100, "up", 100), (0, 100, "up", 0), (-5, 100, "up", 0), (10, 0, "up", None), (10, None, "up", None),
     (0, 30, "down", 100), (60, 30, "down", 50), (60, 0, "down", 0), (5, 5, "none", None), (None, 5, "up", None)],
)  # fmt: skip
def test_performance_is_capped_and_never_guessed(
    value: float | None, aim: float | None, better: str, wanted: float | None
) -> None:
    assert performance(value, aim, better, 100) == wanted
