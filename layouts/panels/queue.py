"""The queue: the longest overdue cases on pages that take turns, under them the deadlines that come next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_queue import LATE_SHOWN
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import AGE, TURN, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import advance, fit

CELLS = ("symbol", "number", "category", "left", "place", "age")
ONE_LINE_FROM = 44.0
SYMBOL, LEFT, RULE = 1.35, 9.3, 0.12
PLACE, SINGLE = 19.0, 42.5  # em: a place in a row of one line; all its columns but the category
NARROW = 21.0
PAGES, AHEAD_SHARE = 4, 0.38
TEN_DAYS_MS = 864_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows of overdue cases on a page, pages, rows of deadlines ahead; whether a row is one line, and its height."""

    late: int
    pages: int
    ahead: int
    single: bool
    row: float


def _shape(box: Box) -> Shape:
    single = box.inner >= ONE_LINE_FROM
    natural = box.line * (1 if single else 2) + RULE
    free = box.body - box.heads * box.line
    if box.low:
        # Seen from far away: the oldest cases stay, nothing turns.
        late = max(1, math.floor(free / natural))
        return Shape(late, 1, 0, single, spread(free, late, natural))
    free -= box.line + 0.25
    total = max(2, math.floor(free / natural))
    ahead = max(1, round(total * AHEAD_SHARE))
    late = total - ahead
    return Shape(late, min(PAGES, -(-LATE_SHOWN // late)), ahead, single, spread(free, total, natural))


def _swapped(box: Box) -> bool:
    """Where there is no room for the category beside the time left, the age stands there and the time left below."""
    return box.inner < NARROW


def _say(box: Box, single: bool, now: int) -> Cells:
    """Names as long as there is room for beside the widest time; the department goes before the district."""

    def say(line: Line) -> Mapping[str, str]:
        cells = line.cells
        marks, place = cells["marks"], f"{cells['district']} · {cells['department']}"
        held = f"{place}, {cells['held']}" if cells["held"] else place
        settled = line.since is not None and now - line.since > TEN_DAYS_MS  # then only the number of days grows
        age = advance(cells["age"]) + 0.4 if settled else AGE
        above, below = (age, LEFT) if _swapped(box) else (LEFT, age)
        room = PLACE if single else box.inner - SYMBOL - below - 0.5
        free = box.inner - SINGLE if single else box.inner - SYMBOL - advance(cells["number"], bold=True) - above - 0.9
        wheres = [f"{marks} · {where}".strip(" ·") for where in (held, place, cells["district"])]
        return {
            **cells,
            "category": fit(free, cells["category_long"], cells["category"]),
            "place": fit(room, *wheres, cells["district"]),
        }

    return say


def props(view: WallView, box: Box) -> Props:
    found, shape = Props(), _shape(box)
    beside = 0.1 if box.low else 0.0
    room = box.inner - (AGE + 1.2 if box.low else TURN + 0.5)
    extra = {**view.queue.extra, "title": view.queue.title}
    head(
        found,
        "q",
        fit(room, *(extra[name] for name in ("full", "long", "middle", "title", "short", "least")), bold=True),
        view.queue.note,
        box,
        extra["hidden"],
        beside,
    )
    say = _say(box, shape.single, view.now)
    rows(found, "q", view.queue.lines, shape.late * shape.pages, CELLS, shape.late, say)
    put(found, "qempty", children="" if view.queue.lines else extra["empty"])
    if shape.ahead:
        put(found, "qnext", children=view.queue.extra["next"] if view.queue.following else "")
        rows(found, "n", view.queue.following, shape.ahead, CELLS, shape.ahead, say)
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, shape = props(view, box), _shape(box)
    css = "single" if shape.single else "double swap" if _swapped(box) else "double"
    body = [
        element(found, "qempty", "div", css="nothing"),
        table(found, "q", shape.late * shape.pages, CELLS, shape.late, css, shape.row, shape.late * shape.row),
    ]
    if shape.ahead:
        following = table(found, "n", shape.ahead, CELLS, shape.ahead, css, shape.row)
        body += [element(found, "qnext", "div", css="section"), html.Div(following, className="ahead")]
    return tile(found, "q", box, "queue", body, dots)
