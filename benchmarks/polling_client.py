"""Many browsers on the ``dcc.Interval`` page: each posts its callback every ``EVERY_MS``; notes which number came back.

``python -m benchmarks.polling_client PORT COUNT FILE``: prints "open", runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from array import array
from pathlib import Path

import numpy as np

from benchmarks.yardstick_interval import EVERY_MS

NUMBER = re.compile(rb'"children":"(\d+)","id":"seq"|"id":"seq","children":"(\d+)"')


async def browse(port: int, who: int, noted: tuple[array[int], array[int], array[float]]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(random.random() * EVERY_MS / 1000)
    due, ticks = time.monotonic(), 0
    while True:
        body = (
            b'{"output":"board.children","outputs":{"id":"board","property":"children"},"inputs":[{"id":"tick",'
            b'"property":"n_intervals","value":%d}],"changedPropIds":["tick.n_intervals"],'
            b'"parsedChangedPropsIds":["tick.n_intervals"]}' % ticks
        )
        writer.write(
            b"POST /_dash-update-component HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (port, len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        size = re.search(rb"content-length: (\d+)", head.lower())
        assert size is not None, head
        assert b" 200 " in head.split(b"\r\n")[0], head
        found = NUMBER.search(await reader.readexactly(int(size[1])))
        assert found is not None
        noted[0].append(who)
        noted[1].append(int(found[1] or found[2]))
        noted[2].append(time.monotonic())
        ticks += 1
        due = max(due + EVERY_MS / 1000, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


async def run(port: int, count: int, file: Path) -> None:
    noted = (array("l"), array("q"), array("d"))
    tasks = [asyncio.create_task(browse(port, who, noted)) for who in range(count)]
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    lost = sum(task.done() for task in tasks)
    np.savez(file, who=np.array(noted[0]), frame=np.array(noted[1]), at=np.array(noted[2]), lost=np.array([lost]))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
