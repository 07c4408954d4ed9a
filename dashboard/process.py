"""What a process of the room sets for itself at its start; knows no part of the room and no configuration."""

from __future__ import annotations

import gc
import resource

RARELY = (100_000, 50, 100)


def collect_rarely() -> None:
    """Leave what start-up built out of every later garbage collection, and collect the young less often.

    Records make no cycles, but tens of thousands of them at once set off collection after collection: a fifth of
    a large ingest, and the pauses are what the slowest screen sees.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


def raise_open_files() -> int:
    """Allow this process as many open files as the system lets it have: every screen is a socket. Returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
