"""Open cases by category and district, with small cells of sensitive categories hidden; never places a confidential
case."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard.config.model import Config
from dashboard.kpi.batch import Codes
from dashboard.kpi.sensitive import suppress_table
from dashboard.kpi.stock import OpenTable

UNPLACED = "unplaced"  # the district is not known
NO_CATEGORY = "none"


class Cells:
    """The table of each kind, made again only when the open cases changed it."""

    def __init__(self, config: Config, codes: Codes) -> None:
        self._config = config
        self._codes = codes
        self._rows = (*(c.code for c in config.categories if c.visibility != "confidential"), NO_CATEGORY)
        self._columns = (*(d.code for d in config.regions.districts), UNPLACED)
        self._sensitive = {category.code for category in config.categories if category.visibility == "desk"}
        self._version = -1
        self._found: dict[str, Any] = {}

    def document(self, table: OpenTable) -> dict[str, Any]:
        """``{kind: {category: {"total": n, "districts": {code: n or None, "unplaced": n or None}}}}``; None is
        hidden. Confidential cases and categories are in none of them."""
        if table.version != self._version:
            self._version = table.version
            rows = table.rows()
            for kind, name in enumerate(self._codes.kinds):
                mine = (rows["kind"] == kind) & (rows["confidential"] == 0)
                self._found[name] = self._kind(rows["category"][mine], rows["district"][mine])
        return self._found

    def _kind(self, category: Any, district: Any) -> dict[str, Any]:
        codes = [category.code for category in self._config.categories]
        to_row = np.array([self._rows.index(c) if c in self._rows else -1 for c in codes] + [len(self._rows) - 1])
        row = to_row[category]  # -1, no category, is the last
        column = np.where(district > 0, district - 1, len(self._columns) - 1)[row >= 0]
        row = row[row >= 0]
        size = (len(self._rows), len(self._columns))
        counts = np.bincount(row * size[1] + column, minlength=size[0] * size[1]).reshape(size)
        used = [n for n in range(size[0]) if counts[n].any()]
        exact = {self._rows[n]: dict(zip(self._columns, counts[n].tolist(), strict=True)) for n in used}
        shown = suppress_table(exact, self._sensitive, self._config.privacy.suppress_below)
        return {name: {"total": sum(exact[name].values()), "districts": shown[name]} for name in exact}
