"""Starts the parts as processes of their own, restarts what falls, stops everything; does none of their work."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.clock import ENV, Clock
from dashboard.config.model import Config

STOP_S = 4.0
READY_S = 60.0
MAX_BACKOFF_S = 30.0
PR_SET_PDEATHSIG = 1
Say = Callable[[str], None]


@dataclass(slots=True)
class Part:
    """A child process. ``restarts_at``: real monotonic seconds, when it is down."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    backoff_s: float = 0.5
    started: float = 0.0
    restarts_at: float = field(default=0.0)


def _die_with_parent() -> None:
    """Ask the kernel to end this child when the supervisor ends, even by kill -9."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Supervisor:
    def __init__(self, config: Config, path: Path, say: Say) -> None:
        self._config, self._path, self._say = config, path.resolve(), say
        self._stopping = False
        self._sockets: Path | None = None
        clock = Clock.begin(config.clock.start, config.clock.rate)
        self._env = {**os.environ, ENV: clock.to_environment() if clock.start else "", "PYTHONUNBUFFERED": "1"}
        self._parts = self._plan()

    def _plan(self) -> list[Part]:
        python, config = sys.executable, str(self._path)
        parts = []
        if self._config.redis.url is None:
            self._sockets = Path(tempfile.mkdtemp(prefix="tlr-"))  # private (0700) and short enough for a socket
            self._env["LIVEROOM_REDIS_URL"] = f"unix://{self._sockets}/valkey.sock"
            parts.append(Part("valkey", [python, "-m", "dashboard", "valkey", str(self._sockets)]))
        if self._config.simulator is not None:
            parts.append(Part("simulator", [python, "-m", "connectors.simulator", "--config", config]))
        parts.append(Part("collector", [python, "-m", "dashboard", "collect", "--config", config]))
        web = [python, "-m", "dashboard", "web", "--config", config]
        web += ["--host", self._config.web.host, "--port", str(self._config.web.port)]
        parts.append(Part("web", web))
        return parts

    def run(self) -> int:
        """Until a signal. 0 when everything stopped."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._on_signal)
        try:
            for part in self._parts:
                self._say(f"starting {part.name} ...")
                self._start(part)
                if part.name == "valkey":
                    self._wait_for_socket()
            self._announce()
            while not self._stopping:
                self._look()
                time.sleep(0.2)
        finally:
            self._stop()
        return 0

    def _on_signal(self, *_: object) -> None:
        self._stopping = True

    def _start(self, part: Part) -> None:
        part.started = time.monotonic()
        part.process = subprocess.Popen(  # noqa: S603 - our own command lines
            part.command,
            env=self._env,
            cwd=self._path.parent,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            stdin=subprocess.DEVNULL,
        )

    def _wait_for_socket(self) -> None:
        end = time.monotonic() + 10
        while self._sockets and not (self._sockets / "valkey.sock").exists() and time.monotonic() < end:
            time.sleep(0.05)

    def _announce(self) -> None:
        """Say the address once the room has data to show."""
        host, port = self._config.web.host, self._config.web.port
        end = time.monotonic() + READY_S
        while not self._stopping and time.monotonic() < end:
            self._look()
            try:
                with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=1) as answer:
                    if answer.status == 200:
                        self._say(
                            f"the room is live: http://{host}:{port}/wall/main  (all screens: http://{host}:{port}/)"
                        )
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.2)
        if not self._stopping:
            self._say("the room does not answer yet; it goes on trying (see the lines above)")

    def _look(self) -> None:
        now = time.monotonic()
        for part in self._parts:
            if part.process is not None and part.process.poll() is not None:
                code = part.process.returncode
                part.backoff_s = 0.5 if now - part.started > 60 else min(part.backoff_s * 2, MAX_BACKOFF_S)
                part.restarts_at, part.process = now + part.backoff_s, None
                self._say(f"{part.name} ended with {code}; starting it again in {part.backoff_s:g} s")
            elif part.process is None and now >= part.restarts_at:
                self._start(part)

    def _stop(self) -> None:
        running = [part.process for part in reversed(self._parts) if part.process is not None]
        for process in running:
            process.terminate()
        end = time.monotonic() + STOP_S
        for process in running:
            try:
                process.wait(max(0.05, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(1)
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
        self._say("everything stopped")
