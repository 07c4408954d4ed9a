"""What things cost in the stand-in city: a function of seed, market, commodity and day; never a stored series.

Bounded random walks are made as interpolated noise at several scales, so any day can be asked for directly.
Ranges and variation follow the published Tangerang and Banten figures; chilli once jumps +58 % and falls -33 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import ceil, sqrt
from zoneinfo import ZoneInfo

from connectors.simulator.noise import smooth, unit


@dataclass(frozen=True, slots=True)
class Good:
    """One of the 34 items of the city's own list, in its own words and unit."""

    id: int
    name: str
    unit: str
    mid: int  # rupiah
    cv: float  # coefficient of variation over a year
    step: int = 500  # traders quote round figures
    scarce: float = 0.0  # share of markets that never sell it
    jumpy: bool = False


GOODS: tuple[Good, ...] = (
    Good(1, "Beras IR I", "kg", 14500, 0.025),
    Good(2, "Beras IR II", "kg", 13200, 0.025),
    Good(3, "Gula Pasir Impor", "kg", 18000, 0.008),
    Good(4, "Gula Pasir Lokal", "kg", 17500, 0.006),
    Good(5, "Minyak Goreng Bimoli", "liter", 21000, 0.014),
    Good(6, "Minyak Goreng Curah", "liter", 17500, 0.02),
    Good(7, "Daging Sapi", "kg", 136000, 0.022, 1000, 0.1),
    Good(8, "Daging Ayam Broiler", "ekor", 38500, 0.053),
    Good(9, "Telur Ayam Broiler", "kg", 28500, 0.045),
    Good(10, "Telur Ayam Kampung", "butir", 2800, 0.03, 100, 0.15),
    Good(11, "Susu Kental Manis Bendera 397 gr", "kaleng", 13500, 0.01),
    Good(12, "Susu Kental Manis Indomilk 397 gr", "kaleng", 13000, 0.01),
    Good(13, "Garam Halus 250 gr", "bks", 4000, 0.01, 250),
    Good(14, "Garam Bata", "kg", 8000, 0.02),
    Good(15, "Tepung Terigu Segitiga Biru", "kg", 13000, 0.015),
    Good(16, "Kedelai Impor", "kg", 12500, 0.03),
    Good(17, "Mie Instan Indomie", "kg", 37000, 0.01),
    Good(18, "Cabe Merah Keriting", "kg", 44000, 0.209, 1000, jumpy=True),
    Good(19, "Cabe Merah Biasa (TW)", "kg", 42000, 0.2, 1000, jumpy=True),
    Good(20, "Cabe Rawit Merah", "kg", 55000, 0.30, 1000, jumpy=True),
    Good(21, "Cabe Rawit Hijau", "kg", 41000, 0.28, 1000, jumpy=True),
    Good(22, "Bawang Merah", "kg", 38000, 0.152),
    Good(23, "Bawang Putih", "kg", 37000, 0.099),
    Good(24, "Ikan Asin Gabus", "kg", 95000, 0.02, 1000, 0.2),
    Good(25, "Ikan Asin Sepat", "kg", 70000, 0.02, 1000, 0.2),
    Good(26, "Ikan Tongkol", "kg", 40000, 0.06, 1000, 0.1),
    Good(27, "Ikan Tenggiri", "kg", 85000, 0.06, 1000, 0.35),
    Good(28, "Ikan Bandeng", "kg", 36000, 0.05, 1000, 0.1),
    Good(29, "Ikan Mujair", "kg", 35000, 0.05, 1000, 0.1),
    Good(30, "Kacang Hijau", "kg", 25000, 0.03),
    Good(31, "Kacang Tanah", "kg", 29000, 0.03),
    Good(32, "Kentang", "kg", 18000, 0.08),
    Good(33, "Tomat", "kg", 15000, 0.18, 500),
    Good(34, "Jagung Tongkol", "kg", 9000, 0.06, 500, 0.1),
)

# Named in public sources; used when the configuration names no markets of its own.
MARKETS: tuple[str, ...] = (
    "Pasar Anyar", "Pasar Malabar", "Pasar Poris Indah", "Pasar Laris", "Pasar Bandeng", "Pasar Mambo",
    "Pasar Anyar Selatan", "Pasar Swadaya Sangiang Jaya", "Pasar Lingkungan Jurumudi",
    "Pasar Lingkungan Larangan Utara", "Pasar Lingkungan Kunciran Indah", "Pasar Lingkungan Manis Jaya",
    "Pasar Lingkungan Periuk Jaya", "Pasar Lingkungan Gebang Raya",
)  # fmt: skip

JUMP_UP, JUMP_DOWN = 1.582, 0.667  # cabai merah, Banten, 20 and 23 June 2025
_SCALES = ((75, 0.62), (17, 0.36), (5, 0.16), (1, 0.07))  # days, weight
_NORM = sqrt(sum(w * w for _, w in _SCALES)) * 0.42  # spread of the interpolated noise


@dataclass(frozen=True, slots=True)
class MarketPlace:
    id: int
    name: str
    valid_from: date | None = None
    valid_to: date | None = None

    def open_on(self, day: date) -> bool:
        return (self.valid_from is None or day >= self.valid_from) and (self.valid_to is None or day <= self.valid_to)


class PriceBook:
    """Prices of one city. All methods are pure functions of their arguments and the seed."""

    def __init__(self, seed: int, markets: tuple[MarketPlace, ...], zone: ZoneInfo) -> None:
        self._seed, self.markets, self._zone = seed, markets, zone
        self.level = lru_cache(maxsize=20_000)(self._level)
        self.price = lru_cache(maxsize=80_000)(self._price)
        self.entered_at = lru_cache(maxsize=2_000)(self._entered_at)

    def _level(self, good: Good, day: date) -> float:
        """The city-wide level of a good on a day, in rupiah, unrounded."""
        n = day.toordinal()
        noise = sum(w * smooth(f"{self._seed}|{good.id}|{scale}", n / scale) for scale, w in _SCALES) / _NORM
        return good.mid * max(0.45, 1 + good.cv * noise) * self._jump(good, n)

    def _jump(self, good: Good, n: int) -> float:
        """Once in 120 days or so the price of a chilli leaps for three days and falls back part of the way."""
        if not good.jumpy:
            return 1.0
        block = n // 120
        start = block * 120 + 10 + int(100 * unit(f"{self._seed}|jump|{good.id}|{block}"))
        if start <= n < start + 3:
            return JUMP_UP
        if start + 3 <= n < start + 12:
            return JUMP_UP * JUMP_DOWN
        return 1.0

    def _price(self, good: Good, market: int, day: date) -> int | None:
        """What a survey in this market finds; None: nobody reported (the city's system writes 0)."""
        if day.weekday() == 6 or unit(f"{self._seed}|never|{market}|{good.id}") < good.scarce:
            return None
        if unit(f"{self._seed}|away|{market}|{day}") < 0.015:
            return None
        if unit(f"{self._seed}|gap|{market}|{good.id}|{day}") < 0.03:
            return None
        side = 1 + 0.09 * (unit(f"{self._seed}|side|{market}|{good.id}") - 0.5)
        wobble = 1 + good.cv * 0.15 * smooth(f"{self._seed}|m{market}|{good.id}", day.toordinal() / 3)
        return max(good.step, round(self.level(good, day) * side * wobble / good.step) * good.step)

    def _entered_at(self, market: int, day: date) -> datetime:
        """When the market's officer has entered the day's survey: between 07.30 and 10.30."""
        minutes = 450 + 180 * unit(f"{self._seed}|enter|{market}|{day}")
        return datetime.combine(day, time(), self._zone) + timedelta(minutes=minutes)

    def reported(self, good: Good, market: int, day: date, now: datetime) -> int | None:
        """The price as the city's system knows it now: nothing before the officer has entered it."""
        return self.price(good, market, day) if now >= self.entered_at(market, day) else None

    def mean(self, good: Good, day: date) -> int | None:
        """Arithmetic mean over the markets that reported, rounded up to 50 rupiah."""
        values = [v for m in self.markets if m.open_on(day) and (v := self.price(good, m.id, day)) is not None]
        return ceil(sum(values) / len(values) / 50) * 50 if values else None
