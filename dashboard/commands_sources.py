"""Commands about the sources: their table from the history, and one poll that is shown and not stored."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.commands_serve import with_config
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.errors import SourceError
from dashboard.opening import DatabaseAway, clock_of, reader_of

COLUMNS = ("source", "type", "state", "last success", "next run", "rows", "rejects", "tier", "why")


def add(commands: Any) -> None:
    command = commands.add_parser("sources", help="the sources: state, last success, next run, rows, rejects")
    command.add_argument("--try", dest="name", metavar="NAME", help="poll one source once and show what it would store")
    command.add_argument("--records", type=int, default=5, help="how many records --try shows (default 5)")
    with_config(command).set_defaults(run=sources)


def sources(given: argparse.Namespace) -> int:
    config = load_config(given.config)
    return _table(config) if given.name is None else _try(config, given.name, given.records)


def _table(config: Config) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    history = reader_of(config)
    try:
        lines = list(_lines(config, history))
    except SQLAlchemyError as error:
        raise DatabaseAway(
            f"the history does not answer ({type(error).__name__}): was the room ever started?"
        ) from None
    finally:
        history.engine.dispose()
    for line in _aligned([COLUMNS, *lines]):
        print(line)
    return 0


def _lines(config: Config, history: Any) -> Iterable[tuple[str, ...]]:
    from dashboard.calendar import Calendar
    from dashboard.handover import leader_of
    from dashboard.i18n import cause
    from dashboard.kpi.sources import SourceBook
    from dashboard.pacing import slot_after
    from dashboard.tiers import JUDGED, tier

    now, zone = clock_of(config).now(), ZoneInfo(config.city.zone)
    led, loaded = leader_of(history) is not None, history.declared_bodies("source", now)
    book = SourceBook(config, Calendar(config))
    polls = {source.id: history.recent_polls(source.id, JUDGED) for source in config.sources}
    book.load(history.source_histories(), [poll for found in polls.values() for poll in found[:1]])
    for row, source in zip(book.document(book.judgements(now), now), config.sources, strict=True):
        last = row["last_success"]
        good = next((poll for poll in polls[source.id] if poll.rows is not None), None)
        yield (
            source.id,
            source.type,
            row["state"],
            _time(datetime.fromtimestamp(last / 1000, zone), now) if last else "-",
            "nobody leads"
            if not led
            else _time(slot_after(source.id, source.every_s, now).astimezone(zone), now)
            if source.id in loaded
            else "not loaded: restart the room",
            str(good.rows) if good is not None else "-",
            str(row["rejected"]),
            tier(polls[source.id]) or "-",
            cause(row["cause"], "en") if row["cause"] else "",
        )


def _time(at: datetime, now: datetime) -> str:
    """The time, with its date when that is not today's."""
    return f"{at:%H:%M:%S}" if at.date() == now.astimezone(at.tzinfo).date() else f"{at:%Y-%m-%d %H:%M}"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _try(config: Config, name: str, most: int) -> int:
    from dashboard.trial import records, shown, try_once

    source = next((source for source in config.sources if source.id == name), None)
    if source is None:
        known = ", ".join(source.id for source in config.sources)
        print(f"there is no source {name}; there are: {known}", file=sys.stderr)
        return 2
    try:
        tried = try_once(config, source, clock_of(config))
    except SourceError as error:
        print(f"{source.id}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    poll, found = tried.commit.poll, records(tried.commit)
    assert poll is not None
    print(f"{source.id} ({source.type}) answered in {poll.duration_ms:.0f} ms, {poll.bytes or 0} bytes: {poll.outcome}")
    print(f"{poll.rows or 0} rows, {len(found)} records, {poll.rejected} rejected; nothing is stored")
    for label, counts in (("rejected", poll.reject_reasons), ("word that no registry knows", poll.unknown_words)):
        for what, count in counts.items():
            print(f"  {label}: {what} ({count} x)")
    for row in tried.rejected[:most]:
        print(f"  a rejected row: {row['shape']}")
    if poll.outcome != "ok":
        print(f"  the payload is not believed: {poll.cause} {poll.detail}".rstrip(), file=sys.stderr)
        return 1
    if found:
        print(f"what would be stored ({min(most, len(found))} of {len(found)}; ids masked, words redacted):")
    for record in found[:most]:
        for line in shown(record, ZoneInfo(source.zone or config.city.zone)):
            print(f"  {line}")
    return 0
