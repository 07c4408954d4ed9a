"""The browser's heap, nodes and sockets over 20,000 updates of the main wall.

``python -m benchmarks.heap``. Updates come faster than a room makes them; what the web process folds into one frame is
counted and said. Half as many go before: the browser compiles the page's code once more after some 9,000 updates, one
step of 30 kB that is no slope.
"""

from __future__ import annotations

import re
import sys
import time
import urllib.request
from itertools import cycle
from typing import Any

import numpy as np
import psutil

from benchmarks import tree
from benchmarks.feed import Feed
from benchmarks.page import browser, opened
from benchmarks.rows import Row, hand_over, say

UPDATES, WARM, RATE, SAMPLE = 20_000, 10_000, 100.0, 1000


class Heap:
    """What the page holds after a full collection."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")

    def read(self) -> tuple[float, float, float]:
        """kB in use, DOM nodes, listeners."""
        for _ in range(2):
            self._session.send("HeapProfiler.collectGarbage")
        used = self._session.send("Runtime.getHeapUsage")["usedSize"] / 1000
        metrics = {m["name"]: m["value"] for m in self._session.send("Performance.getMetrics")["metrics"]}
        return used, metrics["Nodes"], metrics["JSEventListeners"]


def frames(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        found = re.search(r"^liveroom_frames(?:_total)? (\S+)", answer.read().decode(), re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def sockets(port: int) -> int:
    """Connections that browsers hold to the room."""
    return sum(
        1 for link in psutil.net_connections("tcp")
        if link.status == psutil.CONN_ESTABLISHED and link.raddr and link.raddr.port == port
        and link.pid is not None and "chrom" in psutil.Process(link.pid).name()
    )  # fmt: skip


def measure(page: Any, running: tree.Tree, feed: Feed) -> list[Row]:
    changes = cycle([*feed.changes(25), *feed.changes(25, top=True)])
    heap, found = Heap(page), []
    page.wait_for_timeout(8000)  # connections of the first load are closed by then
    links, begun = sockets(running.port), frames(running.url)
    start = time.monotonic()
    for n in range(WARM + UPDATES):
        time.sleep(max(0.0, start + n / RATE - time.monotonic()))
        feed.publish(next(changes))
        if (n + 1) % SAMPLE == 0:
            page.wait_for_timeout(500)
            shown = int(page.evaluate("document.querySelector('#wall').dataset.seq"))
            assert shown == feed.seq, f"the page shows {shown}, the newest is {feed.seq}"
            found.append((n + 1, *heap.read()))
            say(f"{n + 1:,} updates: {found[-1][1]:,.0f} kB, {found[-1][2]:.0f} nodes")
            start += time.monotonic() - (start + n / RATE)  # the time of looking is not caught up
    made, more = frames(running.url) - begun, sockets(running.port) - links
    return judge(np.array([sample for sample in found if sample[0] >= WARM]), made, links, more)


def judge(found: Any, made: int, links: int, more: int) -> list[Row]:
    """The slope against the scatter around it."""
    at, used, nodes = found[:, 0], found[:, 1], found[:, 2]
    (slope, base), spread = np.polyfit(at, used, 1), at - at.mean()
    rest = used - (slope * at + base)
    error = float(np.sqrt((rest**2).sum() / (len(at) - 2) / (spread**2).sum()))
    growth, noise = float(slope * UPDATES), max(2 * error * UPDATES, 0.01 * float(used.mean()))
    note = f"{used[0]:,.0f} kB, at last {used[-1]:,.0f}; {made:,} frames in all; noise: 2 standard errors or 1 %"
    return [
        Row("browser heap, slope over 20,000 updates", growth, "kB", noise, note=note),
        Row("browser: DOM nodes more after 20,000 updates", float(nodes[-1] - nodes[0]), "nodes", 50),
        Row("browser: sockets more after 20,000 updates", float(max(0, more)), "", 0, note=f"{links} at first"),
    ]


def run() -> list[Row]:
    with tree.running() as running, browser() as chromium:
        tree.until(running.filled, 60, "the room did not fill")
        feed = Feed(running)
        with opened(chromium, f"{running.url}/wall/main") as page:
            rows = measure(page, running, feed)
        feed.close()
    return rows


if __name__ == "__main__":
    sys.exit(hand_over(run()))
