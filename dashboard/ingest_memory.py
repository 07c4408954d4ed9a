"""What ingest remembers of one source between polls; a cache of the history, dropped whenever a commit fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from dashboard.contract import Coverage
from dashboard.history.batch import DOUBTFUL, SourceCurrent
from dashboard.history.codec import instant_or_none, us, us_or_none
from dashboard.history.store import QUARANTINED
from dashboard.ingest_series import Counters, Prices
from dashboard.records import GONE, UNKNOWN, Case, Status

if TYPE_CHECKING:
    from dashboard.history import History

KEPT = timedelta(days=120)
"""A closed case that has not changed for longer is found by its key when it is served once more."""

WORDS = 1_000
"""So many different words that no registry knows are noted of one source; all are counted, each case keeps its own."""
MEASURED = ("metric", "place")

UNKNOWNS = ("status", "category", "department", "district", "subdistrict")
_CODES = attrgetter(*UNKNOWNS)


@dataclass(slots=True)
class Memory:
    """``rows``: digest of a raw row -> numbers of the cases it brought (none for measurements, statuses)."""

    mapping: bytes
    current: SourceCurrent
    rows: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    view: dict[int, int] = field(default_factory=dict)  # number -> opened_at, what the source is held to serve
    missing: dict[int, datetime | None] = field(default_factory=dict)  # -> last poll that still brought it
    unknown: dict[str, set[int | str]] = field(default_factory=lambda: {name: set() for name in UNKNOWNS})
    tombstones: set[bytes] = field(default_factory=set)
    quarantined: dict[bytes, None] = field(default_factory=dict)  # oldest first
    words: set[tuple[str, str]] = field(default_factory=set)
    absent: dict[str, datetime] = field(default_factory=dict)  # subjects a complete list has missed, since when
    counters: Counters = field(default_factory=lambda: Counters([]))
    prices: Prices = field(default_factory=lambda: Prices([]))

    @classmethod
    def load(cls, history: History, source: str, mapping: bytes) -> Memory:
        current = history.source_current(source)
        memory = cls(mapping=mapping, current=current)
        since = (current.last_poll or current.first_poll or datetime.fromisoformat("1970-06-01T00:00:00Z")) - KEPT
        same = current.mapping == mapping.hex()
        for row in history.view_of(source, since):
            memory.view[row.number] = row.opened_at
            if row.missing_since is not None:
                memory.missing[row.number] = instant_or_none(row.missing_since)
            if same and row.row_digest is not None:
                digest = bytes(row.row_digest)
                memory.rows[digest] = (*memory.rows.get(digest, ()), row.number)
            for name in UNKNOWNS:
                if getattr(row, name) == UNKNOWN:
                    memory.unknown[name].add(row.number)
        if same:
            memory.rows.update(dict.fromkeys(history.series_digests(source, since), ()))
        for stored in history.statuses_of(source).values():
            memory.note_subject(stored.fact.record)
        memory.tombstones = history.tombstones(source)
        memory.quarantine(history.quarantined(source))
        memory.words = history.unknown_words(source)
        held = history.held(source)
        memory.counters = Counters([(row["key"], row["value"]) for row in held if row["reason"] != DOUBTFUL])
        memory.prices = Prices([(row["key"], row["value"]) for row in held if row["reason"] == DOUBTFUL])
        return memory

    def note(self, number: int, record: Case) -> None:
        """This case is in view with these words."""
        codes = _CODES(record)
        if UNKNOWN in codes:
            for name, code in zip(UNKNOWNS, codes, strict=True):
                (self.unknown[name].add if code == UNKNOWN else self.unknown[name].discard)(number)
        elif number in self.view:
            for members in self.unknown.values():
                members.discard(number)
        self.view[number] = us(record.opened_at)
        self.missing.pop(number, None)

    def note_subject(self, record: Status) -> None:
        """This subject is in this state, with these words."""
        codes = (record.state, None, record.department, record.district, record.subdistrict)
        for name, code in zip(UNKNOWNS, codes, strict=True):
            unknown = code == UNKNOWN and record.state != GONE
            (self.unknown[name].add if unknown else self.unknown[name].discard)(record.key)

    def drop(self, number: int) -> None:
        """This case is out of view: vanished, uncovered or erased."""
        self.view.pop(number, None)
        self.missing.pop(number, None)
        for members in self.unknown.values():
            members.discard(number)

    def index(self, old: Iterable[bytes], new: Iterable[tuple[bytes, int | None]]) -> None:
        """Rows that are not served any more, and rows with the case each brought."""
        for digest in old:
            self.rows.pop(digest, None)
        for digest, number in new:
            numbers = self.rows.get(digest, ())
            if number is None:
                self.rows.setdefault(digest, ())
            elif number not in numbers:
                self.rows[digest] = (*numbers, number)

    def quarantine(self, digests: Iterable[bytes]) -> None:
        """These rows are kept already. An older one that is served still may be kept a second time, for its first."""
        self.quarantined.update(dict.fromkeys(digests))
        for digest in list(self.quarantined)[:-QUARANTINED]:
            del self.quarantined[digest]

    def counts(self) -> dict[str, int]:
        """Cases in view and subjects with an unknown word, by field; of measured places and metrics the words."""
        found = {name: len(members) for name, members in self.unknown.items() if members}
        for name in MEASURED:
            if words := sum(of == name for of, _ in self.words):
                found[name] = words
        return found


def missed(memory: Memory, seen: set[int], coverage: Coverage, history: History) -> tuple[list[int], list[int]]:
    """Numbers in view that this whole payload should have brought and did not; and those it no longer speaks for.

    A window is taken to move on only: what fell out of it is not held against the source any more."""
    absent = memory.view.keys() - seen
    if coverage.offices is not None and absent:
        facts = history.case_facts(sorted(absent))
        absent = {number for number, fact in facts.items() if fact.record.office in coverage.offices}
    if coverage.kind == "complete" or not absent:
        return sorted(absent), []
    start = us(coverage.start) if coverage.start else None
    end = us(coverage.end) if coverage.end else None
    at: dict[int, int | None] = {number: memory.view[number] for number in absent}
    if coverage.field not in (None, "opened_at"):
        facts = history.case_facts(sorted(absent))
        at = {number: us_or_none(getattr(fact.record, str(coverage.field))) for number, fact in facts.items()}
    found, fallen = [], []
    for number, when in at.items():
        if when is None or (start is not None and when < start):
            fallen.append(number)
        elif end is None or when < end:
            found.append(number)
    return sorted(found), sorted(fallen)
