"""``python -m connectors.simulator`` as the supervisor starts it: the shipped configuration, in its own process."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson
import pytest
import yaml

from dashboard.clock import ENV, Clock
from dashboard.config.loader import load_config
from dashboard.config.registry import Registry

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The shipped configuration in an empty folder, with ports chosen by the system."""
    path = tmp_path / "config.yaml"
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    text, count = re.subn(r"^simulator:.*$", "simulator: {port: 0, seed: 2016, history_days: 30}", text, flags=re.M)
    assert count == 1
    path.write_text(text, encoding="utf-8")
    return path


def _wait_for(path: Path, process: subprocess.Popen[bytes], limit_s: float = 20) -> None:
    until = time.monotonic() + limit_s
    while not path.exists():
        assert process.poll() is None, "the simulator ended"
        assert time.monotonic() < until, f"{path.name} did not appear"
        time.sleep(0.02)  # polls a condition, with a limit


@pytest.fixture
def process(shipped: Path) -> Iterator[subprocess.Popen[bytes]]:
    clock = Clock.begin(datetime(2026, 11, 24, 5, tzinfo=UTC), 60)
    command = [sys.executable, "-m", "connectors.simulator", "--config", str(shipped)]
    started = subprocess.Popen(command, cwd=ROOT, env={**os.environ, ENV: clock.to_environment()})
    try:
        _wait_for(shipped.parent / "var" / "simulator" / "ports.json", started)
        yield started
    finally:
        started.kill()
        started.wait()


async def test_it_serves_every_department_and_stops_when_told(process: subprocess.Popen[bytes], shipped: Path) -> None:
    folder = shipped.parent / "var"
    token_file = folder / "simulator.token"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    ports = orjson.loads((folder / "simulator" / "ports.json").read_bytes())
    word = token_file.read_text().strip()
    async with httpx2.AsyncClient(timeout=5) as client:
        said = await client.get(
            f"http://127.0.0.1:{ports['control']}/ports", headers={"Authorization": f"Bearer {word}"}
        )
        assert orjson.loads(said.content)["ports"] == ports
        answer = await client.get(f"http://127.0.0.1:{ports['laksa']}/aspirations", auth=("liveroom", word))
        items = orjson.loads(answer.content)["data"]["items"]
    assert len(items) == 100
    assert (folder / "simulator" / "permits.sqlite").exists()
    assert list((folder / "simulator" / "drop").glob("loket-*.csv"))
    assert list((folder / "simulator" / "drop").glob("loket-*.xlsx"))
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 5) == 0


def test_a_second_start_keeps_the_token(shipped: Path) -> None:
    from connectors.simulator.__main__ import make_token

    first = make_token("{file:var/simulator.token}", shipped.parent, {})
    assert len(first) > 30
    assert make_token("{file:var/simulator.token}", shipped.parent, {}) == first
    shutil.rmtree(shipped.parent / "var")
    assert make_token("{file:var/simulator.token}", shipped.parent, {}) != first


def test_every_word_the_city_says_is_in_the_shipped_registry() -> None:
    from connectors.simulator import panel_harga, pihps
    from connectors.simulator.prices import GOODS, MARKETS
    from connectors.simulator.words import MATTERS
    from dashboard.records import UNKNOWN

    config = load_config(ROOT / "config.yaml")
    registry = Registry(config)
    names = {department.abbr: department.name for department in config.departments}
    unknown = [m.category for m in MATTERS if registry.category(m.category) in (UNKNOWN, None)]
    unknown += [m.department for m in MATTERS if registry.department(names.get(m.department, m.department)) == UNKNOWN]
    unknown += [g.name for g in GOODS if registry.commodity(g.name, g.unit) in (UNKNOWN, None)]
    unknown += [i[1] for i in panel_harga.ITEMS if registry.commodity(i[1], i[2]) in (UNKNOWN, None)]
    goods = [item[0] for _, items in pihps.ITEMS for item in items]
    unknown += [n for n in goods if registry.commodity(n, "liter" if "Minyak" in n else "kg") in (UNKNOWN, None)]
    unknown += [name for name in MARKETS if registry.market(name) in (UNKNOWN, None)]
    assert unknown == []


def test_the_shipped_ports_follow_the_control_port() -> None:
    """Sources of the simulated city point at the ports the simulator opens."""
    from urllib.parse import urlsplit

    from connectors.simulator.server import PORTS

    data = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    first = data["simulator"]["port"]
    ports = {urlsplit(source["url"]).port for source in data["sources"] if source.get("url", "").startswith("http")}
    assert ports
    assert ports <= {first + n for n in PORTS.values()}
