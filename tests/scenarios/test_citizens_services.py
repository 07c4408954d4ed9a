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
        assert (row["latitude"] is not None) == (row["state"] == "at_work"), "nor of one that fell silent"
        assert row["latitude"] is None or round(row["latitude"], 2) == row["latitude"]
    exact = [entry["fields"]["lat"] for entry in room.served("mobile_units") if "lat" in entry["fields"]]
    with closing(room.history()) as history:
        versions = " ".join(row.fields for row in history.rows(schema.status_version.select()))
        current = " ".join(row.fields for row in history.rows(schema.status_current.select()))
    assert "latitude" not in versions and "heard_at" not in versions, "no trail"
    assert not re.search(r"-6\.\d{3}", current) and exact, "no exact point"
    week = next(m for m in room.document("measures:mobile")["metrics"] if m["metric"] == "mobile_subdistricts")
    assert {row["level"] for row in week["rows"]} == {"city", "district"}, "nobody is told where, and when"
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
    figures = room.document("kpi:mobile_request:city")
    assert figures["mobile_request.received.today"]["value"] >= queue["open"]


def test_weeks_and_documents_add_up(room: Stage) -> None:
    found = room.document("measures:mobile")["metrics"]
    figures = {one["metric"]: row for one in found for row in one["rows"] if row["level"] == "city"}
    visited = figures["mobile_subdistricts"]
    assert 0 < visited["value"] <= 104 and visited["target"] == 104
    documents = figures["mobile_documents"]
    assert documents["value"] == sum(documents["parts"].values())


ROUNDS: list[dict[str, tuple[str, dict[str, Any], str]]] = [
    {
        "tangerang_live": ("html_login", {}, "html_instead_of_data"),
        "mobile_units": ("truncated", {}, "not_json"),
    },
    {
        "tangerang_live": ("empty", {}, "suspicious_empty"),
        "mobile_units": ("bad_utf8", {}, "not_json"),
    },
    {
        "tangerang_live": ("field_renamed", {"field": "kode", "to": "kd"}, "field_missing"),
        "mobile_units": ("redirect_to", {"url": "file:///etc/passwd"}, "scheme_blocked"),
    },
]


@pytest.mark.parametrize("faults", ROUNDS)
def test_a_system_that_misbehaves_says_why_and_its_last_good_stays(
    room: Stage, faults: dict[str, tuple[str, dict[str, Any], str]]
) -> None:
    for source, (fault, params, _) in faults.items():
        room.fault(source, fault, **params)
    for source, (_, _, cause) in faults.items():
        room.until_state(source, "broken", cause)
    live, units = room.document("status:live_service"), room.document("status:unit")
    assert (live["total"], live["missing"]) == (50, ["source:tangerang_live"])
    assert (units["total"], units["missing"]) == (26, ["source:mobile_units"])
    room.lift()
    for source in SOURCES:
        room.until_good(source)


def test_hostile_words_are_words(room: Stage) -> None:
    for source in ("tangerang_live", "mobile_units"):
        room.fault(source, "hostile_text")

    def changed() -> bool:
        rows = [*room.document("status:live_service")["rows"], *room.document("status:unit")["rows"]]
        return all(row["label"] != "LAKSA" and row["district"] in (None, "unknown") for row in rows)

    until(changed, told=lambda: room.document("status:unit")["rows"][:2])
    said = " ".join(str(body) for key, body in room.documents().items() if key.startswith("status:"))
    assert not re.search("[\\u202a-\\u202e\\u200b-\\u200f\\x00-\\x1f]", said) and "W" * 300 not in said
    assert room.document("status:unit")["total"] == 26
    room.lift()
    for source in SOURCES:
        room.until_good(source)
