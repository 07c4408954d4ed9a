"""Procurement packages of the stand-in city, year by year: budget, ceiling, stages with their plan, failures; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from connectors.simulator.words import invent_person

TENDER = (
    ("Pengumuman Pascakualifikasi", 8), ("Download Dokumen Pemilihan", 2), ("Pemberian Penjelasan", 1),
    ("Upload Dokumen Penawaran", 6), ("Pembukaan Dokumen Penawaran", 1),
    ("Evaluasi Administrasi, Kualifikasi, Teknis, dan Harga", 10), ("Pembuktian Kualifikasi", 3),
    ("Penetapan Pemenang", 2), ("Pengumuman Pemenang", 1), ("Masa Sanggah", 5),
    ("Surat Penunjukan Penyedia Barang/Jasa", 4), ("Penandatanganan Kontrak", 8),
)  # fmt: skip
DIRECT = (
    ("Undangan", 2), ("Upload Dokumen Penawaran", 3), ("Pembukaan Dokumen Penawaran", 1),
    ("Evaluasi Penawaran", 3), ("Klarifikasi Teknis dan Negosiasi", 2), ("Penandatanganan Kontrak", 4),
)  # fmt: skip
RUNNING = (("Paket Sedang Berjalan", 60),)
CATEGORIES = ("Pekerjaan Konstruksi", "Pengadaan Barang", "Jasa Lainnya", "Jasa Konsultansi Badan Usaha Konstruksi")
WORKS = {
    "Pekerjaan Konstruksi": ("Peningkatan Jalan", "Pemeliharaan Drainase", "Rehabilitasi Gedung", "Pembangunan Taman"),
    "Pengadaan Barang": ("Pengadaan Komputer", "Pengadaan Lampu PJU", "Pengadaan Obat", "Pengadaan Mebel Sekolah"),
    "Jasa Lainnya": ("Jasa Kebersihan", "Sewa Kendaraan", "Langganan Internet", "Jasa Keamanan"),
    "Jasa Konsultansi Badan Usaha Konstruksi": ("Pengawasan Jalan", "Perencanaan Gedung", "Kajian Banjir"),
}
# endpoint -> packages a year, median budget in rupiah, stages, last word
KINDS = {
    "lelang": (70, 1.4e9, TENDER, "Tender Sudah Selesai"),
    "pl": (150, 140e6, DIRECT, "Paket Sudah Selesai"),
    "nonspk": (190, 28e6, RUNNING, "Paket Sudah Selesai"),
    "swakelola": (60, 90e6, RUNNING, "Paket Sudah Selesai"),
    "darurat-list": (4, 600e6, RUNNING, "Paket Sudah Selesai"),
}
FIRST_CODE = {"lelang": 4_410_000, "pl": 9_910_000, "nonspk": 10_940_000, "swakelola": 10_330_000, "darurat-list": 0}
OFFICES = ("DPUPR", "DPUPR", "DPUPR", "Perkim", "Disdik", "Disdik", "Dinkes", "RSUD", "DLH", "Dishub", "Diskominfo",
           "Setda", "Bapenda", "BPBD", "Disbudpar")  # fmt: skip
LATE, FAILED, SLOW = 0.22, 0.09, 0.35


@dataclass(frozen=True, slots=True)
class Step:
    """A stage: what the schedule says, and when it really ended."""

    word: str
    start: datetime
    planned: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Package:
    endpoint: str
    year: int  # of the budget
    code: str
    name: str
    office: str  # abbreviation
    category: str
    budget: int
    ceiling: int
    made: datetime
    steps: tuple[Step, ...]
    last: str
    failed_at: datetime | None = None
    repeated: bool = False
    planted: tuple[str, ...] = ()

    def stage_at(self, now: datetime) -> str:
        """What its system shows; a tender that failed keeps the stage in which it did."""
        now = min(now, self.failed_at) if self.failed_at is not None else now
        done = bisect_right([step.ended for step in self.steps], now)
        return self.steps[done].word if done < len(self.steps) else self.last

    def marks_at(self, now: datetime) -> tuple[str, ...]:
        failed = self.failed_at is not None and now >= self.failed_at
        return (*(("Tender Ulang",) if self.repeated else ()), *(("Tender Gagal",) if failed else ()))


class Packages:
    """All packages of a budget year; the same seed and year give the same ones."""

    def __init__(self, seed: int, offices: Sequence[str], zone: ZoneInfo) -> None:
        self._seed, self._zone = seed, zone
        self._offices = [abbr for abbr in OFFICES if abbr in offices] or list(offices) or ["Setda"]
        self.of_year = lru_cache(maxsize=4)(self._of_year)

    def visible(self, endpoint: str, year: int, now: datetime) -> list[Package]:
        """Made by ``now``, the newest code first."""
        return [package for package in self.of_year(year)[endpoint] if package.made <= now]

    def find(self, endpoint: str, code: str, now: datetime) -> Package | None:
        years = (now.astimezone(self._zone).year - back for back in range(3))
        return next((p for year in years for p in self.visible(endpoint, year, now) if p.code == code), None)

    def _of_year(self, year: int) -> dict[str, list[Package]]:
        return {endpoint: self._of(endpoint, year) for endpoint in KINDS}

    def _of(self, endpoint: str, year: int) -> list[Package]:
        rng = Random(f"{self._seed}|packages|{endpoint}|{year}")
        count = KINDS[endpoint][0]
        days = sorted(rng.betavariate(1.3, 1.1) * 350 for _ in range(count))
        found: list[Package] = []
        for number, day in enumerate(days, 1):
            made = datetime(year, 1, 5, 9, tzinfo=self._zone) + timedelta(days=day, seconds=rng.randint(0, 25_000))
            package = self._compose(rng, endpoint, year, number, made.astimezone(UTC).replace(second=0, microsecond=0))
            found.append(package)
            if package.failed_at is not None:
                found.append(self._again(rng, package, count + number))
        return sorted(found, key=lambda package: int(package.code), reverse=True)

    def _compose(self, rng: Random, endpoint: str, year: int, number: int, made: datetime) -> Package:
        _, median, stages, last = KINDS[endpoint]
        category = rng.choices(CATEGORIES, (5, 4, 3, 1))[0]
        person = invent_person(rng)
        planted = (person.name,) if rng.random() < 0.06 else ()
        name = f"{rng.choice(WORKS[category])} Contoh {number}" + (f" a.n. {planted[0]}" if planted else "")
        budget = int(rng.lognormvariate(0, 0.8) * median // 1000 * 1000) + 1000
        steps = self._steps(rng, stages, made)
        fails = endpoint == "lelang" and rng.random() < FAILED
        return Package(
            endpoint,
            year,
            f"{FIRST_CODE[endpoint] + (year - 2020) * 1000 + number}{'' if endpoint == 'darurat-list' else '000'}",
            name,
            rng.choice(self._offices),
            category,
            budget,
            int(budget * rng.uniform(0.94, 0.995)),
            made,
            steps,
            last,
            steps[5].start + timedelta(days=rng.uniform(1, 6)) if fails else None,
            planted=planted,
        )

    def _steps(self, rng: Random, stages: Sequence[tuple[str, int]], made: datetime) -> tuple[Step, ...]:
        found, at = [], made + timedelta(days=rng.uniform(0.5, 4))
        for word, days in stages:
            planned = at + timedelta(days=days * rng.uniform(0.8, 1.3))
            slip = days * rng.lognormvariate(0, SLOW) if rng.random() < LATE else 0.0
            ended = planned + timedelta(days=slip) if slip else planned - timedelta(hours=rng.uniform(0, 12))
            found.append(Step(word, *(moment.replace(second=0, microsecond=0) for moment in (at, planned, ended))))
            at = ended
        return tuple(found)

    def _again(self, rng: Random, failed: Package, number: int) -> Package:
        """The same work, announced once more under a code of its own."""
        assert failed.failed_at is not None
        made = (failed.failed_at + timedelta(days=rng.uniform(7, 20))).replace(second=0, microsecond=0)
        code = f"{FIRST_CODE['lelang'] + (failed.year - 2020) * 1000 + 400 + number}000"
        steps = self._steps(rng, TENDER, made)
        return Package(
            failed.endpoint, failed.year, code, failed.name, failed.office, failed.category, failed.budget,
            failed.ceiling, made, steps, failed.last, repeated=True, planted=failed.planted,
        )  # fmt: skip


def short_money(amount: int) -> str:
    """As a list of SPSE writes it: "3,8 Jt", "1,2 M"."""
    for factor, word in ((10**12, "T"), (10**9, "M"), (10**6, "Jt")):
        if amount >= factor:
            return f"{amount / factor:.1f}".replace(".", ",").removesuffix(",0") + f" {word}"
    return str(amount)


def long_money(amount: int) -> str:
    return f"Rp {amount:,}".replace(",", ".") + ",00"
