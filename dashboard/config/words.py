"""How two spellings are the same word: case, accents, spaces, known prefixes, units; never guesses."""

from __future__ import annotations

import re
import unicodedata

from dashboard.decoding import EMPTY_WORDS

_PREFIXES = {
    "district": ("kecamatan", "kec"),
    "subdistrict": ("kelurahan", "kel", "desa"),
    "market": ("pasar", "ps", "psr"),
    "department": ("opd",),
}
_BREAKS = re.compile(r"[\s._]+")

# Canonical unit -> how sources write it (after fold(), without "rp" and a leading "1").
UNITS: dict[str, tuple[str, ...]] = {
    "kg": ("kilogram", "kilo", "kgs"),
    "liter": ("ltr", "l", "lt", "litre"),
    "ekor": (),
    "butir": (),
    "pack": ("bks", "bungkus", "pak", "pck", "sachet"),
    "can": ("kaleng", "klg"),
    "piece": ("buah", "bh", "pcs", "biji"),
    "bunch": ("ikat",),
}
_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in (unit, *words)}


def fold(word: str) -> str:
    """Case, accents, zero-width and control characters, dots, underscores and surplus spaces do not matter."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc") or c.isspace())
    return _BREAKS.sub(" ", plain.casefold()).strip()


def empty(word: str | None) -> bool:
    return word is None or fold(word) in EMPTY_WORDS


def spellings(word: str, family: str) -> tuple[str, ...]:
    """The folded word, and without the prefix its family may carry ("Kec. Cibodas" -> "cibodas")."""
    folded = fold(word)
    for prefix in _PREFIXES.get(family, ()):
        if folded.startswith(prefix + " "):
            return folded, folded[len(prefix) + 1 :]
    return (folded,)


def canonical_unit(word: str) -> str | None:
    """ "Rp./Kg" -> kg, "bks" -> pack; None for a unit nobody declared."""
    folded = fold(word)
    folded = re.sub(r"^rp ?/? ?", "", folded).removeprefix("per ").strip("/ ")
    return _UNIT_OF.get(re.sub(r"^1 ", "", folded))
