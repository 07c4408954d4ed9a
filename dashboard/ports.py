"""Whether the addresses this room will listen on are free, said before anything starts; never keeps one."""

from __future__ import annotations

import errno
import socket

from dashboard.config.model import Config
from dashboard.errors import LiveRoomError

DEPARTMENTS = 20
"""The simulated city may listen on its control port and as many following ones."""


class PortBusy(LiveRoomError):
    """An address cannot be had. ``str`` names it and the mend."""


def port(text: str) -> int:
    """The number of a port as somebody typed it; a larger one would be cut down to another without a word."""
    number = int(text)
    if not 1 <= number <= 65_535:
        raise ValueError(text)
    return number


def claim(config: Config) -> None:
    """Raise PortBusy for the first address that another program holds."""
    web = config.web
    _look(web.host, web.port, "the screens", f".venv/bin/python app.py --port {_next(web.port)}, or web.port")
    if config.simulator is not None and config.simulator.port:
        first = config.simulator.port
        for port in range(first, first + DEPARTMENTS + 1):
            _look("127.0.0.1", port, "the simulated city", "simulator.port and the url of its sources")


def _next(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


def _look(host: str, port: int, what: str, mend: str) -> None:
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EACCES:
                reason = "this user may not listen there; take a port above 1023"
            elif error.errno == errno.EADDRINUSE:
                reason = "another program listens there; is the room running already?"
            else:
                reason = error.strerror or "it cannot be had"
            raise PortBusy(
                f"port {port} on {host} is needed for {what}: {reason} Give another one ({mend} in the configuration)."
            ) from None
