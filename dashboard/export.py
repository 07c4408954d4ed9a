"""Rows as a table that a spreadsheet may open: no text of a source is ever run as a formula, numbers stay numbers.

Pure; never decides which rows somebody may have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

import orjson

FORMULA = re.compile(r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def csv_table(rows: Sequence[Any], kind: type) -> bytes:
    """UTF-8 with a mark of its own (or spreadsheets take it for something else), a header line, CRLF.
    ``rows`` are of the dataclass ``kind``, whose fields are the columns."""
    import pandas as pd  # half a second and fifty megabytes: only a process that is asked for a table needs it

    names = [field.name for field in fields(kind)]
    cells = [[cell(getattr(row, name)) for name in names] for row in rows]
    text: str = pd.DataFrame(cells, columns=names, dtype=object).to_csv(index=False, lineterminator="\r\n")
    return b"\xef\xbb\xbf" + text.encode()


def cell(value: Any) -> str:
    """One cell. Not known is empty; a text that a spreadsheet would run gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (Mapping, list, tuple)) or is_dataclass(value):
        return harmless(orjson.dumps(value).decode())
    return harmless(str(value))


def harmless(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
