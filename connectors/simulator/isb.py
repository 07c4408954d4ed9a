"""The stand-in ISB Satu Data of LKPP: the city's tenders as open JSON, with the odd answers of the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, naive, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.packages import Package, Packages
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

LPSE_CODE = "119"  # invented: the number of the city in MasterLPSE is not known
SHAPE = Shape(
    key="Kode Tender",
    mandatory="tanggal paket dibuat",
    times=("tanggal paket dibuat", "tanggal paket tayang"),
    numbers=("Pagu", "HPS", "Jumlah Pendaftar"),
    status="Status_Tender",
    texts=("Nama Paket", "Kategori Pekerjaan", "Metode Pemilihan"),
)
NOT_DEFINED, INVALID = b"URL-NOT-DEFINED", b'"<invalid_response>tahun</invalid_response>"'


class Isb:
    name = "isb"

    def __init__(self, city: City, packages: Packages, names: Mapping[str, str]) -> None:
        self._city, self._packages, self._names = city, packages, names
        self._rows = RowCache()

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        parts = [part for part in request.path.split("/") if part][-3:]
        if parts[-1:] == ["MasterLPSE"]:
            return Listing(body=orjson.dumps([{"kd_lpse": int(LPSE_CODE), "nama_lpse": f"LPSE {self._city.name}"}]))
        if len(parts) < 3 or parts[0] != "TenderUmumPublik":
            return refuse(404, {"message": "Not Found"})
        if parts[2] != LPSE_CODE:
            return Listing(body=NOT_DEFINED, content_type="text/plain")
        if not parts[1].isdigit() or not 2008 <= int(parts[1]) <= now.astimezone(self._city.zone).year:
            return Listing(body=INVALID)
        found = self._packages.visible("lelang", int(parts[1]), now)
        return Listing([self._row(package, now) for package in found], _write, SHAPE)

    def _row(self, package: Package, now: datetime) -> Row:
        closed = package.stage_at(now) == package.last or bool(package.failed_at and now >= package.failed_at)
        return self._rows.get(
            package.code, closed, lambda: Row(package.code, self._fields(package, closed), package.planted)
        )

    def _fields(self, package: Package, closed: bool) -> dict[str, Any]:
        zone, number = self._city.zone, int(package.code) // 1000
        bids = next(step for step in package.steps if step.word.startswith("Upload"))
        return {
            "Kode Tender": int(package.code),
            "Repo id LPSE": int(LPSE_CODE),
            "LPSE": f"LPSE {self._city.name}",
            "Status_Tender": "Tender Ditutup" if closed else "Tender Sedang Berjalan",
            "Nama Paket": package.name,
            "Pagu": package.budget,
            "HPS": package.ceiling,
            "tanggal paket dibuat": naive(package.made, zone),
            "tanggal paket tayang": naive(package.steps[0].start, zone),
            "Kategori Pekerjaan": package.category,
            "Metode Pemilihan": "Tender",
            "Metode Pengadaan": "Pascakualifikasi Satu File",
            "Metode Evaluasi": "Harga Terendah Sistem Gugur",
            "Cara Pembayaran": None,
            "Jenis Penetapan Pemenang": "Pemenang Tunggal",
            "Instansi dan Satker": [
                {
                    "rup_id": 60_000_000 + number,
                    "stk_nama": self._names.get(package.office, package.office).upper(),
                    "nama_instansi": self._city.name,
                    "jenis_instansi": "KOTA",
                }
            ],
            "anggaran": None
            if number % 4 == 0
            else [
                {
                    "rup_id": 60_000_000 + number,
                    "sbd_id": "APBD",
                    "ang_nilai": package.budget,
                    "ang_tahun": package.year,
                }
            ],
            "lokasi_paket": [{"lokasi": {"kbp_nama": self._city.name, "prp_nama": "Banten", "pkt_lokasi": None}}],
            "Jumlah Pendaftar": 5 + number % 40,
            "Jumlah Penawar": number % 5,
            "jumlah_kirim_kualifikasi": None,
            "Durasi Tender": None,
            "Versi_spse_paket": "SPSE 4.5",
            "jadwal_pengumuman": {
                "tanggal_mulai": naive(package.steps[0].start, zone),
                "tanggal_akhir": naive(package.steps[0].planned, zone),
            },
            "jadwal_penawaran": None
            if number % 9 == 0
            else {"tanggal_mulai": naive(bids.start, zone), "tanggal_akhir": naive(bids.planned, zone)},
        }


def _write(rows: Sequence[Row]) -> bytes:
    return orjson.dumps([row.fields for row in rows])
