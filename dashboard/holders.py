"""Names this process as a holder of the lease and tells whether another holder has ended; never takes the lease.

A leader that was killed cannot give its lease back. On the same machine the next one need not wait for its end.
"""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path


def this_process() -> str:
    """``HOST:SPACE:PID.START``: SPACE is this boot and its process numbers, START tells two users of a number apart."""
    pid = os.getpid()
    return f"{_machine()}:{pid}.{_started(pid)}"


def gone(holder: str) -> bool:
    """Whether that process has certainly ended. Of another machine (or container) nothing is known."""
    machine, _, process = holder.rpartition(":")
    pid, _, started = process.partition(".")
    return machine == _machine() and pid.isdigit() and _started(int(pid)) != started


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    space = hashlib.blake2b(f"{boot} {os.readlink('/proc/self/ns/pid')}".encode(), digest_size=3).hexdigest()
    return f"{socket.gethostname()[:40]}:{space}"


def _started(pid: int) -> str | None:
    """When the process began, in the kernel's ticks; None when it is not there or only waits to be buried."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
