"""The account that proves an hour: what has to be in history and what need not be, and that a mistake is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.config.model import Config, Source
from tests.scenarios.account import Version, account, differences, explained, planted
from tests.scenarios.answers import Polled

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
A, B, C = ("a",), ("b",), ("c",)


def second(count: float) -> datetime:
    return NOON + timedelta(seconds=count)


@pytest.mark.parametrize(
    ("versions", "have", "right"),
    [
        ([(A, True), (B, True)], [A, B], True),
        ([(A, True), (B, True)], [A], False),
        ([(A, True), (B, True)], [B, A], False),
        ([(A, True)], [A, A], False),
        ([(A, True), (B, False), (C, True)], [A, C], True),
        ([(A, True), (B, False), (C, True)], [A, B, C], True),
        ([(A, True), (B, False), (A, True)], [A], True),
        ([(A, True), (B, True), (A, True)], [A], False),
        ([(A, False)], [], True),
        ([], [A], False),
    ],
)
def test_a_version_may_be_missing_only_where_nobody_had_to_see_it(
    versions: list[tuple[tuple[str], bool]], have: list[tuple[str]], right: bool
) -> None:
    assert explained([Version(said, must) for said, must in versions], have) is right


def test_every_planted_mistake_is_told() -> None:
    wanted = {"one": [Version(A, True), Version(B, True)], "two": [Version(A, True)], "three": [Version(C, False)]}
    have = {"one": [A, B], "two": [A]}
    assert differences(wanted, have) == []
    assert planted(wanted, have) == dict.fromkeys(("lost", "doubled", "changed", "invented"), True)


def source(config: Config, name: str) -> Source:
    return next(block for block in config.sources if block.id == name)


def ticket(at: float, status: str, path: str = "/layanan") -> dict[str, Any]:
    times = ("panggil", "selesai", "updated_at")
    fields = {"nomor": "A-1", "status": status, "ambil": "2026-11-24 11:00:00", "layanan": "KTP"} | dict.fromkeys(times)
    return {"key": "A-1", "path": path, "city_at": second(at).isoformat(), "fields": fields}


POLLS = [
    Polled(second(0), second(2), True),
    Polled(second(10), second(12), False),
    Polled(second(20), second(22), True),
]


def told(config: Config, entries: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    (versions,) = account(config, source(config, "paten"), entries, POLLS, 1).values()
    return [(version.said[4], version.must) for version in versions]


def test_what_was_told_to_a_good_poll_must_be_kept(config: Config) -> None:
    entries = [ticket(1, "diterima"), ticket(11, "diproses"), ticket(21, "terbit")]
    assert told(config, entries) == [("diterima", True), ("diproses", False), ("terbit", True)], "its poll failed"
    assert told(config, [ticket(1, "diterima"), ticket(1.5, "terbit")]) == [("diterima", False), ("terbit", True)]
    assert told(config, [ticket(1, "diterima"), ticket(15, "terbit")])[-1] == ("terbit", True), "by whom, nobody knows"
    assert told(config, [ticket(1, "diterima"), ticket(30, "terbit")]) == [("diterima", True)], "on its way"
    assert told(config, [ticket(1, "diterima"), ticket(1, "terbit", "/antrean")]) == [("diterima", True)]


def test_what_stood_in_a_file_must_be_kept_when_a_poll_can_have_seen_it(config: Config) -> None:
    def site(at: float, state: str) -> dict[str, Any]:
        fields = {"kode": "KEL-1", "keadaan": state}
        return {"key": "KEL-1", "path": "", "city_at": second(at).isoformat(), "fields": fields}

    row = {"kode": "KEL-1", "nama": "Kelurahan", "jenis": "kelurahan", "host": "127.0.0.1", "port": "1"}
    registry = {"key": "KEL-1", "path": "wan-situs.csv", "city_at": second(-100).isoformat(), "fields": row}
    polls = [Polled(second(at), second(at + 2), True) for at in range(0, 300, 30)]
    entries = [
        site(-100, "hidup"),
        registry,
        site(40, "putus"),
        site(50, "hidup"),
        site(100, "putus"),
        site(200, "hidup"),
    ]
    (versions,) = account(config, source(config, "wan"), entries, polls, 1).values()
    seen = [(version.said[0], version.said[2], version.must) for version in versions]
    assert seen == [("up", "", True), ("up", "", True), ("down", "refused", True), ("up", "", True)]
    once = [
        Polled(second(0), second(2), True),
        Polled(second(120), second(122), True),
        Polled(second(240), second(242), True),
    ]
    (versions,) = account(config, source(config, "wan"), entries, once, 1).values()
    assert ("down", False) in [(version.said[0], version.must) for version in versions], "missed once is not down"
