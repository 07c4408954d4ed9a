"""The security matrices claim nothing without a test that exists, named to its function."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MATRICES = [ROOT / "docs" / "security" / name for name in ("asvs-l2.md", "bssn-4-2021.md")]
SHOWN = {"test", "uji"}
STATES = SHOWN | {"later", "not applicable", "nanti", "tidak berlaku"}
NAMED = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")


def rows(text: str) -> list[list[str]]:
    found = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in found[2:] if len(row) == 3]


def collected(path: Path) -> set[str]:
    """The tests that pytest would collect from the file; none when there is no file."""
    if not path.is_file():
        return set()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions)]
    return {name for name in found if name.startswith("test_")}


def problems(text: str, root: Path) -> list[str]:
    wrong = []
    for area, state, where in rows(text):
        named = NAMED.findall(where)
        if state not in STATES:
            wrong.append(f"{area}: unknown state {state}")
        if not where:
            wrong.append(f"{area}: no reason")
        if state in SHOWN and not named:
            wrong.append(f"{area}: names no test")
        wrong += [
            f"{area}: {file}::{name} does not exist" for file, name in named if name not in collected(root / file)
        ]
    return wrong


@pytest.mark.parametrize("path", MATRICES, ids=lambda path: path.name)
def test_every_row_stands_on_something(path: Path) -> None:
    text = path.read_text()
    assert len(rows(text)) > 10
    assert problems(text, ROOT) == []


@pytest.mark.parametrize(
    "row",
    [
        "| V1 | test | `tests/nowhere/test_none.py::test_none`: no such file |",
        "| V1 | test | `tests/docs/test_security_matrices.py::test_nothing_of_the_kind`: no such function |",
        "| V1 | test | `tests/docs/test_security_matrices.py::problems`: a function that is no test |",
        "| V1 | later | `tests/docs/test_security_matrices.py`: a file without a function |",
        "| V1 | test | it surely works |",
        "| V1 | done | yes |",
    ],
)
def test_the_guard_sees_a_planted_lie(row: str) -> None:
    assert len(problems(f"| a | b | c |\n|---|---|---|\n{row}", ROOT)) == 1
