"""One page in Debian's Chromium, watched from inside: when text came into the DOM, by the clock of this process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

CHROMIUM = os.environ.get("LIVEROOM_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
]  # fmt: skip
SIZE = {"width": 1920, "height": 1080}

# Notes [number shown, time of the mutation, time two animation frames later, texts changed] of each batch of mutations
# that changed texts and the page's number: ages and the clock, which move by themselves, leave the number alone.
WATCH = """([numbered, attribute]) => {
  const root = document.querySelector(numbered);
  const number = () => Number(attribute ? root.getAttribute(attribute) : document.querySelector("#seq").textContent);
  let last = number();
  window.__seen = [];
  const now = () => performance.timeOrigin + performance.now();
  new MutationObserver((list) => {
    const at = now(), shown = number();
    const texts = list.filter((m) => m.type !== "attributes").length;
    if (!texts || shown === last) return;
    last = shown;
    const entry = [shown, at, 0, texts];
    window.__seen.push(entry);
    requestAnimationFrame(() => requestAnimationFrame(() => { entry[2] = now(); }));
  }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
}"""

# First data: the first element that holds figures is there. Drawn: everything loaded, two animation frames later.
LOAD = """(() => {
  const found = window.__load = { first: 0, drawn: 0 };
  const holds = () => document.querySelector("#wall, #seq, #slot");
  const look = () => {
    if (!found.first && holds()) found.first = performance.now();
    const images = [...document.images].every((image) => image.complete);
    if (found.first && document.readyState === "complete" && images && document.fonts.status === "loaded") {
      watch.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => { found.drawn = performance.now(); }));
      return;
    }
    if (found.first) setTimeout(look, 2);
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true });
})()"""


@dataclass
class Seen:
    """Changes as the page showed them, in seconds of this process's ``time.time``."""

    entries: list[tuple[int, float, float, int]]

    def after(self, sent: dict[int, float]) -> tuple[list[float], list[float]]:
        """Seconds until each sent change (or a later one) was in the DOM, and until two frames later."""
        text, painted = [], []
        for number, at in sent.items():
            found = next((entry for entry in self.entries if entry[0] >= number), None)
            if found is None:
                raise RuntimeError(f"change {number} never came to the page")
            text.append(found[1] - at)
            painted.append(found[2] - at)
        return text, painted


@dataclass
class Watched:
    page: Any
    offset: float = field(default=0.0)

    def begin(self, numbered: str, attribute: str) -> None:
        self.page.wait_for_selector(numbered, state="attached", timeout=30_000)
        self.page.wait_for_timeout(1500)
        self.page.evaluate(WATCH, [numbered, attribute])
        best = float("inf")
        for _ in range(20):
            before = time.time()
            there = self.page.evaluate("performance.timeOrigin + performance.now()") / 1000
            after = time.time()
            if after - before < best:
                best, self.offset = after - before, there - (before + after) / 2

    def seen(self) -> Seen:
        self.page.wait_for_timeout(300)
        found = self.page.evaluate("window.__seen")
        return Seen([(int(n), at / 1000 - self.offset, end / 1000 - self.offset, many) for n, at, end, many in found])


@contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def opened(chromium: Any, url: str) -> Iterator[Any]:
    """A page with a cache of its own."""
    context = chromium.new_context(viewport=SIZE)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def cold(chromium: Any, url: str) -> tuple[float, float, float]:
    """Seconds to first data and to everything drawn, and bytes over the wire, of one load with an empty cache."""
    context = chromium.new_context(viewport=SIZE)
    context.add_init_script(LOAD)
    page = context.new_page()
    session = context.new_cdp_session(page)
    received: dict[str, float] = {}

    def piece(event: Any) -> None:
        received[event["requestId"]] = received.get(event["requestId"], 0) + event["encodedDataLength"]

    def whole(event: Any) -> None:
        received[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.dataReceived", piece)
    session.on("Network.loadingFinished", whole)
    session.send("Network.enable")
    page.goto(url, wait_until="commit")
    for _ in range(600):  # a page may forbid eval, which the waiting of the library needs
        if page.evaluate("window.__load && window.__load.drawn"):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    found = page.evaluate("window.__load")
    context.close()
    return found["first"] / 1000, found["drawn"] / 1000, sum(received.values())
