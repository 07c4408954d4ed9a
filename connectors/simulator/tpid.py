"""The stand-in TPID price system of the city: 34 goods x markets; writes 0 where nobody reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, read_day, refuse, say
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.prices import GOODS, Good, PriceBook
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

SHAPE = Shape(
    key="id",
    mandatory="harga",
    times=("tanggal",),
    numbers=("harga",),
    texts=("satuan", "pasar", "komoditas"),
    identity=("komoditas", "pasar"),
)


class Tpid:
    name = "tpid"

    def __init__(self, city: City, book: PriceBook, credentials: Credentials) -> None:
        self._city, self._book, self._credentials = city, book, credentials
        self._days: dict[date, list[Row]] = {}
        self._today: dict[str, Row] = {}

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        token = request.headers.get("token", "")
        if not token:
            return refuse(406, {"status": False, "message": "Token tidak ditemukan", "data": []})
        expected = {name.lower(): value for name, value in self._credentials.headers.items()}.get("token")
        if expected is not None and token != expected:
            return refuse(401, {"status": False, "message": "Hak akses tidak sesuai", "data": []})
        what = last_segment(request)
        if what == "komoditas":
            return say(_envelope([{"id": g.id, "name": g.name, "unit": g.unit} for g in GOODS]))
        if what == "pasar":
            today = self._city.local_day(now)
            return say(_envelope([
                {"id": m.id, "name": m.name, "status": "active" if m.open_on(today) else "inactive"}
                for m in self._book.markets
            ]))  # fmt: skip
        if what.lower() != "komoditasrekapitulasi":
            return refuse(404, {"status": False, "message": "Not Found", "data": []})
        first = read_day(request.query.get("from"), self._city.zone, now).date()
        last = min(read_day(request.query.get("to"), self._city.zone, now).date(), self._city.local_day(now))
        days = (first + timedelta(days=n) for n in range(min(400, (last - first).days + 1)))
        return Listing([row for day in days for row in self._prices(day, now)], _write, SHAPE)

    def _prices(self, day: date, now: datetime) -> list[Row]:
        """All rows of a day; a day long past is made once. (It writes 0 when nobody reported.)"""
        made = self._days.get(day)
        if made is not None:
            return made
        rows = []
        for market in self._book.markets:
            for good in GOODS if market.open_on(day) else ():
                value = self._book.reported(good, market.id, day, now) or 0
                rows.append(self._row(f"{day:%Y%m%d}-{good.id:02d}-{market.id:02d}", good, market.name, day, value))
        if day < self._city.local_day(now):
            self._days[day] = rows
        return rows

    def _row(self, key: str, good: Good, market: str, day: date, value: int) -> Row:
        cached = self._today.get(key)
        if cached is None or cached.fields["harga"] != value:
            cached = self._today[key] = Row(key, {
                "id": key, "komoditas": good.name, "satuan": good.unit, "pasar": market,
                "tanggal": day.isoformat(), "harga": value,
            })  # fmt: skip
        return cached


def _envelope(data: object) -> dict[str, Any]:
    return {"status": True, "message": "OK", "data": data}


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps(_envelope([row.fields for row in rows]))
