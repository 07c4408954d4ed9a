"""A source block of the shipped configuration, polled by hand with rows that a test makes up."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import Any

from dashboard.contract import NumberLocale, ParseContext
from dashboard.records import Parsed
from tests.ingest.served import T0, Room


class ShippedRoom(Room):
    """Polled every 60 s."""

    def context(self, now: datetime) -> ParseContext[Any]:
        block = next(source for source in self.config.sources if source.id == self.source_id)
        return ParseContext(
            source=self.source_id, options=self.connector.Options.model_validate(block.options),
            words=self.ingest.registry, zone=self.ingest.registry.zone,
            numbers=NumberLocale(block.numbers.decimal, block.numbers.thousands), fetched_at=now,
            city=self.config.city.code,
        )  # fmt: skip

    def read(self, row: dict[str, Any], now: datetime = T0) -> Any:
        """The record of one row."""
        found = self.connector.parse(row, self.context(now))
        return found.record if isinstance(found, Parsed) else found


def shipped(room: Room, source: str) -> ShippedRoom:
    block = next(found for found in room.config.sources if found.id == source)
    connector = importlib.import_module(f"connectors.{block.type}")
    return ShippedRoom(room.config, room.history, room.ingest, room.epoch, connector=connector, source_id=source)
