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
GC_THRESHOLDS = (20_000, 20, 50)


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
