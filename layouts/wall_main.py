"""The main wall: composes the tiles in the boxes its size has room for; draws nothing itself and does no I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import html

from dashboard.i18n import say
from dashboard.views import WallView
from dashboard.views_pages import PageView
from layouts.boxes import Box, grid, plan
from layouts.panels import changes, components, districts, figures, header, prices, queue, services, sources, sums
from layouts.slots import Props, deck, element, moment, put
from layouts.typography import Type

PanelProps = Callable[[WallView, Box], Props]
PanelLayout = Callable[[WallView, Box, str], Any]
PANELS: dict[str, tuple[PanelProps, PanelLayout]] = {
    "queue": (queue.props, queue.layout),
    "districts": (districts.props, districts.layout),
    "prices": (prices.props, prices.layout),
    "services": (services.props, services.layout),
    "components": (components.props, components.layout),
    "changes": (changes.props, changes.layout),
    "today": (
        lambda view, box: sums.props(view, box, "today"),
        lambda view, box, dots: sums.layout(view, box, "today", dots),
    ),
    "stock": (
        lambda view, box: sums.props(view, box, "stock"),
        lambda view, box, dots: sums.layout(view, box, "stock", dots),
    ),
}


def props(view: WallView, size: Type) -> Props:
    """``{component id: {prop: whole value}}`` of everything on the wall."""
    place = plan(size, view.tiles)
    found = header.props(view, place.header, place)
    for box, names in place.decks:
        for name in names:
            found |= PANELS[name][0](view, box)
    for number, (page, boxes) in enumerate(_pages(view, size)):
        put(found, f"screen{number}", data_alarm=moment(page.alarm))
        for index, (one, box) in enumerate(zip(page.tiles, boxes, strict=True)):
            found |= figures.props(one, box, f"g{number}_{index}_")
    if place.strip is not None:
        found |= changes.strip_props(view, place.strip)
    if place.form == "band":
        put(found, "banner", children=view.banner, className="on" if view.banner else "empty")
    return found | sources.props(view, place.sources)


def layout(view: WallView, size: Type, root: dict[str, str]) -> Any:
    """First paint. ``root`` holds the data-* attributes of the page: screen, seq, build, lang, now, dwell."""
    place = plan(size, view.tiles)
    parts = [header.layout(view, place.header, place)]
    parts += _screens(view, size, root, [_deck(view, box, names) for box, names in place.decks])
    if place.strip is not None:
        parts.append(changes.strip(view, place.strip))
    if place.form == "band":
        # No line is free on a low wall: what must be said takes the place of the tiles that take turns.
        parts.append(element(props(view, size), "banner", "div", css="banner over", style=place.decks[-1][0].style))
    parts.append(sources.layout(view, place.sources))
    parts.append(html.Div([html.Span(say("wall.lost", view.lang)), html.Span("", id="lost-age")], id="lost"))
    attributes: dict[str, Any] = {f"data-{name}": text for name, text in root.items()}
    # The type is as large as the configured panel asks for; another window shows the same wall smaller.
    style = {
        "fontSize": f"min({size.vw:.4f}vw, {size.vh:.4f}vh)",
        "width": f"{size.width:.3f}em",
        "height": f"{size.height:.3f}em",
    }
    return html.Div(parts, id="wall", className=f"wall {place.form}", style=style, **attributes)


def _pages(view: WallView, size: Type) -> list[tuple[PageView, list[Box]]]:
    place = plan(size, view.tiles)
    return [(page, grid(size, place, len(page.tiles))) for page in view.pages]


def _screens(view: WallView, size: Type, root: dict[str, str], first: list[Any]) -> list[Any]:
    """The tiles of the layout alone, or in turn with the pages of the wall."""
    if not view.pages:
        return first
    found = Props()
    screens = [html.Div(first, className="screen")] if first else []
    for number, (page, boxes) in enumerate(_pages(view, size)):
        put(found, f"screen{number}", data_alarm=moment(page.alarm))
        tiles = [
            figures.layout(one, box, f"g{number}_{n}_")
            for n, (one, box) in enumerate(zip(page.tiles, boxes, strict=True))
        ]
        css = "screen off" if screens else "screen"
        values: dict[str, Any] = dict(found[f"screen{number}"])
        screens.append(html.Div(tiles, id=f"screen{number}", className=css, **values))
    told: dict[str, Any] = {"data-dwell": view.page_dwell, "data-hold": view.hold}
    return [html.Div(screens, className="screens", **told)]


def _deck(view: WallView, box: Box, names: tuple[str, ...]) -> Any:
    """The tiles that share a box, one at a time."""
    if len(names) == 1:
        return PANELS[names[0]][1](view, box, "")
    return deck(
        [PANELS[name][1](view, box, "".join("1" if other == name else "0" for other in names)) for name in names]
    )
