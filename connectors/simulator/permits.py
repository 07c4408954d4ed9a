"""The stand-in permit system: a database with a view for reading, kept up to date as city time goes on.

Departments that share a database misbehave too: ``refuse`` takes the view away, ``hang`` holds the whole file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.row_faults import Shape
from connectors.simulator.services import PERMITS, Desk, Request, promised_by

SHAPE = Shape(
    key="nomor",
    mandatory="tgl_masuk",
    times=("tgl_masuk", "tgl_mulai", "tgl_selesai", "tenggat", "jeda_mulai", "updated_at"),
    numbers=("janji", "jeda_menit"),
    status="status",
    department="instansi",
    texts=("jenis", "kelurahan", "kecamatan", "alasan_jeda", "keterangan"),
)
COLUMNS = (
    "nomor", "jenis", "kecamatan", "kelurahan", "status", "tahap", "tgl_masuk", "tgl_mulai", "tgl_selesai", "tenggat",
    "janji", "satuan_janji", "jeda_mulai", "jeda_menit", "alasan_jeda", "instansi", "keterangan", "updated_at",
)  # fmt: skip
PRIVATE = ("pemohon", "nik", "telepon")  # in the table, not in the view
STAGES = {
    "diterima": "pemeriksaan berkas", "diproses": "verifikasi teknis", "ditunda": "menunggu",
    "terbit": "selesai", "ditolak": "selesai",
}  # fmt: skip
_ALL = (*COLUMNS, *PRIVATE)
_UPSERT = f"INSERT OR REPLACE INTO permits ({', '.join(_ALL)}) VALUES ({', '.join('?' * len(_ALL))})"  # noqa: S608
_VIEW = f"CREATE VIEW IF NOT EXISTS v_permits AS SELECT {', '.join(COLUMNS)} FROM permits"  # noqa: S608
_PAUSES = "CREATE VIEW IF NOT EXISTS v_permit_pauses AS SELECT nomor, mulai, selesai, alasan FROM pauses"


class Permits:
    name = "permits"

    def __init__(self, city: City, path: Path, ledger: Ledger, spoilt: Misbehaviour) -> None:
        self._city, self._path, self._ledger, self.spoilt = city, path, ledger, spoilt
        self._desk = Desk(
            name="permits",
            prefix="IZN-",
            seed=city.seed,
            services=PERMITS,
            per_day=19,
            places=city.places,
            zone=city.zone,
        )
        self._written: dict[str, str] = {}  # number -> digest of what the table holds
        self._open: dict[str, Request] = {}
        self._next = city.local_day(city.begin) - timedelta(days=city.history_days)
        self._revision = 0
        self._holding: sqlite3.Connection | None = None

    def start(self) -> None:
        """A new database: the city is made from its seed each time."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        with self._connect() as base:
            typed = ", ".join(f"{c} INTEGER" if c in ("janji", "jeda_menit") else f"{c} TEXT" for c in _ALL)
            base.execute(f"CREATE TABLE permits ({typed}, PRIMARY KEY (nomor))")
            base.execute(
                "CREATE TABLE pauses (nomor TEXT, mulai TEXT, selesai TEXT, alasan TEXT, PRIMARY KEY (nomor, mulai))"
            )
            base.execute(_VIEW)
            base.execute(_PAUSES)
        base.close()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write what changed until ``now``; returns how many rows. A changed fault rewrites everything."""
        if self._holding is not None and not self.spoilt.active("hang"):
            self._holding.close()  # lets go of the lock
            self._holding = None
        if self._holding is not None:
            return 0
        if self.spoilt.revision != self._revision:
            self._rewrite()
        self._receive(now)
        rows = [self._row(request, now) for request in self._open.values()]
        for number in [row.key for row in rows if row.fields["status"] in ("terbit", "ditolak")]:
            del self._open[number]
        rows = [row for row in self.spoilt.spoil_rows(rows, SHAPE, now) if self._written.get(row.key) != row.digest]
        if rows:
            self._write(rows, now)
            self._ledger.note(self.name, rows, now, real_at)
        if self.spoilt.active("hang"):
            self._holding = self._connect()
            self._holding.execute("BEGIN EXCLUSIVE")
        return len(rows)

    def stop(self) -> None:
        if self._holding is not None:
            self._holding.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=2, isolation_level=None)

    def _receive(self, now: datetime) -> None:
        today = self._city.local_day(now)
        while self._next < today:
            self._open.update({request.number: request for request in self._desk.of_day(self._next)})
            self._next += timedelta(days=1)
        for request in self._desk.of_day(today):
            if request.received <= now and request.number not in self._written:
                self._open[request.number] = request

    def _rewrite(self) -> None:
        """A fault came or went: everything is looked at again; ``refuse`` removes the view."""
        self._revision = self.spoilt.revision
        self._written.clear()
        self._next = self._city.local_day(self._city.begin) - timedelta(days=self._city.history_days)
        base = self._connect()
        base.execute("DELETE FROM permits")
        if self.spoilt.active("refuse"):
            base.execute("DROP VIEW IF EXISTS v_permits")
        else:
            base.execute(_VIEW)
        base.close()

    def _write(self, rows: Sequence[Row], now: datetime) -> None:
        base = self._connect()
        base.execute("BEGIN IMMEDIATE")
        base.executemany(_UPSERT, [[_plain(row.fields.get(column)) for column in _ALL] for row in rows])
        zone = self._city.zone
        for row in rows:
            self._written[row.key] = row.digest
            request = self._open.get(row.key)
            for start, end, reason in request.pauses if request else ():
                if start <= now:
                    pause = (row.key, naive(start, zone), naive(end, zone) if end <= now else None, reason)
                    base.execute("INSERT OR REPLACE INTO pauses VALUES (?, ?, ?, ?)", pause)
        base.execute("COMMIT")
        base.close()

    def _row(self, request: Request, now: datetime) -> Row:
        zone, city, person = self._city.zone, self._city, request.applicant
        status = request.status_at(now)
        begun = [pause for pause in request.pauses if pause[0] <= now]
        running = begun[-1] if begun and now < begun[-1][1] else None
        paused = sum(((end - start).total_seconds() for start, end, _ in begun if end <= now), 0.0)
        fields: dict[str, Any] = {
            "nomor": request.number,
            "jenis": request.service.name,
            "kecamatan": city.districts[request.district],
            "kelurahan": city.places_by_code[request.subdistrict].name,
            "status": status,
            "tahap": STAGES[status],
            "tgl_masuk": naive(request.received, zone),
            "tgl_mulai": naive(request.started, zone) if request.started <= now else None,
            "tgl_selesai": naive(request.finished, zone) if request.finished <= now else None,
            "tenggat": naive(promised_by(request), zone),
            "janji": request.service.promised,
            "satuan_janji": request.service.unit,
            "jeda_mulai": naive(running[0], zone) if running else None,
            "jeda_menit": round(paused / 60),
            "alasan_jeda": running[2] if running else None,
            "instansi": "DPMPTSP",
            "keterangan": f"Berkas {person.name}, telp {person.phone}" if sum(request.number.encode()) % 4 == 0 else "",
            "updated_at": naive(request.updated_at(now), zone),
            "pemohon": person.name,
            "nik": person.nik,
            "telepon": person.phone,
        }
        return Row(request.number, fields, (person.name, person.nik, person.phone))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else str(value)
