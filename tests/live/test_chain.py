"""The whole chain in real processes, from a report at the department to the text on the wall, and the wall restored
from history when all else is gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
import yaml

from dashboard.history import open_reader, schema
from tests.commands.rooms import CITY_PORTS, LIMIT_S, Running, free_ports
from tests.live.conftest import ROOT, until

CASE = schema.case_current
HAS = "(any) => any.some((one) => (document.getElementById('wall')?.textContent || '').includes(one))"


class ShippedRoom(Running):
    """The shipped configuration on ports of its own. The small city of other tests would not do: it does not know the
    simulator's categories, so every report is confidential there and listed nowhere."""

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.config.read_text())
        return found


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Running]:
    first = free_ports(CITY_PORTS + 1)
    text = (ROOT / "config.yaml").read_text()
    for number in range(CITY_PORTS):
        text = re.sub(rf"\b{8700 + number}\b", str(first + number), text)
    path = tmp_path / "city.yaml"
    path.write_text(text.replace("port: 8050", f"port: {first + CITY_PORTS}"), encoding="utf-8")
    running = ShippedRoom(path, tmp_path).start()
    yield running
    running.stop()


def control(running: Running, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Tell the simulated city to do something."""
    token = (running.folder / "var/simulator.token").read_text().strip()
    address = f"http://127.0.0.1:{running.data['simulator']['port']}{path}"
    answer = httpx2.post(address, json=body, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def numbers(folder: Path) -> set[int]:
    """The room's numbers of all reports of LAKSA in its history."""
    reader = open_reader(f"sqlite:///{folder / 'var/liveroom.sqlite'}")
    try:
        return {row.number for row in reader.rows(sa.select(CASE.c.number).where(CASE.c.source == "laksa"))}
    finally:
        reader.close()


def web_alone(running: Running, port: int) -> subprocess.Popen[bytes]:
    """A web process with the history of a room that has ended, and no cache."""
    command = [sys.executable, "-m", "dashboard", "web", "--config", str(running.config), "--port", str(port)]
    environment = {**os.environ, "LIVEROOM_REDIS_URL": f"unix://{running.folder}/nothing.sock"}
    return subprocess.Popen(command, cwd=ROOT, env=environment)


@pytest.mark.browser
async def test_a_report_at_the_department_reaches_the_wall_and_outlives_everything(
    room: Running, chromium: Any, free_port: Callable[[], int]
) -> None:
    room.until_live()
    wall = next(iter(room.data["walls"]))
    page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    await page.goto(f"{room.url}/wall/{wall}")
    await page.wait_for_selector("#wall:not(.cut)", timeout=LIMIT_S * 1000)
    before = numbers(room.folder)
    control(room, "/records", {"new": 6})  # some may be of a confidential matter, which no wall lists
    new = until(lambda: len(found := numbers(room.folder) - before) >= 6 and [str(number) for number in found], LIMIT_S)
    await page.wait_for_function(HAS, arg=new, timeout=LIMIT_S * 1000)
    assert await page.inner_text("#mark") == "DATA SIMULASI"
    room.stop()

    # Neither source, collector nor cache: history alone fills a wall, and the wall says so.
    port = free_port()
    alone = web_alone(room, port)
    try:

        def health() -> dict[str, Any]:
            assert alone.poll() is None
            try:
                return dict(json.loads(httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=5).text))
            except httpx2.HTTPError:
                return {}

        until(lambda: "restored" in health().get("condition", []), LIMIT_S)
        await page.goto(f"http://127.0.0.1:{port}/wall/{wall}")
        await page.wait_for_function(HAS, arg=new, timeout=LIMIT_S * 1000)
        await page.wait_for_function(HAS, arg=["Penyimpanan siaran tidak menjawab"], timeout=LIMIT_S * 1000)
        assert "dipulihkan dari riwayat" in await page.inner_text("#banner")
    finally:
        alone.terminate()
        alone.wait(20)
