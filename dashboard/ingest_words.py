"""Makes a source's words safe to keep: cut, without control or direction marks, without identities; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Any

from dashboard.errors import RowRejected
from dashboard.records import UNKNOWN, Case, Event, Measurement, Status

MAX_WORD = 120
MAX_KEY = 200
WORDS = {
    "status_word": "status",
    "category_word": "category",
    "department_word": "department",
    "district_word": "district",
    "subdistrict_word": "subdistrict",
}
_TEXTS = {
    shape: tuple(f.name for f in dataclass_fields(shape) if f.type in ("str", "str | None"))
    for shape in (Case, Measurement, Status)
}
_GET_TEXTS = {shape: attrgetter(*names) for shape, names in _TEXTS.items()}
_CODES = attrgetter(*WORDS.values())
_FREE = ("office", "stage", "channel")
"""What a source may fill with anything: redacted even when it is short and clean."""

_OF_STATUS = (
    *("subject", "detail", "state", "state_word", "label", "group", "parent"),
    *("department_word", "district_word", "subdistrict_word"),
)

Redact = Callable[[str], str]


def clean(text: str, limit: int = MAX_WORD) -> str:
    """Printable, on one line, not longer than ``limit``: no NUL, no right-to-left override, no zero width."""
    if len(text) <= limit and text.isprintable():
        return text
    kept = "".join(
        " " if mark.isspace() else mark
        for mark in text[: limit * 4]
        if mark.isspace() or unicodedata.category(mark) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return " ".join(kept.split(" ")).strip()[:limit]


class WordCleaner:
    """One for each ingest: remembers what it has already redacted. ``codes``: of the city's places, which may look like
    somebody's number and are none."""

    def __init__(self, redact: Redact, codes: frozenset[str] = frozenset()) -> None:
        self._redact = lru_cache(maxsize=8192)(lambda text: text if text in codes else clean(redact(text)))

    def case(self, record: Case) -> Case:
        """The case with safe words; RowRejected when its key cannot be read."""
        changes = _cleaned(record)
        if not changes.get("key", record.key) or len(record.key) > MAX_KEY:
            raise RowRejected("key", f"is longer than {MAX_KEY} characters" if record.key else "is empty")
        codes = _CODES(record)
        if UNKNOWN in codes:
            unknown = [word for word, code in zip(WORDS, codes, strict=True) if code == UNKNOWN]
            self._redact_into(changes, record, unknown)
        self._redact_into(changes, record, _FREE)
        if record.attributes:
            attributes = tuple((clean(name, 60), self._value(value)) for name, value in record.attributes)
            if attributes != record.attributes:
                changes["attributes"] = attributes
        if record.events and any(event.detail for event in record.events):
            changes["events"] = tuple(self._event(event) for event in record.events)
        return replace(record, **changes) if changes else record

    def _redact_into(self, changes: dict[str, Any], record: Any, names: Iterable[str]) -> None:
        for name in names:
            text = changes.get(name, getattr(record, name))
            if text and (safe := self._redact(text)) != text:
                changes[name] = safe

    def measurement(self, record: Measurement) -> Measurement:
        changes = _cleaned(record)
        names = ("variant", "unit", "item_word") if record.item in (None, UNKNOWN) else ("variant",)
        self._redact_into(changes, record, names)
        return replace(record, **changes) if changes else record

    def status(self, record: Status) -> Status:
        changes = _cleaned(record)
        self._redact_into(changes, record, _OF_STATUS)
        if not changes.get("subject", record.subject):
            raise RowRejected("subject", "is empty")
        if record.attributes:
            changes["attributes"] = tuple((clean(name, 60), self._value(value)) for name, value in record.attributes)
        return replace(record, **changes) if changes else record

    def _value(self, value: Any) -> Any:
        return self._redact(value) if isinstance(value, str) else value

    def _event(self, event: Event) -> Event:
        return replace(event, detail=self._redact(event.detail)) if event.detail else event


def _cleaned(record: Case | Measurement | Status) -> dict[str, Any]:
    shape = type(record)
    texts = _GET_TEXTS[shape](record)
    if "".join(filter(None, texts)).isprintable() and max(map(len, filter(None, texts)), default=0) <= MAX_WORD:
        return {}
    return {
        name: clean(text, MAX_KEY if name == "key" else MAX_WORD)
        for name, text in zip(_TEXTS[shape], texts, strict=True)
        if text and not (len(text) <= MAX_WORD and text.isprintable())
    }
