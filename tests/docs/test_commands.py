"""Every command line the documents give is one the program knows, with the interpreter that has its packages."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import app
from dashboard import commands
from tests.docs.test_links import ROOT, documents

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINE = re.compile(r"(\S*)python (-m dashboard(?![\w.])|app\.py)(.*)")
"""What stands before ``python``, which program, its words."""
BARE = re.compile(r"(?<![\w/.-])python3? (?:-m (?:dashboard|connectors|benchmarks|tests|pip)|app\.py|docs/)")
MAKE = re.compile(r"^(?:\$ )?make ([a-z]+)", re.MULTILINE)
PARSERS: dict[str, Callable[[], argparse.ArgumentParser]] = {"-m dashboard": commands.parser, "app.py": app.parser}
VARIABLE = re.compile(r"\bLIVEROOM_[A-Z_]+\b")


def code(text: str) -> list[str]:
    """The lines of fenced blocks, and what stands in backticks elsewhere."""
    blocks = [line for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    indented = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [*blocks, *indented, *SPAN.findall(FENCE.sub("", text))]


def unknown(text: str) -> list[str]:
    """Command lines that the program would refuse, in the order of the page."""
    wrong = []
    for line in code(text):
        found = LINE.search(line)
        if found is None:
            continue
        words = shlex.split(found[3], comments=True)
        if words in ([], ["COMMAND"]) and found[2] == "-m dashboard":
            continue  # the program is meant, not a command
        try:
            PARSERS[found[2]]().parse_args(words)
        except SystemExit:
            wrong.append(line)
    return wrong


def unmade(text: str) -> list[str]:
    """Targets of make that there are not."""
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    return [target for line in code(text) for target in MAKE.findall(line) if target not in known]


def unread(text: str) -> set[str]:
    """Variables of the environment that nothing reads."""
    files = [ROOT / "app.py", *(ROOT / "dashboard").rglob("*.py"), *(ROOT / "tests").glob("*.py")]
    program = "\n".join(path.read_text() for path in files)
    return {name for name in VARIABLE.findall(text) if name not in program}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_is_one_the_program_knows(path: Path) -> None:
    text = path.read_text()
    assert unknown(text) == []
    assert unmade(text) == []
    assert unread(text) == set()


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_interpreter_is_the_one_with_the_packages(path: Path) -> None:
    assert [line for line in code(path.read_text()) if BARE.search(line)] == []


def test_the_page_for_those_who_install_names_every_command() -> None:
    text = "\n".join((ROOT / "docs" / name).read_text() for name in ("install.md", "add-a-system.md"))
    (action,) = (action for action in commands.parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert [name for name in action.choices if f"dashboard {name}" not in text] == []


def test_planted_mistakes_are_seen() -> None:
    page = (
        "```sh\n.venv/bin/python -m dashboard erase --number x --reason y\n.venv/bin/python app.py --prt 1\n```\n"
        "`.venv/bin/python -m dashboard colect`, `.venv/bin/python -m dashboard web --port 8051   # fine`\n\n"
        "`make nonsense`, LIVEROOM_NOTHING, `python -m dashboard collect`\n"
    )
    assert [line.split("python ")[1] for line in unknown(page)] == [
        "-m dashboard erase --number x --reason y", "app.py --prt 1", "-m dashboard colect",
    ]  # fmt: skip
    assert (unmade(page), unread(page)) == (["nonsense"], {"LIVEROOM_NOTHING"})
    assert [line for line in code(page) if BARE.search(line)] == ["python -m dashboard collect"]
