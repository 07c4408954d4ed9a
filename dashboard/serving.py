"""Runs the site on a socket until a signal ends it; knows nothing of what it serves."""

from __future__ import annotations

import asyncio
import gc
import socket

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dashboard.config.model import Config
from dashboard.web import Room

BACKLOG = 2048
SEND_BUFFER = 256 * 1024
"""Of the kernel for each connection: what a client that stops reading can hold there."""
GC_THRESHOLDS = (20_000, 20, 50)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def bind(host: str, port: int) -> socket.socket:
    """The listening socket that all web processes share. Loopback only: there is no access control yet."""
    if host not in LOOPBACK:
        raise SystemExit(f"web.host {host}: the room listens on loopback only until access control exists")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # accepted sockets inherit it
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SystemExit(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listening.listen(BACKLOG)
    listening.set_inheritable(True)
    return listening


class Protocol(HttpToolsProtocol):
    """Hands its transport to the application, which cuts the clients that do not read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server(uvicorn.Server):
    """Ends the open streams before uvicorn waits for them, and spares the garbage collector what always lives."""

    def __init__(self, config: uvicorn.Config, room: Room) -> None:
        super().__init__(config)
        self._room = room

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # those who are sent away must not come back to this process
        await self._room.hub.close()
        await super().shutdown(sockets)


def serve(room: Room, config: Config, listening: socket.socket) -> None:
    """Run ``room`` on ``listening`` until SIGTERM or SIGINT."""
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
    )
    Server(settings, room).run(sockets=[listening])


def inherited(number: int) -> socket.socket:
    """The socket that the supervisor bound and handed down as an open file."""
    return socket.socket(fileno=number)


