"""The glossary explains every abbreviation a screen or the configuration shows, and every word of a kind or class."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from dashboard.config.model import Config, Label
from dashboard.i18n import CATALOGUE

ABBREVIATION = re.compile(r"\b[A-Z][A-Z0-9]+(?:-[A-Z]+!?)?")
SCREEN_WORDS = frozenset(
    {"DATA", "SIMULASI", "SIMULATED", "PUTAR", "ULANG", "REPLAY", "IR", "II", "III", "TW", "API", "JSON", "XML"}
)
"""Watermarks, grades of rice, and words of the trade."""


def explained(repo: Path) -> str:
    lines = (repo / "docs" / "glossary.md").read_text().splitlines()
    return "\n".join(line.split("|")[1] for line in lines if line.startswith("| "))


def shown(config: Config) -> Iterable[str]:
    labels: list[Label] = [*(kind.label for kind in config.kinds.values()), *config.classes.values()]
    labels += [entry.label for entry in (*config.categories, *config.commodities, *config.markets, *config.sources)]
    labels += [*config.measure_groups.values(), *(facility.label for facility in config.facilities)]
    for metric in config.metrics.values():
        labels += [metric.label, metric.definition, *metric.items.values()]
        labels += [band.label for band in (metric.index.bands if metric.index else ())]
    for subject in config.status_kinds.values():
        labels += [subject.label, *(state.label for state in subject.states.values()), *subject.groups.values()]
        labels += [named.label for named in (*subject.attributes.values(), *subject.shares.values())]
    for broken in (kind.breakdown for kind in config.kinds.values() if kind.breakdown is not None):
        labels += [*broken.stages.values(), *(label for label in (broken.amount, broken.ceiling) if label)]
        labels += [shown.label for shown in broken.attributes.values()]
        ruled = [*broken.marks.values(), *broken.shares.values(), *broken.means.values()]
        labels += [text for one in ruled for text in (one.label, one.definition)]
    for component in config.components.values():
        labels += [component.label, *(part.awaited for part in component.parts if part.awaited is not None)]
    for label in labels:
        yield from (text for text in (label.id, label.en, label.short, label.short_en) if text)
    yield from (text for pair in CATALOGUE.values() for text in pair)
    yield from (limit.kind for limit in config.price_limits)
    yield config.city.zone_label


def missing(texts: Iterable[str], glossary: str, offices: Iterable[str]) -> list[str]:
    known = SCREEN_WORDS | set(ABBREVIATION.findall(glossary)) | {word for name in offices for word in name.split()}
    return sorted({word for text in texts for word in ABBREVIATION.findall(text)} - known)


def test_every_abbreviation_is_explained(repo: Path, config: Config) -> None:
    offices = [department.abbr for department in config.departments]
    assert missing(shown(config), explained(repo), offices) == []


def test_a_word_nobody_explained_is_seen(repo: Path) -> None:
    assert missing(["Aduan lewat XYZQ"], explained(repo), []) == ["XYZQ"]


def test_both_expansions_of_the_two_that_have_two(repo: Path) -> None:
    text = (repo / "docs" / "glossary.md").read_text()
    for name in ("LAKSA", "LPSE"):
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {name} |"))
        assert row.count("*") == 4, name


def test_states_and_marks_of_the_wall_are_explained(repo: Path) -> None:
    glossary = explained(repo).casefold()
    for key in ("source.not_due", "wall.small", "wall.no_limit", "wall.not_reported", "mark.simulated", "mark.replay",
                "basis.usulan", "wall.waiting", "wall.in_process", "wall.closed"):  # fmt: skip
        assert CATALOGUE[key][0].casefold() in glossary, key
