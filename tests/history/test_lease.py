"""One leader at a time; the epoch only grows; times are real seconds given by the caller."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import SQLAlchemyError

from dashboard.errors import NotLeader
from dashboard.history import History, Lease, open_history

AT = datetime(2026, 3, 2, tzinfo=UTC)


def test_only_one_holds_it_until_it_runs_out(history: History) -> None:
    first = history.lease.acquire("one", 100.0, 10.0)
    assert first == Lease("one", 1, 110.0)
    assert history.lease.acquire("two", 109.9, 10.0) is None
    assert history.lease.acquire("two", 110.0, 10.0) == Lease("two", 2, 120.0)
    assert history.lease.renew(first, 111.0, 10.0) is None
    assert history.lease.current() == Lease("two", 2, 120.0)


def test_renewing_keeps_the_epoch(history: History) -> None:
    first = history.lease.acquire("one", 100.0, 10.0)
    assert first is not None
    assert history.lease.renew(first, 105.0, 10.0) == Lease("one", 1, 115.0)
    assert history.lease.acquire("two", 112.0, 10.0) is None


def test_every_take_raises_the_epoch_even_by_the_same_holder(history: History) -> None:
    epochs = [lease.epoch for at in (1, 2, 3) if (lease := history.lease.acquire("one", at, 100.0))]
    assert epochs == [1, 2, 3]


def test_given_back_it_is_free_at_once_and_the_epoch_goes_on(history: History) -> None:
    first = history.lease.acquire("one", 100.0, 1000.0)
    assert first is not None
    history.lease.release(first)
    with pytest.raises(NotLeader):
        history.tick(9, AT)
    assert history.lease.acquire("two", 101.0, 10.0) == Lease("two", 2, 111.0)
    history.lease.release(first)  # an old holder cannot give back what another took
    assert history.lease.acquire("three", 102.0, 10.0) is None


def test_without_any_lease_nothing_commits(history: History) -> None:
    with pytest.raises(NotLeader):
        history.tick(1, AT)
    assert history.last_seq() == 0


def test_of_many_first_starters_exactly_one_leads(history: History) -> None:
    url = history.engine.url.render_as_string(hide_password=False)
    won: list[Lease] = []
    start = threading.Barrier(6)

    def try_it(name: str) -> None:
        own = open_history(url)
        start.wait()
        lease = own.lease.acquire(name, 100.0, 60.0)
        if lease is not None:
            won.append(lease)
        own.close()

    threads = [threading.Thread(target=try_it, args=(f"n{i}",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert won[0] == history.lease.current()


def test_the_lease_cannot_be_taken_between_the_check_and_the_commit(history: History) -> None:
    """A writer inside its transaction holds off the standby; what it writes counts before the new epoch."""
    url = history.engine.url.render_as_string(hide_password=False)
    held = history.lease.acquire("one", 100.0, 10.0)
    assert held is not None
    taken: list[Lease | None] = []
    other = open_history(url)
    thread = threading.Thread(target=lambda: taken.append(other.lease.acquire("two", 200.0, 10.0)))
    seen: list[int] = []

    def pause(step: str) -> None:
        if step == "seq_taken":
            thread.start()
            thread.join(0.3)
            seen.append(len(taken))

    history.at_step = pause
    history.tick(held.epoch, AT)
    thread.join(20)
    other.close()
    assert seen == [0], "the standby had to wait"
    assert taken[0] == Lease("two", 2, 210.0)
    with pytest.raises(NotLeader):
        history.tick(held.epoch, AT)
    assert history.last_seq() == 1


def test_writers_queue_and_seq_stays_gapless(history: History) -> None:
    held = history.lease.acquire("one", 1.0, 1e9)
    assert held is not None
    url = history.engine.url.render_as_string(hide_password=False)
    found: list[int] = []

    def tick() -> None:
        own = open_history(url)
        found.extend(own.tick(held.epoch, AT).seq for _ in range(5))
        own.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 21))


def test_readers_are_not_locked_out_by_a_writer(history: History) -> None:
    held = history.lease.acquire("one", 1.0, 1e9)
    assert held is not None
    history.tick(held.epoch, AT)
    seen: list[int] = []
    history.at_step = lambda step: seen.append(history.last_seq()) if step == "seq_taken" else None
    history.tick(held.epoch, AT)
    assert seen == [1], "a reader sees the last commit, not the open transaction"


def test_a_leader_that_sleeps_inside_a_transaction_does_not_keep_the_lease_for_ever(
    postgres_history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends a transaction that does nothing, so that a standby can lead; what it held is not written."""
    monkeypatch.setattr("dashboard.history.engine.IDLE_MS", 1_500)
    slept = open_history(postgres_history.engine.url.render_as_string(hide_password=False))
    first = slept.lease.acquire("one", 100.0, 10.0)
    assert first is not None
    epoch, begun, woken, raised = first.epoch, threading.Event(), threading.Event(), []

    def sleep(step: str) -> None:
        if step == "seq_taken":
            begun.set()
            woken.wait(60)

    def work() -> None:
        try:
            slept.tick(epoch, AT)
        except SQLAlchemyError as error:
            raised.append(error)

    slept.at_step = sleep
    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert begun.wait(30)
        second = postgres_history.lease.acquire("two", 200.0, 10.0)
        assert second == Lease("two", 2, 210.0)
    finally:
        woken.set()
        thread.join(30)
    assert len(raised) == 1
    assert postgres_history.last_seq() == 0
    postgres_history.tick(2, AT)
    slept.at_step = lambda step: None
    with pytest.raises(NotLeader):
        slept.tick(epoch, AT)
    slept.close()
