"""Times that count from now: what is read holds what was meant, over midnights, month ends and years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.simulator.lapor import spoken
from dashboard.errors import RowRejected
from dashboard.ingest_diff import past_moved
from dashboard.ingest_steady import settle, spans_of
from dashboard.records import Case, CaseStatus, Event, EventKind
from dashboard.relative import Span, resolve

WIB = ZoneInfo("Asia/Jakarta")
FORMATS = ("%Y/%m/%d",)
NOW = datetime(2026, 3, 1, 0, 10, tzinfo=WIB)  # a Sunday, ten minutes into March
START = datetime(2023, 12, 20, tzinfo=WIB)
INSTANTS = st.integers(0, 1540 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


def read(text: str, now: datetime = NOW, language: str = "id") -> Span:
    found = resolve(text, WIB, now, language, "tanggal", FORMATS)  # type: ignore[arg-type]
    assert found is not None
    return found


def local(text: str, now: datetime = NOW, language: str = "id") -> str:
    return f"{read(text, now, language).at.astimezone(WIB):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("7 jam yang lalu", "2026-02-28 17:10"),
        ("sejam yang lalu", "2026-02-28 23:10"),
        ("40 menit lalu", "2026-02-28 23:30"),
        ("Baru saja", "2026-03-01 00:10"),
        ("Kemarin, 02:19", "2026-02-28 02:19"),
        ("kemarin 02.19", "2026-02-28 02:19"),
        ("Hari ini, 00:05", "2026-03-01 00:05"),
        ("Jumat, 13:53", "2026-02-27 13:53"),
        ("Minggu, 13:53", "2026-02-22 13:53"),  # today is a Sunday, and today has a word of its own
        ("3 hari yang lalu", "2026-02-26 00:10"),
        ("2 minggu yang lalu", "2026-02-15 00:10"),
        ("sebulan yang lalu", "2026-02-01 00:10"),
        ("setahun yang lalu", "2025-03-01 00:10"),
        ("SENIN, 2025/07/14", "2025-07-14 00:00"),
        ("2025/07/14", "2025-07-14 00:00"),
    ],
)
def test_words_of_the_pages_of_lapor(text: str, meant: str) -> None:
    assert local(text) == meant


def test_english_words_are_read_where_they_are_declared() -> None:
    assert local("7 hours ago", language="en") == "2026-02-28 17:10"
    assert local("Yesterday at 02:19", language="en") == "2026-02-28 02:19"
    with pytest.raises(RowRejected):
        read("7 hours ago")


def test_the_last_day_of_a_month_has_months_behind_it() -> None:
    assert local("sebulan yang lalu", datetime(2026, 3, 31, 9, tzinfo=WIB)) == "2026-02-28 09:00"
    assert local("2 bulan yang lalu", datetime(2028, 4, 30, 9, tzinfo=WIB)) == "2028-02-29 09:00"


@pytest.mark.parametrize(
    "text",
    ["Selasa, 2025/07/14", "lusa", "7 jam lagi", "PERHUBUNGAN", "Kemarin, 25:10", "9999 tahun yang lalu", "x" * 500],
)
def test_what_is_no_time_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(RowRejected):
        read(text)


def test_midnight_is_that_of_the_source() -> None:
    just_after = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)  # 00.05 in Tangerang, 02.05 in Jayapura
    in_jayapura = resolve("Kemarin, 23:00", ZoneInfo("Asia/Jayapura"), just_after, "id", "t")
    assert in_jayapura is not None and in_jayapura.at == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert read("Kemarin, 23:00", just_after).at == datetime(2026, 11, 24, 16, tzinfo=UTC)


@given(now=INSTANTS, age=st.integers(0, 40 * 86_400))
@example(now=datetime(2026, 3, 1, 0, 0, tzinfo=WIB), age=1)
@example(now=datetime(2026, 1, 1, 0, 0, 30, tzinfo=WIB), age=86_400)
@example(now=datetime(2028, 3, 1, 12, tzinfo=WIB), age=2 * 86_400)
def test_what_was_meant_lies_in_the_span(now: datetime, age: int) -> None:
    """Over midnights, ends of months and of years, and leap days."""
    meant = (now - timedelta(seconds=age)).astimezone(UTC).replace(microsecond=0)
    found = read(spoken(meant, now, WIB) or "", now)
    assert found.earliest <= found.at <= found.latest
    assert found.earliest - timedelta(seconds=1) <= meant <= found.latest + timedelta(seconds=1)


def case(meant: datetime, now: datetime) -> Case:
    span = read(spoken(meant, now, WIB) or "", now)
    rough = (("opened_at", int(span.earliest.timestamp()), int(span.latest.timestamp())),)
    event = Event(kind=EventKind.RECEIVED, declared_at=span.at)
    return Case(key="1", kind="aspiration", status=CaseStatus.WAITING, opened_at=span.at, approximate=rough,
                events=(event,))  # fmt: skip


@given(first=INSTANTS, age=st.integers(0, 90_000), steps=st.lists(st.integers(1, 90_000), max_size=12))
@example(first=datetime(2026, 2, 28, 23, 59, 59, tzinfo=WIB), age=25_200, steps=[1, 3600, 3600, 86_400, 500_000])
def test_the_same_report_read_again_was_not_moved(first: datetime, age: int, steps: list[int]) -> None:
    """Told as "7 jam", "8 jam", "Kemarin, 02:19", "Jumat, 02:19", "JUMAT, 2026/02/27": its past never changed."""
    meant = (first - timedelta(seconds=age)).astimezone(UTC).replace(microsecond=0)
    now, known = first, case(meant, first)
    for step in steps:
        now += timedelta(seconds=step)
        read_again = settle(case(meant, now), known)
        assert not past_moved(known, read_again)
        assert read_again.events[0].declared_at == read_again.opened_at
        was, is_now = spans_of(known)["opened_at"], spans_of(read_again)["opened_at"]
        assert is_now[1] - is_now[0] <= was[1] - was[0], "what is known exactly is never known less exactly"
        known = read_again
    assert abs(known.opened_at - meant) <= timedelta(hours=24)


def test_a_past_that_was_changed_is_seen_through_the_roughness() -> None:
    known = case(datetime(2026, 2, 27, 3, tzinfo=UTC), NOW)
    moved = settle(case(datetime(2026, 2, 20, 3, tzinfo=UTC), NOW), known)
    assert past_moved(known, moved) == ("opened_at",)
