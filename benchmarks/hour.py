"""An hour of the whole city through the shipped room: what it costs, whether it keeps to its times, and whether the
history holds exactly what was served.

``python -m benchmarks.hour [RATE]``: at rate 60 (without one) the hour passes in a minute, at rate 1 in an hour. All
systems of the shipped configuration are polled on their intervals, and every desk page and wall is asked for once a
minute. Not part of ``make bench``: an hour is an hour.
"""

from __future__ import annotations

import os
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks import tree
from benchmarks.rows import Row, hand_over, percentile, say
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.history import History, open_history, schema
from dashboard.history.codec import instant
from dashboard.pacing import slot_after
from tests.scenarios.account import account, differences, held, planted, polls_of

HOUR_S, LOOK_S, PAGES_S = 3600.0, 1.0, 60.0
SHOWN = 3
MORNING = "2026-11-24T02:30:00Z"  # Tuesday, 09.30 WIB: everybody is at work
PLANTED = ("lost", "doubled", "changed", "invented")


@dataclass
class Seen:
    """What was looked at from outside."""

    memory: list[tuple[float, float, float]] = field(default_factory=list)  # seconds, MB of the collector, of the web
    load: list[float] = field(default_factory=list)  # of the machine, all that runs on it
    cpu: dict[str, float] = field(default_factory=dict)
    pages: dict[str, list[float]] = field(default_factory=dict)


def addresses(config: Config) -> list[str]:
    """Everything somebody may look at."""
    pages = [f"/{name}" for name in config.pages]
    return [*pages, "/sources", *(f"/wall/{name}" for name in config.walls)]


def ask(url: str) -> float:
    """Seconds to the last byte of a page's HTML."""
    began = time.monotonic()
    with urllib.request.urlopen(url, timeout=30) as answer:
        answer.read()
    return time.monotonic() - began


def watch(running: tree.Tree, config: Config, length: float) -> Seen:
    parts = {"collector": running.part("dashboard", "collect"), "web": running.part("dashboard", "web")}
    begun = {name: sum(part.cpu_times()[:2]) for name, part in parts.items()}
    seen, start, next_pages = Seen(), time.monotonic(), 0.0
    while (gone := time.monotonic() - start) < length:
        if gone >= next_pages:
            next_pages += min(PAGES_S, length / 5)
            for path in addresses(config):
                seen.pages.setdefault(path, []).append(ask(running.url + path))
        seen.memory.append((gone, *(part.memory_info().rss / 1e6 for part in parts.values())))
        seen.load.append(os.getloadavg()[0])
        time.sleep(LOOK_S)
    gone = time.monotonic() - start
    seen.cpu = {name: (sum(part.cpu_times()[:2]) - begun[name]) / gone for name, part in parts.items()}
    return seen


def lateness(history: History, config: Config, since: int, rate: float) -> list[tuple[float, str]]:
    """Real seconds from the instant at which each poll was due to its start, and its source. A poll that came while
    the one before was still under way was due when that ended."""
    table, found = schema.poll, []
    for source in config.sources:
        query = sa.select(table.c.started_at, table.c.duration_ms, table.c.outcome)
        rows = history.rows(query.where(table.c.source == source.id, table.c.seq > since).order_by(table.c.seq))
        for before, row in pairwise(rows):
            if before.outcome not in ("ok", "not_modified"):
                continue  # tried again after its own pause
            ended = instant(before.started_at + round(before.duration_ms * 1000 * rate))
            due = slot_after(source.id, source.every_s, ended)
            found.append(((instant(row.started_at) - due).total_seconds() / rate, source.id))
    return found


@dataclass
class Reconciled:
    """One source: records served or kept, those of them that differ, whether planted mistakes were told."""

    source: str
    records: int
    odd: int
    told: dict[str, bool]


def reconciled(running: tree.Tree, config: Config, history: History, rate: float) -> Iterator[Reconciled]:
    """As of one instant of the history; what the city has served since is left out."""
    with history.snapshot() as then:
        kept = {source.id: (polls_of(then, source.id, rate), held(then, source.id)) for source in config.sources}
    ports, ledgers = running.control("/ports")["ports"], dict[str, Any]()
    for source in config.sources:
        name, (polls, have) = department(source, ports), kept[source.id]
        if name not in ledgers:
            ledgers[name] = running.control(f"/served?department={name}&limit=10000000")
        assert not ledgers[name]["dropped"], "the city's ledger has forgotten what it served"
        wanted = account(config, source, ledgers[name]["served"], polls, rate)
        odd = differences(wanted, have)
        for key in odd[:SHOWN]:
            say(f"{source.id} {key}: served {wanted.get(key)}, held {have.get(key)}")
        yield Reconciled(source.id, len(wanted.keys() | have.keys()), len(odd), planted(wanted, have))


def department(source: Any, ports: dict[str, int]) -> str:
    """The stand-in that answers at the address of this source."""
    port = re.search(r"^http://[^/]*:(\d+)", source.url or "")
    by_port = {number: name for name, number in ports.items()}
    return by_port.get(int(port[1]), source.id) if port else source.id


def judge(running: tree.Tree, config: Config, history: History, seen: Seen, since: int, rate: float) -> list[Row]:
    late = lateness(history, config, since, rate)
    states = running.get("/api/v1/sources")["sources"]
    rejected = {state["id"]: state["rejected"] for state in states if state["rejected"]}
    checked = list(reconciled(running, config, history, rate))
    odd = [f"{one.source} {one.odd}" for one in checked if one.odd]
    blind = [f"{one.source} {kind}" for one in checked for kind in PLANTED if not one.told.get(kind)]
    at, *used = np.array(seen.memory[len(seen.memory) // 4 :]).T
    growth = [float(np.polyfit(at, of, 1)[0] * (at[-1] - at[0])) for of in used]
    slowest = {path: max(times) for path, times in seen.pages.items()}
    worst = max(slowest, key=lambda path: slowest[path])
    longest, whose = max(late, default=(float("nan"), "nobody"))
    cores = {name: 100 * share for name, share in seen.cpu.items()}
    how = f"rate {rate:g}, {len(config.sources)} sources, {len(late):,} polls; web {cores['web']:.0f} %; "
    how += f"load of the machine {np.mean(seen.load):.1f}"
    return [
        Row("an hour of the city: the collector", cores["collector"], "% of a core", 100 if rate == 1 else None,
            note=how),
        Row("an hour of the city: the latest poll after its time", longest, "s", 2, note=f"{whose}; "
            f"p99 {percentile([seconds for seconds, _ in late], 0.99):.2f} s"),
        *(
            Row(f"an hour of the city: memory of the {name}, growth after the first quarter", more, "MB",
                0.05 * float(of.mean()), note=f"{of.mean():,.0f} MB on average")
            for name, more, of in zip(("collector", "web"), growth, used, strict=True)
        ),
        Row("an hour of the city: records rejected", sum(rejected.values()), "rows", 0, note=str(rejected or "")),
        Row("an hour of the city: records that are not in history as they were served", sum(r.odd for r in checked),
            "records", 0, note=f"of {sum(one.records for one in checked):,}; {', '.join(odd)}"),
        Row("an hour of the city: planted mistakes that were not told", len(blind), "mistakes", 0,
            note=f"of {len(PLANTED) * len(checked)}; {', '.join(blind)}"),
        Row("an hour of the city: the slowest page", slowest[worst], "s", 1.5, note=f"{worst}, of {len(slowest)}"),
    ]  # fmt: skip


def run(rate: float) -> list[Row]:
    room = tree.Tree()
    room.config.write_text(
        re.sub(r"clock: \{rate: 1\}", f"clock: {{start: {MORNING}, rate: {rate:g}}}", room.config.read_text())
    )
    try:
        room.start()
        tree.until(room.filled, 300, "the room did not fill")
        config = load_config(room.config, {})
        with closing(open_history(f"sqlite:///{room.database}")) as history:
            since = history.last_seq()
            say(f"an hour at rate {rate:g}: {HOUR_S / rate:.0f} s")
            seen = watch(room, config, HOUR_S / rate)
            return judge(room, config, history, seen, since, rate)
    finally:
        room.stop()


if __name__ == "__main__":
    sys.exit(hand_over(run(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)))
