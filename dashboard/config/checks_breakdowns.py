"""What a kind's breakdown says about itself: what it names of stages, classes and marks is declared; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.config.checks import at, listed, names, rows
from dashboard.config.complaints import Complaint, near

CHOSEN = ("numerator", "denominator", "of")


def breakdown_check(data: Any) -> Iterator[Complaint]:
    yield from _named_elsewhere(data)
    classes = names(data, ("classes",))
    for path, kind in rows(data, ("kinds",)):
        if not isinstance(kind.get("breakdown"), dict):
            continue
        where = (*path, "breakdown")
        marks = names(data, (*where, "marks"))
        known = {
            "stages": (names(data, (*where, "stages")), "stage"),
            "classes": (classes, "class"),
            "marks": (marks, "mark"),
            "without": (marks, "mark"),
        }
        for section in ("shares", "means"):
            for block, rule in rows(data, (*where, section)):
                for part in CHOSEN:
                    chosen = rule.get(part)
                    for name, (declared, what) in known.items():
                        for index, word in enumerate(listed(chosen, (name,))):
                            if isinstance(word, str) and word not in declared:
                                complaint = f"'{word}' is no declared {what}"
                                yield (*block, part, name, index), complaint, near(word, declared)
        for block, rule in rows(data, (*where, "marks")):
            if at(rule, ("when",)) == []:
                yield (
                    (*block, "when"),
                    "there is no condition",
                    "say at least one, e.g. {attribute: outcome, equals: failed}",
                )


def _named_elsewhere(data: Any) -> Iterator[Complaint]:
    """Shares that components are made of."""
    known = [
        f"{path[-1]}.{share}"
        for path, _ in rows(data, ("kinds",))
        for share in names(data, (*path, "breakdown", "shares"))
    ]
    for path, row in rows(data, ("components",)):
        for index, part in enumerate(listed(row, ("parts",))):
            share = part.get("share") if isinstance(part, dict) else None
            if isinstance(share, str) and share not in known:
                yield (*path, "parts", index, "share"), f"'{share}' is no declared share of a kind", near(share, known)
