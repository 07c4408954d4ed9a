"""The tile of a kind: served per working day, and the deadlines that sources promise themselves."""

from __future__ import annotations

from typing import Any

from dashboard.config.model import Config
from dashboard.views import wall_view
from tests.live import samples
from tests.live.samples import NOW, for_walls, value

DAY = 86_400_000


def lines(config: Config, figures: dict[str, Any], kind: str = "service") -> dict[str, tuple[str, str]]:
    found = samples.documents(config)
    found[f"kpi:{kind}:city"] = found.get(f"kpi:{kind}:city", {}) | figures
    view = wall_view(found, for_walls(config), config.walls["main"], "id")
    (tile,) = [one for one in view.services if one.kind == kind]
    return {line.cells["what"]: (line.cells["value"], line.cells["more"]) for line in tile.lines}


def throughput(**more: Any) -> dict[str, Any]:
    window = {"name": "d7", "start": NOW - 6 * DAY, "end": NOW}
    return {"service.throughput.d7": value("throughput", 41.25, NOW, unit="cases_per_day", window=window, **more)}


def test_served_per_working_day_is_on_the_wall_of_services_alone(config: Config) -> None:
    shown, more = lines(config, throughput())["Per hari kerja"]
    assert shown == "41,2"
    assert "7 hari" in more
    assert "Per hari kerja" not in lines(config, throughput(), "aspiration")


def test_no_average_of_days_on_which_nobody_looked(config: Config) -> None:
    shown, more = lines(config, throughput(missing=[f"watched_from:{NOW - 7_200_000}"]))["Per hari kerja"]
    assert shown == "–"
    assert "diamati sejak" in more


def test_a_deadline_that_only_sources_promise_is_shown(config: Config) -> None:
    bare = config.model_copy(update={"policies": ()})
    name = "Dalam tenggat"
    judged = value("closed_in_time", 92.0, NOW, unit="percent", denominator=25)
    assert name not in lines(bare, {})
    assert lines(bare, {"service.closed_in_time.d30": judged})[name][0] == "92,0%"


def test_the_mean_of_a_day_leaves_out_what_is_left_of_today(config: Config) -> None:
    """Six days and a quarter have passed of the seven."""
    window = {"name": "d7", "start": NOW - 6 * DAY - DAY // 4, "end": NOW}
    received = {f"service.received.{name}": value("received", 125, NOW, window=window) for name in ("today", "d7")}
    assert "7 hari 20,0/hari" in lines(config, received)["Diterima"][1]
