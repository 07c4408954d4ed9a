"""Reported figures of one group for a desk: the city's, those of each place, what publications say, targets. Pure.

Places stand in the order of the registries until the reader sorts them; nothing is ranked here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import floor

from dashboard.config.metrics import Metric
from dashboard.formats import percent, whole
from dashboard.snapshot_measures import Measure, MeasureRow, Measures
from dashboard.views_amounts import (
    amount,
    band,
    changed,
    counted,
    gap,
    goal_text,
    item_of,
    moved,
    parts_of,
    period,
    place_of,
    state_of,
    target_text,
    unit_of,
    verdict,
)
from dashboard.views_charts import district_map
from dashboard.views_claims import publications, targets
from dashboard.views_desk import MARKS, Block, Cell, Column, Figure, Row, Table, files, filled, moment
from dashboard.views_words import Note, Words

FAR_BEHIND = 90.0  # percent of an even pace
FEW_PARTS = 6  # so many are said with the figure itself


def view(words: Words, group: str) -> Block:
    found: Measures | None = words.documents.get(f"measures:{group}")
    measures = found["metrics"] if found else []
    shown = [measure for measure in measures if not _metric(words, measure).support]
    label = words.config.measure_groups.get(group)
    running = [measure for measure in measures if _metric(words, measure).period != "year"]
    note = words.note(_sources(running or measures))  # what was published of years long past is as old as it is
    tables = [
        _by_part(words, group, shown, note),
        _by_place(words, group, [m for m in shown if _metric(words, m).variants != "items"], note),
        _by_item(words, group, [m for m in shown if _metric(words, m).variants == "items"], note),
        _of_city(words, group, shown, note),
        publications(words, group, shown, note),
        targets(words, group, shown, note),
    ]
    return Block(
        key=f"measures-{group}",
        lang=words.lang,
        title=words.label(label, short=False) if label else group,
        note=note,
        figures=tuple(_figure(words, m, row) for m in shown for row in m["rows"] if row["level"] == "city"),
        tables=tuple(table for table in tables if table is not None),
        images=tuple(image for measure in shown if (image := _map(words, measure)) is not None),
    )


def _metric(words: Words, measure: Measure) -> Metric:
    return words.config.metrics[measure["metric"]]


def _sources(measures: Iterable[Measure]) -> list[str]:
    return sorted({source for measure in measures for row in measure["rows"] for source in row["sources"]})


# The city


def _figure(words: Words, measure: Measure, row: MeasureRow) -> Figure:
    metric, state = _metric(words, measure), state_of(row)
    item = item_of(words, metric, row["item"])
    label = words.label(metric.label, short=False)
    places = f"{row['places']}/{row['places_due']} {words.say('measures.reported').lower()}" if row["places"] else ""
    grade = [f"{row['grade']}: {band(words, metric, row['grade'])}"] if row["grade"] else []
    more = [
        *grade,
        period(words, row["start"], row["end"]),
        changed(words, metric, row),
        target_text(words, metric, row) or goal_text(words, metric),
        f"{percent(row['share'], words.lang)} {words.say('measures.of_target')}" if uneven(metric, row) else "",
        verdict(words, metric, row),
        f"{words.say('measures.pace').lower()} {percent(row['pace'], words.lang)}" if row["pace"] is not None else "",
        places,
        f"n {words.count(row['n'])}" if row["n"] else "",
        words.say("measures.contradicts") if len({claim["value"] for claim in row["claims"]}) > 1 else "",
        *(parts_of(words, metric, row) if len(row["parts"]) <= FEW_PARTS else ()),
    ]
    note, at = words.note(row["sources"], row["missing"]), moment(words, row["at"])
    return Figure(
        key=f"{measure['metric']}-{row['item'] or 'all'}".replace("_", "-"),
        label=f"{label}: {item}" if item else label,
        value=amount(words, metric, row["value"]),
        unit=unit_of(words, metric, row),
        state=state,
        mark=MARKS[state],
        more=tuple(filter(None, more)),
        note=replace(note, when=f"{words.say('wall.data_at')} {at}", bare=at, at=row["at"]),
        about=_about(words, metric, row),
    )


def uneven(metric: Metric, row: MeasureRow) -> bool:
    """Of what does not grow evenly the share of the target is said instead of a pace."""
    return not metric.even and row["share"] is not None


def _about(words: Words, metric: Metric, row: MeasureRow) -> tuple[tuple[str, str], ...]:
    parts = ", ".join(parts_of(words, metric, row))
    silent = ", ".join(place_of(words, place) for place in row["silent"])
    basis = " · ".join(filter(None, (row["target_basis"], row["target_set_by"])))
    lines = [
        ("about.definition", words.label(metric.definition, short=False)),
        (
            "about.numerator",
            amount(words, counted(metric), row["numerator"]) if row["numerator"] is not None else "",
        ),
        (
            "about.denominator",
            amount(words, counted(metric), row["denominator"]) if row["denominator"] is not None else "",
        ),
        ("measures.parts", parts),
        ("measures.published", amount(words, metric, row["published"]) if row["published"] is not None else ""),
        ("measures.counted", amount(words, metric, row["counted"]) if row["counted"] is not None else ""),
        ("measures.difference", gap(words, metric, row["difference"]) if row["difference"] is not None else ""),
        ("measures.silent", silent),
        ("about.target", " · ".join(filter(None, (target_text(words, metric, row), basis)))),
        ("about.data_at", moment(words, row["at"])),
        ("about.sources", ", ".join(words.source(source) for source in row["sources"])),
        ("about.missing", ", ".join(words.gaps(row["missing"])) or words.say("about.nothing_missing")),
    ]
    return tuple((words.say(key), text) for key, text in lines if text)


def _map(words: Words, measure: Measure) -> tuple[str, str] | None:
    """The districts by their pace, for counters of a year that districts report."""
    metric = _metric(words, measure)
    told: dict[str, tuple[str, str]] = {}
    for row in measure["rows"]:
        if metric.cumulative == "year" and row["level"] == "district" and row["pace"] is not None:
            pace = row["pace"]
            state = "calm" if pace >= 100 else "behind" if pace >= FAR_BEHIND else "far"
            shown = whole(pace, words.lang) if state == "calm" else f"▼{floor(pace)}"  # 99.6 is not yet 100
            told[row["place"]] = state, f"{shown}%"
    return district_map(words, f"{words.label(metric.label, short=False)}: {words.say('measures.map')}", told)


# Tables


def _by_part(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    """What the city's figures are made of: a row for each kind, class or service, a column for each figure."""
    told = {m["metric"]: row for m in measures for row in m["rows"] if row["level"] == "city" and row["parts"]}
    metrics = {key: words.config.metrics[key] for key in told}
    items = {code: item_of(words, metric, code) for metric in metrics.values() for code in metric.items}
    items |= {code: code for row in told.values() for code in row["parts"] if code not in items}
    shown = [code for code in items if any(code in row["parts"] for row in told.values())]
    if len(told) < 2 and len(shown) <= FEW_PARTS:
        return None  # they stand with the figure

    def cells(code: str) -> Iterable[Cell]:
        yield Cell(items[code], items[code])
        for key, row in told.items():
            value = row["parts"].get(code)
            yield Cell(amount(words, metrics[key], value), value)

    columns = (
        Column("item", words.say("measures.kind")),
        *(Column(key, words.label(metric.label), number=True, about=words.label(metric.definition, short=False))
          for key, metric in metrics.items()),
    )  # fmt: skip
    title, empty = words.say("measures.by_part"), words.say("table.none")
    return Table(f"{group}-parts", title, columns, tuple(Row(tuple(cells(code))) for code in shown), note, empty)


def _by_place(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    """A row for each place below the city, a column for each figure that places report."""
    rows: dict[str, dict[str, MeasureRow]] = {}
    for measure in measures:
        for row in measure["rows"]:
            if row["level"] != "city":
                rows.setdefault(row["place"], {})[measure["metric"]] = row
    told = [m for m in measures if any(row["level"] != "city" for row in m["rows"])]
    if not told:
        return None
    columns = [Column("place", words.say("measures.place"))]
    columns += [
        Column(m["metric"], words.label(_metric(words, m).label), number=True,
               about=words.label(_metric(words, m).definition, short=False))
        for m in told
    ]  # fmt: skip
    summary = [
        f"{words.label(_metric(words, m).label)}: {m['met']}/{m['judged']} {words.say('measures.met_of')}"
        for m in told
        if m["judged"]
    ]
    return Table(
        key=f"{group}-places",
        title=words.say("measures.by_place"),
        columns=tuple(columns),
        rows=tuple(
            Row((_name(words, place), *(_cell(words, _metric(words, m), of.get(m["metric"])) for m in told)))
            for place, of in sorted(rows.items(), key=lambda entry: _order(words, entry[0]))
        ),
        note=note,
        empty=words.say("table.none"),
        files=files(words, "measures", {"group": group}, words.say("measures.file")),
        remarks=tuple(summary),
    )


def _order(words: Words, place: str) -> tuple[int, int]:
    """Districts, subdistricts, facilities, departments, each as its registry has them."""
    of = words.registry
    registries = (of.districts, of.subdistricts, of.facilities, of.departments)
    codes: list[list[str]] = [list(registry) for registry in registries]
    level = next((n for n, known in enumerate(codes) if place in known), len(codes))
    return level, codes[level].index(place) if level < len(codes) else 0


def _name(words: Words, place: str) -> Cell:
    """Ten names are of both levels: which one it is stands under those."""
    name, registry = place_of(words, place), words.registry
    same = [any(one.name == name for one in found) for found in (words.config.regions.districts,
                                                                words.config.regions.subdistricts)]  # fmt: skip
    level = "district" if place in registry.districts else "subdistrict" if place in registry.subdistricts else ""
    return Cell(name, name, more=words.say(f"cases.{level}") if level and all(same) else "")


def _cell(words: Words, metric: Metric, row: MeasureRow | None) -> Cell:
    if row is None:
        return Cell("")
    if row["value"] is None:
        return Cell(words.say("measures.never"))
    state = state_of(row)
    mark = MARKS[state] if state == "missed" else ""
    last = period(words, row["start"], row["end"])
    late = (
        last if metric.variants == "claims" else f"{words.say('measures.silent')}, {words.say('measures.last')} {last}"
    )
    more = [
        "" if row["reported"] else late,
        verdict(words, metric, row),
        f"{words.say('measures.pace').lower()} {percent(row['pace'], words.lang)}" if row["pace"] is not None else "",
        f"n {words.count(row['n'])}" if row["n"] else "",
        words.say("wall.small_short") if row["small"] else "",
        (row["grade"] or "") if not row["small"] else "",
        *words.gaps(row["missing"]),
    ]
    text = f"{mark} {amount(words, metric, row['value'])}".strip()
    return Cell(text, row["value"], state, " · ".join(filter(None, more)))


def _by_item(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    lines = [(m, row) for m in measures for row in m["rows"] if row["level"] != "city"]
    if not lines:
        return None
    names = ("place", "metric", "item", "value", "target", "at")
    titles = {"target": words.say("wall.target").capitalize()}
    return Table(
        key=f"{group}-items",
        title=words.say("measures.by_item"),
        columns=tuple(
            Column(name, titles.get(name) or words.say(f"measures.{name}"), number=name in ("value", "target"))
            for name in names
        ),
        rows=tuple(_item_row(words, m, row) for m, row in lines),
        note=note,
        empty=words.say("table.none"),
        files=files(words, "measures", {"group": group}, words.say("measures.file")),
        remarks=tuple(
            f"{words.label(_metric(words, m).label)}: {m['met']}/{m['judged']} {words.say('measures.met_of')}"
            for m in measures
            if m["judged"]
        ),
    )


def _item_row(words: Words, measure: Measure, row: MeasureRow) -> Row:
    metric = _metric(words, measure)
    item = item_of(words, metric, row["item"])
    value = _cell(words, metric, row)
    unit = unit_of(words, metric, row)
    return Row(
        (
            _name(words, row["place"]),
            Cell(words.label(metric.label), measure["metric"]),
            Cell(item, item),
            replace(value, text=f"{value.text} {unit}".strip()) if row["value"] is not None else value,
            Cell(amount(words, metric, row["target"]), row["target"]),
            Cell(moment(words, row["at"]), row["at"]),
        )
    )


def _of_city(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    """Everything about the figures of the city, so that they can be checked."""
    names = ("metric", "value", "period", "at", "previous", "change", "target", "share", "pace", "projected",
             "published", "counted", "difference", "reported")  # fmt: skip
    titles = {"target": words.say("wall.target").capitalize()}
    texts = ("metric", "period", "at")
    lines = [(m, row) for m in measures for row in m["rows"] if row["level"] == "city"]
    if not lines:
        return None
    columns = tuple(
        Column(name, titles.get(name) or words.say(f"measures.{name}"), number=name not in texts,
               about=words.say("measures.pace_meaning") if name == "pace" else "")
        for name in names
    )  # fmt: skip
    rows = tuple(_city_row(words, m, row) for m, row in lines)
    return Table(f"{group}-city", words.say("measures.city"), *filled(columns, rows), note, words.say("table.none"))


def _city_row(words: Words, measure: Measure, row: MeasureRow) -> Row:
    metric = _metric(words, measure)
    item = item_of(words, metric, row["item"])
    label = words.label(metric.label)
    name = f"{label}: {item}" if item else label

    def number(value: float | None) -> Cell:
        return Cell(amount(words, metric, value), value)

    def share(value: float | None) -> Cell:
        return Cell(percent(value, words.lang) if value is not None else "–", value)

    value = _cell(words, metric, row)
    unit = unit_of(words, metric, row)
    places = f"{row['places']}/{row['places_due']}" if row["places_due"] else "–"
    status = words.say("basis.proposed") if row["target_status"] == "usulan" else ""
    return Row(
        (
            Cell(name, name, more=unit), value, Cell(period(words, row["start"], row["end"]), row["start"]),
            Cell(moment(words, row["at"]), row["at"]), number(row["previous"]),
            Cell(moved(words, metric, row["change"]) or "–", row["change"]),
            replace(number(row["target"]), more=status), share(row["share"]), share(row["pace"]),
            number(row["projected"]), number(row["published"]), number(row["counted"]),
            Cell(gap(words, metric, row["difference"]), row["difference"]), Cell(places, row["places"]),
        )
    )  # fmt: skip
