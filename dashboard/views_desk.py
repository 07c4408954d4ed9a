"""What a desk page shows, ready to read: figures that can defend themselves, tables to sort, and the words for both.

Pure. A block of any type is made of these; never computes a figure and never decides who may see one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dashboard.formats import clock, decimal, duration, instant, long_date, percent, rupiah, week_date
from dashboard.i18n import Lang
from dashboard.kpi.descriptions import BY_KEY, Description, value_key
from dashboard.kpi.wordings import indonesian
from dashboard.snapshot import Value
from dashboard.views_words import Note, Words

Sort = float | str | None  # None: not known, always last
LATE = {
    "overdue": "late",
    "overdue_proposed": "late proposed",
    "due_soon": "soon",
    "due_soon_proposed": "soon proposed",
}
MARKS = {
    "late": "◆", "late proposed": "◇", "soon": "▲", "soon proposed": "△", "missed": "▼", "unknown": "", "small": "○",
    "calm": "",
}  # fmt: skip
"""Before a value: its colour is never the only sign."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with all that belongs to it. ``key`` is unique on its page. ``unit`` is empty where the value holds
    it. ``more``: window, comparison, target, sample. ``about``: what opens on one tap, term and text."""

    key: str
    label: str
    value: str
    unit: str
    state: str
    mark: str
    more: tuple[str, ...]
    note: Note
    about: tuple[tuple[str, str], ...]
    short: str = ""  # the label where room is short


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    number: bool = False
    about: str = ""  # what the numbers of this column are


@dataclass(frozen=True, slots=True)
class Cell:
    """``more``: a second, smaller line. ``since``: the browser counts the age from it, instead of ``text``."""

    text: str
    sort: Sort = None
    state: str = ""
    more: str = ""
    since: int | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Cell, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row. ``key`` is unique on its page. ``files``: the same as files, text and address.
    ``empty``: said instead of no rows. ``remarks``: what is not in it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Note
    empty: str
    files: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def filled(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Without the columns, but the first, in which no row says anything."""
    kept = [n for n in range(len(columns)) if not n or any(r.cells[n].text.strip("–") or r.cells[n].more for r in rows)]
    told = tuple(Row(tuple(row.cells[n] for n in kept), row.state) for row in rows)
    return tuple(columns[n] for n in kept), told


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a page. ``key`` is unique on it. ``lead``: what must be said before the numbers, such as the state
    of a source. ``images``: title and the picture's address, which always has a table behind it. ``alarm``: when what
    needs a person began, the newest; a wall's page may be held for it."""

    key: str
    lang: Lang
    title: str
    note: Note
    lead: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    images: tuple[tuple[str, str], ...] = ()
    alarm: int | None = None
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """The head of a page: what is said once for all of it."""

    lang: Lang
    now: int
    date: str
    time: str
    zone: str
    marks: tuple[str, ...]
    banner: str
    nothing: str  # said where nothing was published yet


def desk(words: Words) -> Desk:
    zone = words.registry.zone
    marks = [name for name in ("simulated", "replay") if name in words.meta.get("provenance", [])]
    rate = words.meta.get("rate", 1)
    banner = list(words.documents.get("condition") or [])
    banner += ["uplink"] if words.meta.get("uplink_down") else []
    return Desk(
        lang=words.lang,
        now=words.now,
        date=long_date(words.now, zone, words.lang) if words.now else "",
        time=clock(words.now, zone, words.lang, seconds=True),
        zone=words.config.city.zone_label,
        marks=(*(words.say(f"mark.{name}") for name in marks), *([f"×{words.count(rate)}"] if rate != 1 else [])),
        banner=" · ".join(words.say(f"wall.{word}") for word in banner),
        nothing="" if words.now else words.say("wall.nothing_yet"),
    )


# Figures


def figure(words: Words, scope: str, kind: str, key: str, window: str, more: Iterable[str] = ()) -> Figure:
    """A described figure of ``scope``. One that nobody published is shown as not known, never left out."""
    what, found = BY_KEY[key], words.value(scope, value_key(kind, key, window))
    if found is not None and what.unit == "cases_per_day" and words.watched(found):
        found = {**found, "value": None}  # no average of days on which nobody looked
    state = state_of(found, what)
    said = [window_text(words, window), *more, sample_text(words, found), target_text(words, what, found)]
    return Figure(
        key=f"{scope}-{kind}-{key}-{window}".replace(":", "-").replace(".", "-"),
        label=label_of(words, what),
        value=written(words, what.unit, found["value"] if found else None),
        unit=unit_text(words, what.unit),
        state=state,
        mark=MARKS[state],
        more=tuple(filter(None, said)),
        note=words.note(found["sources"] if found else words.sources_of(kind), found["missing"] if found else ()),
        about=about(words, what, found),
        short=what.short_id if words.lang == "id" else what.short_en,
    )


def label_of(words: Words, what: Description) -> str:
    return what.label_id if words.lang == "id" else what.label_en


def state_of(found: Value | None, what: Description) -> str:
    """Grey unless cases are late or an established figure misses its own target."""
    if found is None or found["value"] is None:
        return "unknown"
    if what.key in LATE:
        return LATE[what.key] if found["value"] > 0 else "calm"
    if found.get("small"):
        return "small"
    target = found.get("target")
    if target is None or found.get("target_status") != "ditetapkan" or what.better == "none":
        return "calm"
    missed = found["value"] < target if what.better == "up" else found["value"] > target
    return "missed" if missed else "calm"


def written(words: Words, unit: str, number: float | None) -> str:
    if number is None:
        return "–"
    if unit == "seconds":
        return duration(number, words.lang)
    if unit == "instant":
        return duration((words.now - number) / 1000, words.lang)
    if unit == "percent":
        return percent(number, words.lang)
    if unit == "idr":
        return rupiah(number, words.lang)
    return decimal(number, words.lang) if unit == "cases_per_day" else words.count(number)


def unit_text(words: Words, unit: str) -> str:
    """Of what the value does not say itself."""
    if unit == "cases_per_day":
        return f"{words.say('wall.cases')}/{words.say('unit.day_short')}"
    return words.say("wall.cases") if unit == "cases" else ""


def window_text(words: Words, window: str) -> str:
    return words.say(f"window.{window}")


def sample_text(words: Words, found: Value | None) -> str:
    """141 kasus; 3 kasus (sedikit); a count is its own sample."""
    if found is None or found["n"] is None or found["unit"] not in ("percent", "seconds"):
        return f"({words.say('wall.small')})" if found and found.get("small") and found["unit"] == "percent" else ""
    small = f" ({words.say('wall.small_short')})" if found.get("small") else ""
    return f"{words.count(found['n'])} {words.say('wall.case' if found['n'] == 1 else 'wall.cases')}{small}"


def target_text(words: Words, what: Description, found: Value | None) -> str:
    if found is None or found.get("target") is None:
        return ""
    status = words.say("basis.proposed") if found.get("target_status") == "usulan" else ""
    said = f"{words.say('wall.target')} {written(words, what.unit, found['target'])}"
    return f"{said} ({status})" if status else said


def about(words: Words, what: Description, found: Value | None) -> tuple[tuple[str, str], ...]:
    """Definition, what is divided by what with the numbers, clock, window, sources, time, what is missing."""
    lines = [
        ("about.definition", what.definition_id if words.lang == "id" else what.definition_en),
        ("about.numerator", _part(words, what.numerator, found["numerator"] if found else None, what.unit)),
    ]
    if what.denominator:
        lines.append(("about.denominator", _part(words, what.denominator, found["denominator"] if found else None, "")))
    lines.append(("about.clock", words.say(f"clock.{what.clock}")))
    if found is not None:
        lines += [
            ("about.window", _span(words, found)),
            ("about.sources", ", ".join(words.source(ident) for ident in found["sources"]) or words.say("about.none")),
            ("about.data_at", moment(words, found["data_at"])),
            ("about.missing", ", ".join(words.gaps(found["missing"])) or words.say("about.nothing_missing")),
        ]
        if found.get("target") is not None:
            basis = [found.get("target_basis"), found.get("target_set_by")]
            lines.append(("about.target", " · ".join(filter(None, [target_text(words, what, found), *basis]))))
    return tuple((words.say(key), text) for key, text in lines)


def _part(words: Words, english: str, number: float | None, unit: str) -> str:
    text = indonesian(english) if words.lang == "id" else english
    return text if number is None or unit == "instant" else f"{text}: {written(words, unit, number)}"


def _span(words: Words, found: Value) -> str:
    name, start = window_text(words, found["window"]["name"]), found["window"]["start"]
    return name if start is None else f"{name}: {words.say('wall.since')} {moment(words, start)}"


def moment(words: Words, at: int | None) -> str:
    """24 Nov, 14.05 WIB"""
    if at is None:
        return words.say("about.unknown")
    day = words.day(instant(at, words.registry.zone).date())
    return f"{day}, {words.time(at)} {words.config.city.zone_label}"


# Cells


def number_cell(words: Words, unit: str, number: float | None, state: str = "", more: str = "") -> Cell:
    """An instant is older the smaller it is, so that "largest first" is "oldest first"."""
    sort = -number if unit == "instant" and number is not None else number
    return Cell(written(words, unit, number), sort, state, more)


def value_cell(words: Words, scope: str, key: str) -> Cell:
    """A figure of ``scope`` as a cell: with its mark, and what limits it."""
    _, name, _ = key.rsplit(".", 2)
    what, found = BY_KEY[name], words.value(scope, key)
    state = state_of(found, what)
    more = words.say("wall.small_short") if state == "small" else ""
    known = found is not None and found["value"] is not None
    if found is not None and known and not more and what.unit in ("seconds", "percent"):
        more = f"n {words.count(found['n'])}"
    text = written(words, what.unit, found["value"] if found else None)
    mark = MARKS[state] if state not in ("calm", "unknown", "small") else ""
    sort = found["value"] if found else None
    if what.unit == "instant" and sort is not None:
        sort = -sort
    return Cell(f"{mark} {text}".strip(), sort, state, more)


def day_text(words: Words, day: str | None) -> str:
    return words.day(date.fromisoformat(day)) if day else "–"


def weekday_text(words: Words, day: str) -> str:
    return week_date(date.fromisoformat(day), words.lang)


def files(words: Words, resource: str, given: Mapping[str, str], label: str) -> tuple[tuple[str, str], ...]:
    """The two files of a resource of the API."""
    query = "&".join(f"{name}={value}" for name, value in given.items())
    tail = f"?{query}" if query else ""
    return tuple((f"{label} ({kind.upper()})", f"/api/v1/{resource}.{kind}{tail}") for kind in ("xlsx", "csv"))
