"""The socket that the web processes share, bound once; never accepts a connection itself."""

from __future__ import annotations

import socket

from dashboard.errors import ConfigError
from dashboard.ports import PortBusy

SEND_BUFFER = 256 * 1024
"""Of the kernel for each connection: so much can a client that stopped reading hold there."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def loopback_only(host: str) -> None:
    """Raises ConfigError for any address that others could reach."""
    if host not in LOOPBACK:
        raise ConfigError([f"web.host {host}: the room listens on loopback only until access control exists"])


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet: until a web process does, connections are refused. Raises PortBusy."""
    loopback_only(host)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, proto)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # accepted sockets inherit it
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise PortBusy(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return bound


def inherited(number: int) -> socket.socket:
    """The socket that the supervisor bound and handed down as an open file."""
    return socket.socket(fileno=number)
