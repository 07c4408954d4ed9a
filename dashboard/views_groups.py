"""One kind of case broken down: by category and by class, against what was promised for each. Pure, ranks nothing.

The promise is that of the configuration, with the rule it stands on; where a source promises its own time, the lateness
of its cases goes by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from dashboard.config.model import Label, Policy
from dashboard.formats import decimal, instant
from dashboard.kpi.descriptions import BY_KEY, value_key
from dashboard.snapshot import Group, Groups, Value
from dashboard.views_cases import DECLARED, based, few, not_idle
from dashboard.views_desk import MARKS, Block, Cell, Column, Row, Table, label_of, state_of, window_text, written
from dashboard.views_intake import intake
from dashboard.views_words import Note, Words

Pair = tuple[str, str]  # key of a description, window
COLUMNS: tuple[Pair, ...] = (
    ("received", "d30"), ("waiting", "now"), ("open", "now"), ("paused", "now"), ("overdue", "now"),
    ("overdue_proposed", "now"), ("oldest_open", "now"), ("closed", "today"), ("answered_in_time", "d30"),
    ("answered_in_time_proposed", "d30"), ("resolution_median", "d30"), ("closed_in_time", "d30"),
    ("closed_in_time_proposed", "d30"),
)  # fmt: skip
PAIRED = frozenset({"answered_in_time_proposed", "closed_in_time_proposed"})
"""Where the kind has deadlines of both sorts, one column holds both: a proposed one stands under the established."""
MEASURES = ("resolution", "first_response")


def view(words: Words, kind: str) -> Block:
    found: Groups | None = words.documents.get(f"groups:{kind}")
    rows = found["rows"] if found and kind in words.told.kinds else {}
    note = words.note(words.sources_of(kind), found["missing"] if found else ())
    labels: dict[str, dict[str, Label]] = {
        "category": {c.code: c.label for c in words.config.categories},
        "class": dict(words.config.classes),
    }
    tables = [_table(words, kind, of, labels[of], rows, note) for of in ("category", "class")]
    by_source = intake(words, kind, note)
    return Block(
        key=f"groups-{kind}",
        lang=words.lang,
        title=f"{words.label(words.config.kinds[kind].label, short=False)}: {words.say('groups.title')}",
        note=note,
        tables=(*by_source, *(tuple(table for table in tables if table.rows) or (tables[0],))),
    )


def _table(words: Words, kind: str, of: str, labels: Mapping[str, Label], rows: Mapping[str, Any], note: Note) -> Table:
    pairs = [
        (key, window)
        for key, window in COLUMNS
        if BY_KEY[key].applies_to(kind) and words.told.figure(kind, key) and based(words, kind, key, window)
        if not_idle(words, kind, key, window)
    ]
    paired = {(key, window) for key, window in pairs if key in PAIRED and (_bare(key), window) in pairs}
    both = frozenset((_bare(key), window) for key, window in paired)
    pairs = [pair for pair in pairs if pair not in paired]
    return Table(
        key=f"{kind}-groups-by-{of}",  # a breakdown on the same page has a table by class too
        title=words.say(f"groups.by_{of}"),
        columns=(Column("name", words.say(f"cases.{of}")), *_columns(words, kind, of, pairs)),
        rows=tuple(
            _row(words, kind, of, code, label, rows[f"{of}:{code}"], pairs, both)
            for code, label in labels.items()
            if f"{of}:{code}" in rows
        ),
        note=note,
        empty=words.say("wall.nothing_yet"),
        files=tuple(
            (f"{words.say('cases.all')} ({form.upper()})", f"/api/v1/groups.{form}?kind={kind}")
            for form in ("xlsx", "csv")
        ),
    )


def _columns(words: Words, kind: str, of: str, pairs: Iterable[Pair]) -> Iterable[Column]:
    for measure in _promised(words, kind, of):
        yield Column(f"promise-{measure}", words.say(f"groups.promise_{measure}"), number=True)
    for key, window in pairs:
        what = BY_KEY[key]
        short = what.short_id if words.lang == "id" else what.short_en
        title = short if window == "now" else f"{short}, {window_text(words, window)}"
        yield Column(f"{key}-{window}", title, number=True, about=label_of(words, what))


def _bare(key: str) -> str:
    return key.removesuffix("_proposed")


def _row(
    words: Words,
    kind: str,
    of: str,
    code: str,
    label: Label,
    row: Mapping[str, Group],
    pairs: Iterable[Pair],
    both: frozenset[Pair],
) -> Row:
    name = words.label(label, short=False)
    promises = [_promise(words, kind, of, code, measure) for measure in _promised(words, kind, of)]
    figures = [
        _both(words, kind, row, key, window) if (key, window) in both else _figure(words, kind, row, key, window)
        for key, window in pairs
    ]
    return Row((Cell(name, name), *promises, *figures))


# What was promised


def _promised(words: Words, kind: str, of: str) -> list[str]:
    """The measures that somebody has promised something for by what this table is by: a deadline by class is none of a
    category's."""
    return [m for m in MEASURES if any(_applies(p, kind, of, None, m, None) for p in words.config.policies)]


def _promise(words: Words, kind: str, of: str, code: str, measure: str) -> Cell:
    today = instant(words.now, words.registry.zone).date() if words.now else None
    applying = [p for p in words.config.policies if _applies(p, kind, of, code, measure, today)]
    best = max((p for p in applying if p.sources is None), key=_closeness, default=None)
    own = [p for p in applying if p.sources and words.told.hidden.isdisjoint(p.sources)]  # decreed for some sources
    told = [_promised_time(words, best)] if best is not None or not own else []
    basis = [_basis(words, best)] if best is not None and best.amount is not None else []
    for policy in own:
        names, time = ", ".join(map(words.source, policy.sources or ())), _promised_time(words, policy)
        if time not in told:
            told.append(f"{names}: {time}")
        if policy.amount is not None:
            basis.append(f"{names}: {_basis(words, policy)}")
    first = best or next(iter(own), None)
    minutes = first.amount * _MINUTES[first.unit] if first is not None and first.amount is not None else None
    return Cell("; ".join(told), minutes, more="; ".join(basis))


def _closeness(policy: Policy) -> int:
    return (policy.category is not None) + (policy.klass is not None)


def _promised_time(words: Words, policy: Policy | None) -> str:
    if policy is None or policy.amount is None:
        return words.say("groups.no_promise")
    amount = words.count(policy.amount) if policy.amount == int(policy.amount) else decimal(policy.amount, words.lang)
    return f"{amount} {words.say(f'promise.{policy.unit}')}"


def _basis(words: Words, policy: Policy) -> str:
    return words.say("basis.proposed") if policy.status == "usulan" else policy.basis


_MINUTES = {"minutes": 1, "hours": 60, "working_hours": 60, "working_days": 1440, "days": 1440}


def _applies(policy: Policy, kind: str, of: str, code: str | None, measure: str, day: date | None) -> bool:
    """``code`` None: to any."""
    if (policy.kind, policy.measure) != (kind, measure):
        return False
    if day is not None and not (policy.valid_from <= day and (policy.valid_to is None or day < policy.valid_to)):
        return False
    wanted = {"category": policy.category, "class": policy.klass}
    other = wanted["class" if of == "category" else "category"]
    return other is None and (code is None or wanted[of] in (None, code))


# Figures


def _both(words: Words, kind: str, row: Mapping[str, Group], key: str, window: str) -> Cell:
    """85,7%, and under it: usulan 99,1%."""
    firm, hollow = (_figure(words, kind, row, name, window) for name in (key, f"{key}_proposed"))
    if hollow.sort is None:
        return firm
    proposed = f"{words.say('basis.proposed')} {hollow.text}, {hollow.more}"
    return replace(firm, more=f"{firm.more}; {proposed}" if firm.sort is not None else proposed)


def _figure(words: Words, kind: str, row: Mapping[str, Group], key: str, window: str) -> Cell:
    seen, said = row.get(value_key(kind, key, window)), row.get(value_key(kind, f"{key}_declared", window))
    if key not in DECLARED or said is None or not said["n"] or not few(words, seen):
        return _cell(words, key, seen)
    cell = _cell(words, f"{key}_declared", said)
    return replace(cell, more=f"{words.say('groups.declared')}, {cell.more}")


def _cell(words: Words, key: str, found: Group | None) -> Cell:
    """As the same figure of a district or department is written."""
    what = BY_KEY[key]
    n = found["n"] if found else None
    sampled = what.unit in ("percent", "seconds") or what.denominator == "open cases"
    value: Any = None if found is None else {**found, "small": sampled and (n or 0) < words.config.min_sample}
    told: Value | None = value
    state = state_of(told, what)
    number = found["value"] if found else None
    more = words.say("wall.small_short") if state == "small" else ""
    if found is not None and not more and what.unit in ("seconds", "percent"):
        more = f"n {words.count(n)}"
    mark = MARKS[state] if state not in ("calm", "unknown", "small") else ""
    sort = -number if number is not None and what.unit == "instant" else number
    return Cell(f"{mark} {written(words, what.unit, number)}".strip(), sort, state, more)
