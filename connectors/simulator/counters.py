"""The stand-in front offices of the subdistricts: daily CSV and XLSX files dropped into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row, RowCache
from connectors.simulator.row_faults import Shape
from connectors.simulator.services import LETTERS, Desk, Request, promised_by
from connectors.simulator.sheets import drop, write_csv, write_xlsx

COLUMNS = (
    "Nomor", "Layanan", "Kecamatan", "Kelurahan", "Status", "Ambil", "Panggil", "Selesai", "Janji", "Satuan",
    "Tenggat", "Pemohon", "Diperbarui",
)  # fmt: skip
SHAPE = Shape(
    key="Nomor",
    mandatory="Ambil",
    times=("Ambil", "Panggil", "Selesai", "Tenggat", "Diperbarui"),
    numbers=("Janji",),
    status="Status",
    texts=("Layanan", "Kelurahan", "Kecamatan", "Pemohon"),
)
DAYS = 7
PAUSE_S = 10.0
CSV_DISTRICTS = 7  # the first seven send CSV, the others XLSX


class Counters:
    name = "counters"

    def __init__(self, city: City, folder: Path, ledger: Ledger, spoilt: Misbehaviour) -> None:
        self._city, self._folder, self._ledger, self.spoilt = city, folder, ledger, spoilt
        self._desks = {code: self._desk(code) for code in sorted(city.districts)}
        self._digests: dict[str, str] = {}
        self._made = RowCache()
        self._next_at = 0.0
        self._revision = 0

    def _desk(self, code: str) -> Desk:
        return Desk(
            name=f"counters {code}", prefix=f"L{code.rpartition('.')[2]}-", seed=self._city.seed, services=LETTERS,
            per_day=14, places=[p for p in self._city.places if p.district == code], zone=self._city.zone,
        )  # fmt: skip

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in (*self._folder.glob("loket-*"), *self._folder.glob(".loket-*")):
            old.unlink()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write the files whose rows changed; returns how many. Not more often than every ``PAUSE_S`` real seconds."""
        if real_at < self._next_at and self.spoilt.revision == self._revision:
            return 0
        self._next_at, self._revision = real_at + PAUSE_S, self.spoilt.revision
        if self.spoilt.active("refuse") or self.spoilt.active("hang"):
            return 0
        today, written = self._city.local_day(now), 0
        codes = sorted(self._desks)
        for back in range(DAYS):
            day = today - timedelta(days=back)
            for kind, chosen in (("csv", codes[:CSV_DISTRICTS]), ("xlsx", codes[CSV_DISTRICTS:])):
                rows = self.spoilt.spoil_rows(self._rows(day, chosen, now), SHAPE, now)
                if rows or self.spoilt.active("empty"):
                    written += self._drop(f"loket-{day:%Y%m%d}.{kind}", rows, now, real_at)
        for old in self._folder.glob("loket-*"):
            if old.name[6:14] < f"{today - timedelta(days=DAYS):%Y%m%d}":
                old.unlink(missing_ok=True)
        return written

    def _rows(self, day: date, codes: Sequence[str], now: datetime) -> list[Row]:
        return [
            self._row(ticket, now)
            for code in codes
            for ticket in self._desks[code].of_day(day)
            if ticket.received <= now
        ]

    def _row(self, ticket: Request, now: datetime) -> Row:
        planted = (ticket.applicant.name,)
        version = (ticket.updated_at(now), ticket.status_at(now))
        return self._made.get(ticket.number, version, lambda: Row(ticket.number, self._fields(ticket, now), planted))

    def _fields(self, ticket: Request, now: datetime) -> dict[str, Any]:
        zone = self._city.zone
        return {
            "Nomor": ticket.number,
            "Layanan": ticket.service.name,
            "Kecamatan": self._city.districts[ticket.district],
            "Kelurahan": self._city.places_by_code[ticket.subdistrict].name,
            "Status": ticket.status_at(now),
            "Ambil": naive(ticket.received, zone),
            "Panggil": naive(ticket.started, zone) if ticket.started <= now else "",
            "Selesai": naive(ticket.finished, zone) if ticket.finished <= now else "",
            "Janji": ticket.service.promised,
            "Satuan": ticket.service.unit,
            "Tenggat": naive(promised_by(ticket), zone),
            "Pemohon": ticket.applicant.name,
            "Diperbarui": naive(ticket.updated_at(now), zone),
        }

    def _drop(self, name: str, rows: list[Row], now: datetime, real_at: float) -> int:
        mark = "|".join([*self.spoilt.names, *(row.digest for row in rows)])
        if self._digests.get(name) == mark:
            return 0
        write = write_csv if name.endswith("csv") else write_xlsx
        body = write(rows, COLUMNS, SHAPE.times)
        if self.spoilt.active("bom"):
            body = b"\xef\xbb\xbf" + body
        if self.spoilt.active("truncated"):
            body = body[: len(body) // 2]
        drop(self._folder / name, body)
        self._digests[name] = mark
        self._ledger.note(self.name, rows, now, real_at)
        return 1
