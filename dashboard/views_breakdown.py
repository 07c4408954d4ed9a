"""A kind by stage, class and department with its money, and what stands out of it. Pure, ranks nothing.

Every share stands with its numerator and denominator; a sum says how many cases it knows no money of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dashboard.config.breakdowns import Breakdown, Mark
from dashboard.config.model import Label
from dashboard.formats import percent, short_rupiah
from dashboard.records import UNKNOWN
from dashboard.views_cases import deadline_cell
from dashboard.views_desk import MARKS, Block, Cell, Column, Figure, Row, Table, files, moment
from dashboard.views_words import Note, Words

CITY = "city"
Found = Mapping[str, Any]
Pairs = tuple[tuple[str, str], ...]


def view(words: Words, kind: str) -> Block:
    declared = words.config.kinds[kind].breakdown
    found: Found | None = words.documents.get(f"breakdown:{kind}")
    known = found if found is not None and kind in words.told.kinds else None
    note = words.note(words.sources_of(kind), known["missing"] if known else ())
    city = known["scopes"].get(CITY) if known else None
    assert declared is not None
    return Block(
        key=f"breakdown-{kind}",
        lang=words.lang,
        title=f"{words.label(words.config.kinds[kind].label, short=False)}: {words.say('breakdown.title')}",
        note=note,
        figures=tuple(_figures(words, kind, declared, city, known, note)) if city and known else (),
        tables=tuple(_tables(words, kind, declared, known, note)) if known else (),
    )


# Figures

Made = Callable[[str, str, str, str, Iterable[str], Pairs], Figure]


def _figures(
    words: Words, kind: str, declared: Breakdown, city: Found, found: Found, note: Note
) -> Iterable[Figure]:  # fmt: skip
    def made(key: str, label: str, value: str, state: str, more: Iterable[str], about: Pairs) -> Figure:
        told = (*about, *_origin(words, found))
        return Figure(f"{kind}-{key}", label, value, "", state, MARKS[state], tuple(filter(None, more)), note, told)

    yield from _sums(words, declared, city["total"], made)
    yield from _late(words, declared, city["total"], made)
    yield from _marks(words, declared, city["total"], made)
    yield from _shares(words, declared, city["shares"], made)
    yield from _means(words, declared, city["means"], made)


def _meaning(words: Words, text: str) -> Pairs:
    return ((words.say("about.definition"), text),)


def _sums(words: Words, declared: Breakdown, total: Found, made: Made) -> Iterable[Figure]:
    span = words.say("window.year" if declared.since == "year" else "breakdown.ever")
    opened = f"{words.count(total['open'])} {words.say('wall.open')}"
    meaning = _meaning(words, words.say("breakdown.cases_meaning"))
    name = _name(words, declared, "cases", short=False)
    yield made("cases", name, words.count(total["cases"]), "calm", (opened, span), meaning)
    if (gathered := declared.gathered) is not None:
        opened = f"{words.count(total['gathered_open'])} {words.say('wall.open')}"
        unsaid = f"{words.count(n)} {words.say('breakdown.ungathered')}" if (n := total["no_gathered"]) else ""
        meaning = _meaning(words, words.label(gathered.definition, short=False))
        name = words.label(gathered.label, short=False)
        yield made("gathered", name, words.count(total["gathered"]), "calm", (opened, unsaid, span), meaning)
    for name in ("amount", "ceiling"):
        label = getattr(declared, name)
        if label is not None:
            more = _without(words, total[f"no_{name}"]), span
            meaning = _meaning(words, words.say("breakdown.sum_meaning"))
            yield made(name, words.label(label, short=False), _money(words, total[name]), "calm", more, meaning)


def _name(words: Words, declared: Breakdown, name: str, short: bool = True) -> str:
    """What a case of the kind is called, or its being late: by the configuration, or in general."""
    label = getattr(declared, name)
    return words.label(label, short) if label is not None else words.say(f"breakdown.{name}")


def _shown(declared: Breakdown) -> dict[str, Mark]:
    """Marks that are figures of their own; the others stand behind shares."""
    return {name: mark for name, mark in declared.marks.items() if mark.listed}


def _late(words: Words, declared: Breakdown, total: Found, made: Made) -> Iterable[Figure]:
    late = total["late"] + total["late_proposed"]
    state = "late" if total["late"] else "late proposed" if late else "calm"
    more = [
        f"{words.count(total[name])} {words.say(word)}"
        for name, word in (("late_proposed", "basis.proposed"), ("unconfirmed", "state.unconfirmed"))
        if total[name]
    ]
    meaning = _meaning(words, words.say("breakdown.late_meaning"))
    yield made("late", _name(words, declared, "late", short=False), words.count(late), state, more, meaning)


def _marks(words: Words, declared: Breakdown, total: Found, made: Made) -> Iterable[Figure]:
    for name, mark in _shown(declared).items():
        count, unmended = total["marks"].get(name, 0), total["unmended"].get(name, 0)
        more = (f"{words.count(unmended)} {words.say('breakdown.unmended')}" if unmended else "",)
        meaning = _meaning(words, words.label(mark.definition, short=False))
        yield made(name, words.label(mark.label, short=False), words.count(count), "calm", more, meaning)


def _shares(words: Words, declared: Breakdown, shares: Found, made: Made) -> Iterable[Figure]:
    for name, share in declared.shares.items():
        one = shares[name]
        meaning = (
            *_meaning(words, words.label(share.definition, short=False)),
            (words.say("about.numerator"), _part(words, share.of, one["numerator"])),
            (words.say("about.denominator"), _part(words, share.of, one["denominator"])),
        )
        more = _parts(words, share.of, one), _without(words, one["unknown"])
        value, state = percent(one["value"], words.lang), "unknown" if one["value"] is None else "calm"
        yield made(name, words.label(share.label, short=False), value, state, more, meaning)


def _means(words: Words, declared: Breakdown, means: Found, made: Made) -> Iterable[Figure]:
    for name, mean in declared.means.items():
        one = means[name]
        more = f"n {words.count(one['n'])}", _without(words, one["unknown"])
        value, state = _mean(words, declared, name, one["value"]), "unknown" if one["value"] is None else "calm"
        meaning = _meaning(words, words.label(mean.definition, short=False))
        yield made(name, words.label(mean.label, short=False), value, state, more, meaning)


def _origin(words: Words, found: Found) -> Pairs:
    sources = ", ".join(words.source(ident) for ident in found["sources"]) or words.say("about.none")
    gaps = ", ".join(words.gaps(found["missing"])) or words.say("about.nothing_missing")
    return (
        (words.say("about.sources"), sources),
        (words.say("about.data_at"), moment(words, found["data_at"])),
        (words.say("about.missing"), gaps),
    )


def _without(words: Words, count: int) -> str:
    return f"{words.count(count)} {words.say('breakdown.unknown')}" if count else ""


def _parts(words: Words, of: str, one: Found) -> str:
    return f"{_part(words, of, one['numerator'])} / {_part(words, of, one['denominator'])}"


def _part(words: Words, of: str, number: float) -> str:
    return words.count(number) if of == "cases" else _money(words, number)


def _money(words: Words, amount: float | None) -> str:
    return short_rupiah(amount, words.lang)


def _mean(words: Words, declared: Breakdown, name: str, value: float | None) -> str:
    shown = declared.attributes.get(declared.means[name].attribute)
    if value is not None and shown is not None and shown.unit == "percent":
        return percent(value, words.lang)
    return "–" if value is None else words.count(round(value))


# Tables


def _tables(words: Words, kind: str, declared: Breakdown, found: Found, note: Note) -> Iterable[Table]:
    scopes = found["scopes"]
    city = scopes.get(CITY, {"stages": {}, "classes": {}})
    yield _cells(words, kind, declared, note, "stage", city["stages"], declared.stages)
    if set(city.get("classes", {})) - {UNKNOWN}:
        yield _cells(words, kind, declared, note, "class", city["classes"], words.config.classes)
    yield _departments(words, kind, declared, note, scopes)
    yield _outstanding(words, kind, declared, note, found)


def _columns(words: Words, declared: Breakdown) -> list[Column]:
    found = [
        Column("cases", _name(words, declared, "cases"), number=True),
        Column("open", words.say("breakdown.open"), number=True),
        Column("late", _name(words, declared, "late"), number=True, about=words.say("breakdown.late_meaning")),
    ]
    if (gathered := declared.gathered) is not None:
        about = words.label(gathered.definition, short=False)
        found.append(Column("gathered", words.label(gathered.label), number=True, about=about))
    found += [
        Column(name, words.label(label), number=True)
        for name in ("amount", "ceiling")
        if (label := getattr(declared, name)) is not None
    ]
    return found


def _counted(words: Words, declared: Breakdown, cell: Found) -> list[Cell]:
    late = cell["late"] + cell["late_proposed"]
    state = "late" if cell["late"] else "late proposed" if late else ""
    mark = MARKS.get(state, "")
    found = [
        Cell(words.count(cell["cases"]), cell["cases"]),
        Cell(words.count(cell["open"]), cell["open"]),
        Cell(f"{mark} {words.count(late)}".strip(), late, state),
    ]
    if declared.gathered is not None:
        found.append(Cell(words.count(cell["gathered"]), cell["gathered"]))
    for name in ("amount", "ceiling"):
        if getattr(declared, name) is not None:
            found.append(Cell(_money(words, cell[name]), cell[name], more=_without(words, cell[f"no_{name}"])))
    return found


def _cells(
    words: Words, kind: str, declared: Breakdown, note: Note, of: str, cells: Found, labels: Mapping[str, Label]
) -> Table:
    """In the order of the configuration; what it does not know comes last, as unknown."""
    codes = [code for code in labels if code in cells] + sorted(code for code in cells if code not in labels)
    names = {
        code: words.label(labels[code], short=False) if code in labels else words.say("wall.unknown") for code in codes
    }
    return Table(
        key=f"{kind}-by-{of}",
        title=words.say(f"breakdown.by_{of}"),
        columns=(Column("name", words.say(f"breakdown.{of}")), *_columns(words, declared)),
        rows=tuple(Row((Cell(names[c], n), *_counted(words, declared, cells[c]))) for n, c in enumerate(codes)),
        note=note,
        empty=words.say("wall.nothing_yet"),
        files=files(words, "breakdown", {"kind": kind}, words.say("cases.all")),
    )


def _departments(words: Words, kind: str, declared: Breakdown, note: Note, scopes: Found) -> Table:
    marks = [Column(name, words.label(mark.label), number=True) for name, mark in _shown(declared).items()]
    shares = [Column(name, words.label(share.label), number=True) for name, share in declared.shares.items()]
    means = [Column(name, words.label(mean.label), number=True) for name, mean in declared.means.items()]
    rows = []
    for abbr in words.told.departments:
        one = scopes.get(f"department:{abbr}")
        if one is None:
            continue
        name = words.department(abbr)
        cells = [Cell(name, name), *_counted(words, declared, one["total"])]
        cells += [Cell(words.count(n := one["total"]["marks"].get(key, 0)), n) for key in _shown(declared)]
        for key, share in declared.shares.items():
            got = one["shares"][key]
            parts = _parts(words, share.of, got) if got["denominator"] else ""
            cells.append(Cell(percent(got["value"], words.lang), got["value"], more=parts))
        for key in declared.means:
            got = one["means"][key]
            cells.append(
                Cell(_mean(words, declared, key, got["value"]), got["value"], more=f"n {words.count(got['n'])}")
            )
        rows.append(Row(tuple(cells)))
    return Table(
        key=f"{kind}-by-department",
        title=words.say("cases.by_department"),
        columns=(Column("name", words.say("cases.department")), *_columns(words, declared), *marks, *shares, *means),
        rows=tuple(rows),
        note=note,
        empty=words.say("wall.nothing_yet"),
    )


def _outstanding(words: Words, kind: str, declared: Breakdown, note: Note, found: Found) -> Table:
    cases: Sequence[Found] = found["cases"]
    more = found["outstanding"] > len(cases)
    listed = f"{words.count(len(cases))} {words.say('cases.listed')}, {words.count(found['outstanding'])}"
    shown = [Column(name, words.label(a.label), number=True) for name, a in declared.attributes.items()]
    money = [c for c in _columns(words, declared) if c.key in ("amount", "ceiling")]
    classes = any(row["klass"] for row in cases)
    head = ("number", "department", *(("class",) if classes else ()), "stage", "deadline")
    titles = {name: words.say(f"cases.{name}") for name in ("number", "department", "deadline")}
    titles |= {name: words.say(f"breakdown.{name}") for name in ("class", "stage")}
    return Table(
        key=f"{kind}-outstanding",
        title=words.say("breakdown.outstanding"),
        columns=(
            *(Column(name, titles[name]) for name in head),
            Column("why", words.say("breakdown.why")),
            *money,
            *shown,
        ),
        rows=tuple(_case(words, declared, row, classes) for row in cases),
        note=note,
        empty=words.say("breakdown.none"),
        files=files(words, "cases", {"kind": kind, "limit": "500"}, words.say("cases.newest")),
        remarks=(f"{listed} {words.say('breakdown.standing')}",) if more else (),
    )


def _case(words: Words, declared: Breakdown, row: Found, classes: bool) -> Row:
    klass, stage = words.config.classes.get(row["klass"] or ""), declared.stages.get(row["stage"] or "")
    texts = [
        words.department_of(row["department"]),
        *([words.label(klass, short=False) if klass else "–"] if classes else []),
        words.label(stage, short=False) if stage else words.say("wall.unknown"),
    ]
    shown = _shown(declared)
    why = ", ".join(words.label(shown[name].label, short=False) for name in row["marks"] if name in shown)
    cells = [Cell(str(row["number"]), row["number"]), *(Cell(text, text) for text in texts)]
    cells += [deadline_cell(words, row), Cell(why or "–", why)]
    for name in ("amount", "ceiling"):
        if getattr(declared, name) is not None:
            cells.append(Cell(_money(words, row[name]), row[name]))
    for name, attribute in declared.attributes.items():
        value = row["attributes"].get(name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        text = "–" if not number else percent(value, words.lang) if attribute.unit == "percent" else words.count(value)
        cells.append(Cell(text, value if number else None))
    return Row(tuple(cells), row["state"])
