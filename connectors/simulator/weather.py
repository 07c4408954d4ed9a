"""The weather and the earth of the stand-in city: what falls where and when, and what shakes; pure, from the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

STEP = timedelta(hours=3)
WET_MONTHS = (11, 12, 1, 2, 3)
CODES = {"clear": 1, "cloudy": 3, "haze": 5, "rain": 61, "heavy": 63, "storm": 95}


@dataclass(frozen=True, slots=True)
class Slot:
    """Three hours of weather at one place."""

    at: datetime  # UTC
    state: str
    temperature: int
    humidity: int
    wind: float


@dataclass(frozen=True, slots=True)
class Quake:
    at: datetime  # UTC, whole seconds
    lat: float
    lon: float
    magnitude: float
    depth: int
    felt: str
    region: str


class Weather:
    def __init__(self, seed: int, zone: ZoneInfo) -> None:
        self._seed, self._zone = seed, zone
        self.slot = lru_cache(maxsize=20_000)(self._slot)
        self.quakes_of = lru_cache(maxsize=60)(self._quakes_of)

    def begin(self, now: datetime) -> datetime:
        """The start of the slot that holds ``now``: 00, 03, 06 ... UTC."""
        at = now.astimezone(UTC)
        return at.replace(hour=at.hour // 3 * 3, minute=0, second=0, microsecond=0)

    def _slot(self, place: str, at: datetime) -> Slot:
        """Showers come in the afternoon, more of them in the wet months, and over neighbours at once."""
        local = at.astimezone(self._zone)
        day, own = Random(f"{self._seed}|sky|{at:%Y%m%d}"), Random(f"{self._seed}|{place}|{at:%Y%m%d%H}")
        wet = (0.62 if local.month in WET_MONTHS else 0.22) * day.uniform(0.4, 1.5)
        hour = math.exp(-(((local.hour - 16) % 24 - 0) ** 2) / 30) if local.hour >= 10 else 0.12
        roll = own.random() / max(0.05, wet * hour)
        state = "storm" if roll < 0.16 else "heavy" if roll < 0.3 else "rain" if roll < 0.62 else ""
        state = state or own.choices(("clear", "cloudy", "haze"), (4, 5, 1))[0]
        warm = 24 + 8 * max(0.0, math.sin((local.hour - 6) / 12 * math.pi)) - (2 if state in ("rain", "heavy") else 0)
        return Slot(at, state, round(warm), round(92 - (warm - 24) * 3.5), round(own.uniform(2, 16), 1))

    def quakes(self, now: datetime, most: int) -> list[Quake]:
        """The newest first."""
        found: list[Quake] = []
        for back in range(40):
            day = (now - timedelta(days=back)).astimezone(UTC).date()
            found += [quake for quake in self.quakes_of(day.toordinal()) if quake.at <= now]
            if len(found) >= most:
                break
        return sorted(found, key=lambda quake: quake.at, reverse=True)[:most]

    def _quakes_of(self, ordinal: int) -> tuple[Quake, ...]:
        rng = Random(f"{self._seed}|quakes|{ordinal}")
        midnight = datetime.fromordinal(ordinal).replace(tzinfo=UTC)
        found = []
        for _ in range(rng.choices((0, 1, 2, 3), (2, 4, 3, 1))[0]):
            near = rng.random() < 0.25
            lat, lon = (
                (-6.9 + rng.uniform(-0.9, 0.9), 106.4 + rng.uniform(-1.2, 1.2))
                if near
                else (rng.uniform(-9.5, 3), rng.uniform(96, 132))
            )
            magnitude = round(4 + rng.expovariate(1.6), 1)
            felt = f"{rng.choice(('II', 'III'))} {'Tangerang' if near else 'Contoh'}" if magnitude > 4.4 else ""
            at = midnight + timedelta(seconds=rng.randrange(86_400))
            region = f"{rng.randint(5, 90)} km BaratDaya Contoh"
            found.append(Quake(at, round(lat, 2), round(lon, 2), magnitude, rng.choice((5, 10, 24, 60)), felt, region))
        return tuple(found)
