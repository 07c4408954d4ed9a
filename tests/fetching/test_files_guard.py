"""The drop folder's guard on a real folder: what is complete is read, what lies outside or grows is not."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from dashboard.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching import FilesGuard


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
async def guard(drop: Path) -> AsyncIterator[FilesGuard]:
    opened = FilesGuard(drop, 10.0, 200_000, settle_s=0.0)
    yield opened
    await opened.aclose()


def sheet(path: Path, *rows: list[Any], title: str = "Data") -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    book.save(path)


async def test_csv_with_byte_order_mark_and_semicolons(drop: Path, guard: FilesGuard) -> None:
    (drop / "a.csv").write_bytes("\ufeffNomor;Nilai\r\n1;12.500\r\n2;\r\n;\r\n3;4;lebih\r\n".encode())
    assert await guard.table("a.csv", delimiter=";") == [
        {"Nomor": "1", "Nilai": "12.500"},
        {"Nomor": "2", "Nilai": ""},
        {"Nomor": "3", "Nilai": "4", "(surplus)": ["lebih"]},
    ]


async def test_xlsx_cells_and_the_stored_value_of_a_formula(drop: Path, guard: FilesGuard) -> None:
    at = datetime(2026, 11, 24, 8, 30)  # noqa: DTZ001 - a sheet knows no zone
    sheet(drop / "a.xlsx", ["Nomor", "Ambil", "Rumus", None], [7, at, "=1+1", None])
    rows = await guard.table("a.xlsx", sheet="Data")
    assert rows == [{"Nomor": 7, "Ambil": at, "Rumus": None}]  # never the formula's own text


async def test_only_complete_files_oldest_first(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at, (name, text) in enumerate((("b.csv", "b"), ("a.csv", "a"), ("c.csv.part", "c"), ("d.tmp", "d"))):
        (drop / name).write_text(text)
        os.utime(drop / name, (1_000 + at, 1_000 + at))
    (drop / ".e.csv").write_text("e")
    (drop / "z.csv").write_text("1")
    guard, seen, grown = FilesGuard(drop, 30.0, 200_000, settle_s=0.0), FilesGuard._look, threading.Event()

    def look(self: FilesGuard, pattern: str) -> Any:
        """The department writes on between two looks, once."""
        found = seen(self, pattern)
        if not grown.is_set():
            grown.set()
            with (drop / "z.csv").open("a") as file:
                file.write("2")
        return found

    monkeypatch.setattr(FilesGuard, "_look", look)
    first = await guard.listing()
    assert [file.name for file in first] == ["b.csv", "a.csv"]
    assert first[0].digest != first[1].digest
    assert [file.name for file in await guard.listing("*.csv")] == ["b.csv", "a.csv", "z.csv"], (
        "it has grown to its end"
    )
    await guard.aclose()


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "..", "link.csv", "sub/x.csv", "", "a\\b", ".x"])
async def test_nothing_outside_the_folder_is_read(drop: Path, guard: FilesGuard, name: str) -> None:
    (drop.parent / "secret.csv").write_text("NIK\n3671000000000000\n")
    (drop / "link.csv").symlink_to(drop.parent / "secret.csv")
    (drop / "sub").mkdir()
    (drop / "sub" / "x.csv").write_text("a\n1\n")
    with pytest.raises(SourceRefused) as caught:
        await guard.table(name)
    assert caught.value.cause == "address_blocked"
    assert await guard.listing() == []


async def test_a_pattern_stays_inside(drop: Path, guard: FilesGuard) -> None:
    with pytest.raises(SourceRefused):
        await guard.listing("../*")


async def test_large_files_and_zip_bombs_are_refused(drop: Path, guard: FilesGuard) -> None:
    (drop / "big.csv").write_bytes(b"a\n" + b"1\n" * 200_000)
    sheet(drop / "seed.xlsx", ["a"], [1])
    with zipfile.ZipFile(drop / "seed.xlsx") as seed, zipfile.ZipFile(drop / "bomb.xlsx", "w", 8) as bomb:
        for entry in seed.infolist():
            bomb.writestr(entry.filename, seed.read(entry))
        bomb.writestr("xl/worksheets/sheet2.xml", b"0" * 50_000_000)
    assert (drop / "bomb.xlsx").stat().st_size < 200_000
    for name in ("big.csv", "bomb.xlsx"):
        with pytest.raises(SourceRefused) as caught:
            await guard.table(name)
        assert caught.value.cause == "too_large"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", b"\xff\xfea\x00"),
        ("a.csv", b"a,b\n1\x00,2\n"),
        ("a.csv", b"a,a\n1,2\n"),
        ("a.csv", b'a,b\n"1,2\n'),
        ("a.csv", b"a,b,c\n1,2,3\n4,5"),  # never written to its end
        ("a.xlsx", b"not a zip"),
    ],
)
async def test_what_is_no_table_is_a_change_of_the_source(
    drop: Path, guard: FilesGuard, name: str, body: bytes
) -> None:
    (drop / name).write_bytes(body)
    with pytest.raises(SourceChanged):
        await guard.table(name)


async def test_an_archive_that_is_no_workbook(drop: Path, guard: FilesGuard) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("x", "y")
    (drop / "a.xlsx").write_bytes(body.getvalue())
    with pytest.raises(SourceChanged):
        await guard.table("a.xlsx")


async def test_a_folder_that_went_away(tmp_path: Path) -> None:
    guard = FilesGuard(tmp_path / "gone", 5.0, 1000)
    with pytest.raises(SourceError) as caught:
        await guard.listing()
    assert isinstance(caught.value, SourceUnavailable)
    assert caught.value.cause == "file_missing"
    await guard.aclose()
