"""The operators' handbook says what the wall says: its words in bold, its marks, its states, its banners."""

from __future__ import annotations

import re

from dashboard.i18n import CATALOGUE
from dashboard.views_districts import SYMBOLS as DISTRICTS
from dashboard.views_queue import SYMBOLS as QUEUE
from dashboard.views_words import SOURCE_SYMBOLS
from tests.docs.test_links import ROOT

PAGE = (ROOT / "docs" / "operators.md").read_text()
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
STATE = re.compile(r"^\| (\S) \| \*\*(.+?)\*\* \|", re.MULTILINE)
BANNER = re.compile(r"^\| \*\*(.+?)\*\* \|", re.MULTILINE)
BANNERS = ("uplink", "unattended", "not_stored", "cache_down", "restored")


def unsaid(page: str) -> list[str]:
    """Words in bold that no screen says in Indonesian."""
    said = {text.casefold() for text, _ in CATALOGUE.values()}
    known = "\n".join(said)
    words = [" ".join(word.split()) for word in BOLD.findall(page)]
    return [word for word in words if word != "tebal" and not re.search(rf"\b{re.escape(word.casefold())}\b", known)]


def test_words_in_bold_are_words_of_the_screens() -> None:
    assert unsaid(PAGE) == []
    assert unsaid("**hidup**, **gembira**") == ["gembira"]


def test_every_state_of_a_source_stands_with_its_mark_and_its_word() -> None:
    told = dict(STATE.findall(PAGE))
    assert told == {mark: CATALOGUE[f"source.{state}"][0] for state, mark in SOURCE_SYMBOLS.items()}


def test_every_banner_of_a_wall_is_explained() -> None:
    assert BANNER.findall(PAGE) == [CATALOGUE[f"wall.{name}"][0] for name in BANNERS]


def test_marks_of_the_queue_and_of_the_map_are_told() -> None:
    marks = {*DISTRICTS.values(), *(mark for pair in QUEUE.values() for mark in pair)} - {""}
    table = PAGE[PAGE.index("| bentuk |") : PAGE.index("## Dua penjumlahan")]
    assert [mark for mark in marks if mark not in table] == []
