"""A kind broken down: what waits, the oldest, the stopped clocks, and the promise in minutes, hours and days."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.i18n import CATALOGUE
from dashboard.records import CaseStatus
from dashboard.views_desk import Table
from dashboard.views_groups import view
from dashboard.views_words import Words
from layouts.blocks.groups import layout
from tests.ingest.served import T0
from tests.kpi.world import make_board, make_fact

NOW = T0 + timedelta(hours=4)


def documents(config: Config) -> dict[str, Any]:
    """Two billboard permits, one of them past its time and one waiting for the applicant; a letter; a secret case."""
    board = make_board(config)
    permit: dict[str, Any] = {"kind": "permit", "district": "36.71.09", "department": "DPMPTSP", "source": "permits"}
    facts = [
        make_fact(1, **permit, category="billboard_permit", opened_at=T0 - timedelta(days=40), due_at=T0,
                  due_basis="ditetapkan"),
        make_fact(2, **permit, category="billboard_permit", status=CaseStatus.PAUSED, opened_at=T0),
        make_fact(3, **{**permit, "kind": "service", "source": "paten"}, category="letter_tax", opened_at=T0),
        make_fact(4, **permit, category="mental_health", opened_at=T0, visibility="confidential"),
    ]  # fmt: skip
    served = [(f.record.kind, f.source, f.provenance) for f in facts]
    done = make_fact(9, **permit, category="pharmacy_permit", status=CaseStatus.CLOSED, backlog=True,
                     opened_at=T0 - timedelta(days=5), resolved_at=T0 - timedelta(days=1), due_at=T0,
                     due_basis="usulan")  # fmt: skip
    board.load(now=NOW, seq=1, open_cases=[*facts, done], served=served)
    found: dict[str, Any] = board.documents(NOW, changed_only=False)
    return found


def table(config: Config, kind: str, levels: str = "desk", lang: Any = "id") -> Table:
    told = Disclosure(Registry(config), AUDIENCES[levels])
    block = view(Words(documents(config), told, lang), kind)
    assert layout(block) is not None
    return block.tables[0]


def cells(found: Table, name: str) -> dict[str, tuple[str, str]]:
    (row,) = [row for row in found.rows if row.cells[0].text == name]
    return {c.key: (cell.text, cell.more) for c, cell in zip(found.columns, row.cells, strict=True)}


def test_a_kind_of_permit_says_what_waits_stands_and_is_late(config: Config) -> None:
    found = cells(table(config, "permit"), "Izin reklame")
    assert found["promise-resolution"][0] == "12 hari kerja"
    assert "SOP 1109" in found["promise-resolution"][1]
    assert (found["open-now"][0], found["paused-now"][0], found["overdue-now"][0]) == ("2", "1", "◆ 1")
    assert found["oldest_open-now"][0].startswith("40\xa0hari")


def test_minutes_and_hours_are_told_as_such_and_a_proposal_as_one(config: Config) -> None:
    found = cells(table(config, "service"), "Pengantar PBB")
    assert found["promise-resolution"][0] == "15 menit"
    assert "usulan" not in found["promise-resolution"][1]
    english = cells(table(config, "service", lang="en"), "Property tax letter")
    assert english["promise-resolution"][0] == "15 minutes"


def test_where_the_sources_have_deadlines_of_their_own_each_is_told(config: Config) -> None:
    own = [p.model_copy(update={"amount": 10.0}) if p.id == "lapor-complaint" else p for p in config.policies]
    told = Disclosure(Registry(config.model_copy(update={"policies": tuple(own)})), AUDIENCES["desk"])
    board = make_board(config)
    facts = [
        make_fact(n, source=source, klass=klass, opened_at=T0)
        for n, (source, klass) in enumerate(product(("laksa", "lapor"), ("complaint", "information", "aspiration")), 1)
    ]
    board.load(now=NOW, seq=1, open_cases=facts, served=[(f.record.kind, f.source, f.provenance) for f in facts])
    block = view(Words(board.documents(NOW, changed_only=False), told, "id"), "aspiration")
    by_class = next(table for table in block.tables if table.key == "aspiration-groups-by-class")
    complaint, information, wish = (cells(by_class, name) for name in ("Pengaduan", "Permintaan informasi", "Aspirasi"))
    assert complaint["promise-resolution"][0] == "14 hari kerja; LAPOR!: 10 hari kerja"
    assert complaint["promise-resolution"][1].startswith("usulan; LAPOR!: SP4N-LAPOR! (Perpres 76/2013)")
    assert information["promise-resolution"][0] == "5 hari kerja"
    assert wish["promise-resolution"] == ("tanpa tenggat", "")


def test_what_the_room_has_not_seen_yet_is_told_as_the_sources_word(config: Config) -> None:
    """Closed before the room looked: nothing was observed, and the source has its times."""
    found = cells(table(config, "permit"), "Izin apotek")
    assert found["closed_in_time-d30"] == ("–", "usulan 100,0%, menurut sumber, sedikit"), "one column for both sorts"
    assert found["resolution_median-d30"][1].startswith("menurut sumber")


def test_what_is_confidential_is_in_no_group(config: Config) -> None:
    assert {row.cells[0].text for row in table(config, "permit").rows} == {"Izin reklame", "Izin apotek"}


def test_a_deadline_by_class_is_none_of_a_category(config: Config) -> None:
    """Reports are promised by class: their table by category says the promised response, which is the same for all."""
    found = {c.key for c in table(config, "aspiration").columns}
    assert "promise-first_response" in found and "promise-resolution" not in found
    assert "promise-resolution" in {c.key for c in table(config, "permit").columns}


def test_every_unit_of_a_promise_has_its_word(config: Config) -> None:
    assert {f"promise.{policy.unit}" for policy in config.policies} <= CATALOGUE.keys()
