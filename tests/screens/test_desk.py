"""The desk pages: complete, in both languages, readable at 360 px and in the dark; every page leads back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from dashboard.i18n import LANGS
from tests.screens.conftest import WallSite
from tests.screens.states import STATES

pytestmark = pytest.mark.browser
REACHED = ":is(a, button, summary, input, select):visible"
MEASURE = (Path(__file__).parent / "desk.js").read_text("utf-8")


def opened(walls: WallSite, page: Any, path: str, width: int, height: int, scheme: str = "light") -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{walls.url}{path}")
    page.wait_for_selector("main")


@pytest.mark.parametrize("lang", LANGS)
def test_the_front_page_lists_every_screen(walls: WallSite, page: Any, lang: str) -> None:
    opened(walls, page, f"/?lang={lang}", 360, 640)
    links = page.eval_on_selector_all("a", "nodes => nodes.map((node) => node.getAttribute('href'))")
    for name in walls.config.walls:
        assert f"/wall/{name}?lang={lang}" in links
    assert f"/sources?lang={lang}" in links
    assert all(f"/{key}?lang={lang}" in links for key in walls.config.pages)
    assert page.evaluate("document.documentElement.lang") == lang
    for link in links:
        assert httpx2.get(f"{walls.url}{link}").status_code == 200
    assert page.evaluate(MEASURE)["wide"] == []


@pytest.mark.parametrize("lang", LANGS)
def test_an_administrator_finds_everything_of_a_source(walls: WallSite, page: Any, lang: str) -> None:
    found = STATES["mixed"](walls.config)
    found["sources"][1] |= {
        "rejected": 12, "reject_reasons": {"opened_at": 9, "key": 3}, "unknown_words": {"status": 4}, "skew_s": 73.25,
        "drift": ["+prioritas", "-kanal"], "breaker": "open", "duration_ms": 1234.5, "copied_forward": True,
        "detail": "only a reading statement (SELECT, WITH) is run",
    }  # fmt: skip
    walls.put(found)
    ident = found["sources"][1]["id"]
    # 640 px: a window of 1,280 at 200 %.
    for width, scheme in ((360, "dark"), (360, "light"), (640, "light"), (1366, "light")):
        opened(walls, page, f"/sources?lang={lang}", width, 800, scheme)
        page.wait_for_function(f"document.querySelector('#source-{ident}')?.textContent.includes('opened_at')")
        text = page.inner_text(f"#source-{ident}")
        skew = "73,2" if lang == "id" else "73.2"
        tier = "perunggu" if lang == "id" else "bronze"
        for word in ("12", "opened_at 9", "key 3", "status 4", "+prioritas, -kanal", skew, tier, "(SELECT,"):
            assert word in text, word
        assert len(page.query_selector_all("tbody tr")) == len(walls.config.sources)
        measured = page.evaluate(MEASURE)
        assert measured["wide"] == [], f"{width} px"
        assert measured["contrast"] >= 4.5
    first = page.inner_text("tbody tr:first-child")
    assert ("rusak" if lang == "id" else "broken") in first, "what needs somebody comes first"
    assert page.get_attribute("nav a", "href") == f"/?lang={lang}"


@pytest.mark.parametrize("width", [1366, 3840])
def test_the_page_uses_the_width_and_breaks_no_short_word(walls: WallSite, page: Any, width: int) -> None:
    walls.put(STATES["mixed"](walls.config))
    opened(walls, page, "/sources?lang=id", width, 1000)
    assert page.evaluate("document.querySelector('table').getBoundingClientRect().width") > 0.9 * width
    lines = """() => [...document.querySelectorAll(".cell-tier div, .cell-state strong")]
        .filter((node) => node.getBoundingClientRect().height > 2 * parseFloat(getComputedStyle(node).fontSize))
        .map((node) => node.textContent)"""
    assert page.inner_text(".cell-tier div")
    assert page.evaluate(lines) == []
    page.add_style_tag(content=".cell-tier div { width: 2em; overflow-wrap: anywhere; white-space: normal !important }")
    assert page.evaluate(lines) != [], "the measure sees a broken word"


@pytest.mark.parametrize("path", ["/", "/sources"])
def test_keyboard_and_screen_reader_find_their_way(walls: WallSite, page: Any, path: str) -> None:
    walls.put(STATES["mixed"](walls.config))
    for width in (360, 1366):
        opened(walls, page, f"{path}?lang=en", width, 800)
        for role, least in (("banner", 1), ("main", 1), ("navigation", 1), ("heading", 1)):
            assert page.get_by_role(role).count() >= least, role
        assert page.locator("h1").count() == 1
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            at = page.evaluate(
                """() => { const at = document.activeElement, style = getComputedStyle(at);
                const line = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
                return [at.tagName, at.href || at.id, line]; }"""
            )
            if at[0] == "BODY":
                break
            assert at[2] >= 2, f"the focus on {at} is not seen"
            reached.append(at[1])
        assert len(reached) == page.locator(":is(a, button, summary):visible").count(), (
            "everything is reached, nothing is a trap"
        )
        if path == "/sources":
            for role in ("table", "columnheader", "rowheader", "cell"):
                hidden = role == "columnheader" and width == 360
                assert (page.get_by_role(role).count() == 0) is hidden, f"{role} at {width} px"
            assert page.get_by_role("rowheader").first.inner_text()


def test_the_words_of_the_table_are_explained(walls: WallSite, page: Any) -> None:
    walls.put(STATES["mixed"](walls.config))
    opened(walls, page, "/sources?lang=id", 360, 800)
    page.click("main summary")
    told = page.inner_text("dl")
    shown = page.eval_on_selector_all(".cell-state strong, .cell-tier div", "nodes => nodes.map((n) => n.innerText)")
    assert shown
    assert all(word.strip(" ●◐○△▲▨◌✕") in told for word in shown), shown
    assert page.evaluate(MEASURE)["wide"] == []


BEATS = """() => new Promise((done) => { let n = 0; const stream = new EventSource("/live/desk/sources");
    stream.addEventListener("beat", () => { if (++n === 4) { stream.close(); done(); } }); })"""


def test_the_page_of_sources_keeps_itself_current_unless_paused(walls: WallSite, page: Any) -> None:
    def put(rows: int) -> None:
        found = STATES["full"](walls.config)
        found["sources"][0]["rows"] = rows
        walls.put(found)

    put(1_234)
    opened(walls, page, "/sources?lang=id", 1366, 800)
    page.wait_for_selector("table:has-text('1.234')")
    page.evaluate("window.mark = 'this very page'")
    page.click("main summary")
    put(2_345)
    page.wait_for_selector("table:has-text('2.345')")
    page.click("#again")
    page.wait_for_function("() => document.querySelector('#again').textContent.includes('Perbarui')")
    put(3_456)
    page.evaluate(BEATS)  # in this time it would have been renewed
    assert "2.345" in page.inner_text("table")
    page.click("#again")
    page.wait_for_selector("table:has-text('3.456')")
    assert "Jeda" in page.inner_text("#again")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    put(4_567)
    page.evaluate(BEATS)
    assert "3.456" in page.inner_text("table"), "nothing is taken from under a marked text"
    page.evaluate("getSelection().removeAllRanges()")
    page.wait_for_selector("table:has-text('4.567')")
    assert page.evaluate("document.querySelector('main details').open"), "what was opened stays open"
    assert page.evaluate("window.mark") == "this very page", "it was never loaded again"


def test_an_unknown_language_is_refused(walls: WallSite) -> None:
    for path in ("/", "/sources", "/wall/main"):
        answer = httpx2.get(f"{walls.url}{path}?lang=jv")
        assert answer.status_code == 400
        assert answer.json()["allowed"] == list(LANGS)
