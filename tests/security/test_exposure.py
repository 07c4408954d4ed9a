"""What listens and for whom: loopback only, and Valkey on a socket in a folder of its own."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from dashboard import valkey
from tests.live.conftest import ROOT, until


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_another_address_than_loopback_is_refused_with_the_reason(host: str, short_tmp: Path) -> None:
    known = {"LIVEROOM_REDIS_URL": f"unix://{short_tmp}/v.sock", "LIVEROOM_DATABASE_URL": f"sqlite:///{short_tmp}/h.db"}
    for command in (["-m", "dashboard", "web"], ["app.py"]):
        done = subprocess.run(
            [sys.executable, *command, "--host", host, "--port", "1"],
            cwd=ROOT, env={**os.environ, **known}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode != 0
        said = done.stdout + done.stderr
        assert "loopback only until access control exists" in said
        assert "Traceback" not in said


def test_valkey_listens_on_a_private_socket_and_on_no_port(short_tmp: Path) -> None:
    private = valkey.PrivateFolder(short_tmp)
    process = subprocess.Popen(valkey.command(private.path))
    try:
        socket = private.path / valkey.SOCKET
        until(socket.exists)
        assert stat.S_IMODE(private.path.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        with redis.Redis.from_url(f"unix://{socket}") as client:
            until(lambda: client.ping())
            assert client.config_get("port") == {"port": "0"} or client.config_get("port") == {b"port": b"0"}
        assert psutil.Process(process.pid).net_connections(kind="inet") == []
    finally:
        process.terminate()
        process.wait(20)
        private.close()


def test_the_check_sees_a_port(short_tmp: Path, free_port: Callable[[], int]) -> None:
    """A Valkey that does listen on TCP would be seen."""
    command = valkey.command(short_tmp)
    command[command.index("--port") + 1] = str(free_port())
    process = subprocess.Popen(command)
    try:
        until(lambda: psutil.Process(process.pid).net_connections(kind="inet"))
    finally:
        process.terminate()
        process.wait(20)
