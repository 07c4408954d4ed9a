"""The command that serves recorded bodies for tests and demonstrations; never touches the room's own data."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    replay = commands.add_parser("replay-payloads", help="serve recorded bodies over HTTP, for tests and demos")
    replay.add_argument("folder", type=Path, metavar="DIR")
    replay.add_argument("--port", type=int, default=8790, help="0 takes a free one")
    replay.add_argument("--manifest", type=Path, metavar="FILE", help="instead of DIR/replay.yaml")
    replay.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    from dashboard.replay import serve_replay

    return serve_replay(given.folder, given.port, lambda line: print(line, flush=True), given.manifest)
