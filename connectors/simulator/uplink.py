"""The stand-in for the far end of the room's own line: whoever connects gets through; never speaks for any system.

``hang`` cuts the line: nobody takes a connection and nobody refuses it, which would be somebody who is there.
"""

from __future__ import annotations

import asyncio
import socket

from connectors.simulator.faults import Misbehaviour
from connectors.simulator.wan import accept


class Uplink:
    name = "uplink"

    def __init__(self, host: str, port: int, spoilt: Misbehaviour) -> None:
        self._host, self.port, self._spoilt = host, port, spoilt
        self._sockets: list[socket.socket] = []
        self._cut = False

    def start(self) -> None:
        self._open(cut=False)

    def stop(self) -> None:
        for one in self._sockets:
            asyncio.get_running_loop().remove_reader(one)
            one.close()
        self._sockets = []

    def refresh(self) -> None:
        cut = self._spoilt.active("hang") is not None
        if cut != self._cut:
            self.stop()
            self._open(cut)

    def _open(self, cut: bool) -> None:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind((self._host, self.port))
        self.port, self._cut = listening.getsockname()[1], cut
        listening.listen(0 if cut else 32)
        self._sockets = [listening]
        if cut:  # the one place in its queue is taken: the kernel drops whoever comes next
            waiting = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            waiting.setblocking(False)
            waiting.connect_ex((self._host, self.port))
            self._sockets.append(waiting)
        else:
            asyncio.get_running_loop().add_reader(listening, accept, listening)
