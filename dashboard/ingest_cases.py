"""Compares parsed cases with the stored ones and prepares what has to be written; reads, never writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from dashboard.config.registry import Registry
from dashboard.facts import CaseChange, CaseFact
from dashboard.history import History
from dashboard.history.batch import Batch, CaseWrite, StoredCase
from dashboard.ingest_diff import Moment, change, first_sight, inherit, left_at, uncover, vanish
from dashboard.ingest_due import Deriver, pauses_of
from dashboard.ingest_memory import Memory
from dashboard.ingest_places import Places
from dashboard.ingest_words import WORDS
from dashboard.records import UNKNOWN, Case, Event, EventKind, Measurement, Status, Transient

Parsed = tuple[Case, Transient | None, bytes]
_CODES = attrgetter(*WORDS.values())
_PAUSE_KINDS = frozenset({EventKind.PAUSED, EventKind.RESUMED})


@dataclass(slots=True)
class Outcome:
    """What memory has to take over once the transaction is committed."""

    seen: set[int]
    notes: list[tuple[int, Case]] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    old_digests: list[bytes] = field(default_factory=list)
    new_digests: list[tuple[bytes, int | None]] = field(default_factory=list)
    next_number: int = 0
    sizes: dict[str, int] = field(default_factory=dict)  # duplicate groups that grew


class CaseComparer:
    """One payload's cases against the history."""

    def __init__(
        self, history: History, registry: Registry, deriver: Deriver, places: Places, key: bytes, number: int
    ) -> None:
        self._history, self._registry, self._deriver, self._places = history, registry, deriver, places
        self._key = key
        self._number = number

    def key_digest(self, source: str, key: str) -> bytes:
        return key_digest(self._key, source, key)

    def compare(
        self, parsed: Iterable[Parsed], memory: Memory, seen: set[int], moment: Moment, batch: Batch
    ) -> Outcome:
        outcome = Outcome(seen=seen)
        newest = self._newest(parsed, memory, moment.source.id, outcome)
        stored: dict[bytes, StoredCase] = {}
        if memory.current.first_success is not None:
            stored = self._history.stored_cases(moment.source.id, list(newest))
        fresh = [(digest, row) for digest, row in newest.items() if digest not in stored]
        for digest, (record, transient, mark) in sorted(fresh, key=lambda item: item[1][0].opened_at):
            self._add(record, transient, digest, mark, moment, batch, outcome)
        changed = [(digest, found, newest[digest]) for digest, found in stored.items()]
        changed.sort(key=lambda item: item[1].fact.number)
        pauses = self._pauses([(known.fact, row[0]) for _, known, row in changed])
        for digest, known, (record, transient, mark) in changed:
            self._meet(known, record, transient, digest, mark, moment, batch, outcome, memory, pauses)
        outcome.next_number = self._number
        self._regroup(batch, outcome)
        return outcome

    def _newest(self, parsed: Iterable[Parsed], memory: Memory, source: str, outcome: Outcome) -> dict[bytes, Parsed]:
        """One row for each case: pages that shift serve a case twice, and the one updated last counts."""
        newest: dict[bytes, Parsed] = {}
        for row in parsed:
            digest = self.key_digest(source, row[0].key)
            if digest in memory.tombstones:
                outcome.new_digests.append((row[2], None))  # need not be read again
                continue
            earlier = newest.get(digest)
            if earlier is None or _stamp(row[0]) >= _stamp(earlier[0]):
                newest[digest] = row
        return newest

    def _refer(self, record: Case, source: str) -> Case:
        """Other cases are named by the keyed digest of their id, so that an erased id stands nowhere else."""
        changes: dict[str, Any] = {}
        for name in ("duplicate_of", "parent"):
            value = getattr(record, name)
            if value:
                changes[name] = self.key_digest(source, value).hex()
        return replace(record, **changes) if changes else record

    def _settle(self, record: Case, transient: Transient | None, moment: Moment) -> Case:
        record = self._places.settle(record, transient, self._registry)
        if record.duplicate_of or record.parent:
            record = self._refer(record, moment.source.id)
        if record.district is None and record.subdistrict not in (None, UNKNOWN):
            record = replace(record, district=self._registry.district_of(record.subdistrict))
        return record

    def _add(
        self,
        record: Case,
        transient: Transient | None,
        digest: bytes,
        mark: bytes,
        moment: Moment,
        batch: Batch,
        outcome: Outcome,
    ) -> None:
        number, self._number = self._number, self._number + 1
        record = self._settle(record, transient, moment)
        record, place = self._places.group(record, number, transient, moment.now)
        if place is not None:
            batch.places.append(place)
        steps = declared_steps(record)
        policy = self._deriver.policy_id(record, moment.source.id)
        derived = self._deriver.values(record, moment.source.id, policy, pauses_of(steps) if steps else ())
        fact, events = first_sight(record, number, derived, moment)
        self._write(None, fact, events, digest, mark, transient, moment, batch, outcome)

    def _meet(
        self,
        known: StoredCase,
        record: Case,
        transient: Transient | None,
        digest: bytes,
        mark: bytes,
        moment: Moment,
        batch: Batch,
        outcome: Outcome,
        memory: Memory,
        pauses: dict[int, list[tuple[EventKind, datetime]]],
    ) -> None:
        fact = known.fact
        number = fact.number
        record = inherit(self._settle(record, transient, moment), fact)
        if number in outcome.seen and _stamp(record) <= _stamp(fact.record):
            return  # the newest row of this case came unchanged; this is its older double
        outcome.seen.add(number)
        if record == fact.record and fact.vanished_at is None and fact.uncovered_at is None:
            if known.row_digest != mark:
                batch.case_digests[number] = mark
                outcome.old_digests += [known.row_digest] if known.row_digest else []
            outcome.new_digests.append((mark, number))
            outcome.notes.append((number, record))
            return
        confirmed = memory.missing.get(number) or known.missing_since or fact.vanished_at or fact.uncovered_at
        after, events = change(record, fact, moment, confirmed)
        if self._deriver.repins(fact.record, record):
            after = replace(after, policy=self._deriver.policy_id(record, moment.source.id))
        steps = [*pauses.get(number, ()), *_observed_steps(events)]
        after = self._deriver.derive(after, pauses_of(declared_steps(record) or steps))
        outcome.old_digests += [known.row_digest] if known.row_digest else []
        cause = "room" if record == fact.record else "source"
        self._write(fact, after, events, digest, mark, transient, moment, batch, outcome, cause)

    def _write(
        self,
        before: CaseFact | None,
        after: CaseFact,
        events: tuple[Event, ...],
        digest: bytes,
        mark: bytes,
        transient: Transient | None,
        moment: Moment,
        batch: Batch,
        outcome: Outcome,
        cause: str = "source",
    ) -> None:
        number = after.number
        batch.cases.append(
            CaseWrite(
                before=before,
                after=after,
                events=events,
                key_digest=digest,
                row_digest=mark,
                left_at=left_at(after),
                cause=cause,
            )
        )
        summary = self._places.summary(moment.source, transient)
        if summary:
            batch.texts[number] = summary
        outcome.seen.add(number)
        outcome.notes.append((number, after.record))
        outcome.new_digests.append((mark, number))

    def _pauses(self, met: list[tuple[CaseFact, Case]]) -> dict[int, list[tuple[EventKind, datetime]]]:
        """Observed pauses are asked for only where one may have been: nearly every case has none."""
        numbers = [fact.number for fact, record in met if fact.record != record]
        return self._history.pause_events(numbers) if numbers else {}

    def _regroup(self, batch: Batch, outcome: Outcome) -> None:
        """Sizes of the groups that grew, and the cases that lead them."""
        grown: dict[str, int] = {}
        for write in batch.cases:
            group = write.after.group
            if write.before is None and group is not None:
                grown[group] = grown.get(group, 0) + 1
        joined = [group for group, count in grown.items()]
        stored = self._history.group_sizes(joined) if joined else {}
        sizes = {group: stored.get(group, 0) + count for group, count in grown.items()}
        batch.cases = [
            replace(write, after=replace(write.after, group_size=sizes[write.after.group]))
            if write.after.group in sizes and sizes[write.after.group] != write.after.group_size
            else write
            for write in batch.cases
        ]
        here = {write.after.number for write in batch.cases}
        leads = {int(group[1:]) for group in grown if stored.get(group)} - here
        for number, fact in self._history.case_facts(sorted(leads)).items():
            size = sizes[f"g{number}"]
            batch.leads.append(CaseChange(before=fact, after=replace(fact, group_size=size)))

    def vanished(
        self, numbers: list[int], memory: Memory, moment: Moment, batch: Batch, outcome: Outcome, repeat: bool
    ) -> int:
        """Note what is missing for the first time; what is missing again has vanished."""
        gone = [] if repeat else [number for number in numbers if number in memory.missing]
        for number in numbers:
            if number not in memory.missing:
                batch.missing[number] = moment.before or moment.now
        facts = self._history.case_facts(gone)
        for number, fact in facts.items():
            self._out_of_view(fact, *vanish(fact, moment, memory.missing[number]), batch, outcome)
        return len(facts)

    def uncovered(self, numbers: list[int], moment: Moment, batch: Batch, outcome: Outcome) -> int:
        """The window has moved on from these: the closed ones are forgotten, of the open ones it is written down."""
        facts = self._history.case_facts(numbers, open_only=True)
        for fact in facts.values():
            self._out_of_view(fact, *uncover(fact, moment), batch, outcome)
        outcome.dropped += [number for number in numbers if number not in facts]
        return len(facts)

    def _out_of_view(
        self, fact: CaseFact, after: CaseFact, events: tuple[Event, ...], batch: Batch, outcome: Outcome
    ) -> None:
        batch.cases.append(
            CaseWrite(
                before=fact,
                after=after,
                events=events,
                key_digest=self.key_digest(fact.source, fact.record.key),
                row_digest=None,  # the same row served again has to be looked at
                left_at=left_at(after),
                cause="room",
            )
        )
        outcome.dropped.append(fact.number)


def key_digest(key: bytes, source: str, record_key: str) -> bytes:
    """Keyed digest of a source's own id: how the history finds a case, and how a tombstone knows it."""
    return hashlib.blake2b(f"{source}\0{record_key}".encode(), key=key, digest_size=16).digest()


def unknown_of_subject(record: Status) -> list[tuple[str, str]]:
    """(field, word) of what no registry, and no declared state, knows."""
    words = (
        ("status", record.state, record.state_word),
        ("department", record.department, record.department_word),
        ("district", record.district, record.district_word),
        ("subdistrict", record.subdistrict, record.subdistrict_word),
    )
    return [(name, word) for name, code, word in words if code == UNKNOWN and word]


def unknown_words_of(record: Case) -> list[tuple[str, str]]:
    """(field, word) of what no registry knows."""
    codes = _CODES(record)
    if UNKNOWN not in codes:
        return []
    return [
        (name, text)
        for (word, name), code in zip(WORDS.items(), codes, strict=True)
        if code == UNKNOWN and (text := getattr(record, word))
    ]


def unknown_places_of(record: Measurement) -> list[tuple[str, str]]:
    """A metric or a place that nobody declared; the source's word for it is in the variant."""
    words = (("metric", record.metric), ("place", record.place))
    return [(name, record.variant) for name, code in words if code == UNKNOWN and record.variant]


def _stamp(record: Case) -> float:
    return record.updated_at.timestamp() if record.updated_at is not None else float("-inf")


def declared_steps(record: Case) -> list[tuple[EventKind, datetime]]:
    """Pauses the source itself dates."""
    steps = [(e.kind, e.declared_at) for e in record.events if e.kind in _PAUSE_KINDS and e.declared_at is not None]
    if steps and record.resolved_at is not None:
        steps.append((EventKind.CLOSED, record.resolved_at))
    return steps


def _observed_steps(events: tuple[Event, ...]) -> list[tuple[EventKind, datetime]]:
    wanted = (*_PAUSE_KINDS, EventKind.CLOSED)
    return [(e.kind, at) for e in events if e.kind in wanted and (at := e.declared_at or e.observed_by) is not None]
