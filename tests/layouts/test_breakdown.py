"""The block of a kind broken down: money in words, shares with both parts, what is unknown said, rows by visibility."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dashboard.access import AUDIENCES
from dashboard.api_breakdown import breakdown
from dashboard.api_documents import Ask
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.records import CaseStatus
from dashboard.views_breakdown import view
from dashboard.views_desk import Block
from dashboard.views_words import Words
from layouts.blocks.breakdown import layout
from tests.ingest.served import T0
from tests.kpi.world import make_board, make_fact

NOW = T0 + timedelta(hours=4)


def documents(config: Config) -> dict[str, Any]:
    board = make_board(config)
    given: dict[str, Any] = {
        "kind": "procurement", "source": "lpse", "department": "DPUPR", "klass": "tender", "category": "works",
        "district": None, "opened_at": T0 - timedelta(days=40),
    }  # fmt: skip
    said = (("repeated", False), ("rounded", False))
    facts = [
        make_fact(1, **given, stage="evaluation", status=CaseStatus.IN_PROCESS, amount_idr=1_250_000_000,
                  ceiling_idr=1_198_000_000, due_at=T0, due_basis="source", attributes=(("outcome", None), *said)),
        make_fact(2, **given, stage="failed", status=CaseStatus.CLOSED, amount_idr=None,
                  attributes=(("outcome", "failed"), *said)),
        make_fact(3, **{**given, "department": None}, stage="done", status=CaseStatus.CLOSED, amount_idr=3_800_000,
                  attributes=(("outcome", "done"), *said)),
    ]  # fmt: skip
    served = [(f.record.kind, f.source, f.provenance) for f in facts]
    opened = [fact for fact in facts if fact.record.status.open]
    ended = [fact for fact in facts if not fact.record.status.open]
    board.load(now=NOW, seq=1, open_cases=opened, ended=ended, served=served)
    found: dict[str, Any] = board.documents(NOW, changed_only=False)
    return found


def shown(config: Config, lang: Any = "id", levels: str = "desk") -> Block:
    told = Disclosure(Registry(config), AUDIENCES[levels])
    made = view(Words(told.documents(documents(config)), told, lang), "procurement")
    assert layout(made) is not None
    return made


def test_figures_say_money_in_words_and_shares_with_both_parts(config: Config) -> None:
    found = {figure.key.removeprefix("procurement-"): figure for figure in shown(config).figures}
    assert found["cases"].value == "3"
    assert found["amount"].value == "Rp1,3\xa0miliar"
    assert any("1 tidak diketahui nilainya" in text for text in found["amount"].more)
    assert (found["late"].value, found["late"].mark) == ("1", "◆")
    failure = found["tender_failure"]
    assert (failure.value, failure.more[0]) == ("50,0%", "1 / 2")
    assert any("gagal atau batal" in text for _, text in failure.about)
    assert found["failed"].value == "1"


def test_tables_by_stage_class_department_and_what_needs_attention(config: Config) -> None:
    tables = {table.key: table for table in shown(config).tables}
    stages = [row.cells[0].text for row in tables["procurement-by-stage"].rows]
    assert stages == ["Evaluasi", "Selesai", "Gagal"], "in the order of the configuration"
    (department,) = tables["procurement-by-department"].rows
    assert department.cells[0].text == "DPUPR"
    (case,) = tables["procurement-outstanding"].rows
    assert not tables["procurement-outstanding"].remarks, "all of them are listed"
    texts = [cell.text for cell in case.cells]
    assert texts[0] == "1" and "Tender" in texts and "Evaluasi" in texts
    assert any("◆" in text for text in texts)


def test_english_and_nothing_published_yet(config: Config) -> None:
    found = {figure.key: figure.value for figure in shown(config, "en").figures}
    assert found["procurement-amount"] == "Rp1.3\xa0billion"
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    empty = view(Words({}, told, "id"), "procurement")
    assert not empty.figures and not empty.tables and layout(empty) is not None


def test_the_api_says_the_same(config: Config) -> None:
    told = Disclosure(Registry(config), AUDIENCES["desk"])
    answer = breakdown(Ask(documents=told.documents(documents(config)), known=told, now=NOW), {"kind": "procurement"})
    rows = {(row.scope, row.of, row.code): row for row in answer.rows}
    assert (rows["city", "total", ""].cases, rows["city", "total", ""].amount) == (3, 1_253_800_000)
    assert rows["city", "total", ""].amount_unknown == 1
    share = rows["city", "share", "tender_failure"]
    assert (share.value, share.numerator, share.denominator) == (50.0, 1, 2)
    assert {definition.code for definition in answer.definitions} >= {"failed", "tender_failure"}
    assert "unknown_department:1" in answer.missing
