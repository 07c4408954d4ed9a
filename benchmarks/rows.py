"""One measured number with its target, and how a list of them is told; measures nothing itself."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MARK = "@@rows "
"""The line on which a benchmark hands its rows to ``python -m benchmarks``."""


@dataclass(frozen=True, slots=True)
class Row:
    """``limit`` with ``least`` False: at most this; True: at least this; None: a number that stands beside."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        met = self.value >= self.limit if self.least else self.value <= self.limit
        return "PASS" if met else "FAIL"

    @property
    def target(self) -> str:
        if self.limit is None:
            return ""
        return f"{'at least' if self.least else 'at most'} {shown(self.limit)} {self.unit}"


def shown(value: float) -> str:
    """A number as one writes it: three significant digits, thousands apart."""
    if value != value:
        return "none"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; not a number when there is nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(rows: Iterable[Row]) -> str:
    """Markdown."""
    lines = ["| what | measured | reach | | how |", "|---|---:|---|---|---|"]
    lines += [f"| {r.what} | {shown(r.value)} {r.unit} | {r.target} | {r.verdict} | {r.note} |" for r in rows]
    return "\n".join(lines)


def hand_over(rows: Sequence[Row]) -> int:
    """End of a benchmark run alone: print for a person, and one line for the command that collects them."""
    for row in rows:
        print(f"{row.verdict or '-':4}  {row.what}: {shown(row.value)} {row.unit}  {row.target}  {row.note}")
    print(MARK + json.dumps([asdict(row) for row in rows]), flush=True)
    return 1 if any(row.verdict == "FAIL" for row in rows) else 0


def read(line: str) -> list[Row]:
    found: list[dict[str, Any]] = json.loads(line.removeprefix(MARK))
    return [Row(**entry) for entry in found]


def say(text: str) -> None:
    """Progress, beside the results."""
    print(f"  ... {text}", file=sys.stderr, flush=True)
