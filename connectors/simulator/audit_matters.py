"""What the stand-in Inspektorat keeps: activities of departments and recommendations of audits; pure, from the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from connectors.simulator.words import Person, invent_person

SETTLED, PARTLY, NOT_BEGUN = (
    "Sesuai dengan Rekomendasi",
    "Belum Sesuai / Dalam Proses Tindak Lanjut",
    "Belum Ditindaklanjuti",
)
EXCUSED, REVIEW = "Tidak Dapat Ditindaklanjuti dengan Alasan yang Sah", "Rekomendasi dalam Proses Reviu"
ORIGINS = ("Inspektorat Kota", "Inspektorat Provinsi", "BPK")
WORKS = ("Pemeliharaan", "Pengadaan", "Pelatihan", "Pendampingan", "Pembangunan", "Sosialisasi")
FINDINGS = ("kelebihan pembayaran", "denda keterlambatan belum dipungut", "aset belum dicatat", "dokumen belum lengkap")
YEARS = 3  # of audits behind this one


@dataclass(frozen=True, slots=True)
class Activity:
    code: str
    name: str
    office: str
    budget: int
    begin: date
    end: date
    pace: float  # of what is planned, how much is done
    slips: tuple[date, ...]  # planned days of milestones that were missed
    officer: Person

    def planned(self, day: date) -> float:
        """Percent that the plan has done by ``day``: slow, fast, slow."""
        share = min(1.0, max(0.0, (day - self.begin).days / max(1, (self.end - self.begin).days)))
        return round(100 * (3 * share**2 - 2 * share**3), 1)

    def done(self, day: date) -> float:
        return round(min(100.0, self.planned(day) * self.pace), 1)

    def paid(self, day: date) -> float:
        """Money follows work by three weeks."""
        return round(self.done(day - timedelta(days=21)) * 0.97, 1)

    def late_milestones(self, day: date) -> int:
        """Missed, and not made up within forty days."""
        return sum(slip <= day < slip + timedelta(days=40) for slip in self.slips)

    def behind_since(self, monday: date, points: float) -> date | None:
        """The first of the Mondays in a row, up to this one, on which it was so far behind its plan."""
        first, day = None, monday
        while day >= self.begin and self.planned(day) - self.done(day) >= points:
            first, day = day, day - timedelta(days=7)
        return first

    def state(self, day: date) -> str:
        if day < self.begin:
            return "belum mulai"
        return "selesai" if self.done(day) >= 100 else "berjalan"


@dataclass(frozen=True, slots=True)
class Recommendation:
    number: str
    finding_number: int  # the next recommendation may be of the same finding
    office: str
    origin: str
    made: datetime
    value: int
    steps: tuple[tuple[datetime, str], ...]  # when its status became what
    taken_up: datetime | None  # an outside examiner found the same
    finding: str
    person: Person

    def status(self, now: datetime) -> tuple[datetime, str]:
        return [step for step in self.steps if step[0] <= now][-1]


class Matters:
    def __init__(self, seed: int, offices: Sequence[str], zone: ZoneInfo) -> None:
        self._seed, self._offices, self._zone = seed, tuple(offices) or ("Setda",), zone
        self.activities = lru_cache(maxsize=3)(self._activities)
        self.recommendations = lru_cache(maxsize=6)(self._recommendations)

    def _activities(self, year: int) -> tuple[Activity, ...]:
        rng = Random(f"{self._seed}|activities|{year}")
        found = []
        for number, office in enumerate(self._offices * 5, 1):
            begin = date(year, 1, 10) + timedelta(days=rng.randrange(150))
            end = min(begin + timedelta(days=rng.randrange(60, 260)), date(year, 12, 20))
            slips = tuple(begin + (end - begin) * rng.random() for _ in range(rng.choices((0, 1, 2), (6, 3, 1))[0]))
            pace = rng.choices((1.06, 1.0, 0.93, 0.8, 0.55), (2, 4, 4, 2, 1))[0]
            budget = round(rng.lognormvariate(19.4, 0.9)) // 1000 * 1000
            name = f"{rng.choice(WORKS)} Contoh {number}"
            code = f"{year}.{number:04d}"
            found.append(Activity(code, name, office, budget, begin, end, pace, slips, invent_person(rng)))
        return tuple(found)

    def _recommendations(self, year: int) -> tuple[Recommendation, ...]:
        rng = Random(f"{self._seed}|recommendations|{year}")
        found: list[Recommendation] = []
        for number in range(1, 91):
            origin = rng.choices(ORIGINS, (6, 2, 3))[0]
            made = datetime(year, 1, 15, 10, tzinfo=self._zone) + timedelta(days=rng.randrange(330))
            person, office = invent_person(rng), rng.choice(self._offices)
            value = 0 if rng.random() < 0.3 else round(rng.lognormvariate(16.5, 1.4))
            text, finding = f"Terdapat {rng.choice(FINDINGS)} oleh {person.name} NIK {person.nik}", year * 1000 + number
            if found and rng.random() < 0.3:
                last = found[-1]
                origin, made, person, office = last.origin, last.made, last.person, last.office
                text, finding = last.finding, last.finding_number
            taken = (
                made + timedelta(days=rng.randrange(90, 400)) if origin == ORIGINS[0] and rng.random() < 0.18 else None
            )
            found.append(
                Recommendation(
                    f"R{year}-{number:03d}",
                    finding,
                    office,
                    origin,
                    made.astimezone(UTC),
                    value,
                    self._steps(rng, made.astimezone(UTC)),
                    taken.astimezone(UTC) if taken else None,
                    text,
                    person,
                )
            )
        return tuple(found)

    def _steps(self, rng: Random, made: datetime) -> tuple[tuple[datetime, str], ...]:
        steps, at = [(made, NOT_BEGUN)], made
        if rng.random() < 0.12:
            return tuple(steps)
        at += timedelta(days=rng.lognormvariate(3.4, 0.7), minutes=rng.randrange(600))
        steps.append((at, PARTLY))
        if rng.random() < 0.18:
            return tuple(steps)
        at += timedelta(days=rng.lognormvariate(4.0, 0.8), minutes=rng.randrange(600))
        steps.append((at, REVIEW))
        at += timedelta(days=rng.lognormvariate(2.8, 0.6), minutes=rng.randrange(600))
        steps.append((at, rng.choices((SETTLED, EXCUSED, PARTLY), (16, 1, 3))[0]))
        return tuple(steps)
