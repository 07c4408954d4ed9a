"""A folder into which an office drops CSV files: written whole, renamed into place, only when rows changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.row_faults import BAD_UTF8, INFINITY, NAN, Shape

PAUSE_S = 10.0
Files = Callable[[datetime], Mapping[str, Sequence[Row]]]


class Drop:
    """``files``: what there is at an instant, by the name of the file. Older files of the same kind are removed."""

    def __init__(
        self, name: str, folder: Path, files: Files, shape: Shape, ledger: Ledger, spoilt: Misbehaviour
    ) -> None:
        self.name, self.spoilt = name, spoilt
        self._folder, self._files, self._shape, self._ledger = folder, files, shape, ledger
        self._marks: dict[str, str] = {}
        self._next_at = 0.0
        self._revision = 0

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.iterdir():
            old.unlink()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write the files whose rows changed; returns how many. Not more often than every ``PAUSE_S`` real seconds."""
        if real_at < self._next_at and self.spoilt.revision == self._revision:
            return 0
        self._next_at, self._revision = real_at + PAUSE_S, self.spoilt.revision
        if self.spoilt.active("refuse") or self.spoilt.active("hang"):
            return 0
        files = self._files(now)
        written = sum(self._write(name, list(rows), now, real_at) for name, rows in files.items())
        for old in self._folder.glob("*.csv"):
            if old.name not in files:
                old.unlink(missing_ok=True)
        return written

    def _write(self, name: str, rows: list[Row], now: datetime, real_at: float) -> int:
        rows = self.spoilt.spoil_rows(rows, self._shape, now)
        mark = "|".join([*self.spoilt.names, *(row.digest for row in rows)])
        if self._marks.get(name) == mark or not (rows or self.spoilt.active("empty")):
            return 0
        body = _csv(rows)
        if self.spoilt.active("bom"):
            body = b"\xef\xbb\xbf" + body
        if self.spoilt.active("truncated"):
            body = body[: len(body) // 2]
        part = self._folder / f"{name}.part"
        part.write_bytes(body)
        part.rename(self._folder / name)
        self._marks[name] = mark
        self._ledger.note(self.name, rows, now, real_at)
        return 1


def _csv(rows: Sequence[Row]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row.fields))
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, names or ["kosong"], delimiter=";", restval="")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.fields.items()} for row in rows)
    body = sheet.getvalue().encode("utf-8", "replace")
    for mark, spoiled in ((NAN, b"NaN"), (INFINITY, b"1e400"), (BAD_UTF8, b"\xff\xfe\xc3\x28")):
        body = body.replace(mark.encode(), spoiled)
    return body
