"""What the model's refusals mean for a person: one message and one mend each; never echoes a secret."""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]
Complaint = tuple[Path, str, str]

_QUIET = {"url", "headers", "auth", "token", "key", "password"}
_NEEDS: dict[str, tuple[str, str]] = {
    "string_type": ("must be text", "write it in quotes"),
    "int_type": ("must be a whole number", "write digits without quotes"),
    "int_from_float": ("must be a whole number", "leave the decimals out"),
    "float_type": ("must be a number", "write digits without quotes, a point for decimals"),
    "bool_type": ("must be true or false", "write true or false without quotes"),
    "model_type": ("must be a block of keys", "write key: value lines below it"),
    "model_attributes_type": ("must be a block of keys", "write key: value lines below it"),
    "dict_type": ("must be a block of keys", "write key: value lines below it"),
    "tuple_type": ("must be a list", "write [a, b] or one - line each"),
    "list_type": ("must be a list", "write [a, b] or one - line each"),
    "set_type": ("must be a list", "write [a, b] or one - line each"),
    "date_type": ("must be a date", "write YYYY-MM-DD"),
    "date_parsing": ("is not a date of the calendar", "write YYYY-MM-DD"),
    "date_from_datetime_parsing": ("is not a date of the calendar", "write YYYY-MM-DD"),
    "time_type": ("must be a time of day", "write HH:MM"),
    "time_parsing": ("is not a time of day", "write HH:MM with two digits each"),
    "datetime_type": ("must be a time with date", "write YYYY-MM-DDTHH:MM:SS+07:00"),
    "datetime_parsing": ("is not a time with date", "write YYYY-MM-DDTHH:MM:SS+07:00"),
    "datetime_from_date_parsing": ("is not a time with date", "write YYYY-MM-DDTHH:MM:SS+07:00"),
}


def complaints(error: ValidationError, model: type[BaseModel], prefix: Path = ()) -> list[Complaint]:
    """Every refusal of ``model`` as (path, message, mend)."""
    return [_complaint(dict(item), model, prefix) for item in error.errors(include_url=False)]


def _complaint(item: Mapping[str, Any], model: type[BaseModel], prefix: Path) -> Complaint:
    loc = tuple(part for part in item["loc"] if part != "[key]")
    path, kind, context = (*prefix, *loc), item["type"], item.get("ctx") or {}
    if kind == "missing":
        what = "a further entry" if loc and isinstance(loc[-1], int) else "this key"
        return path, "is missing", f"add {what}"
    if kind == "extra_forbidden":
        return path, "unknown key", near(str(loc[-1]), _fields_at(model, loc[:-1]))
    if "[key]" in item["loc"] and kind == "literal_error":
        return path, "unknown key", f"one of {context['expected']}"
    if kind == "literal_error":
        return path, f"{_shown(item, path)} is not allowed here", f"one of {context['expected']}"
    if kind in _NEEDS:
        message, mend = _NEEDS[kind]
        return path, f"{message}, found {_shown(item, path)}", mend
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        sign = {"greater_than": "over", "greater_than_equal": "at least"}.get(kind)
        sign = sign or {"less_than": "under", "less_than_equal": "at most"}[kind]
        bound = next(iter(context.values()))
        return path, f"{_shown(item, path)} is out of range", f"must be {sign} {bound:.12g}"
    if kind == "string_pattern_mismatch":
        return path, f"{_shown(item, path)} is not well formed", f"must match {context['pattern']}"
    if kind == "too_long":
        return path, f"has {context['actual_length']} entries", f"at most {context['max_length']}"
    return path, str(item["msg"]).removeprefix("Value error, ").rstrip("."), "see the documentation of this key"


def near(word: str, known: list[str]) -> str:
    """The mend for a word that is none of ``known``."""
    close = difflib.get_close_matches(word, known, 1, 0.6)
    if close:
        return f"did you mean {close[0]}?"
    if not known:
        return "remove it"
    return f"one of {', '.join(known)}" if len(known) <= 12 else "remove it, or declare it first"


def _shown(item: Mapping[str, Any], path: Path) -> str:
    value = item.get("input")
    if any(part in _QUIET for part in path):
        return "another type" if not isinstance(value, str) else "a text"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value[:40]}'"
    if isinstance(value, dict):
        return "a block of keys"
    return "a list" if isinstance(value, list) else f"{value}"


def _fields_at(model: Any, loc: Path) -> list[str]:
    """Names of the keys allowed at ``loc``, walking the model's types."""
    kind: Any = model
    for part in loc:
        kind = _step(kind, part)
    kind = _bare(kind)
    return sorted(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _step(kind: Any, part: str | int) -> Any:
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = get_args(kind)
    if get_origin(kind) is dict and len(arguments) == 2:
        return arguments[1]
    if get_origin(kind) in (tuple, list) and arguments:
        fixed = isinstance(part, int) and part < len(arguments) and arguments[-1] is not Ellipsis
        return arguments[int(part)] if fixed else arguments[0]
    return None


def _bare(kind: Any) -> Any:
    """``kind`` without Annotated and without ``| None``."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        rest = [option for option in get_args(kind) if option is not type(None)]
        return _bare(rest[0]) if len(rest) == 1 or get_origin(rest[0]) is not Literal else kind
    return kind
