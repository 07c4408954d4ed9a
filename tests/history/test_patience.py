"""Nobody who asks a PostgreSQL waits for hours on a connection that was cut without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard import fetching_sql
from dashboard.history.engine import create, create_reading
from dashboard.postgresql import PATIENCE


def of_a_source(url: str) -> sa.Engine:
    return fetching_sql.create(url, 3.0, Path())


def for_reading(url: str) -> sa.Engine:
    return create_reading(url, 3.0)


@pytest.mark.postgres
@pytest.mark.parametrize("opened", [create, for_reading, of_a_source])
def test_a_connection_notices_that_it_was_cut(postgres_url: str, opened: Callable[[str], sa.Engine]) -> None:
    engine = opened(postgres_url)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        told = driver.info.get_parameters()  # what libpq was given beside its defaults
    engine.dispose()
    watch = {name: str(value) for name, value in PATIENCE.items() if name != "connect_timeout"}
    assert watch.items() <= told.items()
    assert 0 < int(told["connect_timeout"]) <= 10
