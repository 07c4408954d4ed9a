"""The history or the figures are away: 503 JSON that says so, at once or after the time limit; the loop goes on."""

from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from dashboard import api as api_module
from dashboard.access import LOCAL
from dashboard.history import open_reader
from tests.ingest.served import Room, rows

OF_HISTORY = ["cases", "measurements", "statuses", "rejects"]


@pytest.mark.parametrize("name", OF_HISTORY)
def test_without_a_history(room: Room, asker_of: Any, name: str) -> None:
    status, problem = asker_of(room, history=None).ask(name)
    assert (status, problem["error"]) == (503, "this process was started without the history")


@pytest.mark.parametrize("name", OF_HISTORY)
def test_a_history_that_went_away(room: Room, asker_of: Any, tmp_path: Path, name: str) -> None:
    reader = open_reader(f"sqlite:///{tmp_path / 'gone.sqlite'}")
    status, problem = asker_of(room, history=reader).ask(name)
    assert status == 503
    assert "history" in problem["error"]
    assert "gone" not in str(problem)


def test_a_history_that_is_away_for_a_night_does_not_fill_the_log(
    room: Room, asker_of: Any, tmp_path: Path, migrated_sqlite: Path
) -> None:
    place = tmp_path / "later.sqlite"
    asker = asker_of(room, history=open_reader(f"sqlite:///{place}"))
    with capture_logs() as lines:
        assert [asker.ask(name)[0] for name in OF_HISTORY] == [503] * 4
        shutil.copy(migrated_sqlite, place)
        assert [asker.ask(name)[0] for name in OF_HISTORY] == [200] * 4
    assert [line["event"] for line in lines] == ["history fails", "history works again"]


def test_published_figures_are_served_while_the_history_is_away(room: Room, asker_of: Any) -> None:
    room.poll(rows(2), 0)
    assert asker_of(room, history=None).get("kpis")["kpis"]["aspiration.open.now"]["value"] == 2


def test_nothing_published_yet(room: Room, asker_of: Any) -> None:
    asker = asker_of(room)
    asker.check("/api/v1/cases", 200, asker.get("cases"))
    asker.shelf.documents = {}
    for name in ("kpis", "cases"):
        status, problem = asker.ask(name)
        assert status == 503
        assert "collector" in problem["error"]


class Stuck:
    """A history whose database never answers."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def last_seq(self) -> int:
        return 1

    def cases(self, *_: Any) -> Any:
        self.let_go.wait(30)
        raise sa.exc.OperationalError("SELECT", {}, Exception("Bapak Sutrisno"))


def test_a_stuck_history_holds_up_nobody_and_not_for_ever(
    room: Room, asker_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PATIENCE_S", 0.2)
    stuck = Stuck()
    asker = asker_of(room, history=stuck)

    async def ask_all() -> list[tuple[int, Any]]:
        find = asker.api.find
        many = [asyncio.create_task(find("/api/v1/cases", b"", LOCAL)) for _ in range(api_module.AT_ONCE + 2)]
        assert (await find("/api/v1/kpis", b"", LOCAL))[0] == 200, "the loop is free"
        done = await asyncio.gather(*many)
        again = await find("/api/v1/cases", b"", LOCAL)
        stuck.let_go.set()
        return [*done, again]

    answers = asyncio.run(ask_all())
    assert {status for status, _ in answers} == {503}
    busy = [body for _, body in answers if "being answered" in body["error"]]
    assert len(busy) == 3, "threads that hang keep their places, and no more are taken"
    assert "Sutrisno" not in str(answers)


def test_a_history_whose_every_place_hangs_does_not_answer(
    room: Room, asker_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answered, then every place was taken by a question that hangs: health says so, and says when it is over."""
    monkeypatch.setattr(api_module, "PROBE_AGAIN_S", 0.0)
    stuck = Stuck()
    api = asker_of(room, history=stuck).api

    async def probe(limit_s: float) -> bool | None:
        monkeypatch.setattr(api_module, "PROBE_S", limit_s)
        found: bool | None = await api.history_answers()
        return found

    async def judge() -> list[bool | None]:
        before = await probe(30.0)
        many = [asyncio.create_task(api.find("/api/v1/cases", b"", LOCAL)) for _ in range(api_module.AT_ONCE)]
        await asyncio.sleep(0)  # each has taken its place
        assert (await api.find("/api/v1/cases", b"", LOCAL))[1]["error"].endswith("being answered already")
        during = await probe(0.2)
        stuck.let_go.set()
        await asyncio.gather(*many)
        return [before, during, await probe(30.0)]

    assert asyncio.run(judge()) == [True, False, True]
