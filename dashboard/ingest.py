"""Compares a payload with what was known and hands one transaction to the history; never fetches or publishes.

Digest (unchanged rows are not parsed) -> parse -> judge the payload -> compare -> coverage -> commit. What is
remembered between polls is a cache of the history: it is dropped when a commit fails or the epoch changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from dashboard.calendar import Calendar
from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.contract import Connector, ParseContext, Payload
from dashboard.errors import SourceError
from dashboard.facts import CaseChange, Commit, PollFact
from dashboard.geography import locator
from dashboard.history import History, schema
from dashboard.history.batch import Batch
from dashboard.ingest_cases import (
    CaseComparer,
    Outcome,
    declared_steps,
    key_digest,
    unknown_of_subject,
    unknown_places_of,
    unknown_words_of,
)
from dashboard.ingest_declared import declared_bodies
from dashboard.ingest_diff import Moment
from dashboard.ingest_due import Deriver, pauses_of
from dashboard.ingest_judgement import advance, newest, refusal, remember
from dashboard.ingest_lookup import RememberedWords
from dashboard.ingest_memory import WORDS, Memory, missed
from dashboard.ingest_places import Places
from dashboard.ingest_quarantine import count_reasons
from dashboard.ingest_reading import Reading, digester, observe_fields, read
from dashboard.ingest_records import compare_measurements
from dashboard.ingest_statuses import compare_statuses, part_with
from dashboard.ingest_words import WordCleaner, clean
from dashboard.redaction import redact

_OUTCOMES = {"SourceRefused": "refused", "SourceChanged": "changed"}


class Ingest:
    """One for each collector, used from its single writer thread."""

    def __init__(
        self,
        config: Config,
        registry: Registry,
        calendar: Calendar,
        history: History,
        key: bytes,
    ) -> None:
        self.config, self.registry, self.history = config, registry, history
        self._key = hashlib.blake2b(key, digest_size=32, person=b"liveroom").digest()
        self._deriver = Deriver(config, registry, calendar)
        self._cleaner = WordCleaner(redact, frozenset((*registry.districts, *registry.subdistricts)))
        self._locate = locator(config.regions, config.folder)
        self._lookup = RememberedWords(registry)
        self._memories: dict[str, Memory] = {}
        self._places: Places | None = None
        self._numbers: dict[str, int] = {}
        self._epoch: int | None = None
        self._words_digest = _digest(config.model_dump(mode="json", include=_WORDS))

    # Memory

    def forget(self, source_id: str | None = None) -> None:
        """Drop what is remembered of a source (of all), so that the next poll reads it from the history."""
        if source_id is None:
            self._memories.clear()
        else:
            self._memories.pop(source_id, None)
        self._places = None
        self._numbers.clear()

    def _memory(self, source_id: str, mapping: bytes, epoch: int) -> Memory:
        if epoch != self._epoch:  # another leader may have written meanwhile
            self.forget()
            self._epoch = epoch
        memory = self._memories.get(source_id)
        if memory is None or memory.mapping != mapping:
            memory = Memory.load(self.history, source_id, mapping)
            self._memories[source_id] = memory
        return memory

    def _next(self, table: Any) -> int:
        if table.name not in self._numbers:
            self._numbers[table.name] = self.history.last_number(table) + 1
        return self._numbers[table.name]

    def _grouping(self, now: datetime) -> Places:
        if self._places is None:
            self._places = Places(self._key, self.config.privacy.cell_days, self._locate, redact)
            self._places.load(self.history.places(now))
        return self._places

    def mapping(self, source: Source, connector: Connector) -> bytes:
        """Parser and mapping version: rows are read anew when the parser, the source block or a registry changes."""
        block = source.model_dump(mode="json", include={"type", "options", "numbers", "zone", "summary", "visibility"})
        return hashlib.blake2b(
            orjson.dumps([connector.PARSER_VERSION, block, self._words_digest], option=orjson.OPT_SORT_KEYS),
            digest_size=16,
        ).digest()

    # A poll that brought something

    def take(
        self,
        source: Source,
        connector: Connector,
        payload: Payload,
        parse_ctx: ParseContext[Any],
        *,
        epoch: int,
        started_at: datetime,
        duration_ms: float = 0.0,
        bytes: int | None = None,
    ) -> Commit:
        """Write what ``payload`` changed, in one transaction. A payload that cannot be believed is kept as a poll
        row (outcome ``changed`` or ``suspicious_empty``) and changes nothing else. Raises NotLeader."""
        mapping = self.mapping(source, connector)
        memory = self._memory(source.id, mapping, epoch)
        poll = PollFact(
            source=source.id,
            started_at=started_at,
            finished_at=payload.fetched_at,
            outcome="ok",
            duration_ms=round(duration_ms, 1),
            bytes=bytes,
            skew_s=(payload.source_time - payload.fetched_at).total_seconds() if payload.source_time else None,
            whole=payload.whole,
            copied_forward=memory.current.copied_forward,
        )
        if payload.not_modified:
            return self._not_modified(source, payload, memory, poll, epoch)
        if parse_ctx.words is self.registry:
            parse_ctx = replace(parse_ctx, words=self._lookup)
        digest = digester(self._key, mapping)
        reading = read(payload, connector, parse_ctx, digest, memory.rows, self._cleaner, memory.quarantined)
        agreed = memory.current.fields if memory.current.mapping == mapping.hex() else None
        observe_fields(reading, payload.rows, agreed)
        poll = replace(
            poll,
            digest=reading.digest,
            rows=reading.rows,
            rejected=len(reading.rejects),
            reject_reasons=count_reasons(reading.rejects),
            drift=reading.drift,
        )
        refused = refusal(payload, reading, memory)
        if refused is not None:
            return self._refuse(source, payload, reading, memory, replace(poll, **refused), epoch)
        try:
            return self._accept(source, connector, payload, reading, memory, poll, epoch)
        except BaseException:
            # Rolled back, or committed and the answer lost: only the history knows.
            self.forget(source.id)
            raise

    def _accept(
        self,
        source: Source,
        connector: Connector,
        payload: Payload,
        reading: Reading,
        memory: Memory,
        poll: PollFact,
        epoch: int,
    ) -> Commit:
        now, current = payload.fetched_at, memory.current
        repeat = current.last_whole is not None and now <= current.last_whole
        served = current.first_success is not None
        moment = Moment(source=source, now=now, before=current.last_whole, served=served)
        batch = Batch(
            source=source.id,
            provenance=source.provenance,
            at=now,
            poll=poll,
            current=current,
            parser=f"{connector.PARSER_VERSION}.{memory.mapping[:4].hex()}",
            quarantine=reading.quarantine,
        )
        seen = {number for mark in reading.hits for number in memory.rows[mark]}
        comparer = CaseComparer(
            self.history, self.registry, self._deriver, self._grouping(now), self._key, self._next(schema.case_current)
        )
        outcome = comparer.compare(reading.cases, memory, seen, moment, batch)
        new = sum(write.before is None for write in batch.cases)
        vanished, uncovered = self._cover(payload, comparer, memory, moment, batch, outcome, repeat)
        numbers = {table.name: self._next(table) for table in (schema.measurement_current, schema.status_current)}
        times = source.doubtful_times
        counted = [
            compare_measurements(
                self.history, reading, memory, batch, outcome, now, numbers["measurement_current"], times
            ),
            compare_statuses(
                self.history, reading, batch, outcome, now, numbers["status_current"], self.config.status_kinds
            ),
        ]
        listed = payload.whole and payload.coverage.kind == "complete" and not reading.rejects
        if listed and "status" in connector.SHAPES:
            vanished += part_with(self.history, reading, memory, batch, outcome, now)
        for write in batch.cases:
            batch.words.update(unknown_words_of(write.after.record))
        for stored in batch.measurements:
            batch.words.update(unknown_places_of(stored.fact.record))
        for state in batch.statuses:
            batch.words.update(unknown_of_subject(state.fact.record))
            memory.note_subject(state.fact.record)
        fresh = sorted(batch.words - memory.words)
        batch.words = set(fresh[: max(0, WORDS - len(memory.words))])
        remember(batch, memory, outcome, reading)
        records = len(batch.cases) + len(batch.measurements) + len(batch.statuses) - uncovered  # no news of the source
        new += sum(count for count, _ in counted)
        batch.poll = replace(
            batch.poll,
            new=new,
            changed=records - new - vanished,
            vanished=vanished,
            unknown_words=memory.counts(),
            drift=(*batch.poll.drift, *((f"future:{reading.ahead}",) if reading.ahead else ())),
            data_at=newest(current.data_at, reading.data_at, now),
        )
        batch.current = advance(payload, reading, memory, batch.poll, bool(records))
        commit = self._write(batch, memory, epoch)
        self._numbers[schema.case_current.name] = outcome.next_number
        for (_, following), table in zip(counted, (schema.measurement_current, schema.status_current), strict=True):
            self._numbers[table.name] = following
        return commit

    def _cover(
        self,
        payload: Payload,
        comparer: CaseComparer,
        memory: Memory,
        moment: Moment,
        batch: Batch,
        outcome: Outcome,
        repeat: bool,
    ) -> tuple[int, int]:
        """Whoever was missing and is served again is confirmed; whoever is missing twice has vanished; an open case
        that the window has left behind is uncovered. How many vanished and were uncovered."""
        written = {write.after.number for write in batch.cases}
        for number in (memory.missing.keys() & outcome.seen) - written:
            batch.missing[number] = None
        if not payload.whole or payload.coverage.kind == "delta":
            return 0, 0
        absent, fallen = missed(memory, outcome.seen, payload.coverage, self.history)
        vanished = comparer.vanished(absent, memory, moment, batch, outcome, repeat)
        return vanished, comparer.uncovered(fallen, moment, batch, outcome) if fallen else 0

    def _not_modified(self, source: Source, payload: Payload, memory: Memory, poll: PollFact, epoch: int) -> Commit:
        poll = replace(poll, outcome="not_modified", unknown_words=memory.counts(), data_at=memory.current.data_at)
        batch = Batch(
            source=source.id, provenance=source.provenance, at=payload.fetched_at, poll=poll, current=memory.current
        )
        batch.current = advance(payload, None, memory, poll, False)
        return self._write(batch, memory, epoch)

    def _refuse(
        self, source: Source, payload: Payload, reading: Reading, memory: Memory, poll: PollFact, epoch: int
    ) -> Commit:
        batch = Batch(
            source=source.id,
            provenance=source.provenance,
            at=payload.fetched_at,
            poll=poll,
            current=memory.current.failed(payload.fetched_at, poll.cause or poll.outcome),
            quarantine=reading.quarantine,
        )
        commit = self._write(batch, memory, epoch)
        memory.quarantine(row.digest for row in reading.quarantine)
        return commit

    def _write(self, batch: Batch, memory: Memory, epoch: int) -> Commit:
        try:
            commit = self.history.commit(epoch, batch)
        except BaseException:
            self.forget(batch.source)
            raise
        memory.current = batch.current
        return commit

    # A poll that brought nothing

    def fail(
        self,
        source: Source,
        error: SourceError,
        *,
        epoch: int,
        started_at: datetime,
        now: datetime,
        duration_ms: float,
    ) -> Commit:
        """Keep a failed poll as data; what was known stays."""
        if epoch != self._epoch:
            self.forget()
            self._epoch = epoch
        memory = self._memories.get(source.id)
        current = memory.current if memory is not None else self.history.source_current(source.id)
        poll = PollFact(
            source=source.id,
            started_at=started_at,
            finished_at=now,
            outcome=_OUTCOMES.get(type(error).__name__, "unavailable"),
            cause=error.cause,
            detail=clean(redact(error.detail), 300),
            duration_ms=round(duration_ms, 1),
            copied_forward=current.copied_forward,
            data_at=current.data_at,
        )
        batch = Batch(
            source=source.id, provenance=source.provenance, at=now, poll=poll, current=current.failed(now, error.cause)
        )
        try:
            commit = self.history.commit(epoch, batch)
        except BaseException:
            self.forget(source.id)
            raise
        if memory is not None:
            memory.current = batch.current
        return commit

    # What is not a poll

    def rederive(self, epoch: int, at: datetime, numbers: Sequence[int]) -> Commit | None:
        """Derive due times and visibility of these cases anew (a holiday was decreed, a category became
        confidential), and record what moved; of a closed one the visibility alone: whether it was in time has been
        decided. None when nothing moved."""
        facts = self.history.case_facts(numbers)
        pauses = self.history.pause_events([number for number, fact in facts.items() if fact.record.status.open])
        changes = []
        for number, fact in facts.items():
            if fact.record.status.open:
                after = self._deriver.derive(fact, pauses_of(declared_steps(fact.record) or pauses.get(number, [])))
            else:
                after = replace(fact, visibility=self._deriver.visibility(fact.record, fact.source))
            if after != fact:
                changes.append(CaseChange(before=fact, after=after))
        return self.history.rederive(epoch, at, changes)

    def declare(self, epoch: int, at: datetime, kpis: Mapping[str, Any] | None = None) -> Commit | None:
        """Keep config, policies, targets, registries and KPI definitions as versions; None when nothing changed."""
        return self.history.declare(epoch, at, declared_bodies(self.config, kpis))

    def erase(self, epoch: int, at: datetime, source_id: str, key: str, reason: str) -> Commit | None:
        """Erase one case by its source's own id. None when there is no such case."""
        number = self.number_of(source_id, key)
        if number is None:
            return None
        commit = self.history.erase(epoch, at, [number], cause="request", reason=reason)
        self.forget(source_id)
        return commit

    def number_of(self, source_id: str, key: str) -> int | None:
        """The room's own number of a case, by its source's id. None when there is no such case, or no more."""
        found = self.history.stored_cases(source_id, [key_digest(self._key, source_id, key)])
        return next((stored.fact.number for stored in found.values()), None)

    def retain(self, epoch: int, at: datetime) -> Commit | None:
        """Apply ``retention_days`` of each kind to a portion of the cases. None when nothing is due any more: then
        what was kept for a while is dropped, and memory begins anew with what history still holds, so that it
        never grows by what sources served once."""
        days = {kind: rule.retention_days for kind, rule in self.config.kinds.items() if rule.retention_days}
        commit = self.history.retain(epoch, at, days)
        if commit is None:
            self.history.expire(epoch, at, at - timedelta(days=self.config.privacy.quarantine_days))
        self.forget()
        return commit


_WORDS = {
    "city", "regions", "departments", "categories", "commodities", "markets", "kinds", "classes", "facilities",
    "status_kinds",
}  # fmt: skip


def _digest(value: Any) -> str:
    return hashlib.blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
