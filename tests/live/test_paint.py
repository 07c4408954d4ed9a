"""Walls as HTML: every slot is there before any script runs, text stays text, and styles win without attributes."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from dash import html

from dashboard.config.model import Config
from dashboard.i18n import LANGS, Lang
from dashboard.paint import Painter, attributes
from dashboard.views import wall_view
from layouts import wall_main
from layouts.typography import measure
from tests.live import samples
from tests.live.samples import for_walls


class Reader(HTMLParser):
    """What a browser makes of it: text by the id of the element, and all elements closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.seen: dict[str, dict[str, str | None]] = {}
        self.text: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        ident = dict(attrs).get("id")
        if ident is not None:
            assert ident not in self.seen, f"{ident} stands twice"
            self.seen[ident] = dict(attrs)
        if tag != "img":
            self.open.append((tag, ident))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1]:
            ident = str(self.open[-1][1])
            self.text[ident] = self.text.get(ident, "") + data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["main", "main-3x"])
def test_every_slot_is_in_the_first_answer_with_its_whole_values(config: Config, name: str, lang: Lang) -> None:
    wall = config.walls[name]
    size, view = measure(wall), wall_view(samples.documents(config), for_walls(config), wall, lang)
    painter = Painter("#wall")
    page = read(painter.html(wall_main.layout(view, size, {"screen": name})))
    for ident, values in wall_main.props(view, size).items():
        found = page.seen[ident]
        for prop, value in values.items():
            if prop == "children":
                assert page.text.get(ident, "") == value, ident
            elif prop == "className":
                assert set(value.split()) <= set(str(found["class"]).split()), ident
            else:
                assert found[prop] == value, (ident, prop)
    assert " style=" not in painter.html(wall_main.layout(view, size, {}))
    assert page.seen["wall"]["data-s"] is not None


def test_what_sources_say_stays_text() -> None:
    bad = "</span><script>alert(1)</script>&amp;\" onload='x"
    found = read(Painter("#wall").html(html.Div(html.Span(bad, id="a", title=bad, className=bad), id="wall")))
    assert found.text["a"] == bad
    assert found.seen["a"] == {"id": "a", "title": bad, "class": bad}
    assert read(f"<div{attributes({'id': 'b', 'data-x': bad})}></div>").seen["b"] == {"id": "b", "data-x": bad}


def test_styles_are_kept_once_and_stronger_than_the_style_sheet() -> None:
    painter = Painter("#wall")
    style = {"fontSize": "2em", "--row": "1em"}
    painted = painter.html([html.Div(style=style), html.Div(style=dict(style)), html.Div(style={"left": "0"})])
    assert painted == '<div data-s="0"></div><div data-s="0"></div><div data-s="1"></div>'
    assert painter.styles.startswith('#wall[data-s="0"],#wall [data-s="0"]{font-size:2em;--row:1em}')


@pytest.mark.parametrize("made", [html.Div(style={"left": "0;}body{display:none"}), html.Div(n_clicks=1, id="x")])
def test_what_no_wall_needs_is_refused(made: Any) -> None:
    with pytest.raises(ValueError, match=r"ends a declaration|no attribute"):
        Painter("#wall").html(made)
