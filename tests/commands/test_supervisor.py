"""``python app.py`` in real processes: what falls is started again, and nothing outlives the room."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx2
import psutil
import pytest
import redis
import sqlalchemy as sa
import yaml

from connectors.simulator.server import PORTS
from dashboard import ports, valkey
from tests.commands.rooms import LIMIT_S, Running, as_from_a_terminal, write_config
from tests.live.conftest import ROOT, until

Start = Callable[..., Running]
NAMES = {"valkey", "simulator", "collector", "web"}
WAITING, CITY = "waiting for the simulated city", "simulated city on {"
FILES = [
    {name: value for name, value in source.items() if name != "department"}
    for source in yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["sources"]
    if source["id"] in ("permits", "counters")
]
"""The two sources that are read without asking: they must be there when somebody looks."""


def test_it_says_what_it_does_shows_data_and_ctrl_c_ends_everything(room: Start) -> None:
    """The configuration lies outside of the checkout, in a folder with a space; so does the working directory."""
    running = room().until_live()
    said = running.said()
    for word in (
        "starting valkey",
        "starting simulator",
        "starting collector",
        "starting web",
        "1 of 1 sources have answered",
    ):
        assert word in said
    assert running.source()["rows"] > 0, "announced only when there is data"
    kpis = running.ask("/api/v1/kpis")["kpis"]
    assert any(found["value"] for found in kpis.values())
    assert set(running.parts()) == NAMES
    with httpx2.stream("GET", f"{running.url}/live/main", timeout=60, trust_env=False) as stream:
        assert stream.status_code == 200
        assert next(stream.iter_bytes())  # an open wall
        running.signal()
        running.signal()  # somebody is impatient
        assert running.process is not None
        assert running.process.wait(15) == 0
    assert running.left() == []
    assert running.said().rstrip().splitlines()[-1].startswith("everything stopped")
    assert running.said().count("stopping ...") == 1


def test_a_killed_part_starts_again_and_the_room_goes_on(room: Start) -> None:
    running = room().until_live()
    for name in ("valkey", "simulator", "collector", "web"):
        fallen = running.parts()[name]
        before = running.source().get("last_success") or ""
        fallen.kill()
        until(lambda: f"{name} ended with -9; starting it again" in running.said(), LIMIT_S)  # noqa: B023
        until(lambda: running.parts().get(name, fallen).pid != fallen.pid, LIMIT_S)  # noqa: B023
        until(lambda: (running.source().get("last_success") or "") > before, LIMIT_S)  # noqa: B023
    assert set(running.parts()) == NAMES
    running.stop()
    assert running.left() == []


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works_and_the_neighbour_does_not_notice(
    room: Start,
) -> None:
    running, neighbour = room(), room("tetangga")
    running.until_live()
    neighbour.until_live()
    theirs = neighbour.parts()
    (title,) = [word for word in running.parts()["valkey"].cmdline() if valkey.SOCKET in word]
    folder = Path(title.split("unixsocket:")[1].strip()).parent
    assert folder.is_dir()
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    until(lambda: running.left() == [], LIMIT_S)
    running.start().until_live()
    assert running.source()["rows"] > 0
    assert not folder.exists(), "the killed room's private folder is swept"
    assert neighbour.parts() == theirs
    before = neighbour.source()["last_success"]
    until(lambda: neighbour.source().get("last_success", before) > before, LIMIT_S)


def test_nobody_polls_before_the_city_has_written_its_database_and_its_files(room: Start) -> None:
    service = {"label": {"id": "Layanan", "en": "Services"}, "policy_by": "none"}
    running = room(sources=FILES, kinds={"service": service})
    until(lambda: "starting collector" in running.said() or running.ended(), LIMIT_S)
    waiting, city, collector = (running.said().index(word) for word in (WAITING, CITY, "starting collector"))
    assert waiting < city < collector
    place = running.folder / "var" / "simulator"
    with closing(sqlite3.connect(f"file:{place / 'permits.sqlite'}?mode=ro", uri=True)) as permits:
        assert permits.execute("SELECT count(*) FROM v_permits").fetchone() > (0,)
    assert list((place / "drop").glob("loket-*"))
    running.until_live()
    with closing(sqlite3.connect(f"file:{running.folder / 'var' / 'liveroom.sqlite'}?mode=ro", uri=True)) as history:
        outcomes = history.execute("SELECT DISTINCT source, outcome FROM poll").fetchall()
    assert sorted(outcomes) == [("counters", "ok"), ("permits", "ok")], "not one failed"


def test_a_city_that_does_not_come_up_ends_the_room_with_a_clear_error(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "simulator").write_text("a file where its folder should be")
    code = (
        "import sys; from pathlib import Path; from dashboard.config.loader import load_config;"
        "from dashboard.supervisor import Supervisor; path = Path(sys.argv[1]);"
        "sys.exit(Supervisor(load_config(path), path, lambda line: print(line, flush=True), city_s=3).run())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, preexec_fn=as_from_a_terminal,
    )  # fmt: skip
    assert done.returncode == 5, done.stdout
    assert "the simulated city was not ready after 3 s" in done.stdout
    assert "starting collector" not in done.stdout
    assert Running(path, tmp_path).killed() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_room_that_a_shell_started_in_the_background_stops_when_told(room: Start, number: signal.Signals) -> None:
    """A shell without job control has `&` ignore SIGINT; a caller may have had SIGTERM ignored."""
    running = room(ignored=(signal.SIGINT, signal.SIGTERM))
    until(lambda: "starting simulator" in running.said(), LIMIT_S)
    running.parts()
    running.signal(number)
    assert running.process is not None
    assert running.process.wait(60) == 0
    assert running.left() == []


def test_nohup_stays_nohup(room: Start) -> None:
    running = room(ignored=(signal.SIGHUP,))
    until(lambda: "starting web" in running.said(), LIMIT_S)
    running.signal(signal.SIGHUP)
    until(lambda: "starting collector" in running.said(), LIMIT_S)
    assert "stopping" not in running.said()


@pytest.mark.postgres
def test_the_environment_names_a_real_database_and_cache(room: Start, postgres_url: str, valkey: str) -> None:
    running = room(env={"LIVEROOM_DATABASE_URL": postgres_url, "LIVEROOM_REDIS_URL": valkey}).until_live()
    assert set(running.parts()) == NAMES - {"valkey"}
    engine = sa.create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM case_current").scalar()
    engine.dispose()
    with redis.Redis.from_url(valkey) as cache:
        assert cache.hlen("tlr:docs") > 0
    assert not list(running.folder.glob("var/*.sqlite*"))
    running.stop()
    assert running.left() == []


@pytest.mark.parametrize("whose", ["web", "simulator"])
def test_a_busy_port_is_named_with_the_mend_and_nothing_starts(tmp_path: Path, whose: str) -> None:
    path = write_config(tmp_path)
    running = Running(path, tmp_path)
    port = running.data[whose]["port"]
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        code = running.start().process.wait(60)  # type: ignore[union-attr]
    assert code == 3
    (line,) = running.said().strip().splitlines()
    assert f"port {port} on 127.0.0.1" in line
    assert "another program listens there" in line
    assert f"{whose}.port" in line


def test_the_city_listens_on_the_ports_that_are_looked_at() -> None:
    assert max(PORTS.values()) <= ports.DEPARTMENTS


def test_a_wrong_configuration_ends_with_its_line(tmp_path: Path) -> None:
    path = write_config(tmp_path, walls={"main": {"title": {"id": "x", "en": "x"}}})
    running = Running(path, tmp_path)
    assert running.start().process.wait(60) == 2  # type: ignore[union-attr]
    assert "kota.yaml:1 walls.main.viewing_distance_m" in running.said()


def test_a_sweep_takes_only_the_folders_of_the_dead(tmp_path: Path) -> None:
    alive = valkey.PrivateFolder(tmp_path)
    dead = valkey.PrivateFolder(tmp_path)
    assert dead._lock is not None
    dead._lock.close()  # as the kernel does when its owner is killed
    foreign = tmp_path / f"{valkey.PREFIX}somebody"
    foreign.mkdir()
    last = valkey.PrivateFolder(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([alive.path, foreign, last.path])
    assert [path.stat().st_mode & 0o777 for path in (alive.path, last.path)] == [0o700, 0o700]
    alive.close()
    last.close()
    assert list(tmp_path.iterdir()) == [foreign]


def test_a_child_that_does_not_listen_is_killed_with_all_it_started() -> None:
    from dashboard.processes import Part, stop

    part = Part("deaf", ["bash", "-c", "trap '' TERM; sleep 600 & echo; wait; sleep 600"])
    part.start(Path("/"), os.environ)
    assert part.process is not None
    us = psutil.Process(part.process.pid)
    until(lambda: us.children(recursive=True))
    children = us.children(recursive=True)
    assert stop([part], 0.3) == ["deaf"]
    until(lambda: not any(c.is_running() and c.status() != psutil.STATUS_ZOMBIE for c in children))
    assert part.process is None


def test_back_off_grows_and_starts_anew_after_steady_work() -> None:
    from dashboard.processes import MAX_BACKOFF_S, STEADY_S, Part

    part = Part("brief", ["false"])
    waits = []
    for ran in (0.0, 0.0, 0.0, STEADY_S + 1, *[0.0] * 9):
        part.start(Path("/"), os.environ)
        assert part.process is not None
        os.waitid(os.P_PID, part.process.pid, os.WEXITED | os.WNOWAIT)
        assert part.fell(part.started + ran) == 1
        waits.append(part.backoff_s)
    assert waits[:5] == [0.5, 1.0, 2.0, 0.5, 1.0]
    assert waits[-1] == MAX_BACKOFF_S


def test_hang_up_stops_it_too(room: Start) -> None:
    running = room()
    until(lambda: "starting web" in running.said(), LIMIT_S)
    running.parts()
    running.signal(signal.SIGHUP)  # the terminal was closed while it still sets up
    assert running.process is not None
    assert running.process.wait(20) == 0
    assert running.left() == []
