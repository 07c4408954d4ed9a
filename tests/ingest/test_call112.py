"""Calls to 112: a block of the configuration and no code; answered within a minute; the caller never enters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.simulator.call112 import KINDS, Call112
from connectors.simulator.department import Credentials
from dashboard.config.installation import connector_types
from dashboard.history.codec import dumps, record_fields
from dashboard.records import AUTOMATIC, CaseStatus
from tests.ingest.served import T0, Room
from tests.ingest.shipped import ShippedRoom, shipped
from tests.kpi.world import make_board
from tests.simulator.running import make_city


@pytest.fixture
def centre(room: Room) -> ShippedRoom:
    return shipped(room, "call112")


def at(seconds: float) -> str:
    return (T0 + timedelta(seconds=seconds)).isoformat()


def call(number: int, status: str = "menunggu", came: float = 0, **more: Any) -> dict[str, Any]:
    return {"id_panggilan": str(number), "jenis": "Ambulans", "status": status, "masuk": at(came), **more}


def test_it_takes_no_connector_of_its_own() -> None:
    assert "call112" not in connector_types()


def test_answered_within_the_minute_is_counted_against_its_own_promise(centre: ShippedRoom) -> None:
    board = make_board(centre.config)
    every = (
        ([], 0),
        ([call(1, came=62), call(2, came=62), call(3, came=62)], 1.1),
        ([call(1, "dijawab", 62, dijawab=at(70)), call(2, came=62), call(3, came=62)], 1.3),
        ([call(1, "selesai", 62, dijawab=at(70), selesai=at(160)), call(2, came=62),
          call(3, "terputus", 62, selesai=at(100))], 2.8),
        ([call(1, "selesai", 62, dijawab=at(70), selesai=at(160)), call(2, "dijawab", 62, dijawab=at(170)),
          call(3, "terputus", 62, selesai=at(100))], 3.0),
    )  # fmt: skip
    for rows, minutes in every:
        board.apply(centre.poll(rows, minutes))
    told = board.documents(T0 + timedelta(minutes=4))["kpi:call:city"]
    answered = told["call.answered_in_time_proposed.today"]
    assert (answered["numerator"], answered["denominator"]) == (1, 2), "one in eight seconds, one after the minute"
    assert "unanswered:1" in answered["missing"], "who hung up was answered by nobody"
    assert told["call.open.now"]["value"] == 1


def test_the_stand_in_has_every_kind_and_the_block_keeps_nobody(centre: ShippedRoom) -> None:
    city = make_city(T0)
    desk = Call112(city, Credentials())
    calls = [found for n in range(60) for found in desk.of_day((T0 - timedelta(days=n + 1)).date())]
    rows = [desk._row(found, T0) for found in calls]
    assert 400 < len(rows) < 700
    assert {row.fields["jenis"] for row in rows} == {kind for kind, *_ in KINDS}
    records = [centre.read(dict(row.fields)) for row in rows]
    kept = "".join(dumps(record_fields(record)) for record in records)
    assert not [word for row in rows for word in row.planted if word in kept]
    assert {record.category for record in records} <= set(centre.ingest.registry.categories)
    hung_up = [record for record in records if record.closed_by in AUTOMATIC]
    assert hung_up and all(record.first_response_at is None for record in hung_up)
    assert {record.status for record in records} == {CaseStatus.CLOSED}
