"""Scenarios 35 and 36: what does not come from the room's own pages is refused, with one line in the log each."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from dashboard import serving
from tests.security.conftest import MARKS, Guarded

EVIL = "http://evil.example"
FOLLOWED = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}


@pytest.mark.parametrize(
    ("status", "path", "more"),
    [
        (403, "/wall/main", {"Host": "evil.example"}),
        (403, "/wall/main", {"Host": "127.0.0.1.evil.example"}),
        (403, "/wall/main", {"Host": "evil@127.0.0.1"}),
        (403, "/wall/main", {"Host": ""}),
        (403, "/wall/main", {"Origin": EVIL}),
        (403, "/live/main", {"Origin": EVIL}),
        (403, "/live/main", {"Origin": "null"}),
        (403, "/live/main", {"Origin": "http://[::"}),
        (403, "/api/v1/cases", {"Origin": "http://127.0.0.1:1"}),
        (403, "/live/main", {"Sec_Fetch_Site": "same-site"}),
        (403, "/api/v1/cases", {"Sec_Fetch_Site": "cross-site"}),
        (403, "/api/v1/cases", FOLLOWED),
        (403, "/wall/main/id/_dash-layout", FOLLOWED),
        (403, "/wall/main", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "script"}),
        (414, "/api/v1/cases?kind=" + "x" * 5_000, {}),
        (431, "/wall/main", {"X_Long": "x" * 20_000}),
        (400, "/wall/main", {"Transfer_Encoding": "chunked"}),
    ],
)
def test_foreign_and_oversized_requests(guarded: Guarded, status: int, path: str, more: dict[str, str]) -> None:
    before = len(guarded.lines())
    assert guarded.request(path, **more) == status
    (line,) = guarded.logged(before)
    assert "request refused" in line


def test_a_link_from_elsewhere_may_be_followed_and_the_room_asks_itself(guarded: Guarded) -> None:
    assert guarded.request("/wall/main", **FOLLOWED) == 200
    own = {"Sec_Fetch_Site": "same-origin", "Origin": f"http://127.0.0.1:{guarded.port}"}
    assert guarded.request("/api/v1/sources", **own) == 200
    assert guarded.request("/api/v1/sources", Host=f"LOCALHOST:{guarded.port}") == 200
    assert guarded.request("/api/v1/sources", Host=f"[::1]:{guarded.port}") == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/wall/main/id/_dash-update-component", "/api/v1/cases", "/healthz"])
def test_nothing_but_reading(guarded: Guarded, method: str, path: str) -> None:
    assert guarded.request(path, method) == 405


@pytest.mark.parametrize(
    "body",
    [
        b'{"output":"room.children","outputs":{"id":"room","property":"children"},"inputs":[],"changedPropIds":[]}',
        b'{"output":"..wall.children...wall.style..","outputs":[],"inputs":[{"id":"x","property":"n","value":1}]}',
        b'{"output":"_pages_content.children"}',
        b"\x00" * 50,
    ],
)
def test_forged_callback_outputs_are_refused(guarded: Guarded, body: bytes) -> None:
    before = len(guarded.lines())
    for prefix in ("/wall/main/id", "/screens", "/sources"):
        own = {"Origin": f"http://127.0.0.1:{guarded.port}", "Content_Type": "application/json"}
        assert guarded.request(f"{prefix}/_dash-update-component", "POST", body, **own) == 405
    assert len(guarded.logged(before, 3)) == 3


def test_a_body_nobody_wants_is_not_read(guarded: Guarded) -> None:
    assert guarded.request("/api/v1/cases", "POST", b"x", Content_Length="1000000000000") == 413
    assert guarded.request("/api/v1/cases", "POST", b"x", Content_Length="-1") in (400, 413)
    assert guarded.request("/api/v1/cases", "GET", b"x" * 10) == 400


@pytest.mark.parametrize("path", ["/", "/sources", "/wall/main", "/live/main", "/healthz", "/api/v1/openapi.json"])
def test_who_only_asks_for_the_head_gets_it_and_no_body(guarded: Guarded, path: str) -> None:
    request = f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nConnection: close\r\n\r\n"
    status, answer = guarded.raw(request.encode())
    assert status == 200
    assert answer.endswith(b"\r\n\r\n")


def test_who_does_not_say_what_it_wants_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow heads, on a new connection and on one that was answered; a stream that is being answered stays."""
    monkeypatch.setattr(serving, "HEAD_S", 2.0)
    others = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"ok", "more_body": True})
        if scope["path"] == "/held":
            await others.wait()  # until those who are not waited for are gone: it outlived their time
        await send({"type": "http.response.body", "body": b"!!"})

    async def ask(port: int, request: bytes, more: bytes = b"") -> bytes:
        """What came until the other side ended it; ``more`` is sent after the first answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while part := await asyncio.wait_for(reader.read(1_000), 30):
                answer += part
                if more and b"ok!!" in answer:
                    writer.write(more)
                    more = b""
        writer.close()
        return answer

    async def judge() -> None:
        config = uvicorn.Config(application, lifespan="off", timeout_keep_alive=60, access_log=False)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: serving.Protocol(config, ServerState(), {}), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        whole = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
        held = asyncio.create_task(ask(port, whole % b"held", b"G"))
        answers = await asyncio.gather(ask(port, b""), ask(port, b"GET / HT"), ask(port, whole % b"", b"GET /"))
        others.set()
        answers.append(await held)
        assert [answer.count(b"ok!!") for answer in answers] == [0, 0, 1, 1]
        server.close()

    asyncio.run(judge())


def test_two_hosts_are_one_too_many(guarded: Guarded) -> None:
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert guarded.raw(request.encode())[0] == 403


def test_a_head_that_does_not_end(guarded: Guarded) -> None:
    before = len(guarded.lines())
    status, _ = guarded.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Endless: ", b"x" * 5_000_000)
    assert status in (0, 431), "the connection may be gone before its answer is read"
    assert "reason=headers" in guarded.logged(before)[0]
    assert guarded.request("/healthz") == 200


@pytest.mark.parametrize("origin", [None, EVIL, "null", "http://127.0.0.1:{port}"])
@pytest.mark.parametrize("path", ["/wall/main/id/_dash-ws-callback", "/_dash-ws-callback", "/live/main", "/"])
def test_every_websocket_is_refused(guarded: Guarded, path: str, origin: str | None) -> None:
    before = len(guarded.lines())
    said = "" if origin is None else f"Origin: {origin.format(port=guarded.port)}\r\n"
    handshake = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{said}\r\n"
    )
    oversized = b"\x82\xff" + (50_000_000).to_bytes(8, "big") + os.urandom(4) + b"x" * 100_000
    status, _ = guarded.raw(handshake.encode(), oversized)
    assert status in (0, 403)
    lines = guarded.logged(before)
    assert len([line for line in lines if "request refused" in line and "websocket" in line]) == 1
    assert len(lines) == 1
    assert guarded.request("/healthz") == 200


@pytest.mark.parametrize(
    "path",
    [
        "/wall/main/id/assets/../../../config.yaml",
        "/wall/main/id/assets/%2e%2e/%2e%2e/config.yaml",
        "/wall/main/id/assets/..%2f..%2fapp.py",
        "/wall/main/id/_dash-component-suites/dash/../../../etc/passwd",
        "/wall/main/id/_dash-component-suites/os/os.py",
        "//etc/passwd",
        "/wall/..%00/main",
        "/live/main%2f..%2f",
    ],
)
def test_no_path_leads_out(guarded: Guarded, path: str) -> None:
    status, answer = guarded.raw(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nConnection: close\r\n\r\n".encode()
    )
    assert status in (400, 404, 500) and status != 500, answer[:200]
    for secret in (b"root:", b"sources:", b"import argparse"):
        assert secret not in answer


def test_log_lines_cannot_be_forged(guarded: Guarded) -> None:
    before = len(guarded.lines())
    forged = "%0d%0a2026-11-24%20[error]%20everything%20is%20lost%1b[31m%e2%80%ae%00"
    asked = [
        (f"/wall/{forged}", {"Host": "evil.example"}),
        (f"/live/{forged}", {"Origin": EVIL}),
        (f"/api/v1/{forged}?{forged}", {"Origin": f"{EVIL}\x0b\x1b[2J"}),
        (f"/{forged}", {"Host": "\xe2\x80\xae127.0.0.1"}),
    ]
    for path, headers in asked:
        assert guarded.request(path, **headers) in (400, 403)
    lines = guarded.logged(before, len(asked))
    assert len(lines) == len(asked)
    for line in lines:
        assert not MARKS.search(line)
        assert not line.startswith("2026-11-24 [error]")
