"""A drop folder: complete CSV and XLSX files inside it, within size limits; never leaves the folder, never writes."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from dashboard.contract import DroppedFile
from dashboard.decoding import strict_text
from dashboard.errors import SourceChanged, SourceRefused, SourceUnavailable

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
MAX_ROWS, MAX_COLUMNS, MAX_ENTRIES = 1_000_000, 500, 2_000
SETTLE_S = 0.2
SURPLUS = "(surplus)"
Look = tuple[int, int, int]
T = TypeVar("T")


class FilesGuard:
    """contract.Files for one source."""

    def __init__(self, folder: Path, timeout_s: float, max_bytes: int, settle_s: float = SETTLE_S) -> None:
        self._folder, self._timeout_s, self._max_bytes, self._settle_s = folder, timeout_s, max_bytes, settle_s
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._digests: dict[tuple[str, Look], str] = {}
        self.bytes = 0

    def begin(self) -> None:
        self.bytes = 0

    async def aclose(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def listing(self, pattern: str = "*") -> list[DroppedFile]:
        """Complete files, oldest first: one that changes between two looks, or is named as unfinished, is left
        for the next poll."""
        first = await self._thread(self._look, pattern)
        if not first:
            return []
        await asyncio.sleep(self._settle_s)
        second = await self._thread(self._look, pattern)
        stable = {name: seen for name, seen in second.items() if first.get(name) == seen}
        return await self._thread(self._describe, stable)

    async def table(self, name: str, *, sheet: str | None = None, delimiter: str = ",") -> list[dict[str, Any]]:
        return await self._thread(self._table, name, sheet, delimiter)

    async def _thread(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        except TimeoutError:
            raise SourceUnavailable("timeout", f"the folder did not answer in {self._timeout_s:g} s") from None
        except OSError as error:
            raise SourceUnavailable("file_missing", type(error).__name__) from None

    def _root(self) -> Path:
        root = self._folder.resolve()
        if not root.is_dir():
            raise SourceUnavailable("file_missing", "the drop folder is not there")
        return root

    def _inside(self, name: str) -> Path:
        """The file of this name. What is not a plain file right inside the folder is refused: a path, a link."""
        if not name or name != Path(name).name or name.startswith(".") or "\0" in name or "\\" in name:
            raise SourceRefused("address_blocked", "a name of a file in the drop folder is expected")
        path = self._root() / name
        if path.is_symlink() or path.resolve().parent != self._root():
            raise SourceRefused("address_blocked", "the file lies outside the drop folder")
        if not path.is_file():
            raise SourceUnavailable("file_missing", "no such file")
        return path

    def _look(self, pattern: str) -> dict[str, Look]:
        found: dict[str, Look] = {}
        if "/" in pattern or "\\" in pattern or ".." in pattern:
            raise SourceRefused("address_blocked", "the pattern leaves the drop folder")
        for path in self._root().glob(pattern):
            name = path.name
            if name.startswith(".") or name.lower().endswith(UNFINISHED) or path.is_symlink() or not path.is_file():
                continue
            seen = path.stat()
            found[name] = (seen.st_size, seen.st_mtime_ns, seen.st_ino)
        return found

    def _describe(self, stable: dict[str, Look]) -> list[DroppedFile]:
        self._digests = {key: digest for key, digest in self._digests.items() if stable.get(key[0]) == key[1]}
        files = []
        for name, look in stable.items():
            if look[0] > self._max_bytes:
                raise SourceRefused("too_large", f"a file of more than {self._max_bytes} bytes")
            if (name, look) not in self._digests:
                self._digests[name, look] = hashlib.blake2b(self._inside(name).read_bytes(), digest_size=16).hexdigest()
            at = datetime.fromtimestamp(look[1] / 1e9, UTC)
            files.append(DroppedFile(name=name, size=look[0], modified_at=at, digest=self._digests[name, look]))
        return sorted(files, key=lambda file: (file.modified_at, file.name))

    def _table(self, name: str, sheet: str | None, delimiter: str) -> list[dict[str, Any]]:
        path = self._inside(name)
        with path.open("rb") as file:
            body = file.read(self._max_bytes + 1)
        if len(body) > self._max_bytes:
            raise SourceRefused("too_large", f"more than {self._max_bytes} bytes")
        self.bytes += len(body)
        if path.suffix.lower() in {".xlsx", ".xlsm"}:
            return list(xlsx_rows(body, sheet, self._max_bytes))
        return list(csv_rows(body, delimiter))


def csv_rows(body: bytes, delimiter: str) -> Iterator[dict[str, Any]]:
    """Rows by the names of the first line. Cells beyond it come under ``(surplus)``, missing ones as None."""
    text = strict_text(body)
    if "\0" in text:
        raise SourceChanged("not_a_table", "a NUL byte")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    whole = text.endswith(("\n", "\r"))
    try:
        yield from _named(reader if whole else _not_torn(reader))
    except csv.Error as error:
        raise SourceChanged("not_a_table", f"line {reader.line_num}: {str(error)[:60]}") from None


def _not_torn(rows: Any) -> Iterator[list[str]]:
    """A file that ends within a line, before its last column, was never written to its end."""
    width, last = 0, 0
    for row in rows:
        width, last = width or len(row), len(row)
        yield row
    if 0 < last < width:
        raise SourceChanged("not_a_table", "the file ends in the middle of a row")


def xlsx_rows(body: bytes, sheet: str | None, max_bytes: int) -> Iterator[dict[str, Any]]:
    """Rows of a sheet by the names of its first row; of a formula the value that was stored with it."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
        # What an entry declares bounds what can be read of it, so the bomb is refused before it is opened.
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > max_bytes:
            raise SourceRefused("too_large", f"more than {max_bytes} bytes once unpacked")
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    except SourceRefused:
        raise
    except Exception as error:
        raise SourceChanged("not_a_table", f"no readable XLSX ({type(error).__name__})") from None
    try:
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            raise SourceChanged("not_a_table", "the sheet is not there")
        page = book[sheet if sheet is not None else names[0]]
        yield from _named(tuple(map(_cell, row)) for row in page.iter_rows(max_col=MAX_COLUMNS, values_only=True))
    finally:
        book.close()


def _named(rows: Any) -> Iterator[dict[str, Any]]:
    names: list[str] | None = None
    for count, row in enumerate(rows):
        if all(cell is None or cell == "" for cell in row):
            continue
        if count > MAX_ROWS or len(row) > MAX_COLUMNS:
            raise SourceRefused("too_large", f"more than {MAX_ROWS} rows or {MAX_COLUMNS} columns")
        if names is None:
            names = _header(row)
            continue
        found: dict[str, Any] = dict.fromkeys(names)
        found.update(zip(names, row, strict=False))
        surplus = [cell for cell in row[len(names) :] if cell not in (None, "")]
        if surplus:
            found[SURPLUS] = surplus
        yield found


def _header(row: Any) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    if len(set(names)) != len(names):
        raise SourceChanged("not_a_table", "a column name stands twice in the first row")
    return names


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool, datetime)):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a sheet knows no zone; parse applies it
    if isinstance(value, (time, timedelta)):
        return str(value)
    return str(value)
