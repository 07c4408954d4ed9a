"""The connection to the cache: what it sends once it sends once, in a shape that does not depend on the client."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Cut

from dashboard.cache import Cache, Publisher

BODY = {"meta": b"{}"}


class Wire:
    """A unix socket before the cache's own. While ``cut``, a command gets through and its answer does not."""

    def __init__(self, path: Path, behind: str) -> None:
        self.url, self.cut, self._behind = f"unix://{path}", False, behind
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._pass, args=(self._listener.accept()[0],), daemon=True).start()

    def _pass(self, asker: socket.socket) -> None:
        with asker, socket.socket(socket.AF_UNIX) as cache, contextlib.suppress(OSError):
            cache.connect(self._behind)
            back = threading.Thread(target=self._answer, args=(cache, asker), daemon=True)
            back.start()
            while sent := asker.recv(65_536):
                cache.sendall(sent)
            cache.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answer(self, cache: socket.socket, asker: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while found := cache.recv(65_536):
                if self.cut:
                    self.cut = False
                    asker.shutdown(socket.SHUT_RDWR)
                    return
                asker.sendall(found)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def wire(short_tmp: Path, valkey: str) -> Iterator[Wire]:
    found = Wire(short_tmp / "wire.sock", valkey.removeprefix("unix://"))
    yield found
    found.close()


def test_a_publish_whose_answer_is_lost_is_not_sent_again(wire: Wire) -> None:
    """Sent again it would be refused, as that of an older leader is: a leader would give up for nothing."""
    publisher = Publisher(wire.url)
    publisher.publish(1, 1, BODY)
    wire.cut = True
    with pytest.raises(Cut):
        publisher.publish(2, 1, BODY)
    applied = publisher.applied()
    assert applied is not None
    assert applied.seq == 2
    publisher.close()


async def test_the_answers_shape_is_the_one_that_is_read(valkey: str) -> None:
    """Which protocol a client speaks unasked has changed, and with it what a list of entries looks like."""
    publisher, cache = Publisher(valkey), Cache(valkey)
    publisher.publish(1, 1, BODY)
    publisher.publish(2, 1, {"sources": b"[]"})
    step = await anext(aiter(cache.tail(1)))
    assert (step.seq, step.changed, step.whole) == (2, ("sources",), False)
    clients: list[Any] = [publisher._client, cache._client]
    spoken = [client.client_info() for client in clients]
    assert [spoken[0]["resp"], (await spoken[1])["resp"]] == ["2", "2"]
    publisher.close()
    await cache.close()
