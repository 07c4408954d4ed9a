"""Two collectors: one leads, the other takes over within the lease, and whoever slept through it can do no harm."""

from __future__ import annotations

import signal
from pathlib import Path

import sqlalchemy as sa

from dashboard.config.loader import load_config
from dashboard.handover import leading
from dashboard.history import History, schema
from dashboard.history.codec import instant
from dashboard.pacing import slot_after
from tests.collector.processes import Fleet, fleet
from tests.collector.town import Screen, check_log, collecting, held, town
from tests.collector.waiting import until

EVERY_S = 0.5


def epoch_now(screen: Screen) -> int:
    return int((screen.document("meta") or {}).get("epoch", 0))


def leads(group: Fleet, name: str) -> bool:
    current = group.history.lease.current()
    return current is not None and current.holder == name


async def test_two_at_once_poll_each_slot_once(tmp_path: Path, history: History, valkey: str) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        path = city.config("laksa", "paten", every_s=EVERY_S)
        with fleet(city, path, history, valkey) as group:
            for name in ("one", "two"):
                group.start(name)
            polls = schema.poll
            count = sa.select(sa.func.count()).select_from(polls)
            await until(lambda: history.rows(count)[0][0] >= 24, why=group.logs)
            assert sorted("leading" in group.log(name) for name in ("one", "two")) == [False, True]
        for source in ("laksa", "paten"):
            query = sa.select(polls.c.started_at).where(polls.c.source == source).order_by(polls.c.started_at)
            starts = [row[0] for row in history.rows(query)]
            slots = [slot_after(source, EVERY_S, instant(start)) for start in starts[1:]]  # the first comes at once
            assert len(set(slots)) == len(slots), "a slot was polled twice"
        check_log(history)
        assert held(history) == city.served(load_config(path, {}))
    assert epoch_now(screen) == 1


async def test_the_standby_takes_over_when_the_leader_is_killed(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        path = city.config("laksa", every_s=EVERY_S)
        with fleet(city, path, sqlite_history, valkey) as group:
            first = group.start("first")
            await until(lambda: epoch_now(screen) == 1, why=group.logs)
            group.start("standby")
            first.kill()
            added = city.add(3)
            await until(lambda: epoch_now(screen) == 2, why=group.logs)
            keys = {str(number) for number in added}
            await until(lambda: keys <= {key for key, _, _ in held(sqlite_history)}, why=group.logs)
            assert leads(group, "standby")
        check_log(sqlite_history)


async def test_told_to_stop_it_gives_the_lease_back_and_the_standby_need_not_wait(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    async with town(tmp_path) as city:
        path = city.config("laksa", every_s=EVERY_S)
        with fleet(city, path, sqlite_history, valkey) as group:
            first = group.start("first", lease=(600.0, 0.5, 0.2))
            await until(lambda: leads(group, "first"), why=group.logs)
            group.start("standby", lease=(600.0, 0.5, 0.2))
            first.send_signal(signal.SIGTERM)
            assert await group.ended(first) == 0, group.logs()
            await until(lambda: leads(group, "standby"), why=group.logs)


async def test_a_leader_that_wakes_too_late_commits_and_publishes_nothing_and_may_lead_again(
    tmp_path: Path, history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        path = city.config("laksa", every_s=EVERY_S)
        with fleet(city, path, history, valkey) as group:
            old = group.start("old")
            await until(lambda: epoch_now(screen) == 1, why=group.logs)
            await group.pause(old)
            new = group.start("new")
            await until(lambda: epoch_now(screen) == 2, why=group.logs)
            old.send_signal(signal.SIGCONT)
            city.add(4)
            await until(lambda: "no longer leading" in group.log("old"), why=group.logs)
            assert old.poll() is None, "it steps down, it does not fall over"
            assert epoch_now(screen) == 2
            check_log(history)
            new.kill()
            await until(lambda: epoch_now(screen) == 3, why=group.logs)
            assert leads(group, "old")
            await until(lambda: held(history) == city.served(load_config(path, {})), why=group.logs)
        check_log(history)


async def test_who_leads_again_asks_for_everything_once(tmp_path: Path, sqlite_history: History, valkey: str) -> None:
    """Another may have stored other things meanwhile: what this process once saw unchanged proves nothing."""

    def outcomes(epoch: int) -> list[str]:
        poll, log = schema.poll, schema.change_log
        query = sa.select(poll.c.outcome).join_from(poll, log, poll.c.seq == log.c.seq)
        return [row[0] for row in sqlite_history.rows(query.where(log.c.epoch == epoch).order_by(poll.c.seq))]

    async with town(tmp_path) as city:
        config = city.load("paten", every_s=EVERY_S)
        (paten,) = config.sources
        same = {**paten.options, "params": {"tanggal": "2026-11-24", "hari": "8"}}  # only such a question may be spared
        config = config.model_copy(update={"sources": (paten.model_copy(update={"options": same}),)})
        config = config.placed(city.folder, "same")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: "not_modified" in outcomes(1), why=lambda: outcomes(1))
            with leading(sqlite_history):
                pass
            await until(lambda: "not_modified" in outcomes(3), why=lambda: outcomes(3))
    assert outcomes(3)[0] == "ok"
