"""Rooms over the recorded answers beside the repository; skipped with a reason where these are absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realdata.rooms import Room, example, exchanged_dates


@pytest.fixture(scope="session")
def realdata(shared: Path) -> Path:
    folder = shared / "realdata"
    if not folder.is_dir():
        pytest.skip("needs ../shared/realdata (recorded answers of real systems)")
    return folder


@pytest.fixture(scope="session")
def bandung(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with example("bandung", realdata.parent, tmp_path_factory.mktemp("bandung")) as room:
        yield room


@pytest.fixture(scope="session")
def san_francisco(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with example("san_francisco", realdata.parent, tmp_path_factory.mktemp("sf")) as room:
        yield room


@pytest.fixture(scope="session")
def new_york(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with example("new_york", realdata.parent, tmp_path_factory.mktemp("nyc")) as room:
        yield room


@pytest.fixture(scope="session")
def exchanged(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with exchanged_dates(realdata.parent, tmp_path_factory.mktemp("exchanged")) as room:
        yield room
