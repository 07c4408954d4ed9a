"""The stand-in stock lists of the city's warehouses: a file a day, one line for each item, in Indonesian numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.ledger import Row
from connectors.simulator.noise import smooth, unit, written
from connectors.simulator.row_faults import Shape
from dashboard.config.metrics import Facility

SHAPE = Shape(
    key="Nomor",
    mandatory="Tanggal",
    times=("Tanggal", "Per"),
    numbers=("Stok", "Pemakaian", "Hari"),
    department="Gudang",
    texts=("Gudang", "Barang", "Satuan", "Pencatat"),
    identity=("Gudang", "Barang"),
)
# item, unit, used in a day, stocked for so many days, share of warehouses that hold it
ITEMS = (
    ("Beras cadangan", "kg", 420.0, 45, 0.6),
    ("Minyak goreng", "liter", 95.0, 30, 0.6),
    ("Makanan siap saji", "paket", 60.0, 40, 0.7),
    ("Air minum kemasan", "dus", 35.0, 25, 0.8),
    ("Obat dasar", "boks", 48.5, 35, 0.6),
    ("Oralit", "boks", 6.4, 60, 0.6),
    ("Selimut", "lembar", 14.0, 80, 0.7),
    ("Tenda keluarga", "unit", 0.6, 120, 0.5),
)
DAYS = 7
ENTERED = time(8, 15)


class Logistics:
    """Which files there are at an instant; ``Drop`` writes them."""

    def __init__(self, city: City, facilities: Sequence[Facility]) -> None:
        self._city = city
        self._stores = [f for f in facilities if f.kind == "warehouse"]

    def files(self, now: datetime) -> dict[str, list[Row]]:
        today = self._city.local_day(now)
        days = (today - timedelta(days=back) for back in range(DAYS))
        return {f"stok-{day:%Y%m%d}.csv": rows for day in days if (rows := self._rows(day, now))}

    def _rows(self, day: date, now: datetime) -> list[Row]:
        found = []
        for store in self._stores:
            late = timedelta(minutes=90 * unit(f"{self._city.seed}|stock|{store.code}|{day}"))
            at = datetime.combine(day, ENTERED, self._city.zone) + late
            if day.weekday() == 6 or at > now:
                continue
            for n, (item, of, used, days, share) in enumerate(ITEMS):
                if unit(f"{self._city.seed}|holds|{store.code}|{n}") < share:
                    found.append(self._row(store, n, item, of, used, days, day, at))
        return found

    def _row(
        self, store: Facility, n: int, item: str, of: str, used: float, days: int, day: date, at: datetime
    ) -> Row:  # fmt: skip
        key = f"{self._city.seed}|{store.code}|{n}"
        # It is used up evenly and filled again each ``days`` days; now and then a delivery comes late.
        cycle = days * (0.8 + 0.4 * unit(key))
        phase = (day.toordinal() + cycle * unit(f"{key}|phase")) % cycle
        late = 0.35 if unit(f"{key}|late|{int((day.toordinal()) // cycle)}") < 0.25 else 1.0
        per_day = used * (0.7 + 0.6 * unit(f"{key}|used")) * (1 + 0.1 * smooth(key, day.toordinal() / 9))
        left = max(0.0, (cycle * late + 4 - phase) * per_day)
        counted = unit(f"{key}|dash|{day}") >= 0.03
        fields: dict[str, Any] = {
            "Nomor": f"{store.code}-{n}-{day:%Y%m%d}", "Gudang": store.label.id, "Barang": item, "Satuan": of,
            "Stok": written(left if counted else None, 1), "Pemakaian": written(per_day, 2),
            "Hari": written(left / per_day if counted else None, 1), "Tanggal": f"{day:%d/%m/%Y}",
            "Per": naive(at, self._city.zone), "Pencatat": "Petugas gudang",
        }  # fmt: skip
        return Row(str(fields["Nomor"]), fields)
