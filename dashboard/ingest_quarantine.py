"""What is kept of a row that could not be read: names, types and masked shapes; never a value. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from dashboard.errors import RowRejected
from dashboard.ingest_words import clean

MAX_FIELDS = 40
MAX_SHAPE = 24
MAX_REASONS = 20
_KEPT_MARKS = frozenset(" -_/.,:;+()#%")


def mask(text: str) -> str:
    """9 for a digit, a for a letter, ? for anything unusual; its end cut."""
    shape = "".join(
        "9" if mark.isdigit() else "a" if mark.isalpha() else mark if mark in _KEPT_MARKS else "?"
        for mark in text[:MAX_SHAPE]
    )
    return shape + ("…" if len(text) > MAX_SHAPE else "")


def field_name(name: object) -> str:
    """A field's own name; one that looks like data (a number as a key) is masked like data."""
    text = clean(str(name), 60)
    return mask(text) if re.search(r"\d{4}|@", text) else text


def shape_of(row: Any) -> str:
    """JSON ``{field: [type, masked shape]}``."""
    pairs: Iterable[tuple[Any, Any]] = row.items() if isinstance(row, Mapping) else [("row", row)]
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if len(found) >= MAX_FIELDS:
            break
        kind = type(value).__name__
        found[field_name(name)] = [kind] if isinstance(value, (Mapping, list)) else [kind, mask(str(value)[:100])]
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()


def explain(error: Exception, row: Any) -> tuple[str, str]:
    """(field, reason) of a parse that failed; a KeyError may carry a value, so it is named only when it is not
    part of the row's data."""
    if isinstance(error, RowRejected):
        return field_name(error.field), clean(error.reason)
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        name = error.args[0]
        values = row.values() if isinstance(row, Mapping) else [row]
        if not any(name.casefold() in str(value).casefold() for value in values):
            return field_name(name), "is missing"
        return "?", "a word that the connector does not know"
    return "?", f"unreadable ({type(error).__name__})"


def count_reasons(rejects: Iterable[tuple[str, str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, reason in rejects:
        label = f"{name}: {reason}"
        if label not in counts and len(counts) >= MAX_REASONS:
            label = "other"
        counts[label] = counts.get(label, 0) + 1
    return counts
