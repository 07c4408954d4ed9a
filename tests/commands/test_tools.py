"""``python -m dashboard`` in real processes over a running room, and over a stopped one."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from dashboard.clock import unix
from dashboard.history import open_history
from tests.commands.rooms import LIMIT_S, Running, write_config
from tests.live.conftest import ROOT, until

Start = Callable[..., Running]
DOCS, MARK = "tlr:docs", "tlr:applied"


def told(running: Running, *words: str, answer: str = "") -> tuple[int, str]:
    """Exit code and everything the command said."""
    command = [sys.executable, "-m", "dashboard", *words, "--config", str(running.config)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LIVEROOM_")}
    done = subprocess.run(
        command, cwd=ROOT, env={**clean, **running.env}, input=answer, capture_output=True, text=True, timeout=LIMIT_S
    )
    return done.returncode, done.stdout + done.stderr


def database(running: Running) -> Path:
    return running.folder / "var" / "liveroom.sqlite"


def rows(running: Running, query: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database(running)}?mode=ro", uri=True)) as connection:
        return connection.execute(query, values).fetchall()


def everything(running: Running) -> str:
    with closing(sqlite3.connect(f"file:{database(running)}?mode=ro", uri=True)) as connection:
        return "\n".join(connection.iterdump())


def polls_after(running: Running, seq: int) -> int:
    (found,) = rows(running, "SELECT count(*) FROM poll WHERE seq > ? AND outcome = 'ok'", seq)[0]
    return int(found)


def test_erase_while_the_room_runs_takes_it_away_for_good(room: Start, valkey: str) -> None:
    running = room(env={"LIVEROOM_REDIS_URL": valkey}).until_live()
    (number, key), (other, _) = rows(running, "SELECT number, key FROM case_current WHERE key IS NOT NULL LIMIT 2")
    assert key in everything(running), "the test looks for what is there before"
    count = rows(running, "SELECT count(*) FROM case_current")

    code, said = told(running, "erase", "--number", str(number), "--reason", "permohonan 7/2026", answer="no\n")
    assert (code, "nothing was changed" in said) == (1, True)
    assert key in everything(running)

    code, said = told(
        running, "erase", "--source", "laksa", "--id", key, "--reason", "permohonan 7/2026", answer="yes\n"
    )
    assert code == 0, said
    assert f"case {number} is erased" in said
    assert "leads again" in said
    ((seq, cause, reason),) = rows(running, "SELECT seq, cause, reason FROM erasure WHERE number = ?", number)
    assert (cause, reason) == ("request", "permohonan 7/2026")
    until(lambda: polls_after(running, seq) >= 2, LIMIT_S)  # the source goes on serving it
    assert key not in everything(running)
    assert rows(running, "SELECT count(*) FROM tombstone") == [(1,)]
    assert rows(running, "SELECT count(*) FROM case_current WHERE number = ?", number) == [(1,)]
    assert rows(running, "SELECT count(*) FROM case_current")[0][0] >= count[0][0], "its counts stay"
    with redis.Redis.from_url(valkey) as cache:
        until(lambda: int(cache.hget(MARK, "seq") or 0) > seq, LIMIT_S)
        assert key not in str(cache.hgetall(DOCS))

    assert told(running, "erase", "--source", "laksa", "--id", key, "--reason", "x", "--yes")[0] == 1, "it is gone"
    code, said = told(running, "erase", "--number", str(other), "--reason", "x", "--yes")
    assert code == 0, said
    assert told(running, "erase", "--number", str(other), "--reason", "x", "--yes")[0] == 1
    assert "permohonan" not in running.said()


def test_wrong_words_of_erase_are_refused(tmp_path: Path) -> None:
    running = Running(write_config(tmp_path), tmp_path)
    code, said = told(running, "erase", "--source", "laska", "--id", "1", "--reason", "x", "--yes")
    assert (code, "there are: laksa" in said) == (2, True)
    assert told(running, "erase", "--source", "laksa", "--reason", "x", "--yes")[0] == 2
    assert told(running, "erase", "--number", "1", "--yes")[0] == 2, "a reason must be given"
    assert not database(running).exists(), "nothing was opened"


def test_the_cache_is_rebuilt_from_the_history_room_running_or_stopped(room: Start, valkey: str) -> None:
    running = room(env={"LIVEROOM_REDIS_URL": valkey}).until_live()
    with redis.Redis.from_url(valkey) as cache:
        cache.hset(DOCS, "kpi:nonsense", b"{}")
        before = int(cache.hget(MARK, "epoch") or 0)
        code, said = told(running, "rebuild-cache")
        assert code == 0, said
        assert "leads again" in said
        until(lambda: int(cache.hget(MARK, "epoch") or 0) >= before + 2, LIMIT_S)  # ours, then the leader's
        assert not cache.hexists(DOCS, "kpi:nonsense")
        seen = running.source()["last_success"]
        until(lambda: running.source().get("last_success", seen) > seen, LIMIT_S)  # polls go on

        running.stop()
        kept = set(cache.hkeys(DOCS))
        cache.flushall()
        code, said = told(running, "rebuild-cache")
        assert code == 0, said
        assert set(cache.hkeys(DOCS)) == kept
        assert b'"laksa"' in cache.hget(DOCS, "sources")
    running.start().until_live()  # the next leader goes on above it


def test_a_stopped_room_with_its_own_cache_needs_no_rebuild(tmp_path: Path) -> None:
    running = Running(write_config(tmp_path), tmp_path)
    code, said = told(running, "rebuild-cache")
    assert (code, "the next start fills it" in said) == (0, True)


def test_the_sources_are_told_and_one_is_tried_without_a_trace(room: Start) -> None:
    running = room().until_live()
    code, said = told(running, "sources")
    head, line = said.strip().splitlines()
    assert code == 0
    assert head.split("  ")[0] == "source"
    assert line.split()[:3] == ["laksa", "laksa", "fresh"]
    text, data = running.config.read_text(), running.data
    later = {**data["sources"][0], "id": "later"}
    running.config.write_text(json.dumps({**data, "sources": [*data["sources"], later]}))
    line = told(running, "sources")[1].strip().splitlines()[-1]
    assert line.split()[0] == "later"
    assert "not loaded: restart the room" in line, "the room runs with the old file"
    running.config.write_text(text)
    assert "not loaded" not in told(running, "sources")[1]
    (key,) = rows(running, "SELECT key FROM case_current LIMIT 1")[0]
    (known,) = rows(running, "SELECT count(*) FROM case_current")[0]
    running.signal()
    assert running.process is not None
    running.process.wait(20)
    assert "nobody leads" in told(running, "sources")[1]
    files = {path: path.read_bytes() for path in running.folder.rglob("*") if path.is_file()}

    code, said = told(running, "sources", "--try", "laksa")  # the city is gone
    assert (code, "SourceUnavailable: refused" in said) == (1, True)
    code, said = told(running, "sources", "--try", "laska")
    assert (code, "there are: laksa" in said) == (2, True)
    assert {path: path.read_bytes() for path in running.folder.rglob("*") if path.is_file()} == files

    running.start().until_live()
    code, said = told(running, "sources", "--try", "laksa", "--records", "3")
    assert code == 0, said
    brought = re.search(r"(\d+) rows, (\d+) records, 0 rejected", said)
    assert brought is not None
    assert int(brought[1]) == int(brought[2]) >= known
    assert said.count("opened_at") == 3
    assert "nothing is stored" in said
    assert key not in said


def test_a_history_that_is_not_there_is_said_and_not_made(tmp_path: Path) -> None:
    running = Running(write_config(tmp_path), tmp_path)
    code, said = told(running, "sources")
    assert (code, "was the room ever started?" in said) == (4, True)
    assert not database(running).exists()


def test_a_database_away_is_said_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://room:secret-word@127.0.0.1:9/room"
    running = Running(write_config(tmp_path), tmp_path, {"LIVEROOM_DATABASE_URL": url})
    code, said = told(running, "rebuild-cache")
    assert code == 4
    assert "the database does not answer: postgresql://room:***@127.0.0.1:9/room" in said
    assert "secret-word" not in said


def test_a_database_of_a_newer_release_is_left_alone_in_words(tmp_path: Path, migrated_sqlite: Path) -> None:
    running = Running(write_config(tmp_path), tmp_path)
    database(running).parent.mkdir()
    shutil.copy(migrated_sqlite, database(running))
    with closing(sqlite3.connect(database(running))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = everything(running)
    code, said = told(running, "collect")
    assert (code, "were made by a newer release" in said, "Traceback" in said) == (4, True, False)
    assert everything(running) == before


def test_a_handover_leaves_the_lease_free_and_ends_the_old_epoch(sqlite_url: str) -> None:
    from dashboard.handover import leader_of, leading

    history = open_history(sqlite_url)
    history.upgrade()
    with leading(history):  # the first start ever
        pass
    old = history.lease.acquire("somebody:else:1.1", unix(), 60.0)
    assert old is not None
    assert leader_of(history) == old
    with leading(history) as held:
        assert held.epoch == old.epoch + 1
        assert history.lease.renew(old, unix(), 60.0) is None
        assert history.lease.acquire("somebody:else:1.1", unix(), 60.0) is None, "it waits for us"
    assert leader_of(history) is None
    assert history.lease.acquire("somebody:else:1.1", unix(), 60.0) is not None
    history.close()


@pytest.mark.parametrize(
    ("command", "number"), [(["app.py"], "99999"), (["app.py"], "-1"), (["-m", "dashboard", "web"], "0")]
)
def test_a_port_there_is_not_is_refused_in_words(command: list[str], number: str) -> None:
    done = subprocess.run([sys.executable, *command, "--port", number], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"--port: invalid port value: '{number}'" in done.stderr
    assert "Traceback" not in done.stderr
