"""The map: every district late/open, shaded and marked; under or beside it, in words, those that need somebody.

Outlines are cut out of plain elements (clip-path), so that text stays text and each district stays one slot. Where
a wall is so low that the numbers find no room on the map, the list beside it names every district in turn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.atlas import Outline
from dashboard.views import WallView
from dashboard.views_words import Line
from layouts.boxes import Box
from layouts.slots import AGE, TURN, Cells, Props, element, head, put, rows, spread, table, tile
from layouts.typography import LINE, advance, fit

CELLS = ("symbol", "name", "figure", "word")
MARGIN = 1.8  # em beside the map: a number may be wider than its district
FIGURE = 4.1  # em: "99/199"
LEAST_SCALE = 14.0  # em of map width below which the numbers would lie over each other
SIDE_FROM, BESIDE_NAME = 1.9, 2.3 + FIGURE
RULE = 0.1


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the map in em, whether numbers and names are on it, and the list: beside or under, so many rows."""

    width: float
    height: float
    numbers: bool
    names: bool
    beside: bool
    list_width: float
    list_rows: int
    legend: bool
    row: float


def _shape(view: WallView, box: Box) -> Shape:
    room = box.body - box.heads * box.line - 0.2
    aspect = view.districts.atlas.aspect if view.districts.atlas else 1.0
    natural = box.line + RULE
    beside = box.low or box.inner / room > SIDE_FROM
    if beside:
        names = max((advance(line.cells["name"]) for line in view.districts.lines), default=0)
        width = min(room * aspect, box.inner - MARGIN - names - BESIDE_NAME)
        height, side, legend = width / aspect, box.inner - width - MARGIN, not box.low
        free = room - (box.line if legend else 0)
    else:
        height = min((box.inner - MARGIN) / aspect, room - 3 * natural - 0.3)
        width, side, legend = height * aspect, box.inner, True
        free = room - height - 0.3 - box.line
    count = max(1, math.floor(free / natural))
    numbers = width >= LEAST_SCALE
    count = min(count, max(1, len(view.districts.lines)))
    outlines = view.districts.atlas.outlines if view.districts.atlas else ()
    by_code = {line.cells["code"]: line.cells["name"] for line in view.districts.lines}
    named = numbers and all(_holds(outline, by_code.get(outline.code, ""), width, height) for outline in outlines)
    return Shape(width, height, numbers, named, beside, side, count, legend, spread(free, count, natural))


def _holds(outline: Outline, name: str, width: float, height: float) -> bool:
    """Whether the name, broken at its spaces, and the number under it lie on the district."""
    words = name.split()
    return (
        max(map(advance, words), default=0) <= outline.room_x * width * 1.15
        and (len(words) + 1) * LINE <= outline.room_y * height * 1.5
    )


def _listed(view: WallView, shape: Shape) -> tuple[Line, ...]:
    """Those that need somebody, then the highest shares: as many as have room, or all in turn where the map has no
    numbers; none while nothing is known of any."""
    if not view.districts.told:
        return ()
    marked = {line.cells["code"] for line in view.districts.worst}
    others = [line for line in view.districts.lines if line.cells["code"] not in marked]
    listed = (*view.districts.worst, *sorted(others, key=lambda line: -float(line.cells["rank"])))
    if not shape.numbers:
        return listed
    return tuple(line for line in listed if line.cells["word"] or line.cells["share"])[: shape.list_rows]


def _say(shape: Shape) -> Cells:
    def say(line: Line) -> Mapping[str, str]:
        cells = line.cells
        free = shape.list_width - 1.3 - advance(cells["name"]) - advance(cells["figure"], bold=True) - 1.2
        texts = (f"{cells['word']} · {cells['share']}", cells["word"], cells["share"], "")
        return {**cells, "word": fit(free, *(text.strip(" ·") for text in texts))}

    return say


def _count(view: WallView, shape: Shape) -> int:
    """Slots of the list: whole pages."""
    most = shape.list_rows if shape.numbers else len(view.districts.lines)
    return max(1, -(-most // shape.list_rows)) * shape.list_rows


def props(view: WallView, box: Box) -> Props:
    found, shape = Props(), _shape(view, box)
    beside = (0.0 if shape.numbers else TURN) + box.dots
    title = fit(box.inner - beside - (AGE + 1.2 if box.low else 0.5), *view.districts.titles, bold=True)
    head(found, "d", title, view.districts.note, box, view.districts.hidden, beside or 0.1 if box.low else 0.0)
    by_code = {line.cells["code"]: line for line in view.districts.lines}
    for index, outline in enumerate(view.districts.atlas.outlines if view.districts.atlas else ()):
        line = by_code.get(outline.code)
        state = line.state if line else "unknown"
        put(found, f"m{index}", className=state)
        put(found, f"m{index}-label", className=state)
        put(found, f"m{index}-symbol", children=line.cells["symbol"] if line else "")
        if shape.numbers:
            put(found, f"m{index}-figure", children=line.cells["figure"] if line and view.districts.told else "")
    listed = _listed(view, shape)
    rows(found, "d", listed, _count(view, shape), CELLS, shape.list_rows, _say(shape))
    calm = view.districts.calm or ("" if found["dnote"]["children"] else view.districts.note.least)
    put(found, "dcalm", children="" if listed else fit(shape.list_width, calm))
    put(
        found,
        "dlegend",
        children=fit(shape.list_width, *view.districts.legends) if shape.legend and view.districts.told else "",
    )
    return found


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    found, shape = props(view, box), _shape(view, box)
    by_code = {line.cells["code"]: line.cells["name"] for line in view.districts.lines}
    areas, labels = [], []
    outlines = view.districts.atlas.outlines if view.districts.atlas else ()
    for index, outline in enumerate(outlines):
        path = ",".join(f"{x * 100:.2f}% {y * 100:.2f}%" for x, y in outline.points)
        areas.append(element(found, f"m{index}", "div", css="area", style={"clipPath": f"polygon({path})"}))
        words = by_code.get(outline.code, "").split() if shape.names else []
        parts = [html.Span(word, className="name") for word in words]
        parts += [element(found, f"m{index}-{part}", css=part) for part in (("figure",) if shape.numbers else ())]
        parts.append(element(found, f"m{index}-symbol", css="symbol"))
        x, y = (outline.label_x, outline.label_y) if shape.numbers else (outline.centre_x, outline.centre_y)
        at = {"left": f"{x * 100:.2f}%", "top": f"{y * 100:.2f}%"}
        labels.append(_label(found, f"m{index}-label", parts, at, f"label {_lean(outline, outlines)}"))
    drawn = html.Div(
        [*areas, *labels], className="map", style={"width": f"{shape.width:.3f}em", "height": f"{shape.height:.3f}em"}
    )
    count = _count(view, shape)
    side = html.Div(
        [
            element(found, "dcalm", "div", css="nothing"),
            table(found, "d", count, CELLS, shape.list_rows, "list", shape.row),
            element(found, "dlegend", "div", css="legend"),
        ],
        className="side",
    )
    css = f"districts {'map-beside' if shape.beside else 'map-above'}"
    return tile(found, "d", box, css, [html.Div([drawn, side], className="atlas")], dots)


def _lean(outline: Outline, outlines: tuple[Outline, ...]) -> str:
    """The mark under a number stands on the side away from the nearest number further down."""
    others = [other for other in outlines if other.label_y > outline.label_y]
    nearest = min(
        others,
        key=lambda other: math.hypot(other.label_x - outline.label_x, other.label_y - outline.label_y),
        default=outline,
    )
    return "west" if nearest.label_x > outline.label_x else "east"


def _label(found: Props, ident: str, parts: list[Any], at: dict[str, str], css: str) -> Any:
    marks: dict[str, Any] = {"data-css": css}
    return html.Div(parts, id=ident, className=f"{css} {found[ident]['className']}", style=at, **marks)
