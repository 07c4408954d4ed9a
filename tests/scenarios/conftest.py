"""A running room for each module: what it polls stands in the module itself as ``SOURCES``.

A module's tests share its room, so one worker runs them all: ``--dist loadfile``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHROMIUM, CHROMIUM_ARGS
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


@pytest.fixture(scope="module")
def chromium_page() -> Iterator[Any]:
    """One page of one browser for a module; its tests are skipped where Chromium is not installed."""
    path = Path(os.environ.get("LIVEROOM_CHROMIUM", CHROMIUM))
    if not path.exists():
        pytest.skip("needs Chromium (apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser.new_page()
        browser.close()
