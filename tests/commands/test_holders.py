"""A lease of a process that has ended need not run out; one of a living or unknown process must."""

from __future__ import annotations

import os
import subprocess
import sys

from dashboard import holders
from dashboard.history import History
from tests.live.conftest import ROOT

NAME = "from dashboard import holders; print(holders.this_process(), flush=True); input()"


def test_only_a_process_that_has_certainly_ended_is_gone() -> None:
    command = [sys.executable, "-c", NAME]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert not holders.gone(name)
    assert not holders.gone(holders.this_process())
    host, rest = name.split(":", 1)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert holders.gone(name), "killed, though nobody has buried it yet"
    child.communicate()
    assert holders.gone(name)
    assert not holders.gone(f"x{host}:{rest}"), "of another machine nothing is known"
    for foreign in ("", "somebody", "a:b:c", "a:b:1.2"):
        assert not holders.gone(foreign)


def test_another_process_with_the_same_number_is_not_the_holder() -> None:
    machine, _, process = holders.this_process().rpartition(":")
    assert holders.gone(f"{machine}:{process.split('.')[0]}.1")


def test_a_holder_that_is_gone_is_passed_over_and_its_epoch_ends(history: History) -> None:
    first = history.lease.acquire("dead", 100.0, 10.0)
    assert first is not None
    assert history.lease.acquire("next", 101.0, 10.0, lambda holder: holder != "dead") is None
    taken = history.lease.acquire("next", 101.0, 10.0, lambda holder: holder == "dead")
    assert taken is not None
    assert taken.epoch == first.epoch + 1
    assert history.lease.renew(first, 102.0, 10.0) is None
