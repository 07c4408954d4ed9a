"""Scenario 44 and visibility: counted, but never listed, never placed, never to be had by subtraction."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from tests.ingest.served import Room, row

DISTRICTS = ("36.71.01", "36.71.02", "36.71.03")
CONFIDENTIAL, SENSITIVE, OPEN = "Gangguan jiwa", "Bantuan sosial", "Jalan rusak"


def listed(asker: Any, **more: Any) -> list[dict[str, Any]]:
    found, cursor = [], {}
    while True:
        answer = asker.get("cases", limit=40, **more, **cursor)
        found += answer["cases"]
        if answer["next"] is None:
            return found
        cursor = {"cursor": answer["next"]}


def test_confidential_cases_are_counted_and_listed_nowhere(placed: Room, asker_of: Any) -> None:
    served = [row("A", category=CONFIDENTIAL, district=DISTRICTS[0]), row("B", category="kata tak dikenal"), row("C")]
    placed.poll(served, 0)
    asker = asker_of(placed)
    answer = asker.get("cases")
    assert [case["number"] for case in answer["cases"]] == [3]
    assert answer["confidential"]["aspiration"] == 2
    assert asker.get("kpis")["kpis"]["aspiration.open.now"]["value"] == 3
    assert asker.get("kpis", scope=f"district:{DISTRICTS[0]}")["kpis"]["aspiration.open.now"]["value"] == 0
    assert "mental_health" not in str(asker.get("cells"))
    assert {figure["code"] for figure in asker.get("groups", kind="aspiration")["rows"]} == {"road", "complaint"}
    assert listed(asker, district=DISTRICTS[0]) == []


def test_a_confidential_department_is_no_scope_and_no_filter(placed: Room, asker_of: Any) -> None:
    placed.poll([row("A", opd="Inspektorat")], 0)
    asker = asker_of(placed)
    assert listed(asker) == []
    for name, query in (("kpis", {"scope": "department:Inspektorat"}), ("cases", {"department": "Inspektorat"})):
        status, problem = asker.ask(name, **query)
        assert status == 404
        assert "Inspektorat" not in str(problem)


def test_one_sensitive_case_in_a_small_area_is_not_placed(placed: Room, asker_of: Any) -> None:
    served = [row("A", category=SENSITIVE, district=DISTRICTS[0], subdistrict=f"{DISTRICTS[0]}.1001")]
    served += [row(f"B{n}", category=SENSITIVE, district=DISTRICTS[1]) for n in range(7)]
    served += [row(f"C{n}", district=district) for district in DISTRICTS for n in range(6)]
    placed.poll(served, 0)
    asker = asker_of(placed)
    rows = {counts["category"]: counts for counts in asker.get("cells", kind="aspiration")["rows"]}
    assert rows["social_aid"]["total"] == 8
    assert rows["social_aid"]["districts"][DISTRICTS[0]] is None
    (alone,) = (case for case in listed(asker) if case["number"] == 1)
    assert (alone["district"], alone["subdistrict"], alone["withheld"]) == (None, None, True)
    assert 1 not in [case["number"] for case in listed(asker, district=DISTRICTS[0])]
    assert listed(asker, subdistrict=f"{DISTRICTS[0]}.1001") == []
    placed.poll([row("A", "selesai", category=SENSITIVE, district=DISTRICTS[0], resolved=1), *served[1:]], 2)
    asker = asker_of(placed)
    (alone,) = (case for case in listed(asker) if case["number"] == 1)
    assert (alone["state"], alone["district"]) == (None, None), "closed, and still not placed"


@pytest.mark.parametrize("seed", range(4))
def test_counting_rows_tells_what_the_cells_tell_and_no_more(placed: Room, asker_of: Any, seed: int) -> None:
    rng = Random(seed)
    words = (SENSITIVE, "Orang terlantar", OPEN, "Sampah", "Banjir")
    served = [
        row(f"A{n}", rng.choice(("menunggu", "proses")), category=rng.choice(words),
            district=rng.choice((*DISTRICTS, *DISTRICTS[:1] * 3)))
        for n in range(90)
    ]  # fmt: skip
    placed.poll(served, 0)
    asker = asker_of(placed)
    shown = {
        (row["category"], district): count
        for row in asker.get("cells", kind="aspiration")["rows"]
        for district, count in row["districts"].items()
        if count and district in DISTRICTS
    }
    counted = Counter((case["category"], case["district"]) for case in listed(asker) if case["district"])
    assert counted == shown
    by_question: Counter[tuple[str, str]] = Counter()
    for district in DISTRICTS:
        by_question.update((case["category"], case["district"]) for case in listed(asker, district=district))
    assert by_question == shown
    assert None in {
        count for row in asker.get("cells", kind="aspiration")["rows"] for count in row["districts"].values()
    }
