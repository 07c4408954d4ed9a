"""e-audit by two blocks alone: what the views serve is kept, the rule is the stated one, and no text comes in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.simulator.audit_matters import EXCUSED, REVIEW, SETTLED, Matters
from connectors.simulator.eaudit import Eaudit
from connectors.simulator.faults import Fault, Misbehaviour
from connectors.simulator.ledger import Ledger
from dashboard.disclosure import Disclosure
from dashboard.history.codec import dumps, record_fields
from tests.ingest.served import Room
from tests.ingest.shipped import ShippedRoom, shipped
from tests.kpi.world import make_board
from tests.simulator.running import make_city

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
Rows = Callable[[str, datetime], list[dict[str, Any]]]


class Base:
    """The stand-in's database, read with the shipped block's own query."""

    def __init__(self, room: Room, folder: Path) -> None:
        self._room, self.path = room, folder / "eaudit.sqlite"
        names = {department.abbr: department.name for department in room.config.departments}
        offices = [d.abbr for d in room.config.departments if d.visibility == "wall" and d.valid_to is None]
        self.spoilt = {"activities": Misbehaviour(), "recommendations": Misbehaviour()}
        self.ledger = Ledger()
        self.made = Eaudit(make_city(NOW), Matters(2016, offices, ZONE), names, self.path, self.ledger, self.spoilt)
        self.made.start()
        self._real = 0.0

    def rows(self, source: str, now: datetime) -> list[dict[str, Any]]:
        self._real += 60
        self.made.refresh(now, self._real)
        block = next(found for found in self._room.config.sources if found.id == source)
        given = {"from": (now - timedelta(days=365)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")}
        with closing(sqlite3.connect(self.path)) as base:
            base.row_factory = sqlite3.Row
            used = given if ":from" in block.options["query"] else {}
            return [dict(row) for row in base.execute(block.options["query"], used)]


@pytest.fixture
def base(room: Room, tmp_path: Path) -> Base:
    return Base(room, tmp_path)


def kept(room: ShippedRoom) -> dict[str, Any]:
    return {fact.record.key: fact for fact in room.history.facts() if fact.source == room.source_id}


@pytest.mark.parametrize("source", ["activities", "recommendations"])
def test_served_is_kept_record_by_record(room: Room, base: Base, source: str) -> None:
    audit = shipped(room, source)
    for step, now in enumerate((NOW, NOW + timedelta(days=8), NOW + timedelta(days=30))):
        audit.poll(base.rows(source, now), 60 * 24 * 365 + step * 10)
    facts = kept(audit)
    served: dict[str, list[dict[str, Any]]] = {}
    for entry in base.ledger.since(0, source, 100_000):
        served.setdefault(entry.key, []).append(dict(entry.fields))
    assert facts.keys() == served.keys() and len(facts) > 90
    for key, versions in served.items():
        record, last = facts[key].record, versions[-1]
        assert (record.status_word, record.amount_idr) == (last["status"], last["pagu" if "pagu" in last else "nilai"])
        assert record.department not in (None, "unknown")
    assert max(map(len, served.values())) > 1, "the city went on"


def test_no_text_and_nobody_comes_in(room: Room, base: Base) -> None:
    for source in ("activities", "recommendations"):
        audit = shipped(room, source)
        rows = base.rows(source, NOW)
        audit.poll(rows, 60 * 24 * 267)
        said = f"{rows} {[dumps(record_fields(fact.record)) for fact in kept(audit).values()]}".casefold()
        for identity in base.ledger.planted:
            assert identity.casefold() not in said
        assert "terdapat" not in said and "temuan " not in said


def test_weak_is_what_the_rule_says_and_those_without_a_day_for_the_mend_are_counted(room: Room, base: Base) -> None:
    audit, board = shipped(room, "activities"), make_board(room.config)
    board.apply(audit.poll(base.rows("activities", NOW), 60 * 24 * 267))
    found = board.documents(NOW)["breakdown:activity"]
    rows = base.rows("activities", NOW)
    weak = [
        row for row in rows
        if row["status"] != "selesai"
        and (row["selisih_fisik"] > 10 or row["selisih_keuangan"] > 20 or row["tonggak_terlambat"] > 1)
    ]  # fmt: skip
    total = found["scopes"]["city"]["total"]
    assert total["marks"]["weak"] == len(weak) > 5
    assert total["unmended"]["weak"] == sum(row["batas_perbaikan"] is None for row in weak) > 0
    paid = sum(row["realisasi_fisik"] * row["pagu"] for row in rows) / sum(row["pagu"] for row in rows)
    assert found["scopes"]["city"]["means"]["physical"]["value"] == pytest.approx(paid)
    share = found["scopes"]["city"]["shares"]["weak_share"]
    assert (share["numerator"], share["denominator"]) == (len(weak), sum(row["status"] == "berjalan" for row in rows))
    listed = [row for row in found["cases"] if "weak" in row["marks"]]
    assert listed and all(row["attributes"]["physical"] is not None for row in listed)


def test_both_published_formulas_stand_with_their_denominators(room: Room, base: Base) -> None:
    audit, board = shipped(room, "recommendations"), make_board(room.config)
    board.apply(audit.poll(rows := base.rows("recommendations", NOW), 60 * 24 * 267))
    document = board.documents(NOW)["breakdown:recommendation"]
    shares, stages = document["scopes"]["city"]["shares"], document["scopes"]["city"]["stages"]
    words = [row["status"] for row in rows]
    settled, excused = words.count(SETTLED), words.count(EXCUSED)
    assert excused > 0 and words.count(REVIEW) == stages["in_review"]["cases"]
    both = shares["completion_of_all"], shares["completion_less_excused"]
    assert [(one["numerator"], one["denominator"]) for one in both] == [
        (settled, len(rows)), (settled, len(rows) - excused)
    ]  # fmt: skip
    assert both[0]["value"] < both[1]["value"]
    inside = [row for row in rows if row["asal"] == "Inspektorat Kota"]
    outside = [row for row in inside if row["diangkat_pemeriksa_luar"] == "ya"]
    done = [row for row in inside if row["status"] == SETTLED and row not in outside]
    share = shares["settled_inside"]
    assert (share["numerator"], share["denominator"]) == (len(done), len(done) + len(outside))
    money = shares["value_settled"]
    assert money["denominator"] == sum(row["nilai"] for row in rows)
    desk = Disclosure(room.ingest.registry, frozenset({"wall", "desk"}))
    assert desk.documents({"breakdown:recommendation": document})["breakdown:recommendation"]["cases"]


def test_a_wall_gets_counts_by_department_and_no_row(room: Room, base: Base) -> None:
    audit, board = shipped(room, "recommendations"), make_board(room.config)
    board.apply(audit.poll(base.rows("recommendations", NOW), 60 * 24 * 267))
    documents = board.documents(NOW)
    wall = Disclosure(room.ingest.registry, frozenset({"wall"}))
    told = wall.documents(documents)
    counts = told["breakdown:recommendation"]
    assert counts["cases"] == [] and told["queue:recommendation"]["rows"] == []
    assert len(counts["scopes"]) > 20 and counts["scopes"]["city"]["total"]["cases"] > 90


def test_the_stand_in_misbehaves(base: Base) -> None:
    base.rows("activities", NOW)
    base.spoilt["activities"].set(Fault("refuse"))
    with pytest.raises(sqlite3.OperationalError):
        base.rows("activities", NOW)
    assert base.rows("recommendations", NOW), "each view on its own"
    base.spoilt["activities"].lift()
    assert base.rows("activities", NOW)
    base.spoilt["recommendations"].set(Fault("new_status", {"word": "Dikembalikan", "share": 1.0}))
    assert {row["status"] for row in base.rows("recommendations", NOW)} == {"Dikembalikan"}
    base.spoilt["recommendations"].set(Fault("hang"))
    with pytest.raises(sqlite3.OperationalError):
        base.rows("recommendations", NOW)
    base.made.stop()
