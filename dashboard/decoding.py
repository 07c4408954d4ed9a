"""Bytes to values, strictly: JSON without NaN, numbers by declared locale, dates by declared zone; never guesses."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

import orjson

from dashboard.contract import NumberLocale
from dashboard.errors import RowRejected, SourceChanged, SourceRefused

MAX_DEPTH = 64
_NO_MARKS = bytes(set(range(256)) - set(b'"[]{}'))
EMPTY_WORDS = frozenset({"", "-", "--", "n/a", "na", "null", "none"})


def strict_text(body: bytes) -> str:
    """UTF-8 text without its byte-order mark; SourceChanged when it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceChanged("encoding", f"not UTF-8 at byte {error.start}") from None


def looks_like_html(body: bytes, content_type: str = "") -> bool:
    head = body[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return "text/html" in content_type.lower() or head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def strict_json(body: bytes, content_type: str = "") -> Any:
    """Decode one JSON document. An HTML page is SourceRefused (a login page), anything else unreadable
    SourceChanged; both say where, never what."""
    if looks_like_html(body, content_type):
        raise SourceRefused("html_instead_of_data", f"{len(body)} bytes of HTML")
    depth = too_deep(body)
    if depth:
        raise SourceChanged("too_deep", f"JSON nested deeper than {MAX_DEPTH}")
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise SourceChanged("not_json", f"line {error.lineno} column {error.colno}") from None


def strict_xml(body: bytes, content_type: str = "") -> Element:
    """Decode one XML document. A document type is refused: no entity of a source is ever expanded. An HTML page
    or a body that begins with another answer's HTTP header is SourceRefused, anything else unreadable SourceChanged."""
    if looks_like_html(body, content_type):
        raise SourceRefused("html_instead_of_data", f"{len(body)} bytes of HTML")
    if body.lstrip()[:5] == b"HTTP/":
        raise SourceRefused("envelope_refused", "the body begins with the header of another answer")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SourceChanged("not_xml", "a document type is not read")
    if _deep_xml(body):
        raise SourceChanged("too_deep", f"XML nested deeper than {MAX_DEPTH}")
    try:
        return fromstring(strict_text(body).lstrip())  # noqa: S314 - no document type, depth bounded
    except (ParseError, ValueError) as error:
        line, column = getattr(error, "position", (0, 0))
        raise SourceChanged("not_xml", f"line {line} column {column}") from None


def _deep_xml(body: bytes) -> bool:
    depth = 0
    for tag in re.finditer(rb"<(/?)[A-Za-z_][^<>]*?(/?)>", body):
        depth += -1 if tag[1] else 0 if tag[2] else 1
        if depth > MAX_DEPTH:
            return True
    return False


def http_date(text: str | None) -> datetime | None:
    """The instant of an HTTP ``Date`` header, UTC; None when it is missing or unreadable."""
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than MAX_DEPTH (counted without recursion)."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    # Everything but quotes and brackets goes in four sweeps, and with it every string without a bracket: what is
    # left is short (a payload of thousands of rows spent four fifths of its reading here).
    marks = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_MARKS).replace(b'""', b"")
    depth = 0
    for token in re.finditer(rb'"[^"]*"|[\[{]|[\]}]', marks):
        mark = token.group()[:1]
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def number(value: Any, locale: NumberLocale, field: str) -> float | None:
    """A finite number, None for an empty cell; RowRejected when it does not fit the declared locale."""
    if value is None or isinstance(value, bool):
        if value is None:
            return None
        raise RowRejected(field, "a truth value where a number belongs")
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise RowRejected(field, "not a finite number")
        return float(value)
    text = str(value).strip().replace("\u00a0", "").replace("−", "-")
    if text.lower() in EMPTY_WORDS:
        return None
    thousands, decimal = re.escape(locale.thousands), re.escape(locale.decimal)
    whole = rf"\d{{1,3}}(?:{thousands}\d{{3}})+|\d+" if locale.thousands else r"\d+"
    if not re.fullmatch(rf"[+-]?(?:{whole})(?:{decimal}\d+)?", text):
        marks = f"decimal {locale.decimal!r}, thousands {locale.thousands!r}"
        raise RowRejected(field, f"does not fit the declared marks ({marks})")
    if locale.thousands:
        text = text.replace(locale.thousands, "")
    result = float(text.replace(locale.decimal, "."))
    if not math.isfinite(result):
        raise RowRejected(field, "not a finite number")
    return result


def instant(value: Any, zone: tzinfo, field: str, formats: tuple[str, ...] = ()) -> datetime | None:
    """An aware UTC datetime from ISO 8601, a declared strptime format, or a datetime; None when empty.

    A value without a zone is read in ``zone`` (the source's declared zone). 0000-00-00 is empty.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
    text = str(value).strip()
    if text.lower() in EMPTY_WORDS or text.startswith("0000-00-00"):
        return None
    for pattern in formats:
        try:
            found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is declared, applied below
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    if not formats:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise RowRejected(field, "not an ISO 8601 date-time") from None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    raise RowRejected(field, f"fits none of the declared formats {', '.join(formats)}")
