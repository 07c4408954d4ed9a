"""The stand-in monthly report of the education office by district: school transfers, libraries, aid paid out.

One wide row for each district and month, in Indonesian numbers, and one for the whole city, whose total of library
visits was typed in by hand and does not always add up.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, naive, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.noise import unit, written
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

COUNTS = ("mutasi_diajukan", "mutasi_selesai", "kunjungan_perpustakaan", "buku_dipinjam", "bantuan_diajukan",
          "bantuan_dibayar")  # fmt: skip
SHAPE = Shape(
    key="id",
    mandatory="bulan",
    times=("bulan", "per"),
    numbers=COUNTS,
    texts=("kecamatan", "catatan"),
    identity=("kecamatan",),
)
LEVELS = {"mutasi_diajukan": 38, "kunjungan_perpustakaan": 2_600, "buku_dipinjam": 740, "bantuan_diajukan": 160}
MONTHS = 15


class Education:
    name = "education"

    def __init__(self, city: City) -> None:
        self._city = city
        self._made: dict[str, Row] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if last_segment(request) != "rekap":
            return refuse(404, {"success": False, "message": "Not Found", "data": None})
        first = read_day(request.query.get("dari"), self._city.zone, now).date().replace(day=1)
        today = self._city.local_day(now)
        rows: list[Row] = []
        month = first
        while month <= today and len(rows) < MONTHS * 200:
            rows += self._month(month, today, now)
            month = (month.replace(day=28) + timedelta(days=7)).replace(day=1)
        return Listing(rows, _write, SHAPE)

    def _month(self, month: date, today: date, now: datetime) -> list[Row]:
        length = monthrange(month.year, month.month)[1]
        end = min(today, month.replace(day=length))
        entered = datetime.combine(end, time(6, 30), self._city.zone)
        done = end.day - (1 if end == today and now < entered else 0)
        share = done / length
        at = entered if done == end.day else entered - timedelta(days=1)
        total = dict.fromkeys(COUNTS, 0)
        rows = []
        for code, name in sorted(self._city.districts.items()):
            silent = unit(f"{self._city.seed}|school|{code}|{month}") < 0.04
            counts = self._counts(code, month, share)
            rows.append(self._row(code, name, month, {} if silent else counts, at))
            for key, value in counts.items():
                total[key] += 0 if silent else value
        if unit(f"{self._city.seed}|typed|{month}") < 0.4:
            total["kunjungan_perpustakaan"] += 90
        rows.append(self._row(self._city.code, self._city.name, month, total, at))
        return rows

    def _counts(self, code: str, month: date, share: float) -> dict[str, int]:
        found = {}
        for key, level in LEVELS.items():
            base = level * (0.6 + 0.8 * unit(f"{self._city.seed}|{code}|{key}"))
            season = 1.8 if key == "mutasi_diajukan" and month.month in (1, 7) else 1.0
            found[key] = int(base * season * (0.85 + 0.3 * unit(f"{self._city.seed}|{code}|{key}|{month}")) * share)
        for done, asked in (("mutasi_selesai", "mutasi_diajukan"), ("bantuan_dibayar", "bantuan_diajukan")):
            found[done] = int(found[asked] * (0.78 + 0.2 * unit(f"{self._city.seed}|{code}|{done}|{month}")))
        return {key: found[key] for key in COUNTS}

    def _row(self, code: str, name: str, month: date, counts: dict[str, int], at: datetime) -> Row:
        key = f"{month:%Y%m}-{code}"
        fields: dict[str, Any] = {
            "id": key, "kecamatan": name, "bulan": f"{month:%Y-%m}",
            **{column: written(counts.get(column)) for column in COUNTS},
            "per": naive(at, self._city.zone), "catatan": None,
        }  # fmt: skip
        known = self._made.get(key)
        if known is None or known.fields != fields:
            known = self._made[key] = Row(key, fields)
        return known


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"success": True, "message": "", "data": {"rekap": [row.fields for row in rows]}})
