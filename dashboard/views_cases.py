"""Cases of one kind for a desk: the figures of the city, by district and by department, and the open queue. Pure.

Nothing is ranked here: rows stand in the order of the registries until the reader sorts them, small samples are marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from dashboard.formats import about as roughly
from dashboard.formats import duration
from dashboard.kpi.descriptions import BY_KEY, value_key
from dashboard.snapshot import Change, Queue, QueueRow
from dashboard.views_desk import (
    Block,
    Cell,
    Column,
    Figure,
    Row,
    Table,
    figure,
    files,
    label_of,
    value_cell,
    window_text,
    written,
)
from dashboard.views_queue import SYMBOLS
from dashboard.views_words import Note, Words

Pair = tuple[str, str]  # key of a description, window
FIGURES: tuple[Pair, ...] = (
    ("overdue", "now"), ("overdue_proposed", "now"), ("due_soon", "now"), ("due_soon_proposed", "now"),
    ("open", "now"), ("waiting", "now"), ("in_process", "now"), ("oldest_open", "now"),
    ("received", "today"), ("closed", "today"), ("transferred", "d30"), ("throughput", "d7"),
    ("response_median", "d30"), ("response_p90", "d30"), ("answered_in_time", "d30"),
    ("answered_in_time_proposed", "d30"),
    ("resolution_median", "d30"), ("resolution_p90", "d30"), ("closed_in_time", "d30"),
    ("closed_in_time_proposed", "d30"),
)  # fmt: skip
COLUMNS: tuple[Pair, ...] = (
    ("open", "now"), ("overdue", "now"), ("overdue_proposed", "now"), ("due_soon", "now"), ("oldest_open", "now"),
    ("received", "d7"), ("closed", "d7"), ("response_median", "d30"), ("resolution_median", "d30"),
    ("resolution_p90", "d30"), ("closed_in_time", "d30"),
)  # fmt: skip
OTHER_WINDOWS = ("shift", "d7", "d30")
HELD_FROM_MS = 3_600_000
OF_STATUS = {"waiting": "wall.waiting", "in_process": "wall.in_process", "paused": "state.paused"}
DECLARED = frozenset(
    f"{what}_{of}"
    for what, ofs in (("response", ("median", "p90")), ("resolution", ("median", "p90")),
                      ("answered", ("in_time", "in_time_proposed")), ("closed", ("in_time", "in_time_proposed")))
    for of in ofs
)  # fmt: skip
"""Where the room has seen few yet, what the source says of it stands there, and is said to be the source's."""
OCCASIONAL = frozenset({"transferred", "paused"})
"""Most kinds have none, and of those nothing is said."""
PROPOSED = frozenset({"overdue", "closed_in_time", "due_soon", "answered_in_time"})


def view(words: Words, kind: str) -> Block:
    known = kind in words.told.kinds
    open_now = words.value("city", value_key(kind, "open", "now"))
    note = words.note(words.sources_of(kind), open_now["missing"] if open_now else ())
    return Block(
        key=f"cases-{kind}",
        lang=words.lang,
        title=words.label(words.config.kinds[kind].label, short=False),
        note=note,
        alarm=_alarm(words, kind),
        figures=tuple(_figure(words, kind, *pair) for pair in _told(words, kind, FIGURES)) if known else (),
        tables=tuple(_tables(words, kind, note)) if known else (),
    )


def _alarm(words: Words, kind: str) -> int | None:
    """When the last of them became overdue, within the half hour that is told of."""
    changes: list[Change] = words.documents.get("changes") or []
    return max((c["at"] for c in changes if c["kind"] == kind and c["what"] == "overdue"), default=None)


def _told(words: Words, kind: str, pairs: Iterable[Pair]) -> list[Pair]:
    """Those that apply to the kind, may be told here, and of the two bases of a deadline those there are."""
    return [
        (key, window)
        for key, window in pairs
        if BY_KEY[key].applies_to(kind) and words.told.figure(kind, key) and based(words, kind, key, window)
        if not_idle(words, kind, key, window)
    ]


def not_idle(words: Words, kind: str, key: str, window: str) -> bool:
    return key not in OCCASIONAL or bool(words.number("city", value_key(kind, key, window)))


def based(words: Words, kind: str, key: str, window: str) -> bool:
    bare = key.removesuffix("_proposed")
    if bare not in PROPOSED:
        return True
    found = words.value("city", value_key(kind, key, window))
    if found is not None and (found["denominator"] if found["unit"] == "percent" else found["value"]):
        return True  # of the sources' own promises
    measure = "first_response" if bare == "answered_in_time" else "resolution"
    status = "usulan" if key != bare else "ditetapkan"
    return any(
        p.kind == kind and p.measure == measure and p.status == status and p.amount is not None
        for p in words.config.policies
    )


def told_by(words: Words, scope: str, kind: str, key: str, window: str) -> str:
    """``key``, or the same as the source declares it, where the room has not watched for long and has seen few."""
    seen, said = words.value(scope, value_key(kind, key, window)), f"{key}_declared"
    counted = words.value(scope, value_key(kind, said, window)) if words.told.figure(kind, said) else None
    unseen = key in DECLARED and few(words, seen)
    unwatched = key == "closed" and bool(words.watched(seen))
    return said if counted and counted["n"] and (unseen or unwatched) else key


def few(words: Words, seen: Mapping[str, Any] | None) -> bool:
    return seen is None or (seen["n"] or 0) < words.config.min_sample


def _figure(words: Words, kind: str, key: str, window: str) -> Figure:
    key = told_by(words, "city", kind, key, window) if key in DECLARED else key
    return figure(words, "city", kind, key, window, _beside(words, kind, key, window))


def _beside(words: Words, kind: str, key: str, window: str) -> list[str]:
    """A share of the open cases; a count of today beside this shift and the days before."""
    found = words.value("city", value_key(kind, key, window))
    if found is None or found["value"] is None:
        return []
    total = found["denominator"]
    if found["unit"] == "cases" and total is not None and BY_KEY[key].denominator:
        return [f"{words.say('wall.of')} {words.count(total)} {words.say('wall.open')}"]
    if window != "today":
        return []
    said = []
    for other in OTHER_WINDOWS:
        told = told_by(words, "city", kind, key, other)
        value = words.value("city", value_key(kind, told, other))
        if value is not None and value["value"] is not None:
            whose = "" if told == key else f" ({words.say('groups.declared')})"
            said.append(f"{window_text(words, other)} {written(words, value['unit'], value['value'])}{whose}")
    return said


# Tables


def _tables(words: Words, kind: str, note: Note) -> Iterable[Table]:
    pairs = _told(words, kind, COLUMNS)
    if words.registry.districts:
        yield _by_district(words, kind, pairs, note)
    yield _by_department(words, kind, pairs, note)
    yield _queue(words, kind, note)


def _columns(words: Words, first: str, pairs: list[Pair]) -> tuple[Column, ...]:
    found = [Column("name", words.say(first))]
    for key, window in pairs:
        what = BY_KEY[key]
        short = what.short_id if words.lang == "id" else what.short_en
        title = short if window == "now" else f"{short}, {window_text(words, window)}"
        found.append(Column(key, title, number=True, about=label_of(words, what)))
    return tuple(found)


def _scope_row(words: Words, name: str, scope: str, kind: str, pairs: list[Pair]) -> Row:
    return Row((Cell(name, name), *(_scope_cell(words, scope, kind, *pair) for pair in pairs)))


def _scope_cell(words: Words, scope: str, kind: str, key: str, window: str) -> Cell:
    told = told_by(words, scope, kind, key, window)
    cell = value_cell(words, scope, value_key(kind, told, window))
    whose = ", ".join(filter(None, (words.say("groups.declared"), cell.more)))
    return cell if told == key else replace(cell, more=whose)


def _by_district(words: Words, kind: str, pairs: list[Pair], note: Note) -> Table:
    row = partial(_scope_row, words, kind=kind, pairs=pairs)
    found = words.value("city", value_key(kind, "open", "now"))
    unplaced = [gap for gap in (found["missing"] if found else []) if gap.startswith("unknown_district:")]
    return Table(
        key=f"{kind}-districts",
        title=words.say("cases.by_district"),
        columns=_columns(words, "cases.district", pairs),
        rows=tuple(row(name=words.district(code), scope=f"district:{code}") for code in words.registry.districts),
        note=note,
        empty=words.say("wall.nothing_yet"),
        remarks=tuple(
            f"{words.count(int(gap.partition(':')[2]))} {words.say('cases.no_district')}" for gap in unplaced
        ),
    )


def _by_department(words: Words, kind: str, pairs: list[Pair], note: Note) -> Table:
    """Those that have cases of the kind, or closed some in thirty days."""
    busy = [abbr for abbr in words.told.departments if any(_any(words, f"department:{abbr}", kind))]
    row = partial(_scope_row, words, kind=kind, pairs=pairs)
    return Table(
        key=f"{kind}-departments",
        title=words.say("cases.by_department"),
        columns=_columns(words, "cases.department", pairs),
        rows=tuple(row(name=words.department(abbr), scope=f"department:{abbr}") for abbr in busy),
        note=note,
        empty=words.say("cases.none_department"),
    )


def _any(words: Words, scope: str, kind: str) -> Iterable[float]:
    keys = (value_key(kind, key, window) for key, window in (("open", "now"), ("received", "d30"), ("closed", "d30")))
    return (number for key in keys if (number := words.number(scope, key)))


def _queue(words: Words, kind: str, note: Note) -> Table:
    found: Queue | None = words.documents.get(f"queue:{kind}")
    rows = found["rows"] if found else []
    late = {"kind": kind, "overdue": "true", "limit": "500"}
    classes = any(row["klass"] for row in rows)
    return Table(
        key=f"{kind}-queue",
        title=words.say("cases.queue"),
        columns=_queue_columns(words, classes),
        rows=tuple(_queue_row(words, row, classes) for row in rows),
        note=note,
        empty=words.say("wall.none_open") if found and found["open"] == 0 else words.say("table.none"),
        files=(
            *files(words, "cases", late, words.say("cases.late_file")),
            *files(words, "cases", {"kind": kind, "limit": "500"}, words.say("cases.newest")),
        ),
        remarks=_left_out(words, found),
    )


def _left_out(words: Words, found: Queue | None) -> tuple[str, ...]:
    if found is None:
        return ()
    said = []
    if found["open"] is not None and found["open"] > len(found["rows"]):
        shown, total = words.count(len(found["rows"])), words.count(found["open"])
        said.append(f"{shown} {words.say('cases.listed')}, {total} {words.say('cases.more_open')}")
    for count, word in ((found.get("desk"), "cases.desk_only"), (found["confidential"], "cases.confidential")):
        if count:
            said.append(f"{words.count(count)} {words.say(word)}")
    return tuple(said)


def _queue_columns(words: Words, classes: bool) -> tuple[Column, ...]:
    keys = ["number", "category", *(["class"] if classes else []), "district", "subdistrict", "department", "status"]
    texts = [Column(key, words.say(f"cases.{key}"), number=key == "number") for key in keys]
    return (*texts, *(Column(key, words.say(f"cases.{key}"), number=True) for key in ("age", "held", "deadline")))


def _queue_row(words: Words, row: QueueRow, classes: bool) -> Row:
    klass = words.config.classes.get(row["klass"] or "")
    subdistrict = words.registry.subdistricts.get(row["subdistrict"] or "")
    alike = f"{row['group_size']} {words.say('cases.same_matter')}" if row["group_size"] > 1 else ""
    texts = [
        words.category(row["category"], short=False),
        *([words.label(klass, short=False) if klass else "–"] if classes else []),
        words.district_of(row["district"]),
        subdistrict.name if subdistrict else "–",
        words.department_of(row["department"]),
        words.say(OF_STATUS.get(row["status"], "wall.unknown")),
    ]
    name, new = words.beside(row["kind"], row["source"]), words.say("state.new") if row["new"] else ""
    held = row["held_since"]
    other = held is not None and held - row["opened_at"] >= HELD_FROM_MS
    return Row(
        (
            Cell(str(row["number"]), row["number"], more=" · ".join(filter(None, (name, new)))),
            *(Cell(text, text, more=alike if n == 0 else "") for n, text in enumerate(texts)),
            _span(words, row["opened_at"]),
            _span(words, held) if held is not None and other else Cell("–"),
            deadline_cell(words, row),
        ),
        row["state"],
    )


def _span(words: Words, since: int) -> Cell:
    return Cell(duration((words.now - since) / 1000, words.lang), words.now - since)


def deadline_cell(words: Words, row: QueueRow | Mapping[str, Any]) -> Cell:
    """The longest overdue sorts first when the least comes first; what has no running deadline last."""
    due, proposed = row["due_at"], row["due_basis"] == "usulan"
    said = words.say(f"state.{row['state']}")
    running = due is not None and row["state"] in ("overdue", "soon", "open", "unconfirmed")
    if due is not None and running and row["state"] != "unconfirmed":
        span = duration((due - words.now) / 1000, words.lang)
        said = f"{said} ± {roughly(span)}" if row["provisional"] else f"{said} {span}"
    basis = words.say("basis.usulan") if proposed and due is not None else ""
    state = f"{row['state']} proposed" if proposed and row["state"] in ("overdue", "soon") else row["state"]
    return Cell(f"{SYMBOLS[row['state']][proposed]} {said}", due if running else None, state, basis)
