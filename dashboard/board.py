"""The collector's state in memory: committed facts in, published documents out; never does I/O or reads a clock.

``load`` once from history, ``apply`` every commit in order, ``documents`` whenever something changed or
``next_transition`` came. Loading from history and applying commit by commit give the same documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.facts import CaseChange, CaseFact, Commit, MeasurementFact, PollFact, StatusFact
from dashboard.freshness import Judgement, SourceHistory
from dashboard.kpi import spans
from dashboard.kpi.batch import Batch, Codes
from dashboard.kpi.breakdown import BreakdownBook
from dashboard.kpi.cells import Cells
from dashboard.kpi.changes import KEPT, ChangeLog, case_change, source_change
from dashboard.kpi.closings import TodaysClosings
from dashboard.kpi.components import ScoreCards
from dashboard.kpi.figures import Behind, Figures, ms
from dashboard.kpi.functions import Tally
from dashboard.kpi.groups import GroupBook
from dashboard.kpi.intake import IntakeBook
from dashboard.kpi.ledger import Ledger
from dashboard.kpi.measures import MeasureBook
from dashboard.kpi.percentiles import PercentileTable
from dashboard.kpi.prices import PriceBook
from dashboard.kpi.prices_matrix import Matrix
from dashboard.kpi.queue import QueueOrder
from dashboard.kpi.sources import DOWN, Runtime, SourceBook
from dashboard.kpi.statuses import StatusBook
from dashboard.kpi.stock import FLOWS, Movements, OpenTable, is_open
from dashboard.kpi.timeline import Timeline, seconds
from dashboard.kpi.trails import KEPT_S
from dashboard.snapshot import Change, Meta, Prices, encode

CHUNK = 5_000


@dataclass(slots=True)
class Room:
    """What the running collector says of itself; it goes into ``meta``."""

    leader: str = ""
    rate: float = 1.0
    restored: bool = False
    uplink_down: bool = False
    config_digest: str = ""


class Board:
    def __init__(self, config: Config, registry: Registry, calendar: Calendar) -> None:
        self.config = config
        self.registry = registry
        self.calendar = calendar
        self.codes = Codes(config)
        self.room = Room()
        self.seq = 0
        self.epoch = 0
        self._day: datetime | None = None  # 00.00 of the day the movements belong to
        self._kind_sources: dict[str, set[str]] = {kind: set() for kind in config.kinds}
        self._wall_sources = frozenset(s.id for s in config.sources if s.visibility == "wall")
        self._provenance: set[str] = set()
        self._published: dict[str, bytes] = {}
        self._states: dict[str, str] = {}
        self._empty()

    def _empty(self) -> None:
        self.table = OpenTable(self.codes, self.config)
        self.movements = Movements(self.codes)
        self.closings = TodaysClosings(self.codes)
        self.prices, self._matrix = PriceBook(self.registry, self.calendar), Matrix()
        self.measures = MeasureBook(self.registry, self.calendar)
        self._cards = ScoreCards(self.config, self.calendar, self.measures)
        self.sources = SourceBook(self.config, self.calendar)
        self.statuses = StatusBook(self.config, self.sources)
        self.changes = ChangeLog()
        self._figures = Figures(self.config, self.codes)
        self._queue = QueueOrder(self.config, self.codes)
        self._cells = Cells(self.config, self.codes)
        self._intake = IntakeBook()
        self.breakdowns = BreakdownBook(self.config, self.calendar)

    # State in

    def replay_from(self, now: datetime) -> datetime:
        """``load`` wants all commits since this instant as ``recent``: today's movements and latest changes."""
        return min(self.calendar.day_start(now), now - KEPT)

    def closed_since(self, now: datetime) -> datetime:
        """``load`` wants all closed cases with any of their times since this instant."""
        return min(self.calendar.windows(now)["year"][0], self.calendar.day_start(now) - timedelta(days=31))

    def trails_since(self, now: datetime) -> datetime:
        """``load`` wants the states of every subject since this instant, and when its source was not heard."""
        return now - timedelta(seconds=KEPT_S)

    def ended_since(self, now: datetime) -> dict[str, datetime | None]:
        """``load`` wants of these kinds all ended cases (with any of their times since) as ``ended``."""
        year = self.calendar.windows(now)["year"][0]
        return {kind: year if of.since == "year" else None for kind, of in self.breakdowns.kinds.items()}

    def load(
        self,
        *,
        now: datetime,
        seq: int,
        epoch: int = 0,
        open_cases: Iterable[CaseFact],
        closed: Iterable[Mapping[str, Sequence[Any]]] = (),
        ended: Iterable[CaseFact] = (),
        measurements: Iterable[MeasurementFact] = (),
        statuses: Iterable[StatusFact] = (),
        trails: Iterable[tuple[str, str, datetime, str]] = (),
        unheard: Mapping[str, Iterable[tuple[datetime, datetime]]] | None = None,
        histories: Mapping[str, SourceHistory] | None = None,
        polls: Iterable[PollFact] = (),
        recent: Iterable[Commit] = (),
        served: Iterable[tuple[str, str, str]] = (),
        doubtful: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        """Build everything up as of ``seq``. ``closed``: chunks of columns as ``history.closed_columns`` gives
        them; ``ended``: what ``ended_since`` asks for; ``polls``: the newest of each source, oldest first;
        ``trails`` and ``unheard``: since ``trails_since``; ``recent``: the commits from the first one since
        ``replay_from`` on, in the order of their seq (older ones may be among them); ``served``: (kind, source,
        provenance) of every case there ever was: a kind whose last case closed long ago still has a source, and its
        zero is a zero."""
        self._empty()
        for kind, source, provenance in served:
            self._kind_sources.setdefault(kind, set()).add(source)
            self._provenance.add(provenance)
        self._start(now)
        self.seq, self.epoch = seq, epoch
        self._load_open(open_cases, now)
        for columns in closed:
            self._count(Batch.from_columns(columns, self.codes), 1, now)
            self.closings.load(columns, self._day_start)
        self.breakdowns.put(ended)
        self._take_measurements(measurements)
        for source, keys in (doubtful or {}).items():
            self._hold(source, keys)
        held = list(statuses)
        self._provenance.update(fact.provenance for fact in held)
        self.statuses.load(held, trails, unheard)
        self.sources.load(histories or {}, polls)
        self._replay(recent)

    def _load_open(self, open_cases: Iterable[CaseFact], now: datetime) -> None:
        chunk: list[CaseFact] = []
        for fact in open_cases:
            chunk.append(fact)
            if len(chunk) == CHUNK:
                self._load_chunk(chunk, now)
                chunk = []
        self._load_chunk(chunk, now)

    def _load_chunk(self, chunk: list[CaseFact], now: datetime) -> None:
        self._count(Batch.from_facts(chunk, self.codes), 1, now)
        self.table.put(fact for fact in chunk if is_open(fact))
        self.breakdowns.put(chunk)
        for fact in chunk:
            self._note(fact)

    def _replay(self, recent: Iterable[Commit]) -> None:
        """Today's movements again, and who was in the stock at 00.00: every case as it was before its first
        change of the day, and every open case that has not changed."""
        seen: set[int] = set()
        for commit in recent:
            self.changes.apply(commit, self.sources.first(commit))
            for change in commit.cases:
                if commit.at < self._day_start:
                    if change.after.number in seen:
                        self._correct_start(change)
                    continue
                if change.after.number not in seen:
                    seen.add(change.after.number)
                    self.movements.add_start(change.before)
                self.movements.apply(change, self._day_start)
        for number, fact in self.table.facts.items():
            if number not in seen:
                self.movements.add_start(fact)

    def _start(self, now: datetime) -> None:
        self._day = self.calendar.day_start(now)
        self.ledger = Ledger(self.codes, Timeline(self.calendar, now), now)
        self.groups = GroupBook(self.codes, self.calendar, now)
        self._percentiles = PercentileTable(self.codes, self.ledger)

    @property
    def _day_start(self) -> datetime:
        assert self._day is not None, "load the board, or give it a first commit, before asking it"
        return self._day

    def apply(self, commit: Commit) -> None:
        """Take one commit; commits come in the order of their seq."""
        self._roll(commit.at)
        self.seq, self.epoch = commit.seq, commit.epoch
        cases = [change for change in commit.cases if change.before != change.after]
        before = [change.before for change in cases if change.before is not None]
        self._count(Batch.from_facts(before, self.codes), -1, commit.at)
        self._count(Batch.from_facts((change.after for change in cases), self.codes), 1, commit.at)
        self.table.drop(change.after.number for change in cases if not is_open(change.after))
        self.table.put(change.after for change in cases if is_open(change.after))
        self.breakdowns.put(change.after for change in cases)
        for change in cases:
            self._note(change.after)
            self.closings.put(change.after, self._day_start)
            if commit.at >= self._day_start:
                self.movements.apply(change, self._day_start)
            else:
                self._correct_start(change)
        self._take_measurements(commit.measurements)
        if commit.source is not None and commit.doubtful is not None:
            self._hold(commit.source, commit.doubtful)
        self._provenance.update(fact.provenance for fact in commit.statuses)
        self.statuses.apply(commit)
        self.sources.apply(commit)
        self.changes.apply(commit, self.sources.first(commit))

    def _count(self, batch: Batch, sign: int, now: datetime) -> None:
        self.ledger.change(batch, sign, now)
        self.groups.change(batch, sign, now)

    def _correct_start(self, change: CaseChange) -> None:
        """Of before midnight, heard of after it: the case was there, or not, at the start."""
        self.movements.add_start(change.before, -1)
        self.movements.add_start(change.after)

    def _note(self, fact: CaseFact) -> None:
        self._kind_sources.setdefault(fact.record.kind, set()).add(fact.source)
        self._provenance.add(fact.provenance)

    def _take_measurements(self, facts: Iterable[MeasurementFact]) -> None:
        held = list(facts)
        self._provenance.update(fact.provenance for fact in held)
        self.prices.put(held)
        self.measures.put(held)

    def _hold(self, source: str, keys: Iterable[str]) -> None:
        """What the newest poll of a source brought and the room does not take over."""
        held = list(keys)
        self.prices.doubt(source, held)
        self.measures.hold(source, held)

    def _roll(self, now: datetime) -> None:
        """Move on to the day and shift of ``now``; at 00.00 the open stock is counted and becomes the start."""
        if self._day is None:
            self._start(now)
        day = self.calendar.day_start(now)
        if day > self._day_start:
            self.movements.begin(self.table.counts(day, day, {}).by["open"])
            self.closings.begin()
            self._day = day
        if now >= self._day_start:
            self.ledger.roll(now)
            self.groups.roll(now)

    # Documents out

    def documents(self, now: datetime, changed_only: bool = True) -> dict[str, Any]:
        """The documents whose content differs from what this method returned before (all of them otherwise)."""
        self._roll(now)
        judged = self.sources.judgements(now)
        self._note_states(judged, now)
        late_until = self.sources.late_until(judged)
        tally, windows, behind = self.tally(now, late_until), spans.windows(self.calendar, now), self._behind(judged)
        found: dict[str, Any] = dict(
            self._figures.documents(tally, windows, behind, now, self.calendar.local_date(now), changed_only)
        )
        others: dict[str, Any] = {
            f"queue:{kind}": self._queue.document(kind, self.table, tally.open, late_until, now)
            for kind in self.config.kinds
        }
        others |= self.statuses.documents(now, judged)
        prices = others["prices"] = self._prices(now)
        others["prices:matrix"] = self._matrix.document(self.prices, prices["by_source"], prices["as_of"])
        others["sources"] = self.sources.document(judged, now)
        others["changes"] = self.changes.document(now, self._became_overdue(late_until, now))
        others["cells"] = self._cells.document(self.table)
        if not changed_only or self.groups.due(now):
            opened = self.table.counts(now, self._day_start, late_until, grouped=True)
            others |= self.groups.documents(opened, windows, behind, tally.working_days, now)
            others |= self._intake.documents(self.table, self.codes.kinds, now)
        others |= self.breakdowns.documents(dict(zip(self.codes.kinds, behind, strict=True)), late_until, now)
        found |= self.measures.documents(self._day_start, now, whole=not changed_only)
        others |= self._cards.document({**found, **others}, prices, now)
        for key, document in others.items():
            body = encode({**document, "as_of": 0} if isinstance(document, dict) else document)
            if not changed_only or self._published.get(key) != body:
                self._published[key] = body
                found[key] = document
        found["meta"] = self._meta(now)
        return found

    def tally(self, now: datetime, late_until: Mapping[str, datetime]) -> Tally:
        return Tally(
            open=self.table.counts(now, self._day_start, late_until),
            flows={name: self.movements[name] for name in FLOWS},
            count=self.ledger.count,
            percentiles=self._percentiles.of,
            working_days=spans.working_days(self.calendar, now),
            bulk=self.closings.bulk(),
            uncovered=self.ledger.uncovered,
        )

    def next_transition(self, now: datetime) -> datetime | None:
        """The first instant after ``now`` at which a document changes although nothing is committed."""
        self._roll(now)
        found = [self.calendar.next_midnight(now)]
        shift = self.calendar.shift(now)
        starts = [self.calendar.day_start(now) + timedelta(days=n) for n in (0, 1)]
        if shift is not None:
            found.append(shift[1][1])
        elif self.config.shifts:
            local = [datetime.combine(self.calendar.local_date(s), c.start, self.calendar.zone)
                     for s in starts for c in self.config.shifts]  # fmt: skip
            found += [at for at in local if at > now]
        if (second := self.table.next_instant(now)) is not None:
            found.append(datetime.fromtimestamp(second, now.tzinfo))
        due = self.table.rows()["due"]
        shown = due[(due > seconds(now - KEPT)) & (due <= seconds(now))]
        if shown.size:  # a deadline that passed leaves the list of changes again
            found.append(datetime.fromtimestamp(int(shown.min()), now.tzinfo) + KEPT)
        others = self.sources.next_transition(now), self._queue.next_unmarked(now), self.changes.next_expiry(now)
        found += [
            at for at in (*others, self.groups.next_due(now), self.statuses.next_transition(now)) if at is not None
        ]
        return min(found)

    def _behind(self, judged: Mapping[str, Judgement]) -> list[Behind]:
        found = []
        for kind in self.codes.kinds:
            sources = tuple(sorted(self._kind_sources[kind]))
            down = tuple(s for s in sources if s not in judged or judged[s][0] in DOWN)
            times = [at for s in sources if (at := self.sources.data_at(s)) is not None]
            first = [at for s in sources if (at := self.sources.watched_from(s)) is not None]
            found.append(Behind(sources, down, ms(min(times, default=None)), ms(max(first, default=None))))
        return found

    def _note_states(self, judged: Mapping[str, Judgement], now: datetime) -> None:
        """A source that went bad or came back is a change of its own."""
        for source, (state, since, _) in judged.items():
            bad = state in ("broken", "stale", "late")
            was = self._states.get(source)
            if (bad and was != state) or (was in ("broken", "stale", "late") and not bad):
                at = (since or now) if bad else now
                if at > now - KEPT:
                    self.changes.add(at, source_change("source", at, source, state))
            self._states[source] = state

    def _became_overdue(self, late_until: Mapping[str, datetime], now: datetime) -> list[Change]:
        rows = self.table.rows()
        passed = (rows["due"] > seconds(now - KEPT)) & (rows["due"] <= seconds(now)) & (rows["listed"] == 1)
        found = []
        for number in rows["number"][np.flatnonzero(passed)].tolist():
            fact = self.table.facts[number]
            if fact.due_at is not None and self._queue.state(fact, late_until, now) == "overdue":
                found.append(case_change("overdue", fact.due_at, fact, fact.due_basis))
        return found

    def _prices(self, now: datetime) -> Prices:
        by_source = self.prices.rows(now)
        times = [at for source in by_source if (at := self.sources.data_at(source)) is not None]
        return {
            "rows": self.prices.wall_rows({s: rows for s, rows in by_source.items() if s in self._wall_sources}),
            "by_source": by_source,
            "data_at": ms(min(times, default=None)),
            "as_of": ms(now) or 0,
        }

    def _meta(self, now: datetime) -> Meta:
        shift = self.calendar.shift(now)
        return {
            "seq": self.seq,
            "epoch": self.epoch,
            "as_of": ms(now) or 0,
            "city": self.config.city.code,
            "rate": self.room.rate,
            "provenance": sorted(self._provenance),
            "leader": self.room.leader,
            "restored": self.room.restored,
            "day_start": ms(self._day_start) or 0,
            "shift": shift[0].id if shift else None,
            "shift_start": ms(shift[1][0]) if shift else None,
            "uplink_down": self.room.uplink_down,
            "config_digest": self.room.config_digest,
        }

    def set_runtime(self, source: str, runtime: Runtime) -> None:
        self.sources.runtime[source] = runtime
