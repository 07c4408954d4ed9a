"""Scenarios 29, 33, 35 and 44: what sources pour in, followed to the screens: a flood night, hostile words, a few cases
that nobody may place."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
import redis
import sqlalchemy as sa

from connectors.simulator.row_faults import HOSTILE
from dashboard.facts import CaseFact
from dashboard.history import schema
from dashboard.ingest_words import MAX_WORD
from dashboard.redaction import MAX_CHARS
from layouts.typography import measure
from tests.scenarios.stage import FACES, ONE_WALL, Stage, until
from tests.scenarios.truth import Versions, open_at, reconcile, served
from tests.security.conftest import MARKS

MEASURE = (Path(__file__).parents[1] / "screens" / "measure.js").read_text("utf-8")
# Ten past eight in the evening: the offices and the markets are closed, pumps and fallen trees are answered.
START = datetime(2026, 11, 24, 13, 10, tzinfo=UTC)
STAGE: dict[str, Any] = {
    "start": START,
    "simulator": {"history_days": 30},
    "faces": {**ONE_WALL, "pages": FACES["pages"]},
}
SOURCES: dict[str, Any] = {
    "laksa": {"options": {"days": 60}, "summary": True, "every_s": 2},
    "tpid_prices": {"options": {"days": 9}, "every_s": 3},
    "paten": {"every_s": 3},
    "permits": {"every_s": 3},
    "counters": {"every_s": 3},
    "call112": {"every_s": 3},
}
# A table that is sorted by its name must be alone with it.
TWICE = """() => { const all = [...document.querySelectorAll("[id]")].map((node) => node.id);
    return all.filter((one, n) => all.indexOf(one) < n); }"""
REPORTS, SECONDS = 5_000, 5  # an hour of a flood night, in five seconds
OPEN_WORDS = ("menunggu", "proses")


@pytest.fixture(scope="module")
def url(room: Stage) -> str:
    return room.start_web()


@pytest.fixture(scope="module")
def wall(room: Stage, url: str, chromium_page: Any) -> Any:
    """The main wall in a browser, opened before anything happens. Nobody touches it."""
    page = chromium_page
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.on("dialog", lambda dialog: pytest.fail(f"a source opened a dialog: {dialog.message[:80]}"))
    page.goto(f"{url}/wall/main")
    page.wait_for_selector("#wall:not(.cut)")
    return page


def _fits(room: Stage, page: Any) -> None:
    """Every text is large enough, whole and by itself."""
    found = page.evaluate(MEASURE, measure(room.config.walls["main"]).cap_px)
    assert found["seen"] > 50
    assert found["found"] == []


# --- 44: few cases of a sensitive matter in one place ----------------------------------------------------------


def _api(url: str, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with httpx2.Client(base_url=url, timeout=60, trust_env=False) as client:
        while True:
            body = client.get("/api/v1/cases", params={"limit": "500", **query}).json()
            found += body["cases"]
            if body["next"] is None:
                return found
            query["cursor"] = body["next"]


def test_few_cases_of_a_sensitive_matter_in_one_district_are_never_placed(room: Stage, url: str) -> None:
    sensitive = {category.code for category in room.config.categories if category.visibility == "desk"}
    with closing(room.history()) as history:
        facts = [fact for fact in history.load_open_cases() if fact.source == "laksa"]
    cells = Counter((fact.record.category, fact.record.district) for fact in facts)
    few = {
        fact.number: (fact.record.category, fact.record.district)
        for fact in facts
        if fact.record.category in sensitive
        and fact.record.district
        and cells[fact.record.category, fact.record.district] < room.config.privacy.suppress_below
    }
    assert few, "the city has such cases"
    listed = {case["number"]: case for case in _api(url)}
    assert few.keys() & listed.keys()
    for number in few.keys() & listed.keys():
        assert (listed[number]["district"], listed[number]["subdistrict"]) == (None, None)
        assert listed[number]["withheld"]
    for district in room.config.regions.districts:
        assert not few.keys() & {case["number"] for case in _api(url, district=district.code)}
    shown = room.document("cells")["aspiration"]
    assert all(shown[category]["districts"][district] is None for category, district in few.values())
    told = str([body for key, body in room.documents().items() if key.startswith(("queue:", "changes"))])
    assert not [number for number in few if re.search(rf"'number': {number}\b", told)], "no wall lists them"


# --- 29: a flood night -----------------------------------------------------------------------------------------


def _counted(truth: Versions, facts: list[CaseFact], as_of: datetime) -> dict[str, Any]:
    """What must be shown, from what the source served; what is late from the deadlines of the history."""
    last = [versions[-1] for versions in truth.values()]
    midnight = as_of.astimezone(ZoneInfo("Asia/Jakarta")).replace(hour=0, minute=0, second=0, microsecond=0)
    still = [said for said in last if said[4] in OPEN_WORDS]
    return {
        "open": len(still),
        "oldest": min(said[0] for said in still).timestamp() * 1000,
        "received today": sum(said[0] >= midnight for said in last),
        "overdue": sum(fact.due_at is not None and fact.due_at <= as_of for fact in facts),
        "remainders": [0, 0],
    }


def _shown(documents: dict[str, Any]) -> dict[str, Any]:
    kpis, queue = documents["kpi:aspiration:city"], documents["queue:aspiration"]
    return {
        "open": queue["open"],
        "oldest": kpis["aspiration.oldest_open.now"]["value"],
        "received today": kpis["aspiration.received.today"]["value"],
        "overdue": queue["overdue"],
        "remainders": [kpis[f"aspiration.{sum_}.today"]["remainder"] for sum_ in ("cohort_today", "stock")],
    }


@pytest.mark.browser
def test_a_flood_night_is_counted_right_and_the_wall_stays_usable(room: Stage, wall: Any) -> None:
    before, asked, hours = room.source_state("laksa")["rows"], room.requests()["paten"], SECONDS / 3600
    planned = room.control("POST", "load", per_hour=REPORTS / hours, hours=hours, duplicates=0.6)["planned"]
    assert planned == REPORTS
    until(lambda: room.source_state("laksa")["rows"] >= before + planned, 120, lambda: room.source_state("laksa"))
    assert room.requests()["paten"] > asked, "the other sources are asked on"

    different: list[Any] = []

    def agreed() -> dict[str, Any] | None:
        truth, documents = served(room, "laksa"), room.documents()
        as_of = datetime.fromtimestamp(documents["queue:aspiration"]["as_of"] / 1000, UTC)
        with closing(room.history()) as history:
            facts = [fact for fact in history.load_open_cases() if fact.source == "laksa"]
        different[:] = _shown(documents), _counted(truth, facts, as_of)
        return documents if different[0] == different[1] else None

    queue = until(agreed, 120, lambda: different)["queue:aspiration"]
    assert different[0]["open"] > 0.9 * REPORTS
    # Usable: what was late before is still on top, and one matter is one row, however many report it.
    states = [row["state"] for row in queue["rows"]]
    late = states.count("overdue")
    assert 0 < late <= different[0]["overdue"]
    assert states[:late] == ["overdue"] * late
    assert [row["due_at"] for row in queue["rows"]] == sorted(row["due_at"] for row in queue["rows"])
    numbers = [row["number"] for row in queue["rows"]]
    with closing(room.history()) as history:
        groups = [fact.group for fact in history.load_open_cases() if fact.number in set(numbers)]
        assert open_at(history, "laksa") >= queue["open"]
    own = [group for group in groups if group is not None]
    assert len(own) == len(set(own)), "one matter, one row"
    assert max(row["group_size"] for row in queue["rows"]) >= 5
    assert len(reconcile(room, "laksa")) >= REPORTS

    def drawn() -> bool:
        queue = room.document("queue:aspiration")
        open_now, first = f"{queue['open']:,}".replace(",", "."), str(queue["rows"][0]["number"])
        return open_now in wall.inner_text("#qtile") and first in wall.inner_text("#q0-number")

    until(drawn, 60, lambda: wall.inner_text("#qtile"))
    _fits(room, wall)


# --- 33 and 35: hostile words ----------------------------------------------------------------------------------


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_strings(item))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)


def _kept(room: Stage) -> dict[str, str]:
    """Every text of the history, by table."""
    with closing(sqlite3.connect(f"file:{room.folder / 'var' / 'liveroom.sqlite'}?mode=ro", uri=True)) as connection:
        return {
            table: " ".join(v for row in connection.execute(f'SELECT * FROM "{table}"') for v in row if type(v) is str)
            for table in schema.metadata.tables
        }


@pytest.mark.browser
def test_hostile_words_of_every_source_are_inert_everywhere(room: Stage, url: str, wall: Any) -> None:
    with closing(room.history()) as history:
        versions = history.rows(sa.select(sa.func.count()).select_from(schema.case_version))[0][0]
    files = {path.name for path in room.folder.rglob("*") if path.is_file() and "drop" not in path.parts}
    for source in SOURCES:
        room.fault(source, "hostile_text", share=0.03)
    room.until_polled(*SOURCES, times=2)
    until(lambda: room.source_state("laksa")["unknown_words"], told=lambda: room.source_state("laksa"))

    # SQL: the tables stand and nothing is gone. Redis: no command was run, no key was made.
    with closing(room.history()) as history:
        assert set(schema.metadata.tables) <= set(sa.inspect(history.engine).get_table_names())
        assert history.rows(sa.select(sa.func.count()).select_from(schema.case_version))[0][0] > versions
        words = history.unknown_words("laksa")
    assert {word for _, word in words} & set(HOSTILE), "they are kept as what they are: words"
    assert {field for field, _ in words} >= {"category", "department", "district", "subdistrict"}
    with closing(redis.Redis.from_url(room.redis_url)) as client:
        keys: Any = client.keys()
        assert set(keys) == {b"tlr:docs", b"tlr:applied", b"tlr:stream", b"tlr:leader"}
        assert "pwned" not in room.documents()
    # Logs: no line but the room's own. Files: none but those that were there.
    for name in ("collector", "web"):
        for line in room.log(name).splitlines():
            assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[", line) and not MARKS.search(line)
    now = {path.name for path in room.folder.rglob("*") if path.is_file() and "drop" not in path.parts}
    assert {name for name in now - files if not name.endswith(("-wal", "-shm", "-journal"))} == set()
    # What is kept and what is published holds no mark that steers a screen, and no word of a megabyte.
    for where, text in {**_kept(room), "published": " ".join(_strings(dict(room.documents())))}.items():
        assert not MARKS.search(text) and not re.search(r"\\u00[01]|\\u200|\\u202", text), where
        longest = MAX_CHARS if where == "case_text" else MAX_WORD
        assert "W" * (longest + 1) not in text, where

    wall.wait_for_function("seq => Number(document.getElementById('wall').dataset.seq) >= seq",
                           arg=room.document("meta")["seq"], timeout=60_000)  # fmt: skip
    _fits(room, wall)
    planted = "document.querySelectorAll('img[src=x], body script:not([src]):not([type]), a[href^=javascript]').length"
    for path in ("", "/sources", *(f"/{key}" for key in FACES["pages"])):
        if path:
            wall.goto(f"{url}{path}")
            wall.wait_for_selector("table, main")
        assert wall.evaluate(planted) == 0
        assert "pwned" not in wall.title()
        assert wall.evaluate(TWICE) == [], path
