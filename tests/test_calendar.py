"""Working time, deadlines, windows and publication days, against hand-counted dates and as laws that always hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.calendar import DAYS, Calendar
from dashboard.config.model import Policy
from tests.config.factory import small_config

JAKARTA = ZoneInfo("Asia/Jakarta")
MON_THU = [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "16:00"}]
FRIDAY = [{"start": "08:00", "end": "11:30"}, {"start": "13:30", "end": "16:00"}]
RAMADAN = [{"start": "08:00", "end": "14:00"}]
NIGHT = [{"start": "20:00", "end": "00:00"}]
WEEK = {**dict.fromkeys(DAYS[:4], MON_THU), "fri": FRIDAY}
HOURS = {
    "office": {"week": WEEK, "ramadan": dict.fromkeys(DAYS[:5], RAMADAN)},
    "six": {"week": {**WEEK, "sat": [{"start": "08:00", "end": "12:00"}]}},
    "always": {"always": True, "holidays": False},
    "night": {"week": dict.fromkeys(DAYS[:5], NIGHT)},
}
DEPARTMENTS = [
    {"abbr": "PU", "name": "Dinas Pekerjaan Umum"},
    {"abbr": "Kominfo", "name": "Dinas Komunikasi", "hours": "six"},
    {"abbr": "BPBD", "name": "Badan Penanggulangan Bencana", "hours": "always"},
    {"abbr": "Inspektorat", "name": "Inspektorat", "hours": "night"},
]


def calendar(**holidays: Any) -> Calendar:
    settings = {"decreed_years": [2025, 2026], "ramadan_periods": [["2026-02-19", "2026-03-20"]], **holidays}
    return Calendar(small_config(working_hours=HOURS, departments=DEPARTMENTS, holidays=settings))


CALENDAR = calendar()


def policy(amount: float | None, unit: str = "working_days") -> Policy:
    return Policy.model_validate(
        {"id": "p", "kind": "aspiration", "amount": amount, "unit": unit, "basis": "SP4N", "status": "usulan",
         "valid_from": "2016-01-01", "set_by": "TLR"}
    )  # fmt: skip


def local(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def due(amount: float, unit: str, opened: str, department: str = "PU", pauses: Any = ()) -> str | None:
    spans = [(local(a), local(b) if b else None) for a, b in pauses]
    found, _ = CALENDAR.due_at(policy(amount, unit), local(opened), department, spans)
    return found.astimezone(JAKARTA).strftime("%Y-%m-%d %H:%M") if found else None


# Days


def test_the_library_needs_both_categories() -> None:
    """25 free days in 2026, 17 without cuti bersama."""
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(CALENDAR.is_holiday(day) for day in year) == 25
    assert sum(calendar(categories=["public"]).is_holiday(day) for day in year) == 17


def test_a_decree_adds_and_takes_away() -> None:
    changed = calendar(extra={"2026-11-27": "Pilkada"}, removed=["2026-12-24"])
    assert CALENDAR.is_working_day(date(2026, 11, 27))
    assert not changed.is_working_day(date(2026, 11, 27))
    assert not CALENDAR.is_working_day(date(2026, 12, 24))
    assert changed.is_working_day(date(2026, 12, 24))


@pytest.mark.parametrize(("department", "works"), [("PU", False), ("Kominfo", True), ("BPBD", True), (None, False)])
def test_who_works_on_a_saturday(department: str | None, works: bool) -> None:
    assert CALENDAR.is_working_day(date(2026, 11, 28), department) is works


def test_round_the_clock_is_also_on_holidays() -> None:
    assert CALENDAR.is_working_day(date(2026, 12, 25), "BPBD")
    assert not CALENDAR.is_working_day(date(2026, 12, 25), "Kominfo")


# Working time


@pytest.mark.parametrize(
    ("start", "end", "who", "hours"),
    [
        ("2026-11-24 08:00", "2026-11-24 16:00", "office", 7),
        ("2026-11-24 12:10", "2026-11-24 12:50", "office", 0),  # the break
        ("2026-11-27 11:00", "2026-11-27 14:00", "office", 1),  # Friday
        ("2026-11-27 15:00", "2026-11-30 09:00", "office", 2),  # over a weekend
        ("2026-11-27 15:00", "2026-11-30 09:00", "six", 6),
        ("2026-11-27 15:00", "2026-11-30 09:00", "always", 66),
        ("2026-02-23 00:00", "2026-02-24 00:00", "office", 6),  # Ramadan
        ("2026-03-18 00:00", "2026-03-25 00:00", "office", 0),  # Nyepi to the end of Lebaran
        ("2026-11-24 00:00", "2026-11-25 01:00", "night", 4),  # up to midnight
        ("2026-11-24 09:00", "2026-11-24 08:00", "office", 0),
    ],
)
def test_working_time(start: str, end: str, who: str, hours: float) -> None:
    """A promise of just these hours ends in time, and one of a little more does not."""
    for amount, kept in ((hours, True), (hours + 0.01, False)):
        if amount:
            found = CALENDAR.due_at(policy(amount, "working_hours"), local(start), who)[0]
            assert found is not None
            assert (found <= local(end)) == kept


# Deadlines


@pytest.mark.parametrize(
    ("amount", "unit", "opened", "department", "expected"),
    [
        (14, "working_days", "2026-11-24 10:00", "PU", "2026-12-14 16:00"),
        (14, "working_days", "2026-11-24 23:59", "PU", "2026-12-14 16:00"),
        (5, "working_days", "2026-11-28 10:00", "PU", "2026-12-04 16:00"),  # received on a Saturday
        (5, "working_days", "2026-11-28 10:00", "Kominfo", "2026-12-04 16:00"),
        (1, "working_days", "2026-12-23 10:00", "PU", "2026-12-28 16:00"),  # over Christmas and its cuti bersama
        (14, "working_days", "2026-11-24 10:00", "BPBD", "2026-12-09 00:00"),
        (1, "working_days", "2026-11-24 10:00", "Inspektorat", "2026-11-26 00:00"),
        (1, "working_days", "2024-02-28 10:00", "PU", "2024-02-29 16:00"),  # leap day
        (1, "days", "2024-02-28 10:00", "PU", "2024-03-01 00:00"),
        (30, "days", "2026-11-30 10:00", "PU", "2026-12-31 00:00"),  # month end
        (3, "working_hours", "2026-11-27 10:30", "PU", "2026-11-27 15:30"),
        (3, "working_hours", "2026-11-27 15:00", "PU", "2026-11-30 10:00"),
        (7, "working_hours", "2026-11-24 08:00", "PU", "2026-11-24 16:00"),  # the whole day ends with the day
        (2, "working_hours", "2026-11-24 05:00", "PU", "2026-11-24 10:00"),
        (48, "hours", "2026-11-27 15:00", "PU", "2026-11-29 15:00"),
        (15, "minutes", "2026-11-24 23:50", "PU", "2026-11-25 00:05"),
        (1, "working_days", "2026-11-24 10:00", "nobody knows this one", "2026-11-25 16:00"),
    ],
)
def test_deadlines(amount: float, unit: str, opened: str, department: str, expected: str) -> None:
    assert due(amount, unit, opened, department) == expected


@pytest.mark.parametrize(
    ("amount", "unit", "pauses", "expected"),
    [
        (2, "working_days", [("2026-11-25 09:00", "2026-11-27 09:00")], "2026-11-30 16:00"),
        (2, "working_days", [("2026-11-25 09:00", "2026-11-25 11:00")], "2026-11-26 16:00"),  # within a day
        (2, "working_days", [("2026-11-28 00:00", "2026-11-29 20:00")], "2026-11-26 16:00"),  # after the deadline
        (2, "working_days", [("2026-11-20 00:00", "2026-11-24 08:00")], "2026-11-26 16:00"),  # before it began
        (2, "working_days", [("2026-11-25 09:00", None)], None),
        (2, "working_days", [("2026-12-25 09:00", None)], "2026-11-26 16:00"),  # paused when it was late already
        (2, "working_days", [("2026-11-25 09:00", "2026-11-25 20:00"), ("2026-11-25 18:00", "2026-11-26 20:00")],
         "2026-11-30 16:00"),  # overlapping pauses count once
        (2, "working_hours", [("2026-11-24 11:00", "2026-11-24 14:00")], "2026-11-24 15:00"),
        (2, "working_hours", [("2026-11-24 12:00", "2026-11-24 13:00")], "2026-11-24 12:00"),  # only the break
        (2, "hours", [("2026-11-24 11:00", "2026-11-24 14:00")], "2026-11-24 15:00"),
        (1, "days", [("2026-11-25 11:00", "2026-11-27 14:00")], "2026-11-28 00:00"),
    ],
)  # fmt: skip
def test_the_clock_stands_in_pauses(amount: float, unit: str, pauses: Any, expected: str | None) -> None:
    assert due(amount, unit, "2026-11-24 10:00", "PU", pauses) == expected


def test_no_amount_is_no_deadline() -> None:
    assert CALENDAR.due_at(policy(None), local("2026-11-24 10:00"), "PU") == (None, False)


@pytest.mark.parametrize("opened", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
def test_a_date_beyond_every_calendar_has_no_deadline(opened: datetime) -> None:
    for unit in ("working_days", "working_hours", "days", "hours"):
        assert CALENDAR.due_at(policy(14, unit), opened, "PU") == (None, False)


def test_a_promise_of_a_million_days_is_none() -> None:
    assert CALENDAR.due_at(policy(1_000_000), local("2026-11-24 10:00"), "PU")[0] is None


def test_years_without_a_decree_are_provisional() -> None:
    opened = local("2026-12-28 10:00")
    assert CALENDAR.due_at(policy(2), opened, "PU")[1] is False
    assert CALENDAR.due_at(policy(14), opened, "PU")[1] is True
    assert CALENDAR.due_at(policy(14), opened, "BPBD")[1] is False, "no holiday moves a day and night unit"
    assert CALENDAR.due_at(policy(14, "days"), opened, "PU")[1] is False
    assert CALENDAR.due_at(policy(240, "hours"), opened, "PU")[1] is False


@pytest.mark.parametrize(
    "ask",
    [
        lambda naive: CALENDAR.due_at(policy(1), naive, "PU"),
        lambda naive: CALENDAR.windows(naive),
        lambda naive: CALENDAR.next_publication(CALENDAR.config.publications["weekdays"], naive),
    ],
)
def test_naive_times_are_refused(ask: Callable[[datetime], object]) -> None:
    with pytest.raises(ValueError, match="without zone"):
        ask(datetime(2026, 11, 24, 10))  # noqa: DTZ001


# Windows


@pytest.mark.parametrize(
    ("zone", "midnight"), [("Asia/Jakarta", 17), ("Asia/Makassar", 16), ("Asia/Jayapura", 15), ("America/New_York", 5)]
)
def test_days_are_the_citys_own(zone: str, midnight: int) -> None:
    other = Calendar(small_config(city={"zone": zone}))
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    start = other.day_start(now)
    assert start.hour == midnight
    assert other.next_midnight(now) - start == timedelta(days=1)
    assert start <= now < other.next_midnight(now)


def test_windows_of_a_day_at_the_turn_of_month_and_year() -> None:
    windows = CALENDAR.windows(local("2027-01-01 00:00"))
    shown = {name: [t.astimezone(JAKARTA).strftime("%m-%d %H") for t in span] for name, span in windows.items()}
    assert shown == {
        "today": ["01-01 00", "01-02 00"],
        "d7": ["12-26 00", "01-02 00"],
        "d30": ["12-03 00", "01-02 00"],
        "month": ["01-01 00", "01-02 00"],
        "year": ["01-01 00", "01-02 00"],
        "shift": ["12-31 19", "01-01 07"],
    }


def test_a_day_that_clocks_change_is_still_one_day() -> None:
    york = Calendar(small_config(city={"zone": "America/New_York"}))
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert york.next_midnight(now) - york.day_start(now) == timedelta(hours=25)


def test_the_leap_day_has_its_own_windows() -> None:
    day, _ = CALENDAR.windows(local("2028-02-29 12:00"))["today"]
    assert day.astimezone(JAKARTA).date() == date(2028, 2, 29)
    assert CALENDAR.next_midnight(local("2028-02-29 12:00")).astimezone(JAKARTA).date() == date(2028, 3, 1)


def test_the_night_shift_began_yesterday() -> None:
    found = CALENDAR.shift(local("2026-11-24 03:00"))
    assert found is not None
    assert found[0].id == "night"
    assert found[1][0] == local("2026-11-23 19:00")
    assert CALENDAR.windows(local("2026-11-24 07:00"))["shift"] == (
        local("2026-11-24 07:00"),
        local("2026-11-24 19:00"),
    )
    assert "shift" not in Calendar(small_config(shifts=None)).windows(local("2026-11-24 03:00"))


# Laws

INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
AMOUNTS = st.tuples(st.integers(1, 70), st.sampled_from(["working_days", "working_hours", "days", "hours", "minutes"]))
DEPARTMENT = st.sampled_from(["PU", "Kominfo", "BPBD", "Inspektorat"])
LENGTHS = st.timedeltas(timedelta(0), timedelta(days=20))
PAUSES = st.lists(st.tuples(INSTANTS, LENGTHS).map(lambda p: (p[0], p[0] + p[1])), max_size=4)


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), INSTANTS, AMOUNTS, DEPARTMENT, PAUSES)
def test_adding_a_holiday_never_shortens_a_deadline(
    day: date, opened: datetime, amount: tuple[int, str], department: str, pauses: list[tuple[datetime, datetime]]
) -> None:
    more = calendar(extra={day.isoformat(): "decreed"})
    before = CALENDAR.due_at(policy(*amount), opened, department, pauses)[0]
    after = more.due_at(policy(*amount), opened, department, pauses)[0]
    assert before is not None
    assert after is not None
    assert after >= before


@settings(max_examples=150, deadline=None)
@given(INSTANTS, AMOUNTS, DEPARTMENT, PAUSES)
def test_a_pause_never_shortens_and_more_time_never_ends_sooner(
    opened: datetime, amount: tuple[int, str], department: str, pauses: list[tuple[datetime, datetime]]
) -> None:
    plain = CALENDAR.due_at(policy(*amount), opened, department)[0]
    paused = CALENDAR.due_at(policy(*amount), opened, department, pauses)[0]
    longer = CALENDAR.due_at(policy(amount[0] + 1, amount[1]), opened, department, pauses)[0]
    assert plain is not None
    assert paused is not None
    assert longer is not None
    assert opened < plain <= paused < longer


@settings(max_examples=150, deadline=None)
@given(INSTANTS, st.integers(1, 150), st.integers(1, 150), DEPARTMENT)
def test_promises_of_working_time_add_up(opened: datetime, first: int, second: int, department: str) -> None:
    def after(hours: int, start: datetime) -> datetime:
        found = CALENDAR.due_at(policy(hours, "working_hours"), start, department)[0]
        assert found is not None
        return found

    assert after(second, after(first, opened)) == after(first + second, opened)


@settings(max_examples=60, deadline=None)
@given(st.lists(INSTANTS, min_size=2, max_size=12))
def test_answers_do_not_depend_on_what_was_asked_before(instants: list[datetime]) -> None:
    """The line of working time grows as it is asked; a fresh calendar says the same."""
    used = calendar()
    for opened in instants:
        assert used.due_at(policy(14), opened, "PU") == CALENDAR.due_at(policy(14), opened, "PU")


@settings(max_examples=150, deadline=None)
@given(INSTANTS)
def test_now_lies_in_every_window(now: datetime) -> None:
    for name, (start, end) in CALENDAR.windows(now).items():
        assert start <= now < end, name
