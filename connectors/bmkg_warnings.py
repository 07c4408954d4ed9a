"""BMKG's early warnings for the city's own districts; never an alarm for a province that names none of them.

Protocol: ``GET {url}/alerts/nowcast/id/rss.xml`` lists the alerts of all provinces; each has a CAP 1.2 document beside
it (``CBT20260216004_alert.xml``): event, severity, effective, expires, areas with polygons of "lat,lon" pairs, and a
text that names the districts ("khususnya di A, B, C."). BMKG asks to be named.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from dashboard.contract import COMPLETE, ConnectorOptions, FetchContext, ParseContext, Payload, StatusKind
from dashboard.decoding import http_date, strict_xml
from dashboard.errors import RowRejected, SourceChanged
from dashboard.mapping_readers import When, folded
from dashboard.records import UNKNOWN, Status

PARSER_VERSION = 1
SHAPES = ("status",)
LIST = "alerts/nowcast/id"
FILE = re.compile(r"[A-Z]{3}\d{8,20}_alert\.xml")
FIELDS = ("event", "severity", "urgency", "certainty", "effective", "expires", "description")
EVENTS = {
    "hujan lebat dan petir": "rain_and_lightning", "hujan lebat": "heavy_rain", "petir": "lightning",
    "angin kencang": "strong_wind", "hujan lebat disertai petir": "rain_and_lightning", "puting beliung": "whirlwind",
}  # fmt: skip
SEVERITIES = ("minor", "moderate", "severe", "extreme")
EXPIRES, EFFECTIVE = When(path=("expires",)), When(path=("effective",))
NAMED = re.compile(r"khususnya di (?P<names>[^.]{1,4000})\.")


class Options(ConnectorOptions):
    """``province``: whose alerts are read, as BMKG writes it. ``most``: alerts read at one poll."""

    province: str = Field(min_length=3)
    most: int = Field(default=20, ge=1, le=100)
    kind: StatusKind = "warning"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The alerts of the province that have not expired, in one row: no alert is an answer too."""
    answer = await ctx.http.get(f"{LIST}/rss.xml")
    root = strict_xml(answer.body, answer.headers.get("content-type", ""))
    if root.tag != "rss" or root.find("channel") is None:
        raise SourceChanged("envelope", "the list of alerts is no RSS channel")
    wanted, alerts = folded(ctx.options.province), list[dict[str, Any]]()
    for item in root.iterfind("channel/item"):
        name = (item.findtext("link") or "").strip().rpartition("/")[2]
        if re.search(rf"\b{re.escape(wanted)}$", folded(item.findtext("title") or "")) and FILE.fullmatch(name):
            if len(alerts) >= ctx.options.most:
                raise SourceChanged("too_large", f"more than {ctx.options.most} alerts of one province")
            found = await ctx.http.get(f"{LIST}/{name}", accept_status=frozenset({404}))
            if found.status != 404:  # it left the list between two questions
                alerts.append(_alert(strict_xml(found.body, found.headers.get("content-type", ""))))
    live = [alert for alert in alerts if (end := EXPIRES.maybe(alert, ctx.zone)) is None or end > ctx.now]
    served = http_date(answer.headers.get("date"))
    return Payload(
        rows=[{"alerts": live}], coverage=COMPLETE, fetched_at=ctx.now, source_time=served, published_at=served
    )


def _alert(root: Any) -> dict[str, Any]:
    """Of a CAP document what is named here; an exercise, a test or a cancelled alert says nothing of the weather."""
    if root.tag.rpartition("}")[2] != "alert":
        raise SourceChanged("envelope", "an alert is no CAP document")
    info = root.find("{*}info")
    found: dict[str, Any] = {name: (root.findtext(f"{{*}}{name}") or "").strip() for name in ("status", "msgType")}
    if info is not None:
        found |= {name: (info.findtext(f"{{*}}{name}") or "").strip() for name in FIELDS}
        found["areas"] = [
            {
                "name": (area.findtext("{*}areaDesc") or "").strip(),
                "polygons": [(polygon.text or "").strip() for polygon in area.iterfind("{*}polygon")],
            }
            for area in info.iterfind("{*}area")
        ]
    return found


def parse(row: Any, ctx: ParseContext[Options]) -> list[Status]:
    """Every district with the worst alert that concerns it; one that none concerns is calm."""
    alerts = row["alerts"]
    if not isinstance(alerts, list):
        raise RowRejected("alerts", "is no list")
    worst: dict[str, tuple[int, dict[str, Any]]] = {}
    for alert in alerts:
        if alert.get("status") != "Actual" or alert.get("msgType") == "Cancel":
            continue
        severity = str(alert.get("severity")).casefold()
        rank = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
        for district in concerned(alert, ctx):
            if district not in worst or worst[district][0] < rank:
                worst[district] = rank, alert
    codes = dict.fromkeys(place.district for place in ctx.words.places())
    return [_status(code, *worst.get(code, (-1, {})), ctx) for code in codes]


def _status(code: str, rank: int, alert: dict[str, Any], ctx: ParseContext[Options]) -> Status:
    ends = EXPIRES.maybe(alert, ctx.zone)
    event = EVENTS.get(folded(str(alert.get("event", ""))), UNKNOWN) if alert else None
    return Status(
        subject=code,
        label=next((place.name for place in ctx.words.places() if place.code == code), ""),
        kind=ctx.options.kind,
        state="none" if rank < 0 else SEVERITIES[rank] if rank < len(SEVERITIES) else UNKNOWN,
        since=EFFECTIVE.maybe(alert, ctx.zone),
        district=code,
        attributes=(("event", event), ("until", ends.isoformat() if ends else None)),
    )


def concerned(alert: dict[str, Any], ctx: ParseContext[Options]) -> set[str]:
    """The districts that the alert names, or that have their middle or one of their subdistricts' in a polygon."""
    found: set[str] = set()
    for area in alert.get("areas", ()):
        rings = [ring for text in area["polygons"] if (ring := _ring(text))]
        found |= {
            place.district for place in ctx.words.places() if any(_inside(place.lat, place.lon, r) for r in rings)
        }
        if folded(area["name"]) == folded(ctx.options.province):
            said = NAMED.search(alert.get("description", ""))
            named = [ctx.words.district(name.strip()) for name in said["names"].split(",")] if said else []
            found |= {code for code in named if code not in (None, UNKNOWN)}
    return found


def _ring(text: str) -> list[tuple[float, float]]:
    """ "lat,lon lat,lon ..."; nothing when a pair cannot be read: half a polygon is another one."""
    pairs = [re.fullmatch(r"(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)", pair) for pair in text.split()]
    if len(pairs) < 4 or len(pairs) > 5000 or not all(pairs):
        return []
    return [(float(pair[1]), float(pair[2])) for pair in pairs if pair is not None]


def _inside(lat: float, lon: float, ring: list[tuple[float, float]]) -> bool:
    """Whether a line to the east crosses the ring an odd number of times."""
    odd = False
    for (lat1, lon1), (lat2, lon2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (lat1 > lat) != (lat2 > lat) and lon < lon1 + (lat - lat1) / (lat2 - lat1) * (lon2 - lon1):
            odd = not odd
    return odd
