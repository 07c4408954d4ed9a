"""What a record means against what was known of its case: intervals, events, marks; pure, decides no deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.config.model import Source
from dashboard.facts import CaseFact
from dashboard.ingest_due import Derived
from dashboard.ingest_steady import same, settle
from dashboard.records import AUTOMATIC, UNKNOWN, Case, CaseStatus, Event, EventKind

ACTED = frozenset({CaseStatus.IN_PROCESS, CaseStatus.PAUSED, CaseStatus.CLOSED, CaseStatus.TRANSFERRED})
"""Having reached one of these, a case is not waiting any more: somebody acted."""

LEFT = frozenset({CaseStatus.CLOSED, CaseStatus.TRANSFERRED})
_STEP = {
    CaseStatus.CLOSED: EventKind.CLOSED,
    CaseStatus.TRANSFERRED: EventKind.TRANSFERRED,
    CaseStatus.PAUSED: EventKind.PAUSED,
}
_OWN = frozenset(
    {
        EventKind.RECEIVED,
        EventKind.RESPONDED,
        EventKind.CLOSED,
        EventKind.TRANSFERRED,
        EventKind.REOPENED,
        EventKind.PAUSED,
        EventKind.RESUMED,
    }
)
"""Kinds that a change of status shows by itself; the source's own event of that kind only dates it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One poll as seen by a case. ``before``: the last good poll that spoke for the source, None at the first.
    ``served``: whether an earlier poll brought any row at all."""

    source: Source
    now: datetime
    before: datetime | None
    served: bool = True

    def interval(self, confirmed: datetime | None = None) -> tuple[datetime | None, datetime | None, bool]:
        """(after, by], and whether it is wider than two poll intervals. ``confirmed``: the last poll that still
        showed the case, when that was an earlier one. Nothing is observed at a source's first poll."""
        after = confirmed or self.before
        if after is None:
            return None, None, False
        return after, self.now, self.now - after > timedelta(seconds=2 * self.source.every_s)

    def backlog(self, opened: datetime) -> bool:
        """Whether a new case was there before the room looked. Polls that brought nothing at all were no look at
        what is older than they are: a system that answers empty and then whole was not filled in between."""
        return self.before is None or (not self.served and opened <= self.before)


def first_sight(record: Case, number: int, derived: Derived, moment: Moment) -> tuple[CaseFact, tuple[Event, ...]]:
    """A case that was not known. In the backlog of a first poll nothing was observed."""
    backlog = moment.backlog(record.opened_at)
    after, by, uncertain = (None, None, False) if backlog else moment.interval()
    responded, left = _responds(record), record.status in LEFT
    fact = CaseFact(
        number=number,
        source=moment.source.id,
        provenance=moment.source.provenance,
        record=record,
        version=1,
        visibility=derived.visibility,
        first_seen_at=moment.now,
        backlog=backlog,
        policy=derived.policy,
        due_at=derived.due_at,
        due_basis=derived.basis,
        provisional=derived.provisional,
        response_due_at=derived.response_due_at,
        response_basis=derived.response_basis,
        observed_response_after=after if responded else None,
        observed_response_by=by if responded else None,
        response_uncertain=uncertain and responded,
        observed_close_after=after if left else None,
        observed_close_by=by if left else None,
        close_uncertain=uncertain and left,
        invalid_sequence=invalid_sequence(record),
        held_since=_held_at_first(record),
        group=record.group,
    )
    events = [_event(record, EventKind.RECEIVED, record.opened_at, after, by)]
    events += _step_events(record, CaseStatus.WAITING, after, by, responded)
    events += [_observed(event, after, by) for event in record.events if event.kind not in _OWN]
    return fact, tuple(events)


def change(
    record: Case, known: CaseFact, moment: Moment, confirmed: datetime | None = None
) -> tuple[CaseFact, tuple[Event, ...]]:
    """A known case whose record differs, or that came back into view."""
    after, by, uncertain = moment.interval(confirmed)
    old = known.record
    events: list[Event] = []
    if known.vanished_at is not None or known.uncovered_at is not None:
        events.append(_event(record, EventKind.RETURNED_TO_VIEW, None, after, by, origin="room"))
    fact = replace(known, record=record, version=known.version + 1, group=record.group)
    fact = replace(fact, vanished_at=None, uncovered_at=None)
    moved = past_moved(old, record)
    passed = _passed_on(old, record, after, by)
    if passed is not None:
        events.append(passed)
        fact = replace(fact, held_since=(passed.declared_at or moment.now) if passed.detail else None)
    for name in moved:
        events.append(_event(record, EventKind.BACKDATED, None, after, by, origin="room", detail=name))
    if old.status in LEFT and record.status.open:
        events.append(_event(record, EventKind.REOPENED, None, after, by))
        fact = replace(fact, observed_close_after=None, observed_close_by=None, close_uncertain=False)
    if old.status is CaseStatus.PAUSED and record.status is CaseStatus.IN_PROCESS:
        events.append(_event(record, EventKind.RESUMED, None, after, by))
    else:
        fact, steps = _steps(fact, old.status, (after, by, uncertain), _responded(known))
        events += steps
    fact = _without_automatic_reply(fact)
    fact = replace(fact, backdated=known.backdated or bool(moved), invalid_sequence=invalid_sequence(record))
    told = _OWN if passed is None else _OWN | {EventKind.ASSIGNED}
    events += [_observed(e, after, by) for e in record.events if e.kind not in told and e not in old.events]
    return fact, tuple(events)


def vanish(known: CaseFact, moment: Moment, confirmed: datetime | None) -> tuple[CaseFact, tuple[Event, ...]]:
    """Twice missing inside a coverage that came whole."""
    after, by, _ = moment.interval(confirmed)
    event = _event(known.record, EventKind.VANISHED, None, after, by, origin="room")
    return replace(known, version=known.version + 1, vanished_at=moment.now), (event,)


def uncover(known: CaseFact, moment: Moment) -> tuple[CaseFact, tuple[Event, ...]]:
    """Open, and not among what this payload speaks for any more: its end will not be heard of."""
    event = _event(known.record, EventKind.UNCOVERED, None, *moment.interval()[:2], origin="room")
    return replace(known, version=known.version + 1, uncovered_at=moment.now), (event,)


def inherit(record: Case, known: CaseFact) -> Case:
    """What the room itself found out about a case stays with it when the source's record comes without it."""
    old = known.record
    record = settle(record, old)
    changes: dict[str, object] = {}
    if record.group is None and old.group is not None:
        changes["group"] = old.group
    if record.reopened is None:
        again = old.status in LEFT and record.status.open
        if again or old.reopened is not None:
            changes["reopened"] = (old.reopened or 0) + int(again)
    if record.transfers is None:
        passed = _passed_on(old, record, None, None) is not None and old.department not in (None, UNKNOWN)
        if passed or old.transfers is not None:
            changes["transfers"] = (old.transfers or 0) + int(passed)
    return replace(record, **changes) if changes else record  # type: ignore[arg-type]


def invalid_sequence(record: Case) -> bool:
    """Closed or answered before it was created: kept and marked, never a negative time."""
    return any(at is not None and at < record.opened_at for at in (record.resolved_at, record.first_response_at))


def past_moved(old: Case, new: Case) -> tuple[str, ...]:
    """Names of timestamps that the source had already declared and that now read differently."""
    moved = []
    for name in ("opened_at", "first_response_at", "resolved_at"):
        before, after = getattr(old, name), getattr(new, name)
        if before is None or before == after or same(new, old, name):
            continue
        # A case that is open again, or was closed a second time, has a new end and not a changed one.
        if name == "resolved_at" and not (old.status in LEFT and new.status in LEFT):
            continue
        moved.append(name)
    return tuple(moved)


def _held_at_first(record: Case) -> datetime | None:
    """A case seen for the first time is with its department since it was opened, unless others had it before: then
    since the time its source gives, if it gives one."""
    if record.department in (None, UNKNOWN):
        return None
    own = _own(record, EventKind.ASSIGNED)
    if own is not None and own.declared_at is not None:
        return own.declared_at
    return None if record.transfers else record.opened_at


def _passed_on(old: Case, new: Case, after: datetime | None, by: datetime | None) -> Event | None:
    """The case went to another department: custody, and with it the department's clock. A word that the registry
    reads otherwise than before moves nothing. ``detail``: the department's code, "" for none."""
    if new.department == old.department or new.department_word == old.department_word:
        return None
    declared = None if _own(old, EventKind.ASSIGNED) == _own(new, EventKind.ASSIGNED) else _declared(new)
    code = new.department if new.department not in (None, UNKNOWN) else ""
    return Event(kind=EventKind.ASSIGNED, declared_at=declared, observed_after=after, observed_by=by, detail=code or "")


def _declared(record: Case) -> datetime | None:
    own = _own(record, EventKind.ASSIGNED)
    return own.declared_at if own is not None else None


def left_at(fact: CaseFact) -> datetime | None:
    """When the case left the open set: observed, else declared, else when the room first saw it so."""
    if fact.record.status.open:
        return None
    return fact.observed_close_by or fact.record.resolved_at or fact.record.updated_at or fact.first_seen_at


def _responded(fact: CaseFact) -> bool:
    """Whether the first response lies behind, seen or not: what was done before the room looked nobody knows."""
    unseen = fact.backlog and fact.record.status in ACTED
    return fact.observed_response_by is not None or _responds(fact.record) or unseen


def _without_automatic_reply(fact: CaseFact) -> CaseFact:
    """A closing that was taken for the answer until the source said that nobody did it."""
    by_closing = fact.observed_response_by is not None and fact.observed_response_by == fact.observed_close_by
    if not by_closing or _responds(fact.record):
        return fact
    return replace(fact, observed_response_after=None, observed_response_by=None, response_uncertain=False)


def _steps(
    fact: CaseFact,
    was: CaseStatus,
    interval: tuple[datetime | None, datetime | None, bool],
    had_response: bool,
) -> tuple[CaseFact, list[Event]]:
    """The fact and events of a change of status."""
    after, by, uncertain = interval
    record = fact.record
    if was in LEFT and record.status in LEFT:  # only who closed it is told anew: the answer was the closing
        after, by, uncertain = fact.observed_close_after, fact.observed_close_by, fact.close_uncertain
    responded = not had_response and _responds(record)
    if responded and by is not None:
        fact = replace(fact, observed_response_after=after, observed_response_by=by, response_uncertain=uncertain)
    if record.status in LEFT and was not in LEFT and by is not None:
        fact = replace(fact, observed_close_after=after, observed_close_by=by, close_uncertain=uncertain)
    return fact, _step_events(record, was, after, by, responded)


def _responds(record: Case) -> bool:
    """Whether somebody acted. Before a closing by the reporter's silence or by the system it takes an earlier answer;
    who closed it not being known, the closing counts."""
    if record.status in LEFT and record.closed_by in AUTOMATIC:
        answered, closed = record.first_response_at, record.resolved_at
        return answered is not None and (closed is None or answered < closed)
    return record.status in ACTED or record.first_response_at is not None


def _step_events(
    record: Case, was: CaseStatus, after: datetime | None, by: datetime | None, responded: bool
) -> list[Event]:
    """Waiting to closed in one look is one event for both steps, and marked."""
    events: list[Event] = []
    if record.status in LEFT and was not in LEFT:
        events.append(_event(record, _STEP[record.status], record.resolved_at, after, by, both=responded))
    elif responded:
        events.append(_event(record, EventKind.RESPONDED, record.first_response_at, after, by))
    if record.status is CaseStatus.PAUSED and was is not CaseStatus.PAUSED:
        events.append(_event(record, EventKind.PAUSED, None, after, by))
    return events


def _event(
    record: Case,
    kind: EventKind,
    declared: datetime | None,
    after: datetime | None,
    by: datetime | None,
    *,
    origin: str = "source",
    detail: str = "",
    both: bool = False,
) -> Event:
    """An event with the declared time and detail that the source itself gives for its kind, if it does."""
    own = _own(record, kind)
    if own is not None and origin == "source":
        declared, detail = own.declared_at or declared, own.detail or detail
    return Event(
        kind=kind,
        declared_at=declared,
        observed_after=after,
        observed_by=by,
        origin=origin,
        detail=detail,
        both=both,
    )


def _own(record: Case, kind: EventKind) -> Event | None:
    """The last event of this kind that the source itself tells."""
    return next((event for event in reversed(record.events) if event.kind is kind), None)


def _observed(event: Event, after: datetime | None, by: datetime | None) -> Event:
    return replace(event, observed_after=after, observed_by=by)
