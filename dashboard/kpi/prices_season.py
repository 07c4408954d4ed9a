"""How a month's price stands to the same month of earlier years; says nothing until there is enough history.

A month's mean is that of all prices reported in it. Its seasonal ratio is that mean over the mean of the twelve months
before it; the anomaly of a month is its ratio over the mean ratio of the same month in earlier years, less one, in
percent. It needs all of the twenty-four months before: one earlier ratio, and the twelve months under each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import fsum

from dashboard.snapshot_prices import Season

NEEDED = 24
Month = int  # 12 * year + month - 1


def month_of(day: date) -> Month:
    return 12 * day.year + day.month - 1


@dataclass(slots=True)
class Months:
    """Sum and number of the prices of each month."""

    sums: dict[Month, float] = field(default_factory=dict)
    counts: dict[Month, int] = field(default_factory=dict)

    def add(self, month: Month, total: float, count: int) -> None:
        self.sums[month] = self.sums.get(month, 0.0) + total
        self.counts[month] = self.counts.get(month, 0) + count

    def means(self) -> dict[Month, float]:
        return {month: self.sums[month] / count for month, count in self.counts.items() if count}


def season(means: Mapping[Month, float]) -> Season:
    """Of the newest month."""
    if not means:
        return {"months": 0, "needed": NEEDED, "years": 0, "anomaly_pct": None}
    now = max(means)
    months = 0
    while now - months - 1 in means:
        months += 1
    own = _ratio(means, now)
    earlier = [ratio for back in range(12, months - 11, 12) if (ratio := _ratio(means, now - back)) is not None]
    anomaly = None
    if months >= NEEDED and own is not None and earlier:
        anomaly = (own / (fsum(earlier) / len(earlier)) - 1) * 100
    return {"months": months, "needed": NEEDED, "years": len(earlier), "anomaly_pct": anomaly}


def _ratio(means: Mapping[Month, float], month: Month) -> float | None:
    """None where one of the twelve months before has no price."""
    before = [means.get(month - back) for back in range(1, 13)]
    known = [mean for mean in before if mean is not None]
    if month not in means or len(known) < 12 or not (middle := fsum(known) / 12):
        return None
    return means[month] / middle
