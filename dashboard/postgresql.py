"""What every connection to a PostgreSQL is opened with, the room's own or a department's; never opens one itself."""

from __future__ import annotations

PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""Of libpq: a server that is cut off is given up after seconds, not after the hours a socket would wait."""
