"""Rows as a table that a spreadsheet may open: no text of a source is ever run as a formula, numbers stay numbers.

Pure; never decides which rows somebody may have.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

import orjson

FORMULA = re.compile(r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|[\t\r\n]")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST = 32_000  # letters that a cell of a workbook holds
EXACT = 2**53  # a larger whole number is no number of a spreadsheet any more
UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML cannot hold
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def csv_table(rows: Sequence[Any], kind: type) -> bytes:
    """UTF-8 with a mark of its own (or spreadsheets take it for something else), a header line, CRLF.
    ``rows`` are of the dataclass ``kind``, whose fields are the columns."""
    import pandas as pd  # half a second and fifty megabytes: only a process that is asked for a table needs it

    names = [field.name for field in fields(kind)]
    cells = [[cell(getattr(row, name)) for name in names] for row in rows]
    text: str = pd.DataFrame(cells, columns=names, dtype=object).to_csv(index=False, lineterminator="\r\n")
    return b"\xef\xbb\xbf" + text.encode()


def xlsx_table(rows: Sequence[Any], kind: type) -> bytes:
    """One sheet with a header that stays in sight. Times are of the zone that the sheet's name says."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    names = [field.name for field in fields(kind)]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(kind.__name__, rows, names))
    sheet.freeze_panes = "A2"
    sheet.append(names)
    for row in rows:
        line = []
        for name in names:
            value: Any = fit(getattr(row, name))
            found = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                found.data_type = "s"  # whatever it begins with
                found.quotePrefix = FORMULA.match(value) is not None  # and it stays text when somebody edits it
            elif isinstance(value, datetime):
                found.number_format = "yyyy-mm-dd hh:mm:ss"
            line.append(found)
        sheet.append(line)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def _sheet_name(name: str, rows: Sequence[Any], names: Sequence[str]) -> str:
    zones = {str(value.tzname()) for row in rows for name in names if isinstance(value := getattr(row, name), datetime)}
    return f"{name} {' '.join(sorted(zones))}"[:31].strip()


def fit(value: Any) -> str | float | int | bool | date | datetime | None:
    """What a cell of a workbook holds: numbers, times and truths as such, all else as text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return value if math.isfinite(value) and abs(value) <= EXACT else repr(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return value
    if isinstance(value, (Mapping, list, tuple)) or is_dataclass(value):
        value = orjson.dumps(value).decode()
    return UNFIT.sub("\ufffd", str(value))[:LONGEST]


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
