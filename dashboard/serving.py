"""Runs the site on a socket until a signal ends it; knows nothing of what it serves."""

from __future__ import annotations

import asyncio
import socket

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dashboard.config.model import Config
from dashboard.process import collect_rarely, raise_open_files
from dashboard.web import Room

BACKLOG = 2048
LONGEST_HEAD = 32_000
HEAD_S = 20.0
"""So long may a client take to say what it wants; a connection that says nothing holds a place for nobody."""
TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
log = structlog.get_logger("security")


class Protocol(HttpToolsProtocol):
    """Hands its transport to the application, which cuts the clients that do not read; stops listening to a request
    whose head does not end."""

    _head = 0  # bytes of a head that has not ended
    _ended = _body = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}
        self._patience = self.loop.call_later(HEAD_S, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._be_patient()
        super().connection_lost(exc)

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def data_received(self, data: bytes) -> None:
        self._ended = False
        super().data_received(data)
        self._head = 0 if self._ended or self._body else self._head + len(data)
        if self._head > LONGEST_HEAD and not self.transport.is_closing():
            log.warning("request refused", reason="headers", kind="http")
            self.transport.write(TOO_LONG)
            self.transport.close()
        elif self._head and self._patience is None:  # another request on the same connection
            self._patience = self.loop.call_later(HEAD_S, self.transport.abort)

    def on_headers_complete(self) -> None:
        self._be_patient()
        self._ended = self._body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._body = False
        super().on_message_complete()


class Server(uvicorn.Server):
    """Ends the open streams before uvicorn waits for them, and spares the garbage collector what always lives."""

    def __init__(self, config: uvicorn.Config, room: Room) -> None:
        super().__init__(config)
        self._room = room

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collect_rarely()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # those who are sent away must not come back to this process
        await self._room.hub.close()
        await super().shutdown(sockets)


def serve(room: Room, config: Config, listening: socket.socket) -> None:
    """Run ``room`` on ``listening`` until SIGTERM or SIGINT."""
    raise_open_files()
    settings = uvicorn.Config(
        room,
        host=config.web.host,
        port=config.web.port,
        loop="uvloop",
        http=Protocol,
        lifespan="on",
        log_level="warning",
        access_log=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=1,
        server_header=False,
        ws_max_size=1_024,  # every WebSocket is refused; nobody may send more while that happens
    )
    Server(settings, room).run(sockets=[listening])
