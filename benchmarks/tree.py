"""The shipped room on ports and in a folder of its own; changes nothing else of what is shipped."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from connectors.simulator.server import PORTS, SOCKETS

ROOT = Path(__file__).resolve().parents[1]
SIMULATOR_PORTS = 1 + max(*PORTS.values(), *SOCKETS.values())


def free_port(count: int = 1) -> int:
    """The first of ``count`` ports in a row that are free now, outside the range the kernel hands out by itself."""
    for start in range(21_000 + os.getpid() % 250 * 40, 32_000, 40):
        sockets = []
        try:
            for port in range(start, start + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return start
        except OSError:
            continue
        finally:
            for held in sockets:
                held.close()
    raise RuntimeError("no free ports")


def until(condition: Callable[[], Any], limit_s: float, what: str) -> Any:
    """The first true answer of ``condition``."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise TimeoutError(what)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Tree:
    """``app.py`` with its Valkey, simulator, collector and web; ``env`` for the database."""

    def __init__(self, env: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tlrb"))
        self.simulator, self.port = free_port(SIMULATOR_PORTS), free_port() + 39
        text = (ROOT / "config.yaml").read_text()
        text = re.sub(r"127\.0\.0\.1:87(\d\d)", lambda m: f"127.0.0.1:{self.simulator + int(m[1])}", text)
        text = text.replace("port: 8700", f"port: {self.simulator}").replace("port: 8050", f"port: {self.port}")
        self.config = self.folder / "config.yaml"
        self.config.write_text(text)
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Tree:
        command = [sys.executable, str(ROOT / "app.py"), "--config", str(self.config)]
        log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        until(self.ready, 120, "the room did not get ready")
        return self

    def ready(self) -> bool:
        try:
            return bool(self.get("/healthz")["status"] == "ok")
        except (urllib.error.URLError, OSError):
            return False

    def filled(self) -> bool:
        """Every source has been polled."""
        found = self.get("/api/v1/sources")
        return all(source["last_poll"] for source in found.get("sources", found.get("items", [])))

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def stream(self, wall: str = "main", lang: str = "id") -> str:
        """The path that the page of this wall opens as its stream, read from the page as it is served."""
        with urllib.request.urlopen(f"{self.url}/wall/{wall}?lang={lang}", timeout=10) as answer:
            root = _Root(answer.read().decode()).found
        query = {"since": root.get("since", root["seq"]), "build": root["build"], "life": root.get("life", "")}
        return f"/live/{wall}?{urlencode({**query, 'lang': lang})}"

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the simulator's control port."""
        token = (self.folder / "var" / "simulator.token").read_text()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.simulator}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def part(self, *words: str) -> psutil.Process:
        """The process whose command line has these words."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if set(words) <= set(child.cmdline()):
                return child
        raise LookupError(words)

    @property
    def valkey(self) -> psutil.Process:
        assert self.process is not None
        return next(p for p in psutil.Process(self.process.pid).children() if "valkey" in p.name())

    @property
    def redis(self) -> str:
        return self.part("dashboard", "web").environ()["LIVEROOM_REDIS_URL"]

    @property
    def database(self) -> Path:
        return self.folder / "var" / "liveroom.sqlite"

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class _Root(HTMLParser):
    """The ``data-*`` attributes of the element that names its screen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name.removeprefix("data-"): value or "" for name, value in attrs if name.startswith("data-")}
        if "screen" in given:
            self.found = given


@contextmanager
def running(env: dict[str, str] | None = None) -> Iterator[Tree]:
    tree = Tree(env)
    try:
        yield tree.start()
    except BaseException:
        log = tree.folder / "log"
        print(log.read_text()[-3000:] if log.exists() else "", file=sys.stderr)
        raise
    finally:
        tree.stop()


@contextmanager
def simulator(tree: Tree) -> Iterator[Tree]:
    """The stand-in city alone."""
    command = [sys.executable, "-m", "connectors.simulator", "--config", str(tree.config)]
    process = subprocess.Popen(command, cwd=ROOT, env=tree.env, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield tree
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(tree.folder, ignore_errors=True)
