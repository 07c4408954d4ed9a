"""Typed parameters of the API: how each is read, what is said when it cannot be, how OpenAPI tells it; no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from dashboard.disclosure import Disclosure

A_NAME = re.compile(r"[a-z][a-z_]{0,29}")  # no digit: neither a number of identity nor markup comes back
A_CODE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
MOST_FIELDS = 20
MOST_CHARS = 200
AN_INSTANT = "an ISO 8601 instant with its zone, such as 2026-11-24T08:00:00+07:00 (in an address + is written %2B)"


class Bad(Exception):
    """A question that cannot be answered: ``status``, what is wrong, and what is allowed instead."""

    def __init__(self, status: int, error: str, allowed: Sequence[str] | str, parameter: str | None = None) -> None:
        super().__init__(error)
        self.status, self.error, self.parameter = status, error, parameter
        self.allowed = allowed if isinstance(allowed, str) else list(allowed)

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "parameter": self.parameter, "allowed": self.allowed}


class Kind(Protocol):
    """What a parameter's value may be. ``said`` names it in the reference."""

    @property
    def said(self) -> str: ...

    def read(self, raw: str, known: Disclosure) -> Any:
        """The value; ValueError when it is malformed, LookupError when nothing goes by that name."""

    def allowed(self, known: Disclosure) -> Sequence[str] | str: ...

    def schema(self, known: Disclosure) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """A name out of a list that the configuration or the room gives."""

    of: Callable[[Disclosure], Sequence[str]]
    said: str

    def read(self, raw: str, known: Disclosure) -> str:
        if raw not in self.of(known):
            raise LookupError
        return raw

    def allowed(self, known: Disclosure) -> Sequence[str]:
        return list(self.of(known))

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.of(known))}


@dataclass(frozen=True, slots=True)
class Code:
    """A word of the city that no registry lists (a metric, a market of another city)."""

    said: str = "a code"

    def read(self, raw: str, known: Disclosure) -> str:
        if not A_CODE.fullmatch(raw):
            raise ValueError
        return raw

    def allowed(self, known: Disclosure) -> str:
        return "a code: letters, digits, full stop, hyphen and low line, at most 100"

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{A_CODE.pattern}$"}


@dataclass(frozen=True, slots=True)
class YesNo:
    said: str = "true or false"

    def read(self, raw: str, known: Disclosure) -> bool:
        return {"true": True, "false": False}[raw]

    def allowed(self, known: Disclosure) -> Sequence[str]:
        return ["true", "false"]

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Instant:
    said: str = "an instant with its zone"

    def read(self, raw: str, known: Disclosure) -> datetime:
        found = datetime.fromisoformat(raw)
        if found.tzinfo is None or not 1970 <= found.year <= 2200:
            raise ValueError  # a time without a zone is another time in Jayapura
        return found

    def allowed(self, known: Disclosure) -> str:
        return AN_INSTANT

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number within bounds."""

    low: int
    high: int

    @property
    def said(self) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def read(self, raw: str, known: Disclosure) -> int:
        if not (raw.isascii() and raw.isdigit() and len(raw) < 8) or not self.low <= int(raw) <= self.high:
            raise ValueError
        return int(raw)

    def allowed(self, known: Disclosure) -> str:
        return self.said

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the page before ended: ``parts`` whole numbers joined by a hyphen, as ``next`` gave them."""

    parts: int = 1
    said: str = "`next` of the page before"

    def read(self, raw: str, known: Disclosure) -> tuple[int, ...]:
        found = raw.split("-")
        if len(found) != self.parts or any(not (p.isascii() and p.isdigit() and len(p) < 16) for p in found):
            raise ValueError
        return tuple(map(int, found))

    def allowed(self, known: Disclosure) -> str:
        return "the value of next in the page before, unchanged"

    def schema(self, known: Disclosure) -> dict[str, Any]:
        return {"type": "string", "pattern": "^" + "-".join([r"\d{1,15}"] * self.parts) + "$"}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: Kind
    text: str
    default: Any = None

    def read(self, raw: str, known: Disclosure) -> Any:
        try:
            return self.kind.read(raw, known)
        except LookupError:
            raise Bad(404, f"unknown {self.name}", self.kind.allowed(known), self.name) from None
        except ValueError:
            raise Bad(400, f"{self.name} cannot be read", self.kind.allowed(known), self.name) from None


def read(query: bytes, parameters: Sequence[Parameter], known: Disclosure) -> dict[str, Any]:
    """Every parameter by name, its default where the query says nothing. Raises Bad; of what it got it repeats a plain
    name at most, never a value."""
    names = [parameter.name for parameter in parameters]
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict",
            max_num_fields=MOST_FIELDS,
        )  # fmt: skip
    except ValueError:
        raise Bad(400, "the query cannot be read", f"name=value pairs in UTF-8, at most {MOST_FIELDS}") from None
    strange = next((name for name, _ in pairs if name not in names), None)
    if strange is not None:
        raise Bad(400, "unknown parameter", names, strange if A_NAME.fullmatch(strange) else None)
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Bad(400, f"{name} is given twice", "each parameter once", name)
        if len(value) > MOST_CHARS:
            raise Bad(400, f"{name} is too long", f"at most {MOST_CHARS} characters", name)
        given[name] = value
    return {p.name: p.read(given[p.name], known) if p.name in given else p.default for p in parameters}


def in_order(found: Mapping[str, Any], first: str, last: str) -> None:
    """Raises Bad when a range ends before it begins."""
    start, end = found[first], found[last]
    if start is not None and end is not None and end < start:
        raise Bad(400, f"{last} lies before {first}", f"{first} not later than {last}", last)
