"""The tier of a source follows from its polls; each demand is shown to count by breaking it alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.facts import PollFact
from dashboard.tiers import JUDGED, tier

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
GOOD = PollFact(source="x", started_at=NOW, finished_at=NOW, outcome="ok", rows=10, data_at=NOW, skew_s=0.4)
SPARED = replace(GOOD, outcome="not_modified", rows=None)
BAD = replace(GOOD, outcome="unavailable", cause="refused", data_at=None)
GOLD = [GOOD, *[SPARED] * (JUDGED - 1)]


def test_nothing_came_yet() -> None:
    assert tier([]) == tier([BAD] * JUDGED) == ""


def test_the_best_there_is() -> None:
    assert tier(GOLD) == "gold"


@pytest.mark.parametrize(
    "flaw",
    [
        {"skew_s": 61.0},
        {"data_at": None},
        {"drift": ("+new_field",)},
        {"unknown_words": {"status": 1}},
        {"copied_forward": True},
    ],
)
def test_one_flaw_costs_gold(flaw: dict[str, Any]) -> None:
    assert tier([replace(GOLD[0], **flaw), *GOLD[1:]]) == "silver"


def test_a_source_that_cannot_say_nothing_new_is_silver() -> None:
    assert tier([GOOD] * JUDGED) == "silver"


@pytest.mark.parametrize("flaw", [{"whole": False}, {"rejected": 1}])
def test_one_answer_that_was_not_whole_or_had_a_bad_row_costs_silver(flaw: dict[str, Any]) -> None:
    assert tier([replace(GOLD[0], **flaw), *GOLD[1:]]) == "bronze"


def test_one_bad_poll_in_twenty_is_forgiven_and_two_are_not() -> None:
    assert tier([BAD, *GOLD[1:]]) == "gold"
    assert tier([BAD, BAD, *GOLD[2:]]) == "bronze"
    assert tier(GOLD[1:]) == "bronze", "too few polls to judge by"
