"""The queue of one kind of case, ready to read: what is late, what is late next; never orders or counts cases."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.formats import about, duration
from dashboard.snapshot import Queue, QueueRow
from dashboard.views_words import Line, Tile, Words

LATE_SHOWN, NEXT_SHOWN = 36, 8
OTHER_CLOCK_MS = 3_600_000
# (established deadline, proposed deadline): a proposed one is hollow
SYMBOLS = {
    "overdue": ("◆", "◇"), "unconfirmed": ("?", "?"), "soon": ("▲", "△"), "open": ("○", "○"), "paused": ("‖", "‖"),
    "none": ("·", "·"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueTile(Tile):
    """``lines``: overdue, the longest first. ``following``: deadlines still ahead, the next one first."""

    following: tuple[Line, ...] = ()


def queue_tile(words: Words, kind: str) -> QueueTile:
    found: Queue | None = words.documents.get(f"queue:{kind}")
    rows = found["rows"] if found else []
    late = [row for row in rows if row["state"] == "overdue"]
    ahead = [row for row in rows if row["state"] in ("unconfirmed", "soon", "open")]
    if not late and not ahead:
        late = list(rows)  # no deadline runs: those that wait longest
    return QueueTile(
        title=_title(words, kind, found, ""),
        note=words.note(words.sources_of(kind), _missing(words, kind)),
        lines=tuple(_line(words, row) for row in late[:LATE_SHOWN]),
        extra={
            "full": _long_title(words, kind, found, named=True),
            "long": _long_title(words, kind, found),
            "middle": _long_title(words, kind, found, opened=False),
            "short": _title(words, kind, found, "_short"),
            "least": _least(words, kind, found),
            "empty": _empty(words, kind, found),
            "next": words.say("wall.next_due"),
            "hidden": words.hidden(kind),
        },
        following=tuple(_line(words, row) for row in ahead[:NEXT_SHOWN]),
    )


def _plain(words: Words, kind: str, found: Queue | None) -> str:
    """What there is to say where nothing can be late: nothing known, nothing open, or no deadline at all; or where
    how many are late, or open, is not for this screen."""
    name, total = words.kind_name(kind), found["open"] if found else None
    if found is None:
        return f"{name} –"
    if total == 0:
        return f"{name}: {words.say('wall.none_open')}"
    if words.deadlines(kind) and found["overdue"] is not None:
        return ""
    return name if total is None else f"{words.count(total)} {words.say('wall.open')}"


def _late(found: Queue) -> tuple[int, int]:
    """Past an established and past a proposed deadline: one is never counted as the other."""
    proposed = found.get("overdue_proposed", 0)
    return (found["overdue"] or 0) - proposed, proposed


def _parts(words: Words, found: Queue, late: str, proposed: str) -> str:
    """3 lewat tenggat · 50 lewat usulan"""
    established, hollow = _late(found)
    parts = [f"{words.count(established)} {words.say(late)}"] if established or not hollow else []
    parts += [f"{words.count(hollow)} {words.say(proposed)}"] if hollow else []
    return " · ".join(parts)


def _empty(words: Words, kind: str, found: Queue | None) -> str:
    """What stands where no late case is listed: there is none, or none that a wall may list."""
    if found is None or not found["open"] or found["overdue"] is None or not words.deadlines(kind):
        return ""
    return words.say("wall.late_unlisted" if found["overdue"] else "wall.none_late")


def _title(words: Words, kind: str, found: Queue | None, length: str) -> str:
    """3 lewat tenggat · 50 lewat usulan / 165"""
    plain = _plain(words, kind, found)
    if plain or found is None:
        return plain
    late = _parts(words, found, f"wall.overdue{length}", f"wall.overdue_proposed{length}")
    return late if found["open"] is None else f"{late} / {words.count(found['open'])}"


def _long_title(words: Words, kind: str, found: Queue | None, named: bool = False, opened: bool = True) -> str:
    """Aspirasi: 3 lewat tenggat · 50 lewat tenggat usulan dari 165 terbuka: the same in whole words."""
    plain = _plain(words, kind, found)
    if plain or found is None:
        without = found is not None and found["open"] and not words.deadlines(kind)
        return f"{plain} · {words.say('state.none')}" if without else plain
    late = _parts(words, found, "wall.overdue", "wall.overdue_proposed_long")
    matter = f"{words.kind_name(kind)}: " if named else ""
    if found["open"] is None:
        return f"{matter}{late}"
    rest = f" {words.say('wall.open')}" if opened else ""
    return f"{matter}{late} {words.say('wall.of')} {words.count(found['open'])}{rest}"


def _least(words: Words, kind: str, found: Queue | None) -> str:
    """◆3 ◇50 / 165: the same in marks."""
    total = found["open"] if found else None
    if found is None or total == 0:
        return "–" if found is None else f"0 {words.say('wall.open')}"
    if not words.deadlines(kind) or found["overdue"] is None:
        return words.count(total)
    late = " ".join(f"{mark}{words.count(n)}" for mark, n in zip(SYMBOLS["overdue"], _late(found), strict=True))
    return late if total is None else f"{late} / {words.count(total)}"


def _missing(words: Words, kind: str) -> list[str]:
    found = words.value("city", f"{kind}.open.now")
    return list(found["missing"]) if found else []


def _held(words: Words, row: QueueRow) -> str:
    """The department's own clock, where it is another than the city's: others had the case before."""
    since = row["held_since"]
    if since is None or since - row["opened_at"] < OTHER_CLOCK_MS:
        return ""
    return f"{words.say('wall.held')} {duration((words.now - since) / 1000, words.lang)}"


def _line(words: Words, row: QueueRow) -> Line:
    due = row["due_at"]
    proposed = row["due_basis"] == "usulan"
    left = words.say(f"state.{row['state']}")
    dated = due is not None and row["state"] in ("overdue", "soon", "open")
    if due is not None and dated:
        span = duration((due - words.now) / 1000, words.lang)
        left = f"{left} ± {about(span)}" if row["provisional"] else f"{left} {span}"
    marks = [words.say("state.new")] if row["new"] else []
    marks += [f"×{row['group_size']}"] if row["group_size"] > 1 else []
    marks += [name] if (name := words.beside(row["kind"], row["source"])) else []
    state = [row["state"], *(["proposed"] if proposed else []), *(["new"] if row["new"] else [])]
    return Line(
        state=" ".join(state),
        cells={
            "symbol": SYMBOLS[row["state"]][proposed],
            "number": str(row["number"]),
            "category": words.category(row["category"]),
            "category_long": words.category(row["category"], short=False),
            "marks": " ".join(marks),
            "district": words.district_of(row["district"]),
            "department": words.department_of(row["department"]),
            "held": _held(words, row),
            "age": duration((words.now - row["opened_at"]) / 1000, words.lang),
            "left": left,
        },
        since=row["opened_at"],
        due=due if dated else None,
    )
