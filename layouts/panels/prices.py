"""Prices of staple goods: those over their limit first, then the largest changes, on pages that take turns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import AGE, TURN, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import advance, fit

CELLS = ("name", "price", "change", "mark", "markets")
ONE_LINE_FROM, RULE = 36.0, 0.12
COLUMN, GUTTER = 15.4, 0.8
WIDER = 1.4  # em that the last column of a single line has for a day beside the markets
THREE_FROM = 3 * COLUMN + 2 * GUTTER


@dataclass(frozen=True, slots=True)
class Shape:
    """Whether a row is one line; columns of rows beside each other, their width; rows of one; height of a row; lines
    below them that explain the marks."""

    single: bool
    columns: int
    width: float
    rows: int
    row: float
    legend: int


def _shape(view: WallView, box: Box) -> Shape:
    """No more rows than the fullest page needs: what that leaves is for the explanation of the marks."""
    single = ONE_LINE_FROM <= box.inner < THREE_FROM
    columns = 1 if single else max(1, math.floor((box.inner + GUTTER) / (COLUMN + GUTTER)))
    natural = box.line * (1 if single else 2) + RULE
    free = box.body - box.heads * box.line - (0 if box.low else box.line)
    most = max(1, math.floor(free / natural))
    pages = math.ceil(max(1, view.priced) / (most * columns))
    count = min(most, math.ceil(max(1, view.priced) / (pages * columns)))
    legend = min(len(view.prices.extra["legend"].split("|")), math.floor((free - count * natural) / box.line))
    width = (box.inner - GUTTER * (columns - 1)) / columns
    return Shape(single, columns, width, count, spread(free - legend * box.line, count, natural), legend)


def _legend(view: WallView, shape: Shape, room: float) -> list[str]:
    """What the marks mean, on the lines there are; the least is what HET and HAP are."""
    whole = view.prices.extra["legend"].split("|")
    if shape.legend != 1:
        return whole[: shape.legend]
    together = (" · ".join(whole[:length]) for length in range(len(whole), 1, -1))
    return [fit(room, *together, view.prices.extra["limits"])]


def _count(view: WallView, shape: Shape) -> int:
    """Slots for every item a wall may show, in whole pages."""
    per_page = shape.rows * shape.columns
    return max(1, -(-max(1, view.priced) // per_page)) * per_page


def _say(shape: Shape, low: bool) -> Cells:
    """``low``: there is no line to explain HET and HAP, so both are called a limit."""

    def say(line: Line) -> Mapping[str, str]:
        cells = {**line.cells, "mark": line.cells["mark_plain" if low else "mark"]}
        price = 30.2 + WIDER if shape.single else advance(cells["price"], bold=True) + 0.6
        cells["name"] = fit(shape.width - price, cells["name_long"], cells["name"])
        return {**cells, **(_beside if shape.single else _under)(line.state, cells, shape.width)}

    return say


def _few(cells: Mapping[str, str]) -> str:
    """11/12, or the source of a price that is not made of markets."""
    return cells["markets"].split(" ")[0] if "/" in cells["markets"] else cells["markets"]


def _beside(state: str, cells: Mapping[str, str], width: float) -> Mapping[str, str]:
    """On one line: the last column holds who reported, and the day where it is not the day of the others."""
    few, when = _few(cells), cells.get("when", "")
    if state == "missing" and not cells["change"]:
        return {"change": few, "markets": ""}
    dated = [f"{few} · {when}".strip(" ·"), when if state == "missing" else few] if when else []
    return {"markets": fit(6.2 + WIDER, *dated, *([] if dated else [cells["markets"]]), few)}


def _under(state: str, cells: Mapping[str, str], width: float) -> Mapping[str, str]:
    """Under the name. The amount of the change goes first, then the limit that is kept, then the change; who reported
    never goes: a price without it would seem to be of another source."""
    few, when = _few(cells), cells.get("when", "")
    if state == "missing":  # the day of the last price, before those who reported it
        room = width - advance(cells["change"]) - 0.5
        both = f"{when} · {few}".strip(" ·")
        return {"markets": fit(room, both, when or few) if cells["change"] else cells["markets"]}
    over = cells["mark"] if state == "over" else ""
    room = width - (advance(over, bold=True) + 0.5 if over else 0.0)
    kept = "" if over else cells["mark"]
    words = [" · ".join(filter(None, some)) for some in ([kept, when, few], [when, few], [few])]
    tries = [(change, said) for said in words[:2] for change in (cells["change"], cells["change_short"])]
    tries += [("", words[1]), (cells["change_short"], words[2])]
    for change, said in tries:
        if advance(change) + (advance(said) + 0.5 if said else 0.0) <= room:
            return {"change": change, "mark": over, "markets": said}
    return {"change": "", "mark": over, "markets": words[2]}


def props(view: WallView, box: Box) -> Props:
    found, tile_, shape = Props(), view.prices, _shape(view, box)
    beside = TURN + box.dots if box.low else 0.0
    told = AGE if tile_.note.at is not None else advance(tile_.note.least, bold=True)
    title = (
        fit(box.inner - beside - told - 1.2, tile_.title, tile_.extra["short"], bold=True) if box.low else tile_.title
    )
    head(found, "p", title, tile_.note, box, beside=beside)
    extra = tile_.extra
    over, doubtful, copied, survey = (extra[name] for name in ("over", "doubtful", "copied", "survey"))
    kinds = "" if shape.legend else extra["limits"]
    first = [over, doubtful]
    said = (
        [*first, copied, survey, kinds], [*first, copied, survey], [*first, survey, kinds], [*first, survey], first,
        [over],
    )  # fmt: skip
    options = [" · ".join(filter(None, some)) for some in said]
    put(found, "psurvey", children="" if box.low else fit(box.inner, *options))
    rows(found, "p", tile_.lines, _count(view, shape), CELLS, shape.rows * shape.columns, _say(shape, box.low))
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, shape = props(view, box), _shape(view, box)
    css = f"{'single' if shape.single else 'double'} columns{shape.columns}"
    per_page = shape.rows * shape.columns
    body = [
        element(found, "psurvey", "div", css="legend"),
        table(found, "p", _count(view, shape), CELLS, per_page, css, shape.row, shape.rows * shape.row),
        *(html.Div(line, className="legend") for line in _legend(view, shape, box.inner)),
    ]
    return tile(found, "p", box, "prices", body, dots)
