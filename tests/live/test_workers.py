"""Several web processes on one socket, and the streams of one of them: many, deaf, and ended."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from dashboard import listening
from tests.live import samples
from tests.live.conftest import Site, until

FULL = 200
ENDED = (0, -signal.SIGTERM)
"""Of its own accord: uvicorn ends by the signal that it was told to end with."""


def line(site: Site, query: str = "") -> socket.socket:
    """One open stream as a bare socket."""
    found = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    found.sendall(f"GET /live/main?{query} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
    return found


class Reading(threading.Thread):
    """Reads all streams for as long as they last; ``heard`` is what came on each."""

    def __init__(self, lines: list[socket.socket]) -> None:
        super().__init__(daemon=True)
        self.lines, self.heard, self.ended = lines, [b"" for _ in lines], 0

    def run(self) -> None:
        import selectors

        waiting = selectors.DefaultSelector()
        for index, one in enumerate(self.lines):
            waiting.register(one, selectors.EVENT_READ, index)
        while self.ended < len(self.lines):
            for key, _ in waiting.select(1):
                try:
                    part = key.fileobj.recv(65536)  # type: ignore[union-attr]
                except OSError:
                    part = b""
                self.heard[key.data] += part
                if not part:
                    waiting.unregister(key.fileobj)
                    self.ended += 1


@pytest.fixture
def shared(bare_site: Site) -> Iterator[socket.socket]:
    """The socket that the supervisor would have bound."""
    found = listening.bind("127.0.0.1", bare_site.port)
    yield found
    found.close()


def ids(site: Site, since: int) -> list[int]:
    """The ids a stream brings that resumes after ``since``."""
    build, life = site.health()["build"], site.publisher.applied()
    assert life is not None
    query = f"since={since}&build={build}&life={life.life}"
    found: list[int] = []
    with httpx2.stream("GET", f"{site.url}/live/main?{query}", timeout=30) as answer:
        for text in answer.iter_lines():
            if text.startswith("id: "):
                found.append(int(text[4:]))
            if text == "event: beat":
                return found
    return found


def test_a_worker_may_go_and_come_while_the_others_serve_the_same(bare_site: Site, shared: socket.socket) -> None:
    site = bare_site
    site.publish()
    for _ in range(2):
        site.start(shared)
    pids: set[int] = set()
    until(lambda: pids.add(worker(site)) or len(pids - {0}) == 2, 120)
    for fallen in list(site.processes):
        fallen.send_signal(signal.SIGTERM)
        for _ in range(10):  # while it goes and when it is gone, somebody answers and the wall is whole
            assert "live.js" in httpx2.get(f"{site.url}/wall/main", timeout=30).text
        assert fallen.wait(30) in ENDED
        number = site.publish(open_cases=900 + len(site.processes))
        until(lambda number=number: site.health().get("seq") == number, 30)
        site.start(shared)
        fresh = site.process.pid
        until(lambda fresh=fresh: worker(site) == fresh, 120)
    seen: dict[int, list[int]] = {}
    site.publish(open_cases=111)
    until(lambda: seen.update({worker(site): ids(site, 0)}) or len(seen) == 2, 60)
    assert [found[-1] for found in seen.values()] == [site.seq, site.seq]


def worker(site: Site) -> int:
    return int(site.health().get("worker") or 0)


def test_streams_of_two_hundred_one_deaf_all_ended_at_once(site: Site) -> None:
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", site.port))
    deaf.sendall(f"GET /live/main HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
    reading = Reading([line(site) for _ in range(FULL)])
    reading.start()
    until(lambda: site.health()["screens"] == FULL + 1, 60)

    def told() -> bool:
        site.publish(now=samples.NOW + site.seq * 7_000_000)  # every row changes: what the kernel holds fills up
        metrics = httpx2.get(f"{site.url}/metrics", timeout=30).text.splitlines()
        return float(next(text for text in metrics if text.startswith("liveroom_dropped_total ")).split()[-1]) == 1

    until(told, 120)
    last = site.seq
    until(lambda: all(b"id: %d\n" % last in heard for heard in reading.heard), 60)
    until(lambda: site.health()["screens"] == FULL, 30)
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(8) in ENDED
    until(lambda: reading.ended == FULL, 10)
    assert all(heard.endswith(b"0\r\n\r\n") for heard in reading.heard)  # a proper end, not a cut
    deaf.close()


def test_two_hundred_that_come_back_at_once_lose_nothing(site: Site) -> None:
    first = Reading([line(site) for _ in range(FULL)])
    first.start()
    until(lambda: site.health()["screens"] == FULL, 60)
    for one in first.lines:
        one.shutdown(socket.SHUT_RDWR)
    life = site.publisher.applied()
    assert life is not None
    build = site.health()["build"]
    site.publish(open_cases=808)
    again = Reading([line(site, f"since=1&build={build}&life={life.life}") for _ in range(FULL)])
    again.start()
    until(lambda: all(b"event: beat" in heard for heard in again.heard), 60)
    until(lambda: all(b"id: 2\n" in heard and b"808" in heard for heard in again.heard), 60)
    for one in again.lines:
        one.close()


def test_the_port_of_another_program_is_named(site: Site) -> None:
    process: subprocess.Popen[Any] = site.start()
    assert process.wait(60) == 3
    site.processes.remove(process)
    assert site.ready()
