"""From the last byte of a source's answer to text in the DOM: real simulator, collector, Valkey, web and Chromium.

``python -m benchmarks.source``. LAKSA holds 5,000 rows and 20 of them change: 19 others and a new one, which is the
last of the answer, so that the moment the simulator has handed it out is the moment of the last byte.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import sqlalchemy as sa

from benchmarks import tree
from benchmarks.page import Watched, browser, opened
from benchmarks.rows import Row, hand_over, percentile, say
from dashboard.history import open_history, schema

ROWS, CHANGED, ROUNDS = 5_000, 20, 20
PATIENCE_S = 60.0


def last_seq(history: Any) -> int:
    return int(history.rows(sa.select(sa.func.max(schema.change_log.c.seq)))[0][0])


def stored(history: Any, after: int) -> int | None:
    """The seq of the first poll of LAKSA after ``after`` that brought a new report."""
    table = schema.poll
    query = sa.select(sa.func.min(table.c.seq)).where(table.c.source == "laksa", table.c.seq > after, table.c.new > 0)
    found = history.rows(query)[0][0]
    return None if found is None else int(found)


def last_byte(running: tree.Tree, since: int, ids: set[str]) -> float | None:
    """When the answer with these records had gone out whole, in unix seconds; None: not yet."""
    served = running.control(f"/served?department=laksa&fields=0&since={since}")["served"]
    times = [entry["real_at"] for entry in served if entry["key"] in ids]
    return max(times) if times else None


def rounds(running: tree.Tree, history: Any) -> dict[int, float]:
    """Seq of each change and the moment of its answer's last byte."""
    sent: dict[int, float] = {}
    for n in range(ROUNDS):
        before = last_seq(history)
        newest = running.control("/served?department=laksa&fields=0")["served"][-1]["seq"]
        done = running.control("/records", {"new": 1, "changed": CHANGED - 1})
        seq = tree.until(lambda before=before: stored(history, before), PATIENCE_S, "the change was not stored")
        at = last_byte(running, newest, {str(number) for number in done["new"]})
        assert at is not None, "stored, but never served"
        sent[seq] = at
        time.sleep(0.37 * (n % 4))  # not in step with the polls
    return sent


def run() -> list[Row]:
    with tree.running() as running, browser() as chromium:
        tree.until(running.filled, PATIENCE_S, "the room did not fill")
        history = open_history(f"sqlite:///{running.database}")
        table = schema.poll
        query = sa.select(sa.func.max(table.c.rows)).where(table.c.source == "laksa")
        held = int(history.rows(query)[0][0])
        running.control("/load", {"standing": max(0, ROWS - held)})
        tree.until(lambda: history.rows(query)[0][0] >= ROWS, PATIENCE_S, "the standing reports were not read")
        with opened(chromium, f"{running.url}/wall/main") as page:
            watched = Watched(page)
            watched.begin("#wall", "data-seq")
            sent = rounds(running, history)
            text, painted = watched.seen().after(sent)
        history.close()
    p99 = percentile(text, 0.99)
    say(" ".join(f"{value * 1000:.0f}" for value in sorted(text)))
    note = (
        f"{ROUNDS} polls of {ROWS:,} rows; p50 {percentile(text, 0.5) * 1000:.0f} ms; two animation frames later"
        f" p50 {percentile(painted, 0.5) * 1000:.0f} ms"
    )
    return [Row("last byte of a source's answer -> text in the DOM, 20 changed, p99", p99, "s", 1.0, note=note)]


if __name__ == "__main__":
    sys.exit(hand_over(run()))
