"""One queue of two systems: a row of the second says which it came from, on a wall and on a desk."""

from __future__ import annotations

from typing import Any

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.views import wall_view
from dashboard.views_cases import view
from dashboard.views_words import Words
from tests.live import samples
from tests.live.samples import NOW, for_walls, value


def documents(config: Config, sources: list[str]) -> dict[str, Any]:
    found = samples.documents(config)
    for row in found["queue:aspiration"]["rows"]:
        row["source"] = sources[row["number"] % len(sources)]
    found["kpi:aspiration:city"]["aspiration.open.now"] = value("open", 193, NOW, sources=sources)
    return found


def marks(config: Config, sources: list[str]) -> dict[str, str]:
    shown = wall_view(documents(config, sources), for_walls(config), config.walls["main"], "id")
    return {line.cells["number"]: line.cells["marks"] for line in shown.queue.lines}


def test_a_row_of_the_second_system_says_so_on_the_wall(config: Config) -> None:
    both = marks(config, ["laksa", "lapor"])
    assert both and all(("LAPOR!" in text) == (int(number) % 2 == 1) for number, text in both.items())
    assert not any("LAPOR!" in text or "LAKSA" in text for text in marks(config, ["laksa"]).values())


def test_a_district_counts_what_is_late_by_either_sort_of_deadline(config: Config) -> None:
    """LAPOR!'s are established, LAKSA's are not: together, said to be partly proposed, and never red."""
    found = documents(config, ["laksa", "lapor"])
    first = config.regions.districts[0].code
    for key, late in (("overdue", 4), ("overdue_proposed", 2)):
        found[f"kpi:aspiration:district:{first}"][f"aspiration.{key}.now"] = value(key, late, NOW)
        found["kpi:aspiration:city"][f"aspiration.{key}.now"] = value(key, 10, NOW)
    found[f"kpi:aspiration:district:{first}"]["aspiration.open.now"] = value("open", 9, NOW)
    shown = wall_view(found, for_walls(config), config.walls["main"], "id").districts
    line = next(line for line in shown.lines if line.cells["code"] == first)
    assert (line.cells["figure"], line.state) == ("6/9", "far proposed")
    assert shown.titles[0] == "Lewat tenggat, sebagian usulan / terbuka"


def test_what_the_room_has_not_seen_is_the_sources_word_and_said_to_be(config: Config) -> None:
    found = documents(config, ["laksa", "lapor"])
    sources = {"sources": ["laksa"], "missing": [f"watched_from:{NOW - 60_000}"]}
    found["kpi:aspiration:city"] |= {
        "aspiration.resolution_median.d30": value("resolution_median", None, NOW, unit="seconds", **sources) | {"n": 0},
        "aspiration.resolution_median_declared.d30": value("resolution_median_declared", 7200, NOW, unit="seconds"),
        "aspiration.closed.today": value("closed", 0, NOW, **sources),
        "aspiration.closed.d7": value("closed", 0, NOW, **sources),
        "aspiration.closed_declared.d7": value("closed_declared", 251, NOW),
    }
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    figures = {figure.label: figure for figure in view(Words(found, told, "id"), "aspiration").figures}
    assert figures["Median penyelesaian (versi sumber)"].value.startswith("2")
    assert "7 hari 251 (menurut sumber)" in figures["Selesai"].more


def test_and_on_a_desk(config: Config) -> None:
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    block = view(Words(documents(config, ["laksa", "lapor"]), told, "id"), "aspiration")
    (queue,) = (table for table in block.tables if table.key == "aspiration-queue")
    for row in queue.rows:
        assert ("LAPOR!" in row.cells[0].more) == (int(row.cells[0].text) % 2 == 1)
