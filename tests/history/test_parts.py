"""The shared parts of conftest really start."""

from __future__ import annotations

import redis
import sqlalchemy as sa


def test_each_database_answers(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.literal(1))).scalar() == 1
    engine.dispose()


def test_valkey_is_empty_and_answers(valkey: str) -> None:
    with redis.Redis.from_url(valkey) as client:
        assert client.dbsize() == 0
        assert client.set("a", "b")
