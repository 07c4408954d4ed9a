"""The figures of each kind of case: what they are called, what they say, what stands behind them; computes none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dashboard.formats import decimal, duration, instant, percent
from dashboard.kpi.descriptions import BY_KEY, SERVICES, Description
from dashboard.snapshot import Value
from dashboard.views_words import Line, Tile, Words

Row = tuple[str, str]  # key of a description, window

OF_ALL: tuple[Row, ...] = (
    ("received", "today"), ("waiting", "now"), ("closed", "today"), ("throughput", "d7"),
    ("overdue", "now"), ("overdue_proposed", "now"),
    ("response_median", "d30"), ("resolution_median", "d30"), ("closed_in_time", "d30"),
    ("closed_in_time_proposed", "d30"), ("oldest_open", "now"),
)  # fmt: skip
LATE = {"overdue": "overdue", "overdue_proposed": "overdue proposed"}
BESIDE = {"response_median": "response_p90", "resolution_median": "resolution_p90", "waiting": "in_process"}


DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ServicesTile(Tile):
    kind: str = ""


def services(words: Words, kinds: Iterable[str]) -> tuple[ServicesTile, ...]:
    """One tile for each of these kinds, in their order."""
    return tuple(_tile(words, kind) for kind in kinds)


def _tile(words: Words, kind: str) -> ServicesTile:
    rows = [
        _line(words, kind, BY_KEY[key], window)
        for key, window in OF_ALL
        if BY_KEY[key].applies_to(kind) and words.told.figure(kind, key) and _tells(words, kind, key, window)
    ]
    found = words.value("city", f"{kind}.open.now")
    note = words.note(words.sources_of(kind), found["missing"] if found else ())
    if note.at is None:  # no source has brought anything of this kind: said once, in the note
        rows = [replace(row, cells={**row.cells, "more": ""}) for row in rows]
    return ServicesTile(
        title=words.label(words.config.kinds[kind].label, short=False),
        note=note,
        lines=tuple(rows),
        kind=kind,
    )


def _tells(words: Words, kind: str, key: str, window: str) -> bool:
    """Of the two figures of a deadline, established and proposed, those that have a deadline behind them."""
    if not key.startswith(("overdue", "closed_in_time")):
        return True
    status = "usulan" if key.endswith("_proposed") else "ditetapkan"
    found = words.value("city", f"{kind}.{key}.{window}")
    if status == "ditetapkan" and found and (found["denominator"] if found["unit"] == "percent" else found["value"]):
        return True  # of the sources' own promises
    return any(p.kind == kind and p.status == status and p.amount is not None for p in words.config.policies)


def _line(words: Words, kind: str, what: Description, window: str) -> Line:
    found = words.value("city", f"{kind}.{what.key}.{window}")
    if what.unit == "cases_per_day" and words.watched(found):
        found = None if found is None else {**found, "value": None}  # no average of days on which nobody looked
    since = int(found["value"]) if found and what.unit == "instant" and found["value"] is not None else None
    return Line(
        _state(found, what),
        {
            "what": _label(words, what, kind),
            "value": _written(words, what, found),
            "more": _more(words, kind, what, window, found)
            if found and found["value"] is not None
            else _none(words, found),
        },
        since=since,
    )


def _state(found: Value | None, what: Description) -> str:
    """Grey unless cases are late or an established figure misses its own target."""
    if found is None or found["value"] is None:
        return "unknown"
    if what.key in LATE and found["value"] > 0:
        return LATE[what.key]
    target = found.get("target")
    if target is None or found.get("small"):
        return "small" if found.get("small") else "calm"
    missed = found["value"] < target if what.better == "up" else found["value"] > target
    return "missed" if missed and what.better != "none" else "calm"


def _label(words: Words, what: Description, kind: str) -> str:
    label: str = what.short_id if words.lang == "id" else what.short_en
    served = words.say("wall.served") if what.key == "closed" and kind in SERVICES else ""
    return served or label


def _written(words: Words, what: Description, found: Value | None) -> str:
    number = found["value"] if found else None
    if number is None:
        return "–"
    if what.unit == "seconds":
        return duration(number, words.lang)
    if what.unit == "instant":
        return duration((words.now - number) / 1000, words.lang)
    if what.unit == "cases_per_day":
        return decimal(number, words.lang)
    return percent(number, words.lang) if what.unit == "percent" else words.count(number)


def _none(words: Words, found: Value | None) -> str:
    """Why there is no figure: nothing has come at all, or there was no case of it in the time that was watched."""
    if found is None:
        published = any(key.startswith("kpi:") for key in words.documents)
        return words.say("wall.none_yet") if published else ""  # the head of the tile says it
    watched = words.watched(found)
    return _shorter([words.say("wall.none_yet"), watched], 1, 0) if watched else words.say("wall.none_yet")


def _more(words: Words, kind: str, what: Description, window: str, found: Value) -> str:
    """Comparison, sample and window, in ever fewer words parted by "|": a screen says the first that has room."""
    if what.unit == "instant":
        if not found["value"]:
            return ""
        day = instant(int(found["value"]), words.registry.zone).date()
        return f"{words.say('wall.since')} {words.day(day)}"
    if what.unit == "cases" and what.denominator:
        total = f"{words.say('wall.of')} {words.count(found['denominator'])} {words.say('wall.open')}"
        return _shorter([_share(words, found), total], 0, 1)
    span = words.say(f"window.{window}") if window != "now" else ""
    if what.key in BESIDE:
        beside = BY_KEY[BESIDE[what.key]]
        other = words.value("city", f"{kind}.{beside.key}.{window}")
        name = beside.short_id if words.lang == "id" else beside.short_en
        second = f"{name} {_written(words, beside, other)}" if words.told.figure(kind, beside.key) else ""
        if what.unit == "cases":
            return second
        # The sample may go, unless it is small; the window never: a median of nobody knows which days says nothing.
        return _shorter([second, _sample(words, found), span], 2, *((0, 1) if found.get("small") else (1,)))
    if what.unit == "cases_per_day":
        return _shorter([_sample(words, found), span], 1, 0)
    if what.unit == "percent":
        target = f"{words.say('wall.target')} {percent(found['target'], words.lang)}" if found.get("target") else ""
        return _shorter([target, _sample(words, found), span], 2, 0)
    return _compared(words, kind, what)


def _share(words: Words, found: Value) -> str:
    total = found["denominator"]
    return percent(100 * found["value"] / total, words.lang) if total and found["value"] is not None else "–"


def _sample(words: Words, found: Value) -> str:
    """141 kasus, or 1 kasus (sedikit)."""
    if found["n"] is None:
        return ""
    small = f" ({words.say('wall.small_short')})" if found.get("small") else ""
    return f"{words.count(found['n'])} {words.say('wall.case' if found['n'] == 1 else 'wall.cases')}{small}"


def _shorter(parts: list[str], keep: int, *drop: int) -> str:
    """All parts, then without the first of ``drop``, and so on; ``keep`` alone is the last."""
    found = []
    for length in range(len(drop) + 1):
        kept = (part for number, part in enumerate(parts) if number not in drop[:length])
        found.append(" · ".join(filter(None, kept)))
    return "|".join(dict.fromkeys([*found, parts[keep]]))


def _days(found: Value) -> float:
    """How long the window of a value has lasted: its last day is not over yet."""
    start, end = found["window"]["start"], found["as_of"]
    return max(1.0, (end - start) / DAY_MS) if start is not None else 7.0


def _compared(words: Words, kind: str, what: Description) -> str:
    """Gilir ini 5 · 7 hari 36/hari: a count of today beside this shift and the days before."""
    week = words.value("city", f"{kind}.{what.key}.d7")
    watched = words.watched(week)
    today = words.value("city", f"{kind}.{what.key}.today")
    # First: where room is short, what limits the number is kept, above all the cases that it does not count.
    parts = [gap for gap in words.gaps(today["missing"] if today else []) if gap != words.watched(today)]
    parts += [watched] if watched else []
    shift = words.number("city", f"{kind}.{what.key}.shift")
    if shift is not None and words.meta.get("shift"):
        parts.append(f"{words.say('wall.shift')} {words.count(shift)}")
    if not watched and week is not None and week["value"] is not None:  # no average of days on which nobody looked
        days = _days(week)
        parts.append(
            f"{words.say('window.d7')} {decimal(week['value'] / days, words.lang)}/{words.say('unit.day_short')}"
        )
    return "|".join(" · ".join(parts[:length]) for length in range(len(parts), 0, -1))
