"""A table of a desk page, to sort and to filter, with its files beside it; on a narrow screen each row is a card. Pure.

``desk.js`` sorts by ``data-sort`` and keeps what the reader chose in the address.
"""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.i18n import Lang, say
from dashboard.views_desk import Cell, Column, Row, Table, filled
from layouts.figures import age, note
from layouts.screens import renewed

FEW = 4  # columns: such a table is no wider than it needs
WIDE = (("vast", 14), ("wide", 8))  # columns: such a table becomes cards earlier


def table(shown: Table, lang: Lang) -> Any:
    tools: dict[str, Any] = {
        "data-tools": shown.key, "data-filter": say("table.filter", lang), "data-order": say("table.order", lang),
        "data-rows": say("table.rows", lang), "data-all": say("table.all", lang),
    }  # fmt: skip
    links = [html.A(text, href=href, className="file") for text, href in shown.files]
    return html.Div(
        [
            html.H3(shown.title, id=f"title-{shown.key}"),
            html.Div([html.Span(className="tools", **tools), *links], className="above"),
            renewed(f"table-{shown.key}", _whole(shown)),
        ],
        className="table",
    )


def _whole(shown: Table) -> list[Any]:
    parts: list[Any] = [note(shown.note)]
    parts += [html.P(text, className="remark") for text in shown.remarks]
    if not shown.rows:
        return [*parts, html.P(shown.empty, className="empty")]
    columns, rows = _told(shown)
    heads = [_head(shown.key, column) for column in columns]
    told: dict[str, Any] = {"data-table": shown.key, "aria-labelledby": f"title-{shown.key}"}
    body = html.Tbody([_row(row, columns) for row in rows], role="rowgroup")
    head = html.Thead(html.Tr(heads, role="row"), role="rowgroup")
    count = len(columns)
    wide = "few" if count <= FEW else next((name for name, most in WIDE if count > most), None)
    return [*parts, html.Table([head, body], role="table", className=wide, **told)]


def _told(shown: Table) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Of a table too wide for a screen, only the columns in which some row says something."""
    if len(shown.columns) <= WIDE[0][1]:
        return shown.columns, shown.rows
    return filled(shown.columns, shown.rows)


def _head(key: str, column: Column) -> Any:
    told: dict[str, Any] = {"data-key": column.key}
    if column.about:
        told["title"] = column.about
    button = html.Button(column.title, type="button", id=f"sort-{key}-{column.key}")
    return html.Th(button, scope="col", role="columnheader", className="number" if column.number else None, **told)


def _row(row: Row, columns: tuple[Column, ...]) -> Any:
    cells = [_cell(cell, column, first=n == 0) for n, (cell, column) in enumerate(zip(row.cells, columns, strict=True))]
    return html.Tr(cells, role="row", className=row.state or None)


def _cell(cell: Cell, column: Column, first: bool) -> Any:
    told: dict[str, Any] = {"data-name": column.title}
    if cell.sort is not None:
        told["data-sort"] = str(cell.sort)
    text: Any = age(cell.since) if cell.since is not None else cell.text
    said = [html.Div(html.A(text, href=cell.href) if cell.href else text)]
    if cell.more:
        said.append(html.Div(cell.more))
    css = " ".join(filter(None, ("number" if column.number else "", cell.state)))
    more = {**told, **({"className": css} if css else {})}
    return html.Th(said, scope="row", role="rowheader", **more) if first else html.Td(said, role="cell", **more)
