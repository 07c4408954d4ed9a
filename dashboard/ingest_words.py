"""Makes a source's words safe to keep: without identities, without control or direction marks, cut; pure.

In this order, and nobody else cuts: half a number, or half an address, would not be known for one.
"""

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

MAX_WORD = 80
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
_KEYS: dict[type, tuple[str, ...]] = {Case: ("key", "parent", "duplicate_of"), Measurement: ("key",), Status: ("key",)}
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
        self._whole: Redact = lambda text: text if text in codes else clean(redact(text))
        self._remembered = lru_cache(maxsize=8192)(self._whole)

    def _redact(self, text: str) -> str:
        """A longer word is redacted but not remembered: memory stays bounded whatever a source sends."""
        return self._remembered(text) if len(text) <= MAX_KEY else self._whole(text)

    def case(self, record: Case) -> Case:
        """The case with safe words; RowRejected when its key cannot be read."""
        changes = self._cleaned(record)
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
        changes = self._cleaned(record)
        names = ("variant", "unit", "item_word") if record.item in (None, UNKNOWN) else ("variant",)
        self._redact_into(changes, record, names)
        return replace(record, **changes) if changes else record

    def status(self, record: Status) -> Status:
        changes = self._cleaned(record)
        self._redact_into(changes, record, _OF_STATUS)
        if not changes.get("subject", record.subject) or len(record.subject) > MAX_WORD:  # cut, two would be one
            raise RowRejected("subject", f"is longer than {MAX_WORD} characters" if record.subject else "is empty")
        if record.attributes:
            changes["attributes"] = tuple((clean(name, 60), self._value(value)) for name, value in record.attributes)
        return replace(record, **changes) if changes else record

    def _value(self, value: Any) -> Any:
        return self._redact(value) if isinstance(value, str) else value

    def _event(self, event: Event) -> Event:
        return replace(event, detail=self._redact(event.detail)) if event.detail else event

    def _cleaned(self, record: Case | Measurement | Status) -> dict[str, Any]:
        """What has to change of the record's texts because it is too long or cannot be printed."""
        shape = type(record)
        texts = _GET_TEXTS[shape](record)
        if "".join(filter(None, texts)).isprintable() and max(map(len, filter(None, texts)), default=0) <= MAX_WORD:
            return {}
        changes = {}
        for name, text in zip(_TEXTS[shape], texts, strict=True):
            if not text or (len(text) <= MAX_WORD and text.isprintable()):
                continue
            if name in _KEYS[shape]:
                changes[name] = clean(text, MAX_KEY)
            else:
                changes[name] = self._redact(text) if len(text) > MAX_WORD else clean(text)
        return changes
