"""Scenarios 1 to 4 and 10: departments fail, three at a time and each in its own way; the others go on untouched.

Each round proves for each failing department: broken with its cause in words, the last good kept, one log line down
and one up, fresh again by itself. And for the others: fresh all the while, polled in their rhythm.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.i18n import CATALOGUE, LANGS, cause
from tests.scenarios.stage import Stage, until

# Five past midnight of a night on which nothing happens to any report for two hours: what moves is our doing.
STAGE: dict[str, Any] = {"start": datetime(2026, 11, 24, 17, 5, tzinfo=UTC)}
SOURCES = {
    "laksa": {"options": {"days": 30}},
    "open311": {},
    "tpid_prices": {},
    # Small answers: a short limit for those that are to hang does not strike when the machine is slow.
    "panel_harga": {"timeout_s": 3},
    "paten": {"timeout_s": 3},
    "pihps": {},
    "lapor": {},
    "call112": {},
}
SLOW = ("hang", "slow_drip")

# department -> (fault, its parameters, the cause that is told)
ROUNDS: list[dict[str, tuple[str, dict[str, Any], str]]] = [
    {
        "laksa": ("refuse", {}, "refused"),
        "tpid_prices": ("html_login", {}, "html_instead_of_data"),
        "panel_harga": ("hang", {}, "timeout"),
        "lapor": ("html_login", {}, "html_instead_of_data"),
        "call112": ("refuse", {}, "refused"),
    },
    {
        "laksa": ("empty", {}, "suspicious_empty"),
        "open311": ("html_login", {}, "html_instead_of_data"),
        "paten": ("slow_drip", {"interval_s": 0.5}, "timeout"),
        "lapor": ("empty", {}, "suspicious_empty"),
        "call112": ("truncated", {}, "not_json"),
    },
    {
        "laksa": ("huge_body", {}, "too_large"),
        "open311": ("truncated", {}, "not_xml"),
        "tpid_prices": ("gzip_bomb", {}, "too_large"),
    },
    {
        "laksa": ("deep_json", {}, "too_deep"),
        "open311": ("bad_utf8", {}, "encoding"),
        "paten": ("redirect_loop", {}, "redirect_loop"),
        "lapor": ("redirect_loop", {}, "redirect_loop"),
    },
    {
        "laksa": ("nan", {}, "not_json"),
        "tpid_prices": ("infinity", {}, "not_json"),
        "paten": ("truncated", {}, "not_json"),
        "call112": ("infinity", {}, "not_json"),
    },
    {
        "laksa": ("bad_utf8", {}, "not_json"),
        "tpid_prices": ("http_error", {"status": 401}, "unauthorized"),
        "paten": ("http_error", {"status": 500}, "http_5xx"),
        "lapor": ("http_error", {"status": 401}, "unauthorized"),
    },
    {
        "laksa": ("zero_date", {}, "field_missing"),
        "tpid_prices": ("empty", {}, "suspicious_empty"),
        "paten": ("redirect_to", {"url": "http://169.254.169.254/latest/meta-data/"}, "address_blocked"),
        "lapor": ("zero_date", {}, "field_missing"),
    },
    {
        "laksa": ("drop_mandatory", {}, "field_missing"),
        "tpid_prices": ("redirect_to", {"url": "file:///etc/passwd"}, "scheme_blocked"),
        "paten": ("field_renamed", {}, "field_missing"),
        "lapor": ("field_renamed", {}, "field_missing"),
        "call112": ("drop_mandatory", {}, "field_missing"),
    },
]
KEPT = ("queue:aspiration", "prices", "kpi:aspiration:city")
MEMORY_MB = (
    700  # above what it held before; two hostile answers at once, again and again, would like two thousand each time
)


def _figures(room: Stage) -> dict[str, Any]:
    """What the wall shows of the sources, without the times it was computed at."""
    documents = room.documents()
    queue, prices, kpis = (documents[key] for key in KEPT)
    return {
        "queue": (queue["open"], [row["number"] for row in queue["rows"]]),
        "prices": [(row["commodity"], row["value"]) for row in prices["rows"]],
        "received": kpis["aspiration.received.d30"]["value"],
    }


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_departments_that_fail_are_told_and_the_others_go_on(lifted: Stage, number: int) -> None:
    room, failing = lifted, ROUNDS[number]
    others = [source for source in SOURCES if source not in failing]
    before, mark, asked, memory = _figures(room), len(room.log()), room.requests(), room.memory_mb("VmRSS")

    # Those that take their time come first: the quick ones would meanwhile fail often enough to open their breakers.
    slow = {source for source, (fault, _, _) in failing.items() if fault in SLOW}
    for some in (slow, failing.keys() - slow):
        for source in some:
            fault, params, _ = failing[source]
            room.fault(source, fault, **params)
        for source in some:
            state = room.until_state(source, "broken", failing[source][2])
            assert state["since"] and state["last_success"] and state["last_poll"] > state["last_success"]
            assert all(cause(state["cause"], lang) != cause("internal", lang) for lang in LANGS), "a cause in words"
            assert state["cause"] in CATALOGUE
            assert len(room.lines(source, mark)) == 1, "one line down"

    # The others were asked on while these hung, and nothing of them was called bad.
    until(lambda: all(room.requests()[source] >= asked[source] + 3 for source in others))
    for source in others:
        assert room.source_state(source)["state"] in ("fresh", "not_due", "due", "late", "quiet")
        assert not room.lines(source, mark)
    assert _figures(room) == before, "the last good stays"
    assert room.memory_mb() < memory + MEMORY_MB

    room.lift()
    for source in failing:
        room.until_good(source)
        until(lambda source=source: len(room.lines(source, mark)) >= 2)
        assert len(room.lines(source, mark)) == 2, f"one line up: {room.lines(source, mark)}"


def test_a_byte_order_mark_is_no_trouble(lifted: Stage) -> None:
    room, mark, before = lifted, len(lifted.log()), _figures(lifted)
    marked = ("laksa", "open311", "tpid_prices", "paten")
    for source in marked:
        room.fault(source, "bom")
    room.until_polled(*marked, times=3)
    for source in marked:
        assert room.until_good(source)["rejected"] == 0
        assert not room.lines(source, mark)
    assert _figures(room) == before
