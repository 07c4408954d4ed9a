"""How each district stands against the whole city, and its place on the map; never colours a small sample.

Grey until abnormal: a backlog that all districts share is the city's matter and is said in the queue. A district is
marked only when its share of overdue cases lies clearly above the city's own, on enough cases. Lateness from a
proposed deadline is never red.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.atlas import Atlas, atlas_of
from dashboard.formats import percent, whole
from dashboard.views_words import Line, Note, Words

ABOVE, FAR = 1.5, 2.0  # times the city's own share
ABOVE_LEAST, FAR_LEAST = 3, 5  # overdue cases: fewer may be chance
MOST = 0.5  # of an established deadline: half late is red whatever the city's share
SHADES = 3
ESTABLISHED = ("", "_short")
UNDATED = ("_open", "_open_short")
PROPOSED = ("_proposed_long", "_proposed", "_proposed_short")
MIXED = ("_mixed_long", "_mixed", "_proposed_short")  # decided for some sources only
SYMBOLS = {"far": "◆", "above": "▲", "small": "", "calm": "", "unknown": "", "far proposed": "▲", "above proposed": "△"}


@dataclass(frozen=True, slots=True)
class DistrictsTile:
    """``lines`` in the order of the registry; ``worst``: those that need somebody, the highest share first;
    ``calm``: said when there is none."""

    titles: tuple[str, ...]  # the same in ever fewer words
    note: Note
    lines: tuple[Line, ...]
    worst: tuple[Line, ...]
    calm: str
    told: bool  # whether anything is known of any district
    legends: tuple[str, ...]  # the same in ever fewer words
    atlas: Atlas | None
    hidden: str = ""  # cases of the city that no district's number holds


def district_state(late: float | None, total: float | None, city: float | None, least: int, established: bool) -> str:
    """unknown, small, calm, above or far; "proposed" beside it when no established deadline is behind it."""
    if late is None or total is None:
        return "unknown"
    if total < least:
        return "small"
    share = late / total
    if established and share >= MOST and late >= FAR_LEAST:
        return "far"
    for state, times, cases in (("far", FAR, FAR_LEAST), ("above", ABOVE, ABOVE_LEAST)):
        if city and late >= cases and share >= times * city:
            return state if established else f"{state} proposed"
    return "calm"


def districts_tile(words: Words, kind: str) -> DistrictsTile:
    established = words.established(kind)
    decided = not established and any(p.kind == kind and p.status == "ditetapkan" for p in words.config.policies)
    named = ("overdue", "overdue_proposed") if decided else ("overdue" if established else "overdue_proposed",)
    dated = words.deadlines(kind) and all(words.told.figure(kind, key) for key in named)
    keys = tuple(f"{kind}.{key}.now" for key in named if dated)
    late, total = _sum(words, "city", keys), words.number("city", f"{kind}.open.now")
    city = late / total if late is not None and total else None
    lines = [_line(words, kind, keys, code, city, established) for code in words.registry.districts]
    marked = [line for line in lines if line.state.split()[0] in ("far", "above")]
    found = words.value("city", f"{kind}.open.now")
    lengths = UNDATED if not dated else ESTABLISHED if established else MIXED if decided else PROPOSED
    return DistrictsTile(
        titles=tuple(words.say(f"wall.districts{rest}") for rest in lengths),
        note=words.note(words.sources_of(kind), found["missing"] if found else ()),
        lines=tuple(lines),
        worst=tuple(sorted(marked, key=lambda line: -float(line.cells["rank"]))),
        calm=_calm(words, city, total),
        told=any(line.cells["figure"] not in ("–", "–/–") for line in lines),
        legends=_legends(words, city),
        atlas=atlas_of(words.config.regions, words.config.folder),
        hidden=words.hidden(kind),
    )


def _calm(words: Words, city: float | None, total: float | None) -> str:
    if city is not None:
        return words.say("wall.no_district_above")
    return words.say("wall.none_open") if total == 0 else ""  # what is not known yet is said under the title


def _legends(words: Words, city: float | None) -> tuple[str, ...]:
    if city is None:
        return ("",)
    share = percent(100 * city, words.lang)
    whole_city, small = words.say("wall.city_whole"), f"< {words.config.min_sample} {words.say('wall.not_judged')}"
    return f"{whole_city} {share} · {small}", f"{words.say('wall.city')} {share} · {small}", f"{whole_city} {share}"


def _sum(words: Words, scope: str, keys: tuple[str, ...]) -> float | None:
    found = [number for key in keys if (number := words.number(scope, key)) is not None]
    return sum(found) if found else None


def _line(words: Words, kind: str, keys: tuple[str, ...], code: str, city: float | None, established: bool) -> Line:
    """``keys``: the figures of what is late; without any, nothing can be late and the open cases alone are said."""
    late, total = _sum(words, f"district:{code}", keys), words.number(f"district:{code}", f"{kind}.open.now")
    figure = f"{whole(late, words.lang)}/{whole(total, words.lang)}" if keys else whole(total, words.lang)
    state = district_state(late, total, city, words.config.min_sample, established)
    share = late / total if late is not None and total else 0.0
    shade = f" shade{min(SHADES - 1, int(share * SHADES / max(city * FAR, 0.01)))}" if city and state == "calm" else ""
    said = {"far": "wall.far_above", "above": "wall.above", "small": "wall.small"}.get(state.split()[0])
    return Line(
        state + shade,
        {
            "code": code,
            "symbol": SYMBOLS[state],
            "name": words.district(code),
            "figure": figure,
            "share": percent(100 * share, words.lang) if state not in ("small", "unknown") else "",
            "word": words.say(said) if said and total else "",
            "rank": f"{-1.0 if state in ('small', 'unknown') else share:.4f}",  # a small sample is never ranked
        },
    )
