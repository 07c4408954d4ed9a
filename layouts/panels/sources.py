"""The foot of a wall: a mark for each source; those that need somebody come first, in words, and never turn away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import AGE, Props, element, moment, put
from layouts.typography import advance

SYMBOL, SPACE = 1.3, 1.1
MOST, THIRDS = 24, 3
Item = tuple[Line, str]


def _width(item: Item) -> float:
    line, text = item
    return SYMBOL + advance(text, bold="bad" in line.state) + SPACE + (AGE if line.since is not None else 0)


def _lines(widths: Sequence[float], room: float) -> int:
    """How many lines they take, one after the other."""
    count, used = 1, 0.0
    for width in widths:
        if used and used + width > room:
            count, used = count + 1, 0.0
        used += width
    return count


def _texts(line: Line) -> tuple[str, str, str]:
    """With its cause, with its state, only its name."""
    cells = line.cells
    state = f"{cells['name']} {cells['word']}".strip()
    return f"{state}: {cells['why']}" if cells["why"] else state, state, cells["name"]


def _chosen(view: WallView, room: float, count: int) -> tuple[list[Item], str]:
    """What has room: first the causes go, then the calm ones are counted instead of named, and only then are some
    failing ones left to a number. Beside it the text for those that are not named."""
    bad = [line for line in view.sources.lines if "bad" in line.state]
    calm = [line for line in view.sources.lines if "bad" not in line.state]
    rest = view.sources.extra["fresh"] if calm else ""
    tries: list[tuple[list[Item], str]] = []
    for named in (0, 1):
        failing = [(line, _texts(line)[named]) for line in bad]
        tries.append(([*failing, *((line, _texts(line)[1]) for line in calm)], ""))
        tries.append((failing, rest))
    for items, others in tries:
        widths = [*map(_width, items), *([advance(others) + SPACE] if others else [])]
        if len(items) <= MOST and _lines(widths, room) <= count:
            return items, others
    for length in range(min(len(bad), MOST), 0, -1):
        items = [(line, _texts(line)[1]) for line in bad[:length]]
        others = " · ".join(filter(None, [f"+{len(bad) - length} {view.sources.extra['more']}", rest]))
        if _lines([*map(_width, items), advance(others) + SPACE], room) <= count:
            return items, others
    return [], ""


def _grid(box: Box) -> tuple[float, int]:
    """Width of a line and how many there are; on a low wall each third of the width is one, ending at a panel."""
    count = max(1, math.floor((box.body + 0.1) / box.line))
    return (box.width / THIRDS - 0.3, THIRDS) if box.thirds else (box.inner, count)


def props(view: WallView, box: Box) -> Props:
    found = Props()
    items, rest = _chosen(view, *_grid(box))
    for index in range(MOST):
        line, text = items[index] if index < len(items) else (None, "")
        put(found, f"f{index}", className=line.state if line else "empty")
        put(found, f"f{index}-symbol", children=line.cells["symbol"] if line else "")
        put(found, f"f{index}-text", children=text)
        put(found, f"f{index}-age", children="", data_since=moment(line.since) if line else "")
    rest = rest or view.sources.extra["empty"]
    put(found, "frest", children=rest, className="" if rest else "empty")
    return found


def layout(view: WallView, box: Box) -> Any:
    found = props(view, box)
    marks: dict[str, Any] = {"data-css": "mark-of"}
    items = [
        html.Div(
            [element(found, f"f{n}-{part}", css=part) for part in ("symbol", "text", "age")],
            id=f"f{n}",
            className=f"mark-of {found[f'f{n}']['className']}",
            **marks,
        )
        for n in range(MOST)
    ]
    items.append(element(found, "frest", "div", css="mark-of rest"))
    return html.Footer(items, className="sources thirds" if box.thirds else "sources", style=box.style)
