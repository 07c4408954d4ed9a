"""Tables for spreadsheets: formulas never run, numbers stay numbers, and the API gives the rows of its JSON."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import LOCAL
from dashboard.api_routes import ROUTES
from dashboard.export import XLSX, cell, csv_table, xlsx_table
from tests.ingest.served import Room, row, rows

STARTS = "=+-@\t\r\n|%"


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example";"klik")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "\r=1", "\n=1",
        "\uff1d1+1", "\u200b=1", " =1", "%00", "|cmd",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (-5, "-5"), (-5.25, "-5.25"), ("-5", "-5"), ("+62", "+62"), ("-1.234,5", "-1.234,5"), (None, ""),
        (True, "true"),
        ("Jalan rusak", "Jalan rusak"), (["=1"], '["=1"]'),
        (datetime(2026, 11, 25, tzinfo=UTC), "2026-11-25T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_numbers_stay_numbers_and_words_words(value: Any, said: str) -> None:
    assert cell(value) == said


@dataclass(frozen=True)
class Pair:
    word: str
    number: float


@given(st.lists(st.builds(Pair, st.text(), st.floats(allow_nan=False)), max_size=5))
def test_any_table_comes_back_as_it_went(pairs: list[Pair]) -> None:
    text = csv_table(pairs, Pair).decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found[0] == ["word", "number"]
    for pair, (word, number) in zip(pairs, found[1:], strict=True):
        assert float(number) == pair.number
        assert word.removeprefix("'") == pair.word.removeprefix("'")
        assert not word or word[0] not in STARTS or word.lstrip("+-").replace(".", "").replace(",", "").isdigit()


def answer_of(api: Any, path: str, query: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(api.handle({"path": path, "query_string": query, "principal": LOCAL}, None, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


def test_every_list_comes_as_a_table_with_the_same_rows(room: Room, asker_of: Any) -> None:
    room.poll([*rows(4), row("LKS-1", "=SUM(1)")], 0)
    asker = asker_of(room)
    for route in ROUTES:
        if route.rows is None:
            continue
        listed = asker.get(route.name)[route.rows[0]]
        status, headers, body = answer_of(asker.api, route.tables["csv"])
        assert status == 200
        assert headers["content-type"] == "text/csv; charset=utf-8"
        assert headers["content-disposition"] == f'attachment; filename="{route.name}.csv"'
        table = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
        assert len(table) == len(listed)
        for line, said in zip(table, listed, strict=True):
            assert set(line) == set(said)
        if route.name == "cases":
            assert sorted(line["number"] for line in table) == list("12345")
            assert "'=SUM(1)" in {line["status_word"] for line in table}


def sheet(body: bytes) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert len(book.sheetnames) == 1
    return [list(row) for row in book[book.sheetnames[0]].iter_rows()]


@dataclass(frozen=True)
class Wide:
    word: str
    count: int
    price: float
    at: datetime | None
    done: bool | None
    parts: list[str]


def test_a_workbook_keeps_numbers_times_and_text_apart() -> None:
    zone = ZoneInfo("Asia/Jakarta")
    words = [
        '=HYPERLINK("http://evil.example")',
        "+62",
        "-2+3",
        "@SUM(1)",
        "Jalan\x00\x1f \ud83d rusak",
        "x" * 99_999,
        "",
    ]
    at = datetime(2026, 11, 25, 14, 5, tzinfo=zone)
    made = [Wide(word, n, -5.25, at if n else None, n > 0 or None, ["=1"]) for n, word in enumerate(words)]
    made.append(Wide("big", 2**60, float("inf"), None, None, []))
    head, *lines = sheet(xlsx_table(made, Wide))
    assert [one.value for one in head] == ["word", "count", "price", "at", "done", "parts"]
    for n, line in enumerate(lines[:-1]):
        assert [one.data_type for one in line][1:3] == ["n", "n"]
        assert (line[1].value, line[2].value) == (n, -5.25)
        assert line[3].value == (at.replace(tzinfo=None) if n else None)
        assert line[4].value is (True if n else None)
        assert not any(one.data_type == "f" for one in line)
    for n in (0, 2, 3):
        assert lines[n][0].value == words[n]
        assert lines[n][0].quotePrefix, "it stays text when somebody edits it"
    assert not lines[5][0].quotePrefix
    assert lines[4][0].value == "Jalan\ufffd\ufffd \ufffd rusak"
    assert len(lines[5][0].value) == 32_000
    assert [one.value for one in lines[-1]][1:3] == [str(2**60), "inf"], "what is no number there is text"
    assert "WIB" in openpyxl.load_workbook(io.BytesIO(xlsx_table(made, Wide))).sheetnames[0]


def test_every_list_comes_as_a_workbook_with_the_same_rows(room: Room, asker_of: Any) -> None:
    room.poll([*rows(4), row("LKS-1", "=SUM(1)")], 0)
    asker = asker_of(room)
    for route in ROUTES:
        if route.rows is None:
            continue
        listed = asker.get(route.name)[route.rows[0]]
        status, headers, body = answer_of(asker.api, route.tables["xlsx"])
        assert (status, headers["content-type"]) == (200, XLSX)
        assert headers["content-disposition"] == f'attachment; filename="{route.name}.xlsx"'
        head, *lines = sheet(body)
        assert len(lines) == len(listed)
        for line, said in zip(lines, listed, strict=True):
            assert [one.value for one in head] == list(said)
            for one, value in zip(line, said.values(), strict=True):
                if isinstance(value, (int, float)):
                    assert (one.value, one.data_type) == (value, "b" if isinstance(value, bool) else "n")
        if route.name == "cases":
            words = [one for line in lines for one in line if one.value == "=SUM(1)"]
            assert words
            assert all(one.data_type == "s" and one.quotePrefix for one in words)


def test_a_wrong_question_is_answered_as_ever(room: Room, asker_of: Any) -> None:
    status, headers, body = answer_of(asker_of(room).api, "/api/v1/cases.csv", b"colour=red")
    assert (status, headers["content-type"]) == (400, "application/json")
    assert b"unknown parameter" in body
    assert answer_of(asker_of(room).api, "/api/v1/kpis.csv")[0] == 404
