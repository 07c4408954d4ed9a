"""A room with an ingest on it, over SQLite alone or over both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.config.model import Config
from dashboard.history import History
from tests.ingest.served import Room, build


@pytest.fixture
def make_room(config: Config) -> Callable[[History], Room]:
    def make(history: History) -> Room:
        lease = history.lease.acquire("test", 1.0, 1e9)
        assert lease is not None
        return Room(config, history, build(config, history), lease.epoch)

    return make


@pytest.fixture
def room(make_room: Callable[[History], Room], sqlite_history: History) -> Room:
    """Over SQLite: the meaning of ingest does not depend on the database."""
    return make_room(sqlite_history)


@pytest.fixture
def any_room(make_room: Callable[[History], Room], history: History) -> Room:
    """Over both databases."""
    return make_room(history)
