"""A real site on loopback over a real Valkey, in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dashboard.cache import Publisher
from dashboard.config.model import Config
from tests.live import samples

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import sys
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.web import serve
config = load_config("config.yaml", {})
web = config.web.model_copy(update={"port": int(sys.argv[1])})
serve(config.model_copy(update={"web": web}), Clock(), sys.argv[2])
"""


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
    """A running web process and the leader's side of its cache."""

    url: str
    config: Config
    publisher: Publisher
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    seq: int = 0

    def publish(self, **changes: Any) -> int:
        """Publish the sample documents as the next seq."""
        self.seq += 1
        found = samples.documents(self.config, self.seq, **changes)
        self.publisher.publish(self.seq, 1, samples.encoded(found))
        return self.seq

    def ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False


@pytest.fixture
def site(config: Config, valkey: str, free_port: Callable[[], int]) -> Iterator[Site]:
    port = free_port()

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", CODE, str(port), valkey]
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})

    publisher = Publisher(valkey)
    running = Site(f"http://127.0.0.1:{port}", config, publisher, start, start())
    running.publish()
    try:
        until(running.ready, 40)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(10)
        publisher.close()
