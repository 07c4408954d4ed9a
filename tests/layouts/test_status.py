"""The block of a kind of status: one row a cause, differences of published totals, no position, hostile text inert."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from connectors.simulator.row_faults import HOSTILE
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.i18n import LANGS
from dashboard.views_desk import Block
from dashboard.views_status import view
from dashboard.views_words import Words
from layouts.blocks import status
from tests.config.factory import small_config, small_data
from tests.kpi.test_statuses import KIND, Watch, tree

GROUPED = {"school": 3, "office": 2}


def shown(watch: Watch, minute: float, lang: Any = "id", **kind: Any) -> Block:
    config = small_config(status_kinds={"site": {**KIND, **kind}})
    documents = {"status:site": watch.at(minute), "meta": {"as_of": 1_800_000_000_000}, "sources": []}
    return view(Words(documents, Disclosure(Registry(config), frozenset({"wall", "desk"})), lang), "site")


def texts(block: Block) -> str:
    return json.dumps(status.layout(block).to_plotly_json(), default=lambda part: part.to_plotly_json())


@pytest.mark.parametrize("lang", LANGS)
def test_a_fallen_core_is_one_row_and_counts_what_hangs_on_it(lang: Any) -> None:
    watch = Watch()
    watch.poll(0, **tree(20))
    watch.poll(1, **tree(20, "down"))
    block = shown(watch, 2, lang)
    troubles = next(table for table in block.tables if table.key == "site-troubles")
    (row,) = ({c.key: cell.text for c, cell in zip(troubles.columns, r.cells, strict=True)} for r in troubles.rows)
    assert row["behind"] == "30" and "detail" not in row, "a column that says nothing is left out"
    assert block.alarm == watch.at(2)["troubles"][0]["since"] is not None, "a page of a wall may be held for it"
    figures = {figure.key: figure.value for figure in block.figures}
    cause = next(figure for figure in block.figures if figure.key == "site-cause-0")
    assert cause.label == "core" and "30" in cause.more[0] and cause.about[0][1].count(",") == 29
    assert (figures["site-not_well"], figures["site-total"], figures["site-unreachable"]) == ("1", "31", "30")
    whole = next(table for table in block.tables if table.key == "site-subjects")
    windows = {figure.label for figure in block.figures if "-available-" in figure.key}
    assert len(windows) == len({figure.key for figure in block.figures if "-available-" in figure.key})
    assert len(whole.rows) == 31 and "core" in {cell.text for row in whole.rows for cell in row.cells}
    assert texts(block)


def test_published_totals_stand_beside_what_is_found() -> None:
    watch = Watch()
    watch.poll(0, a={"state": "up", "group": "school", "attributes": (("platform", "web"), ("linked", True))})
    block = shown(watch, 1)
    declared = next(table for table in block.tables if table.key == "site-declared")
    rows = [[cell.text for cell in row.cells] for row in declared.rows]
    assert ["web", "203", "1", "−202"] in [row[1:5] for row in rows]
    assert ["Tak terjelaskan oleh bagiannya", "1", "–", "–"] in [row[1:5] for row in rows]
    assert next(f for f in block.figures if f.key == "site-share-linked").value == "100,0%"


def test_nothing_heard_and_nothing_told() -> None:
    watch = Watch()
    assert shown(watch, 1).figures == () and "status" in shown(watch, 1).key
    watch.poll(0, a="up")
    assert shown(watch, 1, visibility="confidential").figures == ()


def test_hostile_names_are_text_and_positions_are_in_no_list() -> None:
    watch = Watch()
    for n, word in enumerate(HOSTILE):
        watch.poll(n, **{f"s{n}": {"state": "down", "label": word, "latitude": -6.17, "longitude": 106.64}})
    said = texts(shown(watch, 30))
    assert "dangerouslySetInnerHTML" not in said and "106.64" not in said and "-6.17" not in said


def test_what_is_no_machine_is_called_what_it_is_and_is_not_red_while_it_stands() -> None:
    watch = Watch()
    watch.poll(0, a={"state": "slow", "label": "Utara"}, b="up")
    names = {"not_well": {"id": "Hujan", "en": "Rain"}, "total": {"id": "Kecamatan", "en": "Districts"}}
    block = shown(watch, 1, names=names, keys=False)
    count, whole, newest, *_ = block.figures
    assert (count.label, count.value, count.state, whole.label) == ("Hujan", "1", "soon", "Kecamatan")
    assert count.about[0][1].endswith(": x, x"), "the states that are meant"
    assert count.more == ("dari 2", "Utara"), "a few are named"
    assert next(table.title for table in block.tables if table.key == "site-troubles") == "Hujan"
    assert not any(row.cells[0].more for table in block.tables for row in table.rows), "no key means anything here"
    assert (newest.label, newest.value) == ("Diumumkan 1 Des 2023", "222")
    assert newest.more[:2] == ("Ditemukan 2", "Selisih −220")


def test_what_moves_about_stands_on_a_map_by_district_and_never_where_it_is() -> None:
    watch = Watch()
    at = {"latitude": -6.17, "longitude": 106.64, "district": "99.01.01"}
    watch.poll(0, a={"state": "up", **at}, b={"state": "off", **at}, c={"state": "down", "district": "99.01.02"})
    assert shown(watch, 1).images == (), "of what stands still there is none"
    states = {name: {**state, "position": name == "up"} for name, state in KIND["states"].items()}
    ((title, address),) = shown(watch, 1, states=states).images
    picture = b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    assert "tiap kecamatan" in title and all(said in picture for said in (">Utara<", ">1/2<", ">Selatan<", ">△0/1<"))
    assert "106.64" not in picture and "-6.17" not in picture


def test_a_kind_is_told_whole_or_not_at_all() -> None:
    watch = Watch()
    watch.poll(0, a="up")
    document = {"status:site": watch.at(1)}
    wall, desk = frozenset({"wall"}), frozenset({"wall", "desk"})
    told = Disclosure(Registry(small_config(status_kinds={"site": {**KIND, "visibility": "desk"}})), wall)
    assert told.documents(document) == {} and told.status_kinds == ()
    closed = [{**source, "visibility": "confidential"} for source in small_data()["sources"]]
    told = Disclosure(Registry(small_config(status_kinds={"site": KIND}, sources=closed)), desk)
    assert told.documents(document) == {}, "one of its sources is not for them"
    assert Disclosure(Registry(small_config(status_kinds={"site": KIND})), wall).documents(document) == document
    assert Disclosure(Registry(small_config()), desk).documents({"status:other": watch.at(1)}) == {}
