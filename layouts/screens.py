"""The front page: which screens there are, for whom, and where machines ask; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.config.model import Config, Wall
from dashboard.config.registry import label_text
from dashboard.i18n import LANGS, Lang, say

MARKS = ("simulated", "replay")
FACES = {"/healthz": "healthz", "/metrics": "metrics", "/api/v1/openapi.json": "openapi"}


def layout(config: Config, lang: Lang, provenance: Sequence[str] = ()) -> Any:
    walls = [_wall(name, wall, lang) for name, wall in config.walls.items()]
    return page(
        top(config.city.room, "/", lang, provenance),
        [
            html.P(say("page.screens_lead", lang), className="lead"),
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


def named(text: str) -> dict[str, Any]:
    """What a screen reader calls an element without words of its own."""
    return {"aria-label": text}


def _face(path: str, name: str, lang: Lang) -> Any:
    return html.Li([html.A(html.Code(path), href=path), f" {say(f'page.{name}', lang)}"])


def top(title: str, path: str, lang: Lang, provenance: Sequence[str], back: bool = False) -> Any:
    """Title of a desk page with the way back, the other language, and what its data is when it is not live."""
    marks = [dbc.Badge(say(f"mark.{name}", lang), className="watermark") for name in MARKS if name in provenance]
    links = [html.A(f"← {say('page.screens', lang)}", href=f"/?lang={lang}")] if back else []
    links += [
        html.A(say(f"page.language_{other}", lang), href=f"{path}?lang={other}", lang=other)
        for other in LANGS
        if other != lang
    ]
    return html.Header(
        [html.H1(title), renewed("marks", marks), html.Nav(links, **named(say("page.navigation", lang)))]
    )


def _wall(name: str, wall: Wall, lang: Lang) -> Any:
    width, height = wall.panel_pixels
    panels = f"{wall.panels} {say('page.panel' if wall.panels == 1 else 'page.panels', lang)} {wall.panel_inches:g}″"
    distance = f"{say('page.read_from', lang)} {wall.viewing_distance_m:g} m"
    text = f"{panels}, {distance} · {width * wall.panels} × {height} px"
    return _card(label_text(wall.title, lang), text, f"/wall/{name}?lang={lang}")


def _card(title: str, text: str, href: str) -> Any:
    return html.A(dbc.Card([html.Strong(title), html.Span(text)]), href=href)
