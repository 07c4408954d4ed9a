"""Takes what could name a citizen out of free text; never keeps, logs or returns what it took out.

Pure. Used for the one optional summary a source may ask for, for words that no registry knows, and as the last gate
in front of logs and error texts. It is deliberately greedy: a street name lost costs less than a neighbour named.
Its recall and precision on a held-out Indonesian set are measured in ``tests/privacy`` and published in
``docs/security/redaction.md``. The patterns of names are in ``redaction_names.py``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dashboard.redaction_names import NAMES

MAX_CHARS = 4_000
"""Longer texts are cut before they are searched, so that a 1 MB word costs nothing."""
_TAKEN = "\x00"
"""Stands for every character already taken, so that places in the text stay the same while it is searched."""


@dataclass(frozen=True, slots=True)
class Span:
    """What was found in ``normalise(text)``, from ``start`` to ``end``."""

    start: int
    end: int
    kind: str


_SEP = r"[\s.\-_/–]{0,3}"
_D = r"[\dOo]"  # the letter o is a favourite zero


def _digits(low: int, high: int) -> str:
    """``low`` to ``high`` digits, written together or with the marks people put between."""
    return rf"\d(?:{_SEP}\d){{{low - 1},{high - 1}}}"


_NUMBER_WORD = r"(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|\d)"
_DATE = r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)"
_HOURS = r"\d{1,2}[.:]\d{2}\s*(?:-|–|s\.?/?d\.?|sampai)\s*\d{1,2}[.:]\d{2}(?!\d)"
# Not in the middle of a number, not an amount of money, not a date, not opening hours.
_NUMBER = rf"(?<!\d)(?<!\d[.,])(?<![Rr][Pp])(?<![Rr][Pp][\s.])(?<![Rr][Pp]\.\s)(?!{_DATE})(?!{_HOURS})"
_END = r"(?!\d)(?!\s*(?:rupiah|juta|ribu|meter|liter|kg|unit)\b)"

# Registration areas of Indonesia; without them "RT 03 RW" and "jam 10 di" would be plates.
_AREA = r"(?:A[ABDEG]?|B[ABDEGHKLMNP]?|D[ABCDEGHKLMNRSTW]?|E[ABD]?|F|G|H|K[BHTU]?|L|M|N|P[AB]?|R[FI]?|S|T|W|Z|CD|CC|RI)"
_STREET = r"(?:jl|jln|jalan|gg|gang|komp|komplek|kompleks|perum|perumahan|kav|kavling|kp|kampung|dusun|cluster|klaster)"
_HOUSE = r"(?:no|nomor|nmr|blok|blk|kav|kavling|lt|pintu)"
_ORDINAL = r"(?:\d{1,3}|[IVX]{1,5})"


def _rule(kind: str, pattern: str, flags: int = re.IGNORECASE) -> tuple[str, re.Pattern[str]]:
    return kind, re.compile(pattern, flags)


_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    _rule(
        "email",
        r"[\w.+-]+\s?(?:@|\(at\)|\[at\]|\sat\s)\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\]|\s(?:dot|titik)\s)\s?[\w-]+)+",
    ),
    _rule("akun", r"(?<!\w)@[A-Za-z0-9_.]{3,}"),
    _rule("akun", r"\b(?:ig|instagram|fb|facebook|tiktok|twitter|telegram)\s?[:=]\s?[\w.]{3,}"),
    _rule("tautan", r"(?:https?://|www\.|wa\.me/)\S+"),
    _rule("titik", r"-?\d{1,3}[.,]\d{4,}\s*[,;]\s*-?\d{1,3}[.,]\d{4,}"),
    _rule("nomor", rf"\b{_NUMBER_WORD}(?:[\s\-,]+{_NUMBER_WORD}){{6,}}\b"),
    _rule("nomor", rf"{_NUMBER}{_digits(16, 20)}{_END}"),
    _rule("telepon", rf"\(\s*0\d{{1,3}}\s*\){_SEP}{_digits(5, 9)}(?!\d)"),
    _rule("telepon", rf"{_NUMBER}(?:\+{_SEP}62|62|0){_SEP}\(?{_SEP}(?:0\)?{_SEP})?{_digits(7, 13)}{_END}"),
    _rule("telepon", rf"(?<![\w.,])[Oo](?=[\d\s.-]*\d){_D}(?:{_SEP}{_D}){{7,12}}(?!\w)", 0),
    _rule(
        "telepon",
        r"\b(?:hp|wa|telp?|telepon|tlp|nohp|whatsapp)\b[\s.:]*(?:no(?:mor)?\b[\s.:]*)?8\d(?:[\s.-]?\d){6,10}(?!\d)",
    ),
    _rule("nomor", rf"{_NUMBER}{_digits(9, 15)}{_END}"),
    _rule("plat", rf"(?<!\w){_AREA}[\s-]?\d{{1,4}}[\s-]?[A-Z]{{1,3}}(?!\w)", 0),
    _rule(
        "plat",
        rf"(?<!\w){_AREA}[\s-]?\d{{3,4}}[\s-]?[a-z]{{2,3}}(?!\w)(?<!rb)(?<!jt)(?<!an)(?<!kg)(?<!km)(?<!cm)(?<!di)",
    ),
    _rule(
        "plat",
        r"\b(?:plat|pelat|nopol|no\.?\s?pol|nomor\s+polisi)(?:\s+(?:nomor|no\.?|motor|mobil|kendaraan))?\s*[:.]?\s*"
        r"[a-z]{1,2}[\s-]?\d{1,4}(?:[\s-]?[a-z]{1,3})?\b",
    ),
    _rule(
        "alamat",
        rf"\b{_STREET}\b\.?\s*[\w'’./-]*(?:\s+(?-i:[A-Z0-9])[\w'’./-]*){{0,5}}"
        rf"(?:\s*,?\s*\b{_HOUSE}\b\.?\s*:?\s*(?:[A-Z]{{0,2}}\s?\d[\w/-]*|(?-i:[A-Z])\w{{0,2}}))+",
    ),
    _rule(
        "alamat",
        r"\b(?:blok|blk)\b\.?\s*[a-z]{1,2}\s?[-/.]?\s?\d{0,3}(?:[-/]\d{1,3})?(?:\s*,?\s*(?:no\.?|nomor|/)\s*\d+[a-z]?)?(?!\w)",
    ),
    _rule("alamat", r"\b(?:no(?:mor)?\.?\s*rumah|rumah(?:\s+(?:saya|kami|beliau))?\s+no(?:mor)?\.?)\s*:?\s*\d+\w*"),
    _rule("alamat", r"\b(?:unit|kamar|lantai\s+\d+)\s+no(?:mor)?\.?\s*\w{1,5}\b"),
    _rule(
        "rt/rw",
        rf"\brt\s?[.:]?\s?0*{_ORDINAL}\b(?:\s*(?:[/,.&\s-]|dan)*\s*rw\s?[.:]?\s?0*{_ORDINAL}\b|\s*/\s*0*{_ORDINAL}\b)?",
    ),
    _rule("rt/rw", rf"\brw\s?[.:]?\s?0*{_ORDINAL}\b"),
    _rule("rt/rw", r"\brt\s?/\s?rw\s?[.:]?\s?\d{1,3}(?:\s?/\s?\d{1,3})?"),
    _rule("rt/rw", rf"\brukun\s+(?:tetangga|warga)\s+(?:no(?:mor)?\.?\s*)?{_ORDINAL}\b"),
    *NAMES,
)


def normalise(text: str) -> str:
    """NFKC without control, format (zero-width, bidi), enclosing and stacked combining marks; spaces folded; cut."""
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARS])
    kept = (c if unicodedata.category(c) not in _DROPPED else (" " if c in "\r\n\t" else "") for c in folded)
    once = re.sub(r"(\w)[\u0300-\u036f]{2,}", r"\1", "".join(kept).replace("\ufe0f", ""))
    return re.sub(r"\s+", " ", once).strip()


_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Me"})


def find(clean: str) -> list[Span]:
    """What names somebody in a normalised text, in order, without overlap."""
    found: list[Span] = []
    rest = clean
    for kind, pattern in _RULES:
        for match in pattern.finditer(rest):
            start = match.start() + match.group().rfind(_TAKEN) + 1  # what stands before was taken already
            if clean[start : match.end()].strip(" ,."):
                found.append(Span(start, match.end(), kind))
        for span in found:
            if rest[span.start] != _TAKEN:
                rest = rest[: span.start] + _TAKEN * (span.end - span.start) + rest[span.end :]
    return sorted(found, key=lambda span: span.start)


def redact(text: str) -> str:
    """``text`` with NIK, KK, phone, e-mail, accounts, plates, addresses and names after salutations replaced by
    their kind in brackets. Always returns normalised text."""
    clean = normalise(text)
    parts, last = [], 0
    for span in find(clean):
        parts += [clean[last : span.start], f"[{span.kind}]"]
        last = span.end
    return "".join((*parts, clean[last:]))
