"""BMKG's forecast for the city's districts: one place of each, what holds now and what comes; never a guess between.

Protocol: ``GET {url}/publik/prakiraan-cuaca?adm4=36.71.01.1005`` for one subdistrict, answered by ``{"data": [{
"lokasi": {"adm4", "kecamatan", ..}, "cuaca": [[{"utc_datetime": "2026-02-16 00:00:00", "local_datetime", "t", "hu",
"ws", "weather"}]]}]}``, in steps of three hours. ``utc_datetime`` is read; ``local_datetime`` is the same instant in
the place's own zone. BMKG asks to be named, and for no more than 60 questions a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from dashboard.contract import COMPLETE, ConnectorOptions, FetchContext, NumberLocale, ParseContext, Payload, StatusKind
from dashboard.decoding import http_date
from dashboard.errors import RowRejected, SourceChanged
from dashboard.mapping_readers import Number, When, plain
from dashboard.records import UNKNOWN, Measurement, Status

PARSER_VERSION = 1
SHAPES = ("status", "measurement")
STEP, AHEAD = timedelta(hours=3), timedelta(hours=24)
AT = When(path=("utc_datetime",), zone="UTC")
# BMKG's codes of weather; the further down, the worse.
CODES = {
    0: "clear", 1: "clear", 2: "cloudy", 3: "cloudy", 4: "cloudy", 5: "haze", 10: "haze", 45: "haze", 60: "rain",
    61: "rain", 80: "rain", 63: "heavy_rain", 95: "storm", 97: "storm",
}  # fmt: skip
WORST = ("clear", "cloudy", "haze", "rain", "heavy_rain", "storm")
WET = frozenset({"rain", "heavy_rain", "storm"})
FIGURES = {"temperature": "t", "humidity": "hu", "wind": "ws"}
UNITS = {"temperature": "celsius", "humidity": "percent", "wind": "km/h", "rain_hours": "hours"}


class Options(ConnectorOptions):
    """``places``: the subdistrict (adm4) that stands for each district."""

    places: tuple[str, ...] = Field(min_length=1, max_length=50)
    kind: StatusKind = "weather"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """Of each place the step that holds now, and those of the next day; what is past is not asked about again."""
    rows, served = [], None
    for place in ctx.options.places:
        answer = await ctx.http.get("publik/prakiraan-cuaca", params={"adm4": place})
        served = http_date(answer.headers.get("date")) or served
        body = answer.json()
        data = body.get("data") if isinstance(body, dict) else None
        if not isinstance(data, list) or not data or not isinstance(data[0], dict):
            raise SourceChanged("envelope", "no data list around the forecast")
        where, days = data[0].get("lokasi"), data[0].get("cuaca")
        if not isinstance(where, dict) or not isinstance(days, list):
            raise SourceChanged("envelope", "a place without lokasi or cuaca")
        steps = [step for day in days if isinstance(day, list) for step in day if isinstance(step, dict)]
        dated = {at: step for step in steps if (at := AT.maybe(step, UTC))}  # one that is told twice counts once
        near = [step for at, step in sorted(dated.items()) if ctx.now - STEP < at <= ctx.now + AHEAD]
        rows.append({"adm4": where.get("adm4"), "kecamatan": where.get("kecamatan"), "steps": near})
    return Payload(rows=rows, coverage=COMPLETE, fetched_at=ctx.now, source_time=served, published_at=served)


def parse(row: Any, ctx: ParseContext[Options]) -> list[Status | Measurement]:
    """One place: its weather now with what comes in the next 24 hours, and the figures of now."""
    district = ctx.words.district(plain(row["kecamatan"]))
    if district in (None, UNKNOWN):
        raise RowRejected("kecamatan", "is no district of the city")
    steps = [(AT.needed(step, ctx.zone), step) for step in row["steps"]]
    if not steps:
        raise RowRejected("steps", "is mandatory and empty")
    start, now = steps[0]
    coming = [(at, _weather(step)) for at, step in steps]
    wet = [at for at, state in coming if state in WET]
    values: dict[str, float | None] = {name: _number(now, field) for name, field in FIGURES.items()}
    values["rain_hours"] = 3.0 * len(wet)
    status = Status(
        subject=str(district),
        label=next((place.name for place in ctx.words.places() if place.code == district), ""),
        kind=ctx.options.kind,
        state=_weather(now),
        state_word=f"code {now.get('weather')}"[:20] if _weather(now) == UNKNOWN else "",
        since=start,
        district=district,
        attributes=(
            *values.items(),
            ("worst", max((state for _, state in coming if state in WORST), key=WORST.index, default=None)),
            ("rain_at", wet[0].isoformat() if wet else None),
        ),
    )
    figures = [_measured(str(district), name, value, start) for name, value in values.items()]
    return [status, *figures]


def _weather(step: dict[str, Any]) -> str:
    code = step.get("weather")
    return CODES.get(code, UNKNOWN) if isinstance(code, int) and not isinstance(code, bool) else UNKNOWN


def _number(step: dict[str, Any], field: str) -> float | None:
    return Number(path=(field,), minimum=-60, maximum=400).maybe(step, NumberLocale())


def _measured(district: str, metric: str, value: float | None, start: datetime) -> Measurement:
    return Measurement(
        metric=metric,
        place=district,
        period_start=start,
        period_end=start + STEP,
        value=value,
        unit=UNITS[metric],
        basis="forecast",
        reported=value is not None,
        observed_at=start,
    )
