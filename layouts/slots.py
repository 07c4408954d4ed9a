"""A wall is a tree of fixed elements, each with one id and whole values; the live path only replaces values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.views import Line, Tile

Props = dict[str, dict[str, str]]


def put(props: Props, ident: str, **values: str) -> None:
    """Note the whole state of one slot; ``data_x`` becomes the attribute data-x."""
    props[ident] = {name.replace("_", "-") if name.startswith("data_") else name: text for name, text in values.items()}


def element(props: Props, ident: str, tag: str = "span", css: str = "") -> Any:
    """The element of a slot with its first values. ``css`` is the fixed part of its class."""
    values: dict[str, Any] = dict(props.get(ident, {}))
    fixed = f"{css} {values.pop('className', '')}".strip()
    if css:
        values["data-css"] = css
    return getattr(html, tag.capitalize())(id=ident, className=fixed, **values)


def rows(props: Props, prefix: str, lines: Sequence[Line], count: int, cells: Sequence[str], per_page: int) -> None:
    """``count`` rows, always all of them: those without a line are empty and hidden."""
    for index in range(count):
        line = lines[index] if index < len(lines) else None
        ident = f"{prefix}{index}"
        put(props, ident, className=line.state if line else "empty")
        for cell in cells:
            values = {"children": line.cells.get(cell, "") if line else ""}
            if cell == "age":
                values["data_since"] = str(line.since) if line and line.since is not None else ""
            if cell == "left":
                values["data_due"] = str(line.due) if line and line.due is not None else ""
            put(props, f"{ident}-{cell}", **values)
    put(props, f"{prefix}pages", data_pages=str(max(1, -(-min(len(lines), count) // per_page))))


def table(props: Props, prefix: str, count: int, cells: Sequence[str], per_page: int) -> Any:
    """The list of ``rows``: pages of ``per_page`` that rotate, with an indicator."""
    pages = [
        html.Div(
            [element_row(props, f"{prefix}{index}", cells) for index in range(start, min(start + per_page, count))],
            className="page" if start == 0 else "page off",
        )
        for start in range(0, count, per_page)
    ]
    values: dict[str, Any] = dict(props[f"{prefix}pages"])
    return html.Div(pages, id=f"{prefix}pages", className="pages", **values)


def element_row(props: Props, ident: str, cells: Sequence[str]) -> Any:
    fixed = f"row {props[ident].get('className', '')}"
    children = [element(props, f"{ident}-{cell}", css=f"cell {cell}") for cell in cells]
    marks: dict[str, Any] = {"data-css": "row"}
    return html.Div(children, id=ident, className=fixed, **marks)


def head(props: Props, prefix: str, tile: Tile) -> None:
    put(props, f"{prefix}title", children=tile.title)
    put(props, f"{prefix}note", children=tile.note)
    put(props, f"{prefix}tile", className=tile.state)


def tile_of(props: Props, prefix: str, body: Any, css: str = "") -> Any:
    fixed = f"tile {css}".strip()
    state = props[f"{prefix}tile"].get("className", "")
    title = html.Div([element(props, f"{prefix}title", css="title"), html.Span(className="turn")], className="head")
    note = element(props, f"{prefix}note", "div", css="note")
    marks: dict[str, Any] = {"data-css": fixed}
    return html.Section([title, note, body], id=f"{prefix}tile", className=f"{fixed} {state}", **marks)
