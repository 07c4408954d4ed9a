"""What changed in the last half hour: a strip of one line, or a list where a wall has room for one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_changes import SHOWN
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import Cells, Props, element, put, rows, table, where
from layouts.typography import advance, fit

CELLS = ("at", "symbol", "text")
ENTRY = 21.0  # em of one entry of the strip
AT, SYMBOL = 2.7, 1.3


def _strip_shape(view: WallView, box: Box) -> tuple[float, int]:
    """Room of the summary, and how many entries stand beside it."""
    free = box.inner - advance(view.changes.title, bold=True) - 2.2
    beside = max(1, math.floor((free - 14) / ENTRY))
    return free - beside * ENTRY, beside


def _say(room: float) -> Cells:
    def say(line: Line) -> Mapping[str, str]:
        return {**line.cells, "text": fit(room - AT - SYMBOL - 0.9, *line.cells["text"].split("|"))}

    return say


def strip_props(view: WallView, box: Box) -> Props:
    found = Props()
    room, beside = _strip_shape(view, box)
    parts = view.changes.extra["summary"].split(", ")
    put(found, "csummary", children=fit(room, *(", ".join(parts[:n]) for n in range(len(parts), 0, -1)), ""))
    rows(found, "c", view.changes.lines, beside * -(-12 // beside), CELLS, beside, _say(ENTRY))
    put(found, "banner", children=fit(box.inner, view.banner), className="on" if view.banner else "empty")
    return found


def strip(view: WallView, box: Box) -> Any:
    found = strip_props(view, box)
    _, beside = _strip_shape(view, box)
    line = html.Div(
        [
            html.Span(view.changes.title, className="title"),
            element(found, "csummary", css="summary"),
            table(found, "c", beside * -(-12 // beside), CELLS, beside, "entries"),
        ],
        className="strip-line",
    )
    return html.Div([element(found, "banner", "div", css="banner"), line], className="strip", style=box.style)


def _per_page(box: Box) -> int:
    return max(1, math.floor((box.body - 2 * box.line) / (box.line + 0.12)))


def props(view: WallView, box: Box) -> Props:
    found, per_page = Props(), _per_page(box)
    parts = view.changes.extra["summary"].split(", ")
    put(found, "ctitle", children=view.changes.title)
    put(found, "csummary", children=fit(box.inner, *(", ".join(parts[:n]) for n in range(len(parts), 0, -1))))
    rows(found, "c", view.changes.lines, per_page * -(-SHOWN // per_page), CELLS, per_page, _say(box.inner))
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, per_page = props(view, box), _per_page(box)
    head = html.Div([element(found, "ctitle", css="title"), where(dots)], className="head")
    body = table(found, "c", per_page * -(-SHOWN // per_page), CELLS, per_page, "list")
    css = f"tile changes{' compact' if box.low else ''}"
    return html.Section([head, element(found, "csummary", "div", css="under"), body], className=css, style=box.style)
