"""A key that is refused is a state of its source, in words; the last good prices stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.board import Board
from dashboard.config.model import Config
from dashboard.errors import SourceError, SourceRefused
from tests.connectors.dialects import asked, example, says
from tests.ingest.served import T0, PriceConnector, Room
from tests.kpi.world import make_board

PANEL = {"province_id": 12, "city_id": 179}


@pytest.mark.parametrize(("name", "options"), [("panel_harga", PANEL), ("tpid_prices", {})])
def test_a_refused_key_is_a_state_of_the_source_and_its_prices_stay(
    room: Room, config: Config, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    """Two bad polls to fail; the last good figures are kept with their day."""
    room.source_id, room.connector = name, PriceConnector()
    board: Board = make_board(config)
    board.apply(room.poll([{"item": "egg", "day": 0, "value": 30_000.0}], 60))
    error = refusal(config, tmp_path, name, options)
    for minute in (61, 62):
        now = T0 + timedelta(minutes=minute)
        board.apply(room.ingest.fail(room.source, error, epoch=room.epoch, started_at=now, now=now, duration_ms=3))
    documents = board.documents(now, changed_only=False)
    state = next(one for one in documents["sources"] if one["id"] == name)
    assert (state["state"], state["cause"], state["failures"]) == ("broken", "cause.unauthorized", 2)
    assert [(row["commodity"], row["value"]) for row in documents["prices"]["by_source"][name]] == [("egg", 30_000.0)]


def refusal(config: Config, tmp_path: Path, name: str, options: dict[str, Any]) -> SourceError:
    with pytest.raises(SourceRefused) as refused:
        asked(example(name, config, tmp_path, **options), says({"status": False}, 401))
    return refused.value
