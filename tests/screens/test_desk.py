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
    }  # fmt: skip
    walls.put(found)
    ident = found["sources"][1]["id"]
    for width, scheme in ((360, "dark"), (360, "light"), (1366, "light")):
        opened(walls, page, f"/sources?lang={lang}", width, 800, scheme)
        page.wait_for_function(f"document.querySelector('#source-{ident}')?.textContent.includes('opened_at')")
        text = page.inner_text(f"#source-{ident}")
        skew = "73,2" if lang == "id" else "73.2"
        for word in ("12", "opened_at 9", "key 3", "status 4", "+prioritas, -kanal", skew, "ms", "bronze"):
            assert word in text, word
        assert len(page.query_selector_all("tbody tr")) == len(walls.config.sources)
        measured = page.evaluate(MEASURE)
        assert measured["wide"] == [], f"{width} px"
        assert measured["contrast"] >= 4.5
    first = page.inner_text("tbody tr:first-child")
    assert ("rusak" if lang == "id" else "broken") in first, "what needs somebody comes first"
    assert page.get_attribute("nav a", "href") == f"/?lang={lang}"


def test_an_unknown_language_is_refused(walls: WallSite) -> None:
    for path in ("/", "/sources", "/wall/main"):
        answer = httpx2.get(f"{walls.url}{path}?lang=jv")
        assert answer.status_code == 400
        assert answer.json()["allowed"] == list(LANGS)
