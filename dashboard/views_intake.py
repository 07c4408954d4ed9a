"""The open cases of a kind by the system they came from and the stage they are in; pure, ranks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.views_desk import Cell, Column, Row, Table
from dashboard.views_words import Note, Words

STATUSES = ("waiting", "in_process", "paused", "unknown")
OF_STATUS = {"waiting": "wall.waiting", "in_process": "wall.in_process", "paused": "state.paused"}


def intake(words: Words, kind: str, note: Note) -> tuple[Table, ...]:
    """A table where the kind has several systems, or one that tells stages with names; otherwise none."""
    found: Mapping[str, Any] = (words.documents.get(f"intake:{kind}") or {}).get("sources", {})
    stages = words.config.kinds[kind].stages
    if len(found) < 2 and not any(code in stages for row in found.values() for code in row["stages"]):
        return ()
    shown = [status for status in STATUSES if any(row["statuses"].get(status) for row in found.values())]
    columns = [
        Column("source", words.say("intake.source")),
        Column("open", words.say("wall.open"), number=True),
        *(Column(status, words.say(OF_STATUS.get(status, "wall.unknown")), number=True) for status in shown),
        *(Column(f"stage-{code}", words.label(label), number=True) for code, label in stages.items()),
        Column("passed_on", words.say("intake.passed_on"), number=True),
    ]
    rows = tuple(_row(words, source, row, shown, list(stages)) for source, row in found.items())
    return (
        Table(
            key=f"{kind}-intake",
            title=words.say("intake.title"),
            columns=tuple(columns),
            rows=rows,
            note=note,
            empty=words.say("wall.none_open"),
        ),
    )


def _row(words: Words, source: str, row: Mapping[str, Any], shown: list[str], stages: list[str]) -> Row:
    name = words.source(source)
    told = any(code in stages for code in row["stages"])
    cells = [Cell(words.count(row["open"]), row["open"])]
    cells += [_count(words, row["statuses"].get(status, 0)) for status in shown]
    cells += [_count(words, row["stages"].get(code, 0)) if told else Cell("–") for code in stages]
    passed, times = row["passed_on"], row["transfers"]
    more = f"{words.count(times)} {words.say('intake.times')}" if times else ""
    cells.append(Cell("–") if passed is None else Cell(words.count(passed), passed, more=more))
    return Row((Cell(name, name, more="" if told or not stages else words.say("intake.no_stage")), *cells))


def _count(words: Words, number: int) -> Cell:
    return Cell(words.count(number), number)
