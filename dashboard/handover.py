"""Work on history behind the leader's back: takes the lease, works, gives it back; never beside a working leader.

The fence does the rest: the old leader can commit nothing more, steps down at its next write or renewal (3 s), leads
again under a new epoch and reads everything anew. A standby may be quicker; that does no harm.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dashboard import holders
from dashboard.clock import unix
from dashboard.history import History, Lease, Reader
from dashboard.history.lease import LeaseKeeper

TTL_S = 60.0
BACK_S = 30.0
"""How long a leader may take to step down and lead again."""


@contextmanager
def leading(history: History) -> Iterator[Lease]:
    """The lease, whoever holds it now."""
    held = history.lease.acquire(holders.this_process(), unix(), TTL_S, lambda _: True)
    if held is None:  # another first starter was quicker; there is a row now
        held = history.lease.acquire(holders.this_process(), unix(), TTL_S, lambda _: True)
    assert held is not None
    try:
        yield held
    finally:
        history.lease.release(held)


def leader_of(history: Reader) -> Lease | None:
    """Who leads now."""
    found = LeaseKeeper(history.engine).current()
    alive = found is not None and found.holder and found.expires > unix() and not holders.gone(found.holder)
    return found if alive else None


def wait_for_leader(history: History, after: Lease, limit_s: float = BACK_S) -> Lease | None:
    """The leader of a later epoch than ``after``, None when none comes in time."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found = leader_of(history)
        if found is not None and found.epoch > after.epoch:
            return found
        time.sleep(0.1)
    return None
