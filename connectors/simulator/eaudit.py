"""The stand-in e-audit of the Inspektorat: one database with two views, kept up to date as city time goes on.

Both views misbehave on their own: ``refuse`` takes one away, ``hang`` holds the whole file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors.simulator.audit_matters import REVIEW, SETTLED, YEARS, Activity, Matters, Recommendation
from connectors.simulator.city import City
from connectors.simulator.department import naive
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Ledger, Row
from connectors.simulator.row_faults import Shape

ACTIVITIES = Shape(
    key="kode",
    mandatory="mulai",
    times=("mulai", "rencana_selesai", "selesai", "batas_perbaikan", "updated_at"),
    numbers=("pagu", "rencana_fisik", "realisasi_fisik", "rencana_keuangan", "realisasi_keuangan", "tonggak_terlambat"),
    status="status",
    department="opd",
    texts=("nama",),
)
RECOMMENDATIONS = Shape(
    key="nomor",
    mandatory="tanggal_lhp",
    times=("tanggal_lhp", "mulai_tindak_lanjut", "selesai", "updated_at"),
    numbers=("nilai", "nilai_setor"),
    status="status",
    department="opd",
    texts=("temuan", "penanggung_jawab"),
)
PAUSE_S = 6.0
MEND_DAYS, AGAIN_DAYS = 25, 49  # a day that has long passed is set anew
WEAK_POINTS = 10.0  # the Inspektorat's own sign: so many points behind the plan, and it sets a day for the mend


@dataclass(slots=True)
class View:
    name: str  # of its misbehaviour, and in the ledger
    table: str
    shape: Shape
    columns: tuple[str, ...]
    make: Callable[[datetime], list[Row]]
    spoilt: Misbehaviour
    written: dict[str, str] = field(default_factory=dict)
    revision: int = 0


class Eaudit:
    def __init__(
        self, city: City, matters: Matters, names: Mapping[str, str], path: Path, ledger: Ledger,
        spoilt: Mapping[str, Misbehaviour],
    ) -> None:  # fmt: skip
        self._city, self._matters, self._names, self._path, self._ledger = city, matters, names, path, ledger
        self._views = (
            View("activities", "kegiatan", ACTIVITIES, _ACTIVITY, self._activities, spoilt["activities"]),
            View("recommendations", "rekomendasi", RECOMMENDATIONS, _RECOMMENDATION, self._recommendations,
                 spoilt["recommendations"]),
        )  # fmt: skip
        self._next_at = 0.0
        self._holding: sqlite3.Connection | None = None

    def start(self) -> None:
        """A new database: the city is made from its seed each time."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        with self._connect() as base:
            for view in self._views:
                key = view.columns[0]
                base.execute(f"CREATE TABLE {view.table} ({', '.join(view.columns)}, PRIMARY KEY ({key}))")
                base.execute(f"CREATE VIEW v_{view.table} AS SELECT * FROM {view.table}")  # noqa: S608
        base.close()

    def refresh(self, now: datetime, real_at: float) -> int:
        """Write what changed until ``now``; returns how many rows."""
        hung = any(view.spoilt.active("hang") for view in self._views)
        if self._holding is not None and not hung:
            self._holding.close()  # lets go of the lock
            self._holding = None
        fresh = any(view.spoilt.revision != view.revision for view in self._views)
        if self._holding is not None or (real_at < self._next_at and not fresh):
            return 0
        self._next_at = real_at + PAUSE_S
        written = sum(self._write(view, now, real_at) for view in self._views)
        if hung:
            self._holding = self._connect()
            self._holding.execute("BEGIN EXCLUSIVE")
        return written

    def stop(self) -> None:
        if self._holding is not None:
            self._holding.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=2, isolation_level=None)

    def _write(self, view: View, now: datetime, real_at: float) -> int:
        base = self._connect()
        base.execute("BEGIN IMMEDIATE")
        if view.spoilt.revision != view.revision:
            view.revision = view.spoilt.revision
            view.written.clear()
            base.execute(f"DELETE FROM {view.table}")  # noqa: S608
            base.execute(f"DROP VIEW IF EXISTS v_{view.table}")
            if not view.spoilt.active("refuse"):
                base.execute(f"CREATE VIEW v_{view.table} AS SELECT * FROM {view.table}")  # noqa: S608
        rows = view.spoilt.spoil_rows(view.make(now), view.shape, now)
        rows = [row for row in rows if view.written.get(row.key) != row.digest]
        marks = ", ".join("?" * len(view.columns))
        base.executemany(
            f"INSERT OR REPLACE INTO {view.table} VALUES ({marks})",  # noqa: S608
            [[_plain(row.fields.get(column)) for column in view.columns] for row in rows],
        )
        base.execute("COMMIT")
        base.close()
        view.written.update((row.key, row.digest) for row in rows)
        self._ledger.note(view.name, rows, now, real_at)
        return len(rows)

    def _activities(self, now: datetime) -> list[Row]:
        """The figures are those of the last Monday: departments report weekly."""
        today = self._city.local_day(now)
        monday = today - timedelta(days=today.weekday())
        return [self._activity(activity, monday) for activity in self._matters.activities(today.year)]

    def _activity(self, activity: Activity, monday: Any) -> Row:
        zone = self._city.zone
        planned, done = activity.planned(monday), activity.done(monday)
        state = activity.state(monday)
        since = activity.behind_since(monday, WEAK_POINTS) if state == "berjalan" else None
        told = since is not None and int(activity.code[-2:]) % 4 != 0  # for one in four nobody has set a day
        again = timedelta(days=AGAIN_DAYS * ((monday - since).days // AGAIN_DAYS)) if since else timedelta()
        mend = datetime.combine((since or monday) + timedelta(days=MEND_DAYS) + again, time(16), zone)
        fields: dict[str, Any] = {
            "kode": activity.code,
            "nama": activity.name,
            "opd": self._names.get(activity.office, activity.office),
            "status": state,
            "pagu": activity.budget,
            "rencana_fisik": planned,
            "realisasi_fisik": done,
            "rencana_keuangan": activity.planned(monday - timedelta(days=21)),
            "realisasi_keuangan": activity.paid(monday),
            "tonggak_terlambat": activity.late_milestones(monday),
            "mulai": naive(datetime.combine(activity.begin, time(8), zone), zone),
            "rencana_selesai": naive(datetime.combine(activity.end, time(16), zone), zone),
            "selesai": naive(datetime.combine(activity.end, time(15), zone), zone) if state == "selesai" else None,
            "batas_perbaikan": naive(mend, zone) if told else None,
            "pejabat": activity.officer.name,
            "updated_at": naive(datetime.combine(monday, time(7), zone), zone),
        }
        return Row(activity.code, fields, (activity.officer.name,))

    def _recommendations(self, now: datetime) -> list[Row]:
        year = self._city.local_day(now).year
        found = (item for back in range(YEARS, -1, -1) for item in self._matters.recommendations(year - back))
        return [self._recommendation(item, now) for item in found if item.made <= now]

    def _recommendation(self, item: Recommendation, now: datetime) -> Row:
        zone, (since, status) = self._city.zone, item.status(now)
        begun = next((at for at, _ in item.steps[1:] if at <= now), None)
        paid = item.value if status == SETTLED else round(item.value * 0.4) if status == REVIEW else 0
        fields: dict[str, Any] = {
            "nomor": item.number,
            "nomor_temuan": item.finding_number,
            "asal": item.origin,
            "opd": self._names.get(item.office, item.office),
            "status": status,
            "nilai": item.value,
            "nilai_setor": paid,
            "diangkat_pemeriksa_luar": "ya" if item.taken_up is not None and item.taken_up <= now else "tidak",
            "tanggal_lhp": naive(item.made, zone),
            "mulai_tindak_lanjut": naive(begun, zone),
            "selesai": naive(since, zone) if status.startswith(("Sesuai", "Tidak Dapat")) else None,
            "temuan": item.finding,
            "penanggung_jawab": item.person.name,
            "updated_at": naive(since, zone),
        }
        return Row(item.number, fields, (item.person.name, item.person.nik))


_ACTIVITY = (
    "kode", "nama", "opd", "status", "pagu", "rencana_fisik", "realisasi_fisik", "rencana_keuangan",
    "realisasi_keuangan", "tonggak_terlambat", "mulai", "rencana_selesai", "selesai", "batas_perbaikan", "pejabat",
    "updated_at",
)  # fmt: skip
_RECOMMENDATION = (
    "nomor", "nomor_temuan", "asal", "opd", "status", "nilai", "nilai_setor", "diangkat_pemeriksa_luar", "tanggal_lhp",
    "mulai_tindak_lanjut", "selesai", "temuan", "penanggung_jawab", "updated_at",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | None) else str(value)
