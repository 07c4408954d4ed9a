"""A small HTTP/1.1 server with full control over every byte, so that it can misbehave; never used by the room."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_HEAD, MAX_BODY = 64_000, 16_000_000


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes = b""
    target: str = ""  # as sent, with the query


@dataclass(slots=True)
class Answer:
    """What goes back. ``stream`` replaces ``body``; ``hang`` sends nothing at all; ``drip`` a byte at a time."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None
    hang: bool = False
    drip_s: float | None = None
    date: datetime | None = None
    delivered: Callable[[], None] | None = None  # called when the last byte has been handed to the socket


Handler = Callable[[Request], Awaitable[Answer]]


class Listener:
    """One department's listening socket. It can really be closed (the port stays reserved) and opened again."""

    def __init__(self, handler: Handler, host: str = "127.0.0.1", port: int = 0) -> None:
        self._handler, self._host = handler, host
        self._socket = _bind(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None

    async def open(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen; with ``tls`` only TLS is spoken. Does nothing when it is already so."""
        if self._server is not None:
            if tls is self._tls:
                return
            await self.close()
        self._tls = tls
        self._server = await asyncio.start_server(
            self._serve, sock=self._socket, ssl=tls, limit=MAX_HEAD, backlog=512, start_serving=True
        )

    async def close(self) -> None:
        """Stop listening and drop every connection; new ones are refused by the kernel."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket = _bind(self._host, self.port)  # bound, not listening: nobody else takes the port

    async def stop(self) -> None:
        await self.close()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
                                 asyncio.CancelledError, ssl.SSLError):  # fmt: skip
            while await self._exchange(reader, writer):
                pass
        with contextlib.suppress(Exception):
            writer.transport.abort() if task is not None and task.cancelling() else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        if request is None:
            return False
        answer = await self._handler(request)
        if answer.hang:
            await reader.read()  # until the client gives up
            return False
        await _write(writer, answer, head_only=request.method == "HEAD")
        if answer.delivered is not None:
            answer.delivered()
        return request.headers.get("connection", "").lower() != "close" and answer.stream is None


def _bind(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.setblocking(False)
    return made


async def _read(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, _ = first.split(" ", 2)
    except ValueError:
        return None
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY:
        return None
    body = await reader.readexactly(int(length)) if length != "0" else b""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, unquote(parts.path), query, headers, body, target)


async def _write(writer: asyncio.StreamWriter, answer: Answer, *, head_only: bool) -> None:
    phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else "Status"
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    headers = {"Server": "nginx", **answer.headers}
    if answer.date is not None:
        headers["Date"] = format_datetime(answer.date, usegmt=True)
    if answer.status != 304:
        headers.setdefault("Content-Type", answer.content_type)
    if answer.stream is None:
        headers["Content-Length"] = str(len(answer.body))
    else:
        headers["Connection"] = "close"  # the end of the connection ends the body
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace"))
    if head_only or answer.status == 304:
        pass
    elif answer.stream is not None:
        async for chunk in answer.stream:
            writer.write(chunk)
            await writer.drain()
    elif answer.drip_s is not None:
        for at in range(len(answer.body)):
            writer.write(answer.body[at : at + 1])
            await writer.drain()
            await asyncio.sleep(answer.drip_s)
    else:
        writer.write(answer.body)
    await writer.drain()
