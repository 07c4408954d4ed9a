"""The stand-in list of houses under repair (Tangerang Berbenah): one line for each, a file for each year.

The programme's own counter and this list agree: the n-th house of a district is done on the day its counter reaches n.
The owner, the owner's number and the address stand in the file; nobody has to read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.noise import unit
from connectors.simulator.programmes import HOUSES, Programmes
from connectors.simulator.row_faults import Shape
from connectors.simulator.words import invent_person

SHAPE = Shape(
    key="Nomor",
    mandatory="Diusulkan",
    times=("Diusulkan", "Diverifikasi", "Ditetapkan", "Mulai", "Selesai", "Diperbarui"),
    numbers=("Anggaran",),
    status="Status",
    texts=("Kecamatan", "Kelurahan", "Pemilik", "Alamat"),
)
STEPS = (("Diusulkan", "diusulkan"), ("Diverifikasi", "diverifikasi"), ("Ditetapkan", "ditetapkan"),
         ("Mulai", "dikerjakan"), ("Selesai", "selesai"))  # fmt: skip
REFUSED = 0.06  # of what is proposed beside those that are mended


class Houses:
    """Which files there are at an instant; ``Drop`` writes them."""

    def __init__(self, city: City, programmes: Programmes) -> None:
        self._city, self._programmes = city, programmes
        self._rows = RowCache()
        self._plans: dict[int, list[tuple[str, str, tuple[datetime, ...], bool]]] = {}

    def files(self, now: datetime) -> dict[str, list[Row]]:
        year = self._city.local_day(now).year
        return {f"rumah-{of}.csv": list(self._year(of, now)) for of in (year - 1, year)}

    def _year(self, year: int, now: datetime) -> Iterator[Row]:
        if year not in self._plans:
            self._plans[year] = list(self._planned(year))
        for number, code, times, refused in self._plans[year]:
            done = sum(at <= now for at in times[: 2 if refused else len(times)])
            if done:
                yield self._rows.get(number, done, lambda n=number, c=code, t=times, d=done, r=refused: self._row(
                    n, c, t, d, r))  # type: ignore[misc]  # fmt: skip

    def _planned(self, year: int) -> Iterator[tuple[str, str, tuple[datetime, ...], bool]]:
        """Number, subdistrict, the instants of its steps, whether it was refused at the second."""
        for district in sorted(self._city.districts):
            places = [place.code for place in self._city.places if place.district == district]
            _, target = self._programmes.figures(HOUSES, district, year, 1.0)
            ready = list(self._programmes.days_reached(HOUSES, district, year))
            count = round((target or 0) * (1 + REFUSED))
            for n in range(1, count + 1):
                key = f"{self._city.seed}|house|{district}|{year}|{n}"
                # Those the counter does not reach in their year are decided and wait for their turn.
                end = ready[n - 1] if n <= len(ready) else date(year, 12, 31) + timedelta(days=20 + n % 60)
                finish = datetime.combine(end, time(15), self._city.zone)
                works = finish - timedelta(days=30 + 25 * unit(f"{key}|works"))
                decided = works - timedelta(days=10 + 30 * unit(f"{key}|decided"))
                checked = decided - timedelta(days=7 + 30 * unit(f"{key}|checked"))
                proposed = checked - timedelta(days=5 + 40 * unit(f"{key}|proposed"))
                refused = n > (target or 0)
                place = places[int(unit(f"{key}|place") * len(places))]
                number = f"BR-{year}-{district.rpartition('.')[2]}-{n:03d}"
                times = (proposed, checked, decided, works, finish)
                yield number, place, times if n <= len(ready) else times[:3], refused

    def _row(self, number: str, code: str, times: tuple[datetime, ...], done: int, refused: bool) -> Row:
        zone, place = self._city.zone, self._city.places_by_code[code]
        owner = invent_person(Random(f"{self._city.seed}|{number}"))
        status = "ditolak" if refused and done == 2 else STEPS[done - 1][1]
        fields: dict[str, Any] = {
            "Nomor": number, "Kecamatan": place.district_name, "Kelurahan": place.name, "Status": status,
            **{name: naive(times[n], zone) if n < done else "" for n, (name, _) in enumerate(STEPS)},
            "Anggaran": 20_000_000 + 500_000 * int(10 * unit(f"{number}|budget")),
            "Diperbarui": naive(times[done - 1], zone), "Pemilik": owner.name, "NIK": owner.nik,
            "Alamat": owner.address,
        }  # fmt: skip
        if refused and done == 2:
            fields["Selesai"] = fields["Diverifikasi"]
        return Row(number, fields, (owner.name, owner.nik, owner.address))
