"""The front page: which screens there are, for whom, and where machines ask; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.config.model import Config, Page, Wall
from dashboard.config.registry import label_text
from dashboard.i18n import LANGS, Lang, say

MARKS = ("simulated", "replay")
FACES = {"/healthz": "healthz", "/metrics": "metrics", "/api/v1/openapi.json": "openapi"}


def layout(config: Config, lang: Lang, provenance: Sequence[str] = ()) -> Any:
    walls = [_wall(name, wall, lang) for name, wall in config.walls.items()]
    desks = [_desk(name, one, lang) for name, one in config.pages.items()]
    return page(
        top(config.city.room, "/", lang, provenance),
        [
            html.P(say("page.screens_lead", lang), className="lead"),
            *([html.H2(say("page.pages", lang)), html.Div(desks, className="cards")] if desks else []),
            html.H2(say("page.walls", lang)),
            html.Div(walls, className="cards"),
            html.H2(say("page.administrators", lang)),
            html.Div(
                _card(say("page.sources", lang), say("page.sources_lead", lang), f"/sources?lang={lang}"),
                className="cards",
            ),
            html.H2(say("page.machines", lang)),
            html.Ul([_face(path, name, lang) for path, name in FACES.items()]),
        ],
    )


def page(header: Any, body: Sequence[Any]) -> Any:
    """A desk page with its two landmarks."""
    return dbc.Container([header, html.Main(body)], className="page", fluid=True)


def renewed(ident: str, children: Any) -> Any:
    """A part that ``desk.js`` fills anew, whole, when something changed."""
    told: dict[str, Any] = {"data-renew": "yes"}
    return html.Div(children, id=ident, **told)


def again(lang: Lang) -> Any:
    """``desk.js`` renews the page until this is pressed, and not while somebody has marked a text in it."""
    told: dict[str, Any] = {"data-again": say("page.again", lang), "data-pause": say("page.pause", lang)}
    return html.Button(say("page.pause", lang), id="again", type="button", **told)


def named(text: str) -> dict[str, Any]:
    """What a screen reader calls an element without words of its own."""
    return {"aria-label": text}


def _face(path: str, name: str, lang: Lang) -> Any:
    return html.Li([html.A(html.Code(path), href=path), f" {say(f'page.{name}', lang)}"])


def top(
    title: str, path: str, lang: Lang, provenance: Sequence[str], back: bool = False, menu: Sequence[Any] = ()
) -> Any:
    """Title of a desk page with the way back, the other language, and what its data is when it is not live."""
    marks = [dbc.Badge(say(f"mark.{name}", lang), className="watermark") for name in MARKS if name in provenance]
    return _header(title, path, lang, marks, back, menu)


def head(config: Config, title: str, path: str, lang: Lang, marks: Sequence[str]) -> Any:
    """The same in plain elements, with the way to every other page and wall."""
    shown = [html.Span(mark, className="watermark") for mark in marks]
    return _header(title, path, lang, shown, back=True, more=[menu(config, lang, path)])


def menu(config: Config, lang: Lang, here: str) -> Any:
    """Every page and every wall of the room."""
    pages = [(f"/{key}", label_text(page.title, lang)) for key, page in config.pages.items()]
    pages.append(("/sources", say("page.sources", lang)))
    walls = [(f"/wall/{name}", label_text(wall.title, lang)) for name, wall in config.walls.items()]
    parts: list[Any] = [html.Summary(say("page.menu", lang))]
    for title, links in (("page.pages", pages), ("page.walls", walls)):
        items = [html.Li(_link(path, text, lang, here)) for path, text in links]
        parts += [html.Strong(say(title, lang)), html.Ul(items)]
    return html.Details(parts, id="menu", className="menu")


def _link(path: str, text: str, lang: Lang, here: str) -> Any:
    at: dict[str, Any] = {"aria-current": "page"} if path == here else {}
    return html.A(text, href=f"{path}?lang={lang}", **at)


def _header(title: str, path: str, lang: Lang, marks: Sequence[Any], back: bool, more: Sequence[Any]) -> Any:
    links = [html.A(f"← {say('page.screens', lang)}", href=f"/?lang={lang}")] if back else []
    links += [
        html.A(say(f"page.language_{other}", lang), href=f"{path}?lang={other}", lang=other)
        for other in LANGS
        if other != lang
    ]
    return html.Header(
        [html.H1(title), renewed("marks", marks), html.Nav([*links, *more], **named(say("page.navigation", lang)))]
    )


def _desk(key: str, page: Page, lang: Lang) -> Any:
    return _card(label_text(page.title, lang), label_text(page.lead, lang) if page.lead else "", f"/{key}?lang={lang}")


def _wall(name: str, wall: Wall, lang: Lang) -> Any:
    width, height = wall.panel_pixels
    panels = f"{wall.panels} {say('page.panel' if wall.panels == 1 else 'page.panels', lang)} {wall.panel_inches:g}″"
    distance = f"{say('page.read_from', lang)} {wall.viewing_distance_m:g} m"
    text = f"{panels}, {distance} · {width * wall.panels} × {height} px"
    return _card(label_text(wall.title, lang), text, f"/wall/{name}?lang={lang}")


def _card(title: str, text: str, href: str) -> Any:
    return html.A(dbc.Card([html.Strong(title), html.Span(text)]), href=href)
