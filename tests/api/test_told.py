"""Visibility of kind, figure, category, department and source, judged once and held on every face: the wall's first
paint and its live slots, the desk's page, the API and its tables."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.access import AUDIENCES, LOCAL
from dashboard.config.model import Config, KpiSetting
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.history import History
from dashboard.i18n import LANGS
from dashboard.views import wall_view
from layouts import sources as sources_page
from layouts import wall_main
from layouts.typography import measure
from tests.api.conftest import PlacedConnector, published
from tests.ingest.served import PriceConnector, Room, row, rows

DISTRICT = "36.71.01"
Change = Callable[[Config], Config]


def kind(name: str, level: str) -> Change:
    return lambda c: c.model_copy(
        update={"kinds": {**c.kinds, name: c.kinds[name].model_copy(update={"visibility": level})}}
    )


def figure(key: str, level: str) -> Change:
    return lambda c: c.model_copy(update={"kpis": {key: KpiSetting.model_validate({"visibility": level})}})


def entry(section: str, name: str, level: str) -> Change:
    def change(config: Config) -> Config:
        key = {"categories": "code", "departments": "abbr", "sources": "id"}[section]
        found = tuple(
            one.model_copy(update={"visibility": level}) if getattr(one, key) == name else one
            for one in getattr(config, section)
        )
        return config.model_copy(update={section: found})

    return change


@pytest.fixture
def town(make_room: Callable[[History], Room], sqlite_history: History) -> Room:
    """Cases of two kinds from two sources, prices from one; stored while everything was open to walls."""
    room = make_room(sqlite_history)
    room.connector = PlacedConnector()
    roads = [
        row(f"A{n}", "selesai" if n > 7 else "menunggu", -60 * n, district=DISTRICT, opd="DPUPR") for n in range(9)
    ]
    room.poll([*roads, row("F1", opened=-60 * 24 * 60, category="Banjir", district=DISTRICT)], 0)
    room.source_id = "permits"
    room.poll(rows(3, kind="permit", category="billboard_permit"), 1)
    room.connector, room.source_id = PriceConnector(), "tpid_prices"
    room.poll([{"item": "egg", "place": "anyar", "day": day, "value": 28_000} for day in range(2)], 2)
    return room


class Faces:
    """Everything a room with another configuration shows of the documents that were published before."""

    def __init__(self, town: Room, change: Change, asker_of: Any, at: float = 3 * 24 * 60) -> None:
        documents = published(town, at)
        town.config = change(town.config)
        self.config, self.documents = town.config, documents
        self.asker = asker_of(town, at)
        self.asker.shelf.documents = documents
        self.told = {name: Disclosure(Registry(self.config), levels) for name, levels in AUDIENCES.items()}

    def wall(self) -> Any:
        return wall_view(self.documents, self.told["wall"], self.config.walls["main"], "en")

    def paint(self) -> str:
        """First paint and every live slot of every wall, in both languages."""
        found = ""
        for wall in self.config.walls.values():
            for lang in LANGS:
                view, size = wall_view(self.documents, self.told["wall"], wall, lang), measure(wall)
                found += str(wall_main.layout(view, size, {}).to_plotly_json()) + str(wall_main.props(view, size))
        return found

    def desk(self) -> str:
        told = self.told["desk"].documents(self.documents)
        return str(sources_page.layout(told, Registry(self.config), "en").to_plotly_json())

    def table(self, name: str) -> list[dict[str, str]]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        asked = {"path": f"/api/v1/{name}.csv", "query_string": b"", "principal": LOCAL}
        asyncio.run(self.asker.api.handle(asked, None, send))
        assert sent[0]["status"] == 200
        return list(csv.DictReader(io.StringIO(sent[1]["body"].decode("utf-8-sig"), newline="")))


@pytest.fixture
def faces(town: Room, asker_of: Any) -> Callable[[Change], Faces]:
    return lambda change: Faces(town, change, asker_of)


def test_as_published_everything_is_told(faces: Callable[[Change], Faces]) -> None:
    """What the others miss is there when nothing is withheld."""
    shown = faces(lambda config: config)
    wall, paint = shown.wall(), shown.paint()
    assert [tile.kind for tile in wall.services] == ["aspiration", "permit", "service"]
    assert wall.tiles >= {"queue", "today", "stock", "districts", "services", "prices"}
    assert "Damaged road" in paint and "Flood" in paint and "LAKSA" in paint and "28.000" in paint
    assert {f.split(".")[0] for f in shown.asker.get("kpis")["kpis"]} >= {"aspiration", "permit", "service"}
    assert "laksa" in shown.desk()


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_a_kind(faces: Callable[[Change], Faces], level: str) -> None:
    shown = faces(kind("permit", level))
    wall = shown.wall()
    assert [tile.kind for tile in wall.services] == ["aspiration", "service"]
    shown.paint()
    told = shown.asker.get("kpis")["kpis"]
    assert any(key.startswith("permit.") for key in told) == (level == "desk")
    answer = shown.asker.get("cases")
    assert ("permit" in answer["confidential"]) == (level == "desk")
    if level == "confidential":
        assert shown.asker.ask("kpis", kind="permit")[0] == 404
        assert "permit" not in {code["code"] for code in shown.asker.get("registries")["kinds"]}


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_the_walls_own_kind_gives_way_to_the_next(faces: Callable[[Change], Faces], level: str) -> None:
    shown = faces(kind("aspiration", level))
    wall, paint = shown.wall(), shown.paint()
    assert [tile.kind for tile in wall.services] == ["permit", "service"]
    assert wall.queue.title.startswith("3 ") or "3" in wall.queue.title
    assert all(line.cells["category"] != "Damaged road" for line in (*wall.queue.lines, *wall.queue.following))
    assert "Damaged road" not in paint and "Aspirations" not in paint


@pytest.mark.parametrize("level", ["desk", "confidential"])
@pytest.mark.parametrize("key", ["received", "aspiration.received"])
def test_a_figure(faces: Callable[[Change], Faces], key: str, level: str) -> None:
    shown = faces(figure(key, level))
    tiles = {tile.kind: [line.cells["what"] for line in tile.lines] for tile in shown.wall().services}
    assert "Received" not in tiles["aspiration"]
    assert ("Received" in tiles["permit"]) == (key == "aspiration.received")
    told = shown.asker.get("kpis")["kpis"]
    assert ("aspiration.received.today" in told) == (level == "desk")
    assert "aspiration.closed.today" in told
    for scope in (f"district:{DISTRICT}", "department:DPUPR"):
        assert ("aspiration.received.today" in shown.asker.get("kpis", scope=scope)["kpis"]) == (level == "desk")


def test_a_figure_that_a_tile_is_made_of_takes_the_tile_with_it(faces: Callable[[Change], Faces]) -> None:
    shown = faces(figure("stock", "desk"))
    assert shown.wall().tiles >= {"queue", "today", "districts"}
    assert "stock" not in shown.wall().tiles
    shown.paint()


@pytest.mark.parametrize(("key", "gone"), [("overdue_proposed", "past"), ("open", "/ ")])
def test_the_head_of_the_queue_counts_only_what_may_be_told(
    faces: Callable[[Change], Faces], key: str, gone: str
) -> None:
    usual, shown = faces(lambda config: config).wall(), faces(figure(key, "desk"))
    wall = shown.wall()
    assert gone in usual.queue.title or gone in usual.queue.extra["long"]
    assert gone not in wall.queue.title and gone not in wall.queue.extra["long"]
    assert wall.queue.lines or wall.queue.following, "cases are not figures"
    shown.paint()


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_a_category_at_once_though_its_cases_were_stored_before(faces: Callable[[Change], Faces], level: str) -> None:
    shown = faces(entry("categories", "road", level))
    assert "Damaged road" not in shown.paint()
    assert "Flood" in shown.paint()
    cells = {counts["category"] for counts in shown.asker.get("cells", kind="aspiration")["rows"]}
    assert ("road" in cells) == (level == "desk")
    groups = {figure["code"] for figure in shown.asker.get("groups", kind="aspiration")["rows"]}
    assert ("road" in groups) == (level == "desk")


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_a_department(faces: Callable[[Change], Faces], level: str) -> None:
    shown = faces(entry("departments", "DPUPR", level))
    queue = shown.wall().queue
    assert {line.cells["department"] for line in (*queue.lines, *queue.following)} == {"no department given"}
    assert shown.asker.ask("kpis", scope="department:DPUPR")[0] == (200 if level == "desk" else 404)


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_a_department_keeps_what_changed_in_the_last_half_hour(town: Room, asker_of: Any, level: str) -> None:
    """Number, category and district of a case stand in the list of changes too."""
    town.connector, town.source_id = PlacedConnector(), "laksa"
    kept = [row(f"A{n}", "selesai" if n > 7 else "menunggu", -60 * n, district=DISTRICT, opd="DPUPR") for n in range(8)]
    flood = row("F1", "selesai", -60 * 24 * 60, category="Banjir", district=DISTRICT)
    town.poll([*kept, row("A8", "selesai", -60 * 8, district=DISTRICT, opd="DPUPR"), flood], 3)
    town.poll([row("A0", "selesai", 0, district=DISTRICT, opd="DPUPR"), *kept[1:], flood], 4)

    def closed(change: Change) -> list[str]:
        shown = Faces(town, change, asker_of, 5)
        return [
            c["category"] for c in shown.told["wall"].documents(shown.documents)["changes"] if c["what"] == "closed"
        ]

    usual = town.config
    assert closed(lambda config: config) == ["road", "flood"]
    assert closed(entry("departments", "DPUPR", level)) == ["flood"]
    town.config = usual
    before = Disclosure(Registry(usual), AUDIENCES["wall"])
    old = [{k: v for k, v in c.items() if k != "department"} for c in published(town, 5)["changes"]]
    assert [c for c in before.documents({"changes": old})["changes"] if c["kind"]] == [], "of an earlier release"


@pytest.mark.parametrize("level", ["desk", "confidential"])
def test_a_source(faces: Callable[[Change], Faces], level: str) -> None:
    shown = faces(entry("sources", "laksa", level))
    paint = shown.paint()
    assert "LAKSA" not in paint and "Damaged road" not in paint
    told = {source["id"] for source in shown.asker.get("sources")["sources"]}
    assert ("laksa" in told) == ("laksa" in shown.desk()) == (level == "desk")
    assert ("laksa" in {line["id"] for line in shown.table("sources")}) == (level == "desk")
    assert ("laksa" in str(shown.asker.get("kpis"))) == (level == "desk")
    prices = faces(entry("sources", "tpid_prices", level))
    assert "28.000" not in prices.paint()
    assert bool(prices.table("prices")) == (level == "desk")


def test_a_case_without_a_category_is_confidential_where_its_kind_has_them(placed: Room, asker_of: Any) -> None:
    placed.poll([row("A", category=""), row("B")], 0)
    answer = asker_of(placed).get("cases")
    assert [case["number"] for case in answer["cases"]] == [2]
    assert answer["confidential"]["aspiration"] == 1


def test_a_document_nobody_described_is_told_to_nobody(faces: Callable[[Change], Faces]) -> None:
    shown = faces(lambda config: config)
    planted = {
        **shown.documents,
        "secret": [1],
        "secret:x": {"rows": []},
        "kpi:person:7": {},
        "kpi:permit:person:7": {},
        "queue:gossip": {},
    }
    for told in shown.told.values():
        assert set(told.documents(planted)) == set(told.documents(shown.documents))


def test_what_was_judged_is_not_judged_again_and_a_new_body_is(faces: Callable[[Change], Faces]) -> None:
    shown = faces(figure("received", "desk"))
    told = shown.told["wall"]
    first, again = told.documents(shown.documents), told.documents(dict(shown.documents))
    assert all(first[key] is again[key] for key in first)
    changed = {**shown.documents, "kpi:aspiration:city": dict(shown.documents["kpi:aspiration:city"])}
    assert "aspiration.received.today" not in told.documents(changed)["kpi:aspiration:city"]
