"""The lock files are what pyproject.toml declares: everything pinned, in range and hashed, and no address in them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = [Requirement(text) for text in PROJECT["dependencies"]]
DEV = [*RUN, *(Requirement(text) for text in PROJECT["optional-dependencies"]["dev"])]
LOCKS = {"requirements.lock": RUN, "requirements-dev.lock": DEV}
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
ADDRESS = re.compile(r"\w+://|^\s*-(?:i|f|e)\b|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", re.MULTILINE)


def pinned(lock: str) -> dict[str, Requirement]:
    """What a lock names, one requirement each."""
    found = {}
    for line in lock.splitlines():
        if line and line[0] not in " #-":
            one = Requirement(line.rstrip(" \\"))
            found[canonicalize_name(one.name)] = one
    return found


def mistakes(lock: str, declared: list[Requirement]) -> list[str]:
    wrong = [f"address: {line.strip()}" for line in lock.splitlines() if ADDRESS.search(line)]
    for entry in re.split(r"\n(?=[^\s#])", lock):
        if entry.strip() and not HASH.search(entry):
            wrong.append(f"no hash: {entry.split()[0]}")
    found = pinned(lock)
    for name, one in found.items():
        if [spec.operator for spec in one.specifier] != ["=="]:
            wrong.append(f"not pinned: {name}")
    for wanted in declared:
        lacking = found.get(canonicalize_name(wanted.name))
        if lacking is None:
            wrong.append(f"missing: {wanted.name}")
        elif not all(wanted.specifier.contains(spec.version) for spec in lacking.specifier):
            wrong.append(f"out of range: {lacking} for {wanted}")
    return wrong


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_what_the_project_declares(name: str) -> None:
    assert mistakes((ROOT / name).read_text(), LOCKS[name]) == []


def test_both_locks_pin_the_same_versions() -> None:
    run, dev = (pinned((ROOT / name).read_text()) for name in LOCKS)
    assert {name: str(one) for name, one in run.items()} == {name: str(dev.get(name)) for name in run}


def test_planted_mistakes_are_seen() -> None:
    good = f"numpy==2.4.6 \\\n    --hash=sha256:{'0' * 64}\n    # via pandas\n"
    wanted = [Requirement("numpy>=2,<3")]
    assert mistakes(good, wanted) == []
    assert mistakes(good, [Requirement("numpy>=3")]) == ["out of range: numpy==2.4.6 for numpy>=3"]
    assert mistakes(good, [Requirement("pandas")]) == ["missing: pandas"]
    assert mistakes(good.replace("==", ">="), wanted)[0] == "not pinned: numpy"
    assert mistakes(good.replace("sha256", "md5"), wanted) == ["no hash: numpy==2.4.6"]
    for line in ("--index-url simple", "-i simple", "# https://example.org/simple", "numpy @ file:///a.whl"):
        assert [text for text in mistakes(f"{line}\n{good}", wanted) if text.startswith("address")], line


def strangers(hooks: str) -> list[str]:
    """Hooks before a commit that would fetch something, or run other tools than the locked ones."""
    return [
        f"{repository['repo']}: {hook['id']}"
        for repository in yaml.safe_load(hooks)["repos"]
        for hook in repository["hooks"]
        if repository["repo"] != "local"
        or hook["language"] != "system"
        or not hook["entry"].startswith(".venv/bin/")
        or hook.get("additional_dependencies")
    ]


def test_hooks_before_a_commit_are_the_checks_of_make_with_the_locked_tools() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert strangers(hooks) == []
    for check in ("ruff check", "ruff format", "mypy", "lint-imports"):
        assert f".venv/bin/{check}" in hooks
    for planted in (
        ("repo: local", "repo: https://example.org/hooks"),
        ("system", "python"),
        (".venv/bin/mypy", "mypy"),
    ):
        assert strangers(hooks.replace(*planted)), planted
