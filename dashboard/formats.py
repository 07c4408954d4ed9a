"""Numbers, money, times and durations as people read them; pure, never reads a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from babel.dates import format_date

from dashboard.i18n import Lang, say

LOCALES: dict[Lang, str] = {"id": "id_ID", "en": "en_GB"}
NBSP = "\u00a0"
WITHOUT_YEAR = 300  # days
_INDONESIAN = str.maketrans(",.", ".,")  # of digits grouped and pointed the English way


def whole(value: float | None, lang: Lang) -> str:
    """Written by hand: a wall writes hundreds of numbers a frame and Babel takes 50 times as long."""
    return "–" if value is None else _written(f"{round(value):,}", lang)


def decimal(value: float | None, lang: Lang, digits: int = 1) -> str:
    return "–" if value is None else _written(f"{value:,.{digits}f}", lang)


def _written(text: str, lang: Lang) -> str:
    return text.translate(_INDONESIAN) if lang == "id" else text


def percent(value: float | None, lang: Lang) -> str:
    return "–" if value is None else f"{decimal(value, lang)}%"


def rupiah(value: float | None, lang: Lang) -> str:
    return "–" if value is None else f"Rp{whole(value, lang)}"


SIZES = ((10**12, "size.trillion"), (10**9, "size.billion"), (10**6, "size.million"))


def short_rupiah(value: float | None, lang: Lang) -> str:
    """Rp1,2 triliun: for sums that nobody reads to the last rupiah."""
    if value is None:
        return "–"
    for size, word in SIZES:
        if abs(value) >= size:
            return f"Rp{decimal(value / size, lang)}{NBSP}{say(word, lang)}"
    return rupiah(value, lang)


def signed(text: str, value: float | None) -> str:
    """A value's text with + or − before it; ± never: zero has none."""
    if value is None or value == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text.lstrip('-−')}"


def instant(ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def long_date(ms: int, zone: tzinfo, lang: Lang) -> str:
    """Selasa, 24 November 2026"""
    return _date(instant(ms, zone).date(), "EEEE, d MMMM y", lang)


def short_date(day: date, lang: Lang, today: date) -> str:
    """24 Nov; with its year where that is not this year's, or where the day is so far that one would wonder."""
    plain = day.year == today.year and abs((today - day).days) <= WITHOUT_YEAR
    return _date(day, "d MMM" if plain else "d MMM y", lang)


def week_date(day: date, lang: Lang) -> str:
    """Sel, 24 Nov"""
    return _date(day, "EEE, d MMM", lang)


@lru_cache(maxsize=256)
def _date(day: date, pattern: str, lang: Lang) -> str:
    return format_date(day, pattern, locale=LOCALES[lang])


def clock(ms: int | None, zone: tzinfo, lang: Lang, seconds: bool = False) -> str:
    """14.05 in Indonesian, 14:05 in English."""
    if ms is None:
        return "–"
    mark = "." if lang == "id" else ":"
    return instant(ms, zone).strftime(f"%H{mark}%M" + (f"{mark}%S" if seconds else ""))


def about(text: str) -> str:
    """The largest unit of a duration, for a deadline that is not certain."""
    return NBSP.join(text.split(NBSP)[:2])


def duration(seconds: float, lang: Lang) -> str:
    """As exact as is of use: 74 hari, 3 hari 4 j, 14 j, 1 j 42 mnt, 24 mnt. ``live.js`` says the same words."""
    total = int(abs(seconds))
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, secs = divmod(rest, 60)
    unit = {name: say(f"unit.{name}", lang) for name in ("second", "minute", "hour", "day")}
    if days >= 10:
        parts = [(days, "day")]
    elif days:
        parts = [(days, "day"), (hours, "hour")]
    elif hours >= 10:
        parts = [(hours, "hour")]
    elif hours:
        parts = [(hours, "hour"), (minutes, "minute")]
    elif minutes:
        parts = [(minutes, "minute")]
    else:
        parts = [(secs, "second")]
    return NBSP.join(f"{count}{NBSP}{unit[name]}" for count, name in parts if count or len(parts) == 1)
