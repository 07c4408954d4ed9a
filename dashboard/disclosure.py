"""What may be told to whom: the one place where visibility is applied, to the published documents (walls, live slots,
desks, API, exports) and to the rows of the history; never reads a store.

Levels are judged by ``Registry``: of a kind, category, department and source the strictest, of a figure its
description's and the configuration's. What is not of the reader's levels is left out, not emptied: it may not be
told apart from what was never there. A document nobody described here is told to nobody.

Confidential cases are counted for the city and told nowhere. A count by category and district that ``cells`` hides
must not come back by counting rows: so where a cell is hidden (a small one of a sensitive category, or the one that
would give it away), the rows behind it keep their place to themselves. Nobody knows the cells of closed cases, so a
closed case of a sensitive category is never placed. A department that serves one district is a place too.

Subjects of a status are things: a kind of them is told whole or not at all, by its own level and those of its sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.config.model import Visibility
from dashboard.config.registry import Registry
from dashboard.facts import CaseFact
from dashboard.kpi.cells import NO_CATEGORY, UNPLACED
from dashboard.kpi.descriptions import BY_KEY
from dashboard.kpi.stock import is_open

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case may be said to be. ``withheld``: the room may know more than it says."""

    department: str | None = None
    district: str | None = None
    subdistrict: str | None = None
    withheld: bool = False


class Disclosure:
    """For readers of ``levels``. Made once: what it let through and has not changed since, it does not judge again.
    Any thread may ask it."""

    def __init__(self, registry: Registry, levels: frozenset[Visibility]) -> None:
        self.registry, self.levels = registry, levels
        self._held: dict[str, tuple[Any, Any]] = {}
        self._figures: dict[str, bool] = {}

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(s.id for s in self.registry.config.sources if s.visibility in self.levels)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Sources that these readers do not know of. One that is no longer configured left nothing to hide."""
        return frozenset(self.registry.sources) - self.sources

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.registry.config.kinds.items() if kind.visibility in self.levels)

    @cached_property
    def status_kinds(self) -> tuple[str, ...]:
        return tuple(n for n, kind in self.registry.config.status_kinds.items() if kind.visibility in self.levels)

    @cached_property
    def departments(self) -> tuple[str, ...]:
        return tuple(d.abbr for d in self.registry.config.departments if d.visibility in self.levels)

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        districts = (f"district:{code}" for code in self.registry.districts)
        return ("city", *districts, *(f"department:{abbr}" for abbr in self.departments))

    def figure(self, kind: str, key: str) -> bool:
        """Whether the figure ``key`` of ``kind`` may be told."""
        if kind not in self.kinds or key not in BY_KEY:
            return False
        return self.registry.figure_visibility(kind, key, BY_KEY[key].visibility) in self.levels

    def metric(self, key: str) -> bool:
        """Whether a reported figure may be told; one that is made of others is no more open than they are."""
        return self.registry.metric_visibility(key) in self.levels

    @cached_property
    def components(self) -> tuple[str, ...]:
        return tuple(key for key, c in self.registry.config.components.items() if c.visibility in self.levels)

    @cached_property
    def measure_groups(self) -> tuple[str, ...]:
        metrics = self.registry.config.metrics
        return tuple(dict.fromkeys(metric.group for key, metric in metrics.items() if self.metric(key)))

    # Published documents

    def documents(self, published: Document) -> Document:
        """What of them may be told; each is judged when it is read."""
        return Told(self, published)

    def document(self, key: str, body: Any) -> Any:
        """What of one may be told; None: nothing."""
        held = self._held.get(key)
        if held is None or held[0] is not body:
            held = self._held[key] = (body, self._told(key, body))
        return held[1]

    def _told(self, key: str, body: Any) -> Any:
        name, _, of = key.partition(":")
        if body is None or name in ("meta", "condition"):  # None: a document that is there no more
            return body
        if name == "kpi":
            kind, _, scope = of.partition(":")
            return self._kpis(body) if kind in self.kinds and scope in self.scopes else None
        if name == "queue":
            return self._queue(of, body) if of in self.kinds else None
        if name == "groups":
            return self._groups(of, body) if of in self.kinds else None
        if name == "intake":
            told = {source: row for source, row in body["sources"].items() if source not in self.hidden}
            return {**body, "sources": told} if of in self.kinds else None
        if name == "breakdown":
            return self._breakdown(body) if of in self.kinds else None
        if name == "prices" and of == "matrix":
            return self._matrix(body)
        if name == "prices" and not of:
            by_source = {name: rows for name, rows in body.get("by_source", {}).items() if name not in self.hidden}
            return {**body, "rows": self._of_sources(body["rows"]), "by_source": by_source}
        if name == "measures":
            return self._measures(body)
        if name == "components":
            cards = {key: self._card(card) for key, card in body["components"].items() if key in self.components}
            return {**body, "components": cards}
        if name == "status":
            return body if of in self.status_kinds and self.hidden.isdisjoint(body["sources"]) else None
        if name == "sources":
            return [state for state in body if state["id"] not in self.hidden]
        if name == "changes":
            return [change for change in body if self._change(change)]
        if name == "cells":
            return {kind: self._categories(kind, rows) for kind, rows in body.items() if kind in self.kinds}
        return None

    def _matrix(self, body: Document) -> dict[str, Any]:
        """Of no source these readers do not know of, nor how another one stands to it."""
        rows, totals = ({n: v for n, v in body[part].items() if n not in self.hidden} for part in ("rows", "totals"))
        pairs = [pair for pair in body["pairs"] if self.hidden.isdisjoint((pair["source"], pair["other"]))]
        return {**body, "rows": rows, "totals": totals, "pairs": pairs}

    def _kpis(self, body: Document) -> dict[str, Any]:
        return {key: self._value(value) for key, value in body.items() if self._tells(key)}

    def _tells(self, key: str) -> bool:
        if key not in self._figures:
            kind, figure, _ = key.rsplit(".", 2)
            self._figures[key] = self.figure(kind, figure)
        return self._figures[key]

    def _value(self, value: Document) -> Document:
        """A figure does not name a source that these readers do not know of."""
        if self.hidden.isdisjoint(value["sources"]):
            return value
        gaps = {f"source:{source}" for source in self.hidden}
        sources = [source for source in value["sources"] if source not in self.hidden]
        return {**value, "sources": sources, "missing": [gap for gap in value["missing"] if gap not in gaps]}

    def _groups(self, kind: str, body: Document) -> dict[str, Any]:
        """The groups whose category is for these readers, with the figures that are."""
        rows = {
            group: {key: value for key, value in row.items() if self._tells(key)}
            for group, row in body["rows"].items()
            if not group.startswith("category:")
            or self.registry.visibility(kind, group.removeprefix("category:"), None) in self.levels
        }
        told = self._value(body)
        return {**told, "rows": rows, "figures": {key: w for key, w in body["figures"].items() if self._tells(key)}}

    def _card(self, card: Document) -> dict[str, Any]:
        """Without the parts that are not for these readers, and then without the score that they are part of."""
        parts = [part for part in card["parts"] if self._part(part)]
        return {**card, "parts": parts, **({} if len(parts) == len(card["parts"]) else {"score": None})}

    def _part(self, part: Document) -> bool:
        if part["of"] == "figure":
            kind, key, _ = part["key"].split(".")
            if not self.figure(kind, key):
                return False
        if part["of"] == "share" and part["key"].partition(".")[0] not in self.kinds:
            return False
        told = part["of"] != "measure" or self.metric(part["key"])
        return told and self.hidden.isdisjoint(part["sources"])

    def _measures(self, body: Document) -> dict[str, Any] | None:
        """Without metrics, sources and departments that are not for these readers. A figure that such a source had a
        part in is left out whole: less of it would be another figure."""
        told = [self._measure(measure) for measure in body["metrics"] if self.metric(measure["metric"])]
        return {**body, "metrics": told} if told else None

    def _measure(self, measure: Document) -> dict[str, Any]:
        shut = {d.abbr for d in self.registry.config.departments} - set(self.departments)
        rows = [
            {**row, "silent": [place for place in row["silent"] if place not in shut]}
            for row in measure["rows"]
            if row["place"] not in shut and self.hidden.isdisjoint(row["sources"])
        ]
        if len(rows) == len(measure["rows"]) or not self.hidden:
            return {**measure, "rows": rows}
        return {**measure, "rows": rows, "trend": {}, "past": []}

    def _breakdown(self, body: Document) -> dict[str, Any]:
        """Counts and sums of the departments they may know, and the cases that stand out."""
        told = self._value(body)
        scopes = {scope: found for scope, found in body["scopes"].items() if scope in self.scopes}
        cases = [row for row in self._of_sources(body["cases"]) if self._row_of(row, row["department"])]
        untold = len(body["cases"]) - len(cases)
        return {**told, "scopes": scopes, "cases": cases, "outstanding": body.get("outstanding", 0) - untold}

    def _queue(self, kind: str, body: Document) -> dict[str, Any]:
        """The rows, and of the counts those that are told as figures."""
        proposed = body.get("overdue_proposed", 0)
        late = [
            amount
            for key, amount in (("overdue", body["overdue"] - proposed), ("overdue_proposed", proposed))
            if self.figure(kind, key)
        ]
        return {
            **body,
            "rows": [row for row in self._of_sources(body["rows"]) if self._row_of(row, row["department"])],
            "open": body["open"] if self.figure(kind, "open") else None,
            "overdue": sum(late) if late else None,
            "overdue_proposed": proposed if self.figure(kind, "overdue_proposed") else 0,
        }

    def _of_sources(self, rows: list[Any]) -> list[Any]:
        return [row for row in rows if row["source"] not in self.hidden]

    def _row_of(self, row: Document, department: str | None) -> bool:
        return self.registry.visibility(row["kind"], row["category"], department, row["source"]) in self.levels

    def _change(self, change: Document) -> bool:
        """A case's by its case; a source's, and many folded into one, by the source. A release before this one
        published no department: what it left in the cache is not told."""
        if change["kind"] is not None:
            return "department" in change and self._row_of(change, change["department"])
        return change["source"] not in self.hidden

    def _categories(self, kind: str, rows: Document) -> dict[str, Any]:
        codes = {name: None if name == NO_CATEGORY else name for name in rows}
        return {n: row for n, row in rows.items() if self.registry.visibility(kind, codes[n], None) in self.levels}

    # Rows of the history; ``cells`` is the published document of that name

    def sensitive(self, category: str | None) -> bool:
        return category is not None and self.registry.category_visibility(category) != "wall"

    def place(self, fact: CaseFact, cells: Document) -> Place:
        case = fact.record
        if not self._placed(fact, cells):
            shut = self._office(case.department) is not None
            return Place(department=None if shut else case.department, withheld=True)
        if self.sensitive(case.category):
            return Place(case.department, case.district, None, withheld=case.subdistrict is not None)
        return Place(case.department, case.district, case.subdistrict)

    def _placed(self, fact: CaseFact, cells: Document) -> bool:
        case = fact.record
        if not is_open(fact):
            return not self.sensitive(case.category)
        row = _counts(cells, case.kind, case.category)
        district = case.district if case.district in self.registry.districts else UNPLACED
        return row is not None and row.get(district) is not None

    def _office(self, department: str | None) -> str | None:
        """The district that ``department`` serves alone."""
        found = self.registry.departments.get(department or "")
        return found.district if found else None

    def unsaid(
        self, cells: Document, kind: str | None, department: str | None, district: str | None, subdistrict: str | None
    ) -> dict[str, set[str | None]]:
        """For a question that names a place: the categories (None: cases without one) whose rows must not answer,
        among open and among closed cases; a page must not show by its length what it leaves out."""
        named = district or self._office(department)
        if subdistrict is not None:
            parent = self.registry.subdistricts.get(subdistrict)
            named = parent.parent if parent else named or UNPLACED
        if named is None:
            return {}
        column = named if named in self.registry.districts else UNPLACED
        codes = [c.code for c in self.registry.config.categories]
        closed: set[str | None] = {code for code in codes if self.sensitive(code)}
        hidden: set[str | None] = set(closed) if subdistrict is not None else set()
        for code in (*codes, None):
            kinds = [name for name in self.kinds if kind in (None, name)]
            rows = [row for name in kinds if (row := _counts(cells, name, code)) is not None]
            if not rows or any(row.get(column) is None for row in rows):
                hidden.add(code)
        return {"hidden_open": hidden, "hidden_closed": closed}


class Told(Mapping[str, Any]):
    """The documents that may be told. One that may not is not there."""

    __slots__ = ("_disclosure", "_published")

    def __init__(self, disclosure: Disclosure, published: Document) -> None:
        self._disclosure, self._published = disclosure, published

    def __getitem__(self, key: str) -> Any:
        found = self._disclosure.document(key, self._published[key])
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._published if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _counts(cells: Document, kind: str, category: str | None) -> Mapping[str, int | None] | None:
    """Counts by district; None when this case is newer than the cells that were published."""
    found: Mapping[str, Mapping[str, Any]] = cells.get(kind) or {}
    row = found.get(category or NO_CATEGORY)
    if row is None:
        return None
    counts: Mapping[str, int | None] = row["districts"]
    return counts
