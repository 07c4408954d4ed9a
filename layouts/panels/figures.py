"""A tile of figures of any block, on pages that take turns: what, value, and what belongs to it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.views_words import Line, Tile
from layouts.boxes import Box
from layouts.slots import TURN, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import advance, fit

CELLS = ("what", "value", "more")
RULE, BETWEEN = 0.12, 0.5


def _shape(one: Tile, box: Box) -> tuple[int, int, float]:
    """Rows on a page, rows in all, the height of one; no more on a page than the fullest needs."""
    natural = 2 * box.line + RULE
    free = box.body - box.heads * box.line
    most = max(1, math.floor(free / natural))
    lines = max(1, len(one.lines))
    per_page = math.ceil(lines / math.ceil(lines / most))
    return per_page, per_page * -(-lines // per_page), spread(free, per_page, natural)


def _say(box: Box) -> Cells:
    """A name too long to stand beside its value is said in short, or takes a line of its own."""

    def say(line: Line) -> Mapping[str, str]:
        split, beside = _split(line, box), _beside(line, box)
        what = fit(box.inner if split else beside, line.cells["what"], line.cells["short"])
        return {**line.cells, "what": what, "more": fit(beside if split else box.inner, *line.cells["more"].split("|"))}

    return say


def _beside(line: Line, box: Box) -> float:
    return box.inner - advance(line.cells["value"], bold=True) - BETWEEN


def _split(line: Line, box: Box) -> bool:
    return min(advance(line.cells["what"]), advance(line.cells["short"])) > _beside(line, box)


def props(one: Tile, box: Box, prefix: str) -> Props:
    found = Props()
    per_page, count, _ = _shape(one, box)
    head(found, prefix, one.title, one.note, box, beside=TURN + box.dots if box.low else 0.0)
    rows(found, prefix, [_marked(line, box) for line in one.lines], count, CELLS, per_page, _say(box))
    put(found, f"{prefix}empty", children=fit(box.inner, *one.extra["empty"].split("|")))
    return found


def _marked(line: Line, box: Box) -> Line:
    return Line(f"{line.state} split", line.cells) if _split(line, box) else line


def layout(one: Tile, box: Box, prefix: str, dots: str = "") -> Any:
    found = props(one, box, prefix)
    per_page, count, row = _shape(one, box)
    body = [element(found, f"{prefix}empty", "div", css="nothing"),
            table(found, prefix, count, CELLS, per_page, "double", row)]  # fmt: skip
    return tile(found, prefix, box, "figures", [html.Div(body)], dots)
