"""The tables of an HTML page as rows of plain texts; never runs, follows or keeps anything that the page says."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

from dashboard.errors import SourceChanged

MOST_CELLS = 20_000
LONGEST = 2_000
SILENT = frozenset({"script", "style"})


def table_rows(text: str) -> list[list[str]]:
    """Every row of every table, in the order in which the rows begin: its cells' texts without tags, white space
    folded. A table inside a cell gives rows of its own and is no part of that cell's text."""
    reader = _Tables()
    reader.feed(text)
    reader.close()
    return [[" ".join(cell.split())[:LONGEST] for cell in row] for row in reader.rows if row]


def labelled(rows: list[list[str]], labels: Mapping[str, str]) -> dict[str, str]:
    """Of the rows with two cells those whose first is one of ``labels`` (folded): its name, and the second cell."""
    found: dict[str, str] = {}
    for row in rows:
        if len(row) == 2 and (name := labels.get(row[0].casefold())) and row[1]:
            found.setdefault(name, row[1])
    return found


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._open: list[list[str]] = []  # rows not ended yet, the innermost last
        self._inside: list[bool] = []  # whether each of them is within a cell
        self._silent = 0
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag == "tr":
            if self._open and not self._inside[-1]:
                self._end()  # the row before was never closed
            row: list[str] = []
            self.rows.append(row)
            self._open.append(row)
            self._inside.append(False)
        elif tag in ("td", "th") and self._open:
            self._cells += 1
            if self._cells > MOST_CELLS:
                raise SourceChanged("too_large", f"a page with more than {MOST_CELLS} cells")
            self._open[-1].append("")
            self._inside[-1] = True

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th") and self._open:
            self._inside[-1] = False  # some pages end a th with a td
        elif tag in ("tr", "table") and self._open and (tag == "tr" or not self._inside[-1]):
            self._end()

    def handle_data(self, data: str) -> None:
        if self._open and self._inside[-1] and not self._silent and len(self._open[-1][-1]) < LONGEST * 4:
            self._open[-1][-1] += data

    def _end(self) -> None:
        self._open.pop()
        self._inside.pop()
