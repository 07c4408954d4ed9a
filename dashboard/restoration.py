"""The documents once more from history alone, for a web process that has no cache; never writes anything."""

from __future__ import annotations

from typing import Any

from dashboard.board import Board
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.history.reading import Reader
from dashboard.publisher import rebuild
from dashboard.snapshot import decode, encode


def restore(config: Config, registry: Registry, clock: Clock, history: Reader) -> dict[str, Any]:
    """What the leader would publish of the history as it stands; empty when there is no history yet."""
    if not history.is_there() or not history.last_seq():
        return {}
    board = Board(config, registry, Calendar(config))
    board.room.rate, board.room.restored = clock.rate, True
    rebuild(board, history, clock, epoch=0)
    documents = board.documents(clock.now(), changed_only=False)
    return {key: decode(encode(body)) for key, body in documents.items()}
