"""Rain beside flood reports: the city's own districts, BMKG named, a hidden count not told, nothing known is not 0."""

from __future__ import annotations

from typing import Any

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.views_desk import Block
from dashboard.views_rain import view
from dashboard.views_words import Words
from layouts.blocks.rain import layout


def shown(config: Config, documents: dict[str, Any], lang: Any = "id") -> Block:
    block = view(Words(documents, Disclosure(Registry(config), AUDIENCES["desk"]), lang), "flood")
    assert layout(block) is not None
    return block


def status(kind: str, state: str, level: str, **attributes: Any) -> dict[str, Any]:
    row = {"district": "36.71.11", "state": state, "level": level, "attributes": attributes}
    return {f"status:{kind}": {"rows": [row], "sources": [f"bmkg_{kind}"], "missing": []}}


def test_each_district_has_its_rain_its_warning_and_its_reports(config: Config) -> None:
    measured = {"metric": "rain_hours", "rows": [{"place": "36.71.11", "value": 9.0, "silent": [], "sources": []}]}
    documents = {
        **status("weather", "storm", "poor"),
        **status("warning", "moderate", "poor"),
        "measures:weather": {"metrics": [measured]},
        "cells": {"aspiration": {"flood": {"total": 7, "districts": {"36.71.11": 5, "36.71.04": None}}}},
    }
    block = shown(config, documents)
    assert "BMKG" in block.lead[0]
    (table,) = block.tables
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.rows}
    assert len(rows) == len(config.regions.districts)
    assert rows["Pinang"] == ["△ Hujan petir", "9", "△ Sedang", "5"]
    assert rows["Benda"] == ["–", "–", "–", "tidak ditampilkan"]
    assert rows["Cipondoh"][-1] == "0"


def test_where_nothing_is_known_nothing_is_zero(config: Config) -> None:
    (table,) = shown(config, {}, "en").tables
    assert {cell.text for row in table.rows for cell in row.cells[1:]} == {"–"}
