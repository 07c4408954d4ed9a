"""Rows as the CSV and XLSX files that departments drop into a folder; a file is there whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from connectors.simulator.ledger import Row
from connectors.simulator.row_faults import BAD_UTF8, INFINITY, NAN


def drop(path: Path, body: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(body)
    part.rename(path)


def write_csv(rows: Sequence[Row], columns: Sequence[str], times: Sequence[str] = ()) -> bytes:
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, _columns(rows, columns), delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(row.fields for row in rows)
    body = sheet.getvalue().encode("utf-8", "replace")
    for mark, spoiled in ((NAN, b"NaN"), (INFINITY, b"1e400"), (BAD_UTF8, b"\xff\xfe\xc3\x28")):
        body = body.replace(mark.encode(), spoiled)
    return body


def write_xlsx(rows: Sequence[Row], columns: Sequence[str], times: Sequence[str] = ()) -> bytes:
    """``times``: the columns that a spreadsheet keeps as dates."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    names = _columns(rows, columns)
    sheet.append(names)
    for row in rows:
        sheet.append([_cell(row.fields.get(name), name in times) for name in names])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _columns(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.fields)) or list(columns)


def _cell(value: Any, is_time: bool) -> Any:
    """Excel keeps times as dates, and takes no control characters and no cell over 32,767 characters."""
    if is_time and isinstance(value, str) and value:
        try:
            return datetime.fromisoformat(value).replace(tzinfo=None)
        except ValueError:
            return value
    if isinstance(value, str):
        return "".join(c for c in value if c in "\t\n" or ord(c) >= 32)[:32_000]
    return value
