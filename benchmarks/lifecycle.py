"""How long the shipped room takes to start, to end with open streams, and to be current again after a part is killed.

``python -m benchmarks.lifecycle``. "Current again" is seen on a wall in Chromium that nobody touches: it has shown a
change that was stored after the kill, and does not say that it lost its connection.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

import psutil

from benchmarks import tree
from benchmarks.page import browser, opened
from benchmarks.rows import Row, hand_over, say
from benchmarks.screens import load
from dashboard.history import History, open_history

STREAMS, PATIENCE_S = 1_000, 120.0
PARTS = {
    "web": ("dashboard", "web"),
    "collector": ("dashboard", "collect"),
    "simulated city": ("connectors.simulator",),
}
WALL = "(() => { const wall = document.getElementById('wall'); return [+wall.dataset.seq, wall.className]; })()"


def shown(page: Any) -> int:
    """The number of the change that the wall shows; -1 while it says that it is cut off, or is being loaded anew."""
    try:
        seq, marks = page.evaluate(WALL)
    except Exception:
        return -1
    return -1 if "cut" in marks.split() else int(seq)


def recovery(running: tree.Tree, page: Any, history: History, name: str, part: psutil.Process) -> Row:
    tree.until(lambda: shown(page) > 0, PATIENCE_S, "the wall shows nothing")
    began = time.monotonic()
    part.kill()
    stored = history.last_seq()
    tree.until(lambda: shown(page) > stored and running.ready(), PATIENCE_S, f"not current after {name} was killed")
    took = time.monotonic() - began
    say(f"{name}: {took:.1f} s")
    return Row(f"{name} killed -9 -> an open wall is current again, untouched", took, "s", 30)


def ending(running: tree.Tree) -> list[Row]:
    """The web process, then everything, while a thousand streams are open."""
    rows = []
    with load("load_client", STREAMS, str(running.port), running.stream()):
        web = running.part(*PARTS["web"])
        began = time.monotonic()
        web.send_signal(signal.SIGTERM)
        web.wait(PATIENCE_S)
        rows.append(Row(f"the web process ends with {STREAMS:,} open streams", time.monotonic() - began, "s", 3))
    tree.until(running.ready, PATIENCE_S, "the web process did not come back")
    with load("load_client", STREAMS, str(running.port), running.stream()):
        process = running.process
        assert process is not None
        parts = psutil.Process(process.pid).children(recursive=True)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, alive = psutil.wait_procs([psutil.Process(process.pid), *parts], PATIENCE_S)
        assert not alive, alive
        rows.append(Row(f"Ctrl-C ends everything with {STREAMS:,} open streams", time.monotonic() - began, "s", 5))
    return rows


def run() -> list[Row]:
    began = time.monotonic()
    with tree.running() as running, browser() as chromium:
        tree.until(running.filled, PATIENCE_S, "the room did not fill")
        rows = [Row("start of everything, new folder -> every source has answered", time.monotonic() - began, "s")]
        history = open_history(f"sqlite:///{running.database}")
        with opened(chromium, f"{running.url}/wall/main") as page:
            for name, words in PARTS.items():
                rows.append(recovery(running, page, history, name, running.part(*words)))
            rows.append(recovery(running, page, history, "Valkey", running.valkey))
        history.close()
        rows += ending(running)
    return rows


if __name__ == "__main__":
    sys.exit(hand_over(run()))
