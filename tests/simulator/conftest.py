"""Fixtures of the stand-in city."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.simulator.places import Place
from tests.simulator.running import Caller, running


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Caller]:
    async with running(tmp_path) as caller:
        yield caller


@pytest.fixture
def real_places() -> list[Place]:
    """The 104 subdistricts of the domain file, where it is at hand."""
    path = Path(__file__).parents[2] / ".." / "shared" / "domain" / "regions.csv"
    if not path.exists():
        pytest.skip("the shared domain files are not beside this repository")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {row["code"]: row["name"] for row in rows if row["level"] == "kecamatan"}
    return [
        Place(r["code"], r["name"], r["parent"], names[r["parent"]], float(r["lat"]), float(r["lon"]), 1.0)
        for r in rows
        if r["level"] == "kelurahan"
    ]
