"""Commands that run a part of the room until told to stop: collect, web; and check-config before them."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.opening import clock_of, database_of, privacy_key, reader_of, redis_of
from dashboard.ports import port

if TYPE_CHECKING:
    from dashboard.web import Room

RESTORE_S = 300.0
"""How long it may take to build the whole board from history; on PostgreSQL, one question of it."""
CONFIG = Path(__file__).resolve().parents[1] / "config.yaml"


def add(commands: Any) -> None:
    command = commands.add_parser("collect", help="poll the sources while this process leads, stand by otherwise")
    with_config(command).set_defaults(run=collect)
    command = commands.add_parser("web", help="serve the screens")
    command.add_argument("--host", help="instead of web.host")
    command.add_argument("--port", type=port, help="instead of web.port")
    command.add_argument("--fd", type=int, help=argparse.SUPPRESS)  # the socket that the supervisor bound
    with_config(command).set_defaults(run=web)
    command = commands.add_parser("check-config", help="say every mistake of the configuration with its line")
    with_config(command).set_defaults(run=check)


def with_config(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    command.add_argument("--config", type=Path, default=CONFIG, help="the city (default: config.yaml of the checkout)")
    return command


def check(given: argparse.Namespace) -> int:
    config = load_config(given.config)
    counted = (_counted(len(config.sources), "source"), _counted(len(config.walls), "wall"))
    print(f"{given.config}: {', '.join(counted)}, no mistakes")
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def collect(given: argparse.Namespace) -> int:
    from dashboard.collector import Collector

    config = load_config(given.config)
    history = database_of(config)
    collector = Collector(config, config.folder, clock_of(config), history, redis_of(config), privacy_key(config))

    async def until_told() -> None:
        task = asyncio.create_task(collector.run())
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return

    try:
        asyncio.run(until_told())
    finally:
        collector.close()
        history.close()
    return 0


def web(given: argparse.Namespace) -> int:
    from dashboard import listening
    from dashboard.serving import serve

    config = load_config(given.config)
    changes = {name: value for name in ("host", "port") if (value := getattr(given, name)) is not None}
    config = config.model_copy(update={"web": config.web.model_copy(update=changes)})
    room = room_of(config)
    web = config.web
    taken = listening.bind(web.host, web.port) if given.fd is None else listening.inherited(given.fd)
    serve(room, config, taken)
    return 0


def room_of(config: Config) -> Room:
    """The whole site of ``config``, for any ASGI server. Raises ConfigError when it is to be reached by others."""
    from dashboard.listening import loopback_only
    from dashboard.web import Room

    loopback_only(config.web.host)
    return Room(config, clock_of(config), redis_of(config), reader_of(config), reader_of(config, RESTORE_S))
