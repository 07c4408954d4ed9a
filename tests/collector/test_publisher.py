"""The publisher over a real Valkey and a real history: what it does when either is away, flushed, old or slow."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import OperationalError

from dashboard.board import Board
from dashboard.cache import Cache, Refused
from dashboard.cache import Publisher as Channel
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.facts import Commit
from dashboard.history import History
from dashboard.outage import Outage
from dashboard.publisher import Publisher, rebuild
from tests.collector.clocks import stepped
from tests.collector.town import NOON, Screen
from tests.collector.waiting import until
from tests.ingest.served import CaseConnector, Room, build, row

LATE_MS = 5_000  # a second is what the wall may take; a loaded machine gets more


@dataclass
class Leading:
    """A leader without rounds: a room to poll by hand, and the publisher beside it."""

    room: Room
    publisher: Publisher
    board: Board
    storage: Outage
    clock: Clock

    def poll(self, rows: list[Any]) -> Commit:
        now = self.clock.now()
        from dashboard.contract import COMPLETE, Payload

        return self.room.ingest.take(
            self.room.source,
            self.room.connector,
            Payload(rows=rows, coverage=COMPLETE, fetched_at=now),
            self.room.context(now),
            epoch=self.room.epoch,
            started_at=now,
        )


@pytest.fixture
def lead(config: Config, sqlite_history: History, valkey: str) -> Callable[..., Any]:
    @asynccontextmanager
    async def begin(
        clock: Clock | None = None, config: Config = config, url: str = valkey, running: bool = True
    ) -> AsyncIterator[Leading]:
        clock = clock or Clock.begin(NOON, 1)
        lease = sqlite_history.lease.acquire("test", 1.0, 1e9)
        assert lease is not None
        board = Board(config, Registry(config), Calendar(config))
        rebuild(board, sqlite_history, clock, lease.epoch)
        storage, thread, channel = Outage("history", structlog.get_logger()), ThreadPoolExecutor(1), Channel(url)
        publisher = Publisher(
            board,
            sqlite_history,
            channel,
            clock,
            lambda: sqlite_history.tick(lease.epoch, clock.now()),
            storage,
            thread,
        )
        room = Room(config, sqlite_history, build(config, sqlite_history), lease.epoch, CaseConnector())
        tasks = [asyncio.create_task(publisher.run()), asyncio.create_task(publisher.beat())] if running else []
        try:
            yield Leading(room, publisher, board, storage, clock)
            assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            thread.shutdown()
            channel.close()

    return begin


async def test_a_commit_the_log_already_told_of_is_not_published_twice(lead: Callable[..., Any], valkey: str) -> None:
    """The tick that finds a commit in the log, and then the commit itself: what a busy start did, and it cost the
    lease each time."""
    screen = Screen(valkey)
    async with lead() as leading:
        early = leading.poll([row("A")])
        leading.publisher.hurry()
        await until(lambda: screen.seq > early.seq)
        seq = screen.seq
        leading.publisher.offer(early)
        last = leading.poll([row("A"), row("B")])
        leading.publisher.offer(last)
        await until(lambda: screen.seq >= last.seq)
        assert (screen.document("queue:aspiration") or {})["open"] == 2
        assert seq < last.seq


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
async def test_commits_offered_in_any_order_give_the_same_board(
    lead: Callable[..., Any], valkey: str, order: tuple[int, ...]
) -> None:
    screen = Screen(valkey)
    async with lead() as leading:
        commits = [leading.poll([row(f"A{m}") for m in range(n)]) for n in (1, 2, 3)]
        for at in order:
            leading.publisher.offer(commits[at])
            await asyncio.sleep(0)
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 3)


async def test_a_flushed_cache_is_filled_again_and_the_same_seq_goes_on(lead: Callable[..., Any], valkey: str) -> None:
    screen = Screen(valkey)
    async with lead() as leading:
        leading.publisher.offer(leading.poll([row("A")]))
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 1)
        keys, seq = screen.client.hkeys("tlr:docs"), screen.seq
        screen.client.flushall()
        await until(lambda: screen.seq >= seq)
        assert set(screen.client.hkeys("tlr:docs")) == set(keys)
        last = leading.poll([row("A"), row("B")])
        leading.publisher.offer(last)
        await until(lambda: screen.seq == last.seq)


async def test_a_cache_that_evicted_documents_is_no_board_and_is_filled_again(
    lead: Callable[..., Any], valkey: str
) -> None:
    """As a Redis that is full and may evict does: a web process that starts then must not show what is left."""
    screen, reader = Screen(valkey), Cache(valkey)
    async with lead() as leading:
        last = leading.poll([row("A")])
        leading.publisher.offer(last)
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 1)
        keys = set(screen.client.hkeys("tlr:docs"))
        for lost in (["queue:aspiration"], sorted(keys)):
            screen.client.hdel("tlr:docs", *lost)
            await until(lambda: set(screen.client.hkeys("tlr:docs")) == keys)
        mark, found = await reader.read_all()
        assert mark is not None
        assert len(found) == mark.docs == len(keys)
    screen.client.hdel("tlr:docs", "kpi:aspiration:city")
    assert (await reader.read_all())[0] is None
    channel = Channel(valkey)
    with pytest.raises(RedisError):
        channel.publish(mark.seq + 1, mark.epoch, {"meta": b"{}"})
    assert channel.applied() is None
    assert screen.client.hlen("tlr:docs") == 0
    channel.close()
    await reader.close()


async def test_a_cache_that_came_back_older_is_written_whole(lead: Callable[..., Any], valkey: str) -> None:
    """As after a restart from an old dump: what changed since then must not be missing."""
    screen = Screen(valkey)
    async with lead() as leading:
        first = leading.poll([row("A")])
        leading.publisher.offer(first)
        await until(lambda: screen.seq >= first.seq)
        dump = {key: screen.client.dump(key) for key in ("tlr:docs", "tlr:applied", "tlr:stream")}
        leading.publisher.offer(leading.poll([row("A"), row("B")]))
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 2)
        for key, body in dump.items():
            screen.client.restore(key, 0, body, replace=True)
        assert (screen.document("queue:aspiration") or {})["open"] == 1
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 2)


async def test_commits_never_wait_for_a_cache_that_is_away(
    lead: Callable[..., Any], start_valkey: Callable[..., Any], short_tmp: Path
) -> None:
    server = start_valkey(short_tmp)
    url = f"unix://{short_tmp}/v.sock"
    async with lead(url=url) as leading:
        leading.publisher.offer(leading.poll([row("A")]))
        await until(lambda: Screen(url).seq >= 1)
        server.stop()
        for n in range(2, 6):
            leading.publisher.offer(leading.poll([row("A"), *(row(f"A{m}") for m in range(n))]))
            await asyncio.sleep(0.02)
        assert leading.room.history.last_seq() >= 5
        start_valkey(short_tmp)
        await until(lambda: (Screen(url).document("queue:aspiration") or {}).get("open") == 6)  # A, A0 .. A4
        await until(lambda: Screen(url).leader() == {"epoch": leading.room.epoch, "unwritten_since": None})


async def test_a_cache_that_accepts_and_never_answers_delays_no_commit(
    lead: Callable[..., Any], start_valkey: Callable[..., Any], short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.cache.TIMEOUT_S", 0.5)
    start_valkey(short_tmp)
    url = f"unix://{short_tmp}/v.sock"
    screen = Screen(url)
    async with lead(url=url) as leading:
        leading.publisher.offer(leading.poll([row("A")]))
        await until(lambda: screen.seq >= 1)
        pid = screen.client.info("server")["process_id"]
        os.kill(pid, signal.SIGSTOP)
        try:
            before = leading.room.history.last_seq()
            for n in range(2, 5):
                leading.publisher.offer(leading.poll([row("A"), *(row(f"A{m}") for m in range(n))]))
            assert leading.room.history.last_seq() >= before + 3
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: (screen.document("queue:aspiration") or {}).get("open") == 5)


async def test_a_cache_that_is_full_or_slow_for_seconds_gets_everything_in_the_end(
    lead: Callable[..., Any], start_valkey: Callable[..., Any], short_tmp: Path
) -> None:
    start_valkey(short_tmp)
    url = f"unix://{short_tmp}/v.sock"
    screen = Screen(url)

    def commits(leading: Leading, first: int, last: int) -> None:
        """Each has one report more than the one before."""
        for n in range(first, last + 1):
            leading.publisher.offer(leading.poll([row(f"A{m}") for m in range(n)]))

    def open_now() -> int:
        try:
            return int((screen.document("queue:aspiration") or {}).get("open", 0))
        except RedisTimeoutError:
            return 0

    async with lead(url=url) as leading:
        commits(leading, 1, 1)
        await until(lambda: open_now() == 1)
        screen.client.config_set("maxmemory", 1)  # and nothing may be evicted
        stored = leading.room.history.last_seq()
        commits(leading, 2, 4)
        await until(lambda: leading.publisher._cache.down)
        assert leading.room.history.last_seq() >= stored + 3, "no commit waited"
        assert open_now() == 1, "the last good can still be read"
        screen.client.config_set("maxmemory", 0)
        await until(lambda: open_now() == 4)
        screen.client.execute_command("CLIENT", "PAUSE", 5_000, "ALL")
        stored = leading.room.history.last_seq()
        commits(leading, 5, 6)
        assert leading.room.history.last_seq() >= stored + 2
        await until(lambda: open_now() == 6, 60)


async def test_what_was_read_from_the_log_before_it_failed_is_published_when_it_answers(
    lead: Callable[..., Any], valkey: str, sqlite_history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board has taken it over, and offered again it changes nothing: that it is unpublished must not be lost."""
    screen, tell, failed = Screen(valkey), sqlite_history.commits_since, []

    def fail_at_the_end(seq: int) -> Iterator[Commit]:
        yield from tell(seq)
        if not failed:
            failed.append(seq)
            raise OperationalError("SELECT", {}, Exception("away"))

    async with lead() as leading:
        first = leading.poll([row("A")])
        leading.publisher.offer(first)
        await until(lambda: screen.seq >= first.seq)
        monkeypatch.setattr(sqlite_history, "commits_since", fail_at_the_end)
        leading.poll([row("A"), row("B")])  # told of by the log alone
        last = leading.poll([row("A"), row("B"), row("C")])
        leading.publisher.offer(last)
        await until(lambda: screen.seq >= last.seq, 30)  # without a new commit it was up to a minute
        assert failed
        assert screen.document("queue:aspiration")["open"] == 3


async def test_an_older_leader_publishes_nothing(lead: Callable[..., Any], valkey: str) -> None:
    async with lead(running=False) as old:
        stale = old.poll([row("A")])
        async with lead() as new:
            new.publisher.offer(new.poll([row("A"), row("B")]))
            await until(lambda: (Screen(valkey).document("meta") or {}).get("epoch") == new.room.epoch)
            old.publisher.offer(stale)
            with pytest.raises(Refused):
                await old.publisher.run()
            assert Screen(valkey).document("meta")["epoch"] == new.room.epoch


async def test_a_beat_of_an_older_leader_is_not_heard_over_a_newer_one(valkey: str) -> None:
    channel, screen = Channel(valkey), Screen(valkey)
    channel.beat(2)
    channel.publish(1, 2, {"meta": b"{}"})
    channel.beat(1)
    assert (screen.leader() or {})["epoch"] == 2
    channel.beat(3)
    assert (screen.leader() or {})["epoch"] == 3
    channel.close()


# --- time makes changes too -------------------------------------------------------------------------------


async def test_a_deadline_that_passes_turns_the_queue_with_no_change_in_any_source(
    lead: Callable[..., Any], valkey: str
) -> None:
    """Fourteen working days after the report, and two seconds before that nothing."""
    screen, opened = Screen(valkey), NOON
    room = []
    async with lead(stepped(opened)) as leading:
        commit = leading.poll([row("A")])
        due = commit.cases[0].after.due_at
        room.append(due)
    clock = stepped(room[0] - timedelta(seconds=2.5))
    async with lead(clock) as leading:
        await until(lambda: (screen.document("meta") or {}).get("epoch") == leading.room.epoch)
        assert screen.document("queue:aspiration")["overdue"] == 0
        at = await until(lambda: screen.document("queue:aspiration")["overdue"] and screen.document("meta")["as_of"])
    assert 0 <= at - room[0].timestamp() * 1000 <= LATE_MS


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Asia/Jakarta", "2027-02-01"),  # a month ends
        ("Asia/Jakarta", "2028-02-29"),
        ("Asia/Makassar", "2028-03-01"),  # after the 29th, in WITA
        ("Asia/Jayapura", "2027-01-01"),
    ],
)
async def test_midnight_of_the_city_begins_a_new_day_within_a_second(
    lead: Callable[..., Any], valkey: str, config: Config, zone: str, midnight: str
) -> None:
    start = datetime.fromisoformat(midnight).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    there = config.model_copy(update={"city": config.city.model_copy(update={"zone": zone})})
    screen = Screen(valkey)
    async with lead(stepped(start - timedelta(seconds=1.5)), config=there) as leading:
        leading.publisher.offer(leading.poll([row("A", opened=0)]))
        await until(lambda: (screen.document("meta") or {}).get("seq", 0) > 0)
        meta = await until(lambda: (meta := screen.document("meta"))["day_start"] == start.timestamp() * 1000 and meta)
    assert 0 <= meta["as_of"] - meta["day_start"] <= LATE_MS
    assert (screen.document("queue:aspiration") or {})["open"] == 1, "the evening's open cases stay"


@pytest.mark.parametrize("step", [3 * 3600.0, -3 * 3600.0])
async def test_a_stepped_clock_is_noticed_and_nothing_stops(lead: Callable[..., Any], valkey: str, step: float) -> None:
    """Ages follow the clock that is set; deadlines stay the instants they are."""
    screen, clock = Screen(valkey), stepped(NOON)
    async with lead(clock) as leading:
        first = leading.poll([row("A", opened=0)])
        leading.publisher.offer(first)
        await until(lambda: screen.seq >= first.seq)
        due = screen.document("queue:aspiration")["rows"][0]["due_at"]
        clock.step[0][0] = step
        second = leading.poll([row("A", opened=0), row("B", opened=0)])
        leading.publisher.offer(second)
        await until(lambda: screen.seq >= second.seq)
        meta = screen.document("meta")
        assert abs(meta["as_of"] - clock.now().timestamp() * 1000) < 30_000
        assert screen.document("queue:aspiration")["rows"][0]["due_at"] == due


async def test_a_clock_set_forward_over_a_deadline_turns_it_at_once(lead: Callable[..., Any], valkey: str) -> None:
    screen, clock = Screen(valkey), stepped(NOON)
    async with lead(clock) as leading:
        commit = leading.poll([row("A")])
        leading.publisher.offer(commit)
        await until(lambda: screen.seq >= commit.seq)
        due = commit.cases[0].after.due_at
        assert due is not None
        clock.step[0][0] = (due - clock.now()).total_seconds() + 5
        await until(lambda: screen.document("queue:aspiration")["overdue"] == 1, 10)
