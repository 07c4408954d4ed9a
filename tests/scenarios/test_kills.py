"""Scenario 18 for every kind of source: the collector is killed -9 at named steps while all departments bring new
records, and the cache is flushed; whatever they ever served is in history exactly once per version."""

from __future__ import annotations

import random
import signal
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import redis
import sqlalchemy as sa

from dashboard.history import STEPS, open_history, schema
from tests.collector.town import check_log
from tests.scenarios.stage import Stage, stage, until
from tests.scenarios.truth import kept, open_at, reconcile, served

# Five past midnight, in a city whose clock all but stands still, however slow the machine: what moves is our doing.
START, RATE = datetime(2026, 11, 24, 17, 5, tzinfo=UTC), 0.05
SOURCES: dict[str, Any] = {
    "laksa": {"options": {"days": 30, "per_page": 100}},
    "open311": {"options": {"days": 30, "limit": 50, "page_param": "page", "size_param": "page_size"}},
    "tpid_prices": {"options": {"days": 2}},
    "panel_harga": {},
    "pihps": {},
    "paten": {},
    "permits": {},
    "counters": {},
}
SOURCES = {source: {**changes, "every_s": RATE} for source, changes in SOURCES.items()}  # once in a real second
SEED, KILLS, AMONG = 20_261_125, 3, 9


def plan(seed: int) -> list[tuple[str, int]]:
    """Some named steps, each at an occurrence drawn from ``seed``: with so many sources, in the middle of any."""
    chance = random.Random(seed)
    return [(step, chance.randint(2, AMONG)) for step in chance.sample(STEPS, KILLS)]


def _database(room: Stage) -> str:
    return f"sqlite:///{room.folder / 'var' / 'liveroom.sqlite'}"


def _start(room: Stage, **dies: Any) -> None:
    where = {"config": str(room.folder / "config.yaml"), "redis": room.redis_url}
    where["database"] = _database(room)
    room._spawn("collector", "tests.collector.entry", orjson.dumps({**where, **dies}).decode())


def _move_stored(room: Stage, count: int) -> int:
    """Reports take a step whose every version is stored: one that a source overwrites before the room could store
    it is lost by the source."""
    with closing(room.history()) as history:
        have = kept(history, "laksa")
    ids = [int(key) for key, said in served(room, "laksa").items() if have.get(key) == said][-count:]
    return len(room.control("POST", "records", ids=ids)["changed"]) if ids else 0


def _new(room: Stage) -> None:
    for department in ("laksa", "open311"):
        room.control("POST", "records", department=department, new=8)


def _laksa_is_stored(room: Stage) -> bool:
    with closing(room.history()) as history:
        return len(kept(history, "laksa")) > 20


def test_whatever_was_ever_served_is_in_history_once_for_each_version(short_tmp: Path) -> None:
    with stage(short_tmp, SOURCES, start=START, rate=RATE, collects=False) as room:
        with closing(open_history(_database(room))) as history:
            history.upgrade()
        for source in ("laksa", "tpid_prices", "paten", "counters"):
            room.fault(source, "duplicates", share=0.3)
        room.fault("open311", "shifting_pages", new=2, times=6)
        moved = 0
        for turn, (step, nth) in enumerate(plan(SEED)):
            if turn == KILLS // 2:  # one that is killed at no step, but when it has stored much; the cache goes with it
                _start(room)
                until(lambda: _laksa_is_stored(room), told=lambda: room.log()[-3000:])
                room.processes["collector"].kill()
                room.processes["collector"].wait(20)
                with closing(redis.Redis.from_url(room.redis_url)) as client:
                    client.flushall()
            _new(room)
            moved += _move_stored(room, 12)
            mark = short_tmp / f"mark{turn}"
            _start(room, step=step, nth=nth, mark=str(mark))
            assert room.processes["collector"].wait(120) == -signal.SIGKILL, room.log()[-3000:]
            assert mark.read_text() == f"{step} {nth}", "the step was hit"
        assert moved >= 12, "versions of known reports were written too"
        room.lift()
        _start(room)
        counts = {source: len(reconcile(room, source)) for source in SOURCES}
        assert all(count >= 20 for count in counts.values()), counts
        with closing(room.history()) as history:
            check_log(history)
            still = sum(open_at(history, source) for source in ("laksa", "open311"))
        until(lambda: (room.document("queue:aspiration") or {}).get("open") == still)
        until(lambda: room.document("meta")["epoch"] >= KILLS + 2, told=lambda: "each of them led")
        room.stop("collector")
        _check_that_the_comparison_sees(room)


def _check_that_the_comparison_sees(room: Stage) -> None:
    """The guard itself: a version that is gone, and one that is there twice."""
    c, v = schema.case_current, schema.case_version
    one = sa.select(v.c.number, v.c.n).join(c, c.c.number == v.c.number).where(c.c.source == "laksa", v.c.n > 1)
    truth = served(room, "laksa")
    with closing(room.history()) as history:
        number, n = history.rows(one.where(v.c.cause == "source").limit(1))[0]
        this = sa.and_(v.c.number == number, v.c.n == n)
        others = [column for column in v.c if column.name != "n"]
        again = sa.select(*others, sa.literal(n + 100)).where(this)
        twice = v.insert().from_select([*(column.name for column in others), "n"], again)
        never = sa.delete(v).where(v.c.number == number, v.c.n >= n)
        assert kept(history, "laksa") == truth
        for damage in (twice, never):
            with history.engine.begin() as connection:
                connection.execute(damage)
            assert kept(history, "laksa") != truth
