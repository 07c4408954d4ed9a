"""A kind of status for a desk: what is not well with its cause, flapping, availability, sums, and every subject. Pure.

A parent that fails is one row with the list of what is out of reach through it; published totals stand beside what is
found, with the difference. A position is never shown in a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.config.statuses import StatusKind
from dashboard.formats import decimal, duration, signed
from dashboard.kpi.status_totals import NONE
from dashboard.views_charts import district_map
from dashboard.views_desk import MARKS, Block, Cell, Column, Figure, Row, Table, day_text, files, filled
from dashboard.views_states import (
    LEVEL_MARKS,
    LEVEL_STATES,
    attribute_cell,
    called,
    defined,
    detail_name,
    group_name,
    in_order,
    level_of,
    named_cell,
    part_name,
    since_cell,
    state_cell,
    state_name,
)
from dashboard.views_words import Note, Words

FOUND = ("unreachable", "silent", "unknown")
FEW = 20  # subjects: each of them is of weight
FEW_NAMED = 3  # so many that are not well are named with their count
CAUSES = 3  # parents that fell, as figures of their own
SHORT = ("unreachable", "flapping")
AVAILABILITY = ("status.availability", "status.short_availability")
NAMED = 6  # of those behind one cause, where they have no groups; all of them stand in the list of subjects
Body = Mapping[str, Any]
Rows = Mapping[tuple[str, str], Body]
"""The subjects by source and key."""


def view(words: Words, name: str) -> Block:
    kind, body = words.config.status_kinds[name], words.documents.get(f"status:{name}")
    note = words.note(body["sources"] if body else (), body["missing"] if body else ())
    known = body is not None and body["total"] > 0
    return Block(
        key=f"status-{name}",
        lang=words.lang,
        title=words.label(kind.label, short=False),
        note=note,
        lead=() if known else (words.say("wall.nothing_yet"),),
        alarm=_alarm(body) if known and body is not None else None,
        figures=tuple(_figures(words, name, kind, body, note)) if known and body is not None else (),
        tables=tuple(_tables(words, name, kind, body, note)) if known and body is not None else (),
        images=_map(words, kind, body) if known and body is not None else (),
        about=_about(words, kind),
    )


def _alarm(body: Body) -> int | None:
    """When the newest trouble began that others stand behind; of a kind with few subjects, any trouble."""
    troubles = [one for one in body["troubles"] if one["behind"] or body["total"] <= FEW]
    return max((one["since"] for one in troubles if one["since"] is not None), default=None)


def _about(words: Words, kind: StatusKind) -> tuple[tuple[str, str], ...]:
    found = [("status.unreachable", words.say("status.about_unreachable"))]
    if kind.silent_after_minutes is not None:
        found.append(
            ("status.silent", f"{words.say('status.about_silent')} {_minutes(words, kind.silent_after_minutes)}")
        )
    flaps = f"{words.say('status.about_flapping')}: {kind.flap_changes} / {_minutes(words, kind.flap_minutes)}"
    found += [("status.flapping", flaps), ("status.availability", words.say("status.about_availability"))]
    return tuple((words.say(key), text) for key, text in found)


def _minutes(words: Words, minutes: float) -> str:
    return duration(minutes * 60, words.lang)


# Figures


def _figures(words: Words, name: str, kind: StatusKind, body: Body, note: Note) -> Iterable[Figure]:
    total, states = body["total"], body["states"]
    of = (f"{words.say('wall.of')} {words.count(total)}",)
    which = [trouble["label"] for trouble in body["troubles"]]
    named = (", ".join(which),) if 0 < len(which) <= FEW_NAMED else ()
    yield _count(words, name, "not_well", body["not_well"], _worst(kind, body), (*of, *named), note, kind)
    yield from _causes(words, name, kind, body, note)
    yield _count(words, name, "total", total, "calm", _sums(words, kind, states), note, kind)
    yield from (_published(words, name, kind, n, one, note) for n, one in enumerate(body["declared"]))
    if states.get("unreachable"):
        yield _count(words, name, "unreachable", states["unreachable"], "late", of, note)
    if body["flapping"]:
        yield _count(words, name, "flapping", len(body["flapping"]), "soon", of, note)
    for window, part in body["availability"].items():
        yield _available(words, name, window, part, note)
    for key, share in body["shares"].items():
        if key in kind.shares:
            yield _share(words, name, key, kind, share, note)
    for key in kind.attributes:
        if key in body["sums"]:
            yield _sum(words, name, key, kind, body["sums"][key], note)


def _causes(words: Words, name: str, kind: StatusKind, body: Body, note: Note) -> Iterable[Figure]:
    """Each parent that fell, as one thing; the list of what is out of reach through it opens on one tap."""
    labels = {(row["source"], row["subject"]): row["label"] for row in body["rows"]}
    for n, cause in enumerate([trouble for trouble in body["troubles"] if trouble["behind"]][:CAUSES]):
        behind = [labels.get((cause["source"], subject), subject) for subject in cause["behind"]]
        more = [f"{words.say('status.behind')} {words.count(len(behind))}"]
        if cause["since"] is not None:
            more.append(duration((words.now - cause["since"]) / 1000, words.lang))
        about = ((words.say("status.behind"), ", ".join(behind)),)
        said = state_name(words, kind, cause["state"])
        label, short = cause["label"], cause["subject"]
        yield Figure(f"{name}-cause-{n}", label, said, "", "late", MARKS["late"], tuple(more), note, about, short)


def _worst(kind: StatusKind, body: Body) -> str:
    """Red is for what does not work or is not heard."""
    if not body["not_well"]:
        return "calm"
    bad = any(n and LEVEL_STATES.get(level_of(kind, state)) == "late" for state, n in body["states"].items())
    return "late" if bad else "soon"


def _published(words: Words, name: str, kind: StatusKind, n: int, one: Body, note: Note) -> Figure:
    """What was published as of a day, beside what is found."""
    parts = [f"{part_name(words, kind, one['by'], code)} {words.count(part['declared'])}"
             for code, part in in_order(kind, one["by"], one["parts"]) if part["declared"] is not None]  # fmt: skip
    apart = signed(words.count(abs(one["difference"])), one["difference"])
    more = (
        f"{words.say('status.found')} {words.count(one['found'])}",
        f"{words.say('status.difference')} {apart}",
        *parts,
    )
    label = f"{words.say('status.declared')} {day_text(words, one['as_of'])}"
    about = ((words.say("status.basis"), one["basis"]),)
    return Figure(f"{name}-declared-{n}", label, words.count(one["total"]), "", "calm", "", more, note, about)


def _sums(words: Words, kind: StatusKind, states: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{state_name(words, kind, key)} {words.count(n)}" for key, n in states.items())


def _count(
    words: Words, name: str, key: str, value: int, state: str, more: tuple[str, ...], note: Note,
    kind: StatusKind | None = None,
) -> Figure:  # fmt: skip
    about = ((words.say("about.definition"), defined(words, kind, key)),)
    label = called(words, kind, key)
    short = words.say(f"status.short_{key}") if key in SHORT else ""
    return Figure(f"{name}-{key}", label, words.count(value), "", state, MARKS.get(state, ""), more, note, about, short)


def _available(words: Words, name: str, window: str, part: Mapping[str, Any], note: Note) -> Figure:
    value = part["value"]
    more = []
    for key in ("watched_s", "unheard_s"):
        if part[key] and (key == "unheard_s" or part[key] < WINDOW_S[window]):
            more.append(f"{words.say(f'status.{key}')} {duration(part[key], words.lang)}")
    about = (
        (words.say("about.definition"), words.say("status.about_availability")),
        (words.say("about.denominator"), duration(part["counted_s"], words.lang)),
    )
    said = _percent(words, value)
    state = "calm" if value is not None else "unknown"
    label, short = (f"{words.say(key)} {words.say(f'status.{window}')}" for key in AVAILABILITY)
    return Figure(f"{name}-available-{window}", label, said, "", state, "", tuple(more), note, about, short)


WINDOW_S = {"d1": 86_400, "d30": 30 * 86_400}


def _share(
    words: Words, name: str, key: str, kind: StatusKind, share: Mapping[str, Any], note: Note
) -> Figure:  # fmt: skip
    value, target = share["value"], share["target"]
    more = [f"{words.count(share['numerator'])} {words.say('wall.of')} {words.count(share['denominator'])}"]
    if share["unknown"]:
        more.append(f"{words.count(share['unknown'])} {words.say('table.unknown')}")
    if target is not None:
        more.append(f"{words.say('wall.target')} {decimal(target, words.lang)}% ({words.say('basis.proposed')})")
    label = words.label(kind.shares[key].label, short=False)
    beside = [share["target_basis"], share["target_set_by"]]
    about = [
        (words.say("about.definition"), f"{label}: {words.say('status.about_share')}"),
        (words.say("about.numerator"), words.count(share["numerator"])),
        (words.say("about.denominator"), words.count(share["denominator"])),
    ]
    if target is not None:
        about.append((words.say("about.target"), " · ".join(filter(None, [f"{target:g}%", *beside]))))
    said = f"{decimal(value, words.lang)}%" if value is not None else "–"
    state = "calm" if value is not None else "unknown"
    return Figure(f"{name}-share-{key}", label, said, "", state, "", tuple(more), note, tuple(about))


def _sum(words: Words, name: str, key: str, kind: StatusKind, total: Mapping[str, Any], note: Note) -> Figure:
    label, value = words.label(kind.attributes[key].label, short=False), total["value"]
    more = [f"{words.say('status.told_by')} {words.count(total['known'])}"]
    if total["unknown"]:
        more.append(f"{words.count(total['unknown'])} {words.say('status.tell_none')}")
    about = ((words.say("about.definition"), f"{label}: {words.say('status.about_sum')}"),)
    state = "calm" if value is not None else "unknown"
    return Figure(f"{name}-sum-{key}", label, words.count(value), "", state, "", tuple(more), note, about)


def _map(words: Words, kind: StatusKind, body: Body) -> tuple[tuple[str, str], ...]:
    """Of what moves about: by district those that work and all of them. No position is on it, and so no trail."""
    if not any(state.position for state in kind.states.values()):
        return ()
    told = {}
    for code, counts in body["districts"].items():
        bad = sum(n for state, n in counts.items() if level_of(kind, state) in LEVEL_STATES)
        working = sum(n for state, n in counts.items() if level_of(kind, state) == "well")
        state, mark = ("behind", LEVEL_MARKS["poor"]) if bad else ("calm", "")
        told[code] = state, f"{mark}{words.count(working)}/{words.count(counts['total'])}"
    made = district_map(words, f"{words.label(kind.label, short=False)}: {words.say('status.map')}", told)
    return (made,) if made else ()


# Tables


def _tables(words: Words, name: str, kind: StatusKind, body: Body, note: Note) -> Iterable[Table]:
    subjects = {(row["source"], row["subject"]): row for row in body["rows"]}
    yield _troubles(words, name, kind, body["troubles"], subjects, note, "troubles")
    if body["flapping"]:
        yield _troubles(words, name, kind, body["flapping"], subjects, note, "flapping")
    if body["declared"]:
        yield _declared(words, name, kind, body["declared"], note)
    if kind.groups:
        yield _grouped(words, name, kind, body["groups"], note, "group")
    elif any(counts["total"] > 1 for code, counts in body["districts"].items() if code != NONE):
        yield _grouped(words, name, kind, body["districts"], note, "district")
    yield _subjects(words, name, kind, body, subjects, note)


def _table(
    words: Words, name: str, key: str, columns: Iterable[Column], rows: Iterable[Row], note: Note, **more: Any
) -> Table:  # fmt: skip
    empty = words.say(f"status.no_{key}") if key == "troubles" else words.say("table.none")
    title = words.say(f"status.table_{key}")
    return Table(f"{name}-{key}", title, *filled(tuple(columns), tuple(rows)), note, empty, **more)


def _columns(words: Words, *keys: str, numbers: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    return tuple(Column(key, words.say(f"status.{key}"), number=key in numbers) for key in keys)


def _troubles(
    words: Words,
    name: str,
    kind: StatusKind,
    troubles: Iterable[Mapping[str, Any]],
    subjects: Rows,
    note: Note,
    key: str,
) -> Table:
    names = ("subject", *(("group",) if kind.groups else ()), "state", "detail", "since", "behind", "changes")
    columns = _columns(words, *names, numbers=frozenset({"since", "behind", "changes"}))
    rows = []
    for trouble in troubles:
        behind = [subjects[at] for subject in trouble["behind"] if (at := (trouble["source"], subject)) in subjects]
        cells = [
            named_cell(kind, trouble),
            *([Cell(group_name(words, kind, trouble["group"]))] if kind.groups else []),
            state_cell(words, kind, trouble["state"], trouble["level"]),
            Cell(detail_name(words, trouble["detail"])),
            since_cell(words, trouble["since"], words.say("status.before_watched")),
            Cell(words.count(n) if (n := len(trouble["behind"])) else "–", n, more=_behind(words, kind, behind)),
            Cell(words.count(n) if (n := trouble["changes"]) else "–", n),
        ]  # fmt: skip
        rows.append(Row(tuple(cells), LEVEL_STATES.get(trouble["level"], "")))
    made = _table(words, name, key, columns, rows, note)
    return replace(made, title=called(words, kind, "not_well")) if kind.names and key == "troubles" else made


def _behind(words: Words, kind: StatusKind, rows: Sequence[Body]) -> str:
    """What is out of reach, by its groups where there are some."""
    if kind.groups:
        counts = Counter(row["group"] for row in rows)
        return ", ".join(f"{group_name(words, kind, group)} {words.count(n)}" for group, n in counts.most_common())
    rest = f" … +{len(rows) - NAMED}" if len(rows) > NAMED else ""
    return ", ".join(row["label"] for row in rows[:NAMED]) + rest


def _declared(words: Words, name: str, kind: StatusKind, declared: Iterable[Mapping[str, Any]], note: Note) -> Table:
    """What was published as of a day, part by part, beside what is found."""
    columns = _columns(
        words, "as_of", "part", "declared", "found", "difference", "basis",
        numbers=frozenset({"declared", "found", "difference"}),
    )  # fmt: skip
    rows = []
    for total in declared:
        lines = [(words.say("status.total"), total["total"], total["found"], total["difference"])]
        for code, part in in_order(kind, total["by"], total["parts"]):
            lines.append(
                (part_name(words, kind, total["by"], code), part["declared"], part["found"], part["difference"])
            )
        if total["unexplained"]:
            lines.append((words.say("status.unexplained"), total["unexplained"], None, None))
        for label, said, found, difference in lines:
            numbers = [_number(words, said), _number(words, found), _number(words, difference, apart=True)]
            day = Cell(day_text(words, total["as_of"]), total["as_of"])
            rows.append(Row((day, Cell(label, label), *numbers, Cell(total["basis"], total["basis"]))))
    return _table(words, name, "declared", columns, rows, note)


def _number(words: Words, value: int | None, apart: bool = False) -> Cell:
    if value is None:
        return Cell("–")
    text = signed(words.count(abs(value)), value) if apart else words.count(value)
    return Cell(text, value, state="missed" if apart and value else "")


def _grouped(
    words: Words, name: str, kind: StatusKind, groups: Mapping[str, Mapping[str, int]], note: Note, key: str
) -> Table:  # fmt: skip
    states = [s for s in (*kind.states, *FOUND) if any(s in counts for counts in groups.values())]
    columns = (
        Column(key, words.say(f"status.{key}")),
        Column("total", words.say("status.total"), number=True),
        *(Column(s, state_name(words, kind, s), number=True) for s in states),
    )
    rows = []
    for code, counts in in_order(kind, key, groups):
        label = group_name(words, kind, code) if key == "group" else words.district_of(code if code != NONE else None)
        values = [counts["total"], *(counts.get(s, 0) for s in states)]
        rows.append(Row((Cell(label, label), *(Cell(words.count(n), n) for n in values))))
    return _table(words, name, key, columns, rows, note)


def _subjects(words: Words, name: str, kind: StatusKind, body: Body, subjects: Rows, note: Note) -> Table:
    rows = body["rows"]
    has = {key for key in ("department", "district", "heard_at", "through") if any(row[key] for row in rows)}
    head = ("subject", *(("group",) if kind.groups else ()), "state", "since")
    columns = [*_columns(words, *head, numbers=frozenset({"since"}))]
    columns += [Column(k, words.label(a.label, short=False), number=a.sum) for k, a in kind.attributes.items()]
    columns += _columns(
        words,
        *(k for k in ("department", "district", "heard_at", "through") if k in has),
        numbers=frozenset({"heard_at"}),
    )
    if kind.availability:
        columns.append(Column("d1", f"{words.say('status.availability')} {words.say('status.d1')}", number=True))
    table = [Row(tuple(_subject(words, kind, row, has, subjects)), LEVEL_STATES.get(row["level"], "")) for row in rows]
    left = (f"{words.count(body['left_off'])} {words.say('status.left_off')}",) if body["left_off"] else ()
    given = files(words, "statuses", {"kind": name, "limit": "500"}, words.say("status.file"))
    return _table(words, name, "subjects", columns, table, note, files=given, remarks=left)


def _subject(words: Words, kind: StatusKind, row: Mapping[str, Any], has: set[str], subjects: Rows) -> Iterable[Cell]:
    yield named_cell(kind, row)
    if kind.groups:
        yield Cell(label := group_name(words, kind, row["group"]), label)
    yield state_cell(words, kind, row["state"], row["level"], row["word"])
    yield since_cell(words, row["since"])
    for key in kind.attributes:
        yield attribute_cell(words, kind, key, row["attributes"].get(key))
    if "department" in has:
        yield Cell(label := words.department_of(row["department"]) if row["department"] else "–", label)
    if "district" in has:
        yield Cell(label := words.district_of(row["district"]) if row["district"] else "–", label)
    if "heard_at" in has:
        yield since_cell(words, row["heard_at"])
    if "through" in has:
        above = subjects.get((row["source"], row["through"]))
        yield Cell(said := above["label"] if above else row["through"] or "–", said)
    if kind.availability:
        day, month = (_percent(words, row[window]) for window in WINDOW_S)
        yield Cell(day, row["d1"], more=f"{words.say('status.d30')} {month}" if row["d30"] is not None else "")


def _percent(words: Words, value: float | None) -> str:
    return f"{decimal(value, words.lang, 2)}%" if value is not None else "–"
