"""Commands that work on the history and what is made from it: rebuild-cache, erase. Never beside a working leader."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from dashboard.commands_serve import with_config
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.history import History, Lease
from dashboard.opening import clock_of, database_of, privacy_key, redis_of


def add(commands: Any) -> None:
    command = commands.add_parser(
        "rebuild-cache", help="write the cache anew from the history, room stopped or running"
    )
    with_config(command).set_defaults(run=rebuild_cache)
    command = commands.add_parser("erase", help="take a case's text and source id away for good; its counts stay")
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--source", help="the source, with --id")
    which.add_argument("--number", type=int, help="the room's own number of the case")
    command.add_argument("--id", help="the source's own id of the case")
    command.add_argument("--reason", required=True, help="who asked for it, and on what ground; kept as the proof")
    command.add_argument("--yes", action="store_true", help="do not ask")
    with_config(command).set_defaults(run=erase)


def rebuild_cache(given: argparse.Namespace) -> int:
    from dashboard.handover import leader_of, leading

    config = load_config(given.config)
    history = database_of(config)
    try:
        before = leader_of(history)
        if config.redis.url is None and before is None:
            print("the room is stopped and its embedded cache with it: the next start fills it from the history")
            return 0
        if before is not None:
            print(f"{before.holder} leads (epoch {before.epoch}): it steps down and leads again")
        with leading(history) as held:
            if config.redis.url is not None:
                seq, documents = _publish(config, history, held)
                print(f"the cache holds {documents} documents of seq {seq}, from the history")
        return _resumed(history, before, held)
    finally:
        history.close()


def _publish(config: Config, history: History, held: Lease) -> tuple[int, int]:
    """Everything in Redis anew, under our epoch; the seq and the number of documents."""
    from dashboard.board import Board
    from dashboard.cache import Publisher as Channel
    from dashboard.calendar import Calendar
    from dashboard.config.registry import Registry
    from dashboard.publisher import rebuild
    from dashboard.snapshot import encode

    clock = clock_of(config)
    history.tick(held.epoch, clock.now())  # only a seq of its own can be written over what is there
    board = Board(config, Registry(config), Calendar(config))
    rebuild(board, history, clock, held.epoch)
    board.room.leader, board.room.rate, board.room.config_digest = held.holder, clock.rate, config.digest
    documents = board.documents(clock.now(), changed_only=False)
    channel = Channel(redis_of(config))
    try:
        channel.clear()
        channel.publish(board.seq, held.epoch, {key: encode(body) for key, body in documents.items()})
    finally:
        channel.close()
    return board.seq, len(documents)


def _resumed(history: History, before: Lease | None, held: Lease) -> int:
    """Wait until a room that was running runs again."""
    from dashboard.handover import BACK_S, wait_for_leader

    if before is None:
        return 0
    after = wait_for_leader(history, held)
    if after is None:
        print(f"nobody leads again after {BACK_S:g} s: look at the collector", file=sys.stderr)
        return 1
    print(f"{after.holder} leads again (epoch {after.epoch}) and has read the history anew")
    return 0


def erase(given: argparse.Namespace) -> int:
    from redis.exceptions import RedisError

    from dashboard.handover import leader_of, leading

    if (given.source is None) != (given.id is None):
        print("give --source together with --id, or --number alone", file=sys.stderr)
        return 2
    config = load_config(given.config)
    if given.source is not None and given.source not in (known := [source.id for source in config.sources]):
        print(f"there is no source {given.source}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    history = database_of(config)
    try:
        number = _number(config, history, given)
        if number is None:
            print("there is no such case, or it is erased already; nothing was changed", file=sys.stderr)
            return 1
        if not given.yes and not _confirmed(number):
            print("nothing was changed")
            return 1
        before = leader_of(history)
        with leading(history) as held:
            commit = history.erase(held.epoch, clock_of(config).now(), [number], cause="request", reason=given.reason)
            if commit is None:
                print("somebody else has erased it meanwhile", file=sys.stderr)
                return 1
            print(f"case {number} is erased (seq {commit.seq}); the proof is in the table erasure")
            if config.redis.url is not None:
                try:
                    _publish(config, history, held)
                except (RedisError, OSError) as error:
                    print(f"the cache does not answer ({type(error).__name__}); the next leader writes it anew")
        return _resumed(history, before, held)
    finally:
        history.close()


def _number(config: Config, history: History, given: argparse.Namespace) -> int | None:
    """The room's number of a case that is there and not erased."""
    if given.number is not None:
        found = history.case_facts([given.number]).get(given.number)
        return given.number if found is not None and found.record.key else None
    from dashboard.calendar import Calendar
    from dashboard.config.registry import Registry
    from dashboard.ingest import Ingest

    ingest = Ingest(config, Registry(config), Calendar(config), history, privacy_key(config))
    return ingest.number_of(given.source, given.id)


def _confirmed(number: int) -> bool:
    print(f"Case {number} loses its text and its source id for good, in every version. Its times and counts stay.")
    try:
        return input("Write yes to erase it: ").strip() == "yes"
    except EOFError:
        return False
