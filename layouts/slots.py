"""A wall is a tree of fixed elements, each with one id and whole values; the live path only replaces values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.views_words import CALM, SOURCE_SYMBOLS, Line, Note
from layouts.boxes import Box
from layouts.typography import advance, fit

Props = dict[str, dict[str, str]]
Cells = Callable[[Line], Mapping[str, str]]
TURN = 2.6  # em: "1/3"
AGE = 5.6  # em: the widest age, "9 j 59 mnt", and the space before it


def put(props: Props, ident: str, **values: str) -> None:
    """Note the whole state of one slot; ``data_x`` becomes the attribute data-x."""
    props[ident] = {name.replace("_", "-") if name.startswith("data_") else name: text for name, text in values.items()}


def element(props: Props, ident: str, tag: str = "span", css: str = "", **more: Any) -> Any:
    """The element of a slot with its first values. ``css`` is the fixed part of its class."""
    values: dict[str, Any] = dict(props.get(ident, {}))
    fixed = f"{css} {values.pop('className', '')}".strip()
    if css:
        values["data-css"] = css
    return getattr(html, tag.capitalize())(id=ident, className=fixed, **values, **more)


def moment(at: int | None) -> str:
    return "" if at is None else str(at)


def rows(
    props: Props, prefix: str, lines: Sequence[Line], count: int, cells: Sequence[str], per_page: int, say: Cells
) -> None:
    """``count`` rows, always all of them: those without a line are empty and hidden. ``say`` picks what of a line's
    cells has room; ``age`` and ``left`` are counted on by the browser."""
    placed = _dealt(lines[:count], per_page)
    for index in range(count):
        line = placed.get(index)
        ident = f"{prefix}{index}"
        put(props, ident, className=line.state if line else "empty")
        said = say(line) if line else {}
        for cell in cells:
            values = {"children": said.get(cell, "")}
            if cell == "age":
                values["data_since"] = moment(line.since) if line else ""
            if cell == "left":
                values["data_due"] = moment(line.due) if line else ""
            put(props, f"{ident}-{cell}", **values)
    put(props, f"{prefix}pages", data_pages=str(_pages(min(len(lines), count), per_page)))


def _pages(count: int, per_page: int) -> int:
    return max(1, -(-count // per_page))


def _dealt(lines: Sequence[Line], per_page: int) -> dict[int, Line]:
    """The lines by slot, in pages that differ by one line at the most: no page stands almost empty for its turn."""
    least, longer = divmod(len(lines), _pages(len(lines), per_page))
    found: dict[int, Line] = {}
    first = 0
    for page in range(_pages(len(lines), per_page)):
        amount = least + (page < longer)
        found |= {page * per_page + n: line for n, line in enumerate(lines[first : first + amount])}
        first += amount
    return found


def table(
    props: Props,
    prefix: str,
    count: int,
    cells: Sequence[str],
    per_page: int,
    css: str = "",
    row: float = 0.0,
    least: float = 0.0,
) -> Any:
    """The list of ``rows``: pages of ``per_page`` that take turns. ``row``: the height of one in em; ``least``: of a
    page, so that what stands below does not move from page to page."""
    style = {"--row": f"{row:.3f}em", "--least": f"{least:.3f}em"}
    pages = [
        html.Div(
            [_row(props, f"{prefix}{index}", cells) for index in range(start, min(start + per_page, count))],
            className=f"page {css}" if start == 0 else f"page {css} off",
            style=style,
        )
        for start in range(0, count, per_page)
    ]
    values: dict[str, Any] = dict(props[f"{prefix}pages"])
    return html.Div(pages, id=f"{prefix}pages", className="pages", **values)


def _row(props: Props, ident: str, cells: Sequence[str]) -> Any:
    fixed = f"row {props[ident].get('className', '')}"
    children = [element(props, f"{ident}-{cell}", css=f"cell {cell}") for cell in cells]
    marks: dict[str, Any] = {"data-css": "row"}
    return html.Div(children, id=ident, className=fixed, **marks)


def head(props: Props, prefix: str, title: str, note: Note, box: Box, aside: str = "", beside: float = 0.0) -> None:
    """Title, and under it the sources, the time of the data and its age; beside it when the indicator of pages is
    ``beside`` em wide. ``aside``: said after the note if it fits. The mark of a state that is not calm is the
    last to go."""
    age = AGE if note.at is not None else 0
    if beside and advance(title, bold=True) + beside + 1.2 + age > box.inner:
        note, age = Note("", "", None, note.state), 0  # a day on which the number is all there is room for
    room = box.inner - age - (advance(title, bold=True) + beside + 1.2 if beside else 0)
    bad = note.state not in CALM
    said = fit(room, *note.tries(aside), *([""] if beside else []), bold=bad)
    symbol = SOURCE_SYMBOLS[note.state] if bad else ""
    if symbol and symbol not in said:  # no room for the words: the mark alone goes before the title
        marked = f"{symbol} {title}"
        title = marked if advance(marked, bold=True) + beside <= box.inner else title
    put(props, f"{prefix}title", children=title)
    put(props, f"{prefix}note", children=said)
    put(props, f"{prefix}age", children="", data_since=moment(note.at))
    put(props, f"{prefix}tile", className=note.state)


def where(dots: str) -> Any:
    """Which page this is: of the tile, written; of the tiles that share a box, drawn (``dots``: 1 for this one)."""
    drawn = [html.I(className="dot on" if dot == "1" else "dot") for dot in dots]
    return html.Span([html.Span(className="turn"), html.Span(drawn, className="dots")], className="where")


def top(props: Props, prefix: str, dots: str = "") -> Any:
    """The head of a tile."""
    title = html.Div([element(props, f"{prefix}title", css="title"), where(dots)], className="head")
    note = html.Div(
        [element(props, f"{prefix}note", css="note"), element(props, f"{prefix}age", css="age")], className="under"
    )
    return html.Div([title, note], className="top")


def tile(props: Props, prefix: str, box: Box, css: str, body: Sequence[Any], dots: str = "") -> Any:
    """A tile in its box."""
    fixed = f"tile {css}{' compact' if box.low else ''}".strip()
    marks: dict[str, Any] = {"data-css": fixed}
    state = props[f"{prefix}tile"].get("className", "")
    return html.Section(
        [top(props, prefix, dots), *body], id=f"{prefix}tile", className=f"{fixed} {state}", style=box.style, **marks
    )


def spread(free: float, count: int, natural: float) -> float:
    """The height of each of ``count`` rows: what is left over is shared out, up to a third of a row."""
    return min(free / count, natural * 1.33) if count else natural


def deck(tiles: Sequence[Any]) -> Any:
    """Tiles that take turns in one box."""
    pages = [html.Div(one, className="page" if n == 0 else "page off") for n, one in enumerate(tiles)]
    marks: dict[str, Any] = {"data-pages": str(len(pages))}
    return html.Div(pages, className="pages deck", **marks)
