"""What every view needs to turn codes, values and times into words: names, figures, the note of a tile; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dashboard.config.model import Label
from dashboard.disclosure import Disclosure
from dashboard.formats import clock, instant, short_date, whole
from dashboard.i18n import Lang, say
from dashboard.snapshot import SourceState, Value

CALM = frozenset({"fresh", "quiet", "not_due"})
GAPS = (
    "unknown_district",
    "unknown_status",
    "not_observed",
    "unconfirmed",
    "uncertain",
    "invalid",
    "bulk",
    "unanswered",
    "lapsed",
    "unnamed",
    "uncovered",
    "vanished",
    "unknown_department",
    "held",
    "unknown_place",
    "parts",
    "elements",
)
BEHIND_MS = 15 * 60_000
"""A source whose data are older than those beside it by more is named as the older one."""
WORSE = ("fresh", "quiet", "not_due", "due", "late", "never", "stale", "broken")
SOURCE_SYMBOLS = {
    "never": "◌",
    "fresh": "●",
    "quiet": "◐",
    "not_due": "○",
    "due": "△",
    "late": "▲",
    "stale": "▨",
    "broken": "✕",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: cells by name, a state that becomes its class, and times the browser counts."""

    state: str
    cells: Mapping[str, str]
    since: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Where a tile's figures come from: sources, the time of the data, what is missing, how fresh.

    ``at``: the browser counts the age from it. ``bad``: a state that is not calm, in ever fewer words. ``first``: what
    limits the figures so much that it stands before the sources."""

    names: str
    when: str
    at: int | None
    state: str
    gaps: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    first: str = ""
    bare: str = ""  # ``when`` in as few words as are true
    older: bool = False  # ``when`` names the one whose data are older than the others'
    few: str = ""  # how many sources, where their names have no room

    def tries(self, aside: str = "") -> list[str]:
        """The same in ever fewer words. ``aside``: said at the end. The time of the data and what limits a figure
        outlast the words of a failing source, whose mark is the last to go."""
        bare = self.bare or self.when
        if not self.bad:
            first = [self.first] if self.first else []
            long = [[*first, self.names, when, *self.gaps] for when in (self.when, bare)]
            short = [[*first, self.names, *when] for when in ([[]] if first else [[self.when], [bare]])]
            asides = [[*parts, aside] for parts in (*long, *short)] if aside else []
            asides += [[*first, bare, *self.gaps, aside]] if aside else []
            least = [[bare, self.few], [self.few]] if self.few and not self.first else []
            own = [[bare]] if self.older and not self.first else []  # an age beside the names would be of all of them
            return _joined(*asides, *long, *short, *own, [self.first or self.names], *least)
        limits = [part for part in (self.first, *self.gaps, aside) if part]
        found = [[self.bad[0], self.names, self.when, *limits]]
        for number in range(len(limits), -1, -1):
            found += [[bad, self.when, *limits[:number]] for bad in self.bad]
            found.append([f"{self.bad[-1]} {bare}".strip(), *limits[:number]])
        return _joined(*found)

    @property
    def least(self) -> str:
        return self.tries()[-1]


def _joined(*options: Iterable[str]) -> list[str]:
    return [" · ".join(filter(None, parts)) for parts in options]


@dataclass(frozen=True, slots=True)
class Tile:
    title: str
    note: Note
    lines: tuple[Line, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)  # single texts besides the lines, by name


class Words:
    """The documents of one frame, in one language."""

    def __init__(self, published: Mapping[str, Any], told: Disclosure, lang: Lang) -> None:
        """``published`` documents, of which the view is given what ``told`` lets through."""
        documents = told.documents(published)
        self.documents, self.told, self.lang = documents, told, lang
        self.registry, self.config = told.registry, told.registry.config
        self.meta: Mapping[str, Any] = documents.get("meta") or {}
        self.now: int = self.meta.get("as_of", 0)
        self.states: dict[str, SourceState] = {s["id"]: s for s in documents.get("sources") or []}

    def say(self, key: str) -> str:
        return say(key, self.lang)

    def count(self, value: float | None) -> str:
        return whole(value, self.lang)

    def time(self, at: int | None) -> str:
        return clock(at, self.registry.zone, self.lang)

    # Names

    def label(self, label: Label, short: bool = True) -> str:
        if self.lang == "en":
            return str((label.short_en if short else None) or label.en)
        return str((label.short if short else None) or label.id)

    def category(self, code: str | None, short: bool = True) -> str:
        found = self.registry.categories.get(code or "")
        return self.label(found.label, short) if found else self.say("word.unknown")

    def district(self, code: str | None) -> str:
        found = self.registry.districts.get(code or "")
        return (found.short or found.name) if found else self.say("word.unknown")

    def department(self, abbr: str | None) -> str:
        found = self.registry.departments.get(abbr or "")
        return (found.short or found.abbr) if found else self.say("word.unknown")

    def district_of(self, code: str | None) -> str:
        """The district of a case: which of the two is not known is said, and nothing where a city has no districts."""
        if not self.registry.districts or code in self.registry.districts:
            return self.district(code) if self.registry.districts else ""
        return self.say("word.no_district" if code is None else "word.unknown_district")

    def department_of(self, abbr: str | None) -> str:
        if abbr in self.registry.departments:
            return self.department(abbr)
        return self.say("word.no_department" if abbr is None else "word.unknown_department")

    def kind_name(self, kind: str) -> str:
        found = self.config.kinds.get(kind)
        return self.label(found.label) if found else ""

    def source(self, ident: str) -> str:
        found = self.registry.sources.get(ident)
        return self.label(found.label) if found else ident

    # Values

    def value(self, scope: str, key: str) -> Value | None:
        found: Value | None = (self.documents.get(f"kpi:{key.partition('.')[0]}:{scope}") or {}).get(key)
        return found

    def number(self, scope: str, key: str) -> float | None:
        found = self.value(scope, key)
        return found["value"] if found else None

    def established(self, kind: str) -> bool:
        """Whether deadlines of this kind are decided: by the city or, where it promises nothing, by the source. What
        was decided for some sources only does not make those of the others so."""
        promised = [p for p in self.config.policies if p.kind == kind and p.amount is not None]
        of_all = [p for p in promised if p.sources is None] or promised
        return not promised or any(p.status == "ditetapkan" for p in of_all)

    def deadlines(self, kind: str) -> bool:
        """Whether anything of this kind can be late: the city promises a time, or a source brings its own."""
        if any(p.kind == kind and p.amount is not None for p in self.config.policies):
            return True
        found = self.documents.get(f"queue:{kind}") or {}
        return bool(found.get("overdue")) or any(row["due_at"] is not None for row in found.get("rows", []))

    def hidden(self, kind: str) -> str:
        """3 rahasia: counted in the city, in no list and in no district."""
        count = (self.documents.get(f"queue:{kind}") or {}).get("confidential") or 0
        return f"{self.count(count)} {self.say('wall.confidential')}" if count else ""

    # Where it comes from

    def beside(self, kind: str, source: str) -> str:
        """The name of a case's source where its kind has several and this is not the first of the configuration."""
        several = set(self.sources_of(kind)) | {source}
        first = next((one.id for one in self.config.sources if one.id in several), source)
        return self.source(source) if len(several) > 1 and source != first else ""

    def sources_of(self, kind: str) -> list[str]:
        found = self.value("city", f"{kind}.open.now")
        if found and found["sources"]:
            return list(found["sources"])
        rows = (self.documents.get(f"queue:{kind}") or {}).get("rows", [])
        return sorted({row["source"] for row in rows}) or [
            source.id for source in self.config.sources if (source.options.get("case") or {}).get("kind") == kind
        ]

    def note(self, sources: Iterable[str], missing: Iterable[str] = ()) -> Note:
        """Time of the oldest data behind a tile, its sources by name, the worst of their states in words."""
        sources = list(sources)
        held = [self.states[s] for s in sources if s in self.states]
        if not held:
            awaited = ", ".join(self.source(ident) for ident in sources)
            nothing = self.say("wall.nothing_yet")
            return Note("", "", None, "never", bad=(f"{nothing}: {awaited}" if awaited else nothing, nothing))
        worst = max((s["state"] for s in held), key=WORSE.index)
        worse = [s["id"] for s in held if s["state"] == worst] if worst not in CALM else []
        symbol, word = SOURCE_SYMBOLS[worst], self.say(f"source.{worst}")
        blamed = ", ".join(self.source(ident) for ident in worse)
        at, when, bare, older = self._oldest(held, worse)
        return Note(
            ", ".join(self.source(s["id"]) for s in held if s["id"] not in worse),
            when,
            at,
            worst,
            (*self._partial(held), *self.gaps(e for e in missing if e.removeprefix("source:") not in worse)),
            (f"{symbol} {blamed} {word}", f"{symbol} {word}", symbol) if worse else (),
            bare=bare,
            older=older,
            few=f"{self.count(len(held))} {self.say('wall.sources').lower()}" if len(held) > 1 else "",
        )

    def _partial(self, held: Iterable[SourceState]) -> list[str]:
        """LPSE belum terbaca seluruhnya: its sums are short of what nobody has read yet."""
        return [f"{self.source(s['id'])} {self.say('missing.partial')}" for s in held if s.get("partial")]

    def _oldest(self, held: list[SourceState], blamed: list[str]) -> tuple[int | None, str, str, bool]:
        """The time of the oldest data, in words and in fewer. Whose it is, where the others have newer; and that it has
        not changed since, where its source answers and has nothing newer: hours old is not stale then."""
        times = {s["id"]: t for s in held if (t := s["data_at"] or s["last_success"]) is not None}
        at, newest = min(times.values(), default=None), max(times.values(), default=0)
        if at is None:
            return None, f"{self.say('wall.data_at')} –", "–", False
        old = next(s for s in held if times.get(s["id"]) == at)
        named = f"{self.source(old['id'])} " if newest - at > BEHIND_MS and old["id"] not in blamed else ""
        quiet = old["state"] == "quiet" and at != old["last_success"]
        word, mark = ("wall.unchanged_since", f"{SOURCE_SYMBOLS['quiet']} ") if quiet else ("wall.data_at", "")
        moment = self._moment(at)
        return at, f"{named}{self.say(word)} {moment}", f"{mark}{named}{moment}", bool(named)

    def _moment(self, at: int | None) -> str:
        """The time of day; another day, or a day as such (its 00.00), by its date."""
        if at is None:
            return "–"
        local, today = instant(at, self.registry.zone), instant(self.now, self.registry.zone).date()
        if local.date() == today and (local.hour or local.minute):
            return self.time(at)
        return self.day(local.date())

    def day(self, day: date) -> str:
        return short_date(day, self.lang, instant(self.now, self.registry.zone).date())

    def watched(self, value: Value | None) -> str:
        """ "diamati sejak 11.19" where the room has not watched the whole window of this figure, else nothing."""
        missing = value["missing"] if value else []
        return "".join(self.gaps(entry for entry in missing if entry.startswith("watched_from:")))

    def gaps(self, missing: Iterable[str]) -> list[str]:
        """What a figure does not hold, in words: ``unknown_district:3`` reads "3 tanpa kecamatan"."""
        found = []
        for entry in missing:
            name, _, amount = entry.partition(":")
            if name == "source":
                found.append(f"{self.say('missing.source')} {self.source(amount)}")
            elif name == "watched_from":
                found.append(f"{self.say('missing.watched_from')} {self._moment(int(amount))}")
            elif name == "unknown_district" and not self.registry.districts:
                continue  # a city without districts misses none
            elif name in GAPS:
                found.append(f"{amount} {self.say(f'missing.{name}')}")
        return found
