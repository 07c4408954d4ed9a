"""Scenario 50: published totals that do not add up are shown with the difference, and nothing is corrected."""

from __future__ import annotations

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.views_published import view
from dashboard.views_words import Words
from layouts.blocks.published import layout
from tests.config.factory import small_config


def shown(config: Config) -> dict[str, dict[str, str]]:
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    block = view(Words({"meta": {"as_of": 1_795_500_332_000}}, told, "id"), "aspiration")
    assert layout(block) is not None
    (table,) = block.tables
    keys = [column.key for column in table.columns]
    return {row.cells[0].text: dict(zip(keys, (cell.text for cell in row.cells), strict=True)) for row in table.rows}


def test_laksa_of_april_2025_has_forty_too_many(config: Config) -> None:
    (april,) = (row for name, row in shown(config).items() if "Apr" in name)
    assert (april["received"], april["closed"], april["in_process"], april["waiting"]) == (
        "3.986",
        "3.824",
        "27",
        "175",
    )
    assert april["explained"] == "4.026"
    assert april["difference"].endswith(" +40"), "behind a mark"
    assert april["stated"] == "95,50%" and april["reckoned"].endswith("95,94%")


def test_a_share_that_is_not_that_of_its_own_numbers_is_marked(config: Config) -> None:
    rows = list(shown(config).values())
    december, *_, year_2024 = rows
    assert december["difference"].endswith("−200")
    assert december["reckoned"] == "96,59%", "it is right: no mark"
    assert year_2024["difference"] == "0"
    assert year_2024["reckoned"].endswith("95,78%") and year_2024["reckoned"] != "95,78%"


def test_a_kind_that_nobody_may_see_is_not_told_of(config: Config) -> None:
    kinds = {name: kind.model_copy(update={"visibility": "confidential"}) for name, kind in config.kinds.items()}
    assert shown(config.model_copy(update={"kinds": kinds})) == {}


def test_a_city_that_published_nothing_has_none() -> None:
    assert small_config().published_totals == ()
