"""Holds many streams open and notes when each frame had come whole; reads nothing of it but the frame's number.

``python -m benchmarks.load_client PORT PATH COUNT FILE``: prints "open" when every stream has answered, runs until its
standard input ends, then writes what it noted to FILE. One thread, epoll, no library.
"""

from __future__ import annotations

import re
import select
import socket
import sys
import time
from array import array

import numpy as np

from dashboard.process import raise_open_files

AT_ONCE = 256  # connections on their way at a time
FRAME = re.compile(rb"\nid: (\d+)\n|^id: (\d+)\n")
END = (b"\n\n\r\n", b"\n\n")
READ, TAIL = 262_144, 32


class Clients:
    def __init__(self, port: int, path: str, count: int) -> None:
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
        self._address, self._count = ("127.0.0.1", port), count
        self._epoll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._index: dict[int, int] = {}
        self._waiting: dict[int, list[int]] = {}  # frames begun and not whole
        self._tail: dict[int, bytes] = {}
        self._answered: set[int] = set()
        self.who, self.frame, self.at = array("l"), array("q"), array("d")
        self.lost = 0

    def _connect(self) -> None:
        link = socket.socket()
        link.setblocking(False)
        link.connect_ex(self._address)
        self._index[link.fileno()] = len(self._index)
        self._sockets[link.fileno()] = link
        self._epoll.register(link.fileno(), select.EPOLLOUT)

    def run(self) -> None:
        self._epoll.register(0, select.EPOLLIN)
        opened, told = 0, False
        while True:
            while opened < self._count and opened - len(self._answered) < AT_ONCE:
                self._connect()
                opened += 1
            if not told and len(self._answered) == self._count:
                told = True
                print("open", flush=True)
            for number, event in self._epoll.poll(1.0):
                if number == 0:
                    return
                if event & select.EPOLLOUT:
                    self._sockets[number].send(self._request)
                    self._epoll.modify(number, select.EPOLLIN)
                else:
                    self._read(number)

    def _read(self, number: int) -> None:
        try:
            piece = self._sockets[number].recv(READ)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self.lost += 1
            self._epoll.unregister(number)
            self._sockets.pop(number).close()
            return
        now = time.monotonic()
        self._answered.add(number)
        tail = self._tail.pop(number, b"")
        held = tail + piece
        waiting = self._waiting.pop(number, [])
        waiting += [int(found[1] or found[2]) for found in FRAME.finditer(held) if found.end() > len(tail)]
        if held.endswith(END):
            who = self._index[number]
            for frame in waiting:
                self.who.append(who)
                self.frame.append(frame)
                self.at.append(now)
        else:
            self._tail[number] = held[-TAIL:]  # a frame's number may be cut in two
            if waiting:
                self._waiting[number] = waiting


def main() -> None:
    port, path, count, file = sys.argv[1:]
    raise_open_files()
    clients = Clients(int(port), path, int(count))
    clients.run()
    np.savez(  # the file's name ends with .npz
        file, who=np.frombuffer(clients.who, dtype=np.int64), frame=np.frombuffer(clients.frame, dtype=np.int64),
        at=np.frombuffer(clients.at), lost=np.array([clients.lost]),
    )  # fmt: skip


if __name__ == "__main__":
    main()
