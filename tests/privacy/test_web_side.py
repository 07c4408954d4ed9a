"""Scenario 43, the web's side: identities planted in every field of every payload reach no page, frame, answer or log.

A whole room over loopback: city, collector, Valkey, web process. First every text field carries an identity and the
rows are taken; then keys and times carry one too and rows are refused. After each, everything the web process says is
searched for every identity that ever left the city.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from tests.scenarios.stage import Stage, stage

SOURCES: dict[str, dict[str, Any]] = {
    "laksa": {"options": {"days": 20}, "summary": True},
    "open311": {"every_s": 2, "summary": True},
    "tpid_prices": {},
    "pihps": {},
    "panel_harga": {},
    "permits": {},
    "paten": {},
    "counters": {},
}
PAGES = ("/", "/sources", "/wall/main", "/wall/main?lang=en")
APPS = ("/screens/", "/sources/", "/wall/main/id/", "/wall/main/en/")
WRONG = ("/api/v1/cases?district={}", "/api/v1/kpis?scope={}", "/wall/{}", "/live/{}", "/{}", "/api/v1/cases?since={}")


class Web:
    """A web process beside a stage, and everything it says."""

    def __init__(self, room: Stage) -> None:
        self.room = room
        self.url = room.start_web()
        self.client = httpx2.Client(base_url=self.url, timeout=30, trust_env=False)

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

    def frames(self) -> str:
        """A whole view and what comes in a few seconds after it, in both languages."""
        found = ""
        for lang in ("id", "en"):
            with self.client.stream("GET", f"/live/main?lang={lang}&since=-1") as response:
                end = time.monotonic() + 2
                for part in response.iter_text():
                    found += part
                    if time.monotonic() > end and '"full":true' in found:
                        break
        return found

    def says(self, planted: list[str]) -> dict[str, str]:
        """Everything, by where it was said."""
        found = {path: self.get(path) for path in (*PAGES, "/healthz", "/metrics", "/api/v1/openapi.json")}
        found |= {f"{app}{name}": self.get(f"{app}{name}") for app in APPS for name in ("_dash-layout", "")}
        for name in ("cases", "measurements", "statuses", "rejects"):
            found[f"api {name}"] = "".join(islice(self.listed(name), 6))
        for name in ("sources", "prices", "cells", "kpis"):
            found[f"api {name}"] = self.get(f"/api/v1/{name}")
        for district in self.room.config.regions.districts:
            found[f"kpis {district.code}"] = self.get(f"/api/v1/kpis?scope=district:{district.code}")
        asked = [planted[0], planted[-1]]  # a question that holds an identity is not answered with it
        found |= {f"wrong {path}": self.get(path.format(word.replace("/", "")).replace(" ", "%20"))
                  for path in WRONG for word in asked}  # fmt: skip
        found["frames"] = self.frames()
        with redis.Redis.from_url(self.room.redis_url) as client:
            stream: Any = client.xrange("tlr:stream")
            found["cache"] = str({key: body.decode() for key, body in client.hgetall("tlr:docs").items()}) + str(stream)  # type: ignore[union-attr]
        found["log of the web process"] = self.room.log("web")
        return found


STEM = 5
LONG_NUMBER = re.compile(r"\d(?:[\s.\-/]{0,2}\d){7,}")


def leaks(planted: list[str], said: dict[str, str]) -> list[str]:
    """``where: beginning`` of every identity found as it was written (an address also in part), or as digits."""
    wanted = {needle for identity in planted for needle in (identity.lower(), identity.lower().split(" rt ")[0])}
    numbers = {identity for identity in planted if identity.isdecimal()}
    stems = {needle[:STEM] for needle in wanted}
    by_stem = {stem: [needle for needle in wanted if needle.startswith(stem)] for stem in stems}
    found = []
    for where, text in said.items():
        low = text.lower()
        for at in [n for n in range(len(low)) if low[n : n + STEM] in stems]:
            needles = by_stem[low[at : at + STEM]]
            found += [f"{where}: {needle[:3]}..." for needle in needles if low.startswith(needle, at)]
        digits = " ".join(re.sub(r"\D", "", number) for number in LONG_NUMBER.findall(low))
        found += [f"{where}: {number[:3]}... as digits" for number in numbers if number in digits]
    return found


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    try:
        with stage(folder, SOURCES) as room:
            made = Web(room)
            yield made
            made.client.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def planted_in(room: Stage) -> list[str]:
    found: list[str] = room.control("GET", "planted")["identities"]
    return sorted({identity for identity in found if len(identity) > 4}, key=len)


@pytest.mark.parametrize("params", [{}, {"everything": True}], ids=["texts", "keys_and_times_too"])
def test_nothing_planted_is_said(web: Web, params: dict[str, Any]) -> None:
    room = web.room
    room.lift()
    for source in SOURCES:
        if source not in ("permits", "counters"):
            room.fault(source, "planted_identities", **params)
    room.control("POST", "records", new=20, changed=20)
    room.until_polled(*SOURCES)
    planted = planted_in(room)
    assert len(planted) > 100
    said = web.says(planted)
    assert leaks(planted, said) == []
    assert len(said["api cases"]) > 50_000, "there is something to search"
    assert '"full":true' in said["frames"]
    for word in (planted[0].upper(), planted[-1], " ".join(next(word for word in planted if word.isdecimal()))):
        assert leaks(planted, {"here": f"x {word} y"}), "the search sees a leak"


def test_rows_were_refused_and_told_without_their_values(web: Web) -> None:
    """After ``keys_and_times_too``: rejects and broken sources are there, and were searched above."""
    rejects = web.client.get("/api/v1/rejects?limit=500").json()["rejects"]
    states = {source["id"]: source for source in web.client.get("/api/v1/sources").json()["sources"]}
    assert rejects or any(state["state"] == "broken" for state in states.values())
    for reject in rejects:
        assert all(re.fullmatch(r"[9a?…\s\-_/.,:;+()#%]*", shape[1]) for shape in reject["shape"].values() if shape[1:])
