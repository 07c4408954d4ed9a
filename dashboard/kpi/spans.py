"""The windows of time that figures are of, and how many working days lie in each; pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.calendar import Calendar
from dashboard.kpi.figures import ms
from dashboard.snapshot import Window


def working_days(calendar: Calendar, now: datetime) -> dict[str, float]:
    found = {}
    today = calendar.local_date(now)
    for name, (start, _) in calendar.windows(now).items():
        first = calendar.local_date(start)
        days = (first + timedelta(days=n) for n in range((today - first).days + 1))
        found[name] = float(sum(calendar.is_working_day(day) for day in days))
    return found


def windows(calendar: Calendar, now: datetime) -> dict[str, Window]:
    found: dict[str, Window] = {"now": {"name": "now", "start": None, "end": None}}
    for name, (start, end) in calendar.windows(now).items():
        found[name] = {"name": name, "start": ms(start), "end": ms(end)}
    return found
