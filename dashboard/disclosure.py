"""What may be told of a case, a source, a department: the one place where visibility is applied to what leaves the
room as rows (API, export); never reads a store.

Confidential cases are counted for the city and told nowhere. A count by category and district that ``cells`` hides
must not come back by counting rows: so where a cell is hidden (a small one of a sensitive category, or the one that
would give it away), the rows behind it keep their place to themselves. Nobody knows the cells of closed cases, so a
closed case of a sensitive category is never placed. A department that serves one district is a place too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboard.access import Principal, levels
from dashboard.config.registry import Registry
from dashboard.facts import CaseFact
from dashboard.kpi.cells import NO_CATEGORY, UNPLACED
from dashboard.kpi.stock import is_open


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case may be said to be. ``withheld``: the room may know more than it says."""

    department: str | None = None
    district: str | None = None
    subdistrict: str | None = None
    withheld: bool = False


class Disclosure:
    """``cells`` is the published document of that name."""

    def __init__(self, registry: Registry, principal: Principal, cells: Mapping[str, Any]) -> None:
        self.registry, self.levels, self._cells = registry, levels(principal), cells

    @cached_property
    def sources(self) -> frozenset[str]:
        return frozenset(s.id for s in self.registry.config.sources if s.visibility in self.levels)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        return tuple(name for name, kind in self.registry.config.kinds.items() if kind.visibility in self.levels)

    @cached_property
    def departments(self) -> tuple[str, ...]:
        return tuple(d.abbr for d in self.registry.config.departments if d.visibility in self.levels)

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        districts = (f"district:{code}" for code in self.registry.districts)
        return ("city", *districts, *(f"department:{abbr}" for abbr in self.departments))

    def sensitive(self, category: str | None) -> bool:
        return category is not None and self.registry.category_visibility(category) != "wall"

    def place(self, fact: CaseFact) -> Place:
        case = fact.record
        if not self._placed(fact):
            shut = self._office(case.department) is not None
            return Place(department=None if shut else case.department, withheld=True)
        if self.sensitive(case.category):
            return Place(case.department, case.district, None, withheld=case.subdistrict is not None)
        return Place(case.department, case.district, case.subdistrict)

    def _placed(self, fact: CaseFact) -> bool:
        case = fact.record
        if not is_open(fact):
            return not self.sensitive(case.category)
        row = self._row(case.kind, case.category)
        district = case.district if case.district in self.registry.districts else UNPLACED
        return row is not None and row.get(district) is not None

    def _row(self, kind: str, category: str | None) -> Mapping[str, int | None] | None:
        """Counts by district; None when this case is newer than the cells that were published."""
        found: Mapping[str, Mapping[str, Any]] = self._cells.get(kind) or {}
        row = found.get(category or NO_CATEGORY)
        if row is None:
            return None
        counts: Mapping[str, int | None] = row["districts"]
        return counts

    def _office(self, department: str | None) -> str | None:
        """The district that ``department`` serves alone."""
        found = self.registry.departments.get(department or "")
        return found.district if found else None

    def unsaid(
        self, kind: str | None, department: str | None, district: str | None, subdistrict: str | None
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
            rows = [row for name in self.kinds if kind in (None, name) and (row := self._row(name, code)) is not None]
            if not rows or any(row.get(column) is None for row in rows):
                hidden.add(code)
        return {"hidden_open": hidden, "hidden_closed": closed}
