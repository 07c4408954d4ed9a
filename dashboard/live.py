"""From a change in Redis to every open screen: one view, one diff, one encoding for each stream; never computes
a number and never reads SQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from dashboard.cache import Cache
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import Lang
from dashboard.snapshot import decode
from dashboard.views import WallView, wall_view

BEAT_S = 2.0
RING = 256
BACKLOG = 64
"""A client this many frames behind is dropped; it resumes by id."""
log = structlog.get_logger("live")
PropsOf = Callable[[str, WallView], dict[str, dict[str, str]]]
Key = tuple[str, Lang]


@dataclass(eq=False, slots=True)
class Client:
    """One open stream. ``wake`` is set when ``pending`` has something or the stream must end."""

    pending: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    task: asyncio.Task[Any] | None = None


@dataclass(slots=True)
class Stream:
    """All clients of one (wall, language): what they last saw and the frames for those who resume."""

    clients: set[Client] = field(default_factory=set)
    props: dict[str, dict[str, str]] = field(default_factory=dict)
    ring: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=RING))
    since: int = 0  # the ring holds every frame after this seq


class Hub:
    """One per web process."""

    def __init__(
        self, cache: Cache, config: Config, registry: Registry, clock: Clock, build: str, props_of: PropsOf
    ) -> None:
        self.cache, self.config, self.registry, self.clock = cache, config, registry, clock
        self.build, self._props_of = build, props_of
        self.documents: dict[str, Any] = {}
        self.seq = 0
        self.closing = False
        self.frames = self.dropped = 0
        self._streams: dict[Key, Stream] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Read what there is (an empty or absent cache is not an error) and begin to tail."""
        with contextlib.suppress(Exception):
            await self._read_all()
        self._tasks = [asyncio.create_task(self._tail()), asyncio.create_task(self._beat())]

    async def close(self) -> None:
        """End every open stream at once, so that the server can stop."""
        self.closing = True
        for stream in self._streams.values():
            for client in list(stream.clients):
                client.wake.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cache.close()

    def view(self, wall: str, lang: Lang) -> WallView:
        return wall_view(self.documents, self.config, self.registry, self.config.walls[wall], lang)

    @property
    def clients(self) -> int:
        return sum(len(stream.clients) for stream in self._streams.values())

    # Redis -> documents -> frames

    async def _read_all(self) -> None:
        raw = await self.cache.read_all()
        if raw:
            self.documents = {key: decode(body) for key, body in raw.items()}
            self.seq = self.documents.get("meta", {}).get("seq", self.seq)

    async def _tail(self) -> None:
        async for step in self.cache.tail(self.seq):
            try:
                if step.whole or not self.documents:
                    await self._read_all()
                else:
                    raw = await self.cache.read(list(step.changed))
                    self.documents.update({key: decode(body) for key, body in raw.items()})
                self.seq = max(step.seq, self.documents.get("meta", {}).get("seq", 0))
                self._spread()
            except (OSError, ConnectionError, TimeoutError) as error:
                log.warning("cache not read", error=type(error).__name__)
            except Exception:
                log.exception("a frame could not be made")  # the next step brings the whole state again

    def _spread(self) -> None:
        for key, stream in self._streams.items():
            if not stream.clients:
                continue
            props = self._props_of(key[0], self.view(*key))
            changed = _difference(stream.props, props)
            if not changed:
                continue
            stream.props = props
            body = self._frame(changed, full=False)
            if len(stream.ring) == RING:
                stream.since = stream.ring[0][0]
            stream.ring.append((self.seq, body))
            self._fan_out(stream, body)

    def _frame(self, props: dict[str, dict[str, str]], *, full: bool) -> bytes:
        meta = self.documents.get("meta", {})
        data = {
            "seq": self.seq,
            "as_of": meta.get("as_of", 0),
            "as_of_now": self._now(),
            "rate": self.clock.rate,
            "build": self.build,
            "full": full,
            "props": props,
        }
        self.frames += 1
        return b"id: %d\nevent: frame\ndata: %s\n\n" % (self.seq, orjson.dumps(data))

    def _now(self) -> int:
        return round(self.clock.now().timestamp() * 1000)

    def _fan_out(self, stream: Stream, body: bytes) -> None:
        for client in list(stream.clients):
            if len(client.pending) >= BACKLOG:
                self._drop(stream, client)
            else:
                client.pending.append(body)
                client.wake.set()

    def _drop(self, stream: Stream, client: Client) -> None:
        self.dropped += 1
        client.dropped = True
        stream.clients.discard(client)
        if client.task is not None:
            client.task.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            beat = {"now": self._now(), "seq": self.seq, "rate": self.clock.rate}
            body = b"event: beat\ndata: %s\n\n" % orjson.dumps(beat)
            for stream in self._streams.values():
                self._fan_out(stream, body)

    # One client

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, wall: str, lang: Lang, since: int, build: str
    ) -> None:
        """Hold one SSE stream until the client goes, falls behind, or the server stops."""
        key = (wall, lang)
        stream = self._streams.setdefault(key, Stream())
        client = Client(task=asyncio.current_task())
        if not stream.clients:
            stream.props = self._props_of(wall, self.view(wall, lang))
            stream.ring.clear()
            stream.since = self.seq
        client.pending.extend(self._welcome(stream, since, build))
        client.wake.set()
        stream.clients.add(client)
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: client.wake.set())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": SSE_HEADERS})
            while not (gone.done() or self.closing):
                await client.wake.wait()
                client.wake.clear()
                if client.pending:
                    body = b"".join(client.pending)
                    client.pending.clear()
                    await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not client.dropped:
                raise
        finally:
            stream.clients.discard(client)
            gone.cancel()

    def _welcome(self, stream: Stream, since: int, build: str) -> list[bytes]:
        """What brings a client from ``since`` to now: missed frames, or the whole view when they are not known."""
        if build != self.build:
            return [b"event: build\ndata: %s\n\n" % orjson.dumps({"build": self.build})]
        if stream.since <= since <= self.seq:
            missed = [body for seq, body in stream.ring if seq > since]
            return missed or [b": up to date\n\n"]
        return [self._frame(stream.props, full=True)]


SSE_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _difference(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The slots whose values changed; a slot's changed props, each whole."""
    found = {}
    for ident, values in new.items():
        before = old.get(ident)
        if before != values:
            found[ident] = {k: v for k, v in values.items() if before is None or before.get(k) != v}
    return found
