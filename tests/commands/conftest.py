"""``room(folder)`` starts a small room and stops it after the test, whatever happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.rooms import Running, write_config


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(name: str = "kota contoh", env: dict[str, str] | None = None, **changes: Any) -> Running:
        config = write_config(tmp_path / name, **changes)
        started.append(Running(config, config.parent, env or {}))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()
