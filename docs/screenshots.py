"""The pictures of the README: starts the room as a newcomer does, waits for live data, photographs it, stops it.

    make screenshot        writes docs/images/*.png

Nothing is prepared or retouched: it is the shipped configuration on free ports, with data of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("LIVEROOM_CHROMIUM", "/usr/bin/chromium")
PICTURES = {
    "wall-main": ("/wall/main", (1440, 810), "#q0-number:not(:empty)"),
    "wall-main-3x": ("/wall/main-3x", (2880, 540), "#q0-number:not(:empty)"),
    "wall-main-en": ("/wall/main?lang=en", (1440, 810), "#q0-number:not(:empty)"),
    "sources": ("/sources?lang=en", (1366, 900), "tbody tr"),
}
LARGEST = 400_000  # bytes: a README must not be a download
LIVE_WITHIN_S, PORTS = 180, 21


def free_ports(count: int) -> int:
    """The first of ``count`` neighbouring ports that are free now."""
    for first in range(21_000, 60_000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise SystemExit("no free ports")


def configuration(folder: Path) -> tuple[Path, int]:
    """The shipped configuration in a folder of its own: other ports, nothing else."""
    first = free_ports(PORTS + 1)
    text = (ROOT / "config.yaml").read_text("utf-8")
    text = re.sub(r"127\.0\.0\.1:87(\d\d)", lambda found: f"127.0.0.1:{first + int(found[1])}", text)
    text = text.replace("port: 8700", f"port: {first}").replace("port: 8050", f"port: {first + PORTS}")
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return path, first + PORTS


@contextlib.contextmanager
def room(folder: Path) -> Iterator[str]:
    """The whole room, from ``app.py`` on; its address once every source had its turn."""
    path, port = configuration(folder)
    command = [sys.executable, str(ROOT / "app.py"), "--config", str(path)]
    running = subprocess.Popen(command, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_data(address, running)
        yield address
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def wait_for_data(address: str, running: subprocess.Popen[bytes]) -> None:
    """Until no source is still waiting for its first answer."""
    end = time.monotonic() + LIVE_WITHIN_S
    while time.monotonic() < end:
        if running.poll() is not None:
            raise SystemExit("the room stopped before it was live")
        with (
            contextlib.suppress(OSError, ValueError, KeyError),
            urllib.request.urlopen(f"{address}/api/v1/sources", timeout=5) as answer,
        ):
            states = [source["state"] for source in json.load(answer)["sources"]]
            if states and "never" not in states:
                return
        time.sleep(1)
    raise SystemExit("the room was not live in time")


def photograph(page: Page, url: str, size: tuple[int, int], ready: str, name: str, largest: int = LARGEST) -> Path:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(url)
    page.wait_for_selector(ready, state="attached", timeout=60_000)
    page.wait_for_timeout(2500)  # the stream has brought a frame and the ages count
    IMAGES.mkdir(parents=True, exist_ok=True)
    found = IMAGES / f"{name}.png"
    found.write_bytes(smaller(page.screenshot()))
    if found.stat().st_size > largest:
        raise SystemExit(f"{found} has {found.stat().st_size} bytes, {largest} are allowed")
    return found


def smaller(png: bytes) -> bytes:
    """The same picture with unfiltered lines: even areas and text pack a third better so than as the browser packs
    them. For the kind the browser makes, 8 bits of red, green and blue."""
    chunks, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    width, height, depth, colours = struct.unpack(">IIBB", chunks[0][1][:10])
    if (depth, colours) != (8, 2):
        return png
    packed = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    size, before, lines = width * 3, bytes(width * 3), bytearray()
    for row in range(height):
        start = row * (size + 1)
        before = unfiltered(packed[start], packed[start + 1 : start + 1 + size], before)
        lines += b"\0" + before
    found = [chunks[0], (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return png[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in found
    )


def unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    """One line of a PNG, of pixels of three bytes, without its filter (ISO/IEC 15948, 9.2)."""
    found, left, corner = bytearray(line), 0, 0
    for at in range(len(found) if kind else 0):
        up = above[at]
        if at >= 3:
            left, corner = found[at - 3], above[at - 3]
        guess = (0, left, up, (left + up) // 2, nearest(left, up, corner))[kind]
        found[at] = (found[at] + guess) & 255
    return bytes(found)


def nearest(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, room(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for name, (path, size, ready) in PICTURES.items():
            found = photograph(page, f"{address}{path}", size, ready, name)
            print(f"{found.relative_to(ROOT)}  {found.stat().st_size // 1000} kB", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
