"""The hub over a real Valkey, client by client: what each is sent, and that the sum of it is the newest view."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import pytest

from dashboard.cache import Applied, Cache, Leader, Publisher, Step
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.live import BACKLOG, Asked, Face, Hub, Props
from dashboard.mirror import LEADERLESS_S, Mirror
from dashboard.pages import Pages
from tests.live import samples

FACE = Face("main", "id")


async def come(condition: Callable[[], Any], limit_s: float = 20.0) -> Any:
    """The first true answer of ``condition``; fails after ``limit_s``."""
    async with asyncio.timeout(limit_s):
        while not (found := condition()):  # noqa: ASYNC110 - the conditions are of many kinds
            await asyncio.sleep(0.01)
    return found


@dataclass
class Screen:
    """A client that understands frames as assets/live.js does, and can be told to lose, repeat or stop reading."""

    hub: Hub
    face: Face = FACE
    slots: Props = field(default_factory=dict)
    seq: int = 0
    since: int = -1
    life: str = ""
    frames: list[dict[str, Any]] = field(default_factory=list)
    beats: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    left: asyncio.Event = field(default_factory=asyncio.Event)
    text: str = ""

    def connect(self, build: str | None = None) -> Screen:
        self.reads.set()
        asked = Asked(self.since, self.hub.build if build is None else build, self.life)
        scope = {"type": "http", "state": {"transport": self}}
        self.left = asyncio.Event()
        self.task = asyncio.create_task(self.hub.serve(scope, self._receive, self._send, self.face, asked))
        return self

    def abort(self) -> None:
        """What a transport does: the connection is gone, who waits to write goes on."""
        self.left.set()
        self.reads.set()

    async def leave(self) -> None:
        self.abort()
        assert self.task is not None
        await asyncio.wait_for(self.task, 10)

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        if message["type"] != "http.response.body" or self.left.is_set():
            return
        for block in (self.text + message["body"].decode()).split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            self.take(lines.get("event", ""), orjson.loads(lines["data"]), lines.get("id"))

    def take(self, kind: str, data: Any, ident: str | None) -> None:
        self.kinds.append(kind)
        if kind == "beat":
            self.beats.append(data)
            self.seq, self.since = max(self.seq, data["seq"]), data["since"]
        elif kind == "frame":
            assert ident == str(data["seq"])
            self.frames.append(data)
            self.seq, self.since, self.life = data["seq"], data["since"], data["life"]
            for slot, values in data["props"].items():
                self.slots.setdefault(slot, {}).update(values)


@dataclass
class Stage:
    config: Config
    pages: Pages
    mirror: Mirror
    hub: Hub
    publisher: Publisher
    seq: int = 0

    async def publish(self, seq: int | None = None, **changes: Any) -> None:
        """Publish, and wait until the mirror has it."""
        self.seq = self.seq + 1 if seq is None else seq
        found = samples.documents(self.config, self.seq, **changes)
        await asyncio.to_thread(self.publisher.beat, 1)
        await asyncio.to_thread(self.publisher.publish, self.seq, 1, samples.encoded(found))
        await come(lambda: self.mirror.seq == self.seq and self.mirror.settled)

    def view(self) -> Props:
        return self.pages.props(FACE)

    async def agree(self, screen: Screen) -> None:
        """The screen shows what a fresh load would show."""
        await come(lambda: screen.slots == self.view())


@pytest.fixture
async def stage(config: Config, valkey: str) -> AsyncIterator[Stage]:
    publisher = Publisher(valkey)
    clock, registry = Clock(), Registry(config)
    mirror = Mirror(Cache(valkey), config, clock)
    pages = Pages(config, registry, clock, mirror, "build")
    hub = Hub(mirror, clock, "build", pages.props)
    await mirror.start()
    await hub.start()
    yield Stage(config, pages, mirror, hub, publisher)
    await hub.close()
    await mirror.close()
    publisher.close()


async def test_a_change_is_one_small_frame_with_the_seq_as_id(stage: Stage) -> None:
    await stage.publish()
    screen = Screen(stage.hub).connect()
    await come(lambda: screen.beats)
    assert screen.frames[0]["full"] is True
    await stage.publish(open_cases=555)
    await come(lambda: len(screen.frames) == 2)
    assert screen.frames[1]["seq"] == 2
    assert screen.frames[1]["full"] is False
    assert len(screen.frames[1]["props"]) < 40
    await stage.agree(screen)


async def test_a_flush_is_not_told_as_a_leader_that_stopped(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful:
        leading: Leader | None = Leader(1)

        async def applied(self) -> Applied:
            return Applied(1, 1, "one")

        async def leader(self) -> Leader | None:
            return self.leading

        async def read_all(self) -> tuple[Applied, dict[str, bytes]]:
            return Applied(1, 1, "one"), samples.encoded(samples.documents(config))

    cache, now = Forgetful(), 1_000.0
    monkeypatch.setattr("dashboard.mirror.monotonic", lambda: now)
    mirror = Mirror(cast(Cache, cache), config, Clock())

    async def told(after_s: float) -> Any:
        nonlocal now
        now += after_s
        await mirror._look()
        return mirror.documents.get("condition")

    await mirror._look()
    assert await told(1) == []
    cache.leading = None
    assert [await told(1), await told(1)] == [[], []]
    cache.leading = Leader(1)
    assert await told(1) == []
    cache.leading = None
    assert await told(LEADERLESS_S) == ["unattended"]


async def test_a_burst_is_folded_and_nothing_is_missed(stage: Stage) -> None:
    await stage.publish()
    screen = Screen(stage.hub).connect()
    await come(lambda: screen.beats)
    for number in range(2, 202):
        found = samples.documents(stage.config, number, open_cases=1000 + number)
        stage.publisher.publish(number, 1, samples.encoded(found))
    await come(lambda: screen.seq == 201)
    await stage.agree(screen)
    assert len(screen.frames) < 150


async def test_who_comes_back_gets_what_it_missed_and_who_is_unknown_gets_all(stage: Stage) -> None:
    await stage.publish()
    stays = Screen(stage.hub).connect()
    screen = Screen(stage.hub).connect()
    await come(lambda: screen.beats and stays.beats)
    await screen.leave()
    for number in range(3):
        await stage.publish(open_cases=600 + number)
        await come(lambda: stays.seq == stage.seq)
    screen.frames.clear()
    screen.connect()
    await stage.agree(screen)
    assert [frame["full"] for frame in screen.frames] == [False] * 3
    assert [frame["seq"] for frame in screen.frames] == [2, 3, 4]
    for since, life in ((99, stays.life), (-1, stays.life), (2, "another life")):
        stranger = Screen(stage.hub, since=since, life=life).connect()
        await stage.agree(stranger)
        assert [frame["full"] for frame in stranger.frames] == [True]


async def test_an_old_build_is_told_and_still_shown_everything(stage: Stage) -> None:
    await stage.publish()
    screen = Screen(stage.hub).connect(build="older")
    await stage.agree(screen)
    assert screen.kinds[0] == "build"


async def test_a_sequence_that_began_anew_is_sent_whole(stage: Stage, valkey: str) -> None:
    import redis

    for number in range(30, 33):
        await stage.publish(seq=number, open_cases=number)
    screen = Screen(stage.hub).connect()
    await come(lambda: screen.beats)
    before = screen.life
    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    await stage.publish(seq=2, open_cases=4242)
    await come(lambda: screen.seq == 2)
    assert screen.frames[-1]["full"] is True
    assert screen.life != before
    await stage.agree(screen)
    old = Screen(stage.hub, seq=31, since=31, life=before).connect()
    await stage.agree(old)
    assert old.frames[0]["full"] is True


async def test_what_this_process_says_by_itself_reaches_open_screens_and_never_leaks_into_a_resume(
    stage: Stage, valkey: str
) -> None:
    import redis

    await stage.publish()
    screen = Screen(stage.hub).connect()
    await come(lambda: screen.beats)
    with redis.Redis.from_url(valkey) as client:
        client.delete("tlr:leader")
    banner = await come(lambda: screen.slots["banner"]["children"])
    assert banner == "Pengumpul data berhenti, angka tidak bertambah"
    frame = screen.frames[-1]
    assert (frame["seq"], frame["since"]) == (1, -1)  # the id does not move, and is none to resume from
    await screen.leave()
    await stage.publish(open_cases=77)
    await come(lambda: stage.mirror.settled)
    screen.connect()
    await stage.agree(screen)
    assert screen.slots["banner"]["children"] == ""
    stage.publisher.beat(1, stage.pages._clock.now())
    await come(lambda: "Riwayat" in screen.slots["banner"]["children"])
    # Nothing is asked for now, so nothing stays fresh.
    await come(lambda: {s["state"] for s in stage.mirror.documents["sources"]} <= {"stale", "broken"})
    stage.publisher.beat(1)
    await come(lambda: screen.slots["banner"]["children"] == "")


async def test_one_that_does_not_read_is_dropped_and_resumes_by_id_while_the_others_go_on(stage: Stage) -> None:
    await stage.publish()
    others = [Screen(stage.hub).connect() for _ in range(200)]
    deaf = Screen(stage.hub).connect()
    await come(lambda: deaf.beats and all(other.beats for other in others))
    deaf.reads.clear()
    for number in range(BACKLOG + 3):
        await stage.publish(open_cases=1000 + number)
        await come(lambda: all(other.seq == stage.seq for other in others))
    await come(lambda: stage.hub.dropped == 1)
    await come(lambda: stage.hub.clients == len(others))
    for other in others:
        await stage.agree(other)
    deaf.connect()
    await stage.agree(deaf)


async def test_any_mixture_of_lost_connections_bursts_and_lives_ends_in_the_fresh_view(
    stage: Stage, valkey: str
) -> None:
    import redis

    chance = random.Random(2016)
    await stage.publish()
    screens = [Screen(stage.hub).connect() for _ in range(3)]
    for _ in range(60):
        screen = chance.choice(screens)
        await come(lambda screen=screen: screen.beats)
        act = chance.choice(["burst", "burst", "reconnect", "stall", "leaderless", "flush"])
        if act == "burst":
            for _ in range(chance.randint(1, 5)):
                stage.seq += 1
                found = samples.documents(stage.config, stage.seq, open_cases=chance.randint(1, 9999))
                stage.publisher.publish(stage.seq, 1, samples.encoded(found))
            stage.publisher.beat(1)
        elif act == "reconnect":
            await screen.leave()
            screen.connect()
        elif act == "stall":
            (screen.reads.clear if screen.reads.is_set() else screen.reads.set)()
        elif act == "leaderless":
            with redis.Redis.from_url(valkey) as client:
                client.delete("tlr:leader")
        elif chance.random() < 0.3:
            with redis.Redis.from_url(valkey) as client:
                client.flushall()
    for screen in screens:
        screen.reads.set()
    await stage.publish(open_cases=31337)
    for screen in screens:
        await stage.agree(screen)


async def test_closing_ends_every_stream_also_of_those_who_do_not_read(stage: Stage) -> None:
    await stage.publish()
    screens = [Screen(stage.hub).connect() for _ in range(200)]
    await come(lambda: all(screen.beats for screen in screens))
    screens[0].reads.clear()
    await stage.publish(open_cases=1)
    await asyncio.wait_for(stage.hub.close(), 10)
    await asyncio.wait_for(asyncio.gather(*(screen.task for screen in screens if screen.task)), 10)
    assert stage.hub.clients == 0


async def test_a_step_that_could_not_be_read_is_made_good_by_the_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one step changed does not wait until it changes again: after a loss the whole is read."""
    screen = Screen(stage.hub).connect()
    await stage.publish()
    await stage.agree(screen)
    read, failed = Cache.read, [0]

    async def lose_one(cache: Cache, keys: list[str]) -> tuple[Applied | None, dict[str, bytes]]:
        if not failed[0]:
            failed[0] += 1
            raise TimeoutError
        return await read(cache, keys)

    monkeypatch.setattr(Cache, "read", lose_one)
    seq, found = stage.seq, samples.documents(stage.config, stage.seq + 1, open_cases=4_321)
    await asyncio.to_thread(stage.publisher.publish, seq + 1, 1, samples.encoded(found))
    await come(lambda: failed[0])
    later = {"meta": {**found["meta"], "seq": seq + 2}}
    await asyncio.to_thread(stage.publisher.publish, seq + 2, 1, samples.encoded(later))
    await come(lambda: stage.mirror.documents["queue:aspiration"]["open"] == 4_321)
    await stage.agree(screen)
    await screen.leave()


async def test_documents_are_never_shown_under_the_seq_of_others(config: Config, valkey: str) -> None:
    """Between the word of a step and the reading of it the next may be published, or the cache flushed and filled."""
    publisher, mirror = Publisher(valkey), Mirror(Cache(valkey), config, Clock())

    def publish(seq: int, open_cases: int) -> None:
        publisher.publish(seq, 1, samples.encoded(samples.documents(config, seq, open_cases=open_cases)))

    def shown() -> tuple[int, int, int]:
        return mirror.seq, mirror.documents["meta"]["seq"], mirror.documents["queue:aspiration"]["open"]

    publish(1, 101)
    await mirror._read_all()
    publish(2, 102)
    await mirror._read(Step(2, ("meta",)))
    assert shown() == (2, 2, 101), "what did not change is not read"
    publish(3, 103)
    publish(4, 104)
    await mirror._read(Step(3, ("meta",)))
    assert shown() == (4, 4, 104)
    life = mirror.life
    publisher.clear()
    publish(5, 105)
    await mirror._read(Step(5, ("meta",)))
    assert shown() == (5, 5, 105)
    assert mirror.life != life
    publisher.clear()
    await mirror._read(Step(6, ("meta",)))
    assert shown() == (5, 5, 105), "an empty cache says nothing"
    await mirror.close()
    publisher.close()


async def test_a_cancellation_that_the_client_swallows_does_not_keep_the_process(config: Config, valkey: str) -> None:
    class Deaf(Cache):
        asked = swallowed = False

        async def applied(self) -> Applied | None:
            self.asked = True
            try:
                await asyncio.sleep(0 if self.swallowed else 3)
            except asyncio.CancelledError:
                self.swallowed = True
            return None

    cache = Deaf(valkey)
    mirror = Mirror(cache, config, Clock())
    await mirror.start()
    await come(lambda: cache.asked)
    await asyncio.wait_for(mirror.close(), 20)
    assert cache.swallowed
