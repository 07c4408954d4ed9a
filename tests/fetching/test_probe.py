"""The room's probe and the registry it tries: causes in words, no body read, misses counted, our own way out asked
first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from connectors import registry_probe
from dashboard.errors import SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching_probe import RoomProbe

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@asynccontextmanager
async def saying(said: bytes | None) -> AsyncIterator[int]:
    """Somebody who answers everybody alike; None: never."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        if said is None:
            await reader.read()
        else:
            writer.write(said)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def nobody() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n", ""),
        (b"HTTP/1.1 401 Who\r\n\r\n", ""),
        (b"HTTP/1.1 404 No\r\n\r\n", "not_found"),
        (b"HTTP/1.1 503 Away\r\n\r\n", "http_5xx"),
        (b"SSH-2.0-x\r\n", "envelope"),
        (b"x" * 1_000_000, "envelope"),
        (b"", "envelope"),
        (None, "timeout"),
    ],
)
async def test_what_an_http_answer_means(said: bytes | None, cause: str) -> None:
    async with saying(said) as port:
        found = await RoomProbe(1.0, True).sweep([f"http://127.0.0.1:{port}/x"])
    assert found == [cause]


async def test_addresses_are_kept_to_the_policy() -> None:
    async with saying(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        targets = [f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/", "http://169.254.169.254/", "169.254.169.254:80"]
        assert await RoomProbe(2.0, False).sweep(targets) == ["address_blocked"] * 4
        assert await RoomProbe(2.0, True).sweep(targets) == ["", "", "address_blocked", "address_blocked"]
        odd = ["file:///etc/passwd", "nothing", "host:0", "127.0.0.1:x", f"http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y"]
        causes = await RoomProbe(2.0, True).sweep(odd)
        assert causes == ["scheme_blocked", "address_blocked", "address_blocked", "address_blocked", "scheme_blocked"]
        assert await RoomProbe(2.0, True).sweep([f"http://127.0.0.1:{nobody()}/"]) == ["refused"]


async def test_our_own_way_out() -> None:
    async with saying(b"") as port:
        await RoomProbe(2.0, False).way_out()  # nothing is asked
        await RoomProbe(2.0, False, [f"127.0.0.1:{port}"]).way_out()
        await RoomProbe(2.0, False, [f"127.0.0.1:{nobody()}"]).way_out()  # somebody said no
    with pytest.raises(SourceUnavailable) as caught:
        await RoomProbe(0.2, False, ["nobody.invalid:9"]).way_out()
    assert caught.value.cause == "uplink"


class Hand:
    """What the room hands the connector: a registry of three and a probe that finds ``causes``."""

    rows = [{"kode": n, "host": n, "port": "1"} for n in ("a", "b")] + [{"kode": "c", "host": "", "port": ""}]

    def __init__(self) -> None:
        self.causes: dict[str, str] = {}
        self.cursor: Any = None
        self.out = True
        self.files = self.probe = self

    async def listing(self, pattern: str) -> list[Any]:
        return [SimpleNamespace(name="old.csv"), SimpleNamespace(name="new.csv")]

    async def table(self, name: str, **options: Any) -> list[dict[str, Any]]:
        assert name == "new.csv"
        return [dict(row) for row in self.rows]

    async def way_out(self) -> None:
        if not self.out:
            raise SourceUnavailable("uplink")

    async def sweep(self, targets: list[str]) -> list[str]:
        return [self.causes.get(target[0], "") for target in targets]

    async def poll(self) -> str:
        options = registry_probe.Options.model_validate(
            {"host": "host", "port": "port", "status": {"kind": "site", "subject": "kode", "state": "probe"}}
        )
        context: Any = SimpleNamespace(
            options=options, files=self, probe=self, cursor=self.cursor, now=NOW, zone=UTC
        )  # fmt: skip
        payload = await registry_probe.fetch(context)
        self.cursor = payload.next_cursor
        return " ".join(row["probe"] for row in payload.rows)


async def test_two_misses_make_a_site_down_and_one_answer_brings_it_back() -> None:
    hand = Hand()
    assert await hand.poll() == "up up none"
    hand.causes = {"a": "refused"}
    assert [await hand.poll() for _ in range(3)] == ["up up none", "down up none", "down up none"]
    hand.causes = {}
    assert await hand.poll() == "up up none"
    fresh = Hand()
    fresh.causes = {"b": "timeout"}
    assert await fresh.poll() == "up down none", "nobody knows it otherwise"


async def test_without_a_way_out_nobody_is_down() -> None:
    hand = Hand()
    await hand.poll()
    hand.causes, hand.out = {"a": "unreachable", "b": "unreachable"}, False
    with pytest.raises(SourceError) as caught:
        await hand.poll()
    assert caught.value.cause == "uplink"


async def test_what_a_registry_may_declare() -> None:
    status = {"kind": "site", "subject": "kode", "state": "probe"}
    for wrong in (
        {"status": status},
        {"status": status, "host": "h"},
        {"status": status, "url": "u", "host": "h", "port": "p"},
    ):
        with pytest.raises(ValueError, match="address"):
            registry_probe.Options.model_validate(wrong)
    with pytest.raises(SourceRefused):
        await RoomProbe(1.0, True).http("gopher://x")
