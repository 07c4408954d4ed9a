"""A running room for each module: what it polls stands in the module itself as ``SOURCES``.

A module's tests share its room, so one worker runs them all: ``-n auto --dist loadfile``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.stage import Stage, stage


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a short path: Valkey's socket lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def room(request: pytest.FixtureRequest, place: Path) -> Iterator[Stage]:
    """The city and the collector, with every source polled well once. Module names: ``SOURCES``, ``STAGE``."""
    module = request.module
    options = getattr(module, "STAGE", {})
    with stage(place, module.SOURCES, extra=getattr(module, "EXTRA", []), **options) as made:
        for source in module.SOURCES:
            made.until_good(source)
        yield made


@pytest.fixture
def lifted(room: Stage) -> Iterator[Stage]:
    """The room, with every fault lifted and every source good again after the test."""
    yield room
    room.lift()
    for source in room.sources:
        room.until_good(source)
