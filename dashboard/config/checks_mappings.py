"""What a source block puts its words into is declared: states, stages, classes, groups, attributes, metrics; pure.

A code that is misspelt here would not be missed: it would read as unknown for ever. It works on the values as written.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from dashboard.config.checks import at, names, rows
from dashboard.config.complaints import Complaint, Path, near

SLIP = 0.85
"""So much alike is a slip of the pen, and not another name."""

OF_EVERY_CASE = ("stage", "klass", "age_days", "scheduled", "late")


def mapping_check(data: Any) -> Iterator[Complaint]:
    carried: dict[str, set[str]] = {}  # kind -> attributes that its mapped cases carry
    for path, _ in rows(data, ("sources",)):
        options: Path = (*path, "options")
        for where in ((*options, "status"), (*options, "about", "status")):
            yield from _status(data, where)
        case = at(data, (*options, "case"))
        if isinstance(case, dict):
            yield from _case(data, (*options, "case"), case)
            carried.setdefault(str(case.get("kind")), set()).update(names(data, (*options, "case", "attributes")))
        for where in ((*options, "measurements"), (*options, "about", "measurements")):
            for one, measured in rows(data, where):
                yield from _metric(data, one, measured)
    yield from _broken_down(data, carried)


def _status(data: Any, path: Path) -> Iterator[Complaint]:
    kind: Path = ("status_kinds", str(at(data, (*path, "kind"))))
    if not isinstance(at(data, kind), dict):
        return
    yield from _codes(data, (*path, "state"), names(data, (*kind, "states")), "state of the kind")
    if groups := names(data, (*kind, "groups")):
        yield from _codes(data, (*path, "group"), groups, "group of the kind")
    declared = names(data, (*kind, "attributes"))
    for name in names(data, (*path, "attributes")):
        if name not in declared:
            yield (*path, "attributes", name), f"'{name}' is no attribute of the kind", near(name, declared)


def _case(data: Any, path: Path, case: dict[str, Any]) -> Iterator[Complaint]:
    if stages := names(data, ("kinds", str(case.get("kind")), "breakdown", "stages")):
        yield from _codes(data, (*path, "stage"), stages, "stage of the kind")
    yield from _codes(data, (*path, "klass"), names(data, ("classes",)), "class")
    for key, section, code in (("category", "categories", "code"), ("department", "departments", "abbr")):
        value = at(data, (*path, key, "value"))
        known = [str(word) for _, row in rows(data, (section,)) for word in (row.get(code), row.get("name")) if word]
        if isinstance(value, str) and value not in known:
            yield (*path, key, "value"), f"'{value}' is none of {section}", near(value, known)


def _codes(data: Any, path: Path, known: list[str], what: str) -> Iterator[Complaint]:
    """Of a reader with ``words``: what each word is put into; and its ``value``."""
    written = {**(at(data, (*path, "words")) or {})} if isinstance(at(data, (*path, "words")), dict) else {}
    for word, code in written.items():
        if isinstance(code, str) and code not in known:
            yield (*path, "words", word), f"'{code}' is no declared {what}", near(code, known)
    value = at(data, (*path, "value"))
    if isinstance(value, str) and value not in known:
        yield (*path, "value"), f"'{value}' is no declared {what}", near(value, known)


def _metric(data: Any, path: Path, measured: dict[str, Any]) -> Iterator[Complaint]:
    """A metric that nobody declared keeps its own series; one that is nearly declared is a mistake."""
    known, metric = names(data, ("metrics",)), measured.get("metric")
    words = metric.get("words") if isinstance(metric, dict) else None
    named = {(*path, "metric"): metric} if isinstance(metric, str) else {}
    named |= {(*path, "metric", "words", word): code for word, code in words.items()} if isinstance(words, dict) else {}
    for where, code in named.items():
        close = difflib.get_close_matches(str(code), known, 1, SLIP)
        if code not in known and close:
            yield where, f"'{code}' is no declared metric", f"did you mean {close[0]}?"


def _broken_down(data: Any, carried: dict[str, set[str]]) -> Iterator[Complaint]:
    """Rules of a breakdown look at attributes that cases of the kind carry. What a mapping does not say a connector of
    its own may: only what is nearly one of those is a mistake."""
    for kind, attributes in carried.items():
        path: Path = ("kinds", kind, "breakdown")
        known = [*sorted(attributes), *OF_EVERY_CASE]
        wanted = [((*path, "attributes", name), name) for name in names(data, (*path, "attributes"))]
        for where, mean in rows(data, (*path, "means")):
            wanted.append(((*where, "attribute"), str(mean.get("attribute"))))
        for where, _ in rows(data, (*path, "marks")):
            wanted += [((*one, "attribute"), str(c.get("attribute"))) for one, c in rows(data, (*where, "when"))]
        for where, name in wanted:
            mend = near(name, known)
            if name not in known and mend.startswith("did you mean"):
                yield where, f"no case of the kind carries '{name}'", mend
