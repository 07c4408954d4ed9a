"""The score card of one component of the city for a desk: its score never without its parts, and who moved a target.

Pure. A part that no source tells yet stands in the card as missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from dashboard.config.metrics import Metric
from dashboard.formats import instant, percent, whole
from dashboard.kpi.descriptions import BY_KEY
from dashboard.snapshot_measures import ComponentPart, ScoreCard
from dashboard.views_amounts import amount, unit_of
from dashboard.views_charts import Step, bounds, chart
from dashboard.views_desk import (
    MARKS,
    Block,
    Cell,
    Column,
    Figure,
    Row,
    Table,
    day_text,
    files,
    label_of,
    moment,
    unit_text,
)
from dashboard.views_desk import written as said_figure
from dashboard.views_words import Line, Note, Tile, Words

ALL = "all"
"""Stands for every component at once."""

DECREED = {True: "basis.proposed", False: "measures.decreed"}


def view(words: Words, key: str) -> Block:
    if key == ALL:
        return _overview(words)
    component = words.config.components[key]
    found = (words.documents.get("components") or {}).get("components", {})
    card: ScoreCard | None = found.get(key)
    parts = card["parts"] if card else []
    sources = sorted({source for part in parts for source in part["sources"]})
    note = words.note(sources)
    rule = words.say("components.rule").replace("{cap}", f"{component.cap:g}")
    return Block(
        key=f"component-{key}",
        lang=words.lang,
        title=words.label(component.label, short=False),
        note=note,
        figures=(_score(words, key, card, note), *(_figure(words, key, part) for part in parts)) if card else (),
        tables=(_parts(words, key, parts, note), *_targets(words, key, parts, note)) if card else (),
        images=tuple(image for part in parts if (image := _image(words, part)) is not None),
        about=((words.say("components.score"), rule),),
    )


def _overview(words: Words) -> Block:
    """Each score at a glance, never without what it is made of; the cards follow."""
    cards: dict[str, ScoreCard] = (words.documents.get("components") or {}).get("components", {})
    figures, sources = [], set()
    for key, component in words.config.components.items():
        if (card := cards.get(key)) is None:
            continue
        told = {source for part in card["parts"] for source in part["sources"]}
        one = _score(words, key, card, words.note(sorted(told)))
        parts = [f"{name_of(words, part, short=True)} {_percent(words, part)}" for part in card["parts"]]
        label = words.label(component.label, short=False)
        figures.append(replace(one, key=f"all-{key}", label=label, more=(one.more[0], *parts)))
        sources |= told
    return Block(
        key="components-all",
        lang=words.lang,
        title=words.say("components.title"),
        note=words.note(sorted(sources)),
        lead=() if figures else (words.say("wall.nothing_yet"),),
        figures=tuple(figures),
    )


def components_tile(words: Words) -> Tile:
    """All components for a wall: each score with its parts, by name where there is room."""
    cards: dict[str, ScoreCard] = (words.documents.get("components") or {}).get("components", {})
    sources = sorted({source for card in cards.values() for part in card["parts"] for source in part["sources"]})
    declared = words.config.components
    lines = tuple(_line(words, key, cards[key]) for key in declared if key in cards)
    return Tile(words.say("components.title"), words.note(sources), lines, {"empty": "" if lines else "–"})


def _line(words: Words, key: str, card: ScoreCard) -> Line:
    """The parts by name if there is room, otherwise their performances alone, in their order: an average is never
    without them. A part that is not known is a dash."""
    said = [_percent(words, part) for part in card["parts"]]
    named = [f"{name_of(words, part, short=True)} {one}" for part, one in zip(card["parts"], said, strict=True)]
    known = sum(part["performance"] is not None for part in card["parts"])
    count = f"{known}/{len(said)} {words.say('components.parts_known')}"
    bare = " · ".join(one.removesuffix("%") for one in said)
    label = words.config.components[key].label
    return Line(
        "calm" if card["score"] is not None else "unknown",
        {
            "what": words.label(label, short=False), "short": words.label(label),
            "value": percent(card["score"], words.lang),
            "more": "|".join((f"{count}: {' · '.join(named)}", f"{count}: {bare}", bare)),
        },
    )  # fmt: skip


def _percent(words: Words, part: ComponentPart) -> str:
    return "–" if part["performance"] is None else f"{whole(part['performance'], words.lang)}%"


def name_of(words: Words, part: ComponentPart, short: bool = False) -> str:
    """What a part is called: by its metric, its description, or the configuration's own words."""
    if part["of"] == "measure":
        return words.label(words.config.metrics[part["key"]].label, short=short)
    if part["of"] == "figure":
        kind, key, window = part["key"].split(".")
        of = words.label(words.config.kinds[kind].label, short=short)
        if short:
            return of
        return f"{of}: {label_of(words, BY_KEY[key])}, {words.say(f'window.{window}')}"
    if part["of"] == "share":
        kind, _, key = part["key"].partition(".")
        broken = words.config.kinds[kind].breakdown
        of = words.label(words.config.kinds[kind].label, short=short)
        return of if short or broken is None else f"{of}: {words.label(broken.shares[key].label, short=False)}"
    if part["of"] == "prices":
        return words.say(f"components.{part['key'].partition('.')[2]}")
    awaited = (p.awaited for c in words.config.components.values() for p in c.parts if p.key == part["key"])
    return next((words.label(label, short=False) for label in awaited if label is not None), part["key"])


def value_of(words: Words, part: ComponentPart, value: float | None) -> str:
    if value is None:
        return "–"
    metric = _metric(words, part)
    if metric is not None:
        return amount(words, metric, value)
    return percent(value, words.lang) if part["of"] in ("prices", "share") else said_figure(words, part["unit"], value)


def _metric(words: Words, part: ComponentPart) -> Metric | None:
    return words.config.metrics.get(part["key"]) if part["of"] == "measure" else None


def _unit(words: Words, part: ComponentPart) -> str:
    metric = _metric(words, part)
    if metric is not None:
        return unit_of(words, metric)
    return unit_text(words, part["unit"]) if part["of"] == "figure" else ""


def _score(words: Words, key: str, card: ScoreCard, note: Note) -> Figure:
    known = f"{percent(card['covered'] * 100, words.lang)} {words.say('components.covered')}"
    performed = [
        f"{name_of(words, part)} {percent(part['performance'], words.lang)}"
        for part in card["parts"]
        if part["performance"] is not None
    ]
    more = [
        known,
        "" if card["score"] is not None else words.say("components.too_little"),
        f"{card['proposed']} {words.say('components.proposed')}" if card["proposed"] else "",
    ]
    return Figure(
        key=f"{key}-score",
        label=words.say("components.score"),
        value=percent(card["score"], words.lang),
        unit="",
        state="calm" if card["score"] is not None else "unknown",
        mark="",
        more=tuple(filter(None, more)),
        note=note,
        about=(
            (words.say("components.parts"), "; ".join(performed) or "–"),
            (words.say("components.missing"), "; ".join(_missing(words, card)) or words.say("about.nothing_missing")),
        ),
    )


def _missing(words: Words, card: ScoreCard) -> list[str]:
    return [f"{name_of(words, p)}: {_why(words, p)}" for p in card["parts"] if p["performance"] is None]


def _why(words: Words, part: ComponentPart) -> str:
    """Why a part has no performance."""
    if part["of"] == "awaited":
        return words.say("components.no_source")
    if part["value"] is None:
        return words.say("table.unknown")
    if part["small"]:
        return words.say("wall.small_short")
    return words.say("components.no_target") if part["target"] is None else words.say("about.unknown")


def _figure(words: Words, key: str, part: ComponentPart) -> Figure:
    state = _state(part)
    performance = part["performance"]
    more = [
        _target(words, part),
        f"{words.say('measures.pace').lower()} {percent(part['pace'], words.lang)}" if part["pace"] is not None else "",
        f"{words.say('components.performance').lower()} {percent(performance, words.lang)}"
        if performance is not None
        else _why(words, part),
        f"{words.say('components.weight').lower()} {part['weight']:g}",
    ]
    return Figure(
        key=f"{key}-{part['key']}".replace(".", "-").replace("_", "-").replace(" ", "-"),
        label=name_of(words, part),
        value=value_of(words, part, part["value"]),
        unit=_unit(words, part) if part["value"] is not None else "",
        state=state,
        mark=MARKS[state],
        more=tuple(filter(None, more)),
        note=words.note(part["sources"], part["missing"]) if part["sources"] else Note("", "", None, "never"),
        about=(),
    )


def _state(part: ComponentPart) -> str:
    """Grey unless a target that stands is missed."""
    if part["value"] is None:
        return "unknown"
    if part["small"]:
        return "small"
    missed = part["performance"] is not None and part["performance"] < 100 and part["target_status"] != "usulan"
    return "missed" if missed else "calm"


def _target(words: Words, part: ComponentPart) -> str:
    if part["target"] is None:
        return ""
    status = {"usulan": words.say("basis.proposed"), "source": words.say("measures.of_source")}
    said = f"{words.say('wall.target')} {value_of(words, part, part['target'])}"
    more = status.get(part["target_status"] or "")
    return f"{said} ({more})" if more else said


def _parts(words: Words, key: str, parts: list[ComponentPart], note: Note) -> Table:
    columns = (
        Column("part", words.say("components.part")),
        Column("value", words.say("measures.value"), number=True),
        Column("target", words.say("wall.target").capitalize(), number=True),
        Column("performance", words.say("components.performance"), number=True),
        Column("weight", words.say("components.weight"), number=True),
        Column("at", words.say("measures.at")),
        Column("missing", words.say("components.missing")),
    )
    rows = []
    for part in parts:
        state = _state(part)
        mark = MARKS[state] if state == "missed" else ""
        gaps = [*words.gaps(part["missing"]), *([_why(words, part)] if part["performance"] is None else [])]
        name = name_of(words, part)
        status = words.say("basis.proposed") if part["target_status"] == "usulan" else ""
        rows.append(
            Row(
                (
                    Cell(name, name, more=_unit(words, part)),
                    Cell(f"{mark} {value_of(words, part, part['value'])}".strip(), part["value"], state),
                    Cell(value_of(words, part, part["target"]), part["target"], more=status),
                    Cell(percent(part["performance"], words.lang), part["performance"]),
                    Cell(f"{part['weight']:g}", part["weight"]), Cell(moment(words, part["at"]), part["at"]),
                    Cell(", ".join(gaps), ", ".join(gaps) or None),
                )
            )
        )  # fmt: skip
    return Table(
        f"{key}-parts", words.say("components.parts"), columns, tuple(rows), note, words.say("table.none"),
        files=files(words, "components", {}, words.say("components.title")),
    )  # fmt: skip


def _targets(words: Words, key: str, parts: list[ComponentPart], note: Note) -> list[Table]:
    """Every target there was: who set or moved it, when, on what ground."""
    names = ("metric", "value", "valid_from", "set_by", "basis", "status")
    rows = [
        Row(
            (
                Cell(name_of(words, part), name_of(words, part)),
                Cell(value_of(words, part, target["value"]), target["value"]),
                Cell(day_text(words, target["valid_from"]), target["valid_from"]),
                Cell(target["set_by"], target["set_by"]), Cell(target["basis"], target["basis"]),
                Cell(decreed := words.say(DECREED[target["status"] == "usulan"]), decreed),
            )
        )
        for part in parts
        for target in part["targets"]
    ]  # fmt: skip
    if not rows:
        return []
    columns = tuple(Column(name, words.say(f"measures.{name}"), number=name == "value") for name in names)
    title = words.say("components.moved")
    return [Table(f"{key}-targets", title, columns, tuple(rows), note, words.say("table.none"))]


def _image(words: Words, part: ComponentPart) -> tuple[str, str] | None:
    """The city's figure over time with the targets that held; of one whose course nobody reports, where it stands now
    beside its targets, once they were moved."""
    metric, points = _metric(words, part), _points(words, part)
    steps = [
        Step(_ms(words, target["valid_from"]), target["value"],
             f"{value_of(words, part, target['value'])} · {target['set_by']}, {day_text(words, target['valid_from'])}")
        for target in part["targets"]
    ] if metric is None or metric.cumulative == "none" else []  # fmt: skip
    if len(points) < 3 and (metric is not None or not points or len(steps) < 2):
        return None
    low, high = (value_of(words, part, bound) for bound in bounds(points, steps))
    begun = points[0][0] if len(points) > 1 else min(step.at for step in steps)
    first, last = (words.day(instant(at, words.registry.zone).date()) for at in (begun, points[-1][0]))
    title = f"{name_of(words, part)}: {words.say('components.chart' if steps else 'components.course')}"
    return title, chart(points, steps, (first, last), (low, high))


def _points(words: Words, part: ComponentPart) -> list[tuple[int, float]]:
    """What is known of the course of a part: that of a reported figure, otherwise its value now."""
    metric = _metric(words, part)
    if metric is None:
        return [] if part["value"] is None else [(words.now, part["value"])]
    document = words.documents.get(f"measures:{metric.group}") or {"metrics": []}
    trends = (measure["trend"].get("", []) for measure in document["metrics"] if measure["metric"] == part["key"])
    return [(int(at), float(value)) for at, value in next(trends, [])]


def _ms(words: Words, day: str) -> int:
    return round(datetime.combine(datetime.fromisoformat(day).date(), time(), words.registry.zone).timestamp() * 1000)
