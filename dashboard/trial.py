"""One poll of one source that is shown and not stored: the real connector, access and ingest over a history in memory.

What it shows is what ingest would keep. Source ids are masked and words redacted on the way out all the same; text
that only passes through (the Transient) is never shown.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from enum import Enum
from typing import Any

from dashboard.calendar import Calendar
from dashboard.clock import Clock
from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.facts import Commit
from dashboard.history import open_history
from dashboard.ingest import Ingest
from dashboard.ingest_quarantine import mask
from dashboard.polling import Fetched, Polling
from dashboard.records import Case, Event, Record
from dashboard.redaction import redact

HIDDEN = frozenset({"events"})
MASKED = frozenset({"duplicate_of", "parent", "subject"})
FREE = frozenset({"office", "stage", "channel", "detail", "variant"})
"""What a source may have written in its own words, beside the fields named ``*_word``."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one poll would have stored. ``rejected``: quarantine rows, masked as they are kept."""

    fetched: Fetched
    commit: Commit
    rejected: list[dict[str, Any]]


def try_once(config: Config, source: Source, clock: Clock) -> Tried:
    """Poll ``source`` once. Raises SourceError when it does not bring data."""
    polling = Polling(config, source, config.folder, clock.now)
    started = clock.now()
    fetched = asyncio.run(_fetch(polling))
    history = open_history("sqlite:///:memory:")
    try:
        history.upgrade()
        lease = history.lease.acquire("trial", started.timestamp(), 3600.0)
        assert lease is not None, "nobody else can hold it"
        registry = Registry(config)
        ingest = Ingest(config, registry, Calendar(config), history, secrets.token_bytes(32))
        commit = ingest.take(
            source,
            polling.connector,
            fetched.payload,
            polling.parse_context(registry, fetched.payload.fetched_at, fetched.payload.source_time),
            epoch=lease.epoch,
            started_at=started,
            duration_ms=fetched.duration_ms,
            bytes=fetched.bytes,
        )
        return Tried(fetched, commit, history.rejects(source.id)[0])
    finally:
        history.close()


async def _fetch(polling: Polling) -> Fetched:
    try:
        return await polling.fetch()
    finally:
        await polling.aclose()


def records(commit: Commit) -> list[Record]:
    return [
        *(change.after.record for change in commit.cases),
        *(fact.record for fact in commit.measurements),
        *(fact.record for fact in commit.statuses),
    ]


def shown(record: Record, zone: tzinfo) -> Iterator[str]:
    """``field value`` of everything the record says."""
    yield f"{type(record).__name__.lower()} {mask(record.key) if isinstance(record, Case) else ''}".rstrip()
    for name in (field.name for field in fields(record)):
        value = getattr(record, name)
        if name in HIDDEN or name == "key" or value is None or value in ("", ()):
            continue
        yield f"  {name:18} {_text(name, value, zone)}"
    events: tuple[Event, ...] = getattr(record, "events", ())
    if events:
        yield f"  {'events':18} {', '.join(_event(event, zone) for event in events)}"


def _event(event: Event, zone: tzinfo) -> str:
    return f"{event.kind.value} {_text('', event.declared_at, zone) if event.declared_at else '(observed)'}"


def _span(first: int, last: int, zone: tzinfo) -> str:
    return " to ".join(f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}" for at in (first, last))


def _text(name: str, value: Any, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Enum):
        return str(value.value)
    if name in MASKED:
        return mask(str(value))
    if isinstance(value, tuple):
        if name == "approximate":
            return ", ".join(f"{what} {_span(first, last, zone)}" for what, first, last in value)
        return ", ".join(f"{key}={redact(str(item))}" for key, item in value)
    return redact(str(value)) if name in FREE or name.endswith("_word") else str(value)
