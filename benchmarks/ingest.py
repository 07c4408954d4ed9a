"""New records and re-polls through the shipped path: simulator over HTTP, connector, ingest, one SQL transaction.

``python -m benchmarks.ingest``. By hand, so that reading can be told from storing: the time of new records is the CPU
this process spends on reading the answers (the simulator's own is not the room's) and the wall time of everything
after the last byte, commit included. Then in the running room, from the last byte that left the simulator to the
change in Redis, figures and documents included.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from benchmarks import postgres, tree
from benchmarks.rows import Row, hand_over, say
from dashboard.cache import Publisher as Channel
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import Payload
from dashboard.history import History, open_history, schema
from dashboard.ingest import Ingest
from dashboard.polling import Polling
from dashboard.process import collect_rarely

RECORDS, CHANGED, REPOLLS = 50_000, 10, 7
ASKED = 40  # records changed for ten or more of them to lie inside the window that is read
PATIENCE_S = 600.0  # the simulator needs its time for a hundred pages
SEED = 2016


@dataclass
class Source:
    """LAKSA as shipped, polled by hand."""

    config: Config
    polling: Polling

    async def fetch(self) -> tuple[Payload, float]:
        """The payload and the CPU seconds that reading it took."""
        began = time.process_time()
        fetched = await self.polling.fetch()
        return fetched.payload, time.process_time() - began

    def take(self, ingest: Ingest, epoch: int, payload: Payload) -> tuple[Any, float]:
        """The commit and its wall seconds."""
        polling, at = self.polling, payload.fetched_at
        context = polling.parse_context(ingest.registry, at)
        began = time.perf_counter()
        commit = ingest.take(polling.source, polling.connector, payload, context, epoch=epoch, started_at=at)
        return commit, time.perf_counter() - began


def opened(config: Config, url: str) -> tuple[History, Ingest, int]:
    history = open_history(url)
    history.upgrade()
    lease = history.lease.acquire("bench", time.time(), 3600)
    assert lease is not None
    registry = Registry(config)
    return history, Ingest(config, registry, Calendar(config), history, b"key of the benchmark"), lease.epoch


def bare(url: str, history: History) -> float:
    """Records a second of a plain SQLAlchemy Core bulk insert: one table of the same columns without an index."""
    found = history.rows(sa.select(schema.case_current))
    table = sa.Table(
        "bare", sa.MetaData(), *(sa.Column(column.name, column.type) for column in schema.case_current.columns)
    )
    rows = [dict(row._mapping) for row in found]
    url = url.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        table.create(connection)
    began = time.perf_counter()
    with engine.begin() as connection:
        connection.execute(sa.insert(table), rows)
    spent = time.perf_counter() - began
    engine.dispose()
    return len(rows) / spent


def new_records(source: Source, url: str, payload: Payload, reading: float, name: str) -> tuple[list[Row], Any]:
    history, ingest, epoch = opened(source.config, url)
    gc.collect()
    commit, spent = source.take(ingest, epoch, payload)
    assert commit.poll.new == len(payload.rows), commit.poll
    rate = commit.poll.new / (spent + reading)
    plain = bare(url, history)
    rows = [
        Row(
            f"ingest of new records, whole path, {name}", rate, "records/s", 5000, True,
            f"{commit.poll.new:,} records: reading {reading:.2f} s, the rest {spent:.2f} s; "
            f"{rate / plain:.2f} of a bare bulk insert",
        ),
        Row(f"bare SQLAlchemy Core bulk insert, {name}", plain, "records/s", note="one table, no index, no version"),
    ]  # fmt: skip
    return rows, (history, ingest, epoch)


async def measure(source: Source, control: tree.Tree) -> list[Row]:
    say(f"the simulator makes {RECORDS:,} records")
    control.control("/load", {"standing": RECORDS})
    payload, reading = await source.fetch()
    say(f"{len(payload.rows):,} records read")
    rows, (history, ingest, epoch) = new_records(
        source, f"sqlite:///{control.folder}/bench.sqlite", payload, reading, "SQLite"
    )
    rows += await repolls(source, control, ingest, epoch)
    history.close()
    with postgres.server() as url:
        more, (history, _, _) = new_records(source, url, payload, reading, "PostgreSQL")
        history.close()
    return [*rows, *more]


async def repolls(source: Source, control: tree.Tree, ingest: Ingest, epoch: int) -> list[Row]:
    """Read everything again, shuffle it, take it."""
    r, spent, read = random.Random(SEED), [], []
    for _ in range(REPOLLS):
        done = control.control("/records", {"changed": ASKED})
        payload, reading = await source.fetch()
        r.shuffle(payload.rows)  # type: ignore[arg-type]
        gc.collect()
        commit, seconds = source.take(ingest, epoch, payload)
        served = {row["id"] for row in payload.rows} & set(done["changed"])
        assert commit.poll.changed >= len(served) >= CHANGED, commit.poll  # the city lives on meanwhile
        spent.append(seconds)
        read.append(reading)
    how = f"{len(payload.rows):,} records in hand -> committed, {REPOLLS} times; worst {max(spent):.2f} s"
    return [
        Row("re-poll of 50,000 records, 10 or more changed, shuffled, no ETag", statistics.median(spent), "s", 0.5,
            note=how),
        Row("the same with reading its answers (CPU)", statistics.median(map(sum, zip(spent, read, strict=True))), "s",
            note="HTTP, 107 pages, 38 MB of JSON"),
    ]  # fmt: skip


@dataclass
class Room:
    """The shipped processes, looked at from outside."""

    tree: tree.Tree
    history: History
    channel: Channel

    def poll(self, after: int, least: int) -> tuple[int, int]:
        """(seq, records) of the first poll of LAKSA after ``after`` that brought ``least`` new or changed records."""
        table = schema.poll
        brought = table.c.new + table.c.changed
        query = sa.select(table.c.seq, brought).where(
            table.c.source == "laksa", table.c.seq > after, brought >= least
        ).order_by(table.c.seq)  # fmt: skip
        found = tree.until(lambda: self.history.rows(query.limit(1)), PATIENCE_S, "the records were not stored")
        return int(found[0][0]), int(found[0][1])

    def change(self, path: str, body: dict[str, Any], least: int) -> tuple[int, float]:
        """Records, and seconds from the last byte of the answer that brought them to their change in Redis. A new
        record is the last of its answer: the moment it has gone out is the moment of the last byte."""
        before = self.history.last_seq()
        self.tree.control(path, body)
        seq, count = self.poll(before, least)
        tree.until(lambda: (mark := self.channel.applied()) is not None and mark.seq >= seq, PATIENCE_S, "no change")
        seen = time.time()
        table = schema.poll
        query = sa.select(table.c.started_at, table.c.duration_ms).where(table.c.seq == seq)
        started, reading_ms = self.history.rows(query)[0]
        begun, read = started / 1e6, started / 1e6 + reading_ms / 1e3
        served = self.tree.control("/served?department=laksa&fields=0")["served"]
        return count, seen - max(entry["real_at"] for entry in served if begun <= entry["real_at"] <= read)


def in_room(url: str | None, name: str) -> list[Row]:
    """The same records through the running processes."""
    with tree.running({"LIVEROOM_DATABASE_URL": url} if url else None) as running:
        tree.until(running.filled, PATIENCE_S, "the room did not fill")
        history, channel = open_history(url or f"sqlite:///{running.database}"), Channel(running.redis)
        room = Room(running, history, channel)
        count, spent = room.change("/load", {"standing": RECORDS}, RECORDS // 2)
        repolls = [room.change("/records", {"new": 1, "changed": ASKED}, CHANGED)[1] for _ in range(REPOLLS)]
        channel.close()
        history.close()
    how = f"{count:,} records in {spent:.2f} s, figures and documents included"
    return [
        Row(f"the same in the running room, last byte -> Redis, {name}", count / spent, "records/s", 5000, True, how),
        Row(f"re-poll in the running room, last byte -> Redis, {name}", statistics.median(repolls), "s",
            note=f"{REPOLLS} times; worst {max(repolls):.2f} s"),
    ]  # fmt: skip


@contextmanager
def laksa() -> Iterator[tuple[Source, tree.Tree]]:
    with tree.simulator(tree.Tree()) as control:
        config = load_config(control.config)
        shipped = next(source for source in config.sources if source.id == "laksa")
        patient = shipped.model_copy(update={"timeout_s": PATIENCE_S})
        yield Source(config, Polling(config, patient, control.folder, Clock().now)), control


def run() -> list[Row]:
    collect_rarely()
    with laksa() as (source, control):
        rows = asyncio.run(measure(source, control))
    rows += in_room(None, "SQLite")
    with postgres.server() as url:
        rows += in_room(url, "PostgreSQL")
    return rows


if __name__ == "__main__":
    sys.exit(hand_over(run()))
