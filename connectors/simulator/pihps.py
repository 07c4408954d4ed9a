"""The stand-in PIHPS of Bank Indonesia: a provincial grid with dates as columns, published on weekdays at 13.00."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import holidays
import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, last_segment, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.prices import GOODS, PriceBook
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

# PIHPS item -> (the city's good it moves with, its level against that good); names carry the source's trailing space.
Item = tuple[str, int, float]
ITEMS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    ("Beras", (
        ("Beras Kualitas Bawah I ", 2, 0.98), ("Beras Kualitas Bawah II ", 2, 0.96),
        ("Beras Kualitas Medium I ", 2, 1.04), ("Beras Kualitas Medium II ", 2, 1.02),
        ("Beras Kualitas Super I ", 1, 1.10), ("Beras Kualitas Super II ", 1, 1.07),
    )),
    ("Daging Ayam", (("Daging Ayam Ras Segar ", 8, 0.98),)),
    ("Daging Sapi", (("Daging Sapi Kualitas 1 ", 7, 1.02), ("Daging Sapi Kualitas 2 ", 7, 0.95))),
    ("Telur Ayam", (("Telur Ayam Ras Segar ", 9, 1.0),)),
    ("Bawang Merah", (("Bawang Merah Ukuran Sedang ", 22, 1.0),)),
    ("Bawang Putih", (("Bawang Putih Ukuran Sedang ", 23, 1.0),)),
    ("Cabai Merah", (("Cabai Merah Besar ", 19, 1.0), ("Cabai Merah Keriting ", 18, 1.0))),
    ("Cabai Rawit", (("Cabai Rawit Hijau ", 21, 1.0), ("Cabai Rawit Merah ", 20, 1.0))),
    ("Minyak Goreng", (
        ("Minyak Goreng Curah ", 6, 1.0), ("Minyak Goreng Kemasan Bermerk 1 ", 5, 1.02),
        ("Minyak Goreng Kemasan Bermerk 2 ", 5, 0.97),
    )),
    ("Gula Pasir", (("Gula Pasir Kualitas Premium ", 3, 1.03), ("Gula Pasir Lokal ", 4, 1.0))),
)  # fmt: skip
SHAPE = Shape(key="name", mandatory="name", texts=("name",), status=None)
PUBLISHED_AT = time(13)
_GOODS = {good.id: good for good in GOODS}


class Pihps:
    name = "pihps"

    def __init__(self, city: City, book: PriceBook) -> None:
        self._city, self._book = city, book
        self._cells = lru_cache(maxsize=20_000)(self._cell)
        self._free = lru_cache(maxsize=8)(_free_days)

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        if last_segment(request) != "GetGridDataDaerah":
            return refuse(404, {"message": "Not Found"})
        zone, query = self._city.zone, request.query
        end = read_day(query.get("end_date"), zone, now).date()
        start = read_day(query.get("start_date"), zone, now).date()
        if (end - start).days > 400:
            return refuse(500, {"message": "Server Error"})
        silent = bool(query.get("regency_id") or query.get("market_id"))  # a trap of the real one: empty data
        days = [] if silent else self._published(start, end, now)
        if spoilt.active("withheld"):  # the office has not published today
            days = [day for day in days if day < self._city.local_day(now)]
        rows = []
        for number, (group, items) in enumerate(ITEMS, 1):
            rows.append(self._row(f"{number}", group, 1, [(name, ref, f) for name, ref, f in items], days))
            for n, item in enumerate(items, 1):
                rows.append(self._row(str(n), item[0], 2, [item], days))
        return Listing([] if silent else rows, _write, SHAPE)

    def _row(self, number: str, name: str, level: int, items: Sequence[Item], days: Sequence[date]) -> Row:
        fields: dict[str, Any] = {"no": number, "name": name, "level": level}
        for day in days:
            values = [v for v in (self._cells(*item, day) for item in items) if v is not None]
            fields[f"{day:%d/%m/%Y}"] = f"{round(sum(values) / len(values) / 50) * 50:,}" if values else "-"
        return Row(f"{level}|{name}|{days[-1] if days else ''}", fields)

    def _cell(self, name: str, good: int, factor: float, day: date) -> int | None:
        if (day.toordinal() * 31 + sum(name.encode())) % 97 == 0:
            return None
        return round(self._book.level(_GOODS[good], day) * factor / 50) * 50

    def _published(self, start: date, end: date, now: datetime) -> list[date]:
        """Survey days whose figures are out: weekdays that are no holiday, today from 13.00 on."""
        local = now.astimezone(self._city.zone)
        last = local.date() if local.time() >= PUBLISHED_AT else local.date() - timedelta(days=1)
        days = (start + timedelta(days=n) for n in range((min(end, last) - start).days + 1))
        return [day for day in days if day.weekday() < 5 and day not in self._free(day.year)]


def _free_days(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=year, categories=("public", "government")))


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"data": [row.fields for row in rows]})
