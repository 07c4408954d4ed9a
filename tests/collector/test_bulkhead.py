"""Whatever a source's fetch does, its limit holds, nobody else waits, and no second fetch is begun beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from dashboard.bulkhead import Bulkhead
from dashboard.errors import SourceUnavailable
from tests.collector.waiting import until

LIMIT_S = 0.3


async def nothing() -> None:
    pass


@pytest.fixture
async def two() -> AsyncIterator[tuple[Bulkhead, Bulkhead]]:
    pair = Bulkhead("one"), Bulkhead("two")
    yield pair
    for bulkhead in pair:
        await bulkhead.close(nothing)


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


async def answer() -> str:
    return "an answer"


def blocks_the_thread(gate: threading.Event) -> Callable[[], object]:
    async def work() -> str:
        gate.wait(20)  # as a driver that knows no time limit
        return "late"

    return work


def swallows_cancellation(gate: threading.Event) -> Callable[[], object]:
    async def work() -> str:
        while not gate.is_set():
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                continue
        return "late"

    return work


@pytest.mark.parametrize("stubborn", [blocks_the_thread, swallows_cancellation])
async def test_the_limit_holds_and_the_others_go_on(
    two: tuple[Bulkhead, Bulkhead], gate: threading.Event, stubborn: Callable[[threading.Event], Callable[[], object]]
) -> None:
    hung, other = two
    with pytest.raises(SourceUnavailable, match="longer than"):
        await hung.run(stubborn(gate), LIMIT_S)  # type: ignore[arg-type]
    assert hung.working
    assert await other.run(answer, LIMIT_S) == "an answer"
    with pytest.raises(SourceUnavailable, match="still hangs"):
        await hung.run(answer, LIMIT_S)
    gate.set()
    await until(lambda: not hung.working)
    assert await hung.run(answer, LIMIT_S) == "an answer", "its own next run is not lost"


async def test_work_that_can_be_cancelled_is(two: tuple[Bulkhead, Bulkhead]) -> None:
    told = threading.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            told.set()

    with pytest.raises(SourceUnavailable):
        await two[0].run(work, LIMIT_S)
    await until(lambda: told.is_set() and not two[0].working)


async def test_the_end_of_the_waiter_ends_the_work(two: tuple[Bulkhead, Bulkhead]) -> None:
    begun, told = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            told.set()

    waiter = asyncio.create_task(two[0].run(work, 60))
    await until(begun.is_set)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await until(told.is_set)


async def test_an_error_comes_through_as_it_is(two: tuple[Bulkhead, Bulkhead]) -> None:
    async def work() -> None:
        raise SourceUnavailable("refused", "nobody listens there")

    with pytest.raises(SourceUnavailable, match="nobody listens"):
        await two[0].run(work, LIMIT_S)

    async def cancels_itself() -> None:
        raise asyncio.CancelledError

    with pytest.raises(SourceUnavailable, match="itself"):
        await two[0].run(cancels_itself, LIMIT_S)
