"""The command line of the room: ``python -m dashboard COMMAND``; each noun keeps its commands in a file of its own.

Nothing heavy is imported before a command runs: a web process must not load what only the collector needs.
"""

from __future__ import annotations

import argparse
import sys

from dashboard import commands_connector, commands_history, commands_replay, commands_serve, commands_sources, logs
from dashboard.errors import ConfigError
from dashboard.opening import DatabaseAway
from dashboard.ports import PortBusy

NOUNS = (commands_serve, commands_sources, commands_history, commands_connector, commands_replay)
WRONG_CONFIG, BUSY, AWAY = 2, 3, 4


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    found = argparse.ArgumentParser(prog="python -m dashboard", description="The parts and tools of the live room")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for noun in NOUNS:
        noun.add(commands)
    return found


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0, 1 (the command says why), 2 (configuration, command line), 3 (port taken), 4 (no database)."""
    given = parser().parse_args(arguments)
    logs.configure()
    try:
        return int(given.run(given))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return WRONG_CONFIG
    except (DatabaseAway, PortBusy) as error:
        print(error, file=sys.stderr)
        return BUSY if isinstance(error, PortBusy) else AWAY
