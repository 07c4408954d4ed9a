"""The main wall in Chromium: from Redis to the DOM, and from nothing to everything drawn, beside the yardsticks.

``python -m benchmarks.wall``. The time of a change is the moment before it is written to Redis.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from itertools import count as counting
from typing import Any

import orjson
import redis

from benchmarks import tree, yardstick_interval
from benchmarks.feed import Documents, Feed
from benchmarks.page import Watched, browser, cold, opened
from benchmarks.rows import Row, hand_over, percentile, say
from benchmarks.screens import child
from benchmarks.yardstick_floor import CHANNEL

CHANGES, SHIFTS, GAP_S = 200, 100, 0.17
FLOOR_CHANGES, INTERVAL_CHANGES, INTERVAL_GAP_S = 100, 40, 0.73
LOADS = 5


def watch(
    page: Any, numbered: str, attribute: str, send: Callable[[], tuple[int, float]], many: int, gap_s: float
) -> Any:
    """(seconds to the DOM, seconds to two frames later, texts a change) of ``many`` changes."""
    watched = Watched(page)
    watched.begin(numbered, attribute)
    sent = {}
    for _ in range(many):
        number, at = send()
        sent[number] = at
        time.sleep(gap_s)
    page.wait_for_timeout(int(1000 * gap_s))
    seen = watched.seen()
    text, painted = seen.after(sent)
    return text, painted, statistics.median(entry[3] for entry in seen.entries)


def millis(values: list[float], share: float) -> float:
    return percentile(values, share) * 1000


def told(text: list[float]) -> str:
    return f"p50 {millis(text, 0.5):.1f}, p99 {millis(text, 0.99):.1f}, worst {max(text) * 1000:.1f} ms"


def changes(chromium: Any, running: tree.Tree, feed: Feed) -> list[Row]:
    def sender(made: list[Documents]) -> Callable[[], tuple[int, float]]:
        turn = iter(made)

        def send() -> tuple[int, float]:
            number, _, at = feed.publish(next(turn))
            return number, at

        return send

    usual, top = feed.changes(CHANGES // 2), feed.changes(SHIFTS // 2, top=True)
    with opened(chromium, f"{running.url}/wall/main") as page:
        text, painted, texts = watch(page, "#wall", "data-seq", sender(usual), CHANGES, GAP_S)
        say(f"a change: {told(text)}")
        shift, shifted, rows = watch(page, "#wall", "data-seq", sender(top), SHIFTS, GAP_S)
        say(f"every row shifts: {told(shift)}")
    later = f"p99 {millis(painted, 0.99):.0f} ms"
    note = f"{CHANGES} changes on the full wall, {texts:.0f} texts each"
    what = "change in Redis -> text in the DOM"
    return [
        Row(f"{what}, median", millis(text, 0.5), "ms", 20, note=note),
        Row(f"{what}, p99", millis(text, 0.99), "ms", 60, note=note),
        Row("two animation frames later, median", millis(painted, 0.5), "ms", note=later),
        Row("worst frame, every queue row shifts", max(shift) * 1000, "ms", 120,
            note=f"{SHIFTS} changes, {rows:.0f} texts each; {told(shift)}; "
            f"two animation frames later p50 {millis(shifted, 0.5):.0f} ms"),
    ]  # fmt: skip


def loads(chromium: Any, url: str, what: str) -> list[Row]:
    found = [cold(chromium, url) for _ in range(LOADS)]
    first, drawn, wire = (statistics.median(values) for values in zip(*found, strict=True))
    target = (1.0, 1.5, 0.5) if what == "main wall" else (None, None, None)
    note = f"median of {LOADS} loads with an empty cache"
    return [
        Row(f"cold load of the {what}: first data", first, "s", target[0], note=note),
        Row(f"cold load of the {what}: everything drawn", drawn, "s", target[1], note=note),
        Row(f"cold load of the {what}: over the wire", wire / 1e6, "MB", target[2], note=note),
    ]


def floor(chromium: Any, url: str) -> list[Row]:
    client, number = redis.Redis.from_url(url), counting(1)

    def send() -> tuple[int, float]:
        seq, at = next(number), time.time()
        client.publish(CHANNEL, str(seq))
        return seq, at

    with child("yardstick_floor", url) as (port, _):
        address = f"http://127.0.0.1:{port}/"
        with opened(chromium, address) as page:
            text, painted, _ = watch(page, "#slot", "data-seq", send, FLOOR_CHANGES, GAP_S)
        note = f"{told(text)}; two animation frames later {millis(painted, 0.5):.0f} ms"
        return [
            Row("floor: change -> text in the DOM, median", millis(text, 0.5), "ms", note=note),
            *loads(chromium, address, "floor"),
        ]


def interval(chromium: Any, url: str) -> list[Row]:
    client, number = redis.Redis.from_url(url), counting(1)

    def send() -> tuple[int, float]:
        seq, at = next(number), time.time()
        client.set(yardstick_interval.KEY, orjson.dumps(yardstick_interval.board(seq)))
        return seq, at

    send()
    with child("yardstick_interval", url) as (port, _):
        address = f"http://127.0.0.1:{port}/"
        with opened(chromium, address) as page:
            page.wait_for_selector("#seq", state="attached", timeout=30_000)
            text, _, _ = watch(page, "#board", "", send, INTERVAL_CHANGES, INTERVAL_GAP_S)
        return [
            Row("dcc.Interval page: change -> text in the DOM, median", millis(text, 0.5), "ms", note=told(text)),
            *loads(chromium, address, "dcc.Interval page"),
        ]


def run() -> list[Row]:
    with tree.running() as running, browser() as chromium:
        tree.until(running.filled, 60, "the room did not fill")
        rows = loads(chromium, f"{running.url}/wall/main", "main wall")
        feed = Feed(running)
        rows = [*changes(chromium, running, feed), *rows]
        rows += floor(chromium, running.redis) + interval(chromium, running.redis)
        feed.close()
    return rows


if __name__ == "__main__":
    sys.exit(hand_over(run()))
