"""The main wall: header, queue and sums, districts and services, prices, changes, sources; no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.i18n import say
from dashboard.views import SERVICES, WallView
from layouts.slots import Props, element, head, put, rows, table, tile_of
from layouts.typography import Type

QUEUE = ("symbol", "number", "category", "age", "place", "left")
PRICE = ("name", "price", "change", "mark", "markets")
DISTRICT = ("name", "figure")
SERVICE = ("name", "figure", "sample")
SOURCE = ("symbol", "name", "age", "word")
SUM = ("name", "total", "parts", "off")
MAX_DISTRICTS, MAX_SOURCES, MAX_CHANGES = 40, 24, 12


@dataclass(frozen=True, slots=True)
class Shape:
    """How many rows fit on a page of each list; everything else rotates."""

    queue: int
    districts: int
    services: int
    prices: int

    @classmethod
    def of(cls, size: Type) -> Shape:
        left = size.lines - 2 + (2 if size.lines < 14 else 0)  # title and note; small walls have a shorter foot
        sums = 8 if size.lines >= 14 else 0
        return cls(
            queue=max(1, (left - sums) // 2),
            districts=max(2, (left - 6) // 2 * 2) if size.lines >= 14 else 2 * (left + 1),
            services=len(SERVICES),
            prices=max(1, left // 2),
        )


def props(view: WallView, size: Type) -> Props:
    """``{component id: {prop: whole value}}`` of everything on the wall."""
    shape, found = Shape.of(size), Props()
    put(found, "room", children=view.room)
    put(found, "mark", children=view.mark, className="on" if view.mark else "empty")
    put(found, "rate", children=view.rate)
    put(found, "date", children=view.date)
    put(found, "banner", children=view.banner, className="on" if view.banner else "empty")
    for prefix, tile in (("q", view.queue), ("d", view.districts), ("s", view.services), ("p", view.prices)):
        head(found, prefix, tile)
    rows(found, "q", view.queue.lines, shape.queue * 3, QUEUE, shape.queue)
    rows(found, "u", view.sums.lines, 2, SUM, 2)
    rows(
        found,
        "d",
        view.districts.lines,
        min(MAX_DISTRICTS, -(-13 // shape.districts) * shape.districts),
        DISTRICT,
        shape.districts,
    )
    rows(found, "s", view.services.lines, shape.services, SERVICE, shape.services)
    rows(found, "p", view.prices.lines, shape.prices * (-(-12 // shape.prices)), PRICE, shape.prices)
    rows(found, "c", view.changes.lines, MAX_CHANGES, ("text",), 1)
    rows(found, "f", view.sources.lines, MAX_SOURCES, SOURCE, MAX_SOURCES)
    return found


def layout(view: WallView, size: Type, root: dict[str, str]) -> Any:
    """First paint. ``root`` holds the data-* attributes of the page: screen, seq, build, lang, now, dwell."""
    found, shape = props(view, size), Shape.of(size)
    count = {
        "p": shape.prices * (-(-12 // shape.prices)),
        "d": min(MAX_DISTRICTS, -(-13 // shape.districts) * shape.districts),
    }
    header = html.Header(
        [
            element(found, "room", css="room"),
            element(found, "mark", css="mark"),
            element(found, "rate", css="rate"),
            element(found, "date", css="date"),
            html.Span(view.time, id="clock", className="clock"),
            html.Span(view.zone, className="zone"),
            html.Span(say("wall.alive", view.lang), id="alive", className="alive"),
        ]
    )
    left = html.Div(
        [
            tile_of(found, "q", table(found, "q", shape.queue * 3, QUEUE, shape.queue), "queue"),
            html.Section(table(found, "u", 2, SUM, 2), className="tile sums"),
        ],
        className="column left",
    )
    middle = html.Div(
        [
            tile_of(found, "d", table(found, "d", count["d"], DISTRICT, shape.districts), "districts"),
            tile_of(found, "s", table(found, "s", shape.services, SERVICE, shape.services), "services"),
        ],
        className="column middle",
    )
    right = html.Div(
        [tile_of(found, "p", table(found, "p", count["p"], PRICE, shape.prices), "prices")], className="column right"
    )
    footer = html.Footer(
        [
            html.Div(
                [
                    html.Span(say("wall.changes", view.lang), className="title"),
                    table(found, "c", MAX_CHANGES, ("text",), 1),
                ],
                className="changes",
            ),
            html.Div(table(found, "f", MAX_SOURCES, SOURCE, MAX_SOURCES), className="sources"),
        ]
    )
    attributes: dict[str, Any] = {f"data-{name}": text for name, text in root.items()}
    lost = html.Div([html.Span(say("wall.lost", view.lang)), html.Span("", id="lost-age")], id="lost")
    main = html.Main([left, middle, right])
    kind = "compact" if size.lines < 14 else "full"
    return html.Div(
        [header, element(found, "banner", "div", css="banner"), main, footer, lost],
        id="wall",
        className=f"wall {kind}",
        style={"--type": f"{size.vmin:.3f}vmin"},
        **attributes,
    )
