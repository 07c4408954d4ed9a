"""Starts the parts as processes of their own, restarts what falls, stops everything; does none of their work."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dashboard import listening, processes, valkey
from dashboard.clock import ENV, Clock
from dashboard.config.model import Config
from dashboard.ports import PortBusy, claim
from dashboard.processes import Part
from dashboard.readiness import CityLate, CityReady, Readiness

ROOT = Path(__file__).resolve().parents[1]
LOOK_S = 0.2
STOP_S, STOP_CACHE_S = 3.5, 0.5
CITY_S = 120.0
"""How long the simulated city may take to make its history, its database and its files."""
BUSY, NOT_READY = 3, 5
"""Exit codes: a port is in use by another program; the simulated city did not come up."""
Say = Callable[[str], None]


class Supervisor:
    """One room. Its parts know of each other only through sockets and the database."""

    def __init__(self, config: Config, path: Path, say: Say, city_s: float = CITY_S) -> None:
        self._config, self._path, self._tell, self._city_s = config, path.resolve(), say, city_s
        self._stopping = False
        self._listening: socket.socket
        self._folder: valkey.PrivateFolder | None = None
        self._city: CityReady | None = None
        clock = Clock.begin(config.clock.start, config.clock.rate)
        # A thread for each source would have the C library keep a heap for each.
        heaps = {"MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"), "PYTHONUNBUFFERED": "1"}
        self._env = {**os.environ, **heaps, ENV: clock.to_environment() if clock.start else ""}
        self._parts: list[Part] = []  # those that were started

    def run(self) -> int:
        """Until a signal. 0 when everything stopped, ``BUSY`` when an address of ours is taken, or ``NOT_READY``."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup stays nohup; but a shell's `&` ignores SIGINT too, and who sends one means it
            if name != signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN:
                signal.signal(name, self._on_signal)
        try:
            claim(self._config)
            self._listening = listening.bind(self._config.web.host, self._config.web.port)
        except PortBusy as busy:
            self._say(str(busy))
            return BUSY
        try:
            self._start_all(self._plan())
            readiness = Readiness(self._config, self._say)
            while not self._stopping:
                self._look()
                readiness.look(time.monotonic())
                time.sleep(LOOK_S)
        except CityLate as late:
            self._say(str(late))
            return NOT_READY
        finally:
            self._stop()
        return 0

    def _plan(self) -> list[Part]:
        """The parts in the order of their start; the collector last, when what it asks is there."""
        python, config = [sys.executable, "-m"], ["--config", str(self._path)]
        parts = []
        if self._config.redis.url is None:
            self._folder = valkey.PrivateFolder()
            self._env["LIVEROOM_REDIS_URL"] = f"unix://{self._folder.path / valkey.SOCKET}"
            parts.append(Part("valkey", valkey.command(self._folder.path)))
        if self._config.simulator is not None:
            self._city = CityReady()
            fd = self._city.told
            parts.append(Part("simulator", [*python, "connectors.simulator", *config, "--ready-fd", str(fd)], (fd,)))
        parts += self._web([*python, "dashboard", "web", *config])
        return [*parts, Part("collector", [*python, "dashboard", "collect", *config])]

    def _web(self, command: list[str]) -> list[Part]:
        """Web processes that share one socket: while one is away the others answer, and nobody is refused."""
        address = ["--host", self._config.web.host, "--port", str(self._config.web.port)]
        fd = self._listening.fileno()
        names = ["web"] if self._config.web.workers == 1 else [f"web {n + 1}" for n in range(self._config.web.workers)]
        return [Part(name, [*command, *address, "--fd", str(fd)], fds=(fd,)) for name in names]

    def _start_all(self, parts: list[Part]) -> None:
        for part in parts:
            if part.name == "collector":
                self._wait_for_city()
            if self._stopping:
                return
            self._say(f"starting {part.name} ...")
            part.start(ROOT, self._env)
            self._parts.append(part)
            if part.name == "valkey":
                self._wait_for_socket()

    def _wait_for_socket(self) -> None:
        """The others would only complain; when it does not come they start all the same, and try again themselves."""
        end = time.monotonic() + 10
        while self._folder and not (self._folder.path / valkey.SOCKET).exists() and time.monotonic() < end:
            if self._stopping:
                return
            time.sleep(0.02)

    def _wait_for_city(self) -> None:
        """A department that is not built yet is not a broken one: nobody polls before the city says it is whole.

        Raises CityLate.
        """
        if self._city is None:
            return
        self._say("waiting for the simulated city: it makes its history, its permits database and its drop files ...")
        end = time.monotonic() + self._city_s
        while not self._stopping and not self._city.said():
            self._look()
            if time.monotonic() > end:
                raise CityLate(self._city_s)
            time.sleep(LOOK_S)

    def _look(self) -> None:
        now = time.monotonic()
        for part in self._parts:
            code = part.fell(now)
            if code is not None:
                why = valkey.last_words(self._folder.path) if self._folder and part.name == "valkey" else ""
                self._say(f"{part.name} ended with {code}; starting it again in {part.backoff_s:g} s {why}".rstrip())
            elif part.process is None and now >= part.restarts_at and not self._stopping:
                part.start(ROOT, self._env)

    def _on_signal(self, *_: object) -> None:
        """Any number of times."""
        if not self._stopping:
            self._stopping = True
            self._say("stopping ...")

    def _stop(self) -> None:
        """The cache goes last, so that nobody complains of it on the way out."""
        cache = [part for part in self._parts if part.name == "valkey"]
        others = [part for part in reversed(self._parts) if part.name != "valkey"]
        killed = [*processes.stop(others, STOP_S), *processes.stop(cache, STOP_CACHE_S)]
        self._listening.close()
        if self._city is not None:
            self._city.close()
        if self._folder is not None:
            self._folder.close()
        self._say("everything stopped" + (f" (had to be killed: {', '.join(killed)})" if killed else ""))

    def _say(self, line: str) -> None:
        """A closed terminal is no reason to leave processes behind."""
        with suppress(OSError, ValueError):
            self._tell(line)
