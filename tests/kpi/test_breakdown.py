"""Kinds broken down by stage, class and department: counts, money, marks, shares and means against plain Python."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.calendar import Calendar
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.errors import ConfigError
from dashboard.facts import CaseFact
from dashboard.kpi.breakdown import LISTED, BreakdownBook
from dashboard.kpi.figures import Behind
from dashboard.records import CaseStatus
from tests.config.factory import small_config
from tests.kpi.world import make_board, make_fact

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LABEL = {"label": {"id": "x", "en": "x"}, "definition": {"id": "x", "en": "x"}}
DECLARED: dict[str, Any] = {
    "stages": {"bids": {"id": "Penawaran", "en": "Bids"}, "done": {"id": "Selesai", "en": "Done"},
               "elsewhere": {"id": "Lain", "en": "Elsewhere"}},
    "amount": {"id": "Pagu", "en": "Budget"},
    "ceiling": {"id": "HPS", "en": "Ceiling"},
    "marks": {
        "failed": {**LABEL, "when": [{"attribute": "outcome", "equals": "failed"}]},
        "weak": {
            **LABEL,
            "when": [{"attribute": "gap", "above": 10}, {"attribute": "milestones", "above": 0}],
            "open_only": True,
            "mend": True,
        },
    },
    "shares": {
        "settled": {**LABEL, "numerator": {"stages": ["done"]}, "denominator": {}},
        "settled_money": {
            **LABEL, "of": "amount", "numerator": {"stages": ["done"]}, "denominator": {"without": ["failed"]},
        },
        "nothing": {**LABEL, "numerator": {}, "denominator": {"stages": ["elsewhere"]}},
    },
    "means": {"gap": {**LABEL, "attribute": "gap", "weight": "amount"}},
    "attributes": {"gap": {"label": {"id": "Selisih", "en": "Gap"}, "unit": "percent"}},
}  # fmt: skip
PERMIT = {"label": {"id": "Izin", "en": "Permits"}, "policy_by": "category", "breakdown": DECLARED}
CONFIG = small_config(kinds={"permit": PERMIT})
BEHIND = {"permit": Behind(sources=("permits",), data_at=1), "aspiration": Behind(sources=("laksa",))}


def book(config: Config = CONFIG) -> BreakdownBook:
    return BreakdownBook(config, Calendar(config, Registry(config)))


def told(made: BreakdownBook, now: datetime = NOW, late: dict[str, datetime] | None = None) -> dict[str, Any]:
    return made.documents(BEHIND, late or {}, now)["breakdown:permit"]


def some(count: int = 400) -> list[CaseFact]:
    rng = random.Random(7)
    found = []
    for number in range(1, count + 1):
        status = rng.choice([CaseStatus.WAITING, CaseStatus.IN_PROCESS, CaseStatus.CLOSED])
        opened = NOW - timedelta(days=rng.choice([1, 40, 300, 500]))
        due = rng.choice([None, NOW - timedelta(days=3), NOW + timedelta(days=3)])
        found.append(
            make_fact(
                number,
                kind="permit",
                source="permits",
                status=status,
                stage=rng.choice(["bids", "done", None]),
                klass=rng.choice(["tender", "direct", None]),
                department=rng.choice(["PU", "BPBD", None, "unknown"]),
                visibility=rng.choice(["wall", "wall", "desk", "confidential"]),
                amount_idr=rng.choice([None, 0, 3_800_000, 1_200_000_000]),
                ceiling_idr=rng.choice([None, 1_000]),
                attributes=(
                    ("outcome", rng.choice([None, "failed"])),
                    ("gap", rng.choice([None, 5.0, 25.0])),
                    ("milestones", rng.choice([0, 0, 2])),
                ),
                opened_at=opened,
                due_at=due,
                due_basis=rng.choice(["source", "usulan"]) if due else None,
                resolved_at=opened if status is CaseStatus.CLOSED else None,
                vanished_at=NOW if rng.random() < 0.05 else None,
            )
        )
    return found


def counts(fact: CaseFact) -> bool:
    this_year = fact.record.opened_at.year == NOW.year
    return fact.vanished_at is None and (fact.record.status.open or this_year)


def test_counts_money_marks_shares_and_means_are_those_of_plain_python() -> None:
    facts, made = some(), book()
    made.put(facts)
    document = told(made)
    here = [fact for fact in facts if counts(fact)]
    for scope, mine in [
        ("city", here),
        *((f"department:{name}", [f for f in here if f.record.department == name and f.visibility != "confidential"])
          for name in ("PU", "BPBD")),
    ]:  # fmt: skip
        total = document["scopes"][scope]["total"]
        late = [f for f in mine if f.record.status.open and f.due_at is not None and f.due_at <= NOW]
        assert total["cases"] == len(mine)
        assert total["late"] == sum(f.due_basis == "source" for f in late)
        assert total["late_proposed"] == sum(f.due_basis == "usulan" for f in late)
        known = [f.record.amount_idr for f in mine if f.record.amount_idr is not None]
        assert (total["amount"], total["no_amount"]) == (sum(known), len(mine) - len(known))
        stages = document["scopes"][scope]["stages"]
        assert sum(cell["cases"] for cell in stages.values()) == len(mine)
        assert set(stages) <= {"bids", "done", "unknown"}
        weak = [f for f in mine if _weak(f)]
        assert total["marks"].get("weak", 0) == len(weak)
        assert total["unmended"].get("weak", 0) == sum(f.due_at is None for f in weak)
        share = document["scopes"][scope]["shares"]["settled"]
        done = sum(f.record.stage == "done" for f in mine)
        assert (share["numerator"], share["denominator"]) == (done, len(mine))
        assert share["value"] == pytest.approx(100 * done / len(mine))
        gaps = [(dict(f.record.attributes)["gap"], f.record.amount_idr) for f in mine]
        both = [(gap, money) for gap, money in gaps if gap is not None and money]
        mean = document["scopes"][scope]["means"]["gap"]
        assert mean["value"] == pytest.approx(sum(g * m for g, m in both) / sum(m for _, m in both))
        assert mean["n"] + mean["unknown"] == len(mine)
    assert document["scopes"]["city"]["shares"]["nothing"]["value"] is None, "of none there is no share"
    assert set(document["scopes"]) == {"city", "department:PU", "department:BPBD"}
    unknown = sum(f.record.department in (None, "unknown") or f.visibility == "confidential" for f in here)
    assert f"unknown_department:{unknown}" in document["missing"]


def _weak(fact: CaseFact) -> bool:
    said = dict(fact.record.attributes)
    return fact.record.status.open and ((said["gap"] or 0) > 10 or said["milestones"] > 0)  # type: ignore[operator]


def test_what_stands_out_is_listed_and_a_confidential_case_never() -> None:
    facts, made = some(), book()
    made.put(facts)
    rows = told(made)["cases"]
    assert len(rows) == LISTED
    by_number = {fact.number: fact for fact in facts}
    assert all(by_number[row["number"]].visibility != "confidential" for row in rows)
    dues = [row["due_at"] for row in rows if row["due_at"] is not None]
    assert dues == sorted(dues), "the most late first"
    assert all(row["marks"] or row["state"] in ("overdue", "unconfirmed") for row in rows)


def test_a_wall_is_told_counts_and_no_row_that_only_a_desk_may_see() -> None:
    made = book()
    made.put([make_fact(1, kind="permit", source="permits", visibility="desk", due_at=NOW, due_basis="source")])
    document = told(made)
    config = CONFIG
    wall, desk = (Disclosure(Registry(config), frozenset(levels)) for levels in (("wall",), ("wall", "desk")))
    body = {**document, "cases": [{**document["cases"][0], "category": "poverty", "source": config.sources[0].id}]}
    for told_to, rows in ((wall, 0), (desk, 1)):
        found = told_to.documents({"breakdown:permit": body})["breakdown:permit"]
        assert len(found["cases"]) == rows
        assert found["scopes"]["city"]["total"]["cases"] == 1
    hidden = small_config(kinds={"permit": {**PERMIT, "visibility": "confidential"}})
    assert not Disclosure(Registry(hidden), frozenset(("wall", "desk"))).documents({"breakdown:permit": body})


def test_a_deadline_that_passes_and_a_source_that_is_down_make_it_anew() -> None:
    made = book()
    made.put([make_fact(1, kind="permit", source="permits", due_at=NOW + timedelta(hours=1), due_basis="source")])
    assert told(made)["scopes"]["city"]["total"]["late"] == 0
    later = NOW + timedelta(hours=1)
    assert told(made, later)["scopes"]["city"]["total"]["late"] == 1
    unheard = told(made, later, {"permits": NOW})["scopes"]["city"]["total"]
    assert (unheard["late"], unheard["unconfirmed"]) == (0, 1), "nobody has looked since"


def test_the_year_ends_what_was_closed_in_it() -> None:
    made = book()
    made.put([make_fact(1, kind="permit", source="permits", status=CaseStatus.CLOSED, resolved_at=NOW)])
    assert told(made)["scopes"]["city"]["total"]["cases"] == 1
    assert told(made, NOW + timedelta(days=60))["scopes"]["city"]["total"]["cases"] == 0


def test_a_rule_that_says_nothing_is_refused() -> None:
    mark = {**LABEL, "when": [{"attribute": "gap"}]}
    with pytest.raises(ConfigError) as refused:
        small_config(kinds={"permit": {**PERMIT, "breakdown": {**DECLARED, "marks": {"odd": mark}}}})
    assert "say equals, above or below" in str(refused.value)


def test_a_component_takes_a_share_with_its_target_and_none_of_a_kind_nobody_reports() -> None:
    target = {"value": 50, "valid_from": "2026-01-01", "set_by": "W", "basis": "SK", "status": "usulan"}
    label = {"id": "A", "en": "A"}
    parts = [{"share": "permit.settled", "targets": [target]}]
    config = small_config(kinds={"permit": PERMIT}, components={"government": {"label": label, "parts": parts}})
    board = make_board(config)
    card = board.documents(NOW)["components"]["components"]["government"]
    assert (card["score"], card["parts"][0]["value"], card["parts"][0]["target"]) == (None, None, 50)
    facts = [
        make_fact(n, kind="permit", source="permits", stage="done" if n < 3 else "bids", category="billboard")
        for n in range(1, 9)
    ]
    board.load(now=NOW, seq=1, open_cases=facts, served=[("permit", "permits", "simulated")])
    part = board.documents(NOW)["components"]["components"]["government"]["parts"][0]
    assert (part["value"], part["performance"], part["sources"]) == (25.0, 50.0, ["permits"])
