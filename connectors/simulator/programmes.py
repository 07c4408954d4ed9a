"""The stand-in progress reports of the four city programmes: by indicator, district and month, counted from January.

Each month's row is the year so far, with the year's target beside it; the row of the whole city is typed in by the
programme's own office and of two indicators does not always add up.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.noise import unit
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

SHAPE = Shape(
    key="id",
    mandatory="bulan",
    times=("bulan", "per"),
    numbers=("realisasi",),
    texts=("kecamatan", "catatan"),
    identity=("program", "indikator", "kecamatan"),
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """``year``: what the city means to do in a year; ``level``: of what stands now instead (lights that burn).
    ``of``: a share of another indicator."""

    programme: str
    name: str
    unit: str
    year: float = 0.0
    level: float = 0.0
    of: str = ""
    share: float = 0.0
    typed: bool = False  # the city's own row is typed in by hand


INDICATORS = (
    Indicator("Tangerang Cerdas", "siswa dibantu", "siswa", year=21_600),
    Indicator("Tangerang Cerdas", "dibayar tepat waktu", "siswa", of="siswa dibantu", share=0.9),
    Indicator("Tangerang Berbenah", "rumah dibedah", "rumah", year=520, typed=True),
    Indicator("Tangerang Berbenah", "jamban dibangun", "unit", year=130),
    Indicator("Tangerang Terang", "titik terpasang", "titik", level=52_000),
    Indicator("Tangerang Terang", "titik menyala", "titik", of="titik terpasang", share=0.968),
    Indicator("Tangerang Terang", "titik diperbaiki", "titik", year=9_400),
    Indicator("Tangerang Terang", "diperbaiki tepat waktu", "titik", of="titik diperbaiki", share=0.86),
    Indicator("Tangerang Bersih", "sampah terangkut", "ton", year=474_500, typed=True),
)
HOUSES = INDICATORS[2]


class Programmes:
    name = "programmes"

    def __init__(self, city: City) -> None:
        self._city = city
        whole = sum(place.weight for place in city.places)
        weights: dict[str, float] = {}
        for place in city.places:
            weights[place.district] = weights.get(place.district, 0.0) + place.weight / whole
        self._shares = dict(sorted(weights.items()))
        self._made: dict[str, Row] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if last_segment(request) != "capaian":
            return refuse(404, {"success": False, "message": "Not Found", "data": None})
        month = read_day(request.query.get("dari"), self._city.zone, now).date().replace(day=1)
        today = self._city.local_day(now)
        month = max(month, date(today.year - 2, 1, 1))
        rows: list[Row] = []
        while month <= today:
            rows += self._month(month, now)
            month = (month.replace(day=28) + timedelta(days=7)).replace(day=1)
        return Listing(rows, _write, SHAPE)

    def _month(self, month: date, now: datetime) -> Iterator[Row]:
        """The year so far as of the last evening on which it was entered."""
        last = month.replace(day=monthrange(month.year, month.month)[1])
        end = min(last, self._city.local_day(now - timedelta(hours=18)))
        if end < month:
            return
        at = datetime.combine(end, time(18), self._city.zone)
        passed = ((end - date(month.year, 1, 1)).days + 1) / (365 + (month.year % 4 == 0))
        for one in INDICATORS:
            whole_done = whole_target = 0
            for code, name in sorted(self._city.districts.items()):
                done, target = self.figures(one, code, month.year, passed)
                whole_done, whole_target = whole_done + done, whole_target + (target or 0)
                yield self._row(one, code, name, month, done, target, at)
            if one.typed and unit(f"{self._city.seed}|{one.name}|{month}") < 0.5:
                whole_done += 1 + int(whole_done * 0.004)
            yield self._row(one, self._city.code, self._city.name, month, whole_done, whole_target or None, at)

    def figures(self, one: Indicator, code: str, year: int, passed: float) -> tuple[int, int | None]:
        """What was done until now, and the year's target; counters never fall within a year."""
        key = f"{self._city.seed}|{one.programme}|{one.name}|{code}|{year}"
        if one.of:
            base, _ = self.figures(next(i for i in INDICATORS if i.name == one.of), code, year, passed)
            return int(base * min(1.0, one.share * (0.94 + 0.12 * unit(key)))), None
        part = self._shares[code] * (0.8 + 0.4 * unit(f"{self._city.seed}|{one.name}|{code}"))
        if one.level:
            return int(one.level * part * (0.97 + 0.03 * passed)), None
        target = max(1, round(one.year * part))
        rate = 0.72 + 0.42 * unit(key)
        return int(target * rate * passed ** (1.05 + 0.35 * unit(f"{key}|late"))), target

    def days_reached(self, one: Indicator, code: str, year: int) -> Iterator[date]:
        """The day on whose evening the year's counter of a district first stands at 1, at 2 ..."""
        reached, begun = 0, date(year, 1, 1)
        length = 365 + (year % 4 == 0)
        for n in range(length):
            done, _ = self.figures(one, code, year, (n + 1) / length)
            while reached < done:
                reached += 1
                yield begun + timedelta(days=n)

    def _row(
        self, one: Indicator, code: str, name: str, month: date, done: int, target: int | None, at: datetime
    ) -> Row:  # fmt: skip
        key = f"{month:%Y%m}-{code}-{one.name}".replace(" ", "_")
        fields: dict[str, Any] = {
            "id": key, "program": one.programme, "indikator": one.name, "kecamatan": name, "bulan": f"{month:%Y-%m}",
            "target": target, "realisasi": done, "satuan": one.unit, "per": naive(at, self._city.zone),
            "catatan": None,
        }  # fmt: skip
        known = self._made.get(key)
        if known is None or known.fields != fields:
            if len(self._made) > 20_000:
                self._made.clear()
            known = self._made[key] = Row(key, fields)
        return known


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"success": True, "message": "OK", "data": [row.fields for row in rows]})
