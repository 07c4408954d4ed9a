"""A wall in a real browser while its server goes, freezes, changes its build, or the stream loses frames; nobody
touches it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from dashboard.clock import Clock
from dashboard.kpi.figures import ms
from tests.live.conftest import ROOT, Site, until

pytestmark = pytest.mark.browser
BACK_MS = 60_000  # thirty seconds are promised; the machine may be slow
SHOWS = "(text) => (document.getElementById('wall')?.textContent || '').includes(text)"
CUT_FOR = """(text) => document.getElementById('wall').classList.contains('cut')
    && getComputedStyle(document.getElementById('alive')).visibility === 'hidden'
    && document.getElementById('lost-age').textContent.replaceAll('\\u00a0', ' ').trim().startsWith(text)"""
WHOLE = """() => !document.getElementById('wall').classList.contains('cut')
    && getComputedStyle(document.getElementById('alive')).visibility === 'visible'"""
STREAMS = """
  window.streams = []; window.loss = 0;
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    constructor(...given) { super(...given); window.streams.push(this); }
    addEventListener(name, take, ...rest) {
      super.addEventListener(name, name !== "frame" ? take : (event) => {
        const luck = Math.random() / (window.loss || 1e-9);
        if (luck < 0.3) return;                                   // lost
        if (luck < 0.5) setTimeout(() => take(event), 300);       // late, behind its successors
        else { take(event); if (luck < 0.8) take(event); }        // repeated
      }, ...rest);
    }
  };
"""
SAID = """(word) => [...document.querySelectorAll('#wall .ahead .row, #wall .queue .row')]
    .filter((row) => row.querySelector('.left').textContent.includes(word)).map((row) => row.className)"""
SLOTS = """() => Object.fromEntries([...document.querySelectorAll('#wall [id]')]
    .filter((node) => !node.children.length && !node.matches('[data-since], [data-due]')
        && !['clock', 'alive', 'lost-age'].includes(node.id))
    .map((node) => [node.id, [node.textContent, node.className]]))"""


async def wall(chromium: Any, site: Site, script: str = "", clock: bool = False) -> Any:
    """An open wall that shows the site's sample documents."""
    page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    if clock:
        await page.clock.install()
    if script:
        await page.add_init_script(script)
    await page.goto(f"{site.url}/wall/main")
    await page.wait_for_function(SHOWS, arg="193", timeout=BACK_MS)
    await page.evaluate("() => { window.untouched = true; }")
    return page


def other_build(folder: Path) -> Path:
    path = folder / "changed.yaml"
    path.write_text((ROOT / "config.yaml").read_text().replace("room: Tangerang Live Room", "room: Ruang Baru"))
    return path


async def test_the_server_goes_for_minutes_and_hours_and_comes_back_changed(site: Site, chromium: Any) -> None:
    now = ms(Clock().now()) or 0
    site.publish(now=now)
    page = await wall(chromium, site, clock=True)
    assert await page.evaluate(SAID, "sisa")
    for minutes, words, number, text in ((10, "10 mnt", 4321, "4.321"), (8 * 60, "8 j", 5432, "5.432")):
        kept = await page.inner_text("#wall .tile >> nth=0")
        site.process.kill()
        await asyncio.to_thread(site.process.wait, 10)
        await page.clock.fast_forward(minutes * 60_000)
        await page.wait_for_function(CUT_FOR, arg=words, timeout=BACK_MS)
        assert (await page.inner_text("#wall .tile >> nth=0")).split("\n")[0] == kept.split("\n")[0]
        said = await page.evaluate(SAID, "lewat"), await page.evaluate(SAID, "belum pasti")
        assert all("overdue" in row for row in said[0]), "what nobody called late is not late"
        assert bool(said[1]) == (minutes > 60), "a deadline that passed while nobody was heard"
        site.start()
        site.publish(open_cases=number, now=now)
        await page.wait_for_function(SHOWS, arg=text, timeout=BACK_MS)
        await page.wait_for_function(WHOLE, timeout=BACK_MS)
        assert await page.evaluate("() => window.untouched"), "the page went on, it was not loaded again"
    # A night in which nothing happens, and the next change arrives at once.
    await page.clock.fast_forward(8 * 3_600_000)
    site.publish(open_cases=6543)
    await page.wait_for_function(SHOWS, arg="6.543", timeout=BACK_MS)
    # Another build: the wall moves over by itself, once the server answers.
    site.process.kill()
    await asyncio.to_thread(site.process.wait, 10)
    await page.wait_for_function("() => document.getElementById('wall').classList.contains('cut')", timeout=BACK_MS)
    assert await page.evaluate("() => window.untouched")
    site.start(config=other_build(site.folder))
    await page.wait_for_function(SHOWS, arg="Ruang Baru", timeout=2 * BACK_MS)
    await page.wait_for_function("() => !window.untouched", timeout=2 * BACK_MS)
    await page.wait_for_function(SHOWS, arg="6.543", timeout=BACK_MS)


async def test_a_server_that_freezes_is_seen_and_the_next_change_comes(site: Site, chromium: Any) -> None:
    page = await wall(chromium, site, STREAMS)
    os.kill(site.process.pid, signal.SIGSTOP)  # the connection stays open and nothing comes
    try:
        await page.wait_for_function("() => document.getElementById('wall').classList.contains('cut')", timeout=BACK_MS)
        await page.wait_for_function("() => window.streams.length > 1", timeout=BACK_MS)
    finally:
        os.kill(site.process.pid, signal.SIGCONT)
    site.publish(open_cases=4321)
    await page.wait_for_function(SHOWS, arg="4.321", timeout=BACK_MS)
    await page.wait_for_function(WHOLE, timeout=BACK_MS)
    open_ones = "() => window.streams.filter((one) => one.readyState !== 2).length"
    assert await page.evaluate(open_ones) == 1, "one stream for each page"
    until(lambda: site.health()["screens"] == 1, 30)


async def test_a_frame_brings_the_clock_with_it(site: Site, chromium: Any) -> None:
    """Or at midnight the new date stands beside 23.59.59 until the next tick."""
    page = await wall(chromium, site)
    await page.evaluate(
        """(seq) => {
          const wall = document.getElementById('wall'), clock = document.getElementById('clock');
          setInterval(() => { if (!window.seen) clock.textContent = 'old'; }, 1);
          new MutationObserver(() => { if (Number(wall.dataset.seq) >= seq) window.seen ||= clock.textContent; })
            .observe(wall, {attributes: true, attributeFilter: ['data-seq']});
        }""",
        site.seq + 1,
    )
    await page.wait_for_function("() => document.getElementById('clock').textContent === 'old'", timeout=BACK_MS)
    site.publish(open_cases=777)
    await page.wait_for_function("() => window.seen", timeout=BACK_MS)
    assert await page.evaluate("window.seen") != "old"


async def test_frames_lost_late_and_repeated_end_in_what_a_fresh_load_shows(site: Site, chromium: Any) -> None:
    chance = random.Random(7)
    page = await wall(chromium, site, STREAMS)
    await page.evaluate("() => { window.loss = 1; }")
    for _ in range(12):
        for _ in range(chance.randint(1, 4)):
            site.publish(open_cases=chance.randint(1, 9999), now=1_795_500_332_000 + chance.randint(0, 9) * 3_600_000)
        await page.wait_for_timeout(chance.randint(0, 400))
    await page.evaluate("() => { window.loss = 0; }")
    site.publish(open_cases=7777)
    await page.wait_for_function(SHOWS, arg="7.777", timeout=BACK_MS)
    assert await page.evaluate("() => window.streams.length") > 1, "no loss was noticed, so none was tried"
    fresh = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    await fresh.goto(f"{site.url}/wall/main")
    await fresh.wait_for_function(SHOWS, arg="7.777", timeout=BACK_MS)
    expected = await fresh.evaluate(SLOTS)
    assert len(expected) > 100
    found: dict[str, Any] = {}
    for _ in range(100):
        found = await page.evaluate(SLOTS)
        if found == expected:
            return
        await page.wait_for_timeout(100)
    assert found == expected


async def test_twenty_thousand_updates_leave_nothing_behind(site: Site, chromium: Any) -> None:
    page = await wall(chromium, site, STREAMS)
    session = await page.context.new_cdp_session(page)
    await page.wait_for_function("() => document.getElementById('wall').dataset.seq", timeout=BACK_MS)
    feed = """async (many) => {
      const stream = window.streams.at(-1), ids = [...document.querySelectorAll('#wall [id]')]
        .filter((node) => !node.children.length && node.id.length > 2).map((node) => node.id);
      window.fed = window.fed || 1000000;
      for (let n = 0; n < many; n++) {
        window.fed++;
        const values = { children: 'x' + n, 'data-n': '' + n };
        const props = Object.fromEntries([0, 1, 2, 3].map((k) => [ids[(n + k) % ids.length], values]));
        const data = JSON.stringify({ seq: 5, after: 0, count: window.fed, since: 5, life: '', full: true, props });
        stream.dispatchEvent(new MessageEvent('frame', { data }));
        if (n % 200 === 0) await new Promise((done) => setTimeout(done, 0));
      }
      return document.querySelectorAll('[data-n]').length;
    }"""

    async def counted() -> tuple[int, int, int]:
        for _ in range(3):
            await session.send("HeapProfiler.collectGarbage")
        dom = await session.send("Memory.getDOMCounters")
        heap = await session.send("Runtime.getHeapUsage")
        return dom["nodes"], dom["jsEventListeners"], round(heap["usedSize"])

    assert await page.evaluate(feed, 2_000) > 50, "the frames were not taken"
    nodes, listeners, heap = await counted()
    assert await page.evaluate(feed, 20_000) > 50
    nodes_after, listeners_after, heap_after = await counted()
    assert nodes_after <= nodes + 200
    assert listeners_after <= listeners + 20
    assert heap_after < heap + 3_000_000
    assert await page.evaluate("() => window.streams.filter((one) => one.readyState !== 2).length") == 1
