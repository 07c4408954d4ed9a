"""What the stand-in city says is read by the shipped connectors: no row rejected, no word unknown."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from connectors.simulator.server import Simulation
from connectors.simulator.wire import Request
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.records import UNKNOWN, Case, Measurement, Parsed

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    config = load_config(ROOT / "config.yaml")
    assert config.simulator is not None
    config = config.model_copy(update={"simulator": config.simulator.model_copy(update={"port": 0})})
    return Simulation(config, Clock.begin(NOW, 1), folder=tmp_path_factory.mktemp("sim"), token="x", env={})


async def rows(simulation: Simulation, department: str, path: str, *at: str, **query: str) -> list[Any]:
    headers = {"authorization": "Basic cjp3", "token": "x", "x-api-key": "x"}
    answer = await simulation.listeners[department]._handler(Request("GET", path, query, headers))
    body = orjson.loads(answer.body)
    for name in at:
        body = body[name]
    return list(body)


def parse(connector: str, found: list[Any], numbers: NumberLocale, **options: Any) -> list[Any]:
    module = importlib.import_module(f"connectors.{connector}")
    context = ParseContext(
        source=connector, options=module.Options(**options), words=Registry(load_config(ROOT / "config.yaml")),
        zone=ZONE, numbers=numbers, fetched_at=NOW, city="36.71",
    )  # fmt: skip
    made: list[Any] = []
    for row in found:
        result = module.parse(row, context)
        for one in result if isinstance(result, list | tuple) else [result]:
            made.append(one.record if isinstance(one, Parsed) else one)
    return made


async def test_laksa(simulation: Simulation) -> None:
    found = await rows(simulation, "laksa", "/aspirations", "data", "items", per_page="1000")
    cases = parse("laksa", found, NumberLocale())
    assert len(cases) == 1000
    assert all(isinstance(case, Case) for case in cases)
    for case in cases:
        assert UNKNOWN not in (case.department, case.district, case.subdistrict, case.category, case.status), case
        assert case.category is not None


async def test_tpid_prices(simulation: Simulation) -> None:
    query = {"from": "2026-11-21", "to": "2026-11-24"}
    found = await rows(simulation, "tpid", "/Komoditasrekapitulasi", "data", **query)
    prices = parse("tpid_prices", found, NumberLocale())
    assert len(prices) > 1000
    assert all(isinstance(price, Measurement) for price in prices)
    assert not [price.item_word for price in prices if price.item in (None, UNKNOWN) or price.place in ("", UNKNOWN)]
    assert {price.reported for price in prices} == {True, False}
