"""The export of the stand-in SP4N-LAPOR!: one file a month, CSV once the month is over, XLSX while it lasts."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.lapor import CHANNELS, Lapor, under
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.life import Report
from connectors.simulator.row_faults import Shape
from connectors.simulator.sheets import drop, write_csv, write_xlsx

COLUMNS = (
    "Tracking ID", "Tanggal Laporan Masuk", "Klasifikasi", "Kategori", "Sumber", "Instansi Terdisposisi", "Kecamatan",
    "Kelurahan", "Status", "Tanggal Verifikasi", "Tanggal Selesai", "Jumlah Alih Disposisi", "Nama Pelapor", "Judul",
    "Isi Laporan Awal",
)  # fmt: skip
SHAPE = Shape(
    key="Tracking ID",
    mandatory="Tanggal Laporan Masuk",
    times=("Tanggal Laporan Masuk", "Tanggal Verifikasi", "Tanggal Selesai"),
    numbers=("Jumlah Alih Disposisi",),
    status="Status",
    department="Instansi Terdisposisi",
    texts=("Kategori", "Instansi Terdisposisi", "Kecamatan", "Kelurahan", "Nama Pelapor", "Judul", "Isi Laporan Awal"),
)
PAUSE_S = 60.0


class LaporExport:
    name = "lapor_export"

    def __init__(self, city: City, folder: Path, ledger: Ledger, spoilt: Misbehaviour, desk: Lapor) -> None:
        self._city, self._folder, self._ledger, self.spoilt, self._desk = city, folder, ledger, spoilt, desk
        self._digests: dict[str, str] = {}
        self._next_at, self._revision = 0.0, 0

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("lapor-*"):
            old.unlink()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write the files whose rows changed; returns how many."""
        if real_at < self._next_at and self.spoilt.revision == self._revision:
            return 0
        self._next_at, self._revision = real_at + PAUSE_S, self.spoilt.revision
        this = now.astimezone(self._city.zone).replace(day=1)
        months = {f"{(this - timedelta(days=1)):%Y-%m}": "csv", f"{this:%Y-%m}": "xlsx"}
        written = 0
        for month, kind in months.items():
            found = [r for r in self._city.lapor.visible() if f"{r.created.astimezone(self._city.zone):%Y-%m}" == month]
            rows = self.spoilt.spoil_rows([self._row(report) for report in found], SHAPE, now)
            written += self._drop(f"lapor-{month}.{kind}", rows, now, real_at)
        return written

    def _drop(self, name: str, rows: list[Row], now: datetime, real_at: float) -> int:
        mark = "|".join(row.digest for row in rows)
        if self._digests.get(name) == mark or not rows:
            return 0
        body = write_csv(rows, COLUMNS) if name.endswith("csv") else write_xlsx(rows, COLUMNS)
        drop(self._folder / name, body)
        (self._folder / name).with_suffix(".csv" if name.endswith("xlsx") else ".xlsx").unlink(missing_ok=True)
        self._digests[name] = mark
        self._ledger.note(self.name, rows, now, real_at)
        return 1

    def _row(self, report: Report) -> Row:
        return Row(str(report.id), self._fields(report), report.planted)

    def _fields(self, report: Report) -> dict[str, Any]:
        city, state = self._city, report.state
        return {
            "Tracking ID": report.id,
            "Tanggal Laporan Masuk": _written(report.created, city.zone),
            "Klasifikasi": report.klass,
            "Kategori": " > ".join(under(report)),
            "Sumber": CHANNELS[report.id % len(CHANNELS)],
            "Instansi Terdisposisi": self._desk.agency(state.department) or "",
            "Kecamatan": city.districts.get(report.district, ""),
            "Kelurahan": city.places_by_code[report.subdistrict].name,
            "Status": self._desk.status(report),
            "Tanggal Verifikasi": _written(state.responded_at, city.zone),
            "Tanggal Selesai": _written(state.closed_at, city.zone),
            "Jumlah Alih Disposisi": state.transfers,
            "Nama Pelapor": report.sender,
            "Judul": report.text[:60],
            "Isi Laporan Awal": report.text,
        }


def _written(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%d/%m/%Y %H:%M") if at is not None else ""
