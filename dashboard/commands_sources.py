"""Commands about the sources: their table, and one poll that is shown and not stored."""

from __future__ import annotations

import argparse
from typing import Any

from dashboard.commands_serve import with_config
from dashboard.config.loader import load_config
from dashboard.opening import database_of


def add(commands: Any) -> None:
    command = commands.add_parser("sources", help="the sources and their last poll")
    with_config(command).set_defaults(run=sources)


def sources(given: argparse.Namespace) -> int:
    config = load_config(given.config)
    history = database_of(config)
    for source in config.sources:
        polls = history.recent_polls(source.id, 1)
        last = polls[0] if polls else None
        told = (
            f"{last.outcome} {last.cause or ''} at {last.finished_at:%Y-%m-%d %H:%M:%S} UTC" if last else "never polled"
        )
        print(f"{source.id:16} {source.type:14} every {source.every_s:g} s  {told}")
    history.close()
    return 0
