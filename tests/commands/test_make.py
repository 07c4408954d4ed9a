"""``make`` as a stranger meets it: in a folder with a space, with a word for what is missing, with signs of life."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.rooms import LIMIT_S, Running, as_from_a_terminal, write_config
from tests.live.conftest import ROOT, until

PARTS = ("Makefile", "app.py", "requirements.lock", ".ci", "assets", "connectors", "dashboard", "layouts")
FROM_PIP = """
for n in $(seq 15); do echo "Collecting p$n==1 (from -r requirements.lock (line $n))"; done
echo "WARNING: a mirror is away" >&2
for n in $(seq 16 25); do echo "Processing /mirror/p$n-1-py3-none-any.whl (from -r requirements.lock (line $n))"; done
echo "  Downloading p.whl (3 kB)"
echo "Installing collected packages: p1, p2"
"""
REFUSED = 2
"""What make itself ends with when a recipe failed."""


def program(path: Path, text: str) -> Path:
    """A command of our own making."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What make needs to run a room, in a folder with a space; without an environment."""
    place = tmp_path / "kota kita"
    place.mkdir()
    for name in PARTS:
        (place / name).symlink_to(ROOT / name)
    return place


def make(checkout: Path, *words: str, **env: str) -> tuple[int, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    done = subprocess.run(
        ["make", *words], cwd=checkout, env={**inherited, **env}, capture_output=True, text=True, timeout=LIMIT_S
    )
    return done.returncode, done.stdout + done.stderr


def test_a_room_is_run_and_stopped_in_a_folder_with_a_space(checkout: Path, tmp_path: Path) -> None:
    program(checkout / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (checkout / ".venv" / "run.stamp").touch()
    running = Running(write_config(tmp_path / "data kota"), tmp_path)
    with running.log.open("wb") as out:
        running.process = subprocess.Popen(
            ["make", "run", f"CONFIG={running.config}"],
            cwd=checkout, stdout=out, stderr=out, start_new_session=True, preexec_fn=as_from_a_terminal,
        )  # fmt: skip
    try:
        running.until_live()
        said = running.said()
        for word in (
            "starting",
            "waiting for the simulated city",
            "sources have answered",
            f"live: {running.url}/wall",
        ):
            assert word in said
        os.killpg(running.process.pid, signal.SIGINT)  # Ctrl-C
        running.process.wait(60)
        until(lambda: running.left() == [], LIMIT_S)
        assert "everything stopped" in running.said()
    finally:
        left = running.killed()
    assert left == []


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (None, "There is no"),
        ('[ "$1" = -V ] && echo Python 3.9.2; exit 1', "is Python 3.9.2. Name another: make run PYTHON="),
        ('case "$2" in *ensurepip*) exit 1;; esac', "sudo apt-get install python3-venv"),
    ],
    ids=["none", "old", "without venv"],
)
def test_what_is_missing_is_said_with_the_mend(checkout: Path, python: str | None, said: str) -> None:
    place = checkout / "bin" / "python3.12"
    if python is not None:
        program(place, python)
    code, out = make(checkout, "environment", f"PYTHON={place}")
    assert (code, said in out) == (REFUSED, True), out
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_asked_for_is_not_silently_another(checkout: Path) -> None:
    program(checkout / ".venv" / "bin" / "python", "echo Python 3.11.7")
    (checkout / ".venv" / "run.stamp").touch()
    other = program(checkout / "bin" / "python3.13", "echo Python 3.13.1")
    code, out = make(checkout, "environment", f"PYTHON={other}")
    assert (code, ".venv holds Python 3.11.7, not Python 3.13.1: make clean" in out) == (REFUSED, True), out
    same = program(checkout / "bin" / "python3.11", "echo Python 3.11.7")
    assert make(checkout, "environment", f"PYTHON={same}")[0] == 0
    assert make(checkout, "environment")[0] == 0


def test_packages_are_installed_with_signs_of_life_and_errors_are_shown(checkout: Path) -> None:
    pip = checkout / ".venv" / "bin" / "python"
    program(pip, FROM_PIP)
    code, out = make(checkout, "environment")
    lines = [line.strip() for line in out.splitlines()]
    total = sum("==" in line for line in (ROOT / "requirements.lock").read_text().splitlines())
    assert code == 0, out
    assert lines[0].startswith("[2/3] installing")
    assert lines[1:] == [
        f"package 10 of {total}: p10", f"package 20 of {total}: p20", "unpacking 25 packages ...",
        "[3/3] environment ready",
    ]  # fmt: skip
    assert (checkout / ".venv" / "run.stamp").exists()

    (checkout / ".venv" / "run.stamp").unlink()
    program(pip, 'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1')
    code, out = make(checkout, "environment")
    assert (code, "DO NOT MATCH THE HASHES" in out, ".venv/pip.log" in out) == (REFUSED, True, True), out
    assert not (checkout / ".venv" / "run.stamp").exists()


@pytest.mark.parametrize("way", ["no apt", "no right", "apt fails"])
def test_a_chromium_that_cannot_be_installed_is_said_with_what_else_would_do(tmp_path: Path, way: str) -> None:
    """Only the commands of this folder exist: nothing is installed by this test."""
    place = tmp_path / "bin"
    program(place / "id", "echo 1000" if way == "no right" else "echo 0")
    if way != "no apt":
        program(place / "apt-get", 'echo "E: Package chromium has no installation candidate" >&2; exit 100')
    done = subprocess.run(
        [shutil.which("bash") or "bash", str(ROOT / ".ci" / "chromium")],
        env={"PATH": str(place)}, capture_output=True, text=True, timeout=LIMIT_S,
    )  # fmt: skip
    assert done.returncode == 1
    for mend in ("sudo apt-get install chromium", "sudo snap install chromium", "LIVEROOM_CHROMIUM=none make test"):
        assert mend in done.stderr
    assert ("no installation candidate" in done.stderr) == (way == "apt fails")
