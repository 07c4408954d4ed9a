"""One client among many that stops reading: the others must not notice, and it must come back by its last id."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.rows import Row, say
from benchmarks.tree import Tree

RATE, SECONDS = 20.0, 12.0
IDS = re.compile(rb"id: (\d+)\nevent: frame\ndata: [^\n]*\n\n")


class Reader:
    """A blocking client with a small buffer."""

    def __init__(self, port: int, path: str, last: int | None = None) -> None:
        self.link = socket.socket()
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.settimeout(5)
        self.link.connect(("127.0.0.1", port))
        resume = "" if last is None else f"Last-Event-ID: {last}\r\n"
        self.link.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{resume}\r\n".encode())

        self._held = b""

    def read(self, until_id: int | None, limit_s: float) -> list[int]:
        """The frames that have come, read until ``until_id`` (None: the first beat), the end, or the time is up."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                piece = self.link.recv(65536)
            except (TimeoutError, ConnectionError):
                break
            if not piece:
                break
            self._held += piece
            found = self.frames()
            if (found and found[-1] >= until_id) if until_id is not None else b"event: beat" in self._held:
                break
        return self.frames()

    def frames(self) -> list[int]:
        return [int(number) for number in IDS.findall(unchunked(self._held))]


def unchunked(held: bytes) -> bytes:
    """The body of a chunked answer as far as it has come."""
    _, _, rest = held.partition(b"\r\n\r\n")
    body = b""
    while rest:
        size, mark, after = rest.partition(b"\r\n")
        if not mark or not size:
            break
        many = int(size, 16)
        body, rest = body + after[:many], after[many + 2 :]
    return body


def measure(tree: Tree, send: Callable[[], tuple[int, float]], load: Any, delays: Any, readers: int) -> list[Row]:
    from benchmarks.screens import paced

    path = tree.stream()
    with load("load_client", readers - 1, str(tree.port), path) as (client, file):
        lazy = Reader(tree.port, path)
        first = lazy.read(None, 10)
        start = max([*first, int(re.findall(r"since=(\d+)", path)[0])])
        sent = paced(send, RATE, SECONDS)
        newest = max(sent)
        time.sleep(1)
        seen = lazy.read(newest, 10)  # what still lay in the buffers, then the end
        dropped = not seen or seen[-1] < newest
        last = max([start, *seen])
        again = Reader(tree.port, path, last)
        resumed = again.read(newest, 10)
        client.stdin.close()
        client.wait(60)
        spent, missed = delays(sent, np.load(file), readers - 1)
    back = bool(resumed) and resumed[-1] >= newest
    p99 = float(np.quantile(spent, 0.99)) * 1000
    note = f"{missed} missed, p50 {np.quantile(spent, 0.5) * 1000:.0f} ms; 20 changes a second for {SECONDS:.0f} s"
    say(f"lazy: dropped {dropped}, had {last - start} of {newest - start}, resumed with {len(resumed)} frames")
    how = f"was {'cut off' if dropped else 'not cut off'} after {last - start} of {newest - start} changes"
    return [
        Row(f"one of {readers:,} stops reading: p99 of the others", p99 if not missed else float("nan"), "ms", 1000,
            note=note),
        Row("the one that stopped is current again after resuming by id", float(back), "", 1, True,
            f"{how}; {len(resumed)} frames brought it back"),
    ]  # fmt: skip
