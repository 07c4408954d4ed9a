"""What publications say of reported figures, side by side, and the targets with who moved them; pure, takes no side."""

from __future__ import annotations

from dashboard.config.metrics import Metric, Target
from dashboard.snapshot_measures import Measure
from dashboard.views_amounts import amount, gap, item_of, period, place_of
from dashboard.views_desk import MARKS, Cell, Column, Row, Table, day_text
from dashboard.views_words import Note, Words


def publications(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    """Every publication of every period, beside the one that is shown."""
    names = ("metric", "period", "publication", "value", "apart", "year_sum", "remainder", "counted")
    rows = []
    for measure in measures:
        metric = words.config.metrics[measure["metric"]]
        for past in measure["past"]:
            item = item_of(words, metric, past["item"])
            name = words.label(metric.label) + (f": {item}" if item else "")
            for claim in past["claims"]:
                same = claim["difference"] == 0
                said = claim["claim"] or words.source(claim["source"])
                state = "" if same else "soon"
                rows.append(
                    Row(
                        (
                            Cell(name, name), Cell(period(words, past["start"], past["end"]), past["start"]),
                            Cell(said, said), Cell(amount(words, metric, claim["value"]), claim["value"]),
                            Cell(words.say("measures.shown") if same else
                                 f"{MARKS['soon']} {gap(words, metric, claim['difference'])}",
                                 claim["difference"], state),
                            Cell(amount(words, metric, claim["counted"]), claim["counted"]),
                            Cell(gap(words, metric, claim["remainder"]), claim["remainder"],
                                 "soon" if claim["remainder"] else ""),
                            Cell(amount(words, metric, past["counted"]), past["counted"],
                                 more=_gap(words, metric, past["difference"])),
                        )
                    )
                )  # fmt: skip
    if not rows:
        return None
    return Table(
        key=f"{group}-publications",
        title=words.say("measures.publications"),
        columns=tuple(
            Column(name, words.say(f"measures.{name}"), number=name not in ("metric", "period", "publication"))
            for name in names
        ),
        rows=tuple(rows),
        note=note,
        empty=words.say("table.none"),
    )


def _gap(words: Words, metric: Metric, difference: float | None) -> str:
    return f"{words.say('measures.difference')} {gap(words, metric, difference)}" if difference else ""


def targets(words: Words, group: str, measures: list[Measure], note: Note) -> Table | None:
    """Who set or moved a target, when and on what ground: newest first."""
    metrics = [words.config.metrics[measure["metric"]] for measure in measures]
    lines = [(metric, target) for metric in metrics for target in metric.targets]
    if not lines:
        return None
    names = ("metric", "place", "value", "valid_from", "set_by", "basis", "status")
    return Table(
        key=f"{group}-targets",
        title=words.say("measures.targets"),
        columns=tuple(Column(name, words.say(f"measures.{name}"), number=name == "value") for name in names),
        rows=tuple(target_row(words, metric, target) for metric, target in lines),
        note=note,
        empty=words.say("table.none"),
    )


def target_row(words: Words, metric: Metric, target: Target) -> Row:
    label = words.label(metric.label)
    item = item_of(words, metric, target.item)
    place = (
        words.say("measures.each") if target.place == "*" else place_of(words, target.place or words.config.city.code)
    )
    day = target.valid_from.isoformat()
    status = words.say("basis.proposed") if target.status == "usulan" else words.say("measures.decreed")
    return Row(
        (
            Cell(f"{label}: {item}" if item else label, label), Cell(place, place),
            Cell(amount(words, metric, target.value), target.value), Cell(day_text(words, day), day),
            Cell(target.set_by, target.set_by), Cell(target.basis, target.basis), Cell(status, status),
        )
    )  # fmt: skip
