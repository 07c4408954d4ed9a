"""Sums and days as Indonesian pages spell them ("3,8 Jt", "15 Januari 2025 08:00"); pure, and never guesses."""

from __future__ import annotations

import re

from dashboard.contract import NumberLocale
from dashboard.decoding import number
from dashboard.errors import RowRejected

MONEY = re.compile(r"(?i)(?:rp\.?\s*)?(\d[\d.,]*)\s*(rb|ribu|jt|juta|m|miliar|milyar|t|triliun)?")
_FACTORS = {"r": 10**3, "j": 10**6, "m": 10**9, "t": 10**12}
_MONTHS = (
    "januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november",
    "desember",
)  # fmt: skip
_DAY = re.compile(r"(\d{1,2}) (\w+) (\d{4})(?: (\d{2}:\d{2}))?")


def whole_rupiah(text: str, field: str) -> tuple[int | None, bool]:
    """Whole Rupiah, and whether a word of size rounded them; None for an empty cell."""
    if not text:
        return None, False
    said = MONEY.fullmatch(text)
    if said is None:
        raise RowRejected(field, "is no sum of money")
    amount, word = number(said[1], NumberLocale(",", "."), field), (said[2] or "")[:1].lower()
    return None if amount is None else round(amount * _FACTORS.get(word, 1)), bool(word)


def spelled_day(text: str) -> str | None:
    """A spelled day, with or without its time, as ISO 8601 without a zone; None when it is none."""
    said = _DAY.fullmatch(text.strip())
    if said is None or said[2].casefold() not in _MONTHS:
        return None
    return f"{said[3]}-{_MONTHS.index(said[2].casefold()) + 1:02d}-{int(said[1]):02d}T{said[4] or '00:00'}"
