"""The two sums as equations in large numbers, each in a tile of its own: they are never mixed."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_sums import Sum, Term
from layouts.boxes import Box
from layouts.slots import DOT, Props, element, head, put, tile
from layouts.typography import advance

LARGE = 1.75  # the numbers, in em
MOST = 11
SIGN, SPACE = 1.0, 0.75
PREFIX = {"today": "u", "stock": "k"}


def _width(term: Term) -> float:
    return max(advance(term.label), LARGE * advance(term.value, bold=True)) + SPACE + (SIGN if term.sign else 0)


def props(view: WallView, box: Box, name: str) -> Props:
    found, prefix = Props(), PREFIX[name]
    one: Sum = view.sums[0 if name == "today" else 1]
    head(found, prefix, one.title, one.note, box, one.aside, beside=3 * DOT if box.low else 0.1)
    wide = sum(map(_width, one.terms)) > box.inner
    for index in range(MOST):
        term = one.terms[index] if index < len(one.terms) else None
        put(found, f"{prefix}{index}", className=f"{term.kind}{' dense' if wide else ''}" if term else "empty")
        put(found, f"{prefix}{index}-sign", children=term.sign if term else "")
        put(found, f"{prefix}{index}-value", children=term.value if term else "")
        put(found, f"{prefix}{index}-name", children=term.label if term else "")
    return found


def layout(view: WallView, box: Box, name: str, dots: str = "") -> Any:
    found, prefix = props(view, box, name), PREFIX[name]
    terms = []
    for index in range(MOST):
        ident = f"{prefix}{index}"
        marks: dict[str, Any] = {"data-css": "term"}
        parts = [element(found, f"{ident}-{part}", css=f"cell {part}") for part in ("sign", "value", "name")]
        terms.append(html.Div(parts, id=ident, className=f"term {found[ident]['className']}", **marks))
    return tile(found, prefix, box, "sum", [html.Div(terms, className="terms")], dots)
