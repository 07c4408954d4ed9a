"""Numbers that belong to a key: the same in every process, on every start; never a stored series."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=200_000)
def unit(key: str) -> float:
    """A number in [0, 1)."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) / 2**64


def smooth(key: str, x: float) -> float:
    """Noise in (-1, 1) that changes smoothly with ``x``."""
    left = int(x // 1)
    share = x - left
    share = share * share * (3 - 2 * share)
    a, b = unit(f"{key}|{left}"), unit(f"{key}|{left + 1}")
    return 2 * (a + (b - a) * share) - 1


def written(value: float | None, decimals: int = 0) -> str | None:
    """As these offices write a number: 2.771,41; a dash where nobody reported."""
    if value is None:
        return "-"
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "\0").replace(".", ",").replace("\0", ".")
