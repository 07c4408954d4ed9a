"""Habits of the house that a program can check; each guard is shown a planted violation."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
CLOCKS = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today"),
          ("datetime", "today")}  # fmt: skip
MAY_PRINT = re.compile(r"(app|dashboard/(commands\w*|openapi|kpi/reference)|connectors/simulator/__main__)\.py")
HOSTS = tuple(
    ".".join(name) for name in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("debian", "org"))
)
FOLDERS = re.compile(r"/(?:home|Users|work|root)/\w[\w./-]*")  # of somebody's machine
PRODUCT = ("app.py", "dashboard", "connectors", "layouts")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def product() -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in PRODUCT]


def calls(source: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def clock_reads(source: str) -> list[int]:
    """Lines that read the wall clock. Durations (monotonic, perf_counter) are no dates."""
    return [
        call.lineno
        for call in calls(source)
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, (ast.Name, ast.Attribute))
        and ((call.func.value.id if isinstance(call.func.value, ast.Name) else call.func.value.attr), call.func.attr)
        in CLOCKS
    ]


def prints(source: str) -> list[int]:
    return [call.lineno for call in calls(source) if isinstance(call.func, ast.Name) and call.func.id == "print"]


def plain_callbacks(source: str) -> list[int]:
    """Callbacks that are no coroutines: each would run on the event loop and stop every stream."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            names = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
            if any(isinstance(name, ast.Attribute) and name.attr == "callback" for name in names):
                found.append(node.lineno)
    return found


def polls(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr == "Interval"
    ]


GUARDS: dict[str, tuple[Callable[[str], list[int]], Callable[[str], bool], str]] = {
    "clock": (clock_reads, lambda name: name == "dashboard/clock.py", "import time\nx = time.time()"),
    "date": (clock_reads, lambda name: name == "dashboard/clock.py", "import datetime\nx = datetime.datetime.now()"),
    "print": (prints, lambda name: MAY_PRINT.fullmatch(name) is not None, "print('hello')"),
    "callback": (plain_callbacks, lambda name: False, "@app.callback(Output('a', 'b'))\ndef slow():\n    pass"),
    "interval": (polls, lambda name: False, "from dash import dcc\nx = dcc.Interval(id='tick')"),
}  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_nothing_of_the_product_breaks_the_habit(guard: str) -> None:
    check, excused, _ = GUARDS[guard]
    names = {str(path.relative_to(ROOT)): path for path in product()}
    judged = {name: check(path.read_text()) for name, path in names.items() if not excused(name)}
    assert {name: lines for name, lines in judged.items() if lines} == {}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_planted_violation_is_seen(guard: str) -> None:
    check, _, planted = GUARDS[guard]
    assert check(planted)


def measured(source: str) -> list[int]:
    """Lines that say how long something took; a limit to wait (monotonic() + seconds) says nothing of that."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and isinstance(node.left, ast.Call)
        and getattr(node.left.func, "attr", "") in ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
    ]


def test_no_test_measures_time() -> None:
    judged = {path.name: measured(path.read_text()) for path in tracked("tests/**.py")}
    assert len(judged) > 50
    assert {name: lines for name, lines in judged.items() if lines} == {}
    assert measured("began = time.monotonic()\nassert time.monotonic() - began < 45")


def test_no_module_is_too_long() -> None:
    assert [path.name for path in product() if len(path.read_text().splitlines()) > MOST_LINES] == []


def told_too_much(text: str) -> list[str]:
    """Hosts of package registries, and folders of the machine it was written on."""
    return [*(name for name in HOSTS if name in text), *FOLDERS.findall(text)]


def test_no_tracked_file_names_a_registry_or_this_machine() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_bytes().decode(errors="replace") for path in tracked()}
    assert {name: found for name, text in texts.items() if (found := told_too_much(text))} == {}
    assert len(told_too_much(f"see {HOSTS[0]} and /{'home'}/ann/room")) == 2


IMPORT_ALL = """
import importlib, pkgutil, sys, threading
seen = []
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.fork", "os.posix_spawn"):
        seen.append((event, str(args)[:80]))
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen.append((event, str(args[0])))
import dash, pandas, sqlalchemy, redis, uvicorn, fastapi  # libraries may do what they like
import dash_bootstrap_components
sys.addaudithook(watch)
before = threading.active_count()
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for found in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        if not found.name.endswith("__main__") and ".migrations." not in found.name:
            importlib.import_module(found.name)
assert not seen, seen
assert threading.active_count() == before, threading.enumerate()
"""


def import_all(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, *names],
        cwd=folder, capture_output=True, text=True, env=environment, timeout=120,
    )  # fmt: skip


def test_importing_does_no_work() -> None:
    done = import_all(ROOT, "dashboard", "connectors", "layouts", "app")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    "planted",
    [
        "open('made.txt', 'w')",
        "import threading, time; threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
        "import socket; socket.create_server(('127.0.0.1', 0))",
    ],
)
def test_work_at_import_is_seen(tmp_path: Path, planted: str) -> None:
    (tmp_path / "planted.py").write_text(planted)
    assert import_all(tmp_path, "planted").returncode != 0
