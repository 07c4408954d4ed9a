"""``python -m connectors.simulator --config FILE``: serve the stand-in city until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import sys
from pathlib import Path

from connectors.simulator.server import Simulation
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.config.model import Config, Simulator
from dashboard.config.secrets import MARK, resolve_secret


def make_token(template: str, folder: Path, env: dict[str, str]) -> str:
    """The control token; when it is to come from a file that does not exist yet, the file is made, mode 0600."""
    for kind, name in MARK.findall(template):
        path = folder / name
        if kind == "file" and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(32))
    return resolve_secret(template, folder, env)


async def serve(config: Config, folder: Path, ready_fd: int | None = None) -> None:
    env = dict(os.environ)
    clock = Clock.from_environment() or Clock.begin(config.clock.start, config.clock.rate)
    token = make_token((config.simulator or Simulator()).token, folder, env)
    simulation = Simulation(config, clock, folder=folder, token=token, env=env)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await simulation.start()
    print(f"simulated city on {simulation.ports}", flush=True)  # noqa: T201
    if ready_fd is not None:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(ready_fd, b"\n")
    with contextlib.suppress(asyncio.CancelledError):
        await stopped.wait()
    await simulation.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m connectors.simulator", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)  # where the supervisor waits for a word
    given = parser.parse_args()
    asyncio.run(serve(load_config(given.config), given.config.resolve().parent, given.ready_fd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
