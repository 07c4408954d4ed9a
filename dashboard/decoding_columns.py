"""Rows that come as bare lists, read by declared columns; pure, and never takes a moved column for another one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.decoding_indonesian import MONEY
from dashboard.errors import SourceChanged
from dashboard.mapping_readers import plain

NOT_READ = "-"
SHARE = 5  # one row in so many may look odd: it is rejected alone
LOOKS: Mapping[str, re.Pattern[str]] = {
    "code": re.compile(r"\d{3,20}"),
    "year": re.compile(r"20\d\d"),
    "money": MONEY,
    "words": re.compile(r"(?s).*[^\W\d_]{3}.*"),
}


def named(
    data: Sequence[Any], columns: Sequence[str], looks: Mapping[str, str], mandatory: frozenset[str], where: str
) -> list[dict[str, str]]:
    """Each row as {column: text}, without the columns NOT_READ. ``looks``: what a column must look like (of LOOKS).
    A number of cells other than declared, or a column that looks like something else, refuses the whole answer: moved
    by one, a year would be read for a sum."""
    if any(not isinstance(cells, list) or len(cells) != len(columns) for cells in data):
        raise SourceChanged("envelope", f"{where}: a row has not the {len(columns)} declared columns")
    rows = [{name: plain(cell) or "" for name, cell in zip(columns, cells, strict=True)} for cells in data]
    for place, name in enumerate(columns):
        pattern = LOOKS.get(looks.get(name, ""))
        if pattern is None or name == NOT_READ:
            continue
        odd = sum(not pattern.fullmatch(row[name]) for row in rows if row[name] or name in mandatory)
        if odd * SHARE > len(rows):
            raise SourceChanged("envelope", f"{where}: column {place} does not look like {name}")
    return [{name: cell for name, cell in row.items() if name != NOT_READ} for row in rows]
