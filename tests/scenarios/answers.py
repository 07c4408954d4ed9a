"""The rows that a connector makes of what the city served, as the ledger has it; never asks the room.

Most connectors hand on every row as it came. Some put one together from several answers (a package of LPSE and its
page, a place of BMKG and its steps), read what an office says of itself, or find out by trying: those are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from connectors import bmkg_forecast
from dashboard.config.model import Config, Source
from dashboard.decoding_indonesian import spelled_day, whole_rupiah
from tests.scenarios.stage import UNASKED

Entry = Mapping[str, Any]


class Polled(NamedTuple):
    """One poll: city time from its first question to the end of its answer, and whether that was taken."""

    start: datetime
    end: datetime
    good: bool


class Answered(NamedTuple):
    """One row. ``asked``: somebody was told it at ``at``; else it stood there from then on, for whoever looks.
    ``looks``: how many polls have to find it standing before it must be known."""

    fields: Any
    at: datetime
    asked: bool = True
    looks: int = 1


PATHS = {"bmkg_forecast": "prakiraan-cuaca", "bmkg_quakes": "/TEWS/", "bmkg_warnings": "_alert.xml"}


def answered(
    config: Config, source: Source, options: Any, entries: Iterable[Entry], polls: Sequence[Polled]
) -> Iterator[Answered]:
    """``entries``: of the department behind ``source``, which other sources may share."""
    entries = [entry for entry in entries if _is_of(source, options, entry["path"])]
    if source.type == "spse":
        return _packages(entries)
    if source.type == "registry_probe":
        return _tried(entries, options)
    if source.type == "bmkg_forecast":
        return _forecasts(config, entries, polls)
    if source.type == "bmkg_warnings":
        return _warnings(entries, polls)
    if getattr(options, "each", None) is not None:
        return _offices(config, entries)
    asked = source.id not in UNASKED
    return (Answered(_computed(entry["fields"]), at_of(entry), asked) for entry in entries)


def at_of(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry["city_at"])


def _is_of(source: Source, options: Any, path: str) -> bool:
    if source.type == "http_json":
        return path.startswith(f"{urlsplit(source.url or '').path}/{options.path.partition('{')[0]}")
    return PATHS.get(source.type, "") in path


def _computed(fields: Any) -> Any:
    """With what the query of e-audit's activities has the database reckon."""
    pairs = {name: (f"rencana_{name}", f"realisasi_{name}") for name in ("fisik", "keuangan")}
    return fields | {
        f"selisih_{name}": None if fields[plan] is None or fields[done] is None else fields[plan] - fields[done]
        for name, (plan, done) in pairs.items()
        if plan in fields
    }


def _packages(entries: Sequence[Entry]) -> Iterator[Answered]:
    """A package is told by its list, once its own page was read for the first time."""
    pages: dict[str, Entry] = {}
    for entry in entries:
        pages.setdefault(entry["key"], entry)
    year = str(max(at_of(entry) for entry in entries).year) if entries else ""
    for entry in entries:
        page = pages.get(f"halaman/{entry['key']}")
        if page is None or entry["fields"].get("year") != year:  # another page; or swakelola, which tells every year
            continue
        said = page["fields"]
        details = {"made": spelled_day(said["Tanggal Pembuatan"]), "office": said["Satuan Kerja"]}
        sums = (("budget", "Nilai Pagu Paket"), ("ceiling", "Nilai HPS Paket"))
        details |= {name: whole_rupiah(said[label], name)[0] for name, label in sums if label in said}
        yield Answered({**entry["fields"], "details": details}, max(at_of(entry), at_of(page)))


def _tried(entries: Sequence[Entry], options: Any) -> Iterator[Answered]:
    """The registry's row of a subject with what trying it finds. ``keadaan``: of a socket; ``jawaban``: of a request,
    which is itself the first look."""
    rows: dict[str, Any] = {}
    found: dict[str, tuple[str, str, int]] = {}
    for entry in entries:
        key, said = entry["key"], entry["fields"]
        if "keadaan" in said:
            down = said["keadaan"] == "putus"
            found[key] = ("down", "refused", options.misses) if down else ("up", "", 1)
        elif "jawaban" in said:
            down = said["jawaban"] >= 500
            found[key] = ("down", "http_5xx", options.misses - 1) if down else ("up", "", 0)
        else:
            rows[key] = said
        named = options.url is None or options.url.text(rows.get(key, {})) not in (None, "-")
        if key in rows and (key in found or not named):
            state, cause, looks = found.get(key, ("none", "", 1))
            yield Answered({**rows[key], "probe": state, "probe_cause": cause}, at_of(entry), False, looks)


def _offices(config: Config, entries: Sequence[Entry]) -> Iterator[Answered]:
    """What an office says of itself, that it does not, and its tickets."""
    regions = {"districts": config.regions.districts, "subdistricts": config.regions.subdistricts}
    known = {one.code: {"of": of, "code": one.code, "name": one.name} for of, all_ in regions.items() for one in all_}
    for entry in entries:
        own, said = known[entry["path"].rpartition("/")[2]], entry["fields"]
        if "loket_buka" in said:
            row: Any = {"each": {**own, "answer": "ok"}, "said": {"data": said}}
        elif "jawaban" in said:
            row = {"each": {**own, "answer": "silent", "cause": "http_5xx"}}
        else:
            row = {**said, "each": own}
        yield Answered(row, at_of(entry))


def _forecasts(config: Config, entries: Sequence[Entry], polls: Sequence[Polled]) -> Iterator[Answered]:
    """Of every place the steps that were near at each poll."""
    above = {place.code: place.parent for place in config.regions.subdistricts}
    names = {district.code: district.name for district in config.regions.districts}
    places: dict[str, dict[datetime, Entry]] = {}
    for entry in entries:
        code, _, at = entry["key"].partition("|")
        places.setdefault(code, {})[datetime.fromisoformat(at)] = entry
    for poll in polls:
        for code, steps in places.items() if poll.good else ():
            first, last = poll.start - bmkg_forecast.STEP, poll.start + bmkg_forecast.AHEAD
            near = [entry["fields"] for at, entry in sorted(steps.items()) if first < at <= last]
            yield Answered({"adm4": code, "kecamatan": names[above[code]], "steps": near}, poll.start)


def _warnings(entries: Sequence[Entry], polls: Sequence[Polled]) -> Iterator[Answered]:
    """All alerts of each poll in one row."""
    for poll in polls if entries else ():
        told: list[dict[str, Any]] = []
        for entry in entries:
            said = entry["fields"]
            begins, ends = (datetime.fromisoformat(said[name]) for name in ("effective", "expires"))
            if at_of(entry) <= poll.end and begins <= poll.end and ends > poll.start:
                areas = [{"name": said["area"], "polygons": said["polygons"]}]
                told.append({**said, "status": "Actual", "msgType": "Alert", "areas": areas})
        if poll.good:
            yield Answered({"alerts": told}, poll.start)
