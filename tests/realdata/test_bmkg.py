"""The recorded answers of BMKG: a forecast, earthquakes by UTC and WIB, an alert for Banten that is no alarm here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import Payload
from dashboard.errors import SourceChanged
from dashboard.records import Measurement, Status
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import PAYLOADS, ROOT, Example, served

LIST = "/alerts/nowcast/id"
ANSWERS = [
    {"path": "/publik/prakiraan-cuaca", "file": "forecast_response.json"},
    *({"path": f"/DataMKG/TEWS/{name}.json", "file": f"{name}.json"}
      for name in ("autogempa", "gempaterkini", "gempadirasakan")),
    {"path": f"{LIST}/rss.xml", "file": "rss_active.xml"},
    {"path": f"{LIST}/CBT20260216004_alert.xml", "file": "cap_banten.xml"},
    {"path": f"{LIST}/CJG20260216005_alert.xml", "file": "cap_jateng.xml"},
]  # fmt: skip
Ask = Callable[..., tuple[Payload, list[Any]]]


@pytest.fixture
def ask(realdata: Path, config: Config, tmp_path: Path) -> Ask:
    folder = tmp_path / "bmkg"
    folder.mkdir()
    for path in (realdata / "bmkg").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())

    def poll(
        name: str, options: dict[str, Any], now: str, changes: dict[str, Callable[[str], str]] | None = None
    ) -> Any:
        for file, change in (changes or {}).items():
            (folder / file).write_text(change((folder / file).read_text(encoding="utf-8")), encoding="utf-8")
        manifest = tmp_path / "replay.yaml"
        manifest.write_text(yaml.safe_dump({"answers": ANSWERS}))
        one = Example(name, ROOT / "connectors" / f"{name}.py", PAYLOADS / name, Registry(config), tmp_path)
        one.settings["source"], one.settings["now"] = {"options": options}, now
        with served(replay_app(recorded_answers(folder, manifest))) as url:
            payload = one.poll(url)
        found: list[Any] = []
        for row in payload.rows:
            parsed = one.module.parse(row, one.parse_context())
            found += parsed if isinstance(parsed, list) else [parsed]
        return payload, found

    return poll


def warned(found: list[Status]) -> dict[str, str]:
    return {status.subject: status.state for status in found if status.state != "none"}


NIGHT = "2026-02-17T00:10:00+07:00"
BANTEN: dict[str, Any] = {"province": "Banten"}


def test_an_alert_for_banten_that_names_none_of_our_districts_is_no_alarm(ask: Ask, config: Config) -> None:
    payload, found = ask("bmkg_warnings", BANTEN, NIGHT)
    assert len(payload.rows[0]["alerts"]) == 1, "of the three in the list, ours is Banten's"
    assert {status.subject for status in found} == {district.code for district in config.regions.districts}
    assert warned(found) == {}


def test_the_same_alert_is_one_when_it_names_or_draws_a_district(ask: Ask) -> None:
    named = {"cap_banten.xml": lambda text: text.replace("Cibeber,", "Karang Tengah, Benda,")}
    _, found = ask("bmkg_warnings", BANTEN, NIGHT, named)
    assert warned(found) == {"36.71.12": "moderate", "36.71.04": "moderate"}
    one = next(status for status in found if status.subject == "36.71.04")
    assert dict(one.attributes) == {"event": "rain_and_lightning", "until": "2026-02-16T19:00:00+00:00"}
    assert one.since == datetime(2026, 2, 16, 16, 0, tzinfo=UTC), "23.00 WIB"


def test_a_polygon_is_read_as_lat_lon(ask: Ask) -> None:
    square = "-6.18,106.67 -6.18,106.69 -6.20,106.69 -6.20,106.67 -6.18,106.67"
    drawn = {
        "cap_banten.xml": lambda text: re.sub(r"<polygon>-5\.981.*?</polygon>", f"<polygon>{square}</polygon>", text)
    }
    _, found = ask("bmkg_warnings", BANTEN, NIGHT, drawn)
    assert warned(found) == {"36.71.05": "moderate"}, "the middle of Cipondoh"
    turned = {"cap_banten.xml": lambda text: text.replace(square, " ".join(
        ",".join(reversed(pair.split(","))) for pair in square.split()))}  # fmt: skip
    _, found = ask("bmkg_warnings", BANTEN, NIGHT, turned)
    assert warned(found) == {}, "lon,lat is no place of ours"


def test_another_province_that_names_a_district_called_like_ours_is_no_alarm(ask: Ask) -> None:
    changes = {
        "cap_jateng.xml": lambda text: text.replace("Wiradesa,", "Larangan, Wiradesa,"),
        "rss_active.xml": lambda text: text.replace("CBT20260216004_alert.xml", "CJG20260216005_alert.xml"),
    }
    payload, found = ask("bmkg_warnings", BANTEN, NIGHT, changes)
    assert payload.rows[0]["alerts"], "it is even in the list of Banten"
    assert warned(found) == {}


def test_an_alert_ends_by_its_own_time_and_an_exercise_is_none(ask: Ask) -> None:
    named = {"cap_banten.xml": lambda text: text.replace("Cibeber,", "Benda,")}
    _, found = ask("bmkg_warnings", BANTEN, NIGHT, named)
    assert warned(found)
    payload, found = ask("bmkg_warnings", BANTEN, "2026-02-17T02:00:00+07:00")
    assert (payload.rows[0]["alerts"], warned(found)) == ([], {})
    _, found = ask("bmkg_warnings", BANTEN, NIGHT, {"cap_banten.xml": lambda t: t.replace("Actual", "Exercise")})
    assert warned(found) == {}


@pytest.mark.parametrize(
    "planted",
    [
        lambda text: text.replace("<rss", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss'),
        lambda text: text[: len(text) // 2],
        lambda text: "<" + "a>" * 3 + "<b>" * 200,
    ],
)
def test_hostile_xml_is_refused_and_nothing_is_expanded(ask: Ask, planted: Callable[[str], str]) -> None:
    with pytest.raises(SourceChanged):
        ask("bmkg_warnings", BANTEN, NIGHT, {"rss_active.xml": planted})


def test_earthquakes_stand_by_utc_with_their_distance(ask: Ask) -> None:
    payload, found = ask("bmkg_quakes", {}, "2026-02-16T14:00:00+07:00")
    assert len(payload.rows) == 3, "one stands in all three lists"
    by_time = {status.since: dict(status.attributes) | {"state": status.state} for status in found}
    java = by_time[datetime(2026, 2, 16, 6, 15, 30, tzinfo=UTC)]
    assert (java["magnitude"], java["depth_km"], java["felt"], java["tsunami"]) == (5.4, 10.0, True, False)
    assert 330 <= java["distance_km"] <= 350 and java["state"] == "regional", "Pekalongan"
    bali = by_time[datetime(2026, 2, 16, 3, 22, 15, tzinfo=UTC)]
    assert 980 <= bali["distance_km"] <= 1010 and bali["state"] == "far"
    assert "Pekalongan" not in repr(found), "no text of the source is kept"


def test_a_time_whose_utc_and_wib_disagree_is_refused(ask: Ask) -> None:
    wrong = {
        name: (lambda text: text.replace("2026-02-15T01:45:00+00:00", "2026-02-15T08:45:00+00:00"))
        for name in ("gempadirasakan.json",)
    }
    with pytest.raises(Exception, match="DateTime: is not the same instant"):
        ask("bmkg_quakes", {"feeds": ["gempadirasakan"]}, "2026-02-16T14:00:00+07:00", wrong)


def test_the_forecast_of_another_city_is_refused_and_our_own_is_read(ask: Ask) -> None:
    with pytest.raises(Exception, match="kecamatan: is no district of the city"):
        ask("bmkg_forecast", {"places": ["33.26.16.1001"]}, "2026-02-16T13:30:00+07:00")
    ours = {"forecast_response.json": lambda text: text.replace("Wiradesa", "Periuk")}
    _, found = ask("bmkg_forecast", {"places": ["33.26.16.1001"]}, "2026-02-16T13:30:00+07:00", ours)
    (status,) = [one for one in found if isinstance(one, Status)]
    said = dict(status.attributes)
    assert (status.subject, status.state) == ("36.71.08", "clear"), "13.00-16.00 WIB: code 1"
    assert status.since == datetime(2026, 2, 16, 6, 0, tzinfo=UTC)
    assert (said["temperature"], said["humidity"], said["worst"], said["rain_at"]) == (31.0, 70.0, "haze", None)
    figures = {one.metric: one.value for one in found if isinstance(one, Measurement)}
    assert figures == {"temperature": 31.0, "humidity": 70.0, "wind": 10.0, "rain_hours": 0.0}
