"""One tick of all key figures at 50,000 open and up to a million closed cases, beside pandas over the same rows.

``python -m benchmarks.kpi_tick`` prints the times. A tick is: one commit of 20 changed cases, then every figure of
the city, its districts and departments, with every series and every scope counted as changed (the worst case).
"""

from __future__ import annotations

import gc
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.rows import Row, hand_over, say
from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.config.loader import load_config
from dashboard.config.model import Config, Department
from dashboard.config.registry import Registry
from dashboard.facts import CaseChange, CaseFact, Commit
from dashboard.kpi.batch import FLAGS
from dashboard.records import Case, CaseStatus
from dashboard.snapshot import encode

NOW = datetime(2026, 12, 30, 7, 0, tzinfo=UTC)  # the year window is as long as it gets
OPEN, DEPARTMENTS, TICKS = 50_000, 45, 15
SIZES = (100_000, 1_000_000)
KINDS = ("aspiration", "permit", "service")
SEED = 2016


def make_config() -> Config:
    """The shipped city, with its departments filled up to 45."""
    config = load_config(Path(__file__).parents[1] / "config.yaml", {})
    more = (Department(abbr=f"X{n}", name=f"Unit {n}") for n in range(len(config.departments), DEPARTMENTS))
    return config.model_copy(update={"departments": (*config.departments, *more)})


def closed_chunks(config: Config, count: int) -> Iterator[dict[str, list[Any]]]:
    """Closed cases spread over the whole year, as ``history.closed_columns`` gives them."""
    rng = np.random.default_rng(SEED)
    year = int(datetime(2025, 12, 31, 17, tzinfo=UTC).timestamp())
    span = int(NOW.timestamp()) - year
    kinds = [kind for kind in KINDS if kind in config.kinds]
    for start in range(0, count, 50_000):
        size = min(50_000, count - start)
        opened = year + (rng.random(size) * span * 0.95).astype(np.int64)
        answered = opened + rng.exponential(40_000, size).astype(np.int64)
        closed = np.minimum(answered + rng.exponential(200_000, size).astype(np.int64), int(NOW.timestamp()))
        answered = np.minimum(answered, closed)

        districts, departments = config.regions.districts, config.departments
        chunk: dict[str, list[Any]] = {
            "number": list(range(OPEN + start + 1, OPEN + start + size + 1)),
            "kind": [kinds[k] for k in rng.choice(len(kinds), size, p=_shares(kinds))],
            "district": [districts[d].code for d in rng.integers(0, len(districts), size)],
            "department": [departments[d].abbr for d in rng.integers(0, DEPARTMENTS, size)],
            "category": [config.categories[c].code for c in rng.integers(0, len(config.categories), size)],
            "klass": [list(config.classes)[c] for c in rng.integers(0, len(config.classes), size)],
            "opened_at": opened.tolist(),
            "first_seen_at": (opened + 30).tolist(),
            "first_response_at": answered.tolist(),
            "resolved_at": closed.tolist(),
            "observed_response_after": answered.tolist(),
            "observed_response_by": (answered + 60).tolist(),
            "observed_close_after": closed.tolist(),
            "observed_close_by": (closed + 60).tolist(),
            "due_at": (opened + 300_000).tolist(),
            "vanished_at": [None] * size,
            "uncovered_at": [None] * size,
            "response_due_at": (opened + 60_000).tolist(),
            "response_basis": ["ditetapkan"] * size,
            "closed_by": ["department"] * size,
        }
        same = {"source": "laksa", "provenance": "simulated", "status": "closed", "due_basis": "ditetapkan"}
        for name, word in {**same, "visibility": "wall"}.items():
            chunk[name] = [word] * size
        for flag in FLAGS:
            chunk[flag] = [False] * size
        yield chunk


def _shares(kinds: list[str]) -> Any:
    weights = np.array([3.0, 1.0, 1.0][: len(kinds)])
    return weights / weights.sum()


def open_facts(config: Config, count: int) -> list[CaseFact]:
    r = random.Random(SEED)
    kinds = [kind for kind in KINDS if kind in config.kinds]
    found = []
    for number in range(1, count + 1):
        opened = NOW - timedelta(seconds=r.random() * 3_000_000)
        record = Case(
            key=f"K{number}", kind=r.choice(kinds), status=r.choice([CaseStatus.WAITING, CaseStatus.IN_PROCESS]),
            opened_at=opened, category=r.choice(config.categories).code, department=r.choice(config.departments).abbr,
            district=r.choice(config.regions.districts).code,
        )  # fmt: skip
        found.append(
            CaseFact(
                number=number,
                source="laksa",
                provenance="simulated",
                record=record,
                version=1,
                visibility="wall",
                first_seen_at=opened + timedelta(seconds=30),
                backlog=False,
                policy=None,
                due_at=opened + timedelta(seconds=r.random() * 6_000_000),
                due_basis="ditetapkan",
                provisional=False,
                response_due_at=opened + timedelta(seconds=60_000),
                response_basis="ditetapkan",
            )
        )
    return found


def make_board(config: Config, facts: list[CaseFact], closed: int) -> Board:
    registry = Registry(config)
    board = Board(config, registry, Calendar(config, registry))
    board.load(now=NOW, seq=1, open_cases=facts, closed=closed_chunks(config, closed))
    return board


def ticks(board: Board, facts: list[CaseFact], everything: bool) -> list[float]:
    """Seconds of each tick. ``everything``: all scopes and all series count as changed."""
    r, now, found = random.Random(SEED), NOW, []
    current = {fact.number: fact for fact in facts}
    for seq in range(2, 2 + TICKS):
        now += timedelta(seconds=1)
        changes = []
        for number in r.sample(sorted(current), 20):
            before = current[number]
            after = replace(
                before,
                version=before.version + 1,
                record=replace(before.record, status=CaseStatus.CLOSED, resolved_at=now, first_response_at=now),
                observed_response_after=now - timedelta(seconds=30), observed_response_by=now,
                observed_close_after=now - timedelta(seconds=30), observed_close_by=now,
            )  # fmt: skip
            del current[number]
            changes.append(CaseChange(before=before, after=after))
        commit = Commit(seq=seq, epoch=1, at=now, kind="poll", source="laksa", cases=changes)
        if everything:
            for name, durations in board.ledger.durations.items():
                board.ledger.touched[name] |= set(durations.series)
                for series in durations.series.values():
                    series.found.clear()
        gc.collect()
        began = time.perf_counter()
        board.apply(commit)
        documents = board.documents(now, changed_only=not everything)
        for document in documents.values():
            encode(document)
        found.append(time.perf_counter() - began)
    return found


def pandas_tick(config: Config, closed: int) -> float:
    """Seconds for a plain groupby over the closed rows: counts, medians and 90th percentiles of one year by city,
    district and department. A fraction of what a tick publishes."""
    chunks = list(closed_chunks(config, closed))
    columns = ("kind", "district", "department", "opened_at", "observed_response_by", "observed_close_by")
    frame = pd.DataFrame({name: [v for chunk in chunks for v in chunk[name]] for name in columns})
    began = time.perf_counter()
    for name in ("observed_response_by", "observed_close_by"):
        frame["seconds"] = frame[name] - frame["opened_at"]
        for keys in (["kind"], ["kind", "district"], ["kind", "department"]):
            grouped = frame.groupby(keys)["seconds"]
            grouped.agg("count")
            grouped.quantile([0.5, 0.9], interpolation="lower")
    return time.perf_counter() - began


def run() -> list[Row]:
    """Ticks at 100,000 and at a million closed cases, beside pandas."""
    config = make_config()
    facts = open_facts(config, OPEN)
    spent: dict[tuple[int, bool], float] = {}
    for size in SIZES:
        for everything in (True, False):
            say(f"{size:,} closed cases")
            board = make_board(config, facts, size)
            board.documents(NOW)
            spent[size, everything] = statistics.median(ticks(board, facts, everything)) * 1000
    few, many = SIZES
    of_all = f"city, {len(config.regions.districts)} districts, {DEPARTMENTS} departments; {OPEN:,} open"
    return [
        Row("one tick of all KPIs at 1 million closed cases", spent[many, True], "ms", 200, note=of_all),
        Row("the same against 100,000 closed cases", spent[many, True] / spent[few, True], "x", 1.5,
            note=f"{spent[few, True]:.0f} ms there"),
        Row("one tick of what 20 changed cases touch", spent[many, False], "ms"),
        Row("plain pandas groupby over the same closed rows", pandas_tick(config, many) * 1000, "ms",
            note="one year's counts, medians and 90th percentiles only"),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(hand_over(run()))
