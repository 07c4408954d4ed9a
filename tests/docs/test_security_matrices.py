"""The security matrices claim nothing without a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MATRICES = [ROOT / "docs" / "security" / name for name in ("asvs-l2.md", "bssn-4-2021.md")]
STATES = {"test", "later", "not applicable", "uji", "nanti", "tidak berlaku"}


def rows(text: str) -> list[list[str]]:
    found = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in found[2:] if len(row) == 3]


def problems(text: str, root: Path) -> list[str]:
    wrong = []
    for area, state, where in rows(text):
        if state not in STATES:
            wrong.append(f"{area}: unknown state {state}")
        if not where:
            wrong.append(f"{area}: no reason")
        wrong += [
            f"{area}: {name} does not exist"
            for name in re.findall(r"tests/[\w/]+\.py", where)
            if not (root / name).is_file()
        ]
    return wrong


@pytest.mark.parametrize("path", MATRICES, ids=lambda path: path.name)
def test_every_row_stands_on_something(path: Path) -> None:
    text = path.read_text()
    assert len(rows(text)) > 10
    assert problems(text, ROOT) == []


def test_the_guard_sees_a_planted_lie() -> None:
    planted = "| a | b | c |\n|---|---|---|\n| V1 | test | `tests/nowhere/test_none.py` |\n| V2 | done | yes |"
    assert len(problems(planted, ROOT)) == 2
