"""The collector as a process of its own, with shorter leases and a place to die; run by the tests only.

python -m tests.collector.entry '{"config": PATH, "database": URL, "redis": URL, ...}'
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from dashboard import collector as collectors
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.history import History, open_history
from tests.collector.town import KEY


def die_at(step: str, nth: int, mark: Path) -> Callable[[str], None]:
    """Kill this very process when ``step`` is reached for the ``nth`` time, leaving ``mark`` as proof."""
    seen = 0

    def hook(reached: str) -> None:
        nonlocal seen
        if reached != step:
            return
        seen += 1
        if seen == nth:
            with mark.open("w") as file:
                file.write(f"{step} {nth}")
                file.flush()
                os.fsync(file.fileno())
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


async def lead(collector: collectors.Collector) -> None:
    task = asyncio.create_task(collector.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.gather(task, return_exceptions=True)


def main(given: dict[str, Any]) -> None:
    collectors.TTL_S, collectors.RENEW_S, collectors.STANDBY_S = given.get("lease", (2.0, 0.5, 0.2))
    history: History = open_history(given["database"])
    if "step" in given:
        history.at_step = die_at(given["step"], given["nth"], Path(given["mark"]))
    path = Path(given["config"])
    clock = Clock.from_environment() or Clock()
    collector = collectors.Collector(load_config(path), path.parent, clock, history, given["redis"], KEY)
    collector.holder = given.get("name", collector.holder)
    try:
        asyncio.run(lead(collector))
    finally:
        collector.close()
        history.close()


if __name__ == "__main__":
    main(orjson.loads(sys.argv[1]))
