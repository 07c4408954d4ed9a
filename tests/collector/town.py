"""A stand-in city and the shipped configuration cut down to some of its systems, for tests of the running collector."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import redis
from sqlalchemy import select

from connectors.simulator.department import stream_of
from connectors.simulator.faults import CONNECTION_FAULTS, Fault
from connectors.simulator.server import PORTS, SOCKETS, Simulation
from dashboard.clock import Clock
from dashboard.collector import Collector
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.history import History, schema
from dashboard.history.codec import instant_or_none, loads
from dashboard.polling import Polling

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-tests"
KEY = b"key of the tests"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # Tuesday, 12.00 WIB
Record = tuple[str, str, datetime | None]


@dataclass
class Town:
    """The running city. ``config`` writes a configuration that points at it."""

    folder: Path
    clock: Clock
    simulation: Simulation
    begun: int = 0
    paths: list[Path] = field(default_factory=list)

    def config(self, *sources: str, every_s: float | None = None, timeout_s: float = 20, **blocks: str) -> Path:
        """The shipped file with these sources only (all: none named); ``blocks``: top-level blocks to replace."""
        text = shipped(sources, every_s, timeout_s)
        for name, block in {"simulator": "{port: 0, folder: sim, token: '{file:token}'}", **blocks}.items():
            text = re.sub(rf"^{name}:.*\n(?: .*\n)*", "", text, flags=re.M) + f"\n{name}: {block}\n"
        for name, number in {**PORTS, **SOCKETS}.items():
            text = re.sub(rf"127\.0\.0\.1:{8700 + number}\b", f"127.0.0.1:{self.simulation.ports[name]}", text)
        text = text.replace("var/simulator.token", "token").replace("var/simulator/", "sim/")
        path = self.folder / f"config{len(self.paths)}.yaml"
        path.write_text(text, encoding="utf-8")
        self.paths.append(path)
        return path

    def load(self, *sources: str, **options: Any) -> Config:
        return load_config(self.config(*sources, **options), {})

    @property
    def reports(self) -> Any:
        return stream_of(self.simulation.city, "laksa")

    def add(self, count: int) -> list[int]:
        """New reports at this moment."""
        now = self.clock.now()
        self.simulation.city.advance(now)
        return list(self.reports.add(now, count))

    def hold(self, ids: list[int]) -> list[int]:
        """From now on nothing happens to these but what the test does."""
        for number in ids:
            self.reports.by_id[number].generation += 1
        return ids

    def move(self, ids: list[int]) -> None:
        """Each of these one step on: menunggu, proses, selesai."""
        now = self.clock.now()
        self.simulation.city.advance(now)
        assert self.reports.change(now, ids) == ids

    async def spoil(self, department: str, fault: str, **params: Any) -> None:
        self.simulation.spoilt[department].set(Fault(fault, params, None))
        if fault in CONNECTION_FAULTS:
            await self.simulation.apply_connection(department)

    async def mend(self, department: str) -> None:
        self.simulation.spoilt[department].lift(None)
        await self.simulation.apply_connection(department)

    def served(self, config: Config) -> list[Record]:
        """Every version of a report that ever went out whole."""
        (source,) = [source for source in config.sources if source.id == "laksa"]
        polling = Polling(config, source, self.folder, self.clock.now)
        context = polling.parse_context(Registry(config), self.clock.now())
        entries = self.simulation.ledger.since(0, "laksa", 1_000_000)
        records = [polling.connector.parse(orjson.loads(orjson.dumps(e.fields)), context).record for e in entries]
        return sorted((r.key, r.status_word, r.updated_at) for r in records)


def shipped(sources: tuple[str, ...], every_s: float | None, timeout_s: float) -> str:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    head, rest = text.split("\nsources:\n")
    length = re.match(r"(?:(?:  .*|#.*|)\n)*", rest)
    assert length is not None
    body, tail = rest[: length.end()], rest[length.end() :]
    blocks = {b.split("\n")[0].strip(): b for b in re.split(r"^  - id: ", body, flags=re.M)[1:]}
    chosen = [blocks[name] for name in sources] if sources else list(blocks.values())
    if every_s is not None:
        chosen = [re.sub(r"^    every_s: .*$", f"    every_s: {every_s:g}", block, flags=re.M) for block in chosen]
    chosen = [re.sub(r"^    timeout_s: .*\n", "", block, flags=re.M) for block in chosen]
    chosen = [re.sub(r"^(    every_s: .*)$", rf"\1\n    timeout_s: {timeout_s:g}", b, flags=re.M) for b in chosen]
    whole = head + "\nsources:\n" + "".join(f"  - id: {block}" for block in chosen) + tail
    foreign = [name for name in blocks if sources and name not in sources]  # their policies go with them
    return re.sub(rf"^  - .*sources: \[({'|'.join(foreign)})\].*\n", "", whole, flags=re.M) if foreign else whole


@asynccontextmanager
async def town(folder: Path, clock: Clock | None = None, history_days: int = 5) -> AsyncIterator[Town]:
    clock = clock or Clock.begin(NOON, 1)
    (folder / "token").write_text(TOKEN)
    config = load_config(ROOT / "config.yaml", {})
    settings = (config.simulator.model_dump() if config.simulator else {}) | {
        "port": 0, "history_days": history_days, "folder": "sim"}  # fmt: skip
    city = config.model_copy(update={"simulator": type(config.simulator)(**settings), "sources": ()})
    simulation = Simulation(city, clock, folder=folder, token=TOKEN, env={})
    await simulation.start()
    try:
        yield Town(folder, clock, simulation)
    finally:
        await simulation.stop()


@asynccontextmanager
async def collecting(
    config: Config, folder: Path, clock: Clock, history: History, redis_url: str
) -> AsyncIterator[Collector]:
    """A collector at work in this process."""
    collector = Collector(config, folder, clock, history, redis_url, KEY)
    task = asyncio.create_task(collector.run())
    try:
        yield collector
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(collector.close)


class Screen:
    """What Redis holds, as a wall would read it."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, socket_timeout=5)

    def document(self, key: str) -> Any:
        body: Any = self.client.hget("tlr:docs", key)
        return None if body is None else orjson.loads(body)

    def states(self) -> dict[str, str]:
        return {source["id"]: source["state"] for source in self.document("sources") or []}

    def source(self, name: str) -> dict[str, Any]:
        return next((source for source in self.document("sources") or [] if source["id"] == name), {})

    @property
    def seq(self) -> int:
        return int((self.document("meta") or {}).get("seq", 0))

    def leader(self) -> dict[str, Any] | None:
        body: Any = self.client.get("tlr:leader")
        return None if body is None else orjson.loads(body)


def held(history: History) -> list[Record]:
    """Every version of a report in history."""
    c, v = schema.case_current, schema.case_version
    query = select(c.c.key, v.c.fields).join_from(v, c, c.c.number == v.c.number).where(c.c.source == "laksa")
    found = []
    for row in history.rows(query):
        fields = loads(row.fields)
        found.append((row.key, fields["status_word"], instant_or_none(fields.get("updated_at"))))
    return sorted(found)


def check_log(history: History) -> None:
    """The change log is gapless, and every poll has exactly one entry in it."""
    seqs = [row[0] for row in history.rows(select(schema.change_log.c.seq).order_by(schema.change_log.c.seq))]
    assert seqs == list(range(1, len(seqs) + 1))
    log, last = schema.change_log, max(seqs, default=0)  # a collector may go on meanwhile
    polls = [row[0] for row in history.rows(select(schema.poll.c.seq).where(schema.poll.c.seq <= last))]
    logged = history.rows(select(log.c.seq).where(log.c.kind == "poll", log.c.seq <= last))
    assert sorted(polls) == sorted(row[0] for row in logged)
    epochs = [row[0] for row in history.rows(select(schema.change_log.c.epoch).order_by(schema.change_log.c.seq))]
    assert epochs == sorted(epochs), "a leader whose time was over wrote"
