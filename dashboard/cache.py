"""The published documents in Redis: one script writes them, any number of readers tail them; never computes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

DOCS, MARK, STREAM, LEADER = "tlr:docs", "tlr:applied", "tlr:stream", "tlr:leader"
FIELDS = ["seq", "epoch", "life", "docs"]
LEADER_MS = 10_000
"""Without a beat of the leader for so long, nobody leads."""
KEPT = 2_000
BLOCK_MS = 1_000
TIMEOUT_S = 3.0
PROTOCOL = 2
"""The shape of an answer depends on it, see ``_fold``."""

# KEYS: docs mark stream. ARGV: seq epoch changed-keys-json kept life [key body]...
# ``life`` names this filling of the cache: after a flush the same seq may mean other documents. ``docs`` counts them:
# a Redis that evicts keys may lose the documents and keep the mark, and what is left is not the board.
_PUBLISH = """
local seq, epoch = tonumber(ARGV[1]), tonumber(ARGV[2])
local old = redis.call('HMGET', KEYS[2], 'seq', 'epoch', 'docs')
if old[1] and (seq <= tonumber(old[1]) or epoch < tonumber(old[2])) then
  return {0, old[1], old[2]}
end
if old[3] and redis.call('HLEN', KEYS[1]) ~= tonumber(old[3]) then return {-1} end
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[2], 'seq', ARGV[1], 'epoch', ARGV[2], 'docs', redis.call('HLEN', KEYS[1]))
redis.call('HSETNX', KEYS[2], 'life', ARGV[5])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], ARGV[1] .. '-0', 'changed', ARGV[3], 'after', old[1] or '')
return {1, ARGV[1], ARGV[2]}
"""


# KEYS: leader mark. ARGV: epoch told ms. An older leader that wakes says nothing over a newer one.
_BEAT = """
local newest = redis.call('HGET', KEYS[2], 'epoch')
if newest and tonumber(newest) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """How far Redis is: the newest ``seq``, the epoch that wrote it, the name of this filling, how many documents
    it holds (None: written by a room that did not count)."""

    seq: int
    epoch: int
    life: str = ""
    docs: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What was published up to ``seq``. ``whole``: entries may have been missed, read everything anew."""

    seq: int
    changed: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Leader:
    """What the leader says of itself with each beat. ``unwritten_since``: city time in ms since when history does
    not take its writes (None: it does); the screens go on showing what was last stored and say so."""

    epoch: int
    unwritten_since: int | None = None


class Refused(Exception):
    """Redis holds a newer seq or epoch; this publisher is not the leader's newest."""


class Publisher:
    """The leader's side, synchronous; every call has a time limit and raises redis' RedisError."""

    def __init__(self, url: str) -> None:
        # A publish that is sent a second time would be refused; the publisher writes the whole after any failure.
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            protocol=PROTOCOL,
        )
        self._script = self._client.register_script(_PUBLISH)
        self._say = self._client.register_script(_BEAT)

    def applied(self) -> Applied | None:
        """None when the cache is empty (new, or flushed). One that lost documents is emptied."""
        with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(MARK, FIELDS)
            pipe.hlen(DOCS)
            fields, held = pipe.execute()
        mark = _whole(_applied(fields), held)
        if mark is None and held + sum(field is not None for field in fields):
            self.clear()
        return mark

    def beat(self, epoch: int, unwritten_since: datetime | None = None) -> None:
        """Say that the leader of ``epoch`` is at work; readers know within ten seconds when it is not.
        ``unwritten_since``: history does not take what is written, so that no figure can move."""
        since = None if unwritten_since is None else round(unwritten_since.timestamp() * 1000)
        told = orjson.dumps({"epoch": epoch, "unwritten_since": since})
        self._say(keys=[LEADER, MARK], args=[epoch, told, LEADER_MS])

    def publish(self, seq: int, epoch: int, documents: Mapping[str, bytes]) -> None:
        """Write ``documents`` and the stream entry in one step. Raises Refused for a lower seq or epoch."""
        flat: list[Any] = [item for pair in documents.items() for item in pair]
        answer: Any = self._script(
            keys=[DOCS, MARK, STREAM],
            args=[seq, epoch, orjson.dumps(sorted(documents)), KEPT, secrets.token_hex(4), *flat],
        )
        if answer[0] < 0:
            self.clear()
            raise RedisError("documents were lost, the cache has to be filled anew")
        if not answer[0]:
            raise Refused(f"seq {seq} epoch {epoch} against seq {int(answer[1])} epoch {int(answer[2])}")

    def clear(self) -> None:
        """Forget everything; for a cache that belongs to another history."""
        self._client.delete(DOCS, MARK, STREAM)

    def close(self) -> None:
        self._client.close()


class Cache:
    """A reader's side, asynchronous."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = self._connect()

    def _connect(self) -> redis.asyncio.Redis:
        # No retries of the client's own: the tail and the watch come again by themselves.
        return redis.asyncio.Redis.from_url(
            self._url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=AsyncRetry(NoBackoff(), 0),
            protocol=PROTOCOL,
        )

    async def read_all(self) -> tuple[Applied | None, dict[str, bytes]]:
        """The mark and every document as they were at one moment; no mark when documents are missing."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(MARK, FIELDS)
            pipe.hgetall(DOCS)
            mark, found = await pipe.execute()
        return _whole(_applied(mark), len(found)), {key.decode(): body for key, body in found.items()}

    async def read(self, keys: list[str]) -> tuple[Applied | None, dict[str, bytes]]:
        """The mark and these documents as they were at one moment."""
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(MARK, FIELDS)
            if keys:
                pipe.hmget(DOCS, keys)
            mark, *found = await pipe.execute()
        bodies = zip(keys, found[0], strict=True) if found else ()
        return _applied(mark), {key: body for key, body in bodies if body is not None}

    async def applied(self) -> Applied | None:
        answer: Any = self._client.hmget(MARK, FIELDS)
        return _applied(await answer)

    async def leader(self) -> Leader | None:
        """The leader that has beaten within the last ten seconds."""
        answer: Any = self._client.get(LEADER)
        body = await answer
        return Leader(**orjson.loads(body)) if body is not None else None

    async def beat_age_s(self) -> float | None:
        """Seconds since the leader's last beat; None when it is more than ten seconds ago."""
        answer: Any = self._client.pttl(LEADER)
        left = int(await answer)
        return None if left < 0 else max(0.0, (LEADER_MS - left) / 1000)

    async def tail(self, after: int) -> AsyncIterator[Step]:
        """Steps after ``after``, for ever; what came meanwhile is folded into one. A lost connection, a flush
        or a gap is answered with a ``whole`` step once Redis answers again; nothing is missed and nothing has
        to be restarted."""
        last, broken = after, False
        while True:
            try:
                mark = await self.applied()
                if broken or (mark is not None and mark.seq < last):
                    if mark is None:
                        await asyncio.sleep(0.2)
                        continue
                    last, broken = mark.seq, False
                    yield Step(last, whole=True)
                answer: Any = self._client.xread({STREAM: f"{last}-0"}, count=200, block=BLOCK_MS)
                if step := _fold(await answer or [], last):
                    last = step.seq
                    yield step
                elif mark is None and last:
                    broken = True
            except (RedisError, OSError, TimeoutError):
                broken = True
                with contextlib.suppress(RedisError, OSError):
                    await self._client.aclose()
                self._client = self._connect()
                await asyncio.sleep(0.2)

    async def close(self) -> None:
        await self._client.aclose()


def _applied(fields: Any) -> Applied | None:
    seq, epoch, life, docs = fields
    if seq is None or epoch is None:
        return None
    return Applied(int(seq), int(epoch), (life or b"").decode(), None if docs is None else int(docs))


def _whole(mark: Applied | None, held: int) -> Applied | None:
    return mark if mark is not None and mark.docs in (None, held) else None


def _fold(answer: Any, last: int) -> Step | None:
    """The entries of one reading as one step; an entry that does not follow the one before was preceded by others."""
    changed: set[str] = set()
    seq, whole = last, False
    for _, entries in answer:
        for ident, fields in entries:
            whole = whole or (seq > 0 and fields.get(b"after") != b"%d" % seq)
            seq = int(ident.split(b"-")[0])
            changed.update(orjson.loads(fields[b"changed"]))
    return None if seq == last else Step(seq, tuple(sorted(changed)), whole)
