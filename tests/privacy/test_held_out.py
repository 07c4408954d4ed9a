"""Recall and precision on the held-out set are what docs/security/redaction.md says; a drop or a lie fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.privacy.measure import Result, lines, measure

HERE = Path(__file__).parent
NAMES = {
    "nama": "names", "nomor": "NIK, KK and other numbers", "telepon": "phone numbers", "email": "e-mail addresses",
    "akun": "accounts", "plat": "plates", "alamat": "house addresses", "rtrw": "RT/RW", "titik": "coordinates",
}  # fmt: skip


@pytest.fixture(scope="module")
def held_out() -> Result:
    return measure(lines(HERE / "held_out.txt"))


def table(result: Result) -> str:
    rows = ["| what | labelled | taken out | recall |", "|---|---|---|---|"]
    for kind, name in NAMES.items():
        rows.append(f"| {name} | {result.labelled[kind]} | {result.caught[kind]} | {result.recall(kind):.1%} |")
    total = f"| **all** | {result.labelled.total()} | {result.caught.total()} | **{result.recall():.1%}** |"
    return "\n".join([*rows, total])


def kept(result: Result) -> str:
    return (
        f"Precision: {result.right} of {result.made} redactions ({result.precision:.1%}) hit something that was "
        f"labelled. Of {result.clean} sentences that name nobody, {result.clean_kept} stay as they are. "
        f"{result.lost} of {result.plain} other letters and digits ({result.lost / result.plain:.1%}) are lost."
    )


def test_the_set_is_large_enough_and_shares_nothing_with_the_development_set(held_out: Result) -> None:
    assert held_out.sentences >= 200
    assert held_out.clean >= 60
    assert set(held_out.labelled) == set(NAMES)
    assert not set(lines(HERE / "held_out.txt")) & set(lines(HERE / "development.txt"))


def test_the_published_figures_are_the_measured_ones(held_out: Result, repo: Path) -> None:
    text = (repo / "docs" / "security" / "redaction.md").read_text()
    assert table(held_out) in text, table(held_out)
    assert kept(held_out) in " ".join(text.split()), kept(held_out)


def test_the_measure_sees_a_miss_and_a_wrong_redaction() -> None:
    result = measure(["datang {nama||Komarudin} lagi", "SK 503/588/2019/77 sudah terbit"])
    assert result.recall() == 0
    assert result.precision == 0
    assert result.clean_kept == 0
