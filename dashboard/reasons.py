"""Why a row or an answer was refused, in Indonesian; pure, and never guesses: what it does not know stays as it is.

What reads a source says in English what is wrong, with the place (``time: is mandatory and empty``). History, API and
logs keep that; only a page for people in Indonesian says it anew.
"""

from __future__ import annotations

import re

from dashboard.i18n import Lang

# "{}" stands for what differs each time. The more special comes first.
REASONS: dict[str, str] = {
    "is mandatory and empty": "wajib ada dan kosong",
    "is missing": "tidak ada",
    "is empty": "kosong",
    "is negative": "negatif",
    "is longer than {} characters": "lebih panjang dari {} huruf",
    "is no sum of money": "bukan jumlah uang",
    "is no district of the city": "bukan kecamatan kota ini",
    "is no list": "bukan daftar",
    "is no lat,lon": "bukan lintang,bujur",
    "is not the same instant as Tanggal and Jam": "bukan saat yang sama dengan Tanggal dan Jam",
    "cannot be compared: no place of the city is known": "tidak dapat dibandingkan: tempat di kota tidak dikenal",
    "is out of the declared range": "di luar rentang yang ditetapkan",
    "is not shortly before today_date": "bukan sesaat sebelum today_date",
    "not a number": "bukan angka",
    "not a finite number": "bukan angka yang terhingga",
    "not a date-time": "bukan tanggal atau waktu",
    "is no time there is": "bukan waktu yang ada",
    "too long for a time": "terlalu panjang untuk sebuah waktu",
    "the weekday is not that of the date": "harinya tidak sesuai dengan tanggalnya",
    "counts from a time of writing that is not known": "dihitung dari saat penulisan yang tidak diketahui",
    "not an ISO 8601 date-time": "bukan waktu ISO 8601",
    "a truth value where a number belongs": "nilai benar/salah di tempat angka",
    "does not fit the declared marks ({})": "tidak cocok dengan tanda angka yang ditetapkan ({})",
    "fits none of the declared formats {}": "tidak cocok dengan format yang ditetapkan {}",
    "three digits after the decimal mark {}: are the marks right?":
        "tiga angka setelah tanda desimal {}: apakah tandanya benar?",
    "may be thousands: {} parts no three decimals here":
        "mungkin ribuan: {} tidak memisahkan tiga desimal di sini",
    "a date column is not {}": "kolom tanggal bukan {}",
    "a word that the connector does not know": "kata yang tidak dikenal penghubung",
    "unreadable ({})": "tidak terbaca ({})",
    "other": "lainnya",
    "{} bytes of HTML": "{} bita HTML",
    "line {} column {}": "baris {} kolom {}",
    "an empty list where {} rows were": "daftar kosong, tadinya {} baris",
    "{} of {} rows; {}: {}: {}": "{} dari {} baris; {}: {}: {}",
}  # fmt: skip
_KNOWN = [(re.compile(re.escape(said).replace(r"\{\}", "(.+?)")), own) for said, own in REASONS.items()]


def reason(text: str, lang: Lang) -> str:
    """``time: is mandatory and empty`` as ``time: wajib ada dan kosong``, with or without its place."""
    if lang == "en":
        return text
    for known, own in _KNOWN:
        if found := known.fullmatch(text):
            return own.format(*(reason(part, lang) for part in found.groups()))
    place, colon, rest = text.partition(": ")
    return f"{place}: {reason(rest, lang)}" if colon else text
