"""Typed readers of one value of a raw row: text, time, number, code, flag; pure, and never guesses a value.

A reader is declared in a source block, either as a bare path (``opened_at: dibuat``) or as a block that says more.
What is optional and cannot be read is not known (None); what is mandatory and cannot be read rejects the row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from dashboard.contract import NumberLocale
from dashboard.decoding import instant, number, strict_json
from dashboard.errors import LiveRoomError, RowRejected
from dashboard.records import UNKNOWN
from dashboard.relative import Language, Span, resolve

_THOUSANDTHS = re.compile(r"\d[.,]\d{3}$")


class Declared(BaseModel):
    """Base of everything declared: strict, no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise ValueError(f"'{name}' is no time zone") from None
    return name


def _time_format(pattern: str) -> str:
    if "%Y" not in pattern and "%y" not in pattern:
        raise ValueError(f"'{pattern}' has no year: write e.g. %d/%m/%Y %H:%M")
    return pattern


Zone = Annotated[str, AfterValidator(_known_zone)]
Format = Annotated[str, AfterValidator(_time_format)]
Constant = str | int | float | bool


def find(row: Any, path: str) -> Any:
    """The value at ``path``: a column of that very name, else blocks and list positions between the dots."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for part in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(part)
        elif isinstance(row, list) and part.isdigit() and int(part) < len(row):
            row = row[int(part)]
        else:
            return None
    return row


def plain(value: Any) -> str | None:
    """A cell as text; None for an empty one or for a block, a list, a truth value."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int) else None


def folded(word: str) -> str:
    return " ".join(word.casefold().split())


def matching(word: str, keys: Iterable[str]) -> str | None:
    """The declared key that is this word; one that ends with ``*`` is every word that begins like it."""
    said = folded(word)
    exact = starred = None
    for key in keys:
        wanted = folded(key)
        if wanted == said:
            exact = key
        elif wanted.endswith("*") and said.startswith(wanted[:-1]):
            starred = key
    return exact or starred


class Reader(Declared):
    """``path`` where the value stands (several are joined), or ``value``, the same for every row."""

    path: tuple[str, ...] = ()
    value: Constant | None = None
    join: str = " "

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """``name: column`` and ``path: column`` are short for a list of one."""
        if isinstance(given, str):
            return {"path": (given,)}
        if not isinstance(given, dict):
            return given
        # What has passed through here is no JSON any more for pydantic, which then takes only a tuple for a tuple.
        block = {key: tuple(part) if isinstance(part, list) else part for key, part in given.items()}
        return {**block, "path": (block["path"],)} if isinstance(block.get("path"), str) else block

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.path) == (self.value is not None):
            raise ValueError("needs either path or value")
        return self

    @property
    def name(self) -> str:
        return self.path[0] if self.path else "value"

    def raw(self, row: Any) -> Any:
        if not self.path:
            return self.value
        if len(self.path) == 1:
            return find(row, self.path[0])
        parts = [text for path in self.path if (text := plain(find(row, path))) is not None]
        return self.join.join(parts) or None


class Text(Reader):
    """A word or number as text. ``prefix`` is put before what the source writes."""

    prefix: str = ""

    def text(self, row: Any) -> str | None:
        found = plain(self.raw(row))
        return f"{self.prefix}{found}" if found else None


def text_of(reader: Text | None, row: Any) -> str | None:
    """What the source wrote, whole: ingest cuts it, after it has taken out who is named in it."""
    return reader.text(row) if reader is not None else None


class Coded(Text):
    """A word of the source put into a word of the room by ``words``; a word that is not in it is ``unknown``. A key
    that ends with ``*`` stands for every word that begins like it ("Terdisposisi ke *")."""

    words: dict[str, str] = {}

    def code(self, row: Any) -> str | None:
        word = self.text(row)
        if word is None or not self.path:
            return word
        key = matching(word, self.words)
        return UNKNOWN if key is None else self.words[key]


class When(Reader):
    """An instant. ``formats`` (strptime) are tried in turn; without them ISO 8601 is read. A time that says no
    zone is read in ``zone``, by default the source's. ``relative``: the language of words such as "7 jam yang lalu" and
    "Kemarin, 02:19", which count from ``written``, the time at which the source wrote them."""

    formats: tuple[Format, ...] = ()
    zone: Zone | None = None
    unix: Literal["seconds", "milliseconds"] | None = None
    relative: Language | None = None

    def needed(self, row: Any, zone: tzinfo, written: datetime | None = None) -> datetime:
        found = self.read(row, zone, written)
        if found is None:
            raise RowRejected(self.name, "is mandatory and empty")
        return found

    def span(self, row: Any, zone: tzinfo, written: datetime | None) -> Span | None:
        """The instant and how far off it may be; None for an empty cell."""
        if written is None or self.relative is None:
            raise RowRejected(self.name, "counts from a time of writing that is not known")
        raw = self.raw(row)
        if isinstance(raw, (bool, int, float, list, Mapping)):
            raise RowRejected(self.name, "not a date-time")
        return resolve(raw, ZoneInfo(self.zone) if self.zone else zone, written, self.relative, self.name, self.formats)

    def read(self, row: Any, zone: tzinfo, written: datetime | None = None) -> datetime | None:
        if self.relative is not None:
            found = self.span(row, zone, written)
            return None if found is None else found.at
        raw = self.raw(row)
        if self.unix is not None:
            stamp = number(raw, NumberLocale(), self.name)
            return None if not stamp else datetime.fromtimestamp(stamp / (1000 if self.unix[0] == "m" else 1), UTC)
        if isinstance(raw, (bool, int, float, list, Mapping)):
            raise RowRejected(self.name, "not a date-time")
        return instant(raw, ZoneInfo(self.zone) if self.zone else zone, self.name, self.formats)

    def maybe(self, row: Any, zone: tzinfo, written: datetime | None = None) -> datetime | None:
        try:
            return self.read(row, zone, written)
        except (RowRejected, ValueError, OverflowError, OSError):
            return None


class Marks(Declared):
    """How this source writes numbers; without it the source block's ``numbers`` hold."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " "] = ""


class Number(Reader):
    """A finite number. ``missing``: numbers that stand for "not reported" (0, 999999). ``strip``: what is written
    around it ("Rp", "%")."""

    numbers: Marks | None = None
    missing: tuple[float, ...] = ()
    strip: tuple[str, ...] = ()
    factor: float = 1.0
    minimum: float | None = None
    maximum: float | None = None

    def read(self, row: Any, locale: NumberLocale) -> float | None:
        raw = self.raw(row)
        if isinstance(raw, (list, Mapping, datetime)):
            raise RowRejected(self.name, "not a number")
        if isinstance(raw, str):
            for mark in self.strip:
                raw = raw.replace(mark, "")
        marks = NumberLocale(self.numbers.decimal, self.numbers.thousands) if self.numbers else locale
        if isinstance(raw, str) and not marks.thousands and _thousandths(raw, marks.decimal):
            raise RowRejected(self.name, f"may be thousands: {marks.decimal!r} parts no three decimals here")
        found = number(raw, marks, self.name)
        if found is None or found in self.missing:
            return None
        found *= self.factor
        low, high = self.minimum, self.maximum
        if not math.isfinite(found) or (low is not None and found < low) or (high is not None and found > high):
            raise RowRejected(self.name, "is out of the declared range")
        return found

    def maybe(self, row: Any, locale: NumberLocale) -> float | None:
        try:
            return self.read(row, locale)
        except RowRejected:
            return None

    def whole(self, row: Any, locale: NumberLocale) -> int | None:
        found = self.maybe(row, locale)
        return None if found is None else round(found)


def _thousandths(text: str, mark: str) -> bool:
    """Whether "12.500" may as well be twelve thousand five hundred."""
    text = text.strip()
    return _THOUSANDTHS.search(text) is not None and text[-4] == mark


def rupiah(value: Any, locale: NumberLocale, field: str) -> float | None:
    """A price. An empty cell and 0 are both "not reported". There are no thousandths of a rupiah: "14.500" where the
    source block says that a point begins the decimals was written by other marks than those."""
    price = number(value, locale, field)
    if price is not None and price < 0:
        raise RowRejected(field, "is negative")
    if isinstance(value, str) and _thousandths(value, locale.decimal):
        raise RowRejected(field, f"three digits after the decimal mark {locale.decimal!r}: are the marks right?")
    return price or None


class Flag(Reader):
    """Yes, no or not known. ``yes`` and ``no`` list the source's words; true and false are understood."""

    yes: tuple[str, ...] = ("true", "1", "ya", "yes")
    no: tuple[str, ...] = ("false", "0", "tidak", "no")

    def read(self, row: Any) -> bool | None:
        raw = self.raw(row)
        if isinstance(raw, bool):
            return raw
        word = folded(plain(raw) or "")
        if not word:
            return None
        return True if word in map(folded, self.yes) else False if word in map(folded, self.no) else None


class Point(Declared):
    """Latitude and longitude, WGS84, degrees."""

    lat: Number
    lon: Number

    def read(self, row: Any) -> tuple[float, float] | None:
        marks = NumberLocale(".", " ")  # no thousands in degrees
        lat, lon = self.lat.maybe(row, marks), self.lon.maybe(row, marks)
        if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180) or lat == lon == 0:
            return None
        return lat, lon


class Attribute(Reader):
    """A further fact of a case. ``type: code`` keeps a word only if ``words`` declares it, else ``unknown``: there is
    no attribute of free text."""

    type: Literal["number", "integer", "boolean", "time", "code"]
    words: dict[str, str] = {}
    formats: tuple[Format, ...] = ()
    numbers: Marks | None = None
    strip: tuple[str, ...] = ()

    _reader: Any = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _choose(self) -> Self:
        """The reader is made once, not for every row."""
        if self.type == "code" and not self.words and self.path:
            raise ValueError("a code needs words: the source's word and what the room calls it")
        where: dict[str, Any] = {"path": self.path, "value": self.value, "join": self.join}
        more: dict[str, Any] = {"numbers": self.numbers, "strip": self.strip}
        if self.type == "code":
            self._reader = Coded(**where, words=self.words)
        elif self.type == "boolean":
            self._reader = Flag(**where)
        elif self.type == "time":
            self._reader = When(**where, formats=self.formats)
        else:
            self._reader = Number(**where, **more)
        return self

    def read(self, row: Any, zone: tzinfo, locale: NumberLocale) -> str | int | float | bool | None:
        reader = self._reader
        if isinstance(reader, Coded):
            return reader.code(row)
        if isinstance(reader, Flag):
            return reader.read(row)
        if isinstance(reader, When):
            found = reader.maybe(row, zone)
            return found.isoformat() if found else None
        assert isinstance(reader, Number)
        return reader.whole(row, locale) if self.type == "integer" else reader.maybe(row, locale)


class Pauses(Declared):
    """Spans in which a case waited for the applicant: a list (or a JSON list in text) of blocks at ``path``."""

    path: str
    start: When
    end: When
    reason: Coded | None = None

    def read(
        self, row: Any, zone: tzinfo, written: datetime | None = None
    ) -> list[tuple[datetime, datetime | None, str]]:
        raw = find(row, self.path)
        if isinstance(raw, str):
            try:
                raw = strict_json(raw.encode())
            except LiveRoomError:
                return []
        found = []
        for span in raw if isinstance(raw, list) else ():
            start = self.start.maybe(span, zone, written)
            if start is not None:
                reason = (self.reason.code(span) if self.reason else None) or ""
                found.append((start, self.end.maybe(span, zone, written), reason))
        return sorted(found, key=lambda span: span[0])


class Coverage(Declared):
    """What one answer speaks for: everything (``complete``), what changed (``delta``), or the records whose ``field``
    lies in the last ``days`` days, today among them (``window``)."""

    kind: Literal["complete", "window", "delta"] = "complete"
    field: Literal["opened_at", "updated_at", "resolved_at", "period_start", "since"] | None = None
    days: int | None = Field(default=None, ge=1, le=3660)

    @model_validator(mode="after")
    def _window(self) -> Self:
        if (self.kind == "window") != (self.field is not None and self.days is not None):
            raise ValueError("field and days belong to kind: window, which needs both")
        return self
