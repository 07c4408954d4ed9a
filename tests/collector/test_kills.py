"""kill -9 between any two steps of a write: every version ever served is in history once, and the seq has no gap."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.config.loader import load_config
from dashboard.history import STEPS, History, schema
from tests.collector.processes import fleet
from tests.collector.town import NOON, Screen, check_log, held, town
from tests.collector.waiting import until

SEED = 20_261_124


def plan(seed: int) -> list[tuple[str, int]]:
    """Every named step once, in an order and at an occurrence drawn from ``seed``."""
    chance = random.Random(seed)
    return [(step, chance.randint(1, 3)) for step in chance.sample(STEPS, len(STEPS))]


def test_the_plan_names_every_step_and_seeds_differ() -> None:
    assert {step for step, _ in plan(SEED)} == set(STEPS)
    assert plan(1) != plan(2)


async def test_killed_at_every_step_nothing_is_lost_or_doubled(tmp_path: Path, history: History, valkey: str) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        path = city.config("laksa", every_s=0.3)
        config = load_config(path, {})
        with fleet(city, path, history, valkey) as group:
            waiting: list[int] = []
            moves = 0
            for turn, (step, nth) in enumerate(plan(SEED)):
                mark = tmp_path / f"mark{turn}"
                process = group.start(f"victim{turn}", step=step, nth=nth, mark=str(mark))
                # These are being written when it dies. A source that overwrites a version before the room has
                # stored it loses that one by itself, so only what is stored moves on.
                stored = {key for key, _, _ in held(history)}
                moving = [number for number in waiting if str(number) in stored]
                waiting = [number for number in waiting if number not in moving] + city.add(5)
                city.move(moving)
                moves += len(moving)
                assert await group.ended(process) == -signal.SIGKILL, group.logs()
                assert mark.read_text() == f"{step} {nth}", "the step was hit"
            last = group.start("last")
            wanted = city.served(config)
            await until(lambda: len(held(history)) >= len(wanted), why=group.logs)
            await until(lambda: (screen.document("meta") or {}).get("epoch") == len(STEPS) + 1, why=group.logs)
            last.send_signal(signal.SIGTERM)
            assert await group.ended(last) == 0, group.logs()
        assert held(history) == city.served(config)
        check_log(history)
    assert moves >= 10, "versions of known cases were written too, not only new ones"


def test_the_check_of_the_log_notices_a_gap_and_a_leader_whose_time_was_over(sqlite_history: History) -> None:
    """The guard itself."""
    epochs = [lease.epoch for at in (1.0, 2.0) if (lease := sqlite_history.lease.acquire("x", at, 1e9))]
    for _ in range(3):
        sqlite_history.tick(epochs[-1], NOON)
    check_log(sqlite_history)
    log = schema.change_log
    for damage in (
        sa.update(log).where(log.c.seq == 3).values(epoch=epochs[0]),
        sa.delete(log).where(log.c.seq == 2),
    ):
        with sqlite_history.engine.begin() as connection:
            connection.execute(damage)
        with pytest.raises(AssertionError):
            check_log(sqlite_history)
