"""Scenario 43: identities planted in every field of every payload reach no page, frame, answer, log, table or cache.

A whole room over loopback: city, collector, Valkey, web process. First every text field carries an identity and the
rows are taken; then keys and times carry one too and rows are refused. After each, everything the web process says and
everything the room keeps, prints and logs is searched for every identity that ever left the city.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from dashboard.api_routes import ROUTES, TABLES
from dashboard.commands import main
from tests.scenarios.stage import BLOCKS, FACES, Stage, stage, until

SOURCES: dict[str, dict[str, Any]] = {name: {"every_s": 4} for name in BLOCKS} | {
    "laksa": {"options": {"days": 20}, "summary": True, "every_s": 2},
    "open311": {"every_s": 2, "summary": True},
    "tpid_prices": {"options": {"days": 2}, "every_s": 4},
    "lpse": {"options": {"details_per_poll": 8, "endpoints": ["lelang"]}, "summary": True, "every_s": 3},
    "mobile_requests": {"every_s": 3, "summary": True},
}
PAGES = ("/", "/sources", *(f"/{key}" for key in FACES["pages"]), *(f"/wall/{key}" for key in FACES["walls"]),
         "/audit?lang=en", "/mobile?lang=en", "/wall/main?lang=en")  # fmt: skip
APPS = ("/screens/id/", "/sources/id/", "/sources/en/", "/wall/main/id/", "/wall/video/en/")
WRONG = ("/api/v1/cases?district={}", "/api/v1/kpis?scope={}", "/wall/{}", "/live/{}", "/{}", "/api/v1/cases?since={}")


class Web:
    """A web process beside a stage, and everything it says."""

    def __init__(self, room: Stage) -> None:
        self.room = room
        self.url = room.start_web()
        self.client = httpx2.Client(base_url=self.url, timeout=120, trust_env=False, verify=False)

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        return f"{dict(answer.headers)} {answer.text}"

    def listed(self, name: str) -> Iterator[str]:
        """Every page of a list."""
        cursor = ""
        while True:
            body = self.client.get(f"/api/v1/{name}?limit=500{cursor}").json()
            yield str(body)
            if body.get("next") is None:
                return
            cursor = f"&cursor={body['next']}"

    def tabled(self, path: str) -> Iterator[str]:
        """Every page of the same as a table for spreadsheets, as it comes over the wire."""
        cursor = ""
        while True:
            answer = self.client.get(f"{path}{cursor}")
            assert answer.status_code == 200, answer.text
            yield f"{dict(answer.headers)} {answer.text}"
            if "x-next-cursor" not in answer.headers:
                return
            cursor = f"?cursor={answer.headers['x-next-cursor']}"

    def booked(self, path: str) -> str:
        """What a workbook holds."""
        with zipfile.ZipFile(io.BytesIO(self.client.get(path).content)) as book:
            return " ".join(book.read(name).decode() for name in book.namelist())

    def stream(self, address: str, wanted: str) -> str:
        """What a live stream says until it has said ``wanted``, and to the beat after that."""
        found = ""
        with self.client.stream("GET", address) as response:
            for part in response.iter_text():
                found += part
                if wanted in found and "event: beat" in found[found.index(wanted) :]:
                    return found
        raise AssertionError(f"{address} ended")

    def streams(self) -> dict[str, str]:
        """Whole views of every wall in both languages, what comes after them, and what a desk is told."""
        walls = [f"/live/{wall}?lang={lang}" for wall in self.room.config.walls for lang in ("id", "en")]
        found = {wall: self.stream(f"{wall}&since=-1", '"full":true') for wall in walls}
        return found | {"/live/desk/sources": self.stream("/live/desk/sources", "event: changed")}

    def keeps(self) -> dict[str, str]:
        """The files of the history (with quarantine, summaries and what was written over) and the logs."""
        room = self.room
        files = (path for path in (room.folder / "var").glob("liveroom.sqlite*") if path.suffix != ".sqlite-shm")
        return {path.name: path.read_bytes().decode("latin-1") for path in files} | {"collector.log": room.log()}

    def says(self, planted: list[str]) -> dict[str, str]:
        """Everything, by where it was said."""
        found = {path: self.get(path) for path in (*PAGES, "/healthz", "/metrics", "/api/v1/openapi.json")}
        found |= {f"{app}{name}": self.get(f"{app}{name}") for app in APPS for name in ("_dash-layout", "")}
        for name in ("cases", "measurements", "statuses", "rejects"):
            found[f"api {name}"] = "".join(islice(self.listed(name), 6))
        for route in ROUTES:
            found.setdefault(f"api {route.name}", self.get(route.path))
        for kind in self.room.config.kinds:
            found |= {f"{name} {kind}": self.get(f"/api/v1/{name}?kind={kind}") for name in ("groups", "breakdown")}
        for district in self.room.config.regions.districts:
            found[f"kpis {district.code}"] = self.get(f"/api/v1/kpis?scope=district:{district.code}")
        asked = [planted[0], planted[-1]]  # a question that holds an identity is not answered with it
        found |= {f"wrong {path}": self.get(path.format(word.replace("/", "")).replace(" ", "%20"))
                  for path in WRONG for word in asked}  # fmt: skip
        found |= (
            {path: "".join(islice(self.tabled(path), 6)) for path, (_, form) in TABLES.items() if form == "csv"}
            | {path: self.booked(path) for path, (_, form) in TABLES.items() if form == "xlsx"}
            | self.streams()
        )
        with redis.Redis.from_url(self.room.redis_url) as client:
            stream: Any = client.xrange("tlr:stream")
            found["cache"] = str({key: body.decode() for key, body in client.hgetall("tlr:docs").items()}) + str(stream)  # type: ignore[union-attr]
        found["log of the web process"] = self.room.log("web")
        return found


def tried(room: Stage, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What the command prints that polls a source once (one of each type), and the one that prints the table."""
    found, config = {}, ["--config", str(room.folder / "config.yaml")]
    for source in {BLOCKS[source]["type"]: source for source in SOURCES}.values():
        main(["sources", "--try", source, "--records", "200", *config])
        found[f"--try {source}"] = "".join(capsys.readouterr())
    assert main(["sources", *config]) == 0
    return {**found, "table": "".join(capsys.readouterr())}


STEM = 5
LONG_NUMBER = re.compile(r"\d(?:[\s.\-/]{0,2}\d){7,}")


def leaks(planted: list[str], said: dict[str, str]) -> list[str]:
    """``where: beginning`` of every identity found as it was written (an address also in part), or as digits."""
    words = by_stem(needle for identity in planted for needle in (identity.lower(), identity.lower().split(" rt ")[0]))
    numbers = by_stem(identity for identity in planted if identity.isdecimal())
    found = []
    for where, text in said.items():
        low = text.lower()
        found += [f"{where}: {needle[:3]}..." for needle in hits(words, low)]
        digits = " ".join(re.sub(r"\D", "", number) for number in LONG_NUMBER.findall(low))
        found += [f"{where}: {needle[:3]}... as digits" for needle in hits(numbers, digits)]
    return found


def by_stem(needles: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for needle in needles:
        found.setdefault(needle[:STEM], set()).add(needle)
    return found


def hits(wanted: dict[str, set[str]], text: str) -> Iterator[str]:
    for at in [n for n in range(len(text)) if text[n : n + STEM] in wanted]:
        yield from (needle for needle in wanted[text[at : at + STEM]] if text.startswith(needle, at))


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    try:
        with stage(folder, SOURCES, simulator={"history_days": 4}, faces=FACES) as room:
            made = Web(room)
            yield made
            made.client.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def planted_in(room: Stage) -> list[str]:
    found: list[str] = room.control("GET", "planted")["identities"]
    return sorted({text for text in (*found, *findings(room)) if len(text) > 4}, key=len)


def findings(room: Stage) -> set[str]:
    """What the Inspektorat wrote of what it found, and who answers for it: nobody may read that."""
    with closing(sqlite3.connect(room.folder / "var" / "simulator" / "eaudit.sqlite")) as base:
        found = base.execute("SELECT temuan, penanggung_jawab FROM rekomendasi").fetchall()
        return {text for row in (*found, *base.execute("SELECT nama, pejabat FROM kegiatan")) for text in row if text}


@pytest.mark.parametrize("params", [{}, {"everything": True}], ids=["texts", "keys_and_times_too"])
def test_nothing_planted_is_said_or_kept(
    web: Web, params: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = web.room
    monkeypatch.setenv("LIVEROOM_REDIS_URL", room.redis_url)
    room.lift()
    for source in SOURCES:
        room.fault(source, "planted_identities", **params)
    room.control("POST", "records", new=20, changed=20)
    room.until_polled(*SOURCES)
    planted = planted_in(room)
    assert len(planted) > 100 and len(findings(room)) > 100
    said = web.says(planted)
    # Rows that are taken are there to be printed; what was ever written is still there at the end.
    said |= web.keeps() if params else tried(room, capsys)
    assert leaks(planted, said) == []
    parts = ("liveroom.sqlite", "collector.log") if params else ("--try laksa", "--try satisfaction", "table")

    assert all(len(said[name]) > 200 for name in parts), "there is something to search"
    assert min(len(said[name]) for name in ("api cases", "cache")) > 50_000
    assert min(len(said[name]) for name in ("/api/v1/cases.csv", "/sources/id/_dash-layout")) > 5_000
    for word in (planted[0].upper(), planted[-1], " ".join(next(word for word in planted if word.isdecimal()))):
        assert leaks(planted, {"here": f"x {word} y"}), "the search sees a leak"


def test_rows_were_refused_and_told_without_their_values(web: Web) -> None:
    """After ``keys_and_times_too``: rejects and broken sources are there, and were searched above."""
    rejects = web.client.get("/api/v1/rejects?limit=500").json()["rejects"]
    states = {source["id"]: source for source in web.client.get("/api/v1/sources").json()["sources"]}
    assert rejects or any(state["state"] == "broken" for state in states.values())
    for reject in rejects:
        assert all(re.fullmatch(r"[9a?…\s\-_/.,:;+()#%]*", shape[1]) for shape in reject["shape"].values() if shape[1:])


def test_no_table_of_a_page_is_named_twice(web: Web) -> None:
    """Here every source brings something, so every table is drawn."""
    web.room.lift()
    until(lambda: web.client.get("/api/v1/breakdown?kind=procurement").json()["rows"])
    for key in FACES["pages"]:
        named = re.findall(r' id="([^"]+)"', web.client.get(f"/{key}").text)
        assert sorted(name for name in set(named) if named.count(name) > 1) == [], key
