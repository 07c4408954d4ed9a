"""Cells of a kind of status: state, group, cause, what else is known; pure, never says an unknown word as another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.config.statuses import StatusKind
from dashboard.formats import decimal, duration
from dashboard.kpi.status_totals import NONE
from dashboard.views_desk import Cell, day_text, moment
from dashboard.views_words import Words

LEVEL_MARKS = {
    "well": "●", "idle": "○", "poor": "△", "bad": "◆", "unreachable": "┆", "silent": "▨", "unknown": "?",
}  # fmt: skip
"""Before a state: its colour is never the only sign."""

LEVEL_STATES = {"bad": "late", "silent": "late", "poor": "soon", "unknown": "unknown"}


def state_name(words: Words, kind: StatusKind, state: str) -> str:
    found = kind.states.get(state)
    return words.label(found.label, short=False) if found else words.say(f"status.{state}")


def state_cell(words: Words, kind: StatusKind, state: str, level: str, word: str = "") -> Cell:
    said = state_name(words, kind, state)
    return Cell(f"{LEVEL_MARKS.get(level, '')} {said}".strip(), said, LEVEL_STATES.get(level, ""), word)


def group_name(words: Words, kind: StatusKind, group: str | None) -> str:
    if group in (None, NONE):
        return words.say("status.no_group")
    found = kind.groups.get(str(group))
    return words.label(found, short=False) if found else words.say("word.unknown")


def part_name(words: Words, kind: StatusKind, by: str, code: str) -> str:
    if by == "group" or code == NONE:
        return group_name(words, kind, code)
    found = kind.attributes[by].words.get(code) if by in kind.attributes else None
    return words.label(found, short=False) if found else code


def detail_name(words: Words, detail: str) -> str:
    return words.say(f"cause.{detail}") if detail and detail != "unknown" else ""


def named_cell(kind: StatusKind, row: Mapping[str, Any]) -> Cell:
    return Cell(row["label"], row["label"], more=row["subject"] if kind.keys and row["label"] != row["subject"] else "")


def since_cell(words: Words, at: int | None, unknown: str = "–") -> Cell:
    if at is None:
        return Cell(unknown)
    return Cell(duration((words.now - at) / 1000, words.lang), words.now - at, more=moment(words, at))


def attribute_cell(words: Words, kind: StatusKind, key: str, value: Any) -> Cell:
    if value is None or value == "unknown":
        return Cell("–")
    if isinstance(value, bool):
        return Cell(said := words.say("status.yes" if value else "status.no"), said)
    if isinstance(value, (int, float)):
        return Cell(words.count(value) if float(value).is_integer() else decimal(value, words.lang), value)
    if kind.attributes[key].day:
        return Cell(day_text(words, str(value)[:10]), str(value))
    if kind.attributes[key].source:
        known = str(value) in words.registry.sources
        return Cell(words.source(str(value)), str(value), more="" if known else words.say("status.no_source"))
    label = kind.attributes[key].words.get(value)
    return Cell(said := words.label(label, short=False) if label else str(value), said)


def level_of(kind: StatusKind, state: str) -> str:
    return kind.states[state].level if state in kind.states else state


def called(words: Words, kind: StatusKind | None, key: str) -> str:
    names = kind.names if kind is not None else None
    return words.label(getattr(names, key), short=False) if names else words.say(f"status.{key}")


def defined(words: Words, kind: StatusKind | None, key: str) -> str:
    if kind is None or kind.names is None or key != "not_well":
        return words.say(f"status.define_{key}")
    poor = (words.label(state.label, short=False) for state in kind.states.values() if state.level in ("bad", "poor"))
    return f"{words.say('status.define_states')} {', '.join(poor)}"


def in_order(kind: StatusKind, by: str, parts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """As the configuration lists them, the others behind."""
    declared = kind.groups if by == "group" else kind.attributes[by].words if by in kind.attributes else {}
    order = {code: n for n, code in enumerate(declared)}
    return sorted(parts.items(), key=lambda part: (order.get(part[0], len(order)), part[0]))
