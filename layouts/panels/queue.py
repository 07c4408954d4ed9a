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
from layouts.slots import AGE, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import advance, fit

CELLS = ("symbol", "number", "category", "left", "place", "age")
ONE_LINE_FROM = 44.0
SYMBOL, LEFT, RULE = 1.3, 9.0, 0.12
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


def _say(box: Box, single: bool, now: int) -> Cells:
    def say(line: Line) -> Mapping[str, str]:
        cells = line.cells
        place = f"{cells['district']} · {cells['department']}"
        settled = line.since is not None and now - line.since > TEN_DAYS_MS  # then only the number of days grows
        age = advance(cells["age"]) + 0.4 if settled else AGE
        if single:
            category, where = cells["category_long"], place
        else:
            free = box.inner - SYMBOL - advance(cells["number"]) - LEFT - 0.8
            category = fit(free, cells["category_long"], cells["category"])
            where = fit(box.inner - SYMBOL - age - 0.4, place, cells["district"])
        return {**cells, "category": category, "place": where}

    return say


def props(view: WallView, box: Box) -> Props:
    found, shape = Props(), _shape(box)
    beside = 0.1 if box.low else 0.0
    head(found, "q", view.queue.title, view.queue.note, box, view.queue.extra["hidden"], beside)
    say = _say(box, shape.single, view.now)
    rows(found, "q", view.queue.lines, shape.late * shape.pages, CELLS, shape.late, say)
    put(found, "qempty", children="" if view.queue.lines else view.queue.extra["empty"])
    if shape.ahead:
        put(found, "qnext", children=view.queue.extra["next"] if view.queue.following else "")
        rows(found, "n", view.queue.following, shape.ahead, CELLS, shape.ahead, say)
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, shape = props(view, box), _shape(box)
    css = "single" if shape.single else "double"
    body = [
        element(found, "qempty", "div", css="nothing"),
        table(found, "q", shape.late * shape.pages, CELLS, shape.late, css, shape.row),
    ]
    if shape.ahead:
        following = table(found, "n", shape.ahead, CELLS, shape.ahead, css, shape.row)
        body += [element(found, "qnext", "div", css="section"), html.Div(following, className="ahead")]
    return tile(found, "q", box, "queue", body, dots)
