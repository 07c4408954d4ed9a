"""A page in Indonesian says in Indonesian why rows were refused: every reason the readers know has its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import LANGS
from dashboard.ingest_quarantine import explain
from dashboard.reasons import REASONS, reason
from layouts import sources
from tests.conftest import ROOT
from tests.live import samples


def said(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*said(node.body), *said(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)]
    return [str(node.value)] if isinstance(node, ast.Constant) else []


def refusals(code: str) -> Iterator[str]:
    """The reasons that a module gives for a refused row, "{}" where they differ."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RowRejected":
            yield from said(node.args[1])


def test_every_reason_of_a_refused_row_has_its_words() -> None:
    files = [*ROOT.glob("dashboard/*.py"), *ROOT.glob("connectors/*.py")]
    found = {text for file in files for text in refusals(file.read_text("utf-8"))}
    assert len(found) > 10
    assert found - REASONS.keys() == set()
    planted = 'raise RowRejected("x", f"has {n} tails" if n else "has no tail")'
    assert set(refusals(planted)) - REASONS.keys() == {"has {} tails", "has no tail"}


@pytest.mark.parametrize("error", [KeyError("time"), KeyError("lamp"), ValueError("x")])
def test_what_a_broken_parser_leaves_has_its_words(error: Exception) -> None:
    _, why = explain(error, {"a": "lamp"})
    assert reason(why, "id") != why


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("time: is mandatory and empty", "time: wajib ada dan kosong"),
        ("key: is longer than 200 characters", "key: lebih panjang dari 200 huruf"),
        ("196 bytes of HTML", "196 bita HTML"),
        ("9 of 12 rows; 9: harga: not a number", "9 dari 12 baris; 9: harga: bukan angka"),
        ("harga: {} smells", "harga: {} smells"),
    ],
)
def test_a_reason_keeps_its_place_and_its_numbers(text: str, own: str) -> None:
    assert reason(text, "id") == own
    assert reason(text, "en") == text


def test_the_page_of_sources_says_it(config: Config) -> None:
    found = samples.documents(config)
    found["sources"][0] |= {"reject_reasons": {"time: is mandatory and empty": 3}, "detail": "196 bytes of HTML"}
    told = {lang: str(sources.layout(found, Registry(config), lang).to_plotly_json()) for lang in LANGS}
    assert "time: wajib ada dan kosong 3" in told["id"]
    assert "196 bita HTML" in told["id"]
    assert "time: is mandatory and empty 3" in told["en"]
