"""A city of made-up cases that come, change, close, reopen and vanish, of surveys and of states; hands out commits,
never counts anything."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.facts import CaseChange, CaseFact, Commit, MeasurementFact, PollFact, StatusFact
from dashboard.kpi.batch import COLUMNS
from dashboard.kpi.statuses import unheard_after
from dashboard.records import AUTOMATIC, Case, CaseStatus, ClosedBy, Measurement, Status

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 10.00 in the small city
OPEN = (CaseStatus.WAITING, CaseStatus.IN_PROCESS, CaseStatus.PAUSED, CaseStatus.UNKNOWN)
VISIBILITY = {"bribe": "confidential", "poverty": "desk"}


def make_board(config: Config) -> Board:
    registry = Registry(config)
    return Board(config, registry, Calendar(config, registry))


def make_fact(number: int, **given: Any) -> CaseFact:
    """A case with everything unsaid; ``given`` sets fields of the fact or of its record."""
    record: dict[str, Any] = {
        "key": f"K{number}", "kind": "aspiration", "status": CaseStatus.WAITING, "opened_at": START,
        "category": "road", "department": "PU", "district": "99.01.01",
    }  # fmt: skip
    fact: dict[str, Any] = {
        "source": "laksa", "provenance": "simulated", "version": 1, "visibility": "wall", "first_seen_at": START,
        "backlog": False, "policy": None, "due_at": None, "due_basis": None, "provisional": False,
    }  # fmt: skip
    for name, value in given.items():
        (record if name in Case.__dataclass_fields__ and name not in ("due_at", "group") else fact)[name] = value
    return CaseFact(number=number, record=Case(**record), **fact)


def change_record(fact: CaseFact, **given: Any) -> CaseFact:
    return replace(fact, record=replace(fact.record, **given))


def commit_of(seq: int, at: datetime, changes: Iterable[CaseChange], source: str = "laksa") -> Commit:
    held = list(changes)
    poll = PollFact(source=source, started_at=at, finished_at=at, outcome="ok", rows=len(held), changed=len(held))
    return Commit(seq=seq, epoch=1, at=at, kind="poll", source=source, poll=poll, cases=held)


class World:
    """What the sources and the room's ingest would have done; every step can be drawn from a seed."""

    def __init__(self, seed: int, start: datetime = START) -> None:
        self.random = random.Random(seed)
        self.now = start
        self.last_poll = start - timedelta(seconds=30)
        self.facts: dict[int, CaseFact] = {}
        self.left_at: dict[int, datetime] = {}
        self.commits: list[Commit] = []
        self.measurements: dict[str, MeasurementFact] = {}
        self.statuses: dict[str, StatusFact] = {}
        self.trails: list[tuple[str, str, datetime, str]] = []
        self._market = random.Random(seed + 1)  # of its own, so that a survey changes no case
        self._closer = random.Random(seed + 2)

    # Steps

    def poll(self, changes: int = 3) -> Commit:
        """A poll that brings some new cases and some changes of old ones."""
        self.last_poll, before = self.now, self.last_poll
        self._after = before
        done: list[CaseChange] = []
        for _ in range(changes):
            number = self.random.choice([*self.facts, 0])
            if number and any(change.after.number == number for change in done):
                continue  # a poll shows a case once
            done.append(self._new() if not number or self.random.random() < 0.5 else self._change(number))
        for change in done:
            self.facts[change.after.number] = change.after
            if not change.after.record.status.open:
                self.left_at.setdefault(change.after.number, self.now)
            else:
                self.left_at.pop(change.after.number, None)
        commit = commit_of(len(self.commits) + 1, self.now, done)
        self.commits.append(commit)
        return commit

    def survey(self, size: int = 3) -> Commit:
        """A poll of another source: prices, counters of a district office and the states of sites, new, corrected
        or not reported."""
        r = self._market
        day = self.now.replace(hour=0, minute=0) - timedelta(days=r.choice([0, 0, 0, 1, 7]))
        measured: dict[str, MeasurementFact] = {}
        states: dict[str, StatusFact] = {}
        for _ in range(size):
            if r.random() < 0.3:
                state = self._state(f"site {r.randrange(3)}", r.choice(["up", "down"]))
                states[state.record.key] = state
                continue
            metric = r.choice(["price", "price", "served"])
            value = r.choice([None, 40_000.0, 41_000.0, 60_000.0])
            record = Measurement(
                metric=metric, place=r.choice(["anyar", "bandeng"]) if metric == "price" else "99.01.01",
                item=r.choice(["rice", "chili"]) if metric == "price" else None, period_start=day,
                observed_at=self.now,
                period_end=day + timedelta(days=1), value=value, reported=value is not None, unit="kg",
            )  # fmt: skip
            measured[record.key] = MeasurementFact(
                source="prices", provenance="simulated", record=record, version=1, seen_at=self.now
            )
        self.measurements |= measured
        self.statuses |= states
        self.trails += [("prices", key, self.now, fact.record.state) for key, fact in states.items()]
        commit = replace(
            commit_of(len(self.commits) + 1, self.now, (), "prices"),
            measurements=list(measured.values()),
            statuses=list(states.values()),
        )
        self.commits.append(commit)
        return commit

    def _state(self, subject: str, state: str) -> StatusFact:
        known = self.statuses.get(f"site|{subject}")
        since = None
        if known is not None:
            since = known.record.observed_since if known.record.state == state else self.now
        parent = None if subject == "site 0" else "site 0"
        record = Status(subject=subject, kind="site", state=state, observed_since=since, parent=parent)
        version = known.version + 1 if known is not None else 1
        return StatusFact(source="prices", provenance="simulated", record=record, version=version, seen_at=self.now)

    def unheard(self, longest: dict[str, float]) -> dict[str, list[tuple[datetime, datetime]]]:
        found: dict[str, list[tuple[datetime, datetime]]] = {}
        for source, most in longest.items():
            polls = [commit.at for commit in self.commits if commit.source == source]
            found[source] = [(a, b) for a, b in pairwise(polls) if (b - a).total_seconds() > most]
        return found

    def _new(self) -> CaseChange:
        r, number = self.random, len(self.facts) + 1
        while number in self.facts:
            number += 1
        ago = r.choice([0, 20, 3600, 30_000, 90_000, 2_000_000, 20_000_000])
        opened = self.now - timedelta(seconds=r.random() * ago)
        category = r.choice(["road", "flood", "poverty", "bribe", None])
        visibility = VISIBILITY.get(category or "", "wall")
        due, basis = self._due(opened)
        fact = make_fact(
            number,
            kind=r.choice(["aspiration", "aspiration", "permit"]),
            opened_at=opened,
            category=category,
            department=r.choice(["PU", "BPBD", "Kominfo", None, "unknown"]),
            district=r.choice(["99.01.01", "99.01.02", None, "unknown"]),
            visibility=visibility,
            first_seen_at=self.now,
            backlog=r.random() < 0.15,
            due_at=due,
            due_basis=basis,
            response_due_at=opened + timedelta(seconds=self._closer.choice([60, 30_000, 900_000])),
            response_basis=self._closer.choice(["ditetapkan", "usulan"]),
            group=r.choice([None, None, "g1", "g2"]),
            klass=self._closer.choice([None, "complaint", "information"]),
        )
        self.facts[number] = fact  # reserves the number within this poll
        return CaseChange(before=None, after=self._step(fact, r.choice([*OPEN[:2], *CaseStatus])))

    def _due(self, opened: datetime) -> tuple[datetime | None, str | None]:
        r = self.random
        basis = r.choice([None, "ditetapkan", "usulan", "source"])
        return (
            (opened + timedelta(seconds=r.choice([600, 40_000, 500_000, 3_000_000])), basis) if basis else (None, None)
        )

    def _change(self, number: int) -> CaseChange:
        r, before = self.random, self.facts[number]
        after = replace(before, version=before.version + 1)
        what = r.choice(["status", "status", "status", "place", "vanish", "due", "secret", "backdate", "nothing"])
        if what == "status":
            after = self._step(
                replace(after, vanished_at=None, uncovered_at=None), r.choice([*CaseStatus, CaseStatus.CLOSED])
            )
        elif what == "place":
            after = change_record(after, district=r.choice(["99.01.01", "99.01.02", None]), department="Kominfo")
        elif what == "vanish":
            how = self._closer.choice(["vanished_at", "uncovered_at"])
            gone = after.vanished_at or after.uncovered_at
            found: dict[str, Any] = {"vanished_at": None, "uncovered_at": None} | ({} if gone else {how: self.now})
            after = replace(after, **found)
        elif what == "due":
            due, basis = self._due(after.record.opened_at)
            after = replace(after, due_at=due, due_basis=basis)
        elif what == "secret":
            after = replace(after, visibility=r.choice(["wall", "desk", "confidential"]))
        elif what == "backdate":
            opened = after.record.opened_at - timedelta(seconds=r.choice([5, 7000, 100_000]))
            after = replace(change_record(after, opened_at=opened), backdated=True)
        return CaseChange(before=before, after=after)

    def _step(self, fact: CaseFact, status: CaseStatus) -> CaseFact:
        """A new status with what ingest notes down about it."""
        r, old = self.random, fact.record.status
        said = self.now - timedelta(seconds=r.random() * r.choice([1, 4000, 100_000]))
        declared = r.choice([None, said])
        span = {"after": r.choice([None, self._after]), "by": self.now}
        closer = self._closer.choice([None, *ClosedBy]) if status is CaseStatus.CLOSED else None
        fact = change_record(fact, closed_by=closer)
        acted = status not in (CaseStatus.WAITING, CaseStatus.UNKNOWN) and closer not in AUTOMATIC
        if acted and fact.observed_response_by is None:
            fact = change_record(fact, first_response_at=declared)
            if not fact.backlog:
                fact = replace(
                    fact,
                    observed_response_after=span["after"],
                    observed_response_by=span["by"],
                    response_uncertain=r.random() < 0.2,
                )
        if status.open:
            fact = replace(
                change_record(fact, resolved_at=None),
                observed_close_after=None,
                observed_close_by=None,
                close_uncertain=False,
            )
        elif old.open:
            fact = change_record(fact, resolved_at=declared)
            if not fact.backlog or r.random() < 0.5:
                fact = replace(
                    fact,
                    observed_close_after=span["after"],
                    observed_close_by=span["by"],
                    close_uncertain=r.random() < 0.2,
                )
        fact = change_record(fact, status=status)
        times = (fact.record.resolved_at, fact.record.first_response_at)
        invalid = any(t is not None and t < fact.record.opened_at for t in times)
        return replace(fact, invalid_sequence=invalid)

    def wait(self, length: timedelta) -> None:
        self.now += length

    # What history would give

    def load_into(self, board: Board) -> None:
        since, replay = board.closed_since(self.now), board.replay_from(self.now)
        gone = [f for f in self.facts.values() if not f.record.status.open and self._newest(f) >= since]
        board.load(
            now=self.now,
            seq=len(self.commits),
            epoch=1,
            open_cases=[fact for fact in self.facts.values() if fact.record.status.open],
            closed=closed_columns(gone),
            ended=[fact for fact in gone if fact.record.kind in board.ended_since(self.now)],
            measurements=sorted(self.measurements.values(), key=lambda fact: fact.record.period_start),
            statuses=self.statuses.values(),
            trails=self.trails,
            unheard=self.unheard(unheard_after(board.config)),
            recent=[commit for commit in self.commits if commit.at >= replay],
            served={(f.record.kind, f.source, f.provenance) for f in self.facts.values()},
        )

    def _newest(self, fact: CaseFact) -> datetime:
        record = fact.record
        times = (record.first_response_at, record.resolved_at, fact.observed_response_by, fact.observed_close_by)
        return max(self.left_at[fact.number], record.opened_at, *(at for at in times if at is not None))


def closed_columns(facts: Iterable[CaseFact], size: int = 7) -> Iterator[dict[str, list[Any]]]:
    """As ``history.closed_columns``: chunks, instants in whole seconds."""
    held = list(facts)
    for start in range(0, len(held), size):
        chunk: dict[str, list[Any]] = {}
        for name in ("number", "source", "provenance", *COLUMNS):
            values = [_value(fact, name) for fact in held[start : start + size]]
            chunk[name] = [int(v.timestamp() // 1) if isinstance(v, datetime) else v for v in values]
        yield chunk


def _value(fact: CaseFact, name: str) -> Any:
    if name not in ("due_at",) and hasattr(fact.record, name):
        value = getattr(fact.record, name)
        return value.value if isinstance(value, CaseStatus) else value
    return getattr(fact, name)
