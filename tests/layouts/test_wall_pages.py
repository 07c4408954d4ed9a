"""What a wall is chosen to show, and its pages: figures of any block in boxes that can be read, held by news."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.config.model import Config, Wall, WallPage
from dashboard.i18n import LANGS, Lang
from dashboard.views import wall_view
from layouts.boxes import TILE_HEIGHT, TILE_WIDTH, check_wall, grid, plan
from layouts.typography import measure
from layouts.wall_main import layout, props
from tests.layouts.test_other_cities import FORMS
from tests.live import samples
from tests.live.samples import for_walls
from tests.screens.states import STATES

PAGE = WallPage(tiles=({"cases": "aspiration"}, {"prices": "matrix"}, {"prices": "sources"}), hold=True)


def chosen(config: Config, name: str = "main", **more: Any) -> Wall:
    return config.walls[name].model_copy(update=more)


def test_a_wall_shows_the_kinds_tiles_and_sources_it_names(config: Config) -> None:
    found = STATES["full"](config)
    told = for_walls(config)
    wall = chosen(config, kinds=("permit",), tiles=("queue", "services", "changes"), sources=("permits",))
    view = wall_view(found, told, wall, "id")
    assert [tile.kind for tile in view.services] == ["permit"]
    assert view.tiles <= {"queue", "services", "changes"}
    assert view.queue.title.startswith("Perizinan") or "–" in view.queue.title, "it is about the first kind it names"
    assert [line.cells["name"] for line in view.sources.lines] == ["Izin"]
    assert {change["kind"] for change in found["changes"]} == {"aspiration", None}
    assert not any("1400" in line.cells["text"] for line in view.changes.lines), "changes of other kinds are not told"
    whole = wall_view(found, told, chosen(config, kinds=None), "id")
    assert len(whole.services) == len(told.kinds) > 1
    assert len(whole.sources.lines) == sum(source.visibility == "wall" for source in config.sources)


def test_many_sources_are_folded_into_a_count_and_those_not_well_said_in_words(config: Config) -> None:
    found = samples.documents(config)
    blocks = tuple(config.sources[0].model_copy(update={"id": f"system_{n}"}) for n in range(20))
    wide = config.model_copy(update={"sources": (*config.sources, *blocks)})
    found["sources"] = [samples.source(s.id, s.type, "fresh", samples.NOW) for s in wide.sources]
    found["sources"][3] |= {"state": "broken", "cause": "cause.refused"}
    seen = sum(source.visibility == "wall" for source in wide.sources)
    for name in ("main", "main-3x", "main-portrait"):
        wall = wide.walls[name]
        slots = props(wall_view(found, for_walls(wide), wall, "id"), measure(wall))
        said = [slots[f"f{n}-text"]["children"] for n in range(24) if slots[f"f{n}-text"]["children"]]
        assert said == [said[0]], "only the one that is not well is named"
        assert "sambungan ditolak" in said[0]
        assert slots["frest"]["children"] == f"{seen - 1} sumber baik"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", range(1, 8))
def test_tiles_of_a_page_lie_apart_inside_the_wall_and_across_no_panel(form: str, count: int) -> None:
    size = FORMS[form]
    made = plan(size, frozenset())
    boxes = grid(size, made, count)
    assert len(boxes) == count
    for n, one in enumerate(boxes):
        assert one.x >= 0 and one.x + one.width <= size.width
        assert one.y >= made.header.y + made.header.height - 0.01
        assert one.y + one.height <= (made.strip or made.sources).y + 0.01
        assert one.width >= TILE_WIDTH - 0.5 or size.width < TILE_WIDTH
        for other in boxes[:n]:
            apart_x = one.x >= other.x + other.width or other.x >= one.x + one.width
            assert apart_x or one.y >= other.y + other.height or other.y >= one.y + one.height
        edges = [size.width / size.panels * k for k in range(1, size.panels)]
        if size.width / size.panels >= TILE_WIDTH:
            assert not any(one.x < edge - 0.01 and edge + 0.01 < one.x + one.width for edge in edges)


def test_a_page_with_more_tiles_than_can_be_read_is_refused(config: Config) -> None:
    many = WallPage(tiles=({"cases": "aspiration"},) * 20)
    wall = chosen(config, "main", pages=(PAGE, many))
    (said,) = check_wall("main", wall)
    fits = int(said.split("room for ")[1].split(" ")[0])
    assert "page 2 of wall 'main' has 20 tiles" in said
    assert 3 <= fits < 20
    size = measure(wall)
    assert grid(size, plan(size, frozenset()), fits)[0].height >= TILE_HEIGHT
    assert check_wall("main", chosen(config, "main", pages=(WallPage(tiles=many.tiles[:fits]),))) == []
    far = chosen(config, "main-3x", pages=(many,))
    assert int(check_wall("main-3x", far)[0].split("room for ")[1].split(" ")[0]) < fits


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["main", "main-3x", "main-portrait"])
def test_the_slots_of_a_page_are_all_in_its_first_paint(config: Config, name: str, lang: Lang) -> None:
    wall = chosen(config, name, pages=(PAGE,))
    view, size = wall_view(STATES["full"](config), for_walls(config), wall, lang), measure(wall)
    tree, slots = str(layout(view, size, {"screen": name}).to_plotly_json()), props(view, size)
    assert [ident for ident in slots if f"'{ident}'" not in tree and f"id='{ident}'" not in tree] == []
    texts = {values.get("children", "") for values in slots.values()}
    assert view.pages[0].tiles[0].lines
    names = [{line.cells["what"], line.cells["short"]} for line in view.pages[0].tiles[0].lines]
    assert all(either & texts for either in names)
    plain = wall_view(STATES["full"](config), for_walls(config), chosen(config, name), lang)
    assert "screens" not in str(layout(plain, size, {"screen": name}).to_plotly_json()), (
        "a wall without pages is as ever"
    )


def test_what_is_new_and_needs_a_person_holds_the_page_that_asks_for_it(config: Config) -> None:
    found = STATES["full"](config)
    late = max(c["at"] for c in found["changes"] if c["what"] == "overdue")
    told = for_walls(config)
    only = WallPage(tiles=({"cases": "aspiration"},), hold=True)
    for page, wanted in ((only, late), (only.model_copy(update={"hold": False}), None)):
        view = wall_view(found, told, chosen(config, pages=(page,)), "id")
        assert view.pages[0].alarm == wanted
        slots = props(view, measure(config.walls["main"]))
        assert slots["screen0"] == {"data-alarm": "" if wanted is None else str(wanted)}
    found["changes"] = []
    assert wall_view(found, told, chosen(config, pages=(only,)), "id").pages[0].alarm is None


def test_a_kind_that_no_wall_shows_is_on_no_page(config: Config) -> None:
    kinds = {**config.kinds, "aspiration": config.kinds["aspiration"].model_copy(update={"visibility": "desk"})}
    closed = config.model_copy(update={"kinds": kinds})
    view = wall_view(STATES["full"](config), for_walls(closed), chosen(closed, kind="permit", pages=(PAGE,)), "id")
    assert [tile.title for tile in view.pages[0].tiles] == [
        "Harga per komoditas dan pasar",
        "Sumber harga berdampingan",
    ]
