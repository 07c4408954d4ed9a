"""A board that is built from a history which a leader writes to meanwhile: all of it is of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dashboard.config.registry import Registry
from dashboard.history import open_reader
from dashboard.history.reading import Reader
from dashboard.restoration import restore
from tests.collector.clocks import stepped
from tests.ingest.served import T0, Room, row


def test_what_is_committed_during_a_restoration_is_all_of_it_or_nothing(
    any_room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case that closes after the open cases were read and before the closed ones are."""
    reader = open_reader(any_room.history.engine.url.render_as_string(hide_password=False), 60)
    any_room.poll([row("A")], -2)
    any_room.poll([row("A"), row("B", opened=-1)], -1)
    closed, disturbed = Reader.closed_columns, False

    def restored() -> dict[str, Any]:
        return restore(any_room.config, Registry(any_room.config), stepped(T0, 1e-9), reader)

    def interrupted(history: Reader, since: datetime | None = None) -> Iterator[dict[str, list[Any]]]:
        nonlocal disturbed
        if not disturbed:
            disturbed = True
            any_room.poll([row("A"), row("B", "selesai", -1, resolved=0), row("C")], 0)
        yield from closed(history, since)

    before = restored()
    monkeypatch.setattr(Reader, "closed_columns", interrupted)
    during, after = restored(), restored()
    reader.close()
    assert before["meta"]["seq"] == during["meta"]["seq"] == after["meta"]["seq"] - 1
    assert {key for key in before if before[key] != during[key]} == set()
    assert before["kpi:aspiration:city"] != after["kpi:aspiration:city"]
