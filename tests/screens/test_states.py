"""Every state of a wall is told apart by shape and word, in grey too; what breaks a rule is caught by the measure."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from dashboard.views_queue import SYMBOLS
from layouts.typography import measure
from tests.live.conftest import ROOT
from tests.screens.conftest import WallSite
from tests.screens.states import STATES
from tests.screens.test_fit import MEASURE, judged, open_wall, shows

pytestmark = pytest.mark.browser

PLANTED = {
    "glyph": "document.querySelector('#q0-place').style.fontSize = '0.6em'",
    "glyph of a mark": "document.styleSheets[0].insertRule('.head::before {content: \"▲\"; font-size: 5px}')",
    "clipped": "document.querySelector('#q0-place').textContent = 'Kelurahan '.repeat(20)",
    "clipped hidden": "document.querySelector('#q0-category').style = 'overflow: hidden; width: 1em'",
    "ellipsis": "document.querySelector('#q0-place').style.textOverflow = 'ellipsis'",
    "overlap": "document.querySelector('#q1').style.marginTop = '-1em'",
    "overlap of tiles": "document.querySelector('#qtile').style.width = '40em'",
    "scroll": "document.querySelector('#qtile').style.overflow = 'auto'",
}


@pytest.mark.parametrize("fault", PLANTED)
def test_the_measure_catches_a_planted_fault(walls: WallSite, page: Any, fault: str) -> None:
    open_wall(walls, page, "main", "id", (1920, 1080))
    shows(page, walls.put(STATES["full"](walls.config)))
    assert judged(walls, page, "main") == []
    page.evaluate(f"() => {{ {PLANTED[fault]} }}")
    assert any(found.startswith(fault.removesuffix(" of a mark")) for found in judged(walls, page, "main"))


def test_another_window_shows_the_same_wall_smaller_never_cut(walls: WallSite, page: Any) -> None:
    scaled = (1280, 720)  # what a scaling of 150 % leaves of 1920 x 1080
    for size in (scaled, (1366, 768), (1080, 1920), (3440, 1440)):
        open_wall(walls, page, "main", "id", size)
        shows(page, walls.put(STATES["full"](walls.config)))
        found = page.evaluate(MEASURE, 1)
        assert found["seen"] > 10
        assert found["found"] == []


def test_a_wall_that_is_cut_off_keeps_its_numbers_and_says_so(walls: WallSite, page: Any) -> None:
    for name, size in (("main", (1920, 1080)), ("main-3x", (5760, 1080))):
        open_wall(walls, page, name, "id", size)
        shows(page, walls.put(STATES["full"](walls.config)))
        page.evaluate(
            "() => { document.getElementById('wall').classList.add('cut');"
            "document.getElementById('lost-age').textContent = ' 59 mnt'; }"
        )
        assert page.evaluate("getComputedStyle(document.getElementById('lost')).display") == "block"
        assert page.evaluate(MEASURE, measure(walls.config.walls[name]).cap_px)["found"] == []


def test_what_must_never_turn_away_is_always_on_the_nine_metre_wall(walls: WallSite, page: Any) -> None:
    open_wall(walls, page, "main-3x", "id", (5760, 1080))
    shows(page, walls.put(STATES["mixed"](walls.config)))
    outside = page.evaluate(
        """() => ["clock", "alive", "mark", "qtitle", "q0-number", "q1-number", "f0-text"].filter((id) => {
            const node = document.getElementById(id), turns = node?.closest(".pages")?.dataset.pages > 1;
            return turns || !node?.textContent.trim() || node.closest(".deck");
        })"""
    )
    assert outside == []
    assert "rusak" in page.inner_text("#f0-text")


def test_no_word_lies_across_the_edge_of_two_panels(walls: WallSite, page: Any) -> None:
    open_wall(walls, page, "main-3x", "id", (5760, 1080))
    across = """(panel) => [...document.querySelectorAll("#wall *")].filter((node) => {
        const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const { left, right } = node.getBoundingClientRect();
        return text && right > left && Math.floor(left / panel) !== Math.floor((right - 1) / panel);
    }).map((node) => node.textContent)"""
    for state in ("full", "mixed", "broken", "flood"):
        shows(page, walls.put(STATES[state](walls.config)))
        assert page.evaluate(across, 1920) == [], state
    assert page.evaluate(across, 100) != [], "the measure sees a word across an edge"


def test_states_are_told_apart_by_shape_and_word(walls: WallSite, page: Any) -> None:
    open_wall(walls, page, "main", "id", (1920, 1080))
    found, count = STATES["mixed"](walls.config), 7
    shown = [source.id for source in walls.config.sources if source.visibility == "wall"][:count]
    found["sources"] = [state for state in found["sources"] if state["id"] in shown]
    shows(page, walls.put(found))
    shapes = [page.text_content(f"#f{n}-symbol") for n in range(count)]
    assert len(set(shapes)) == count
    lefts = {shape: page.text_content("#q0-left").split()[0] for shape in (page.text_content("#q0-symbol"),)}
    assert lefts == {SYMBOLS["overdue"][1]: "lewat"}
    shows(page, walls.put(STATES["flood"](walls.config)))
    labels = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".label")].map((node) =>
            [node.className.replace(/label (west|east) ?/, ""), node.querySelector(".symbol").textContent]))"""
    )
    assert labels["far proposed"] == "▲"
    assert labels["above proposed"] == "△"
    assert labels["small"] == ""


NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
"""Machado, Oliveira and Fernandes 2009, over linear light."""


def _luminance(colour: str, eye: tuple[tuple[float, ...], ...] = NORMAL) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    seen = (sum(weight * c for weight, c in zip(row, linear, strict=True)) for row in eye)
    return sum(weight * max(c, 0.0) for weight, c in zip((0.2126, 0.7152, 0.0722), seen, strict=True))


def _contrast(one: str, other: str, eye: tuple[tuple[float, ...], ...] = NORMAL) -> float:
    light, dark = sorted((_luminance(one, eye), _luminance(other, eye)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [":root", '[data-theme="low-light"]'])
def test_the_palette_is_read_in_grey_and_by_the_colour_blind(theme: str) -> None:
    css = (ROOT / "assets" / "wall.css").read_text("utf-8")
    block = css.split(f"{theme} {{", 1)[1].split("}", 1)[0]
    colour = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for name in ("text", "dim", "amber", "red", "new"):
        assert min(_contrast(colour[name], colour["tile"], eye) for eye in (NORMAL, DEUTERANOPIA)) >= 4.5, name
    # Red and amber are one hue to a deuteranope: they differ in lightness too, and so do the shades of the map.
    assert _contrast(colour["amber"], colour["red"]) >= 1.3
    assert _contrast(colour["amber"], colour["red"], DEUTERANOPIA) >= 1.25
    for one, other in combinations(("land", "land1", "land2"), 2):
        assert _contrast(colour[one], colour[other]) >= 1.06
    for eye in (NORMAL, DEUTERANOPIA):
        assert _contrast(colour["land-amber"], colour["land-red"], eye) >= 1.4
        for text, ground in (("amber", "land-amber"), ("on-red", "land-red"), ("text", "land2")):
            assert _contrast(colour[text], colour[ground], eye) >= 4.5, text


def test_the_palette_is_measured_as_the_colour_blind_see_it() -> None:
    assert _contrast("#6b4e0c", "#8a2b25", DEUTERANOPIA) < 1.1, "two fills of one lightness, as the map once had"


def test_what_stands_below_a_list_does_not_move_from_page_to_page(walls: WallSite, page: Any) -> None:
    open_wall(walls, page, "main", "id", (1920, 1080))
    shows(page, walls.put(STATES["full"](walls.config)))
    tops = page.evaluate(
        """() => { const list = document.getElementById("qpages"), next = document.getElementById("qnext");
            return [...list.children].slice(0, Number(list.dataset.pages)).map((shown) => {
                for (const other of list.children) other.classList.toggle("off", other !== shown);
                return Math.round(next.getBoundingClientRect().top); }); }"""
    )
    assert len(tops) > 1
    assert len(set(tops)) == 1
