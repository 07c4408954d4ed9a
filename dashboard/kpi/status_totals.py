"""Sums over the subjects of a kind: by group, against what was published, and shares; pure, keeps every remainder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from dashboard.config.statuses import StatusKind
from dashboard.records import UNKNOWN, Status

NONE = "-"
"""Stands for a subject without a group or place."""


def grouped(rows: Iterable[Any], name: str, order: Sequence[str] = ()) -> dict[str, dict[str, int]]:
    """Counts by state of each group (or place), the declared ones first; what has none stands under ``NONE``."""
    found: dict[str, Counter[str]] = {code: Counter() for code in order}
    for row in rows:
        found.setdefault(row[name] or NONE, Counter())[row["state"]] += 1
    return {code: {"total": sum(states.values()), **states} for code, states in found.items()}


def shares_of(kind: StatusKind, records: Sequence[Status]) -> dict[str, dict[str, Any]]:
    """Of those of which it is known, the share that is so; those of which it is not are told beside it."""
    found = {}
    for name, share in kind.shares.items():
        values = [dict(record.attributes).get(share.attribute) for record in records]
        known = [value for value in values if value is not None and value != UNKNOWN]
        has = sum(value == share.value for value in known)
        found[name] = {
            "value": round(has / len(known) * 100, 2) if known else None,
            "numerator": has,
            "denominator": len(known),
            "unknown": len(values) - len(known),
            "target": share.target,
            "target_basis": share.target_basis,
            "target_set_by": share.set_by,
        }
    return found


def sums_of(kind: StatusKind, records: Sequence[Status]) -> dict[str, dict[str, Any]]:
    """What the attributes that may be added up come to, and how many subjects tell none."""
    found = {}
    for name in (name for name, attribute in kind.attributes.items() if attribute.sum):
        values = [dict(record.attributes).get(name) for record in records]
        known = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        found[name] = {
            "value": sum(known) if known else None,
            "known": len(known),
            "unknown": len(values) - len(known),
        }
    return found


def declared_totals(kind: StatusKind, records: Sequence[Status]) -> list[dict[str, Any]]:
    """What was published, newest first, each with what is found now, part by part."""
    found = []
    for total in sorted(kind.declared, key=lambda declared: declared.as_of, reverse=True):
        counts = Counter(_part(record, total.by) for record in records)
        parts: dict[str, dict[str, int | None]] = {
            code: {"declared": number, "found": counts[code], "difference": counts[code] - number}
            for code, number in total.parts.items()
        }
        for code in sorted(counts.keys() - total.parts.keys()) if total.parts else ():
            parts[code] = {"declared": None, "found": counts[code], "difference": None}
        found.append(
            {
                "total": total.total,
                "as_of": total.as_of.isoformat(),
                "basis": total.basis,
                "by": total.by,
                "found": len(records),
                "difference": len(records) - total.total,
                "parts": parts,
                "unexplained": total.total - sum(total.parts.values()) if total.parts else 0,
            }
        )
    return found


def _part(record: Status, by: str) -> str:
    value = record.group if by == "group" else dict(record.attributes).get(by)
    return NONE if value is None else str(value)
