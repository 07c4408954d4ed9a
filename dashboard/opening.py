"""Opens what a configuration names: clock, history, cache address, keys; never polls, serves or computes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.secrets import resolve_secret
from dashboard.errors import ConfigError
from dashboard.history import History, Reader, open_history, open_reader


def clock_of(config: Config) -> Clock:
    """The clock the supervisor handed down, or the configuration's own."""
    return Clock.from_environment() or Clock.begin(config.clock.start, config.clock.rate)


def redis_of(config: Config) -> str:
    if config.redis.url is None:
        raise ConfigError(
            [
                "no Redis is named: set redis.url or LIVEROOM_REDIS_URL, or start the whole room with app.py,"
                " which brings its own"
            ]
        )
    return resolve_secret(config.redis.url, config.folder, os.environ)


def database_url(config: Config, env: Mapping[str, str] | None = None) -> str:
    """The address of the history; a relative SQLite path starts at the configuration's folder."""
    url = resolve_secret(config.database.url, config.folder, os.environ if env is None else env)
    file = sqlite_file(url)
    return url if file is None else f"sqlite:///{config.folder / file}"


def sqlite_file(url: str) -> Path | None:
    """The file behind an SQLite address, None for any other database."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or ":memory:" in url:
        return None
    return Path(url.removeprefix(prefix))


def database_of(config: Config) -> History:
    """The history of ``config`` with its tables up to date."""
    from alembic.util import CommandError  # the web process does without Alembic

    url = database_url(config)
    if (file := sqlite_file(url)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    history = open_history(url)
    where = sa.engine.make_url(url).render_as_string(hide_password=True)
    try:
        history.upgrade()
    except sa.exc.SQLAlchemyError as error:
        history.close()
        raise DatabaseAway(f"the database does not answer: {where} ({type(error).__name__})") from None
    except CommandError:
        history.close()
        raise DatabaseAway(
            f"the tables of {where} were made by a newer release: start that one, or restore the backup from before it"
        ) from None
    return history


def reader_of(config: Config, limit_s: float = 5.0) -> Reader:
    """The history to read only, for ``limit_s`` a question: it makes no file and changes no table."""
    return open_reader(database_url(config), limit_s)


class DatabaseAway(Exception):
    """The history cannot be opened now. ``str`` names the address without its password."""


def privacy_key(config: Config) -> bytes:
    """The key of all digests; a missing key file is made, mode 0600."""
    mark, folder = config.privacy.key, config.folder
    if mark.startswith("{file:") and not (path := folder / mark[6:-1]).exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return resolve_secret(mark, folder, os.environ).encode()
