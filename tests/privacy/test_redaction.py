"""The redactor: what must go, what must stay, and that hostile text costs nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.redaction import MAX_CHARS, redact

GOES = [
    ("NIK saya 3671041234560001", "3671041234560001"),
    ("KK 3671 0412 3456 0002", "3456"),
    ("nik 3671.0412.3456.0001 ya", "0412"),
    ("wa 0812-3456-7890", "3456"),
    ("hub +62 812 3456 7890", "7890"),
    ("telp (021) 5512345", "5512345"),
    ("nol delapan satu dua tiga empat lima", "delapan"),
    ("kirim ke budi.s@gmail.com", "budi"),
    ("ig @warga_cipondoh", "warga_cipondoh"),
    ("mobil B 1234 XYZ parkir", "1234"),
    ("nopol b1234xyz", "1234"),
    ("Jl. Merdeka No. 12", "12"),
    ("RT 03/RW 05", "05"),
    ("depan rumah Pak Sutrisno", "Sutrisno"),
    ("tetangga ibu siti ribut", "siti"),
    ("nama saya siti aminah", "aminah"),
    ("atas nama Dewi Lestari", "Lestari"),
    ("Ahmad bin Abdullah", "Abdullah"),
    ("titik -6.171389, 106.640556", "106.640556"),
    ("NI\u200bK 36710412\u200b34560001", "34560001"),
    ("NIK ３６７１０４１２３４５６０００１", "3671"),
]

STAYS = [
    "Lampu PJU padam sudah 3 hari",
    "banjir setinggi 50 cm sejak jam 03.00",
    "harga cabai 45.000 per kg",
    "Pohon tumbang di Periuk",
    "jalan berlubang di Jalan Sudirman",
    "sampah menumpuk di pasar",
]


@pytest.mark.parametrize(("text", "secret"), GOES)
def test_identity_goes(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize("text", STAYS)
def test_the_matter_stays(text: str) -> None:
    assert redact(text) == text


def test_a_megabyte_word_is_cut() -> None:
    assert len(redact("a" * 1_000_000)) <= MAX_CHARS


@given(st.text(max_size=300))
def test_any_text_is_survived_and_a_second_pass_finds_no_number(text: str) -> None:
    once = redact(text + " 3671041234560001 ")
    assert "3671041234560001" not in once
