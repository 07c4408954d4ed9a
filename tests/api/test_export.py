"""Tables for spreadsheets: formulas never run, numbers stay numbers, and the API gives the rows of its JSON."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access import LOCAL
from dashboard.api_routes import ROUTES
from dashboard.export import cell, csv_table
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
        if route.table is None or route.rows is None:
            continue
        listed = asker.get(route.name)[route.rows[0]]
        status, headers, body = answer_of(asker.api, route.table)
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


def test_a_wrong_question_is_answered_as_ever(room: Room, asker_of: Any) -> None:
    status, headers, body = answer_of(asker_of(room).api, "/api/v1/cases.csv", b"colour=red")
    assert (status, headers["content-type"]) == (400, "application/json")
    assert b"unknown parameter" in body
    assert answer_of(asker_of(room).api, "/api/v1/kpis.csv")[0] == 404
