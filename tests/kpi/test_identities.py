"""Both sums of the day come out even after any history: through ingest, database, restarts and changes of the rules."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.facts import Commit
from dashboard.history import History, open_history
from dashboard.publisher import Publisher, rebuild
from tests.config.factory import small_config
from tests.ingest.served import T0, Room, build, row

DEPARTMENTS = small_config().model_dump(mode="json")["departments"]
MERGED = [{**d, "valid_to": "2026-03-02", "successor": "Kominfo"} if d["abbr"] == "PU" else d for d in DEPARTMENTS]
CATEGORIES = small_config().model_dump(mode="json")["categories"]
SECRET = [{**c, "visibility": "confidential"} if c["code"] == "road" else c for c in CATEGORIES]
RULES = {
    "plain": small_config(min_sample=1),
    "merged": small_config(min_sample=1, departments=MERGED),
    "secret": small_config(min_sample=1, categories=SECRET),
    "holiday": small_config(min_sample=1, holidays={"extra": {"2026-03-04": "decreed"}}),
}
WORDS = ("menunggu", "proses", "jeda", "selesai", "dialihkan", "entah")
KINDS = ("aspiration", "aspiration", "permit")
WAITS = (1, 40, 400, 1440, 3 * 1440)  # minutes
ACTIONS = ("poll", "poll", "poll", "poll", "rules", "restart", "unheard", "overlap", "overlap", "erase")
STEPS = st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(WAITS)), min_size=2, max_size=14)


@dataclass
class Town:
    """A source whose cases come, move, reopen, vanish, change their past; a room that restarts and gets new rules."""

    history: History
    random: random.Random
    epoch: int
    at: float = 0.0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    slow_rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    config: Config = RULES["plain"]
    commits: list[Commit] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.use(self.config)

    @property
    def now(self) -> datetime:
        return T0 + timedelta(minutes=self.at)

    def use(self, config: Config) -> None:
        """A collector starts with this configuration: it loads its board, then derives anew what that moves."""
        self.config = config
        self.room = Room(config, self.history, build(config, self.history), self.epoch)
        self.slow = replace(self.room, source_id="prices")
        self.board = self.loaded()
        self.publisher = Publisher(self.board, self.history, *([cast(Any, None)] * 5))
        for are_open in (True, False):
            numbers = self.history.numbers(are_open=are_open)
            for start in range(0, len(numbers), 3):
                self.heard(self.room.ingest.rederive(self.epoch, self.now, numbers[start : start + 3]))

    def loaded(self) -> Board:
        board = Board(self.config, Registry(self.config), Calendar(self.config))
        rebuild(board, self.history, Clock.begin(self.now, 1e-9), self.epoch)
        return board

    def heard(self, commit: Commit | None) -> None:
        if commit is not None:
            self.commits.append(commit)
            self.publisher._apply(commit)

    def poll(self, heard: bool = True) -> None:
        commit = self.room.poll(self.served(self.rows, "K", self.at), self.at)
        if heard:
            self.heard(commit)
        else:
            self.commits.append(commit)

    def overlap(self, began: float) -> None:
        """A poll of another source that began earlier than this one and is committed after it."""
        self.poll()
        self.heard(self.slow.poll(self.served(self.slow_rows, "S", began), began))

    def served(self, rows: dict[str, dict[str, Any]], prefix: str, at: float) -> list[dict[str, Any]]:
        for _ in range(self.random.randint(0, 4)):
            self.change(rows, prefix, at)
        served = [entry for key, entry in rows.items() if key not in self.hidden]
        self.random.shuffle(served)
        return served

    def erase(self) -> None:
        """On request: an open case leaves the stock with it, and its source serves it in vain."""
        number = self.room.ingest.number_of("laksa", self.random.choice(list(self.rows) or ["nobody"]))
        if number is not None:
            self.erased.add(number)
            self.heard(self.history.erase(self.epoch, self.now, [number], cause="request", reason="on request"))
            self.room.ingest.forget()

    def change(self, rows: dict[str, dict[str, Any]], prefix: str, at: float) -> None:
        r = self.random
        if not rows or r.random() < 0.4:
            key = f"{prefix}{len(rows)}"
            opened = at - r.choice([0, 5, 300, 1500, 90_000])
            rows[key] = row(key, r.choice(WORDS[:4]), opened, kind=r.choice(KINDS), **self.place())
            return
        key = r.choice(list(rows))
        entry = dict(rows[key])
        what = r.choice(["status", "status", "status", "place", "vanish", "backdate", "declare"])
        if what == "status":
            entry["status"] = r.choice(WORDS)
            entry["resolved"] = at - 1 if entry["status"] == "selesai" else None
        elif what == "place":
            entry |= self.place()
        elif what == "vanish":
            self.hidden ^= {key}
        elif what == "backdate":
            entry["opened"] -= r.choice([1, 300, 3000])
        else:
            entry["responded"] = entry["opened"] + r.choice([-5, 5, 500])
        rows[key] = entry

    def place(self) -> dict[str, Any]:
        r = self.random
        return {
            "opd": r.choice(["PU", "BPBD", "Kominfo", "Inspektorat", "Dinas Angkasa", None]),
            "district": r.choice(["Utara", "Selatan", "Atlantis", None]),
            "category": r.choice(["Jalan rusak", "Banjir", "Pungli", "Naga di sungai"]),
        }

    def run(self, steps: list[tuple[str, int]]) -> None:
        for action, wait in steps:
            self.at += wait
            if action == "rules":
                self.use(RULES[self.random.choice(sorted(RULES))])
            elif action == "restart":
                self.use(self.config)
            elif action == "overlap":
                self.overlap(self.at - wait)
            elif action == "erase":
                self.erase()
            else:
                self.poll(heard=action == "poll")
            self.check(self.board)
        self.poll()  # whatever was not heard is heard of now
        self.check(self.board)

    def check(self, board: Board) -> None:
        if board.seq < self.history.last_seq():
            return  # a commit was not heard of yet
        for scope, document in kpis(board, self.now).items():
            for key, value in document.items():
                if ("cohort_today" in key or ".stock." in key) and value["value"] is not None:
                    assert value["remainder"] == 0, (scope, key, value["value"], value["parts"])
                    assert value["value"] == sum(value["parts"].values())


def kpis(board: Board, now: datetime) -> dict[str, Any]:
    return {k: v for k, v in board.documents(now, changed_only=False).items() if k.startswith("kpi:")}


@contextmanager
def town(folder: Path, migrated: Path, seed: int) -> Iterator[Town]:
    path = folder / "history.sqlite"
    for old in folder.glob("history.sqlite*"):
        old.unlink()
    shutil.copy(migrated, path)
    history = open_history(f"sqlite:///{path}")
    try:
        lease = history.lease.acquire("test", 1.0, 1e9)
        assert lease is not None
        yield Town(history, random.Random(seed), lease.epoch)
    finally:
        history.close()


QUICK = settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a database for each try: shrinking would take minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@QUICK
@given(seed=st.integers(0, 2**32), steps=STEPS)
@example(seed=8, steps=[*[("poll", 1)] * 8, ("rules", 1), *[("poll", 1)] * 4, ("restart", 1)])
@example(seed=15, steps=[("unheard", 40), ("poll", 1)] * 6)
@example(seed=0, steps=[("overlap", 400), ("overlap", 1), ("overlap", 1440), ("overlap", 40), ("poll", 1)])
@example(seed=3, steps=[*[("poll", 1), ("erase", 40)] * 5, ("erase", 1440), ("restart", 1), ("erase", 1), ("poll", 1)])
def test_both_sums_come_out_even_after_any_history(
    tmp_path: Path, migrated_sqlite: Path, seed: int, steps: list[tuple[str, int]]
) -> None:
    with town(tmp_path, migrated_sqlite, seed) as world:
        world.run(steps)
        lived, loaded = kpis(world.board, world.now), kpis(world.loaded(), world.now)
        for scope, document in lived.items():
            for key, value in document.items():
                other = loaded[scope][key]
                for part in ("value", "numerator", "denominator", "n", "remainder", "parts"):
                    assert value.get(part) == other.get(part), (scope, key, part, value.get(part), other.get(part))
        world.check(world.loaded())
        for told, was in zip(world.history.commits_since(0), world.commits, strict=True):
            cases = sorted(was.cases, key=lambda change: change.after.number)
            kept = [[c for c in of if c.after.number not in world.erased] for of in (told.cases, cases)]
            assert kept[0] == kept[1], "told as it was"
            assert [c.after.number for c in told.cases] == [c.after.number for c in cases]
            assert (told.seq, told.kind, told.at, told.poll) == (was.seq, was.kind, was.at, was.poll)


def received(board: Board, now: datetime) -> Any:
    return kpis(board, now)["kpi:aspiration:city"]["aspiration.stock.today"]["parts"]["received"]


def test_what_a_clock_dated_that_ran_ahead_is_not_of_every_day_after(tmp_path: Path, migrated_sqlite: Path) -> None:
    with town(tmp_path, migrated_sqlite, 0) as world:
        years = 4 * 365 * 1440
        world.slow.poll([], years)
        world.slow.poll([row("S", opened=years)], years + 1)
        for day in range(2):
            world.room.poll([row(f"A{n}", opened=n * 1440) for n in range(day + 1)], day * 1440)
        world.at = 1440
        assert received(world.loaded(), world.now) == 1


def test_a_case_that_was_judged_anew_and_then_told_of_from_before_midnight(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    """Today's first change of it was committed first, and is not where its day began."""
    with town(tmp_path, migrated_sqlite, 0) as world:
        world.heard(world.room.poll([row("A")], 0))
        world.heard(world.room.poll([row("A"), row("B", opened=1)], 1))
        world.at = 961  # a minute past midnight
        world.config = RULES["holiday"]
        judged = build(world.config, world.history).rederive(world.epoch, world.now, [1, 2])
        assert judged is not None
        world.heard(judged)
        world.heard(world.room.poll([row("A", "selesai", resolved=958), row("B", opened=1)], 959))
        lived, loaded = (kpis(board, world.now)["kpi:aspiration:city"] for board in (world.board, world.loaded()))
        parts = [document["aspiration.stock.today"]["parts"] for document in (lived, loaded)]
        assert parts[0] == parts[1]
        assert parts[0]["start"] == 1
