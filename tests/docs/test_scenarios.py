"""docs/scenarios.md has a row for each scenario the room must survive, and each row names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROMISED = {*range(1, 19), 21, 22, 23, 25, 27, 29, 31, *range(33, 38), 41, 43, 44, 51}
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows(text: str) -> list[list[str]]:
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return found[2:]


@cache
def written(path: Path) -> frozenset[str]:
    """The test functions of a module; none when it is not there."""
    if not path.is_file():
        return frozenset()
    nodes = ast.parse(path.read_text(encoding="utf-8")).body
    functions = (node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return frozenset(name for name in functions if name.startswith("test_"))


def problems(text: str) -> list[str]:
    wrong = []
    for row in rows(text):
        if len(row) != 4 or not all(row):
            wrong.append(f"{row[0]}: four cells, none empty")
            continue
        nodes = NODE.findall(row[3])
        if not nodes or NODE.sub("", row[3]).strip():
            wrong.append(f"{row[0]}: names tests and nothing else")
        wrong += [f"{row[0]}: no test {path}::{name}" for path, name in nodes if name not in written(ROOT / path)]
    numbers = [row[0] for row in rows(text)]
    wrong += [f"{number}: twice" for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    return wrong + [f"{number}: no row" for number in sorted(PROMISED - {int(n) for n in numbers if n.isdecimal()})]


def test_every_scenario_is_shown_by_tests_that_exist() -> None:
    assert problems((ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")) == []


def test_planted_lies_are_seen() -> None:
    good = "`tests/docs/test_scenarios.py::test_planted_lies_are_seen`"
    lines = [f"| {n} | a | b | {good} |" for n in sorted(PROMISED - {51})]
    table = "\n".join(["| no. | a | b | c |", "|---|---|---|---|", *lines])
    assert problems(table) == ["51: no row"]
    assert problems(f"{table}\n| 51 | a | b | {good} |") == []
    for last, said in (
        ("| 51 | a | b | `tests/nowhere/test_none.py::test_x` |", "51: no test tests/nowhere/test_none.py::test_x"),
        (
            "| 51 | a | b | `tests/docs/test_scenarios.py::problems` |",
            "51: no test tests/docs/test_scenarios.py::problems",
        ),
        ("| 51 | a | b | everybody knows |", "51: names tests and nothing else"),
        ("| 51 | a | | x |", "51: four cells, none empty"),
        (f"| 50 | a | b | {good} |\n| 50 | a | b | {good} |", "50: twice"),
    ):
        assert said in problems(f"{table}\n{last}")
