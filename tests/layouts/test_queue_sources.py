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
    found["kpi:city"]["aspiration.open.now"] = value("open", 193, NOW, sources=sources)
    return found


def marks(config: Config, sources: list[str]) -> dict[str, str]:
    shown = wall_view(documents(config, sources), for_walls(config), config.walls["main"], "id")
    return {line.cells["number"]: line.cells["marks"] for line in shown.queue.lines}


def test_a_row_of_the_second_system_says_so_on_the_wall(config: Config) -> None:
    both = marks(config, ["laksa", "lapor"])
    assert both and all(("LAPOR!" in text) == (int(number) % 2 == 1) for number, text in both.items())
    assert not any("LAPOR!" in text or "LAKSA" in text for text in marks(config, ["laksa"]).values())


def test_and_on_a_desk(config: Config) -> None:
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    block = view(Words(documents(config, ["laksa", "lapor"]), told, "id"), "aspiration")
    (queue,) = (table for table in block.tables if table.key == "aspiration-queue")
    for row in queue.rows:
        assert ("LAPOR!" in row.cells[0].more) == (int(row.cells[0].text) % 2 == 1)
