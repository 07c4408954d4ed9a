"""LPSE and ISB in a running room: served is kept, odd answers are decisions, and nobody's name is kept anywhere."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from dashboard.history import schema
from dashboard.history.codec import case_from, loads
from tests.scenarios.stage import Stage, until
from tests.scenarios.truth import reconcile

STAGE: dict[str, Any] = {"start": datetime(2026, 11, 24, 6, 30, tzinfo=UTC)}
LISTS = ["lelang", "swakelola", "darurat-list"]  # the others differ in their columns only: tests/simulator/test_lpse.py
SOURCES = {"lpse": {"options": {"details_per_poll": 1000, "per_page": 40, "endpoints": LISTS}}, "isb": {}}
ERROR_PAGE = "<html><h1>Maaf, terjadi error pada aplikasi SPSE.</h1><p>Kode Error: X1</p></html>"


def kept(room: Stage) -> dict[str, list[dict[str, Any]]]:
    """What each version of every package says, oldest first."""
    current, version = schema.case_current, schema.case_version
    query = (
        sa.select(current.c.key, version.c.fields)
        .join(version, version.c.number == current.c.number)
        .where(current.c.source == "lpse", version.c.cause == "source")
        .order_by(current.c.number, version.c.n)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    with closing(room.history()) as history:
        for key, fields in history.rows(query):
            body = loads(fields)
            body.pop("_", None)
            case = case_from(body, key)
            found.setdefault(key, []).append({"stage": case.stage, "word": case.status_word, "case": case})
    return found


def listed(room: Stage) -> dict[str, list[dict[str, Any]]]:
    """The rows of the lists as the city served them, by key, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in room.served("lpse"):
        if entry["fields"].get("year") == "2026":  # swakelola answers with every year
            found.setdefault(entry["key"], []).append(entry["fields"])
    return found


def test_every_package_that_was_listed_is_kept_with_each_of_its_stages(room: Stage) -> None:
    def agreed() -> Any:
        truth, have = listed(room), kept(room)
        return truth.keys() == have.keys() and have

    have = until(agreed, told=lambda: listed(room).keys() ^ kept(room).keys())
    truth = listed(room)
    assert len(truth) > 120
    assert {key.partition("/")[0] for key in truth} == set(LISTS)
    for key, rows in truth.items():
        newest = have[key][-1]["case"]
        mark = "Tender Gagal" in rows[-1]["name"]
        assert newest.stage == "failed" if mark else newest.status_word == rows[-1]["stage"], key
        assert newest.amount_idr is not None and newest.department not in (None, "unknown"), key
        assert dict(newest.attributes)["rounded"] is False, "its page says the exact sum"
    late = [key for key, versions in have.items() if versions[-1]["case"].due_at is not None]
    assert late, "the stages of some have a planned end"
    document = until(lambda: room.document("breakdown:procurement"))
    city = document["scopes"]["city"]
    assert city["total"]["cases"] == len(truth)
    assert city["total"]["marks"]["failed"] == sum("Tender Gagal" in rows[-1]["name"] for rows in truth.values())
    assert city["total"]["marks"]["repeated"] == sum("Tender Ulang" in rows[-1]["name"] for rows in truth.values())
    assert city["total"]["amount"] == sum(versions[-1]["case"].amount_idr for versions in have.values())
    assert sum(cell["cases"] for cell in city["stages"].values()) == len(truth)
    assert city["total"]["late"] > 0


def test_the_open_data_of_isb_is_a_kind_of_its_own(room: Stage) -> None:
    assert len(reconcile(room, "isb")) >= 40
    total = until(lambda: room.document("breakdown:tender_notice"))["scopes"]["city"]["total"]
    tenders = sum(key.startswith("lelang/") for key in kept(room))
    assert total["cases"] == tenders, "side by side, never added"


def test_odd_answers_are_decisions_and_the_last_good_ones_stay(room: Stage) -> None:
    before = len(kept(room))
    room.fault("isb", "http_error", status=200, body="URL-NOT-DEFINED")
    for fault, params, cause in (
        ("http_error", {"status": 200, "body": ERROR_PAGE}, "http_5xx"),
        ("field_renamed", {"field": "stage", "to": "tahap_baru"}, "envelope"),
    ):
        room.fault("lpse", fault, **params)
        room.until_state("lpse", "broken", cause)
        room.lift("lpse")
        room.until_good("lpse")
    assert len(kept(room)) >= before
    room.until_state("isb", "broken", "not_json")
    room.lift("isb")
    room.until_good("isb")


def test_a_new_stage_is_kept_as_unknown_and_counted(room: Stage) -> None:
    room.fault("lpse", "new_status", word="Reviu Probity", share=0.1)
    state = until(lambda: (found := room.source_state("lpse"))["unknown_words"].get("status") and found)
    assert state["state"] in ("fresh", "quiet")
    unknown = until(lambda: room.document("breakdown:procurement")["scopes"]["city"]["stages"].get("unknown"))
    assert unknown["cases"] > 0
    room.lift("lpse")
    until(lambda: not room.source_state("lpse")["unknown_words"].get("status"))
