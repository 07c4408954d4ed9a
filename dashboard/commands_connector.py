"""The command that adds a connector: writes its files, never over others, and runs the contract suite on them."""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from dashboard.commands_serve import with_config
from dashboard.config.installation import connector_types
from dashboard.config.loader import load_config
from dashboard.scaffold import CannotAdd, checked, files, with_block

ROOT = Path(__file__).resolve().parents[1]


def add(commands: Any) -> None:
    command = commands.add_parser("new-connector", help="write a connector, its block, payload and test, and run them")
    command.add_argument("name", metavar="NAME", help="e.g. water_works: connectors/water_works.py")
    with_config(command).set_defaults(run=new_connector)


def new_connector(given: argparse.Namespace) -> int:
    try:
        name = checked(given.name, connector_types())
        config = load_config(given.config)
        text = given.config.read_text(encoding="utf-8")
        if not config.kinds:
            raise CannotAdd(f"{given.config.name} declares no kind of case under kinds: nothing was changed")
        written = files(name, next(iter(config.kinds)))
        extended = with_block(text, name)
        for path in written:
            if (ROOT / path).exists():
                raise CannotAdd(f"{path} is there already: nothing was changed")
    except CannotAdd as error:
        print(error, file=sys.stderr)
        return 2
    for path, body in written.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        with (ROOT / path).open("x", encoding="utf-8") as file:
            file.write(body)
        print(f"wrote {path}")
    _replace(given.config, extended)
    print(f"wrote the block of {name} into {given.config}, as a comment under sources:")
    return _contract(name)


def _replace(path: Path, text: str) -> None:
    """The whole file or nothing of it."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(path.stat().st_mode)
    os.replace(beside, path)


def _contract(name: str) -> int:
    if importlib.util.find_spec("pytest") is None:
        print("the test tools are not installed, so the contract suite did not run: make check", file=sys.stderr)
        return 1
    tests = ["tests/connectors/test_contract.py", f"tests/connectors/test_{name}.py"]
    print(f"the contract suite over {name}:", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", name, *tests]
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 - our own command line
    if done.returncode == 0:
        print("next: record what the system really answers, and try it (docs/add-a-system.md)")
    return done.returncode
