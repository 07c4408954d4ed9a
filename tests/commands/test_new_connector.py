"""``new-connector`` in a copy of the checkout: what it writes is whole and passes, and nothing else is hurt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboard.scaffold import CannotAdd, checked, files, with_block
from tests.live.conftest import ROOT

NAME = "the_longest_name_that_a_connector_may_be"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("copy of") / "checkout"
    leave = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, place, ignore=leave, symlinks=True)
    return place


def run(checkout: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=checkout, capture_output=True, text=True, timeout=240,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def contents(checkout: Path) -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in sorted(checkout.rglob("*"))
        if path.is_file() and path.suffix in (".py", ".yaml", ".json")
    }


def test_what_it_writes_passes_the_contract_and_the_house(checkout: Path) -> None:
    assert len(NAME) == 40
    before = contents(checkout)
    sources_before = len(yaml.safe_load((checkout / "config.yaml").read_text())["sources"])
    code, said = run(checkout, "dashboard", "new-connector", NAME)
    assert code == 0, said
    assert "passed" in said
    after = contents(checkout)
    made = {path.relative_to(checkout) for path in after.keys() - before.keys()}
    assert made == set(files(NAME, "aspiration"))
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {checkout / "config.yaml"}
    sources = [str(path) for path in made if path.suffix == ".py"]
    for check in (("ruff", "check"), ("ruff", "format", "--check")):
        code, said = run(checkout, *check, *sources)
        assert code == 0, said
    assert run(checkout, "dashboard", "check-config")[0] == 0, "the block is a comment"
    config = checkout / "config.yaml"
    config.write_text(config.read_text().replace("  # - id: the_", "  - id: the_").replace("\n  #   ", "\n    "))
    code, said = run(checkout, "dashboard", "check-config")
    assert (code, f"{sources_before + 1} sources" in said) == (0, True), said

    code, said = run(checkout, "dashboard", "new-connector", NAME)  # once more
    assert (code, "nothing was changed" in said) == (2, True)


def test_nothing_is_written_over(checkout: Path) -> None:
    (checkout / "tests" / "connectors" / "test_water_works.py").write_text("# mine\n")
    before = contents(checkout)
    code, said = run(checkout, "dashboard", "new-connector", "water_works")
    assert (code, "tests/connectors/test_water_works.py is there already" in said) == (2, True)
    assert contents(checkout) == before


@pytest.mark.parametrize(
    "name", ["", "a", "Laksa", "two words", "../evil", "a-b", "9lives", "class", "simulator", "a" * 41]
)
def test_a_bad_name_is_refused_in_words(name: str) -> None:
    with pytest.raises(CannotAdd, match=r"connector|taken"):
        checked(name, ["laksa"])


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(CannotAdd, match=r"connectors/laksa\.py already"):
        checked("laksa", ["laksa"])
    assert checked("water_works", ["laksa"]) == "water_works"


def test_a_configuration_without_a_place_for_the_block_is_left_alone() -> None:
    with pytest.raises(CannotAdd, match="sources"):
        with_block('{"sources": []}', "water_works")
    assert with_block("sources:  # all\n  - id: x\nwalls: {}\n", "ab").splitlines()[-2:] == ["  - id: x", "walls: {}"]


def test_a_city_without_kinds_of_case_is_told_what_is_missing(tmp_path: Path, checkout: Path) -> None:
    config = tmp_path / "prices_only.yaml"
    config.write_text((ROOT / "docs" / "examples" / "bandung.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    before = contents(checkout)
    code, said = run(checkout, "dashboard", "new-connector", "water_works", "--config", str(config))
    assert (code, "no kind of case under kinds" in said) == (2, True), said
    assert contents(checkout) == before
