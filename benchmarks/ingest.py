"""New records and re-polls through the shipped path: simulator over HTTP, connector, ingest, one SQL transaction.

``python -m benchmarks.ingest``. Time of new records is the CPU this process spends on reading the answers (the
simulator's own is not the room's) and the wall time of everything after the last byte, commit included.
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
        done = control.control("/records", {"changed": CHANGED})
        payload, reading = await source.fetch()
        r.shuffle(payload.rows)  # type: ignore[arg-type]
        gc.collect()
        commit, seconds = source.take(ingest, epoch, payload)
        served = {row["id"] for row in payload.rows} & set(done["changed"])  # some are older than the window
        assert commit.poll.changed >= len(served) > 0, commit.poll
        spent.append(seconds)
        read.append(reading)
    how = f"{len(payload.rows):,} records in hand -> committed, {REPOLLS} times; worst {max(spent):.2f} s"
    return [
        Row("re-poll of 50,000 records, 10 changed, shuffled, no ETag", statistics.median(spent), "s", 0.5, note=how),
        Row("the same with reading its answers (CPU)", statistics.median(map(sum, zip(spent, read, strict=True))), "s",
            note="HTTP, 107 pages, 38 MB of JSON"),
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
        return asyncio.run(measure(source, control))


if __name__ == "__main__":
    sys.exit(hand_over(run()))
