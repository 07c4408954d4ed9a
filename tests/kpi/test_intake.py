"""The open cases of a kind by the system they came from: counted from the table alone, whatever order they came in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.facts import CaseChange, CaseFact
from dashboard.records import CaseStatus
from dashboard.views_groups import view
from dashboard.views_words import Words
from tests.ingest.served import T0
from tests.kpi.world import commit_of, make_board, make_fact


def facts() -> list[CaseFact]:
    of_lapor: dict[str, Any] = {"source": "lapor", "department": "Dishub", "district": "36.71.01"}
    return [
        make_fact(1, **of_lapor, status=CaseStatus.IN_PROCESS, stage="forwarded", transfers=2),
        make_fact(2, **of_lapor, status=CaseStatus.PAUSED, stage="postponed", transfers=0),
        make_fact(3, **of_lapor, status=CaseStatus.WAITING, stage="verification"),
        make_fact(4, source="laksa", department="DPUPR", district="36.71.01"),
        make_fact(5, **of_lapor, status=CaseStatus.TRANSFERRED, stage="not_ours", resolved_at=T0),
    ]


def told(config: Config, order: list[CaseFact]) -> dict[str, Any]:
    board = make_board(config)
    for seq, fact in enumerate(order, 1):
        board.apply(commit_of(seq, T0, [CaseChange(before=None, after=fact)], fact.source))
    found: dict[str, Any] = board.documents(T0 + timedelta(minutes=1), changed_only=False)
    return found


def test_forwarded_postponed_and_passed_on_are_counted_apart_for_each_system(config: Config) -> None:
    found = told(config, facts())["intake:aspiration"]["sources"]
    assert found["lapor"] == {
        "open": 3, "statuses": {"in_process": 1, "paused": 1, "waiting": 1},
        "stages": {"forwarded": 1, "postponed": 1, "verification": 1}, "passed_on": 1, "transfers": 2,
    }  # fmt: skip
    assert found["laksa"] == {"open": 1, "statuses": {"waiting": 1}, "stages": {"": 1}, "passed_on": None,
                              "transfers": None}  # fmt: skip


def test_it_is_the_same_in_whatever_order_they_came(config: Config) -> None:
    key = "intake:aspiration"
    first, second = told(config, facts())[key], told(config, facts()[::-1])[key]
    assert first == second and list(first["sources"]) == list(second["sources"])


def test_loaded_from_history_it_is_what_the_commits_made(config: Config) -> None:
    board, now = make_board(config), T0 + timedelta(minutes=1)
    opened = [fact for fact in facts() if fact.record.status.open]
    board.load(now=now, seq=5, open_cases=opened, served=[("aspiration", f.source, "simulated") for f in facts()])
    assert board.documents(now, changed_only=False)["intake:aspiration"] == told(config, facts())["intake:aspiration"]


def test_a_page_shows_both_systems_and_hides_a_hidden_one(config: Config) -> None:
    documents = told(config, facts())
    block = view(Words(documents, Disclosure(Registry(config), AUDIENCES["desk"]), "id"), "aspiration")
    table = block.tables[0]
    cells = {row.cells[0].text: {c.key: cell.text for c, cell in zip(table.columns, row.cells, strict=True)}
             for row in table.rows}  # fmt: skip
    assert cells["LAPOR!"]["stage-forwarded"] == "1" and cells["LAPOR!"]["passed_on"] == "1"
    assert cells["LAKSA"]["stage-forwarded"] == "–", "LAKSA tells no stage: not known is not zero"
    shut = [s.model_copy(update={"visibility": "confidential"}) if s.id == "lapor" else s for s in config.sources]
    hidden = config.model_copy(update={"sources": tuple(shut)})
    body = Disclosure(Registry(hidden), AUDIENCES["desk"]).documents(documents)["intake:aspiration"]
    assert set(body["sources"]) == {"laksa"}
