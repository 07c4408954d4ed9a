"""Rain beside the open reports of one category, district by district. Pure: it shows both and claims no cause.

The forecast and the warnings are BMKG's, which asks to be named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.formats import decimal
from dashboard.views_desk import Block, Cell, Column, Row, Table
from dashboard.views_states import LEVEL_MARKS
from dashboard.views_words import Words

WEATHER, WARNING, METRIC, GROUP = "weather", "warning", "rain_hours", "measures:weather"
"""The kinds of status and the metric of the configuration that tell of rain."""


def view(words: Words, category: str) -> Block:
    label = next(c.label for c in words.config.categories if c.code == category)
    name = words.label(label, short=False)
    documents = words.documents
    states = {kind: documents.get(f"status:{kind}") for kind in (WEATHER, WARNING)}
    behind = [source for body in states.values() if body for source in body["sources"]]
    missing = [gap for body in states.values() if body for gap in body["missing"]]
    kinds = [kind for kind in words.told.kinds if (documents.get("cells") or {}).get(kind, {}).get(category)]
    sources = [source for kind in kinds for source in words.sources_of(kind)]
    note = words.note(tuple(dict.fromkeys([*behind, *sources])), missing)
    table = Table(
        key=f"rain-{category}",
        title=words.say("rain.by_district"),
        columns=(
            Column("name", words.say("cases.district")),
            Column("now", words.say("rain.now")),
            Column("hours", words.say("rain.hours"), number=True),
            Column("warning", words.say("rain.warning")),
            Column("open", f"{name}, {words.say('wall.open')}", number=True),
        ),
        rows=tuple(_row(words, code, category, kinds, states) for code in words.registry.districts),
        note=note,
        empty=words.say("wall.nothing_yet"),
    )
    return Block(
        key=f"rain-{category}",
        lang=words.lang,
        title=f"{words.say('rain.title')} {name}",
        note=note,
        lead=(words.say("rain.attribution"),),
        tables=(table,),
    )


def _row(words: Words, code: str, category: str, kinds: list[str], states: Mapping[str, Any]) -> Row:
    name = words.district_of(code)
    hours = _hours(words, code)
    cells = [
        Cell(name, name),
        _state(words, WEATHER, states[WEATHER], code),
        Cell("–" if hours is None else decimal(hours, words.lang, 0), hours),
        _state(words, WARNING, states[WARNING], code),
        _reports(words, code, category, kinds),
    ]
    return Row(tuple(cells))


def _state(words: Words, kind: str, body: Mapping[str, Any] | None, code: str) -> Cell:
    row = next((row for row in body["rows"] if row["district"] == code), None) if body else None
    declared = words.config.status_kinds.get(kind)
    if row is None or declared is None:
        return Cell("–")
    state = declared.states.get(row["state"])
    said = words.label(state.label, short=False) if state else words.say("wall.unknown")
    return Cell(f"{LEVEL_MARKS.get(row['level'], '')} {said}".strip(), said)


def _hours(words: Words, code: str) -> float | None:
    found = (words.documents.get(GROUP) or {}).get("metrics", [])
    rows: list[Any] = next((measure["rows"] for measure in found if measure["metric"] == METRIC), [])
    value: float | None = next((row["value"] for row in rows if row["place"] == code), None)
    return value


def _reports(words: Words, code: str, category: str, kinds: list[str]) -> Cell:
    """A count that must not be told is not told here either."""
    if not kinds:
        return Cell(words.count(0), 0) if words.documents.get("cells") is not None else Cell("–")
    counts = [words.documents["cells"][kind][category]["districts"].get(code, 0) for kind in kinds]
    if any(count is None for count in counts):
        return Cell(words.say("rain.hidden"))
    return Cell(words.count(sum(counts)), sum(counts))
