"""What a process sets for itself: seen from a process of its own, so that the test's own limits stay."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, resource
from dashboard.process import RARELY, collect_rarely, raise_open_files
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
assert raise_open_files() == hard
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
before = gc.get_freeze_count()
collect_rarely()
assert gc.get_freeze_count() > before
assert gc.get_threshold() == RARELY
"""


def test_limits_and_collection() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)
