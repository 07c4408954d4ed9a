"""The same figures from the facts one by one, in plain Python; shares no code with dashboard/kpi."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.facts import CaseFact, Commit

OPEN_WORDS = {"waiting", "in_process", "paused", "unknown"}
PARTS = ("start", "received", "reopened", "moved_in", "closed", "transferred", "moved_out", "vanished", "uncovered")


@dataclass(frozen=True)
class Window:
    start: int
    end: int

    def __contains__(self, second: int | None) -> bool:
        return second is not None and self.start <= second < self.end


@dataclass(frozen=True)
class Row:
    kind: str
    status: str
    secret: bool
    district: str | None
    department: str | None
    vanished: bool
    uncovered: bool
    basis: str | None
    unsure_answer: bool
    unsure_closed: bool
    backlog: bool
    invalid: bool
    opened: int
    seen: int
    due: int | None
    answer_said: int | None
    closed_said: int | None
    lapsed: bool
    answer_due: int
    answer_basis: str | None
    answer_after: int | None
    answer_by: int | None
    closed_after: int | None
    closed_by: int | None

    @property
    def open(self) -> bool:
        return self.status in OPEN_WORDS and not self.vanished and not self.uncovered


def row(f: CaseFact) -> Row:
    def sec(at: datetime | None) -> Any:
        return None if at is None else math.floor(at.timestamp())

    return Row(
        kind=f.record.kind,
        status=f.record.status.value,
        secret=f.visibility == "confidential",
        district=f.record.district,
        department=f.record.department,
        vanished=f.vanished_at is not None,
        uncovered=f.uncovered_at is not None,
        basis={"ditetapkan": "firm", "source": "firm", "usulan": "proposed"}.get(f.due_basis or ""),
        unsure_answer=f.response_uncertain,
        unsure_closed=f.close_uncertain,
        backlog=f.backlog,
        invalid=f.invalid_sequence,
        opened=sec(f.record.opened_at),
        seen=sec(f.first_seen_at),
        due=sec(f.due_at),
        answer_said=sec(f.record.first_response_at),
        closed_said=sec(f.record.resolved_at),
        answer_due=sec(f.response_due_at),
        answer_basis={"ditetapkan": "", "usulan": "_proposed"}.get(f.response_basis or ""),
        lapsed=f.record.closed_by in ("silence", "system") and f.record.status.value == "closed",
        answer_after=sec(f.observed_response_after),
        answer_by=sec(f.observed_response_by),
        closed_after=sec(f.observed_close_after),
        closed_by=sec(f.observed_close_by),
    )


def in_scope(rows: list[Row], scope: str) -> list[Row]:
    if scope == "city":
        return rows
    level, code = scope.split(":")
    return [r for r in rows if not r.secret and getattr(r, level) == code]


def percentile(durations: Any, share: int) -> int | None:
    if not len(durations):
        return None
    return int(np.percentile(np.asarray(durations, np.int64), share, method="inverted_cdf"))


def expected(
    facts: Mapping[int, CaseFact], scope: str, kind: str, config: Config, calendar: Calendar, now: datetime
) -> dict[str, dict[str, Any]]:
    """``{"overdue.now": {"value": ..., ...}}`` for one scope and kind; the stock identity apart (``stock_parts``)."""
    rows = in_scope([row(fact) for fact in facts.values() if fact.record.kind == kind], scope)
    at = math.floor(now.timestamp())
    held = [r for r in rows if r.open]
    found: dict[str, dict[str, Any]] = {}
    found["open.now"] = {"value": len(held)}
    found["waiting.now"] = {"value": sum(r.status == "waiting" for r in held)}
    found["in_process.now"] = {"value": sum(r.status in ("in_process", "paused") for r in held)}
    found["paused.now"] = {"value": sum(r.status == "paused" for r in held)}
    share = round(config.soon_share * 1000)
    for key, basis in (("", "firm"), ("_proposed", "proposed")):
        mine = [(r.due, r.opened) for r in held if r.status != "paused" and r.due is not None and r.basis == basis]
        late = sum(due <= at for due, _ in mine)
        soon = sum(due > at >= due - (due - opened) * share // 1000 for due, opened in mine)
        found[f"overdue{key}.now"] = {"value": late, "numerator": late, "denominator": len(held)}
        found[f"due_soon{key}.now"] = {"value": soon}
    found["oldest_open.now"] = {"value": min((r.opened for r in held), default=None)}
    if held:
        found["oldest_open.now"]["value"] *= 1000
    for name, (start, end) in calendar.windows(now).items():
        window = Window(math.floor(start.timestamp()), math.floor(end.timestamp()))
        found |= {f"{key}.{name}": value for key, value in _window(rows, window).items()}
        if name == "today":
            found["cohort_today.today"] = _cohort([r for r in rows if r.opened in window])
    return found


def _window(rows: list[Row], window: Window) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"received": {"value": sum(r.opened in window for r in rows)}}
    found["transferred"] = {"value": sum(r.opened in window and r.status == "transferred" for r in rows)}
    seen = [r for r in rows if r.status == "closed" and r.closed_by in window]
    said = [r for r in rows if r.status == "closed" and r.closed_said in window]
    found["closed"] = {"value": len(seen)}
    found["closed_declared"] = {"value": len(said)}
    valid = [r for r in said if not r.invalid and r.closed_said >= r.opened]
    for suffix, basis in (("", "firm"), ("_proposed", "proposed")):
        sure = [r for r in seen if not r.unsure_closed and r.basis == basis and r.due is not None]
        kept = [r.closed_by <= r.due if r.closed_after is None else r.closed_after < r.due for r in sure]
        found[f"closed_in_time{suffix}"] = _share(sum(kept), len(kept))
        due = [r for r in valid if r.basis == basis and r.due is not None]
        found[f"closed_in_time{suffix}_declared"] = _share(sum(r.closed_said <= r.due for r in due), len(due))
    answered = [r for r in rows if r.answer_by in window]
    for suffix in ("", "_proposed"):
        sure = [r for r in answered if not r.unsure_answer and r.answer_basis == suffix]
        early = [r.answer_by <= r.answer_due if r.answer_after is None else r.answer_after < r.answer_due for r in sure]
        found[f"answered_in_time{suffix}"] = _share(sum(early), len(early))
    for what, of, stem in (("response", answered, "answer"), ("resolution", seen, "closed")):
        times = [t for r in of if (t := _observed(r, stem)) is not None]
        found |= _percentiles(f"{what}_{{}}", times)
    told = [r for r in rows if r.answer_said in window and not r.invalid and r.answer_said >= r.opened]
    told = [r for r in told if not (r.lapsed and r.closed_said is not None and r.answer_said >= r.closed_said)]
    for suffix in ("", "_proposed"):
        due = [r for r in told if r.answer_basis == suffix]
        kept = [r.answer_said <= r.answer_due for r in due]
        found[f"answered_in_time{suffix}_declared"] = _share(sum(kept), len(kept))
    found |= _percentiles("response_{}_declared", [r.answer_said - r.opened for r in told])
    return found | _percentiles("resolution_{}_declared", [r.closed_said - r.opened for r in valid])


def _observed(r: Row, stem: str) -> int | None:
    by, after = getattr(r, f"{stem}_by"), getattr(r, f"{stem}_after")
    if r.backlog or getattr(r, f"unsure_{stem}"):
        return None
    if by > r.seen:
        return int(by - r.seen)
    if after is None or by - r.opened > 2 * (by - after):
        return None  # it was open long before the look that did not show it: it came late
    return int(by - after)


def _share(kept: int, due: int) -> dict[str, Any]:
    return {"value": kept * 100 / due if due else None, "numerator": kept, "denominator": due}


def _percentiles(key: str, times: list[float]) -> dict[str, dict[str, Any]]:
    return {
        key.format(name): {"value": percentile(times, share), "n": len(times)}
        for name, share in (("median", 50), ("p90", 90))
    }


def _cohort(fresh: list[Row]) -> dict[str, Any]:
    words = {
        "waiting": ["waiting"], "in_process": ["in_process", "paused"], "unknown": ["unknown"], "closed": ["closed"],
        "transferred": ["transferred"],
    }  # fmt: skip
    gone = [r for r in fresh if (r.vanished or r.uncovered) and r.status in OPEN_WORDS]
    fallen = sum(r.uncovered for r in gone)
    parts = {part: sum(r.status in names and r not in gone for r in fresh) for part, names in words.items()}
    return {"value": len(fresh), "parts": parts | {"vanished": len(gone) - fallen, "uncovered": fallen}, "remainder": 0}


def stock_parts(
    at_midnight: Mapping[int, CaseFact], commits: Iterable[Commit], scope: str, kind: str, day_start: datetime
) -> dict[str, int]:
    """Today's movements of one scope, told case by case."""

    def here(fact: CaseFact | None) -> bool:
        if fact is None or fact.record.kind != kind or not held(fact):
            return False
        if scope == "city":
            return True
        level, code = scope.split(":")
        return fact.visibility != "confidential" and getattr(fact.record, level) == code

    def held(fact: CaseFact) -> bool:
        return fact.record.status.value in OPEN_WORDS and not fact.vanished_at and not fact.uncovered_at

    parts = dict.fromkeys(PARTS, 0)
    parts["start"] = sum(here(fact) for fact in at_midnight.values())
    for commit in commits:
        for change in commit.cases:
            before, after = change.before, change.after
            if before is None and after.backlog and after.record.opened_at < day_start:
                parts["start"] += here(after)
            elif before is None:
                # What came and was done with in one poll was received and went out again.
                stays = here(after)
                came = stays or _was_here(after, scope, kind)
                parts["received"] += came
                if came and not held(after):
                    parts[_way(after)] -= 1
            elif here(before) and not here(after):
                parts["moved_out" if held(after) else _way(after)] -= 1
            elif here(after) and not here(before):
                parts["moved_in" if held(before) else "reopened"] += 1
    return parts


def _was_here(fact: CaseFact, scope: str, kind: str) -> bool:
    if fact.record.kind != kind:
        return False
    if scope == "city":
        return True
    level, code = scope.split(":")
    return fact.visibility != "confidential" and getattr(fact.record, level) == code


def _way(fact: CaseFact) -> str:
    word = fact.record.status.value
    gone = "vanished" if fact.vanished_at else "uncovered"
    return word if word in ("closed", "transferred") else gone
