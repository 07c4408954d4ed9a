"""Documents to what a wall shows, ready to read; pure: the same documents give the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.config.model import Config, Wall
from dashboard.config.registry import Registry
from dashboard.formats import clock, duration, long_date, percent, rupiah, signed, whole
from dashboard.i18n import Lang, cause, say
from dashboard.snapshot import PriceRow, QueueRow, SourceState, Value

SYMBOLS = {"overdue": "◆", "soon": "▲", "open": "○", "paused": "‖", "none": "·"}
SOURCE_SYMBOLS = {
    "never": "◌",
    "fresh": "●",
    "quiet": "●",
    "not_due": "○",
    "due": "◔",
    "late": "▲",
    "stale": "▨",
    "broken": "✕",
}
CALM = frozenset({"fresh", "quiet", "not_due"})


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: cells by name, a state that becomes its class, and times the browser counts."""

    state: str
    cells: Mapping[str, str]
    since: int | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    title: str
    note: str  # time, age, source, missing parts
    lines: tuple[Line, ...]
    data_at: int | None = None
    state: str = "fresh"


@dataclass(frozen=True, slots=True)
class WallView:
    """Everything a main wall shows; ``now`` is the documents' as_of in epoch milliseconds."""

    seq: int
    now: int
    lang: Lang
    room: str
    date: str
    time: str
    zone: str
    mark: str
    rate: str
    banner: str
    queue: Tile
    sums: Tile
    districts: Tile
    services: Tile
    prices: Tile
    changes: Tile
    sources: Tile


def wall_view(
    documents: Mapping[str, Any], config: Config, registry: Registry, wall: Wall, lang: Lang, audience: str = "wall"
) -> WallView:
    """The view of ``wall``. ``audience`` is the least privileged reader; documents hold nothing above it."""
    build = _Builder(documents, config, registry, lang)
    meta = documents.get("meta") or {}
    rate = meta.get("rate", 1)
    marks = [say(f"mark.{p}", lang) for p in ("simulated", "replay") if p in meta.get("provenance", [])]
    return WallView(
        seq=meta.get("seq", 0),
        now=build.now,
        lang=lang,
        room=config.city.room,
        date=long_date(build.now, registry.zone, lang),
        time=clock(build.now, registry.zone, lang, seconds=True),
        zone=config.city.zone_label,
        mark=" · ".join(marks),
        rate=f"×{whole(rate, lang)}" if rate != 1 else "",
        banner=_banner(documents, lang),
        queue=build.queue(),
        sums=build.sums(),
        districts=build.districts(),
        services=build.services(),
        prices=build.prices(),
        changes=build.changes(),
        sources=build.sources(),
    )


def _banner(documents: Mapping[str, Any], lang: Lang) -> str:
    """What must be said besides the figures: of the room's own uplink, cache, collector and database."""
    words = list(documents.get("condition") or [])
    if (documents.get("meta") or {}).get("uplink_down"):
        words.append("uplink")
    return " · ".join(say(f"wall.{word}", lang) for word in words)


class _Builder:
    def __init__(self, documents: Mapping[str, Any], config: Config, registry: Registry, lang: Lang) -> None:
        self.documents, self.config, self.registry, self.lang = documents, config, registry, lang
        self.now: int = (documents.get("meta") or {}).get("as_of", 0)
        self.decreed = any(p.kind == "aspiration" and p.status == "ditetapkan" for p in config.policies)
        self.states: dict[str, SourceState] = {s["id"]: s for s in documents.get("sources") or []}

    def say(self, key: str) -> str:
        return say(key, self.lang)

    def label(self, label: Any) -> str:
        if self.lang == "en":
            return str(label.short_en or label.en)
        return str(label.short or label.id)

    def category(self, code: str | None) -> str:
        found = self.registry.categories.get(code or "")
        return self.label(found.label) if found else self.say("word.unknown")

    def district(self, code: str | None) -> str:
        found = self.registry.districts.get(code or "")
        return (found.short or found.name) if found else self.say("word.unknown")

    def department(self, abbr: str | None) -> str:
        found = self.registry.departments.get(abbr or "")
        return (found.short or found.abbr) if found else self.say("word.unknown")

    def value(self, scope: str, key: str) -> Value | None:
        found: Value | None = (self.documents.get(f"kpi:{scope}") or {}).get(key)
        return found

    def late(self, scope: str) -> Value | None:
        """Past an established deadline, or where the city has none, past the proposed one."""
        return self.value(scope, "aspiration.overdue.now" if self.decreed else "aspiration.overdue_proposed.now")

    def note(self, sources: list[str]) -> tuple[str, int | None, str]:
        """Time of the oldest data behind a tile, its sources by name, and the worst of their states."""
        held = [self.states[s] for s in sources if s in self.states]
        names = ", ".join(
            self.label(self.registry.sources[s["id"]].label) for s in held if s["id"] in self.registry.sources
        )
        times = [t for s in held if (t := s["last_success"]) is not None]
        order = ("fresh", "quiet", "not_due", "due", "late", "never", "stale", "broken")
        worst = max((s["state"] for s in held), key=order.index, default="never")
        when = f"{self.say('wall.data_at')} {clock(min(times, default=None), self.registry.zone, self.lang)}"
        words = [] if worst in CALM else [self.say(f"source.{worst}")]
        return " · ".join([names or "–", when, *words]), min(times, default=None), worst

    def kind_sources(self, kind: str) -> list[str]:
        used = {row["source"] for row in (self.documents.get(f"queue:{kind}") or {}).get("rows", [])}
        return sorted(used) or [s for s in self.states if "case" in self.states[s]["shapes"]][:1]

    def queue(self) -> Tile:
        found: Any = self.documents.get("queue:aspiration") or {
            "rows": [],
            "open": None,
            "overdue": None,
            "confidential": 0,
        }
        late = self.late("city")
        words = self.say("wall.overdue" if self.decreed else "wall.overdue_proposed")
        count = late["value"] if late else found["overdue"]
        title = f"{self.say('wall.queue')} {whole(found['open'], self.lang)} · {whole(count, self.lang)} {words}"
        note, at, state = self.note(self.kind_sources("aspiration"))
        if found["confidential"]:
            note += f" · {found['confidential']} {self.say('wall.confidential')}"
        return Tile(title, note, tuple(self._case(row) for row in found["rows"][:36]), at, state)

    def _case(self, row: QueueRow) -> Line:
        due = row["due_at"]
        left = self.say(f"state.{row['state']}")
        if due is not None and row["state"] in ("overdue", "soon", "open"):
            left = f"{left} {'± ' if row['provisional'] else ''}{duration((due - self.now) / 1000, self.lang)}"
        return Line(
            state=row["state"] + (" new" if row["new"] else ""),
            cells={
                "symbol": SYMBOLS[row["state"]],
                "number": str(row["number"]),
                "category": self.category(row["category"])
                + (f" ×{row['group_size']}" if row["group_size"] > 1 else ""),
                "age": duration((self.now - row["opened_at"]) / 1000, self.lang),
                "place": f"{self.district(row['district'])} · {self.department(row['department'])}",
                "left": left,
            },
            since=row["opened_at"],
            due=due if row["state"] in ("overdue", "soon", "open") else None,
        )

    def sums(self) -> Tile:
        lines = []
        for key, title in (("aspiration.cohort_today.today", "wall.today"), ("aspiration.stock.today", "wall.stock")):
            found = self.value("city", key)
            parts: dict[str, float | None] = found.get("parts", {}) if found else {}
            text = " ".join(
                f"{'' if index == 0 else '+ ' if (amount or 0) >= 0 else '− '}{whole(abs(amount or 0), self.lang)} "
                f"{self.say(f'wall.{name}') if f'wall.{name}' in _KNOWN else name}"
                for index, (name, amount) in enumerate(_shown(parts))
            )
            remainder = found.get("remainder") if found else None
            off = (
                ""
                if not remainder
                else f"{self.say('wall.remainder')} {signed(whole(remainder, self.lang), remainder)}"
            )
            lines.append(
                Line(
                    "off-sum" if remainder else "even",
                    {
                        "name": self.say(title),
                        "total": whole(found["value"], self.lang) if found else "–",
                        "parts": text or "–",
                        "off": off,
                    },
                )
            )
        return Tile("", "", tuple(lines))

    def districts(self) -> Tile:
        lines = []
        for code in self.registry.districts:
            late, total = self.late(f"district:{code}"), self.value(f"district:{code}", "aspiration.open.now")
            count = total["value"] if total else None
            small = count is not None and count < self.config.min_sample
            share = (late["value"] or 0) / count if late and count else 0.0
            state = "small" if small else "high" if share >= 0.25 else "some" if share > 0 else "calm"
            figure = f"{whole(late['value'] if late else None, self.lang)}/{whole(count, self.lang)}"
            lines.append(Line(state, {"name": self.district(code), "figure": f"{figure}{' n<' if small else ''}"}))
        note, at, state = self.note(self.kind_sources("aspiration"))
        return Tile(self.say("wall.districts"), note, tuple(lines), at, state)

    def services(self) -> Tile:
        lines = []
        for key, name, show in SERVICES:
            found = self.value("city", key)
            number = found["value"] if found else None
            if show == "duration":
                text = duration(number, self.lang) if number is not None else "–"
            else:
                text = percent(number, self.lang) if show == "percent" else whole(number, self.lang)
            sample = f"n {whole(found['n'], self.lang)}" if found and found.get("n") is not None else ""
            lines.append(Line("calm", {"name": name[0 if self.lang == "id" else 1], "figure": text, "sample": sample}))
        note, at, state = self.note([s for s in self.states if "case" in self.states[s]["shapes"]])
        return Tile(self.say("wall.services"), note, tuple(lines), at, state)

    def prices(self) -> Tile:
        found: Any = self.documents.get("prices") or {"rows": []}
        shown = [row for row in found["rows"] if self._on_wall(row)]
        note, at, state = self.note(sorted({row["source"] for row in shown}))
        return Tile(self.say("wall.prices"), note, tuple(self._price(row) for row in shown[:24]), at, state)

    def _on_wall(self, row: PriceRow) -> bool:
        commodity = self.registry.commodities.get(row["commodity"])
        return commodity is not None and commodity.wall

    def _price(self, row: PriceRow) -> Line:
        name = self.label(self.registry.commodities[row["commodity"]].label)
        if row["value"] is None:
            cells = {"name": name, "price": "—", "change": "", "mark": "", "markets": self.say("wall.not_reported")}
            return Line("missing", cells)
        change, pct = row["change"], row["change_pct"]
        arrow = "▲" if (change or 0) > 0 else "▼" if (change or 0) < 0 else "="
        moved = (
            "–" if change is None else f"{arrow} {whole(abs(change), self.lang)} · {percent(abs(pct or 0), self.lang)}"
        )
        mark = f"> {row['limit_kind']}" if row["over"] else ""
        return Line(
            "over" if row["over"] else "calm",
            {
                "name": name,
                "price": rupiah(row["value"], self.lang),
                "change": moved,
                "mark": mark,
                "markets": f"{row['markets']}/{row['markets_open']} {self.say('wall.markets')}",
            },
        )

    def changes(self) -> Tile:
        lines = []
        for change in (documents := self.documents.get("changes") or [])[:12]:
            what = self.say(f"change.{change['what']}")
            number = f"{change['number']} " if change["number"] else ""
            matter = self.category(change["category"]) if change["category"] else ""
            place = f" · {self.district(change['district'])}" if change["district"] else ""
            at = clock(change["at"], self.registry.zone, self.lang)
            lines.append(Line("calm", {"text": f"{at} {number}{what} {matter}{place}".strip()}))
        if not documents:
            lines.append(Line("calm", {"text": self.say("wall.no_changes")}))
        return Tile(self.say("wall.changes"), "", tuple(lines))

    def sources(self) -> Tile:
        lines = []
        for state in self.states.values():
            source = self.registry.sources.get(state["id"])
            name = self.label(source.label) if source else state["id"]
            word = "" if state["state"] in CALM else self.say(f"source.{state['state']}")
            if state["state"] == "broken":
                word = f"{word}: {cause(state['cause'], self.lang)}"
            since = state["last_success"]
            cells = {"symbol": SOURCE_SYMBOLS[state["state"]], "name": name, "word": word}
            age = duration((self.now - since) / 1000, self.lang) if since is not None else "–"
            lines.append(Line(state["state"], {**cells, "age": age}, since=since))
        return Tile(self.say("wall.sources"), "", tuple(lines))


def _shown(parts: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
    """Summands in the order of the flow; zeros only where the flow always has them."""
    known = [name for name in FLOW if name in parts and (parts[name] or name in ALWAYS)]
    return [(name, parts[name]) for name in [*known, *(n for n in parts if n not in FLOW and parts[n])]]


FLOW = (
    "start", "received", "reopened", "waiting", "in_process", "closed", "transferred", "moved_in", "moved_out",
    "unknown", "vanished",
)  # fmt: skip
ALWAYS = frozenset({"start", "received", "waiting", "in_process", "closed"})
_KNOWN = {f"wall.{n}" for n in FLOW}

# key of a KPI of the city, its name in both languages, how it is written
SERVICES: tuple[tuple[str, tuple[str, str], str], ...] = (
    ("aspiration.response_median.d30", ("Tanggapan pertama 30 h", "First response 30 d"), "duration"),
    ("aspiration.resolution_median.d30", ("Penyelesaian 30 h", "Resolution 30 d"), "duration"),
    ("aspiration.closed.today", ("Aspirasi selesai hari ini", "Closed today"), "count"),
    ("permit.open.now", ("Izin berjalan", "Permits open"), "count"),
    ("service.open.now", ("Antrean kecamatan", "District queue"), "count"),
    ("service.closed.today", ("Dilayani hari ini", "Served today"), "count"),
)
