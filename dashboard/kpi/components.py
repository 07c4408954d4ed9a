"""The score cards of the city's components over figures that exist already; never scores what nobody measures.

Performance of a part: value / target in percent, target / value where less is better, a counter's pace; at most the
cap. Score: the mean of the known performances by weight, with the share of the weight that they are; none below the
least share. An average is never published without its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from math import fsum
from typing import Any, Literal

from dashboard.calendar import Calendar
from dashboard.config.components import Component, Part
from dashboard.config.metrics import Target
from dashboard.config.model import Config
from dashboard.kpi.descriptions import BY_KEY
from dashboard.kpi.figures import ms
from dashboard.kpi.measures import MeasureBook
from dashboard.snapshot import PriceRow, Prices, Value
from dashboard.snapshot_measures import ComponentPart, Components, ScoreCard

Origin = Literal["measure", "figure", "share", "prices", "awaited"]


class ScoreCards:
    def __init__(self, config: Config, calendar: Calendar, measures: MeasureBook) -> None:
        self._config, self._calendar, self._measures = config, calendar, measures
        self._city: dict[str, Value] = {}
        self._published: Mapping[str, Any] = {}

    def document(self, published: Mapping[str, Any], prices: Prices, now: datetime) -> dict[str, Components]:
        """``components``; nothing in a city that declares none. ``published``: the newest documents, in which the
        city's figures stand when they changed."""
        self._published = published
        for kind in self._config.kinds:
            self._city |= published.get(f"kpi:{kind}:city", {})
        if not self._config.components:
            return {}
        day = self._calendar.local_date(now)
        cards = {key: self._card(component, prices, day) for key, component in self._config.components.items()}
        return {"components": {"components": cards, "as_of": ms(now) or 0}}

    def _card(self, component: Component, prices: Prices, day: date) -> ScoreCard:
        parts = [self._part(part, component.cap, prices, day) for part in component.parts]
        known = [(part["performance"], part["weight"]) for part in parts if part["performance"] is not None]
        whole = fsum(part["weight"] for part in parts)
        covered = fsum(weight for _, weight in known) / whole
        enough = bool(known) and covered >= component.least
        score = (
            fsum(value * weight for value, weight in known) / fsum(weight for _, weight in known) if enough else None
        )
        return {
            "score": score,
            "covered": covered,
            "cap": component.cap,
            "proposed": sum(part["target_status"] == "usulan" for part in parts if part["performance"] is not None),
            "parts": parts,
        }

    def _part(self, part: Part, cap: float, prices: Prices, day: date) -> ComponentPart:
        if part.measure is not None:
            return self._measured(part, cap)
        if part.figure is not None:
            return self._counted(part, cap, day)
        if part.share is not None:
            return self._shared(part, cap, day)
        if part.prices is not None:
            return _priced(part, cap, prices["rows"], day)
        return _empty(part, "awaited", [])

    def _measured(self, part: Part, cap: float) -> ComponentPart:
        assert part.measure is not None
        metric, row = self._config.metrics[part.measure], self._measures.row(part.measure)
        found = _empty(part, "measure", metric.targets)
        found["unit"] = metric.unit
        if row is None:
            return found
        found.update(
            {
                "value": row["value"], "at": row["at"], "target": row["target"], "target_status": row["target_status"],
                "target_set_by": row["target_set_by"], "target_from": row["target_from"], "pace": row["pace"],
                "small": row["small"], "missing": row["missing"], "sources": row["sources"],
            }
        )  # fmt: skip
        counter = metric.cumulative != "none"
        found["performance"] = (
            None
            if row["small"]
            else (
                _capped(row["pace"], cap) if counter else performance(row["value"], row["target"], metric.better, cap)
            )
        )
        return found

    def _counted(self, part: Part, cap: float, day: date) -> ComponentPart:
        assert part.figure is not None
        described = BY_KEY[part.figure.split(".")[1]]
        found, value = _empty(part, "figure", part.targets), self._city.get(part.figure)
        found["unit"] = described.unit
        _aim(found, part.targets, day)
        if value is None:
            return found
        found.update(
            {
                "value": value["value"], "at": value["data_at"], "small": bool(value.get("small")),
                "missing": [gap for gap in value["missing"] if not gap.startswith("watched_from:")],
                "sources": value["sources"],
            }
        )  # fmt: skip
        if found["target"] is None and value.get("target") is not None:
            found["target"], found["target_status"] = value["target"], value.get("target_status")
            found["target_set_by"] = value.get("target_set_by")
        if not found["small"]:
            found["performance"] = performance(found["value"], found["target"], described.better, cap)
        return found

    def _shared(self, part: Part, cap: float, day: date) -> ComponentPart:
        assert part.share is not None
        kind, _, name = part.share.partition(".")
        found, body = _empty(part, "share", part.targets), self._published.get(f"breakdown:{kind}")
        found["unit"] = "percent"
        _aim(found, part.targets, day)
        declared = self._config.kinds[kind].breakdown
        if body is None or declared is None:
            return found
        share = body["scopes"]["city"]["shares"][name]
        found.update(
            {
                "value": share["value"], "at": body["data_at"], "missing": body["missing"], "sources": body["sources"],
                "small": share["n"] < self._config.min_sample,
            }
        )  # fmt: skip
        if not found["small"]:
            found["performance"] = performance(found["value"], found["target"], declared.shares[name].better, cap)
        return found


def performance(value: float | None, target: float | None, better: str, cap: float) -> float | None:
    """In percent, at most ``cap``; None where there is nothing to compare or neither way is better."""
    if value is None or target is None or better == "none":
        return None
    if better == "down":
        return cap if value <= 0 else _capped(max(target, 0.0) / value * 100, cap)
    return _capped(value / target * 100, cap) if target > 0 else None


def _capped(value: float | None, cap: float) -> float | None:
    return None if value is None else min(max(value, 0.0), cap)


def _priced(part: Part, cap: float, rows: Sequence[PriceRow], day: date) -> ComponentPart:
    """Of the staple goods on the wall: how many of those with a limit are within it; how many were reported."""
    found = _empty(part, "prices", part.targets)
    found["unit"] = "percent"
    judged = [row["over"] is False for row in rows if row["over"] is not None]
    told = [row["value"] is not None and row["not_reported_since"] is None for row in rows]
    over = judged if part.prices == "within_limit" else told
    if over:
        found["value"] = 100 * sum(over) / len(over)
        found["sources"] = sorted({row["source"] for row in rows})
    _aim(found, part.targets, day)
    found["performance"] = performance(found["value"], found["target"], "up", cap)
    return found


def _aim(found: ComponentPart, targets: Sequence[Target], day: date) -> None:
    """The target that is valid on ``day``."""
    valid = [target for target in targets if target.valid_from <= day]
    best = max(valid, key=lambda target: target.valid_from, default=None)
    if best is not None:
        found["target"], found["target_status"] = best.value, best.status
        found["target_set_by"], found["target_from"] = best.set_by, best.valid_from.isoformat()


def _empty(part: Part, of: Origin, targets: Sequence[Target]) -> ComponentPart:
    return {
        "key": part.key, "of": of, "weight": part.weight, "value": None, "unit": "", "at": None, "target": None,
        "target_status": None, "target_set_by": None, "target_from": None, "pace": None, "performance": None,
        "small": False, "missing": [], "sources": [], "targets": list(_history(targets)),
    }  # fmt: skip


def _history(targets: Sequence[Target]) -> Iterator[Any]:
    """Of the city as a whole, newest first: who set or moved it, when and on what ground."""
    for target in sorted(targets, key=lambda target: target.valid_from, reverse=True):
        if target.place is None:
            yield {
                "value": target.value, "valid_from": target.valid_from.isoformat(), "set_by": target.set_by,
                "basis": target.basis, "status": target.status,
            }  # fmt: skip
