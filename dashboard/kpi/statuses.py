"""Where every subject of a kind stands: what is not well, by one cause each, and availability; never guesses a state.

A subject that does not work while its parent does not either is ``unreachable`` through it: it is listed under the
topmost such parent and is no trouble of its own. One that has not reported for too long is ``silent``. Availability is
counted up to the last full minute from the states that were observed, without the time in which the source itself was
not heard. A state that nobody declared is ``unknown`` and counts neither way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.config.model import Config
from dashboard.config.statuses import StatusKind
from dashboard.facts import Commit, StatusFact
from dashboard.freshness import Judgement
from dashboard.kpi.figures import ms
from dashboard.kpi.sources import DOWN, GOOD, SourceBook
from dashboard.kpi.status_totals import declared_totals, grouped, shares_of, sums_of
from dashboard.kpi.trails import WINDOWS, Silences, Trail, counted, second
from dashboard.records import GONE, UNKNOWN, Status
from dashboard.snapshot import StatusDocument, StatusRow, Trouble

UNREACHABLE, SILENT = "unreachable", "silent"
DERIVED = (UNREACHABLE, SILENT, UNKNOWN)
"""States that the room itself finds; no configuration may declare them."""

WORST = {"bad": 0, SILENT: 1, UNKNOWN: 2, UNREACHABLE: 3, "poor": 4}
UNHEARD_POLLS, UNHEARD_LEAST_S, UNHEARD_REAL_S = 3, 60.0, 10.0
ROWS = 500
Key = tuple[str, str]  # source, subject


def unheard_after_s(every_s: float, rate: float = 1.0) -> float:
    """Between two good polls of a source, more than so many seconds of the city were not heard. Where its clock runs
    fast, a poll takes long."""
    return max(UNHEARD_POLLS * every_s, UNHEARD_LEAST_S, UNHEARD_REAL_S * rate)


def silent_at(record: Status, kind: StatusKind) -> datetime | None:
    """When it has not reported for too long: then nobody knows whether it still works, or where it is."""
    if kind.silent_after_minutes is None or record.heard_at is None:
        return None
    return record.heard_at + timedelta(minutes=kind.silent_after_minutes)


@dataclass(slots=True)
class _Subject:
    fact: StatusFact
    trail: Trail = field(default_factory=Trail)

    @property
    def record(self) -> Status:
        return self.fact.record


@dataclass(slots=True)
class _Told:
    """What was told of a kind, and how long it holds."""

    minute: int
    until: datetime | None
    parts: dict[str, Any]


def unheard_after(config: Config) -> dict[str, float]:
    return {source.id: unheard_after_s(source.every_s, config.clock.rate) for source in config.sources}


class StatusBook:
    """``sources``: what the room knows of them at the moment of the question."""

    def __init__(self, config: Config, sources: SourceBook) -> None:
        self._kinds, self._sources = config.status_kinds, sources
        self._longest = unheard_after(config)
        self._subjects: dict[str, dict[Key, _Subject]] = {name: {} for name in config.status_kinds}
        self._silences: dict[str, Silences] = {}
        self._told: dict[str, _Told] = {}
        self.facts: dict[tuple[str, str], StatusFact] = {}  # of every kind, declared or not

    # State in

    def load(
        self,
        facts: Iterable[StatusFact],
        trails: Iterable[tuple[str, str, datetime, str]] = (),
        unheard: Mapping[str, Iterable[tuple[datetime, datetime]]] | None = None,
    ) -> None:
        held: dict[tuple[str, str], Trail] = {}
        for source, key, at, state in trails:
            held.setdefault((source, key), Trail()).add(second(at), state)
        for fact in facts:
            self._put(fact, held.get((fact.source, fact.record.key)))
        for source, spans in (unheard or {}).items():
            for start, end in spans:
                self._silences.setdefault(source, Silences()).add(second(start), second(end))

    def apply(self, commit: Commit) -> None:
        """Before the commit's poll is noted down anywhere else: the sources still tell of the one before it."""
        if commit.poll is not None and commit.source is not None and commit.poll.outcome in GOOD:
            before = self._sources.heard(commit.source)
            longest = self._longest.get(commit.source)
            if before and longest and (commit.at - before).total_seconds() > longest:
                self._silences.setdefault(commit.source, Silences()).add(second(before), second(commit.at))
                self._told.clear()
        for fact in commit.statuses:
            self._put(fact)

    def _put(self, fact: StatusFact, trail: Trail | None = None) -> None:
        record = fact.record
        self.facts[fact.source, record.key] = fact
        subjects = self._subjects.get(record.kind)
        if subjects is None or fact.source not in self._longest:
            return  # of a kind nobody declares, or a source nobody asks any more
        subject = subjects.get((fact.source, record.subject))
        if subject is None:
            subject = subjects[fact.source, record.subject] = _Subject(fact, trail or Trail())
        subject.fact = fact
        subject.trail.add(second(fact.seen_at), record.state)
        self._told.pop(record.kind, None)

    # Documents out

    def documents(self, now: datetime, judged: Mapping[str, Judgement]) -> dict[str, dict[str, Any]]:
        """``status:KIND`` of every kind that is declared."""
        found = {}
        for name, subjects in self._subjects.items():
            sources = sorted({source for source, _ in subjects})
            times = [at for source in sources if (at := self._sources.data_at(source)) is not None]
            down = [f"source:{source}" for source in sources if source not in judged or judged[source][0] in DOWN]
            beside = {"sources": sources, "missing": down, "data_at": ms(min(times, default=None)), "as_of": ms(now)}
            found[f"status:{name}"] = {**self._of(name, now).parts, **beside}
        return found

    def next_transition(self, now: datetime) -> datetime | None:
        found = (self._of(name, now).until for name in self._kinds)
        return min((at for at in found if at is not None), default=None)

    def _of(self, name: str, now: datetime) -> _Told:
        minute, told = second(now) // 60, self._told.get(name)
        if told is None or told.minute != minute or (told.until is not None and now >= told.until):
            told = self._told[name] = _Kind(name, self._kinds[name], self._subjects[name], self._silence, now).told()
        return told

    def _silence(self, source: str, at: int) -> Silences:
        """Up to ``at``: with the time since the source was last heard, when that is too long ago."""
        known = self._silences.get(source, Silences())
        last = self._sources.heard(source)
        longest = self._longest.get(source, UNHEARD_LEAST_S)
        if last is None or at - second(last) <= longest:
            return known
        found = Silences()
        for start, end in zip(known.starts, known.ends, strict=True):
            found.add(start, end)
        found.add(second(last), at)
        return found


class _Kind:
    """One kind at one moment."""

    def __init__(
        self,
        name: str,
        kind: StatusKind,
        subjects: Mapping[Key, _Subject],
        silence: Callable[[str, int], Silences],
        now: datetime,
    ) -> None:
        self.name, self.kind, self.now = name, kind, now
        self.subjects = {key: subject for key, subject in subjects.items() if subject.record.state != GONE}
        self.until: list[datetime] = []
        at = second(now) // 60 * 60
        self._at, self._silences = at, {source: silence(source, at) for source, _ in self.subjects}
        self._window = timedelta(minutes=kind.flap_minutes)
        self.changes = {key: self._changes(subject) for key, subject in self.subjects.items()}
        self.flapping = {key for key, n in self.changes.items() if n >= kind.flap_changes}
        self.above = {key: self._above(key) for key in self.subjects}
        self.states = {key: self._state(key) for key in self.subjects}
        works = self._works() if kind.availability else {}
        self.counted = {
            window: {
                key: counted(subject.trail, self._silences[key[0]], at - length, at, works)
                for key, subject in self.subjects.items()
            }
            for window, length in WINDOWS.items()
        }

    def told(self) -> _Told:
        rows = self._rows()
        by_state = Counter(self.states.values())
        parts: StatusDocument = {
            "kind": self.name,
            "total": len(self.subjects),
            "states": {name: by_state[name] for name in (*self.kind.states, *DERIVED) if by_state[name]},
            "not_well": sum(n for name, n in by_state.items() if self._level(name) in ("bad", "poor", SILENT)),
            # Nothing heard yet is not nothing found.
            "declared": declared_totals(self.kind, [s.record for s in self.subjects.values()]) if rows else [],
            "groups": grouped(rows, "group", tuple(self.kind.groups)),
            "districts": grouped(rows, "district"),
            "shares": shares_of(self.kind, [s.record for s in self.subjects.values()]),
            "sums": sums_of(self.kind, [s.record for s in self.subjects.values()]),
            "troubles": self._troubles(rows),
            "flapping": self._flaps(rows),
            "availability": self._availability() if self.kind.availability else {},
            "rows": rows[:ROWS],
            "left_off": max(0, len(rows) - ROWS),
        }
        return _Told(second(self.now) // 60, min(self.until, default=None), dict(parts))

    # What state a subject is in

    def _changes(self, subject: _Subject) -> int:
        found = subject.trail.changes(second(self.now - self._window))
        if found:  # the oldest of them leaves the window
            self.until.append(datetime.fromtimestamp(subject.trail.times[-found], self.now.tzinfo) + self._window)
        return found

    def _bad(self, key: Key) -> bool:
        return self._level(self.subjects[key].record.state) == "bad"

    def _above(self, key: Key) -> Key | None:
        """The topmost of its parents through which it is out of reach, or flaps."""
        found, seen, above = None, {key}, key
        while (parent := self.subjects[above].record.parent) is not None:
            above = (key[0], parent)
            if above not in self.subjects or above in seen:
                break
            seen.add(above)
            if (self._bad(key) and self._bad(above)) or (key in self.flapping and above in self.flapping):
                found = above
        return found

    def _state(self, key: Key) -> str:
        record = self.subjects[key].record
        if record.state not in self.kind.states:
            return UNKNOWN
        level = self.kind.states[record.state].level
        if level == "bad":
            above = self.above[key]
            return UNREACHABLE if above is not None and self._bad(above) else record.state
        due = silent_at(record, self.kind)
        if due is not None and level != "idle":
            if self.now >= due:
                return SILENT
            self.until.append(due)
        return record.state

    def _level(self, state: str) -> str:
        found = self.kind.states.get(state)
        return found.level if found else state

    # Lists

    def _rows(self) -> list[StatusRow]:
        rows = [self._row(key, subject) for key, subject in self.subjects.items()]
        order = {group: n for n, group in enumerate(self.kind.groups)}

        def place(row: StatusRow) -> tuple[int, str, str, str, str]:
            group = row["group"] or ""
            return order.get(group, len(order)), group, row["label"], row["subject"], row["source"]

        return sorted(rows, key=place)

    def _row(self, key: Key, subject: _Subject) -> StatusRow:
        record, state = subject.record, self.states[key]
        shares = {window: self._share(*of[key]) for window, of in self.counted.items()}
        since = record.heard_at if state == SILENT else record.since or record.observed_since
        return {
            "subject": record.subject,
            "label": record.label or record.subject,
            "group": record.group,
            "state": state,
            "said": record.state,
            "word": record.state_word,
            "level": self._level(state),
            "since": ms(since),
            "detail": record.detail,
            "parent": record.parent,
            "through": above[1] if (above := self.above[key]) is not None else None,
            "department": record.department,
            "district": record.district,
            "subdistrict": record.subdistrict,
            "attributes": dict(record.attributes),
            "heard_at": ms(record.heard_at),
            "latitude": None if state == SILENT else record.latitude,
            "longitude": None if state == SILENT else record.longitude,
            "changes": self.changes[key],
            "d1": shares["d1"],
            "d30": shares["d30"],
            "source": key[0],
            "provenance": subject.fact.provenance,
        }

    def _troubles(self, rows: list[StatusRow]) -> list[Trouble]:
        """The worst first, the one with most behind it before others, then the oldest."""
        behind = self._behind(rows)
        found = [
            self._trouble(row, behind) for row in rows
            if row["level"] in WORST and row["level"] != UNREACHABLE and not self._flaps_now(row)
        ]  # fmt: skip
        return sorted(found, key=lambda t: (WORST[t["level"]], -len(t["behind"]), t["since"] or 0, t["label"]))

    def _flaps(self, rows: list[StatusRow]) -> list[Trouble]:
        behind = self._behind(rows)
        found = [self._trouble(row, behind) for row in rows if self._flaps_now(row) and row["through"] is None]
        return sorted(found, key=lambda t: (-len(t["behind"]), -t["changes"], t["label"]))

    def _flaps_now(self, row: StatusRow) -> bool:
        return (row["source"], row["subject"]) in self.flapping

    def _behind(self, rows: list[StatusRow]) -> dict[Key, list[str]]:
        found: dict[Key, list[str]] = {}
        for row in rows:
            if row["through"] is not None:
                found.setdefault((row["source"], row["through"]), []).append(row["subject"])
        return found

    def _trouble(self, row: StatusRow, behind: Mapping[Key, list[str]]) -> Trouble:
        return {
            "subject": row["subject"],
            "label": row["label"],
            "group": row["group"],
            "state": row["state"],
            "level": row["level"],
            "since": row["since"],
            "detail": row["detail"],
            "department": row["department"],
            "district": row["district"],
            "changes": row["changes"],
            "behind": behind.get((row["source"], row["subject"]), []),
            "source": row["source"],
        }

    # Availability

    def _works(self) -> dict[str, bool]:
        levels = {name: state.level for name, state in self.kind.states.items()}
        return {name: level in ("well", "poor") for name, level in levels.items() if level != "idle"}

    def _share(self, good: int, all_: int, _: int) -> float | None:
        return round(good / all_ * 100, 2) if all_ else None

    def _availability(self) -> dict[str, Any]:
        found = {}
        for name, length in WINDOWS.items():
            parts = list(self.counted[name].values())
            good, all_ = sum(part[0] for part in parts), sum(part[1] for part in parts)
            silent = [silence.within(self._at - length, self._at) for silence in self._silences.values()]
            found[name] = {
                "value": self._share(good, all_, 0),
                "counted_s": all_,
                "watched_s": max((part[2] for part in parts), default=0),
                "unheard_s": max(silent, default=0),
            }
        return found
