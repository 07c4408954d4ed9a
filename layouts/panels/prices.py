"""Prices of staple goods: those over their limit first, then the largest changes, on pages that take turns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.views import WallView
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import AGE, DOT, TURN, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import advance, fit

CELLS = ("name", "price", "change", "mark", "markets")
ONE_LINE_FROM, RULE = 36.0, 0.12
COLUMN, GUTTER = 15.4, 0.8
THREE_FROM = 3 * COLUMN + 2 * GUTTER


@dataclass(frozen=True, slots=True)
class Shape:
    """Whether a row is one line; columns of rows beside each other, their width; rows of one; height of a row."""

    single: bool
    columns: int
    width: float
    rows: int
    row: float


def _shape(box: Box) -> Shape:
    single = ONE_LINE_FROM <= box.inner < THREE_FROM
    columns = 1 if single else max(1, math.floor((box.inner + GUTTER) / (COLUMN + GUTTER)))
    natural = box.line * (1 if single else 2) + RULE
    free = box.body - box.heads * box.line - (0 if box.low else box.line)
    count = max(1, math.floor(free / natural))
    width = (box.inner - GUTTER * (columns - 1)) / columns
    return Shape(single, columns, width, count, spread(free, count, natural))


def _count(view: WallView, shape: Shape) -> int:
    """Slots for every item a wall may show, in whole pages."""
    per_page = shape.rows * shape.columns
    return max(1, -(-max(1, view.priced) // per_page)) * per_page


def _say(shape: Shape) -> Cells:
    def say(line: Line) -> Mapping[str, str]:
        cells = line.cells
        when = cells.get("when", "")
        if shape.single:
            name = fit(shape.width - 30.2, cells["name_long"], cells["name"])
            markets = fit(6.5, when or cells["markets"], cells["markets"].split(" ")[0])
            return {**cells, "name": name, "markets": markets}
        if line.state == "missing":
            return {**cells, "name": fit(shape.width - 2, cells["name_long"], cells["name"])}
        mark = cells["mark"] if line.state == "over" else ""
        few = cells["markets"].split(" ")[0] if "/" in cells["markets"] else cells["markets"]
        taken = advance(mark, bold=True) + 0.9
        change = fit(shape.width - taken, cells["change"], cells["change_short"])
        free = shape.width - taken - advance(change)
        beside = () if mark else (f"{cells['mark']} · {when or few}".removesuffix(" · "), cells["mark"])
        said = fit(free, *beside, when or cells["markets"], when or few, "")
        name = fit(shape.width - advance(cells["price"], bold=True) - 0.6, cells["name_long"], cells["name"])
        return {**cells, "name": name, "change": change, "mark": mark, "markets": said}

    return say


def props(view: WallView, box: Box) -> Props:
    found, tile_, shape = Props(), view.prices, _shape(box)
    beside = TURN + 5 * DOT if box.low else 0.0
    title = fit(box.inner - beside - AGE - 1.2, tile_.title, tile_.extra["short"]) if box.low else tile_.title
    head(found, "p", title, tile_.note, box, beside=beside)
    extra = tile_.extra
    texts = [extra["over"], extra["copied"], extra["survey"]]
    options = [" · ".join(text for text in some if text) for some in (texts, [texts[0], texts[2]], texts[:1])]
    put(found, "psurvey", children="" if box.low else fit(box.inner, *options))
    rows(found, "p", tile_.lines, _count(view, shape), CELLS, shape.rows * shape.columns, _say(shape))
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, shape = props(view, box), _shape(box)
    css = f"{'single' if shape.single else 'double'} columns{shape.columns}"
    per_page = shape.rows * shape.columns
    body = [
        element(found, "psurvey", "div", css="legend"),
        table(found, "p", _count(view, shape), CELLS, per_page, css, shape.row),
    ]
    return tile(found, "p", box, "prices", body, dots)
