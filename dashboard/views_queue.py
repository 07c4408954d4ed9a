"""The queue of one kind of case, ready to read: what is late, what is late next; never orders or counts cases."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.formats import about, duration
from dashboard.snapshot import Queue, QueueRow
from dashboard.views_words import Line, Tile, Words

LATE_SHOWN, NEXT_SHOWN = 36, 8
OTHER_CLOCK_MS = 3_600_000
# (established deadline, proposed deadline): a proposed one is hollow
SYMBOLS = {"overdue": ("◆", "◇"), "soon": ("▲", "△"), "open": ("○", "○"), "paused": ("‖", "‖"), "none": ("·", "·")}


@dataclass(frozen=True, slots=True)
class QueueTile(Tile):
    """``lines``: overdue, the longest first. ``following``: deadlines still ahead, the next one first."""

    following: tuple[Line, ...] = ()


def queue_tile(words: Words, kind: str) -> QueueTile:
    found: Queue | None = words.documents.get(f"queue:{kind}")
    rows = found["rows"] if found else []
    late = [row for row in rows if row["state"] == "overdue"]
    ahead = [row for row in rows if row["state"] in ("soon", "open")]
    if not late and not ahead:
        late = list(rows)  # no deadline runs: those that wait longest
    hidden = found["confidential"] if found else 0
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
            "hidden": f"{words.count(hidden)} {words.say('wall.confidential')}" if hidden else "",
        },
        following=tuple(_line(words, row) for row in ahead[:NEXT_SHOWN]),
    )


def _plain(words: Words, kind: str, found: Queue | None) -> str:
    """What there is to say where nothing can be late: nothing known, nothing open, or no deadline at all."""
    if found is None:
        return f"{words.kind_name(kind)} –"
    if not found["open"]:
        return f"{words.kind_name(kind)}: {words.say('wall.none_open')}"
    return "" if words.deadlines(kind) else f"{words.count(found['open'])} {words.say('wall.open')}"


def _empty(words: Words, kind: str, found: Queue | None) -> str:
    """What stands where no late case is listed: there is none, or none that a wall may list."""
    if found is None or not found["open"] or not words.deadlines(kind):
        return ""
    return words.say("wall.late_unlisted" if found["overdue"] else "wall.none_late")


def _title(words: Words, kind: str, found: Queue | None, length: str) -> str:
    """3 lewat tenggat · 50 lewat usulan / 165: a proposed deadline is never counted as an established one."""
    plain = _plain(words, kind, found)
    if plain or found is None:
        return plain
    proposed = found.get("overdue_proposed", 0)
    parts = []
    if found["overdue"] - proposed or not proposed:
        parts.append(f"{words.count(found['overdue'] - proposed)} {words.say('wall.overdue' + length)}")
    if proposed:
        parts.append(f"{words.count(proposed)} {words.say('wall.overdue_proposed' + length)}")
    return f"{' · '.join(parts)} / {words.count(found['open'])}"


def _long_title(words: Words, kind: str, found: Queue | None, named: bool = False, opened: bool = True) -> str:
    """Aspirasi: 3 lewat tenggat · 50 lewat tenggat usulan dari 165 terbuka: the same in whole words."""
    plain = _plain(words, kind, found)
    if plain or found is None:
        without = found is not None and found["open"] and not words.deadlines(kind)
        return f"{plain} · {words.say('state.none')}" if without else plain
    proposed = found.get("overdue_proposed", 0)
    parts = []
    if found["overdue"] - proposed or not proposed:
        parts.append(f"{words.count(found['overdue'] - proposed)} {words.say('wall.overdue')}")
    if proposed:
        parts.append(f"{words.count(proposed)} {words.say('wall.overdue_proposed_long')}")
    matter = f"{words.kind_name(kind)}: " if named else ""
    rest = f" {words.say('wall.open')}" if opened else ""
    return f"{matter}{' · '.join(parts)} {words.say('wall.of')} {words.count(found['open'])}{rest}"


def _least(words: Words, kind: str, found: Queue | None) -> str:
    """◆3 ◇50 / 165: the same in marks."""
    if found is None or not found["open"]:
        return "–" if found is None else f"0 {words.say('wall.open')}"
    if not words.deadlines(kind):
        return words.count(found["open"])
    proposed = found.get("overdue_proposed", 0)
    established, hollow = SYMBOLS["overdue"]
    parts = [f"{established}{words.count(found['overdue'] - proposed)}", f"{hollow}{words.count(proposed)}"]
    return f"{' '.join(parts)} / {words.count(found['open'])}"


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
