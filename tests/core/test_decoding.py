"""Bytes to values: what is read, what is refused, and that nothing is guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.contract import NumberLocale
from dashboard.decoding import MAX_DEPTH, instant, number, strict_json, too_deep
from dashboard.errors import RowRejected, SourceChanged, SourceRefused

WIB = ZoneInfo("Asia/Jakarta")
ID = NumberLocale(decimal=",", thousands=".")
EN = NumberLocale(decimal=".", thousands=",")
PLAIN = NumberLocale()


@pytest.mark.parametrize(
    ("text", "locale", "value"),
    [
        ("12.500", ID, 12500.0),
        ("12,500", EN, 12500.0),
        ("12500", ID, 12500.0),
        ("12500", PLAIN, 12500.0),
        ("12.5", PLAIN, 12.5),
        ("2.771,414", ID, 2771.414),
        ("-5", PLAIN, -5.0),
        (31500, ID, 31500.0),
        ("-", EN, None),
        ("", ID, None),
        (None, ID, None),
    ],
)
def test_number_is_read_by_the_declared_marks(text: object, locale: NumberLocale, value: float | None) -> None:
    assert number(text, locale, "harga") == value


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("12,500", PLAIN),
        ("12.50", ID),
        ("1.2.3", ID),
        ("1e400", PLAIN),
        (float("nan"), PLAIN),
        (True, PLAIN),
        ("Rp5", ID),
    ],
)
def test_number_that_does_not_fit_is_refused_without_its_value(text: object, locale: NumberLocale) -> None:
    with pytest.raises(RowRejected) as caught:
        number(text, locale, "harga")
    assert caught.value.field == "harga"
    assert str(text) not in caught.value.reason


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_indonesian_thousands_come_back(value: int) -> None:
    assert number(f"{value:,}".replace(",", "."), ID, "x") == value


def test_instant_reads_the_sources_zone() -> None:
    assert instant("2026-11-24 14:05:32", WIB, "t") == datetime(2026, 11, 24, 7, 5, 32, tzinfo=UTC)
    assert instant("2026-11-24T14:05:32+00:00", WIB, "t") == datetime(2026, 11, 24, 14, 5, 32, tzinfo=UTC)
    assert instant("24/11/2026", WIB, "t", ("%d/%m/%Y",)) == datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0000-00-00", "0000-00-00 00:00:00", "-", "", None])
def test_instant_empty(text: str | None) -> None:
    assert instant(text, WIB, "t") is None


@pytest.mark.parametrize("text", ["kemarin", "2026-13-01", "24/11/2026"])
def test_instant_refused(text: str) -> None:
    with pytest.raises(RowRejected):
        instant(text, WIB, "t")


def test_login_page_is_not_data() -> None:
    with pytest.raises(SourceRefused) as caught:
        strict_json(b"<!DOCTYPE html><title>Login Budi</title>", "application/json")
    assert "Budi" not in str(caught.value)


@pytest.mark.parametrize("body", [b'{"a": NaN}', b"[" * 5000, b'{"a":1}{"b":2}', b'{"a": 1e400}', b"\xff\xfe{}"])
def test_unreadable_json_is_refused(body: bytes) -> None:
    with pytest.raises(SourceChanged):
        strict_json(body)


def test_brackets_in_strings_are_not_depth() -> None:
    assert strict_json(b'{"a": "' + b"[" * 5000 + b'"}') == {"a": "[" * 5000}


def test_byte_order_mark_is_allowed() -> None:
    assert strict_json(b"\xef\xbb\xbf[1]") == [1]


BRACKETS = st.text(alphabet='"\\\\[]{}a,:', max_size=12)


@given(st.integers(1, 2 * MAX_DEPTH), st.lists(BRACKETS, max_size=8), BRACKETS)
def test_depth_is_counted_outside_strings_only(depth: int, words: list[str], key: str) -> None:
    value: object = words
    for level in range(depth - 1):
        value = [*words, value] if level % 2 else {key: value, key + "x": words}
    body = json.dumps([value, *["[" for _ in range(MAX_DEPTH)]]).encode()
    assert too_deep(body) == (_depth(json.loads(body)) > MAX_DEPTH)


def _depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)
