"""The stand-in Panel Harga of Bapanas: consumer prices of 25 goods, today and yesterday, behind an API key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.prices import GOODS, PriceBook
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

# id, name, unit as that source writes it, the city's good it moves with, its level against that good
ITEMS: tuple[tuple[int, str, str, int, float], ...] = (
    (27, "Beras Premium", "Rp./Kg", 1, 1.05), (28, "Beras Medium", "Rp./Kg", 2, 1.0),
    (109, "Beras SPHP", "Rp./Kg", 2, 0.93),
    (102, "Jagung Tk Peternak", "Rp./Kg", 34, 0.68), (29, "Kedelai Biji Kering (Impor)", "Rp./Kg", 16, 0.98),
    (30, "Bawang Merah", "Rp./Kg", 22, 1.0), (31, "Bawang Putih Bonggol", "Rp./Kg", 23, 1.0),
    (32, "Cabai Merah Keriting", "Rp./Kg", 18, 1.0), (126, "Cabai Merah Besar", "Rp/Kg", 19, 1.0),
    (33, "Cabai Rawit Merah", "Rp./Kg", 20, 1.0), (34, "Daging Sapi Murni", "Rp./Kg", 7, 1.0),
    (35, "Daging Ayam Ras", "Rp./Kg", 8, 0.97), (36, "Telur Ayam Ras", "Rp./Kg", 9, 1.0),
    (37, "Gula Konsumsi", "Rp./Kg", 4, 1.01), (38, "Minyak Goreng Kemasan", "Rp./Liter", 5, 1.0),
    (101, "Minyak Goreng Curah", "Rp./Liter", 6, 1.0), (127, "Minyakita", "Rp/Liter", 6, 0.95),
    (40, "Tepung Terigu (Curah)", "Rp./Kg", 15, 0.78), (108, "Tepung Terigu Kemasan", "Rp/kg", 15, 1.0),
    (104, "Ikan Kembung", "Rp./Kg", 26, 1.05), (105, "Ikan Tongkol", "Rp./Kg", 26, 0.9),
    (106, "Ikan Bandeng", "Rp./Kg", 28, 1.0), (107, "Garam Konsumsi", "Rp./Kg", 14, 1.4),
    (149, "Daging Kerbau Beku (Impor Luar Negeri)", "Rp/kg", 7, 0.77),
    (152, "Daging Kerbau Segar (Lokal)", "Rp/kg", 7, 1.03),
)  # fmt: skip
SHAPE = Shape(
    key="id",
    mandatory="today",
    times=(),
    numbers=("today", "yesterday"),
    texts=("satuan", "background", "name"),
    identity=("id",),
)
_GOODS = {good.id: good for good in GOODS}


class PanelHarga:
    name = "panel_harga"

    def __init__(self, city: City, book: PriceBook, credentials: Credentials) -> None:
        self._city, self._book = city, book
        self._expected = {k.lower(): v for k, v in credentials.headers.items()}.get("x-api-key")

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        key = request.headers.get("x-api-key", "")
        if not key or (self._expected is not None and key != self._expected):
            return refuse(401, {"status": "error", "message": "Unauthorized. Invalid or missing API key."})
        if last_segment(request) != "harga-pangan-informasi":
            return refuse(404, {"status": "error", "message": "Not Found"})
        local = now.astimezone(self._city.zone)
        today = local.date() if local.hour >= 10 else local.date() - timedelta(days=1)
        return Listing([self._row(item, today) for item in ITEMS], _write, SHAPE)

    def _row(self, item: tuple[int, str, str, int, float], today: date) -> Row:
        number, name, unit, _, _ = item
        yesterday = today - timedelta(days=1)
        new, old = self._value(item, today), self._value(item, yesterday)
        gap = new - old  # the real source computes -100 % from a 0 that means "nobody asked"
        fields: dict[str, Any] = {
            "id": number, "name": name, "satuan": unit, "today": new, "yesterday": old,
            "yesterday_date": f"{yesterday:%d/%m/%Y}", "today_date": f"{today:%d/%m/%Y}", "gap": abs(gap),
            "gap_percentage": round(abs(gap) / old * 100, 2) if old else 0.0,
            "gap_change": "up" if gap > 0 else "down" if gap < 0 else "no_change",
            "gap_color": "", "background": f"https://panelharga.contoh.example/{number}.png",
        }  # fmt: skip
        return Row(f"{today.isoformat()}|{number}", fields)

    def _value(self, item: tuple[int, str, str, int, float], day: date) -> int:
        number, _, _, good, factor = item
        if day.weekday() == 6 or (day.toordinal() * 7 + number) % 61 == 0:
            return 0
        return round(self._book.level(_GOODS[good], day) * factor / 10) * 10


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps({"status": "success", "message": "", "data": [row.fields for row in rows]})
