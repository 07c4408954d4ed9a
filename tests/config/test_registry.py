"""Lookups never guess: a word is a code, unknown, or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config.registry import Registry
from dashboard.config.words import canonical_unit, fold
from dashboard.contract import Words
from dashboard.errors import ConfigError
from dashboard.records import UNKNOWN, CaseStatus
from tests.config.factory import small_config, small_data

REGISTRY = Registry(small_config())
WORDS: Words = REGISTRY
AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "word",
    ["Utara", "utara", "  UTARA ", "Kecamatan Utara", "KEC. UTARA", "kec  utara", "Utára", "Uta\u200bra", "99.01.01"],
)
def test_spellings_of_one_place(word: str) -> None:
    assert WORDS.district(word) == "99.01.01"


@pytest.mark.parametrize("word", [None, "", "  ", "-", "N/A", "null"])
def test_no_word_is_no_code_and_not_unknown(word: str | None) -> None:
    for look_up in (WORDS.department, WORDS.district, WORDS.subdistrict, WORDS.category, WORDS.market, WORDS.unit):
        assert look_up(word) is None
    assert WORDS.commodity(word, "kg") is None
    assert WORDS.status(word, {"selesai": "closed"}) is CaseStatus.UNKNOWN


@pytest.mark.parametrize(
    "word", ["Uttara", "Kecamatan", "x" * 1_000_000, "<script>", "'; DROP TABLE", "\u202eUtara dan"]
)
def test_another_word_is_unknown(word: str) -> None:
    assert WORDS.district(word) == UNKNOWN
    assert WORDS.department(word) == UNKNOWN
    assert WORDS.subdistrict(word) == UNKNOWN
    assert WORDS.category(word) == UNKNOWN
    assert WORDS.commodity(word, "kg") == UNKNOWN
    assert WORDS.unit(word) == UNKNOWN


@given(st.text(max_size=300))
def test_any_text_is_a_declared_code_unknown_or_nothing(word: str) -> None:
    assert WORDS.district(word) in {None, UNKNOWN, *REGISTRY.districts}
    assert WORDS.category(word) in {None, UNKNOWN, *REGISTRY.categories}
    assert fold(fold(word)) == fold(word)


def test_a_subdistrict_needs_its_own_district() -> None:
    assert WORDS.subdistrict("Selatan") == "99.01.01.1002"
    assert WORDS.subdistrict("Selatan", "99.01.01") == "99.01.01.1002"
    assert WORDS.subdistrict("Selatan", UNKNOWN) == "99.01.01.1002"
    assert WORDS.subdistrict("Selatan", "99.01.02") == UNKNOWN
    assert WORDS.district("Selatan") == "99.01.02"


def test_item_and_unit_together() -> None:
    assert WORDS.commodity("cabe  merah keriting", "Rp./Kg") == "chili"
    assert WORDS.commodity("Ayam broiler", "ekor") == "chicken"
    assert WORDS.commodity("Ayam broiler", "kg") == UNKNOWN
    item = {"code": "a", "label": {"id": "A", "en": "A"}, "unit": "kg", "aliases": ["B|ekor"]}
    config = small_config(commodities=[item], price_limits=[])
    registry = Registry(config)
    assert registry.commodity("B", "ekor") == "a"
    assert registry.commodity("B", "kg") == UNKNOWN


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("Rp./Kg", "kg"),
        ("Rp/kg", "kg"),
        ("Rp/ Liter", "liter"),
        ("1 Kg", "kg"),
        ("bks", "pack"),
        ("kaleng", "can"),
        ("Rp", None),
        ("karung", None),
    ],
)
def test_units_as_sources_write_them(word: str, unit: str | None) -> None:
    assert canonical_unit(word) == unit


@pytest.mark.parametrize(
    ("kind", "category", "department", "visibility"),
    [
        ("aspiration", "road", "PU", "wall"),
        ("aspiration", "poverty", "PU", "desk"),
        ("aspiration", "bribe", None, "confidential"),
        ("aspiration", "road", "Inspektorat", "confidential"),
        ("aspiration", UNKNOWN, "PU", "confidential"),
        ("aspiration", "never declared", "PU", "confidential"),
        ("aspiration", None, "PU", "confidential"),
        ("aspiration", "road", UNKNOWN, "wall"),
        ("ticket", None, UNKNOWN, "wall"),  # a kind without categories lacks none
        ("ticket", "bribe", None, "confidential"),
        ("never declared", "road", "PU", "confidential"),
    ],
)
def test_the_strictest_visibility_wins(
    kind: str, category: str | None, department: str | None, visibility: str
) -> None:
    kinds = {**small_data()["kinds"], "ticket": {"label": {"id": "Tiket", "en": "Ticket"}, "categories": False}}
    assert Registry(small_config(kinds=kinds)).visibility(kind, category, department) == visibility


def test_a_source_makes_its_cases_stricter_and_never_looser() -> None:
    sources = small_data()["sources"]
    sources[0]["visibility"] = "desk"
    registry = Registry(small_config(sources=sources))
    assert registry.visibility("aspiration", "road", "PU", "laksa") == "desk"
    assert registry.visibility("aspiration", "bribe", "PU", "laksa") == "confidential"
    assert registry.visibility("aspiration", "road", "PU", "one that is gone") == "wall"


def test_a_figure_is_what_its_description_and_the_configuration_say_at_the_strictest() -> None:
    kpis = {"closed": {"visibility": "desk"}, "permit.received": {"visibility": "confidential"}}
    registry = Registry(small_config(kpis=kpis))
    assert registry.figure_visibility("aspiration", "closed", "wall") == "desk"
    assert registry.figure_visibility("permit", "received", "wall") == "confidential"
    assert registry.figure_visibility("aspiration", "received", "wall") == "wall"
    assert registry.figure_visibility("aspiration", "received", "desk") == "desk"


def test_a_wall_about_a_kind_that_no_wall_shows_is_refused() -> None:
    kinds = {"aspiration": {**small_data()["kinds"]["aspiration"], "visibility": "desk"}}
    wall = {**small_data()["walls"]["main"], "kind": "aspiration"}
    with pytest.raises(ConfigError, match=r"walls\.main\.kind: kind 'aspiration' is desk: no wall shows it"):
        small_config(kinds=kinds, walls={"main": wall})


def test_the_policy_of_the_day_a_case_was_opened() -> None:
    policies = small_data()["policies"]
    policies[0] = {**policies[0], "valid_to": "2026-07-01"}
    decreed = {**policies[0], "id": "decreed", "amount": 7, "status": "ditetapkan", "valid_from": "2026-07-01"}
    registry = Registry(small_config(policies=[*policies, {**decreed, "valid_to": None}]))
    # 30 June 23.59 and 1 July 00.00 in Jakarta
    before, after = datetime(2026, 6, 30, 16, 59, tzinfo=UTC), datetime(2026, 6, 30, 17, tzinfo=UTC)
    found = [registry.policy_for("aspiration", "complaint", "road", at) for at in (before, after)]
    assert [policy.amount if policy else None for policy in found] == [14, 7]
    assert registry.policy_for("aspiration", None, "road", after) is None, "no class, no promise"
    first = registry.policy_for("aspiration", None, None, after, "first_response")
    assert first is not None
    assert first.amount == 3
    assert registry.policy_for("permit", None, "billboard", datetime(2018, 12, 31, tzinfo=UTC)) is None


def test_a_policy_of_its_own_source_goes_before_that_of_all() -> None:
    policies = small_data()["policies"]
    decreed = {**policies[0], "id": "decreed", "amount": 7, "status": "ditetapkan", "sources": ["laksa"]}
    registry, at = Registry(small_config(policies=[*policies, decreed])), datetime(2026, 7, 1, tzinfo=UTC)
    found = [registry.policy_for("aspiration", "complaint", "road", at, source=name) for name in ("laksa", "x", None)]
    assert [policy.amount if policy else None for policy in found] == [7, 14, 14]
    with pytest.raises(ConfigError, match=r"policies\[again\]\.valid_from: overlaps"):
        small_config(policies=[*policies, decreed, {**decreed, "id": "again"}])


def test_limits_and_markets_on_their_days() -> None:
    assert REGISTRY.limit_for("chili", "kg", date(2024, 12, 31)) is None
    limit = REGISTRY.limit_for("chili", "kg", date(2025, 1, 1))
    assert limit is not None
    assert limit.amount == 55000
    assert REGISTRY.limit_for("chili", "ekor", date(2025, 1, 1)) is None
    assert [m.code for m in REGISTRY.markets_open(date(2026, 6, 30))] == ["anyar", "bandeng"]
    assert [m.code for m in REGISTRY.markets_open(date(2026, 7, 1))] == ["anyar"]


def test_labels_fall_back_to_the_code() -> None:
    assert REGISTRY.label("road") == "Jalan rusak"
    assert REGISTRY.label("PU") == "Dinas Pekerjaan Umum"
    assert REGISTRY.label("PU", short=True) == "PU"
    assert REGISTRY.label("99.01.02") == "Selatan"
    assert REGISTRY.label("no such code") == "no such code"


def test_statuses_by_the_scale_of_the_source() -> None:
    scale = {"Menunggu": "waiting", "selesai": "closed"}
    assert WORDS.status(" MENUNGGU ", scale) is CaseStatus.WAITING
    assert WORDS.status("ditutup", scale) is CaseStatus.UNKNOWN
