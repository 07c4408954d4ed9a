"""Derives what no source says: pinned policy, due time, visibility; pure, so that all of it can be rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache

from dashboard.calendar import Calendar, Promise
from dashboard.config.model import Config, Policy
from dashboard.config.registry import Registry
from dashboard.facts import CaseFact
from dashboard.records import UNKNOWN, Case, EventKind

Pause = tuple[datetime, datetime | None]
UNITS = frozenset({"minutes", "hours", "working_hours", "working_days", "days"})


@dataclass(frozen=True, slots=True)
class Derived:
    policy: str | None
    due_at: datetime | None
    basis: str | None
    provisional: bool
    visibility: str
    response_due_at: datetime | None = None
    response_basis: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePromise:
    """How long the source itself says its case will take."""

    amount: float
    unit: str


class Deriver:
    """The policy is pinned at first sight; the calendar is not: a newly decreed holiday moves open deadlines."""

    def __init__(self, config: Config, registry: Registry, calendar: Calendar) -> None:
        self._registry, self._calendar = registry, calendar
        self._policies: dict[str, Policy] = {policy.id: policy for policy in config.policies}
        # The same few answers for thousands of cases: a policy begins and ends with a day of the city.
        self._policy_id = lru_cache(maxsize=8192)(self._look_up_policy)

    def visibility(self, record: Case, source: str) -> str:
        found: str = self._registry.visibility(record.kind, record.category, record.department, source)
        return found

    def _look_up_policy(
        self, kind: str, klass: str | None, category: str | None, day: date, measure: str, source: str
    ) -> str | None:
        noon = datetime.combine(day, time(12), self._registry.zone)
        policy = self._registry.policy_for(kind, klass, category, noon, measure, source)
        return policy.id if policy is not None else None

    def policy_id(self, record: Case, source: str, measure: str = "resolution") -> str | None:
        """The policy in force when the case was opened."""
        day = record.opened_at.astimezone(self._registry.zone).date()
        return self._policy_id(record.kind, record.klass, record.category, day, measure, source)

    def repins(self, old: Case, new: Case) -> bool:
        """A case that is another matter than it was taken for comes under another policy."""
        return (old.kind, old.klass, old.category) != (new.kind, new.klass, new.category)

    def derive(self, fact: CaseFact, pauses: Sequence[Pause] = ()) -> CaseFact:
        """The fact with due time and visibility as policy, calendar and registries say today."""
        derived = self.values(fact.record, fact.source, fact.policy, pauses)
        own = fact.record.due_at is not None or _own_promise(fact.record) is not None
        if fact.policy is not None and fact.policy not in self._policies and not own:
            # A policy that is gone from the configuration still binds those it was pinned to.
            derived = replace(derived, due_at=fact.due_at, basis=fact.due_basis, provisional=fact.provisional)
        if fact.observed_response_by is not None and fact.response_due_at is not None:
            # Whether the answer was in time has been decided.
            derived = replace(derived, response_due_at=fact.response_due_at, response_basis=fact.response_basis)
        return replace(
            fact,
            due_at=derived.due_at,
            due_basis=derived.basis,
            provisional=derived.provisional,
            visibility=derived.visibility,
            response_due_at=derived.response_due_at,
            response_basis=derived.response_basis,
        )

    def values(self, record: Case, source: str, policy_id: str | None, pauses: Sequence[Pause] = ()) -> Derived:
        response_due_at, response_basis = self._response_due(record, source)
        derived = self._resolution(record, source, policy_id, pauses)
        return replace(derived, response_due_at=response_due_at, response_basis=response_basis)

    def _response_due(self, record: Case, source: str) -> tuple[datetime | None, str | None]:
        """When the first response is due. No pause moves it: whoever pauses a case has acted."""
        policy = self._policies.get(self.policy_id(record, source, "first_response") or "")
        if policy is None:
            return None, None
        department = record.department if record.department != UNKNOWN else None
        due, _ = self._calendar.due_at(policy, record.opened_at, department)
        return due, policy.status if due is not None else None

    def _resolution(self, record: Case, source: str, policy_id: str | None, pauses: Sequence[Pause]) -> Derived:
        visibility = self.visibility(record, source)
        if record.due_at is not None:
            return Derived(policy_id, record.due_at, "source", False, visibility)
        policy, own = self._policies.get(policy_id or ""), _own_promise(record)
        promise: Promise | None = own or policy
        if promise is None:
            return Derived(policy_id, None, None, False, visibility)
        department = record.department if record.department != UNKNOWN else None
        due, provisional = self._calendar.due_at(promise, record.opened_at, department, pauses)
        basis = "source" if own is not None else policy.status if policy is not None else None
        return Derived(policy_id, due, basis if due is not None else None, provisional, visibility)


def _own_promise(record: Case) -> SourcePromise | None:
    """The source's own promise, when it is one that can be reckoned; it goes before the city's policy."""
    if record.promised is None or record.promised < 0 or record.promised_unit not in UNITS:
        return None
    return SourcePromise(record.promised, record.promised_unit)


def pauses_of(steps: Sequence[tuple[EventKind, datetime]]) -> list[Pause]:
    """Spans in which the case waited for the applicant; an open one has no end."""
    found: list[Pause] = []
    begun: datetime | None = None
    for kind, at in sorted(steps, key=lambda step: step[1]):
        if kind is EventKind.PAUSED and begun is None:
            begun = at
        elif kind is not EventKind.PAUSED and begun is not None:
            found.append((begun, at))
            begun = None
    if begun is not None:
        found.append((begun, None))
    return found
