"""``room(folder)`` starts a small room and stops it after the test, whatever happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import Signals
from typing import Any

import pytest

from tests.commands.rooms import Running, write_config


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(
        name: str = "kota contoh",
        env: dict[str, str] | None = None,
        ignored: tuple[Signals, ...] = (),
        **changes: Any,
    ) -> Running:
        config = write_config(tmp_path / name, **changes)
        started.append(Running(config, config.parent, env or {}, ignored=ignored))
        return started[-1].start()

    yield start
    with ExitStack() as every:  # one that does not stop keeps none of the others
        for one in started:
            every.callback(_end, one)


def _end(one: Running) -> None:
    try:
        one.stop()
    finally:
        left = one.killed()
    assert left == [], f"left behind: {left}"
