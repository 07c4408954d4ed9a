"""Child processes, each in a group of its own, that end with their parent; never knows what they do."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
FIRST_BACKOFF_S, MAX_BACKOFF_S = 0.5, 10.0
STEADY_S = 60.0
"""A part that ran for so long and falls starts again without having to wait longer than the first time."""


@dataclass(slots=True)
class Part:
    """A child process. ``restarts_at``: real monotonic seconds, when it is down. ``fds`` stay open in it."""

    name: str
    command: list[str]
    fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    backoff_s: float = 0.0
    started: float = 0.0
    restarts_at: float = 0.0

    def start(self, folder: Path, env: Mapping[str, str]) -> None:
        parent = os.getpid()

        def end_with_parent() -> None:
            """Also a kill -9 of the parent ends this child: the kernel sees to it. The wish survives an exec."""
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # it went in between
                os._exit(1)

        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command lines
            self.command,
            env=dict(env),
            cwd=folder,
            start_new_session=True,
            preexec_fn=end_with_parent,
            stdin=subprocess.DEVNULL,
            pass_fds=self.fds,
        )

    def fell(self, now: float) -> int | None:
        """The exit code when the process has ended since the last look; it may start again at ``restarts_at``."""
        if self.process is None or not _ended(self.process):
            return None
        steady = now - self.started > STEADY_S
        self.backoff_s = FIRST_BACKOFF_S if steady or not self.backoff_s else min(self.backoff_s * 2, MAX_BACKOFF_S)
        self.restarts_at = now + self.backoff_s
        code, self.process = _bury(self.process), None
        return code


def stop(parts: Sequence[Part], limit_s: float) -> list[str]:
    """Ask all to end, wait ``limit_s`` altogether, kill what is left; the names of those that had to be killed."""
    running = [(part, part.process) for part in parts if part.process is not None]
    for _, process in running:
        process.terminate()
    end, killed = time.monotonic() + limit_s, []
    for part, process in running:
        while not _ended(process) and time.monotonic() < end:
            time.sleep(0.02)
        if not _ended(process):
            killed.append(part.name)
        _bury(process)
        part.process = None
    return killed


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended. It is not reaped yet, so its number still belongs to its group."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _bury(process: subprocess.Popen[bytes]) -> int:
    """Kill what is left of its group, and itself; its exit code."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()
