"""The satisfaction index and its like: elements weighed, rounded, then graded; never of a part of its elements.

Arithmetic is exact until it is rounded (halves up): 88.305 is 88.31 and its grade, whatever binary fractions say.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from dashboard.config.metrics import Index, Metric
from dashboard.kpi.readings import Cells, joined


def rounded(value: Fraction, decimals: int) -> float:
    """Halves away from zero, as people round."""
    scaled = value * 10**decimals
    whole = (Decimal(scaled.numerator) / Decimal(scaled.denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    return float(Fraction(int(whole), 10**decimals))


def index_of(index: Index, elements: list[float]) -> float:
    """A mean that came as 3.5322 is taken for what is written, not for its binary neighbour."""
    weight = Fraction(index.weight) * Fraction(repr(index.factor))
    return rounded(sum(Fraction(repr(value)) for value in elements) * weight, index.decimals)


def grade_of(index: Index, value: float) -> str | None:
    bands = sorted(index.bands, key=lambda band: -band.at_least)
    return next((band.grade for band in bands if value >= band.at_least), None)


def indices(metric: Metric, elements: Cells) -> Cells:
    """The index of every place of which an element is known. The fewest who answered an element are its sample."""
    assert metric.index is not None
    index, found = metric.index, Cells()
    for start, spots in elements.items():
        for place in dict.fromkeys(place for place, _ in spots):
            known = {name: cell for name in index.elements if (cell := spots.get((place, name))) is not None}
            if not known:
                continue
            cell = joined(metric, list(known.values()))
            values = [one.value for one in known.values() if one.value is not None]
            asked = [one.n for one in known.values() if one.n is not None]
            cell.n = min(asked) if asked else None
            cell.parts = {name: one.value for name, one in known.items()}
            cell.given = all(one.given for one in known.values())
            cell.over = next((one.over for one in known.values() if one.over is not None), None)
            if missing := len(index.elements) - len(values):
                cell.gaps = (*cell.gaps, f"elements:{missing}")
            else:
                cell.value = index_of(index, values)
                cell.grade = grade_of(index, cell.value)
            found.setdefault(start, {})[place, ""] = cell
    return found
