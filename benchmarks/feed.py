"""Changes for the screens of a running room, made by the collector's own board and sent by its own channel.

The collector is made to stand still meanwhile, so that nothing else moves on the screens; this is the leader then.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

import orjson

from benchmarks.tree import Tree
from dashboard.board import Board
from dashboard.cache import Publisher as Channel
from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.loader import load_config
from dashboard.config.registry import Registry
from dashboard.facts import CaseChange, CaseFact, Commit
from dashboard.history import open_history
from dashboard.publisher import rebuild
from dashboard.records import CaseStatus
from dashboard.snapshot import encode

KIND = "aspiration"
BEAT_S = 3.0
Documents = dict[str, bytes]


class Feed:
    """``publish`` sends the next prepared change and returns its seq and the monotonic and unix time just before."""

    def __init__(self, tree: Tree) -> None:
        self._collector = tree.part("dashboard", "collect")
        self._channel = Channel(tree.redis)
        self._collector.suspend()
        config, clock = load_config(tree.config), Clock()
        registry = Registry(config)
        self._board = Board(config, registry, Calendar(config, registry))
        history = open_history(f"sqlite:///{tree.database}")
        mark = self._channel.applied()
        assert mark is not None, "the room has published nothing"
        rebuild(self._board, history, clock, mark.epoch)
        history.close()
        self._epoch, self.seq = mark.epoch, mark.seq
        self._board.documents(clock.now())
        self._now = clock.now
        self._number = 10_000_000
        self._beaten = 0.0

    def changes(self, pairs: int, *, top: bool = False) -> list[Documents]:
        """Documents of ``pairs`` x 2 commits: a report comes in, and is closed again. ``top``: it comes first in the
        queue, so that every row shifts; else where a report of this moment belongs."""
        made = []
        for _ in range(pairs):
            fact = self._new(self._now(), top)
            made.append(self._documents(CaseChange(before=None, after=fact)))
            now = self._now()
            closed = replace(
                fact,
                version=2,
                record=replace(fact.record, status=CaseStatus.CLOSED, resolved_at=now, first_response_at=now),
                observed_response_by=now, observed_response_after=now, observed_close_by=now, observed_close_after=now,
            )  # fmt: skip
            made.append(self._documents(CaseChange(before=fact, after=closed)))
        return made

    def _new(self, now: datetime, top: bool) -> CaseFact:
        facts = [f for f in self._board.table.facts.values() if f.record.kind == KIND and f.due_at is not None]
        facts = [fact for fact in facts if fact.visibility == "wall" and fact.record.status is CaseStatus.WAITING]
        first = min(facts, key=lambda fact: (fact.due_at, fact.record.opened_at, fact.number))
        newest = max(facts, key=lambda fact: fact.record.opened_at)
        like = first if top else newest
        self._number += 1
        opened = first.record.opened_at - timedelta(days=1) if top else now
        record = replace(like.record, key=f"bench{self._number}", opened_at=opened)
        due = first.due_at - timedelta(days=1) if top and first.due_at else like.due_at
        return replace(
            like, number=self._number, record=record, due_at=due, first_seen_at=now, backlog=False, version=1,
            group=None, group_size=1,
        )  # fmt: skip

    def _documents(self, change: CaseChange) -> Documents:
        now = self._now()
        self._board.apply(
            Commit(seq=self._board.seq + 1, epoch=self._epoch, at=now, kind="poll", source="laksa", cases=[change])
        )
        return {key: encode(document) for key, document in self._board.documents(now).items()}

    def publish(self, documents: Documents) -> tuple[int, float, float]:
        if time.monotonic() - self._beaten > BEAT_S:
            self._channel.beat(self._epoch)
            self._beaten = time.monotonic()
        self.seq += 1
        meta = {**orjson.loads(documents["meta"]), "seq": self.seq}
        sent = {**documents, "meta": encode(meta)}
        moment, at = time.monotonic(), time.time()
        self._channel.publish(self.seq, self._epoch, sent)
        return self.seq, moment, at

    def close(self) -> None:
        self._channel.close()
        self._collector.resume()
