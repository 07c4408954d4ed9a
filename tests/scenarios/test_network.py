"""Scenario 31: the core of the city's network falls and 300 sites with it: one cause with its list; flapping once. And
the catalogue of applications, which is probed the same way."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, stage, until

SOURCES: dict[str, dict[str, Any]] = {"wan": {"every_s": 0.5}, "applications": {"every_s": 1}}
QUIET = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def room() -> Iterator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    try:
        with stage(folder, SOURCES, start=QUIET, simulator={"history_days": 2}) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sites(room: Stage) -> dict[str, Any]:
    found: dict[str, Any] = room.document("status:site") or {"total": 0, "troubles": [], "flapping": [], "states": {}}
    return found


def test_a_core_that_falls_is_one_cause_with_its_list(room: Stage) -> None:
    whole = until(lambda: (found := sites(room))["total"] and found, told=lambda: room.log()[-3000:])
    assert whole["total"] == 300 and sum(group["total"] for group in whole["groups"].values()) == 300
    before = {trouble["subject"]: len(trouble["behind"]) for trouble in whole["troubles"]}
    room.fault("wan", "site_down", site="INTI")
    one = until(
        lambda: (found := sites(room))["states"].get("unreachable") == 299 and found, told=lambda: sites(room)["states"]
    )
    (cause,) = one["troubles"]
    assert (cause["subject"], len(cause["behind"]), one["not_well"]) == ("INTI", 299, 1)
    room.lift("wan")
    until(lambda: {t["subject"]: len(t["behind"]) for t in sites(room)["troubles"]} == before, told=lambda: before)
    assert not any("error" in line for line in room.lines("wan")), "no source failed"


def test_no_site_is_down_while_the_rooms_own_line_is_cut(room: Stage) -> None:
    room.fault("uplink", "hang")
    room.fault("wan", "refuse")
    room.until_state("wan", "stale", "uplink")
    assert {row["said"] for row in sites(room)["rows"] if row["subject"] == "INTI"} == {"up"}
    room.lift()
    room.until_good("wan")


def test_every_name_is_as_the_registry_writes_it_and_every_state_as_the_city_knows_it(room: Stage) -> None:
    for kind, folder in (("site", "registry"), ("application", "applications")):
        (path,) = (room.folder / "var" / "simulator" / folder).glob("*.csv")
        with path.open(encoding="utf-8", newline="") as file:
            names = {row["kode"]: row["nama"] for row in csv.DictReader(file, delimiter=";")}
        found = until(lambda kind=kind: (body := room.document(f"status:{kind}")) and body["total"] and body)
        assert {row["subject"]: row["label"] for row in found["rows"]} == names
    truth = {entry["key"]: entry["fields"]["keadaan"] for entry in room.served("wan") if not entry["path"]}
    said = {"hidup": "up", "putus": "down"}
    until(
        lambda: {row["subject"]: row["said"] for row in sites(room)["rows"]} == {k: said[v] for k, v in truth.items()},
        told=lambda: sites(room)["states"],
    )


def test_a_district_that_flaps_is_told_once(room: Stage) -> None:
    room.fault("wan", "site_flaps", site="KEC-05", period_s=6)
    found = until(
        lambda: [f for f in sites(room)["flapping"] if f["subject"] == "KEC-05"], told=lambda: sites(room)["flapping"]
    )[0]
    until(lambda: len(sites(room)["flapping"]) == 1, told=lambda: [f["subject"] for f in sites(room)["flapping"]])
    assert found["changes"] >= 4 and found["behind"]
    room.lift("wan")


def test_a_registry_that_turns_bad_keeps_the_last_good(room: Stage) -> None:
    room.fault("wan", "drop_mandatory")
    room.fault("wan", "field_renamed", field="kode", to="kd")
    room.until_state("wan", "broken")
    assert sites(room)["total"] == 300 and sites(room)["missing"] == ["source:wan"]
    room.lift("wan")
    room.until_good("wan")
    assert sites(room)["total"] == 300


def catalogue(room: Stage) -> dict[str, Any]:
    found: dict[str, Any] = room.document("status:application") or {"total": 0, "rows": []}
    return found


def test_the_catalogue_adds_up_and_says_what_it_does_not_know(room: Stage) -> None:
    found = until(lambda: (body := catalogue(room))["total"] and body, told=lambda: room.log()[-3000:])
    newest, oldest = found["declared"]
    assert (newest["total"], newest["difference"], newest["unexplained"]) == (222, -69, 0)
    assert (oldest["total"], oldest["found"], oldest["difference"]) == (153, 153, 0)
    assert [part["difference"] for part in oldest["parts"].values()] == [0, 0, 0, 0, 0]
    assert sum(found["states"].values()) == 153 and found["states"]["unprobed"] > 0
    share = found["shares"]["integrated"]
    assert share["numerator"] == 13 and share["denominator"] == 153
    assert found["sums"]["transactions"]["unknown"] > 0, "what nobody counts is no zero"
    rows = {row["label"]: row for row in found["rows"]}
    assert rows["LAKSA"]["attributes"]["connector"] == "laksa" and rows["LAKSA"]["department"] == "Diskominfo"
    assert "person" not in str(found).lower() and "0812" not in str(found)


def test_an_application_that_answers_with_an_error_is_down(room: Stage) -> None:
    room.fault("applications", "http_503")
    found = until(
        lambda: (body := catalogue(room))["states"].get("down", 0) > 100 and body,
        told=lambda: catalogue(room)["states"],
    )
    assert {row["detail"] for row in found["rows"] if row["state"] == "down"} == {"http_5xx"}
    room.lift("applications")
    until(lambda: catalogue(room)["states"].get("down", 0) < 30, told=lambda: catalogue(room)["states"])


def test_a_file_with_a_nul_is_refused_and_an_owner_nobody_knows_is_kept_as_written(room: Stage) -> None:
    room.fault("applications", "hostile_text", long_word=False)
    room.until_state("applications", "broken", "not_a_table")
    assert catalogue(room)["total"] == 153 and "LAKSA" in {row["label"] for row in catalogue(room)["rows"]}
    room.lift("applications")
    room.fault("applications", "new_department", share=1.0, word="Dinas Kecerdasan Artifisial")
    until(
        lambda: {row["department"] for row in catalogue(room)["rows"]} == {"unknown"}, told=lambda: room.log()[-2000:]
    )
    room.lift("applications")
    room.until_good("applications")
