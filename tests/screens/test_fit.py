"""Every text of every wall is large enough, whole and by itself: measured in a browser, not computed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from dashboard.i18n import LANGS
from layouts.typography import measure
from tests.screens.conftest import WallSite
from tests.screens.states import STATES

MEASURE = (Path(__file__).parent / "measure.js").read_text("utf-8")
SIZES = {
    "main": (1920, 1080), "main-3x": (5760, 1080), "main-4k": (3840, 2160), "wide": (5760, 1080),
    "portrait": (1080, 1920), "five-metres": (1920, 1080),
}  # fmt: skip

pytestmark = pytest.mark.browser


def open_wall(walls: WallSite, page: Any, name: str, lang: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{walls.url}/wall/{name}?lang={lang}")
    page.wait_for_selector("#wall")
    page.evaluate("document.fonts.ready")


def shows(page: Any, seq: int) -> None:
    page.wait_for_function("seq => Number(document.getElementById('wall').dataset.seq) >= seq", arg=seq, timeout=30_000)


def judged(walls: WallSite, page: Any, name: str) -> list[str]:
    answer = page.evaluate(MEASURE, measure(walls.config.walls[name]).cap_px)
    assert answer["seen"] > 10, "the wall is empty"
    found: list[str] = answer["found"]
    return found


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", SIZES)
def test_every_text_is_large_enough_whole_and_by_itself(walls: WallSite, page: Any, name: str, lang: str) -> None:
    if name == "main-4k" and lang == "en":
        pytest.skip("the same picture as main with four times the pixels: one language is enough")
    open_wall(walls, page, name, lang, SIZES[name])
    faults = []
    for state, documents in STATES.items():
        shows(page, walls.put(documents(walls.config)))
        faults += [f"{state}: {fault}" for fault in judged(walls, page, name)]
    assert not faults, "\n".join(faults)


SHOW = """n => { const box = document.querySelector(".screens"); box.dataset.dwell = "1e9";
    [...box.children].forEach((node, k) => { node.dataset.alarm = k === n ? "1e15" : ""; }); }"""
SHOWN = """n => [...document.querySelector(".screens").children]
    .every((node, k) => node.classList.contains("off") === (k !== n))"""


def test_every_page_of_a_wall_is_as_readable_and_news_brings_one_to_the_front(walls: WallSite, page: Any) -> None:
    found = STATES["full"](walls.config)
    open_wall(walls, page, "video", "id", (5760, 1080))
    shows(page, walls.put(found))
    faults = []
    for n in range(1 + len(walls.config.walls["video"].pages)):
        page.evaluate(SHOW, n)
        page.wait_for_function(SHOWN, arg=n, timeout=30_000)
        faults += [f"page {n}: {fault}" for fault in judged(walls, page, "video")]
    assert not faults, "\n".join(faults)
    page.evaluate("""() => { const box = document.querySelector(".screens"); box.dataset.dwell = "1.5";
        [...box.children].forEach((node) => { node.dataset.alarm = ""; }); }""")
    for n in (*range(1 + len(walls.config.walls["video"].pages)), 0):
        page.wait_for_function(SHOWN, arg=n, timeout=30_000)  # they take turns
    open_wall(walls, page, "video", "id", (5760, 1080))
    for change in found["changes"]:
        change["at"] = round(time.time() * 1000)
    shows(page, walls.put(found))
    page.wait_for_function(SHOWN, arg=1, timeout=30_000)
