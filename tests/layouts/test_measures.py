"""The block of reported figures: every figure says period, target and who is silent; a missed target has a mark."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.calendar import Calendar
from dashboard.config.metrics import Metric
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.facts import MeasurementFact
from dashboard.kpi.measures import MeasureBook
from dashboard.records import Measurement
from dashboard.views_measures import view
from dashboard.views_words import Words
from layouts.blocks.measures import layout
from tests.config.factory import small_config

NOW = datetime(2026, 3, 20, 5, tzinfo=UTC)
DAY = datetime(2026, 3, 19, 17, tzinfo=UTC)


def label(text: str) -> dict[str, str]:
    return {"id": text, "en": text}


@pytest.fixture
def config() -> Config:
    target: dict[str, Any] = {"value": 80, "valid_from": "2026-01-01", "set_by": "Wali Kota", "basis": "SK 7/2026"}
    base = {"group": "g", "unit": "beds", "definition": label("Arti"), "places": "district", "aggregation": "sum"}
    return small_config(
        measure_groups={"g": label("Kelompok")},
        metrics={
            "beds": {
                **base,
                "label": label("Ranjang"),
                "better": "up",
                "targets": [{**target, "status": "ditetapkan"}],
            },
            "seats": {**base, "label": label("Kursi"), "better": "up", "targets": [{**target, "status": "usulan"}]},
            "secret": {**base, "label": label("Rahasia"), "visibility": "confidential"},
            "behind": {**base, "label": label("Penyebut"), "support": True},
            "said": {**base, "label": label("Terbitan"), "variants": "claims", "aggregation": "none", "period": "day"},
        },
    )


def fact(metric: str, place: str, value: float | None, variant: str = "", source: str = "laksa") -> MeasurementFact:
    record = Measurement(metric=metric, place=place, period_start=DAY, period_end=DAY + timedelta(days=1), value=value,
                         unit="beds", variant=variant, reported=value is not None, observed_at=NOW)  # fmt: skip
    return MeasurementFact(source=source, provenance="simulated", record=record, version=1, seen_at=NOW)


def words(config: Config, *facts: MeasurementFact) -> Words:
    registry = Registry(config)
    calendar = Calendar(config)
    book = MeasureBook(registry, calendar)
    book.put(facts)
    documents: dict[str, Any] = dict(book.documents(calendar.day_start(NOW), NOW, whole=True))
    documents["meta"] = {"as_of": round(NOW.timestamp() * 1000)}
    return Words(documents, Disclosure(registry, frozenset({"wall", "desk"})), "id")


FACTS = [
    fact("beds", "99.01.01", 30.0), fact("seats", "99.01.01", 30.0), fact("secret", "99.01.01", 6.0),
    fact("behind", "99.01.01", 5.0), fact("said", "99.01", 2341.0, "koran"), fact("said", "99.01", 2314.0, "situs"),
]  # fmt: skip


def test_a_figure_says_period_target_verdict_and_who_is_silent(config: Config) -> None:
    shown = view(words(config, *FACTS), "g")
    beds, seats, *_ = shown.figures
    assert (beds.value, beds.state, beds.mark) == ("30", "missed", "▼")
    assert "target 80" in beds.more
    assert "1/2 melapor" in beds.more
    assert dict(beds.about)["belum melapor"] == "Selatan"
    assert "SK 7/2026 · Wali Kota" in dict(beds.about)["Target"]
    assert (seats.state, seats.mark) == ("calm", ""), "a proposed target never accuses"
    assert "target 80 (usulan)" in seats.more
    assert "di bawah target" in seats.more


def test_what_a_figure_is_made_of_is_a_table_and_a_few_parts_stand_with_it(config: Config) -> None:
    items = {"icu": label("ICU"), "vip": label("VIP")}
    parted = {**config.metrics["beds"].model_dump(), "variants": "parts", "items": items}
    metrics = {**config.metrics, "beds": Metric.model_validate(parted)}
    facts = [fact("beds", "99.01.01", 3.0, "vip"), fact("beds", "99.01.01", 2.0, "icu")]
    facts.append(fact("beds", "99.01.02", 1.0, "vip"))
    found = view(words(config.model_copy(update={"metrics": metrics}), *facts), "g")
    assert "g-parts" not in {table.key for table in found.tables}, "they stand with the figure"
    (beds,) = (figure for figure in found.figures if figure.label == "Ranjang")
    assert beds.value == "6" and beds.more[-2:] == ("ICU 2", "VIP 4")
    metrics["seats"] = Metric.model_validate(
        {**config.metrics["seats"].model_dump(), "variants": "parts", "items": items}
    )
    facts.append(fact("seats", "99.01.01", 7.0, "vip"))
    found = view(words(config.model_copy(update={"metrics": metrics}), *facts), "g")
    table = next(table for table in found.tables if table.key == "g-parts")
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["ICU", "2", "–"], ["VIP", "4", "7"]]


def test_a_change_says_what_it_is_against(config: Config) -> None:
    before = fact("beds", "99.01.01", 100.0)
    old = replace(before, record=replace(before.record, period_start=DAY - timedelta(days=1), period_end=DAY))
    beds = view(words(config, old, fact("beds", "99.01.01", 30.0)), "g").figures[0]
    assert "−70 terhadap 19 Mar" in beds.more


def test_what_is_not_for_desks_and_what_stands_behind_is_not_shown(config: Config) -> None:
    text = str(layout(view(words(config, *FACTS), "g")))
    assert "Rahasia" not in text
    assert "Penyebut:" not in text
    assert "Ranjang" in text


def test_publications_stand_side_by_side_with_their_difference(config: Config) -> None:
    table = next(table for table in view(words(config, *FACTS), "g").tables if table.key == "g-publications")
    said = {row.cells[2].text: (row.cells[3].text, row.cells[4].text) for row in table.rows}
    assert said == {"koran": ("2.341", "yang ditampilkan"), "situs": ("2.314", "▲ −27")}


def test_nothing_reported_yet_is_said(config: Config) -> None:
    shown = view(words(config), "g")
    assert shown.figures == ()
    (targets,) = shown.tables
    assert [row.cells[4].text for row in targets.rows] == ["Wali Kota", "Wali Kota"]


def test_the_districts_stand_on_a_map_by_their_pace(config: Config) -> None:
    """In words as well as in colour; the table by place stands behind it."""
    metrics = {**config.metrics, "beds": config.metrics["beds"].model_copy(update={"cumulative": "year"})}
    counted = config.model_copy(update={"metrics": metrics})
    found = view(words(counted, fact("beds", "99.01.01", 80.0), fact("beds", "99.01.02", 2.0)), "g")
    assert found.images == (), "a target of the city says nothing of a district"
    target = metrics["beds"].targets[0].model_copy(update={"place": "*"})
    metrics["beds"] = metrics["beds"].model_copy(update={"targets": (target,)})
    counted = config.model_copy(update={"metrics": metrics})
    found = view(words(counted, fact("beds", "99.01.01", 80.0), fact("beds", "99.01.02", 2.0)), "g")
    ((title, address),) = found.images
    picture = b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    assert "Ranjang" in title
    assert picture.count("<polygon") == 2
    assert "▼" in picture
    assert "g-places" in {table.key for table in found.tables}
