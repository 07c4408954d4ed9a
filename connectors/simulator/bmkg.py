"""The stand-in BMKG: forecast by subdistrict, earthquakes, early warnings as RSS and CAP; and what of them is a trap.

Alerts of the province come for this city's districts and for others; one of another province names a district that is
called like one of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Listing, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.ledger import Row
from connectors.simulator.row_faults import Shape
from connectors.simulator.weather import CODES, STEP, Quake, Weather
from connectors.simulator.wire import Request

STEPS = Shape(
    key="langkah", mandatory="utc_datetime", times=("utc_datetime", "local_datetime"), numbers=("t", "hu", "ws")
)
QUAKES = Shape(
    key="DateTime",
    mandatory="Coordinates",
    texts=("Wilayah", "Potensi", "Dirasakan"),
    identity=("DateTime", "Coordinates"),
)
ALERTS = Shape(key="identifier", mandatory="effective", texts=("headline", "description", "event"), identity=("link",))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
FORECAST_STEPS = 24
ELSEWHERE = "Bojonegara, Cibeber, Cipanas, Pulomerak, Tanara"
XML = "application/xml"


class Bmkg:
    name = "bmkg"

    def __init__(self, city: City) -> None:
        self._city, self._weather = city, Weather(city.seed, city.zone)

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        last = request.path.rstrip("/").rpartition("/")[2]
        if last == "prakiraan-cuaca":
            return self._forecast(request.query.get("adm4", ""), now)
        if last in ("autogempa.json", "gempaterkini.json", "gempadirasakan.json"):
            return self._quakes(last, now)
        if last == "rss.xml":
            rows = [Row(alert["identifier"], alert) for alert in self._alerts(now)]
            return Listing(rows, _write_list, ALERTS, content_type=XML)
        found = [Row(a["identifier"], a) for a in self._alerts(now) if a["link"].endswith(f"/{last}")]
        return Listing(found, _write_cap, ALERTS, content_type=XML) if found else refuse(404, {"message": "Not Found"})

    # The forecast

    def _forecast(self, code: str, now: datetime) -> Listing:
        place = self._city.places_by_code.get(code)
        if place is None:
            return refuse(404, {"status": "error", "message": "adm4 tidak ditemukan"})
        zone, start = self._city.zone, self._weather.begin(now) - 2 * STEP
        slots = [self._weather.slot(place.district, start + n * STEP) for n in range(FORECAST_STEPS)]
        rows = [
            Row(
                f"{code}|{slot.at.isoformat()}",
                {
                    "langkah": f"{code}|{slot.at:%Y%m%d%H}",
                    "utc_datetime": f"{slot.at:%Y-%m-%d %H:%M:%S}",
                    "local_datetime": f"{slot.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
                    "t": slot.temperature, "hu": slot.humidity, "weather": CODES[slot.state], "ws": slot.wind,
                    "wd": "SW", "wd_deg": 230, "tcc": 90, "vs": 20_000,
                },
            )
            for slot in slots
        ]  # fmt: skip
        where = {
            "adm4": code, "provinsi": "Banten", "kabkota": self._city.name, "kecamatan": place.district_name,
            "deskel": place.name, "lat": place.lat, "lon": place.lon, "timezone": "+0700",
        }  # fmt: skip

        def write(rows: Sequence[Row]) -> bytes:
            steps = [row.fields for row in rows]
            days = [steps[n : n + 8] for n in range(0, len(steps), 8)]
            return orjson.dumps({"status": "success", "message": "", "data": [{"lokasi": where, "cuaca": days}]})

        return Listing(rows, write, STEPS)

    # Earthquakes

    def _quakes(self, feed: str, now: datetime) -> Listing:
        quakes = self._weather.quakes(now, 40)
        if feed == "gempadirasakan.json":
            quakes = [quake for quake in quakes if quake.felt]
        rows = [self._quake(quake) for quake in quakes[: 1 if feed == "autogempa.json" else 15]]

        def write(rows: Sequence[Row]) -> bytes:
            told: Any = [row.fields for row in rows]
            if feed == "autogempa.json":
                told = told[0] if told else {}
            return orjson.dumps({"Infogempa": {"gempa": told}})

        return Listing(rows, write, QUAKES)

    def _quake(self, quake: Quake) -> Row:
        local = quake.at.astimezone(self._city.zone)
        fields = {
            "Tanggal": f"{local:%d} {MONTHS[local.month - 1]} {local:%Y}",
            "Jam": f"{local:%H:%M:%S} WIB",
            "DateTime": quake.at.isoformat(),
            "Coordinates": f"{quake.lat},{quake.lon}",
            "Lintang": f"{abs(quake.lat)} {'LS' if quake.lat < 0 else 'LU'}",
            "Bujur": f"{quake.lon} BT",
            "Magnitude": str(quake.magnitude),
            "Kedalaman": f"{quake.depth} km",
            "Wilayah": quake.region,
            "Potensi": "Tidak berpotensi tsunami",
            **({"Dirasakan": quake.felt} if quake.felt else {}),
        }
        return Row(quake.at.isoformat(), fields)

    # Early warnings

    def _alerts(self, now: datetime) -> list[dict[str, Any]]:
        """For every slot with heavy rain over districts: theirs, one for others of the province, one far away."""
        start, found = self._weather.begin(now), []
        wet = [
            code for code in sorted(self._city.districts) if self._weather.slot(code, start).state in ("heavy", "storm")
        ]
        names = [self._city.districts[code] for code in wet]
        if names:
            found.append(self._alert("CBT", 1, "Banten", start, ", ".join([*names[1:], "Tanara"]), wet[:1]))
        found.append(self._alert("CBT", 2, "Banten", start, ELSEWHERE, []))
        trap = next(iter(self._city.districts.values()), "Larangan")
        found.append(self._alert("CJG", 3, "Jawa Tengah", start, f"{trap}, Wiradesa, Kajen", []))
        return found

    def _alert(
        self, prefix: str, number: int, province: str, start: datetime, named: str, drawn: Sequence[str]
    ) -> dict[str, Any]:
        zone, end = self._city.zone, start + STEP
        local, until = start.astimezone(zone), end.astimezone(zone)
        polygons = [ring for code in drawn for ring in self._rings(code)]
        polygons = polygons or ["-6.559,106.116 -6.569,106.124 -6.589,106.130 -6.682,106.129 -6.559,106.116"]
        return {
            "identifier": f"2.49.0.1.360.0.{start:%Y.%m.%d.%H}.{number:03d}",
            "link": f"https://www.bmkg.go.id/alerts/nowcast/id/{prefix}{start:%Y%m%d%H}{number:03d}_alert.xml",
            "headline": f"Hujan Lebat disertai Petir di {province}",
            "event": "Hujan Lebat dan Petir",
            "severity": "Moderate",
            "effective": local.isoformat(),
            "expires": until.isoformat(),
            "sent": (local - timedelta(minutes=10)).isoformat(),
            "area": province,
            "polygons": polygons,
            "description": f"Hujan lebat disertai petir akan terjadi pada {local:%d %B %Y, %H:%M} WIB di sebagian "
            f"wilayah {province}, khususnya di {named}.\n Masyarakat dihimbau untuk tetap waspada.",
        }

    def _rings(self, district: str) -> list[str]:
        """A square around the middle of each of the district's subdistricts, as "lat,lon" pairs."""
        rings = []
        for place in self._city.places:
            if place.district == district and place.lat is not None and place.lon is not None:
                corners = [(-1, -1), (-1, 1), (1, 1), (1, -1), (-1, -1)]
                rings.append(" ".join(f"{place.lat + a * 0.004:.4f},{place.lon + b * 0.004:.4f}" for a, b in corners))
        return rings


def _write_list(rows: Sequence[Row]) -> bytes:
    items = "".join(
        f"<item><title>{_said(row, 'headline')}</title><link>{_said(row, 'link')}</link><description>"
        f"{_said(row, 'description')}</description><guid isPermaLink='false'>{_said(row, 'identifier')}</guid></item>"
        for row in rows
    )
    head = "<title>Peringatan Dini Cuaca BMKG</title><language>id</language>"
    return f"<?xml version='1.0' encoding='UTF-8'?><rss version='2.0'><channel>{head}{items}</channel></rss>".encode(
        "utf-8", "replace"
    )


def _write_cap(rows: Sequence[Row]) -> bytes:
    row = rows[0]
    info = "".join(
        f"<{name}>{_said(row, name)}</{name}>"
        for name in ("event", "severity", "effective", "expires", "headline", "description")
        if name in row.fields
    )
    drawn = "".join(f"<polygon>{ring}</polygon>" for ring in row.fields["polygons"])
    return (
        "<?xml version='1.0'?><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>"
        f"<identifier>{_said(row, 'identifier')}</identifier><sender>contoh@bmkg.example</sender>"
        f"<sent>{_said(row, 'sent')}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>"
        f"<info><language>id</language><category>Met</category><urgency>Immediate</urgency>{info}"
        f"<area><areaDesc>{_said(row, 'area')}</areaDesc>{drawn}</area></info></alert>"
    ).encode("utf-8", "replace")


def _said(row: Row, name: str) -> str:
    return escape(str(row.fields.get(name, "")))
