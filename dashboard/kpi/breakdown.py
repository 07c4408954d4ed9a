"""Kinds of case by stage, class and department, with their money, marks, shares and means; never sums what is unknown.

What a kind's ``breakdown`` declares is all that is computed. Unlike the key figures it looks at every case of a kind,
also the closed ones (of the year, or of all time), so it is for kinds of some thousands of cases; and small counts are
told as they are, so it is for kinds that speak of offices and never for one that speaks of citizens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard.calendar import Calendar
from dashboard.config.breakdowns import Breakdown, Choice, Condition, Mark, Mean, Share
from dashboard.config.model import Config
from dashboard.facts import CaseFact
from dashboard.kpi.figures import Behind, ms
from dashboard.kpi.queue import LateUntil, case_state
from dashboard.kpi.stock import is_open
from dashboard.kpi.timeline import seconds
from dashboard.records import UNKNOWN

LISTED = 60  # cases that stand out, at most
CITY = "city"
Document = dict[str, Any]


@dataclass(slots=True)
class _Seen:
    """One case as it is counted."""

    fact: CaseFact
    state: str  # of its clock; "" when it is not open
    marks: frozenset[str]
    values: Mapping[str, Any]


@dataclass(slots=True)
class _Kept:
    facts: dict[int, CaseFact] = field(default_factory=dict)
    key: Any = None  # what the document was made from
    document: Document | None = None
    until: int | None = None  # the next deadline in whole seconds: the document holds until then


class BreakdownBook:
    def __init__(self, config: Config, calendar: Calendar) -> None:
        self._config, self._calendar = config, calendar
        self.kinds: dict[str, Breakdown] = {
            name: kind.breakdown for name, kind in config.kinds.items() if kind.breakdown is not None
        }
        self._kept = {name: _Kept() for name in self.kinds}
        self._version = dict.fromkeys(self.kinds, 0)

    def put(self, facts: Iterable[CaseFact]) -> None:
        for fact in facts:
            kept = self._kept.get(fact.record.kind)
            if kept is not None:
                kept.facts[fact.number] = fact
                self._version[fact.record.kind] += 1

    def documents(self, behind: Mapping[str, Behind], late_until: LateUntil, now: datetime) -> dict[str, Document]:
        """``breakdown:KIND`` of every kind that a source has brought something of. Made again only when a case, the
        year, the health of a source or a deadline has changed it."""
        found, at = {}, seconds(now)
        for name, declared in self.kinds.items():
            kept, of = self._kept[name], behind[name]
            if not of.sources:
                continue
            day = self._calendar.local_date(now)
            year = day.year
            late = {source: at for source, at in late_until.items() if source in of.sources}
            key = self._version[name], of, day, late
            if kept.document is None or kept.key != key or (kept.until is not None and at >= kept.until):
                seen = [
                    self._see(fact, declared, late, now) for fact in kept.facts.values() if self._counts(fact, year)
                ]
                kept.key, kept.document = key, _document(declared, seen, self._gone(kept, year), of)
                dues = [seconds(f.due_at) for f in kept.facts.values() if f.due_at is not None and is_open(f)]
                kept.until = min((due for due in dues if due > at), default=None)
            found[f"breakdown:{name}"] = {**kept.document, "as_of": ms(now) or 0}
        return found

    def _counts(self, fact: CaseFact, year: int) -> bool:
        if is_open(fact):
            return True
        if fact.vanished_at is not None or fact.uncovered_at is not None:
            return False
        return self.kinds[fact.record.kind].since == "ever" or self._of_year(fact, year)

    def _of_year(self, fact: CaseFact, year: int) -> bool:
        times = fact.record.opened_at, fact.record.resolved_at, fact.observed_close_by
        return any(at is not None and self._calendar.local_date(at).year >= year for at in times)

    def _gone(self, kept: _Kept, year: int) -> int:
        gone = (f for f in kept.facts.values() if f.vanished_at is not None or f.uncovered_at is not None)
        return sum(fact.record.status.open and self._of_year(fact, year) for fact in gone)

    def _see(self, fact: CaseFact, declared: Breakdown, late: LateUntil, now: datetime) -> _Seen:
        record = fact.record
        values = {**dict(record.attributes), "stage": record.stage, "klass": record.klass}
        if is_open(fact):  # in whole days of the city, so that it changes at midnight only
            values["age_days"] = (self._calendar.local_date(now) - self._calendar.local_date(record.opened_at)).days
        state = case_state(fact, late, now, self._config) if is_open(fact) else ""
        if state:
            values |= {"scheduled": fact.due_at is not None, "late": state == "overdue"}
        marks = frozenset(name for name, mark in declared.marks.items() if _marked(mark, values, is_open(fact)))
        return _Seen(fact, state, marks, values)


def _marked(mark: Mark, values: Mapping[str, Any], opened: bool) -> bool:
    return (opened or not mark.open_only) and any(_holds(one, values.get(one.attribute)) for one in mark.when)


def _holds(condition: Condition, value: Any) -> bool:
    if value is None:
        return False
    if condition.equals is not None:
        return bool(value == condition.equals)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    above = condition.above is None or value > condition.above
    return above and (condition.below is None or value < condition.below)


def _document(declared: Breakdown, seen: list[_Seen], gone: int, of: Behind) -> Document:
    scopes: dict[str, list[_Seen]] = {CITY: seen}
    unplaced = 0
    for one in seen:
        place = _department(one.fact)
        if place is None:
            unplaced += 1
        else:
            scopes.setdefault(f"department:{place}", []).append(one)
    missing = [f"source:{source}" for source in of.down]
    missing += [f"{name}:{count}" for name, count in (("vanished", gone), ("unknown_department", unplaced)) if count]
    standing = _outstanding(declared, seen)
    return {
        "scopes": {scope: _scope(declared, cases, scope == CITY) for scope, cases in sorted(scopes.items())},
        "cases": [_row(declared, one) for one in standing[:LISTED]],
        "outstanding": len(standing),
        "sources": list(of.sources),
        "missing": missing,
        "data_at": of.data_at,
    }


def _department(fact: CaseFact) -> str | None:
    """A confidential case counts for the city and is placed nowhere."""
    known = fact.record.department not in (None, UNKNOWN) and fact.visibility != "confidential"
    return fact.record.department if known else None


def _scope(declared: Breakdown, cases: list[_Seen], whole: bool) -> Document:
    by_stage: dict[str, list[_Seen]] = {}
    by_class: dict[str, list[_Seen]] = {}
    for one in cases:
        by_stage.setdefault(one.fact.record.stage or UNKNOWN, []).append(one)
        by_class.setdefault(one.fact.record.klass or UNKNOWN, []).append(one)
    found = {
        "total": _cell(declared, cases),
        "stages": {stage: _cell(declared, some) for stage, some in sorted(by_stage.items())},
        "shares": {name: _share(share, cases) for name, share in declared.shares.items()},
        "means": {name: _mean(mean, cases) for name, mean in declared.means.items()},
    }
    if whole:
        found["classes"] = {klass: _cell(declared, some) for klass, some in sorted(by_class.items())}
    return found


def _cell(declared: Breakdown, cases: list[_Seen]) -> Document:
    """Counts and sums. A sum says how many cases it knows no money of: they are not zero."""
    states = [one.state for one in cases]
    found: Document = {
        "cases": len(cases),
        "open": sum(state != "" for state in states),
        "late": sum(one.state == "overdue" and one.fact.due_basis != "usulan" for one in cases),
        "late_proposed": sum(one.state == "overdue" and one.fact.due_basis == "usulan" for one in cases),
        "unconfirmed": states.count("unconfirmed"),
        "marks": {name: count for name in declared.marks if (count := sum(name in one.marks for one in cases))},
        "unmended": {
            name: count
            for name, mark in declared.marks.items()
            if mark.mend and (count := sum(name in one.marks and one.fact.due_at is None for one in cases))
        },
    }
    if declared.gathered is not None:
        held = [(one.values.get(declared.gathered.attribute), one.state != "") for one in cases]
        found["gathered"] = len({value for value, _ in held if value is not None})
        found["gathered_open"] = len({value for value, opened in held if value is not None and opened})
        found["no_gathered"] = sum(value is None for value, _ in held)
    for name, wanted in (("amount", declared.amount), ("ceiling", declared.ceiling)):
        if wanted is not None:
            sums = [_money(one, name) for one in cases]
            known = [money for money in sums if money is not None]
            found[name] = sum(known) if known or not cases else None
            found[f"no_{name}"] = len(sums) - len(known)
    return found


def _money(one: _Seen, name: str) -> int | None:
    return one.fact.record.amount_idr if name == "amount" else one.fact.record.ceiling_idr


def _chosen(choice: Choice, one: _Seen) -> bool:
    record = one.fact.record
    return (
        (not choice.stages or record.stage in choice.stages)
        and (not choice.classes or record.klass in choice.classes)
        and (not choice.marks or not one.marks.isdisjoint(choice.marks))
        and one.marks.isdisjoint(choice.without)
    )


def _share(share: Share, cases: list[_Seen]) -> Document:
    """``unknown``: cases of the denominator whose Rupiah nobody knows, when Rupiah are counted."""
    of = [one for one in cases if _chosen(share.denominator, one)]
    part = [one for one in of if _chosen(share.numerator, one)]
    unknown = 0
    if share.of == "cases":
        numerator, denominator = len(part), len(of)
    else:
        unknown = sum(_money(one, share.of) is None for one in of)
        numerator, denominator = (sum(_money(one, share.of) or 0 for one in some) for some in (part, of))
    value = 100 * numerator / denominator if denominator else None
    return {"value": value, "numerator": numerator, "denominator": denominator, "unknown": unknown, "n": len(of)}


def _mean(mean: Mean, cases: list[_Seen]) -> Document:
    of = [one for one in cases if _chosen(mean.of, one)]
    pairs = [(one.values.get(mean.attribute), 1 if mean.weight == "cases" else _money(one, "amount")) for one in of]
    known = [(value, weight) for value, weight in pairs if isinstance(value, (int, float)) and weight]
    total = sum(weight for _, weight in known)
    value = sum(value * weight for value, weight in known) / total if total else None
    return {"value": value, "n": len(known), "unknown": len(of) - len(known)}


def _outstanding(declared: Breakdown, seen: list[_Seen]) -> list[_Seen]:
    """Open cases that are late or carry a mark: the most late first, then those without a deadline by age. A
    confidential one is listed nowhere."""
    shown = [one for one in seen if one.state and one.fact.visibility != "confidential"]
    telling = {name for name, mark in declared.marks.items() if mark.listed}
    found = [one for one in shown if one.marks & telling or one.state in ("overdue", "unconfirmed")]

    def urgency(one: _Seen) -> tuple[bool, Any, datetime, int]:
        due, opened = one.fact.due_at, one.fact.record.opened_at
        return due is None, due or opened, opened, one.fact.number

    return sorted(found, key=urgency)


def _row(declared: Breakdown, one: _Seen) -> Document:
    fact, record = one.fact, one.fact.record
    return {
        "number": fact.number,
        "kind": record.kind,
        "category": record.category,
        "klass": record.klass,
        "department": record.department,
        "stage": record.stage,
        "opened_at": ms(record.opened_at),
        "due_at": ms(fact.due_at),
        "due_basis": fact.due_basis,
        "provisional": fact.provisional,
        "state": one.state,
        "amount": record.amount_idr,
        "ceiling": record.ceiling_idr,
        "marks": [name for name in declared.marks if name in one.marks],
        "attributes": {name: one.values.get(name) for name in declared.attributes},
        "source": fact.source,
        "provenance": fact.provenance,
    }
