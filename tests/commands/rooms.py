"""A whole small room as a user starts it: ``python app.py`` in real processes, outside of the checkout."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil

from connectors.simulator.server import PORTS, SOCKETS
from dashboard.processes import PR_SET_PDEATHSIG
from tests.config.factory import small_data
from tests.live.conftest import ROOT, until

LIMIT_S = 120.0  # a slow machine with much else to do
CITY_PORTS = 1 + max(*PORTS.values(), *SOCKETS.values())


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def as_from_a_terminal(ignored: tuple[signal.Signals, ...] = ()) -> None:
    """For a child before its exec: signals as a terminal gives them, however pytest was launched (`&`, nohup), and an
    end with us, also if we are killed."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_ports(count: int) -> int:
    """The first of ``count`` neighbouring ports that are free now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        held = []
        try:
            for port in range(first, first + count):
                one = socket.socket()
                held.append(one)
                one.bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for one in held:
                one.close()


def write_config(folder: Path, **changes: Any) -> Path:
    """The small city with one simulated source, all on ports of its own."""
    first = free_ports(CITY_PORTS + 1)
    source = {
        "id": "laksa", "type": "laksa", "label": {"id": "LAKSA", "en": "LAKSA"}, "department": "Kominfo",
        "url": f"http://127.0.0.1:{first + 1}", "every_s": 2, "allow_private": True, "provenance": "simulated",
        "auth": {"username": "liveroom", "password": "{file:var/simulator.token}"},
    }  # fmt: skip
    data = small_data(
        **{
            "sources": [source],
            "simulator": {"port": first, "seed": 7, "history_days": 10},
            "web": {"port": first + CITY_PORTS},
            **changes,
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kota.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")  # JSON is YAML
    return path


@dataclass
class Running:
    """One started room and everything it started."""

    config: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    ignored: tuple[signal.Signals, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    seen: dict[int, psutil.Process] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.config.read_text())
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.data['web']['port']}"

    @property
    def log(self) -> Path:
        return self.folder / "out.txt"

    def start(self) -> Running:
        command = [sys.executable, str(ROOT / "app.py"), "--config", str(self.config), *self.arguments]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LIVEROOM_") and k != "PYTHONPATH"}
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env={**clean, **self.env}, stdout=out, stderr=out, start_new_session=True,
                preexec_fn=lambda: as_from_a_terminal(self.ignored),
            )  # fmt: skip
        return self

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def until_live(self) -> Running:
        until(lambda: "the room is live" in self.said() or self.ended(), LIMIT_S)
        assert "the room is live" in self.said(), self.said()
        self.parts()
        return self

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def parts(self) -> dict[str, psutil.Process]:
        """The running parts by name; every process ever seen is remembered."""
        assert self.process is not None
        found = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            self.seen[child.pid] = child
            try:
                words = child.cmdline()
            except psutil.Error:
                continue
            text = f"{' '.join(words)} "  # Valkey writes its own title over its command line
            for name, mark in (
                ("valkey", "/valkey-server "),
                ("simulator", " connectors.simulator "),
                ("collector", " dashboard collect "),
                ("web", " dashboard web "),
            ):
                if mark in text:
                    found[name] = child
        return found

    def left(self) -> list[psutil.Process]:
        """What still runs of everything this room ever started."""
        return [p for p in self.seen.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def ask(self, path: str) -> Any:
        try:
            answer = httpx2.get(self.url + path, timeout=5, trust_env=False, verify=False)
        except httpx2.HTTPError:
            return None
        return answer.json() if answer.status_code == 200 else None

    def source(self) -> dict[str, Any]:
        rows = (self.ask("/api/v1/sources") or {}).get("sources") or [{}]
        found: dict[str, Any] = rows[0]
        return found

    def signal(self, number: signal.Signals = signal.SIGINT) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> int:
        """Ctrl-C, for certain in the end."""
        assert self.process is not None
        if self.process.poll() is None:
            self.parts()
            self.signal()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the room did not stop: {self.said()}") from None
        finally:
            self.process.kill()
            self.process.wait()

    def killed(self) -> list[psutil.Process]:
        """What still ran of it, with every process that names its configuration; all killed now."""
        left = [*self.left(), *(p for p in psutil.process_iter() if self._names_us(p))]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        return left

    def _names_us(self, process: psutil.Process) -> bool:
        try:
            return str(self.config) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False
