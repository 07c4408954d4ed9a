"""Takes what could name a citizen out of free text; never keeps, logs or returns what it took out.

Pure. Used for the one optional summary a source may ask for and as the last gate in front of logs, exports
and error texts. It is deliberately greedy: a street name lost costs less than a neighbour named.
The recall on a held-out Indonesian set is measured in ``tests/privacy`` and published in ``docs/security``.
"""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 4_000
"""Longer texts are cut before they are searched, so that a 1 MB word costs nothing."""

_SEP = r"[\s.\-_/]{0,2}"


def _digits(low: int, high: int) -> str:
    """A pattern for ``low`` to ``high`` digits, written together or with the marks people put between."""
    return rf"\d(?:{_SEP}\d){{{low - 1},{high - 1}}}"


_NUMBER_WORDS = {
    "nol": "0",
    "kosong": "0",
    "satu": "1",
    "dua": "2",
    "tiga": "3",
    "empat": "4",
    "lima": "5",
    "enam": "6",
    "tujuh": "7",
    "delapan": "8",
    "sembilan": "9",
}
_SPELLED = re.compile(
    rf"\b(?:{'|'.join(_NUMBER_WORDS)})(?:[\s\-,]+(?:{'|'.join(_NUMBER_WORDS)})){{5,}}\b", re.IGNORECASE
)

_NAME_WORD = r"(?:[A-Z][\w'’.-]*|[A-Z]{1,3}\.)"
_NAME = rf"{_NAME_WORD}(?:\s+(?:bin|binti|al|van|de|{_NAME_WORD})){{0,4}}"
_TITLES = (
    r"bapak|bpk|pak|pa|ibu|bu|ibuk|sdr|sdri|saudara|saudari|sodara|mas|mbak|mba|bang|abang|kang|teh|neng|aa|"
    r"haji|hajah|hj|h|ust|ustadz|ustad|ustadzah|kyai|dokter|dr|drg|tuan|nyonya|ny|tn|nn|om|tante|almarhum|almarhumah|alm|"
    r"ketua\s+r[tw](?:\s*\d+)?|pak\s+r[tw]|bu\s+r[tw]|lurah|camat|tetangga(?:\s+saya)?|oknum|pelapor|korban|pasien"
)
_LEADS = (
    r"atas\s+nama|a\s*\.?\s*n\s*\.?|an\.|nama(?:\s+(?:saya|lengkap|pelapor|anak(?:\s+saya)?|ibu|bapak|suami|istri|korban|"
    r"pasien|pemilik|beliau|orang(?:nya)?|petugas(?:nya)?))?|saya\s+(?:bernama|yang\s+bernama)|bernama|dengan\s+nama|"
    r"perkenalkan(?:\s+saya)?|ttd|tertanda|hormat\s+saya|salam(?:\s+hormat)?|terima\s*kasih|up|u\.p\.|cp|contact\s+person|hubungi|kontak"
)
# A name after a lead may be written without capitals ("atas nama siti aminah"): two words are taken then.
_LOWER_NAME = r"[a-z'’]{2,}(?:\s+[a-z'’]{2,})?"
_STOP = (
    r"(?!(?:yang|di|ke|dari|dan|atau|sudah|belum|tidak|ada|untuk|dengan|jalan|jl|rt|rw|kami|saya|kita|warga|mohon|"
    r"tolong|agar|supaya|karena|pada|ini|itu|juga|akan|bisa|harus|segera|sering|selalu|lagi|pemkot|dinas|kelurahan|"
    r"kecamatan|kota|petugas|admin|pemerintah|walikota|wali)\b)"
)

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "[email]",
        re.compile(
            r"[\w.+-]+\s*(?:@|\(at\)|\[at\]|\s+at\s+)\s*[\w-]+(?:\s*(?:\.|\(dot\)|\[dot\])\s*[\w-]+)+", re.IGNORECASE
        ),
    ),
    ("[akun]", re.compile(r"(?<![\w])@[A-Za-z0-9_.]{3,}")),
    ("[tautan]", re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)),
    ("[nomor]", re.compile(rf"(?<!\d){_digits(16, 20)}(?!\d)")),
    ("[telepon]", re.compile(rf"\(\s*0\d{{1,3}}\s*\){_SEP}{_digits(5, 9)}(?!\d)")),
    ("[telepon]", re.compile(rf"(?<!\d)(?:\+{_SEP}62|62|0){_SEP}\(?{_digits(7, 13)}(?!\d)")),
    ("[nomor]", re.compile(rf"(?<!\d){_digits(9, 15)}(?!\d)")),
    ("[plat]", re.compile(r"\b[A-Z]{1,2}[\s-]?\d{1,4}[\s-]?[A-Z]{1,3}\b(?!\w)")),
    (
        "[plat]",
        re.compile(
            r"\b(?:plat(?:\s+nomor)?|nopol|no\.?\s*pol)\s*:?\s*[a-z]{1,2}[\s-]?\d{1,4}[\s-]?[a-z]{0,3}\b", re.IGNORECASE
        ),
    ),
    (
        "[alamat]",
        re.compile(
            r"\b(?:jl|jln|jalan|gg|gang|komp|komplek|kompleks|perum|perumahan|blok|kav|kavling|kp|kampung)\b\.?\s*"
            r"[\w'’./-]*(?:\s+[A-Z0-9][\w'’./-]*){0,5}(?:\s*,?\s*(?:no|nomor|blok|kav)\b\.?\s*[\w/.-]+)+",
            re.IGNORECASE,
        ),
    ),
    ("[alamat]", re.compile(r"\bblok\s+[a-z]{1,2}\s*\d{0,3}(?:\s*(?:no\.?|nomor|/)\s*\d+[a-z]?)?", re.IGNORECASE)),
    ("[alamat]", re.compile(r"\b(?:no(?:mor)?\.?\s*rumah|rumah\s+no(?:mor)?\.?)\s*:?\s*\d+\w*", re.IGNORECASE)),
    (
        "[rt/rw]",
        re.compile(
            r"\brt\b\.?\s*:?\s*0*\d{1,3}\s*(?:[/,\s-]*\s*rw\b\.?\s*:?\s*0*\d{1,3}|\s*/\s*0*\d{1,3})?", re.IGNORECASE
        ),
    ),
    ("[rt/rw]", re.compile(r"\brw\b\.?\s*:?\s*0*\d{1,3}", re.IGNORECASE)),
    ("[titik]", re.compile(r"-?\d{1,3}\.\d{4,}\s*,\s*-?\d{1,3}\.\d{4,}")),
    (
        "[nama]",
        re.compile(rf"(?:(?<=\W)|^)(?i:{_LEADS})\s*[:,]?\s+{_STOP}(?:(?i:{_TITLES})\.?\s+)?(?:{_NAME}|{_LOWER_NAME})"),
    ),
    ("[nama]", re.compile(rf"(?:(?<=\W)|^)(?i:{_TITLES})\b\.?\s*(?:(?i:{_TITLES})\b\.?\s*)?{_NAME}")),
    (
        "[nama]",
        re.compile(
            rf"(?:(?<=\W)|^)(?i:bapak|bpk|pak|ibu|bu|sdr|sdri|mas|mbak|bang)\b\.?\s+{_STOP}(?!(?i:r[tw]|lurah|camat|wali|guru|polisi|satpam|kepala)\b)[a-z'’]{{3,}}"
        ),
    ),
    (
        "[nama]",
        re.compile(
            rf"\b{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,3}}\s+(?:bin|binti)\s+{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,2}}"
        ),
    ),
)


def normalise(text: str) -> str:
    """NFKC without control, format (zero-width, bidi) and stacked combining marks; spaces folded; cut."""
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    kept = (c if not unicodedata.category(c).startswith("C") else (" " if c in "\r\n\t" else "") for c in folded)
    once = re.sub(r"(\w)[\u0300-\u036f]{2,}", r"\1", "".join(kept))
    return re.sub(r"\s+", " ", once).strip()


def redact(text: str) -> str:
    """``text`` with NIK, KK, phone, e-mail, accounts, plates, addresses and names after salutations
    replaced by their kind in brackets. Always returns normalised text of at most MAX_CHARS."""
    clean = normalise(text)
    clean = _SPELLED.sub("[nomor]", clean)
    for mark, pattern in _RULES:
        clean = pattern.sub(mark, clean)
    return clean
