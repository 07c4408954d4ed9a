"""The two sums as equations in large numbers, each in a tile of its own: they are never mixed."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.views import WallView
from dashboard.views_sums import Sum, Term, together
from layouts.boxes import Box
from layouts.slots import Props, element, head, put, tile
from layouts.typography import advance

LARGE = 1.75  # the numbers, in em
LARGE_LINE = 2.5  # ink of a number and of its name under it
MOST = 11
SIGN, SPACE, DENSE = 1.05, 1.05, 1.1
REST = 1.5  # the mark before what is not explained
PREFIX = {"today": "u", "stock": "k"}


def _width(term: Term, dense: bool) -> float:
    sign = SIGN if term.sign else 0
    if dense:
        return (
            (REST if term.kind == "rest" else 0) + advance(term.label) + advance(term.value, bold=True) + sign + DENSE
        )
    mark = REST if term.kind == "rest" else 0
    return max(advance(term.label), LARGE * advance(term.value, bold=True) + mark) + SPACE + sign


def _lines(terms: tuple[Term, ...], room: float, dense: bool) -> int:
    count, used = 1, 0.0
    for term in terms:
        width = _width(term, dense)
        if used and used + width > room:
            count, used = count + 1, 0.0
        used += width
    return count


def _chosen(view: WallView, one: Sum, box: Box) -> tuple[tuple[Term, ...], bool]:
    """Large numbers; else the words beside the numbers; else the parts of rare days as one."""
    few = together(one.terms, one.others, view.lang)
    for terms in (one.terms, few):
        for dense in (False, True):
            height = box.line if dense else LARGE_LINE
            if _lines(terms, box.inner, dense) * height <= box.body - box.line:
                return terms, dense
    return few, True


def props(view: WallView, box: Box, name: str) -> Props:
    found, prefix = Props(), PREFIX[name]
    one: Sum = view.sums[0 if name == "today" else 1]
    head(found, prefix, one.title, one.note, box, one.aside, beside=box.dots or 0.1)
    unsaid = one.note.state == "never" and not found[f"{prefix}note"]["children"]
    put(found, f"{prefix}none", children=one.note.least if unsaid else "")
    terms, dense = _chosen(view, one, box)
    for index in range(MOST):
        term = terms[index] if index < len(terms) else None
        put(found, f"{prefix}{index}", className=f"{term.kind}{' dense' if dense else ''}" if term else "empty")
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
    nothing = element(found, f"{prefix}none", "div", css="nothing")
    return tile(found, prefix, box, "sum", [nothing, html.Div(terms, className="terms")], dots)
