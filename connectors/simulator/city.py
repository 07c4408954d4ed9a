"""The stand-in city: its places, its zone and its streams of reports; deterministic from a seed and city time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.simulator.lapor_life import LaporStream
from connectors.simulator.places import Place
from connectors.simulator.stream import Stream


class City:
    """Everything the departments' systems draw on. ``begin`` is where city time starts; history lies before it."""

    def __init__(
        self,
        *,
        seed: int,
        begin: datetime,
        places: Sequence[Place],
        zone: str = "Asia/Jakarta",
        code: str = "36.71",
        name: str = "Kota Tangerang",
        aspirations_per_day: float = 36.5,
        reports_per_day: float = 7.0,
        lapor_per_day: float = 5.5,
        history_days: int = 120,
    ) -> None:
        self.seed, self.begin, self.code, self.name = seed, begin, code, name
        self.zone = ZoneInfo(zone)
        self.places = tuple(places)
        self.places_by_code = {place.code: place for place in self.places}
        self.districts = {place.district: place.district_name for place in self.places}
        self.history_days = history_days
        self.aspirations = self._stream("laksa", "LKS", aspirations_per_day, history_days)
        self.reports = self._stream("open311", "SP4N", reports_per_day, min(history_days, 100))
        self.lapor = self._stream("lapor", "LPR", lapor_per_day, history_days, LaporStream)

    def _stream(self, system: str, prefix: str, per_day: float, days: int, made: type[Stream] = Stream) -> Stream:
        return made(
            system=system, prefix=prefix, seed=self.seed, per_day=per_day, begin=self.begin,
            history_days=days, places=self.places, zone=self.zone,
        )  # fmt: skip

    def advance(self, now: datetime) -> None:
        self.aspirations.advance(now)
        self.reports.advance(now)
        self.lapor.advance(now)

    def local_day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()
