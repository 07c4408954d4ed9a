"""Scripts and styles, compressed once per process before the first request; never compresses while serving."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Scope, Send

MARKS = ("/_dash-component-suites/", "/assets/")
NAMED = re.compile(r'(?:src|href)="([^"]+)"')
LEVEL = 9
MOST = 1_000
"""Addresses kept. Dash takes any fingerprint in an address, so a file has as many as somebody thinks of."""
Answer = tuple[bytes, list[tuple[bytes, bytes]]]


class Static:
    """The files of all pages by path; the same content is kept once."""

    def __init__(self) -> None:
        self._files: dict[str, Answer] = {}
        self._packed: dict[bytes, bytes] = {}

    async def take(self, app: ASGIApp, page: str) -> None:
        """Read every file that the HTML of ``page`` names. The addresses carry fingerprints."""
        for address in NAMED.findall(page):
            parts = urlsplit(address)
            if any(mark in parts.path for mark in MARKS) and parts.path not in self._files:
                status, headers, body = await ask(app, parts.path, parts.query.encode())
                if status == 200:
                    await self._keep(parts.path, headers, body)

    async def serve(self, app: ASGIApp, path: str, query: bytes, send: Send) -> bool:
        """Answer with the file at ``path``; a file no page names (a chunk loaded later) is taken now.
        False: there is none."""
        if path not in self._files:
            status, headers, body = await ask(app, path, query)
            if status != 200:
                return False
            await self._keep(path, headers, body)
        packed, headers_ = self._files[path]
        await send({"type": "http.response.start", "status": 200, "headers": headers_})
        await send({"type": "http.response.body", "body": packed})
        return True

    async def _keep(self, path: str, headers: dict[bytes, bytes], body: bytes) -> None:
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if digest not in self._packed:
            self._packed[digest] = await asyncio.to_thread(gzip.compress, body, LEVEL)
        packed = self._packed[digest]
        if len(self._files) >= MOST:
            del self._files[next(iter(self._files))]
        kind = mimetypes.guess_type(path)[0] or headers.get(b"content-type", b"").decode() or "text/plain"
        self._files[path] = (
            packed,
            [
                (b"content-type", kind.encode()),
                (b"content-encoding", b"gzip"),
                (b"cache-control", b"public, max-age=31536000, immutable"),
                (b"content-length", str(len(packed)).encode()),
            ],
        )


async def ask(app: ASGIApp, path: str, query: bytes = b"") -> tuple[int, dict[bytes, bytes], bytes]:
    """Ask ``app`` for ``path`` inside the process."""
    status, headers, parts = 500, dict[bytes, bytes](), list[bytes]()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.get_running_loop().create_future()  # nobody hangs up: streaming answers wait here
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], dict(message.get("headers", []))
        else:
            parts.append(message.get("body", b""))

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return status, headers, b"".join(parts)
