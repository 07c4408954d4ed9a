"""What listens and for whom: loopback only, and Valkey on a socket in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
import redis

from dashboard import valkey
from dashboard.security import Guard
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


def outside() -> str | None:
    """An address of this machine that others could reach."""
    found = [a.address for many in psutil.net_if_addrs().values() for a in many if a.family == socket.AF_INET]
    return next((address for address in found if not address.startswith("127.")), None)


def test_under_another_server_it_is_the_shipped_web_process(short_tmp: Path, free_port: Callable[[], int]) -> None:
    """``app:server`` bound to every address: whole on loopback, refused at any other address."""
    port = free_port()
    known = {"LIVEROOM_REDIS_URL": f"unix://{short_tmp}/v.sock", "LIVEROOM_DATABASE_URL": f"sqlite:///{short_tmp}/h.db"}
    command = ["-m", "uvicorn", "--factory", "app:server", "--host", "0.0.0.0", "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *command, "--timeout-graceful-shutdown", "1", "--log-level", "warning"],
        cwd=ROOT, env={**os.environ, **known},
    )  # fmt: skip

    def asked(host: str, path: str) -> tuple[int, Any]:
        answer = httpx2.get(f"http://{host}:{port}{path}", headers={"host": f"localhost:{port}"}, trust_env=False)
        return answer.status_code, answer.json()

    def answers() -> bool:
        try:
            return asked("127.0.0.1", "/healthz")[0] in (200, 503)
        except httpx2.HTTPError:
            return False

    try:
        until(answers, 90)
        status, body = asked("127.0.0.1", "/healthz")
        assert (status, body["status"]) == (503, "starting")
        assert "history away" in body["reasons"], "it has a history, whose file is not there yet"
        if (address := outside()) is not None:
            assert asked(address, "/healthz") == (403, {"error": "refused", "reason": "loopback_only"})
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (("127.0.0.1", 80), 200), (("127.9.9.9", 80), 200), (("::1", 80), 200), (("::ffff:127.0.0.1", 80), 200),
        (("/run/room.sock", None), 200), (("192.0.2.1", 80), 403), (("::ffff:192.0.2.1", 80), 403),
        (("2001:db8::1", 80), 403), (("localhost", 80), 403), (None, 403),
    ],
)  # fmt: skip
def test_where_a_connection_came_in_decides(server: Any, status: int) -> None:
    said: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        said.append(message.get("status", 0))

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(app, ["localhost"])({**scope, "server": server}, None, send))  # type: ignore[arg-type]
    assert said[0] == status


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
