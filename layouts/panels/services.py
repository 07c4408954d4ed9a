"""One tile for each kind of case: what waits, what was done, how long it took, within which promise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_words import Line
from layouts.boxes import DOT, Box
from layouts.slots import TURN, Cells, Props, deck, head, rows, spread, table, tile
from layouts.typography import fit

CELLS = ("what", "value", "more")
ONE_LINE_FROM, RULE = 26.0, 0.12
LABEL_AND_VALUE = 15.8


def _most(box: Box) -> int:
    """The rows there is room for."""
    return max(1, math.floor((box.body - box.heads * box.line) / _natural(box)))


def _natural(box: Box) -> float:
    return box.line * (1 if box.inner >= ONE_LINE_FROM else 2) + RULE


def _shape(box: Box, lines: int) -> tuple[int, float]:
    """Rows on a page, no more than its pages need, and the height of one."""
    count = math.ceil(max(1, lines) / math.ceil(max(1, lines) / _most(box)))
    return count, spread(box.body - box.heads * box.line, count, _natural(box))


def stacked(view: WallView, box: Box) -> list[Box] | None:
    """The kinds under each other when each has room for half its rows; otherwise they take turns."""
    count = len(view.services)
    height = (box.height - 0.35 * (count - 1)) / max(1, count)
    places = [Box(box.x, box.y + n * (height + 0.35), box.width, height) for n in range(count)]
    roomy = all(2 * _most(place) >= len(one.lines) for place, one in zip(places, view.services, strict=True))
    return places if roomy else None


def _boxes(view: WallView, box: Box) -> list[Box]:
    return stacked(view, box) or [box] * len(view.services)


def _say(box: Box) -> Cells:
    def say(line: Line) -> Mapping[str, str]:
        room = box.inner if box.inner < ONE_LINE_FROM else box.inner - LABEL_AND_VALUE
        return {**line.cells, "more": fit(room, *line.cells["more"].split("|"))}

    return say


def props(view: WallView, box: Box) -> Props:
    found = Props()
    for index, (one, place) in enumerate(zip(view.services, _boxes(view, box), strict=True)):
        per_page = _shape(place, len(one.lines))[0]
        pages = -(-len(one.lines) // per_page)
        head(
            found,
            f"s{index}_",
            one.title,
            one.note,
            place,
            beside=box.dots + len(view.services) * DOT + TURN if place.low else 0.0,
        )
        rows(found, f"s{index}_", one.lines, per_page * pages, CELLS, per_page, _say(place))
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    """A pile of tiles; in turn unless they are stacked."""
    found = props(view, box)
    css = "single" if box.inner >= ONE_LINE_FROM else "double"
    tiles = []
    for index, (one, place) in enumerate(zip(view.services, _boxes(view, box), strict=True)):
        per_page, row = _shape(place, len(one.lines))
        count = per_page * -(-len(one.lines) // per_page)
        body = [table(found, f"s{index}_", count, CELLS, per_page, css, row)]
        tiles.append(tile(found, f"s{index}_", place, "services", body, dots))
    if stacked(view, box):
        return html.Div(tiles)
    return deck(tiles)
