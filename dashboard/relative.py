"""Times that count from the moment they were written ("7 jam yang lalu", "Kemarin, 02:19"); pure, never guesses.

A source that writes so says no more than a span: seven hours ago is anything from six and a half (it may round) to
eight. The span is kept beside the instant, so that the same report, read an hour later as "8 jam yang lalu", is known
for the same report and not for one whose past was changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from dashboard.decoding import EMPTY_WORDS, instant
from dashboard.errors import RowRejected

Language = Literal["id", "en"]
LONGEST = 80
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
_FIXED = {
    "second": timedelta(seconds=1),
    "minute": MINUTE,
    "hour": timedelta(hours=1),
    "day": DAY,
    "week": timedelta(days=7),
}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """The instant that is meant, and the first and last it may be."""

    at: datetime
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class _Words:
    units: dict[str, str]
    one: tuple[str, ...]  # words for "one", written before the unit or grown together with it
    ago: str
    now: tuple[str, ...]
    today: tuple[str, ...]
    yesterday: tuple[str, ...]
    weekdays: dict[str, int]  # Monday 0


_WORDS: dict[str, _Words] = {
    "id": _Words(
        units={
            "detik": "second", "menit": "minute", "jam": "hour", "hari": "day", "minggu": "week", "pekan": "week",
            "bulan": "month", "tahun": "year",
        },
        one=("se", "satu"),
        ago=r"(?:yang )?lalu",
        now=("baru saja", "beberapa detik yang lalu", "beberapa detik lalu", "sekarang"),
        today=("hari ini",),
        yesterday=("kemarin",),
        weekdays={
            "senin": 0, "selasa": 1, "rabu": 2, "kamis": 3, "jumat": 4, "jum'at": 4, "sabtu": 5, "minggu": 6, "ahad": 6,
        },
    ),
    "en": _Words(
        units={
            **{unit: unit for unit in (*_FIXED, *_MONTHS)},
            **{f"{unit}s": unit for unit in (*_FIXED, *_MONTHS)},
            "min": "minute", "mins": "minute", "hr": "hour", "hrs": "hour",
        },
        one=("a", "an", "one"),
        ago="ago",
        now=("just now", "now", "a few seconds ago", "moments ago"),
        today=("today",),
        yesterday=("yesterday",),
        weekdays={
            "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
        },
    ),
}  # fmt: skip


def resolve(
    value: Any, zone: tzinfo, written: datetime, language: Language, field: str, formats: tuple[str, ...] = ()
) -> Span | None:
    """The span of a relative or an absolute time; None for an empty cell. ``zone``: whose midnight parts yesterday
    from today. A weekday before an absolute date must be that of the date. RowRejected when it is none of these."""
    if not isinstance(value, str):
        found = instant(value, zone, field, formats)
        return None if found is None else Span(found, found, found)
    text = " ".join(value[: LONGEST + 1].casefold().split())
    if text in EMPTY_WORDS:
        return None
    words = _WORDS[language]
    if len(text) > LONGEST:
        raise RowRejected(field, "too long for a time")
    try:
        return _ago(text, written, zone, words) or _of_a_day(text, written, zone, words) or _dated(
            value.strip(), zone, words, field, formats
        )  # fmt: skip
    except (OverflowError, ValueError):
        raise RowRejected(field, "is no time there is") from None


def _ago(text: str, written: datetime, zone: tzinfo, words: _Words) -> Span | None:
    if text in words.now:
        return Span(written, written - MINUTE, written)
    ones = "|".join(words.one)
    units = "|".join(sorted(words.units, key=len, reverse=True))
    found = re.fullmatch(rf"(?:(?P<n>\d{{1,4}})|(?P<one>{ones})) ?(?P<unit>{units}) {words.ago}", text)
    if found is None:
        return None
    count, unit = int(found["n"] or 1), words.units[found["unit"]]
    if unit in _MONTHS:
        local = written.astimezone(zone)
        at, before = (_months_back(local, (count + more) * _MONTHS[unit]) for more in (0, 1))
        return _span(at, before, min(written, at + (at - before) / 2))
    step = _FIXED[unit]
    at = written - count * step
    return _span(at, at - step, min(written, at + step / 2))


def _of_a_day(text: str, written: datetime, zone: tzinfo, words: _Words) -> Span | None:
    """Today, yesterday, or the last Friday that is over: today has a word of its own."""
    found = re.fullmatch(r"(?P<day>[a-z' ]+?)(?:[, ]+(?:pukul |at )?(?P<hour>\d{1,2})[:.](?P<minute>\d{2}))?", text)
    if found is None:
        return None
    name, today = found["day"], written.astimezone(zone).date()
    if name in words.today:
        day = today
    elif name in words.yesterday:
        day = today - DAY
    elif name in words.weekdays:
        day = today - timedelta(days=(today.weekday() - words.weekdays[name] - 1) % 7 + 1)
    else:
        return None
    if found["hour"] is None:
        return _whole_day(day, zone)
    at = datetime.combine(day, time(int(found["hour"]), int(found["minute"])), zone)
    return _span(at, at, at + MINUTE)


def _dated(text: str, zone: tzinfo, words: _Words, field: str, formats: tuple[str, ...]) -> Span | None:
    before, comma, rest = text.partition(",")
    weekday = words.weekdays.get(before.strip().casefold()) if comma else None
    written = rest.strip() if weekday is not None else text
    at = instant(written, zone, field, formats)
    if at is None:
        return None
    day = at.astimezone(zone)
    if weekday is not None and day.weekday() != weekday:
        raise RowRejected(field, "the weekday is not that of the date")
    if ":" in written or (day.hour, day.minute) != (0, 0):
        return Span(at, at, at)
    return _whole_day(day.date(), zone)


def _whole_day(day: date, zone: tzinfo) -> Span:
    begin = datetime.combine(day, time(), zone)
    return _span(begin, begin, datetime.combine(day + DAY, time(), zone) - timedelta(seconds=1))


def _span(at: datetime, earliest: datetime, latest: datetime) -> Span:
    """In whole seconds: no text is more exact than that."""
    return Span(*(moment.astimezone(UTC).replace(microsecond=0) for moment in (at, earliest, latest)))


def _months_back(at: datetime, months: int) -> datetime:
    """The same day ``months`` earlier, or the last of a shorter month."""
    index = at.year * 12 + at.month - 1 - months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return at.replace(year=year, month=month + 1, day=min(at.day, (following - DAY).day))
