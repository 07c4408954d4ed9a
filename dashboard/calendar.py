"""Working time, deadlines, publication days and windows of the city; pure, never reads a clock.

Days are the city's; every datetime in and out is aware, out always UTC. Naive times are refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import holidays as holiday_tables

from dashboard.config.model import Config, Publication, Shift
from dashboard.config.registry import Registry
from dashboard.worktime import Pause, Timeline, after_days, after_elapsed, after_worked, cuts_of, utc

__all__ = ["DAYS", "Calendar", "Pause", "Span"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = tuple[datetime, datetime]
PublicationState = Literal["not_due", "due", "late"]

_FIRST_YEAR, _LAST_YEAR = 1990, 2150
_EVERY_DAY = ""  # hours key of plain calendar days
_LONGEST_PAUSE_OF_A_SOURCE = 60  # days between two publications


class Promise(Protocol):
    """A policy of the city, or what a source says of its own case."""

    @property
    def amount(self) -> float | None: ...
    @property
    def unit(self) -> str: ...


class Calendar:
    """One per configuration. Cheap to ask: the spans of a year are laid out once."""

    def __init__(self, config: Config, registry: Registry | None = None) -> None:
        self.config = config
        self.zone = ZoneInfo(config.city.zone)
        self._hours_of = {d.abbr: d.hours for d in config.departments}
        self._default_hours = next(iter(config.working_hours))
        self._free = lru_cache(maxsize=256)(self._free_days)
        self._lines: dict[str, tuple[int, int, Timeline]] = {}
        self._works: dict[tuple[date, str], bool] = {}

    # Days

    def _free_days(self, year: int) -> frozenset[date]:
        settings = self.config.holidays
        table = holiday_tables.country_holidays(settings.country, years=year, categories=settings.categories)
        days = {day for day in table if day.year == year} | {day for day in settings.extra if day.year == year}
        return frozenset(days - set(settings.removed))

    def is_holiday(self, day: date) -> bool:
        return day in self._free(day.year)

    def is_working_day(self, day: date, department: str | None = None) -> bool:
        """Whether ``department`` (None: the offices) works on ``day`` at all."""
        asked = day, self._key(department)
        if asked not in self._works:  # a tick asks for every day of the year
            self._works[asked] = bool(self._spans(*asked))
        return self._works[asked]

    def provisional(self, start: date, end: date) -> bool:
        """Whether [start, end] touches a year whose holidays are not decreed."""
        decreed = self.config.holidays.decreed_years
        return any(year not in decreed for year in range(start.year, end.year + 1))

    def local_date(self, instant: datetime) -> date:
        return _aware(instant).astimezone(self.zone).date()

    def _key(self, department: str | None) -> str:
        """Hours key of a department; a hours key stands for itself."""
        if department in self.config.working_hours:
            return str(department)
        return self._hours_of.get(department or "", self._default_hours)

    def _spans(self, day: date, key: str) -> list[tuple[float, float]]:
        hours = self.config.working_hours.get(key)
        if hours is None or hours.always:
            return [(self._at(day), self._at(day + timedelta(days=1)))]
        if hours.holidays and self.is_holiday(day):
            return []
        week = hours.week
        if hours.ramadan is not None and any(a <= day <= b for a, b in self.config.holidays.ramadan_periods):
            week = hours.ramadan
        return [
            (self._at(day, span.start), self._at(day if span.end > span.start else day + timedelta(days=1), span.end))
            for span in week.get(DAYS[day.weekday()], ())  # type: ignore[call-overload]
        ]

    def _at(self, day: date, clock: time = time(), zone: ZoneInfo | None = None) -> float:
        return datetime.combine(day, clock, tzinfo=zone or self.zone).timestamp()

    def _line(self, key: str, first: int, last: int) -> Timeline:
        """The working time of the years [first, last]."""
        known = self._lines.get(key)
        if known is None or first < known[0] or last > known[1]:
            low, high = (min(first, known[0]), max(last, known[1])) if known else (first, last)
            line = Timeline.of((self._at(day), self._spans(day, key)) for day in _days(low, high))
            self._lines[key] = known = (low, high, line)
        return known[2]

    # Deadlines

    def due_at(
        self, promise: Promise, opened_at: datetime, department: str | None, pauses: Sequence[Pause] = ()
    ) -> tuple[datetime | None, bool]:
        """When the promise ends, and whether that is provisional ("±").

        ``working_days``: the end of work on the n-th working day after the day of receipt; ``days``: the end of
        the n-th calendar day after it; ``working_hours``: that much working time; ``hours``, ``minutes``: elapsed.
        The clock stands in pauses; while one is open that began before the deadline, there is no deadline.
        """
        opened = _aware(opened_at).timestamp()
        if promise.amount is None or not self._on_the_line(opened_at):
            return None, False
        key = _EVERY_DAY if promise.unit == "days" else self._key(department)
        due = self._due(promise.unit, promise.amount, key, opened, cuts_of(pauses))
        if due is None:
            return None, False
        end = utc(due)
        hours = self.config.working_hours.get(key)
        by_table = hours is not None and hours.holidays and not hours.always and promise.unit.startswith("working")
        return end, by_table and self.provisional(self.local_date(opened_at), self.local_date(end))

    def _due(self, unit: str, amount: float, key: str, opened: float, cuts: list[tuple[float, float]]) -> float | None:
        if unit in ("minutes", "hours"):
            return after_elapsed(opened, amount * (60 if unit == "minutes" else 3600), cuts)
        year = self.local_date(utc(opened)).year
        last = max(
            [year, *(self.local_date(utc(end)).year for _, end in cuts if end < self._at(date(_LAST_YEAR, 1, 1)))]
        )
        for ahead in (1, 4, 20, _LAST_YEAR - last):
            # A year more than needed: 31 December plus one day lies in the next.
            line = self._line(key, year, min(last + ahead, _LAST_YEAR))
            if unit == "working_hours":
                due = after_worked(line, opened, amount * 3600, cuts)
            else:
                due = after_days(line, opened, math.ceil(amount), cuts)
            if due is not None or (cuts and cuts[-1][1] == math.inf):
                return due
        return None

    def _on_the_line(self, instant: datetime) -> bool:
        return _FIRST_YEAR <= instant.year < _LAST_YEAR

    # Windows

    def day_start(self, now: datetime) -> datetime:
        return utc(self._at(self.local_date(now)))

    def next_midnight(self, now: datetime) -> datetime:
        return utc(self._at(self.local_date(now) + timedelta(days=1)))

    def windows(self, now: datetime) -> dict[str, Span]:
        """[start, next midnight) of today, d7 (today and the six days before), d30, month and year; [start, end)
        of the shift on duty, if the city has shifts."""
        day, end = self.local_date(now), self.next_midnight(now)
        starts = {
            "today": day,
            "d7": day - timedelta(days=6),
            "d30": day - timedelta(days=29),
            "month": day.replace(day=1),
            "year": day.replace(month=1, day=1),
        }
        found = {name: (utc(self._at(start)), end) for name, start in starts.items()}
        shift = self.shift(now)
        if shift is not None:
            found["shift"] = shift[1]
        return found

    def shift(self, now: datetime) -> tuple[Shift, Span] | None:
        """The shift on duty; one that passes midnight began yesterday."""
        today = self.local_date(now)
        for shift in self.config.shifts:
            for day in (today, today - timedelta(days=1)):
                finish = day + timedelta(days=1) if shift.end <= shift.start else day
                span = utc(self._at(day, shift.start)), utc(self._at(finish, shift.end))
                if span[0] <= now < span[1]:
                    return shift, span
        return None

    # Publication

    def publication_state(
        self, publication: Publication, now: datetime, data_at: datetime | None
    ) -> tuple[PublicationState, datetime | None]:
        """What a source that publishes by calendar owes at ``now``, and since when (None: since ever).

        ``data_at``: the time the newest data in hand claims. Data of the day of a publication is that publication.
        """
        last = self.last_publication(publication, now)
        if last is None:
            return "not_due", None
        zone = self._zone_of(publication)
        if data_at is not None and _aware(data_at).astimezone(zone).date() >= last.astimezone(zone).date():
            return "not_due", data_at
        late = last + timedelta(minutes=publication.grace_minutes)
        return ("late", late) if now >= late else ("due", last)

    def last_publication(self, publication: Publication, now: datetime) -> datetime | None:
        """The newest instant at or before ``now`` at which the source should have published."""
        return next((instant for instant in self._publications(publication, now, -1) if instant <= now), None)

    def next_publication(self, publication: Publication, now: datetime) -> datetime | None:
        return next((instant for instant in self._publications(publication, now, 1) if instant > now), None)

    def publication_of(self, publication: Publication, day: date) -> datetime | None:
        """The instant at which the source publishes on ``day``; None when that day has no publication."""
        if DAYS[day.weekday()] not in publication.days or (publication.holidays and self.is_holiday(day)):
            return None
        return utc(self._at(day, publication.at, self._zone_of(publication)))

    def _publications(self, publication: Publication, now: datetime, step: int) -> Iterator[datetime]:
        today = _aware(now).astimezone(self._zone_of(publication)).date()
        for away in range(_LONGEST_PAUSE_OF_A_SOURCE):
            if (at := self.publication_of(publication, today + timedelta(days=step * away))) is not None:
                yield at

    def _zone_of(self, publication: Publication) -> ZoneInfo:
        return ZoneInfo(publication.zone) if publication.zone else self.zone


def _days(first: int, last: int) -> Iterator[date]:
    day, end = date(first, 1, 1), date(last, 12, 31)
    while day <= end:
        yield day
        day += timedelta(days=1)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a time without zone is refused")
    return instant.astimezone(UTC) if instant.tzinfo is not UTC else instant
