"""From documents to every open screen: one view, one difference, one encoding for each stream; never reads a store
and never computes a number.

A frame carries whole values of slots, so repeating or skipping one does no harm. It also says after which frame it
comes, so that a screen that missed one notices and resumes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from dashboard.access import Audience
from dashboard.clock import Clock
from dashboard.i18n import Lang
from dashboard.mirror import Mirror

BEAT_S = 2.0
RING = 256
BACKLOG, BACKLOG_BYTES = 64, 512_000
"""A client this far behind is dropped; it resumes by id."""
FOLD_S, FOLD_PER_CLIENT_S, LONGEST_FOLD_S = 0.02, 25e-6, 0.25
"""The first change goes out at once, the next not before the last can have left: many clients, fewer frames."""
FAREWELL_S = 0.5
SSE_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
DESK_STREAMS = "desk/"
DESKS: dict[str, tuple[str, ...]] = {"sources": ("sources",)}
"""The documents behind each desk page that keeps itself current. Its stream carries no frames: it says that one of
them changed, and the page fetches itself anew. ``*`` at the end stands for any rest of a name."""
Props = dict[str, dict[str, str]]
log = structlog.get_logger("live")


class Face(NamedTuple):
    """What one stream shows; the least privileged reader of it decides what may be in a frame."""

    wall: str
    lang: Lang
    audience: Audience = "wall"

    @property
    def desk(self) -> str | None:
        """The desk page whose stream this is; a wall's name holds no slash."""
        return self.wall.removeprefix(DESK_STREAMS) if self.wall.startswith(DESK_STREAMS) else None


class Asked(NamedTuple):
    """What a client says it has: the number of its last frame, of which build and of which life."""

    since: int = -1
    build: str = ""
    life: str = ""


PropsOf = Callable[[Face], Props]


@dataclass(eq=False, slots=True)
class Client:
    """One open stream. ``wake`` is set when ``pending`` has something or the stream must end."""

    cut: Callable[[], object]
    pending: list[bytes] = field(default_factory=list)
    waiting: int = 0  # bytes in ``pending``
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    done: asyncio.Future[None] = field(default_factory=asyncio.Future)


@dataclass(slots=True)
class Stream:
    """All clients of one face: what they last saw, and the frames for those who resume."""

    clients: set[Client] = field(default_factory=set)
    props: Props = field(default_factory=dict)
    seq: int = -1  # ``props`` are as of this seq ...
    life: str = ""  # ... of this life
    settled: bool = False
    sent: int = -1  # seq of the newest frame
    count: int = 0  # frames so far: a client that is told another count than it has missed one
    ring: deque[tuple[int, bytes]] = field(default_factory=lambda: deque(maxlen=RING))
    since: int = 0  # the ring holds every frame after this seq; only frames of one settled life are in it
    whole: bytes | None = None
    told: Any = None  # a desk's: the documents that were last said to have changed


class Hub:
    """One per web process."""

    def __init__(
        self, mirror: Mirror, clock: Clock, build: str, props_of: PropsOf, desks: Mapping[str, tuple[str, ...]] = DESKS
    ) -> None:
        self._desks = desks
        self._mirror, self._clock, self.build, self._props_of = mirror, clock, build, props_of
        self.closing = False
        self.frames = self.dropped = 0
        self._streams: dict[Face, Stream] = {}
        self._due = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        mirror.changed = self._due.set

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._spread()), asyncio.create_task(self._beat())]

    async def close(self) -> None:
        """End every open stream at once, so that the server can stop; those who do not read are cut."""
        self.closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for client in self._everyone():
            client.wake.set()
        leaving = [client.done for client in self._everyone()]
        if leaving:
            await asyncio.wait(leaving, timeout=FAREWELL_S)
        for client in self._everyone():
            client.dropped = True
            client.cut()

    @property
    def clients(self) -> int:
        return sum(len(stream.clients) for stream in self._streams.values())

    def _everyone(self) -> list[Client]:
        return [client for stream in self._streams.values() for client in stream.clients]

    # Documents to frames

    async def _spread(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            for face, stream in list(self._streams.items()):
                if stream.clients and face.desk is None:
                    try:
                        self._renew(face, stream)
                    except Exception:
                        log.exception("a frame could not be made")  # the next change brings whole values again
                    await asyncio.sleep(0)
            await asyncio.sleep(min(max(FOLD_S, self.clients * FOLD_PER_CLIENT_S), LONGEST_FOLD_S))

    def _renew(self, face: Face, stream: Stream) -> None:
        """Bring ``stream`` to the newest documents and send what changed."""
        mirror = self._mirror
        props = self._props_of(face)
        changed = difference(stream.props, props)
        again = stream.life != mirror.life or mirror.seq < stream.seq
        steady = stream.settled and mirror.settled and not again
        stream.props, stream.seq, stream.life, stream.settled = props, mirror.seq, mirror.life, mirror.settled
        stream.whole = None
        if changed or again:
            stream.count += 1
            body = self._frame(stream, props if again else changed, full=again)
            stream.sent = stream.seq
            if len(stream.ring) == RING:
                stream.since = stream.ring[0][0]
            stream.ring.append((stream.seq, body))
            self._fan_out(stream, body)
        if not steady:
            stream.ring.clear()
            stream.since = stream.seq

    def _frame(self, stream: Stream, props: Props, *, full: bool) -> bytes:
        """``since`` is what a client that has this frame may resume from: -1 while this process judges by itself,
        because another one at the same seq shows something else."""
        data = {
            "seq": stream.seq,
            "after": stream.sent,
            "count": stream.count,
            "since": stream.seq if stream.settled else -1,
            "life": stream.life,
            "full": full,
            "props": props,
        }
        self.frames += 1
        return b"id: %d\nevent: frame\ndata: %s\n\n" % (stream.seq, orjson.dumps(data))

    def _fan_out(self, stream: Stream, body: bytes) -> None:
        size = len(body)
        for client in list(stream.clients):
            if client.pending and (len(client.pending) >= BACKLOG or client.waiting + size > BACKLOG_BYTES):
                self.dropped += 1
                client.dropped = True
                stream.clients.discard(client)
                client.cut()
            else:
                client.pending.append(body)
                client.waiting += size
                client.wake.set()

    async def _beat(self) -> None:
        """The time, and which frame is the newest: who has an older one missed something."""
        while True:
            await asyncio.sleep(BEAT_S)
            for face, stream in self._streams.items():
                if stream.clients:
                    if face.desk is not None:
                        self._say_changed(face.desk, stream)
                    self._fan_out(stream, self._beat_of(stream))

    def _say_changed(self, desk: str, stream: Stream) -> None:
        """With the beat, so at most every two seconds."""
        stream.seq = self._mirror.seq
        now = behind(self._mirror.documents, self._desks[desk])
        if now != stream.told:
            stream.told = now
            data = orjson.dumps({"scope": desk, "seq": stream.seq})
            self._fan_out(stream, b"id: %d\nevent: changed\ndata: %s\n\n" % (stream.seq, data))

    def _beat_of(self, stream: Stream) -> bytes:
        now = round(self._clock.now().timestamp() * 1000)
        since = stream.seq if stream.settled else -1
        beat = {"now": now, "rate": self._clock.rate, "seq": stream.seq, "after": stream.sent, "since": since}
        return b"event: beat\ndata: %s\n\n" % orjson.dumps({**beat, "count": stream.count})

    # One client

    async def serve(self, scope: Scope, receive: Receive, send: Send, face: Face, asked: Asked) -> None:
        """Hold one SSE stream until the client goes, falls behind, or the server stops."""
        stream = self._streams.setdefault(face, Stream())
        client = Client(_cutter(scope))
        client.pending = self._welcome(face, stream, asked)
        client.wake.set()
        stream.clients.add(client)
        gone = asyncio.create_task(_disconnected(receive))
        gone.add_done_callback(lambda _: client.wake.set())
        try:
            await send({"type": "http.response.start", "status": 200, "headers": SSE_HEADERS})
            while not (gone.done() or client.dropped):
                await client.wake.wait()
                client.wake.clear()
                if client.pending:
                    body = client.pending[0] if len(client.pending) == 1 else b"".join(client.pending)
                    client.pending, client.waiting = [], 0
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                if self.closing:
                    break
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not client.dropped:
                raise
        finally:
            stream.clients.discard(client)
            client.done.set_result(None)
            gone.cancel()

    def _welcome(self, face: Face, stream: Stream, asked: Asked) -> list[bytes]:
        """What brings a client to now: the frames it missed, or the whole view when that is not known. A desk fetches
        itself when its stream opens."""
        mirror = self._mirror
        newer = (
            [] if asked.build == self.build else [b"event: build\ndata: %s\n\n" % orjson.dumps({"build": self.build})]
        )
        if face.desk is not None:
            return [*newer, self._beat_of(stream)]
        if not stream.clients:  # nobody looked after it meanwhile
            stream.settled = False
        if not stream.clients or (stream.seq, stream.life) != (mirror.seq, mirror.life):
            self._renew(face, stream)
        found = newer
        known = stream.settled and asked.build == self.build and asked.life == stream.life
        if known and stream.since <= asked.since <= stream.seq:
            found += [body for seq, body in stream.ring if seq > asked.since]
        else:
            if stream.whole is None:
                stream.whole = self._frame(stream, stream.props, full=True)
            found.append(stream.whole)
        return [*found, self._beat_of(stream)]


def _cutter(scope: Scope) -> Callable[[], object]:
    """Ends the connection at once and forgets what it did not read. A server that does not hand out its transport
    gets the request cancelled instead."""
    transport: Any = scope.get("state", {}).get("transport")
    if transport is not None:
        return lambda: transport.abort()
    task = asyncio.current_task()
    assert task is not None
    return task.cancel


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def behind(documents: Mapping[str, Any], names: Iterable[str]) -> list[tuple[str, Any]]:
    """The documents of these names with their names."""
    found = []
    for name in names:
        if name.endswith("*"):
            found += [(key, documents[key]) for key in sorted(documents) if key.startswith(name[:-1])]
        else:
            found.append((name, documents.get(name)))
    return found


def difference(old: Props, new: Props) -> Props:
    """The slots whose values changed; a slot's changed props, each whole."""
    found = {}
    for ident, values in new.items():
        before = old.get(ident)
        if before != values:
            found[ident] = {k: v for k, v in values.items() if before is None or before.get(k) != v}
    return found
