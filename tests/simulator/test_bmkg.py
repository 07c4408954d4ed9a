"""The stand-in BMKG through the room's own connectors: every district a forecast, alerts for those it names only."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.simulator.weather import Weather
from dashboard.clock import Clock
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.errors import SourceError
from tests.connectors.recorded import Example, _poll
from tests.simulator.running import DISTRICTS, Caller, running, small_config

ZONE = ZoneInfo("Asia/Jakarta")


def stormy() -> datetime:
    """A slot of the seed in which some of the three districts have heavy rain and some have none."""
    weather = Weather(7, ZONE)
    for day in range(1, 29):
        at = datetime(2026, 11, day, 9, 0, tzinfo=UTC)
        wet = [weather.slot(code, at).state in ("heavy", "storm") for code, _ in DISTRICTS]
        if 0 < sum(wet) < len(wet):
            return at.replace(minute=20)
    raise AssertionError("the seed has no such day")


async def ask(city: Caller, folder: Path, name: str, now: datetime, **options: Any) -> list[Any]:
    config = small_config(folder)
    one = Example(name, Path(f"connectors/{name}.py"), folder, Registry(config), folder)
    one.settings = {"now": now, "source": {"options": options}}
    module = importlib.import_module(f"connectors.{name}")
    given = module.Options(**options)
    payload = await _poll(module, one.source(city.url("bmkg")), given, ZONE, now, folder)
    context = ParseContext(
        source="example", options=given, words=Registry(config), zone=ZONE, numbers=NumberLocale(), fetched_at=now,
        city="36.71",
    )  # fmt: skip
    found: list[Any] = []
    for row in payload.rows:
        parsed = module.parse(row, context)
        found += parsed if isinstance(parsed, list) else [parsed]
    return found


async def test_what_the_city_serves_is_what_the_room_reads(tmp_path: Path) -> None:
    now, weather = stormy(), Weather(7, ZONE)
    async with running(tmp_path, clock=Clock.begin(now, 1)) as city:
        places = tuple(f"{code}.1001" for code, _ in DISTRICTS)
        forecast = await ask(city, tmp_path, "bmkg_forecast", now, places=places)
        await city.fault("bmkg", "duplicates", share=1.0)
        assert await ask(city, tmp_path, "bmkg_forecast", now, places=places) == forecast, (
            "no hour of rain counts twice"
        )
        await city.control("DELETE", "fault", department="bmkg")
        slot = weather.begin(now)
        states = {one.subject: one.state for one in forecast if hasattr(one, "subject")}
        wanted = {"heavy": "heavy_rain"}
        assert states == {c: wanted.get(s := weather.slot(c, slot).state, s) for c, _ in DISTRICTS}
        warnings = await ask(city, tmp_path, "bmkg_warnings", now, province="Banten")
        wet = {code for code, _ in DISTRICTS if weather.slot(code, slot).state in ("heavy", "storm")}
        assert {one.subject for one in warnings if one.state != "none"} == wet, "not one of another province"
        quakes = await ask(city, tmp_path, "bmkg_quakes", now)
        served = {row["key"] for row in (await city.control("GET", "served?department=bmkg"))["served"]}
        assert len(quakes) >= 15
        assert all(f"{quake.since:%Y-%m-%dT%H:%M:%S}+00:00" in served for quake in quakes)


async def test_a_misbehaving_bmkg_is_a_decision(tmp_path: Path) -> None:
    now = stormy()
    async with running(tmp_path, clock=Clock.begin(now, 1)) as city:
        for fault in ("html_login", "http_503", "truncated", "deep_json", "gzip_bomb", "redirect_loop", "refuse"):
            await city.fault("bmkg", fault, **({"bytes": 1 << 27} if fault == "gzip_bomb" else {}))
            for name, options in (
                ("bmkg_forecast", {"places": ("36.71.01.1001",)}), ("bmkg_warnings", {"province": "Banten"}),
                ("bmkg_quakes", {}),
            ):  # fmt: skip
                with pytest.raises(SourceError):
                    await ask(city, tmp_path, name, now, **options)
            await city.control("DELETE", "fault", department="bmkg")


async def test_planted_identities_and_hostile_text_reach_no_record(tmp_path: Path) -> None:
    now = stormy()
    async with running(tmp_path, clock=Clock.begin(now, 1)) as city:
        for fault in ("planted_identities", "hostile_text"):
            await city.fault("bmkg", fault, **({"long_word": False} if fault == "hostile_text" else {}))
        planted = (await city.control("GET", "planted"))["identities"]
        quakes = await ask(city, tmp_path, "bmkg_quakes", now)
        warnings = await ask(city, tmp_path, "bmkg_warnings", now, province="Banten")
        said = f"{quakes} {warnings}"
        assert quakes and warnings
        assert not [identity for identity in planted if identity in said]
        assert "<script>" not in said
