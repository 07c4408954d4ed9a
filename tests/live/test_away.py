"""The cache dies, freezes and forgets under an open wall, or history takes no more: the last good stays, the wall says
so, the stream goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.cache import Publisher
from dashboard.config.model import Config
from tests.live.conftest import Site, until

LIMIT_MS = 45_000
DOWN = "Penyimpanan siaran tidak menjawab"
BANNER = "(text) => document.getElementById('banner')?.textContent?.includes(text)"
CALM = "() => document.getElementById('banner')?.textContent === ''"
SHOWS = "(text) => (document.getElementById('wall')?.textContent || '').includes(text)"


@pytest.fixture
def fragile(
    config: Config, short_tmp: Path, start_valkey: Callable[..., Any], free_port: Callable[[], int]
) -> Iterator[tuple[Site, Callable[[], Any]]]:
    """A site whose Valkey may be killed, and how to start it again."""
    url = f"unix://{short_tmp / 'v.sock'}"
    running = [start_valkey(short_tmp)]

    def again() -> Any:
        (short_tmp / "v.sock").unlink(missing_ok=True)
        running.append(start_valkey(short_tmp))
        return running[-1]

    site = Site(short_tmp, config, free_port(), url, Publisher(url))
    site.publish(open_cases=193)
    site.start()
    until(site.ready, 60)
    yield site, lambda: running[-1] if running[-1].is_running() else again()
    site.stop()


@pytest.mark.browser
async def test_the_wall_outlives_a_frozen_a_killed_and_a_flushed_cache(
    fragile: tuple[Site, Callable[[], Any]], chromium: Any
) -> None:
    site, valkey = fragile
    page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    await page.goto(f"{site.url}/wall/main")
    await page.wait_for_function(SHOWS, arg="193", timeout=LIMIT_MS)

    async def told_and_kept(word: str) -> None:
        await page.wait_for_function(BANNER, arg=DOWN, timeout=LIMIT_MS)
        await page.wait_for_function(SHOWS, arg="usang", timeout=LIMIT_MS)  # nobody judges freshness but the web now
        assert await page.evaluate(SHOWS, word)
        assert await page.evaluate("() => !document.getElementById('wall').classList.contains('cut')")

    async def goes_on(number: int, word: str) -> None:
        site.publish(open_cases=number)
        await page.wait_for_function(SHOWS, arg=word, timeout=LIMIT_MS)
        await page.wait_for_function(CALM, timeout=LIMIT_MS)

    frozen = valkey()._process.pid
    os.kill(frozen, signal.SIGSTOP)  # a black hole: it takes connections and never answers
    try:
        await told_and_kept("193")
    finally:
        os.kill(frozen, signal.SIGCONT)
    await goes_on(4321, "4.321")

    os.kill(frozen, signal.SIGKILL)
    await told_and_kept("4.321")
    valkey()
    await goes_on(5555, "5.555")

    valkey().client().flushall()
    await goes_on(6789, "6.789")

    site.unwritten_since = datetime(2026, 11, 24, 5, tzinfo=UTC)  # the database is locked, full or gone
    await page.wait_for_function(BANNER, arg="Riwayat tidak dapat ditulis", timeout=LIMIT_MS)
    assert await page.evaluate(SHOWS, "6.789")
    site.unwritten_since = None
    await goes_on(7890, "7.890")

    site.leaderless.set()
    await page.wait_for_function(BANNER, arg="Pengumpul data berhenti", timeout=LIMIT_MS)
    assert await page.evaluate(SHOWS, "7.890")
