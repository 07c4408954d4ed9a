"""A small configuration and a running stand-in city on ports chosen by the system; for any test that needs one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson

from connectors.simulator.city import City
from connectors.simulator.places import Place
from connectors.simulator.server import Simulation
from dashboard.clock import Clock
from dashboard.config.model import Config

TOKEN = "a-token-of-the-tests"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # Tuesday, 12.00 WIB

DISTRICTS = [(f"36.71.{n:02d}", name) for n, name in enumerate(("Tangerang", "Jatiuwung", "Batuceper"), 1)]


def small_config(folder: Path, **simulator: Any) -> Config:
    label = {"id": "Uji", "en": "Test"}
    return Config.model_validate(
        {
            "city": {"code": "36.71", "name": "Kota Tangerang", "room": "Uji"},
            "regions": {
                "districts": [{"code": code, "name": name} for code, name in DISTRICTS],
                "subdistricts": [
                    {
                        "code": f"{code}.100{n}",
                        "name": f"{name} {n}",
                        "parent": code,
                        "lat": -6.1 - n / 50,
                        "lon": 106.5 + int(code[-2:]) / 10,
                    }
                    for code, name in DISTRICTS
                    for n in range(1, 5)
                ],
            },
            "departments": [{"abbr": "DPUPR", "name": "Dinas Pekerjaan Umum dan Penataan Ruang"}],
            "kinds": {"aspiration": {"label": label}},
            "working_hours": {},
            "sources": [],
            "walls": {},
            "simulator": {"port": 0, "seed": 7, "history_days": 20, "folder": str(folder / "sim"), **simulator},
        }
    )


def make_city(begin: datetime = NOON, **options: Any) -> City:
    places = [Place(f"36.71.01.{n}", f"Kelurahan {n}", "36.71.01", "Tangerang", -6.17, 106.63, n) for n in range(1, 9)]
    return City(**{"seed": 2016, "begin": begin, "places": places, **options})


class Caller:
    """Talks to a running city: ``get`` to a department as the room would, ``control`` to the control port."""

    def __init__(self, simulation: Simulation, client: httpx2.AsyncClient) -> None:
        self.simulation, self.client = simulation, client

    def url(self, department: str, path: str = "", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.simulation.ports[department]}/{path}"

    async def get(self, department: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Token": "x", "X-API-KEY": "x", **options.pop("headers", {})}
        return await self.client.get(self.url(department, path), headers=headers, auth=("room", "word"), **options)

    async def items(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.get("laksa", "aspirations", params={"per_page": 1000, **params})
        return orjson.loads(answer.content)["data"]["items"]

    async def control(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.request(
            method, self.url("control", path), content=orjson.dumps(body), headers={"Authorization": f"Bearer {TOKEN}"}
        )
        assert answer.status_code == 200, answer.text
        return orjson.loads(answer.content)

    async def fault(self, department: str, fault: str, **params: Any) -> dict[str, Any]:
        return await self.control("POST", "fault", department=department, fault=fault, **params)


@asynccontextmanager
async def running(folder: Path, *, clock: Clock | None = None, **simulator: Any) -> AsyncIterator[Caller]:
    simulation = Simulation(
        small_config(folder, **simulator), clock or Clock.begin(NOON, 1), folder=folder, token=TOKEN, env={}
    )
    await simulation.start()
    try:
        async with httpx2.AsyncClient(timeout=90) as client:
            yield Caller(simulation, client)
    finally:
        await simulation.stop()
