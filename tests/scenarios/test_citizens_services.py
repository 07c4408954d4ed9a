"""Tangerang LIVE and the mobile service end to end: what was served is what is kept, nobody leaves a trail, a counter
that falls is held, a word nobody knows loses nothing."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.history import schema
from tests.scenarios.stage import Stage, stage, until
from tests.scenarios.truth import Versions, kept, read

NOON = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday, 13.30 WIB: units are on the road
SOURCES: dict[str, dict[str, Any]] = {
    name: {"every_s": 1}
    for name in ("tangerang_live", "tangerang_live_use", "mobile_units", "mobile_counts", "mobile_requests")
}
OF = {  # a field that only the rows of this source have: several are behind one port
    "tangerang_live": "induk",
    "tangerang_live_use": "per",
    "mobile_units": "lapor_terakhir",
    "mobile_counts": "jumlah",
    "mobile_requests": "nomor",
}


@pytest.fixture(scope="module")
def room() -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    try:
        with stage(folder, SOURCES, start=NOON, simulator={"history_days": 2}) as made:
            for source in SOURCES:
                made.until_good(source)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def truth(room: Stage, source: str) -> Versions:
    return read(room.config, source, [entry for entry in room.served(source) if OF[source] in entry["fields"]])


@pytest.mark.parametrize("source", SOURCES)
def test_what_was_served_is_what_is_kept(room: Stage, source: str) -> None:
    def differences() -> dict[str, Any]:
        with closing(room.history()) as history:
            said, have = truth(room, source), kept(history, source)
        return {
            key: (said.get(key), have.get(key)) for key in said.keys() | have.keys() if said.get(key) != have.get(key)
        }

    until(lambda: not differences(), told=lambda: list(differences().items())[:3])
    assert len(truth(room, source)) > 20 and room.source_state(source)["rejected"] == 0


def test_the_app_has_what_was_published_and_a_counter_that_falls_is_held(room: Stage) -> None:
    found = until(lambda: (body := room.document("status:live_service")) and body["total"] and body)
    (declared,) = found["declared"]
    assert (found["total"], declared["difference"]) == (50, 0)
    assert {code: part["found"] for code, part in declared["parts"].items()} == {"service": 14, "menu": 36}
    room.fault("tangerang_live_use", "counter_falls")
    with closing(room.history()) as history:
        held = until(lambda: [row for row in history.held("tangerang_live_use") if "live_downloads" in row["key"]])
        assert held[0]["reason"] == "counter_fell" and held[0]["previous"] > 1_062_235
    room.lift("tangerang_live_use")


def test_no_trail_no_exact_point_and_none_off_shift(room: Stage) -> None:
    found = until(lambda: (body := room.document("status:unit")) and body["total"] and body)
    assert found["total"] == 26 and sum(found["states"].values()) == 26
    for row in found["rows"]:
        assert (row["latitude"] is not None) == (row["said"] == "at_work")
        assert row["latitude"] is None or round(row["latitude"], 2) == row["latitude"]
    exact = [entry["fields"]["lat"] for entry in room.served("mobile_units") if "lat" in entry["fields"]]
    with closing(room.history()) as history:
        versions = " ".join(row.fields for row in history.rows(schema.status_version.select()))
        current = " ".join(row.fields for row in history.rows(schema.status_current.select()))
    assert "latitude" not in versions and "heard_at" not in versions, "no trail"
    assert not re.search(r"-6\\.\\d{3}", current) and exact, "no exact point"
    room.fault("mobile_units", "new_status", share=1.0)
    unknown = until(
        lambda: (body := room.document("status:unit"))["states"].get("unknown") and body,
        told=lambda: room.document("status:unit")["states"],
    )
    assert unknown["total"] == 26 and all(
        row["latitude"] is None for row in unknown["rows"] if row["state"] == "unknown"
    )
    room.lift("mobile_units")
    room.until_good("mobile_units")


def test_requests_wait_until_somebody_arrives(room: Stage) -> None:
    def known() -> dict[str, Any] | None:
        found: dict[str, Any] = room.document("queue:mobile_request") or {}
        return found if {row["status"] for row in found.get("rows", [])} <= {"waiting", "in_process"} else None

    queue = until(known)
    figures = room.document("kpi:city")
    assert figures["mobile_request.received.today"]["value"] >= queue["open"]


def test_weeks_and_documents_add_up(room: Stage) -> None:
    found = room.document("measures:mobile")["metrics"]
    figures = {one["metric"]: row for one in found for row in one["rows"] if row["level"] == "city"}
    visited = figures["mobile_subdistricts"]
    assert 0 < visited["value"] <= 104 and visited["target"] == 104
    documents = figures["mobile_documents"]
    assert documents["value"] == sum(documents["parts"].values())


def test_a_login_page_keeps_the_last_good(room: Stage) -> None:
    room.fault("tangerang_live", "html_login")
    room.until_state("tangerang_live", "broken")
    assert room.document("status:live_service")["total"] == 50
    room.lift("tangerang_live")
    room.until_good("tangerang_live")
