"""config.yaml to a checked Config, or every mistake in it at once; never expands anything over the whole file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from dashboard.config.checks import at, cross_check
from dashboard.config.checks_breakdowns import breakdown_check
from dashboard.config.checks_mappings import mapping_check
from dashboard.config.checks_statuses import status_check
from dashboard.config.installation import connector_module, connector_types, installation_check, typed
from dashboard.config.metric_checks import metrics_check
from dashboard.config.model import Config
from dashboard.config.secrets import resolve_secret, secret_problems
from dashboard.config.yamltext import YamlText, read_yaml
from dashboard.errors import ConfigError

__all__ = ["check_config", "connector_module", "connector_types", "load_config", "load_text", "resolve_secret"]

_ENTRY_NAMES = ("id", "code", "abbr")


def load_config(path: str | Path, env: Mapping[str, str] | None = None) -> Config:
    """The configuration in ``path``. Raises ConfigError with all problems as ``FILE:LINE path: message (mend)``."""
    file = Path(path)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigError([f"{file.name}:1 cannot be read: {error.strerror} (give the right path)"]) from None
    return load_text(body, file.name, file.resolve().parent, os.environ if env is None else env)


def load_text(body: bytes, name: str, folder: Path, env: Mapping[str, str]) -> Config:
    """The same from bytes; relative paths in it start at ``folder``."""
    config, problems = check_config(body, name, folder, env)
    if config is None or problems:
        raise ConfigError(problems)
    return _with_environment(config, env).placed(folder, hashlib.sha256(body).hexdigest()[:16])


def _with_environment(config: Config, env: Mapping[str, str]) -> Config:
    """The two addresses that a machine may say instead of the file; they may carry a password."""
    database, redis = env.get("LIVEROOM_DATABASE_URL"), env.get("LIVEROOM_REDIS_URL")
    if database:
        config = config.model_copy(update={"database": config.database.model_copy(update={"url": database})})
    if redis:
        config = config.model_copy(update={"redis": config.redis.model_copy(update={"url": redis})})
    return config


def check_config(body: bytes, name: str, folder: Path, env: Mapping[str, str]) -> tuple[Config | None, list[str]]:
    """(Config or None, every problem in the order of lines)."""
    text = read_yaml(body)
    config: Config | None = None
    if isinstance(text.value, dict):
        # A value too big for JSON (2 ** 70) is a mistake of its own kind.
        if _encodable(text):
            config, refused = typed(text.value)
            unread = {problem.path for problem in text.problems}
            for path, message, mend in refused:
                if path not in unread:  # what YAML already complained of has no value to judge
                    text.report(path, message, mend)
        for problem in (
            *cross_check(text.value),
            *metrics_check(text.value),
            *status_check(text.value),
            *breakdown_check(text.value),
            *mapping_check(text.value),
            *installation_check(text.value, folder),
            *secret_problems(text.value, folder, env),
        ):
            text.report(*problem)
    elif not text.problems:
        text.report((), "the file must be a block of keys", "write city:, regions: ... at the left margin")
    return config, _written(text, name)


def _encodable(text: YamlText) -> bool:
    for key, value in text.value.items():
        try:
            orjson.dumps(value)
        except (TypeError, ValueError):
            text.report((key,), "a number here is too large", "no number of the room needs more than 18 digits")
            return False
    return True


def _written(text: YamlText, name: str) -> list[str]:
    ordered = sorted(set(text.problems), key=lambda problem: (problem.line, [str(part) for part in problem.path]))
    return [
        f"{name}:{problem.line} {where}{problem.message} ({problem.mend})"
        for problem in ordered
        for where in [f"{_shown(problem.path, text.value)}: " if problem.path else ""]
    ]


def _shown(path: tuple[str | int, ...], data: Any) -> str:
    """``sources[laksa].url``: entries of a list by their own name where they have one."""
    shown = ""
    for depth, part in enumerate(path, 1):
        if not isinstance(part, int):
            shown += f".{part}" if shown else part
            continue
        entry = at(data, path[:depth])
        keys = _ENTRY_NAMES if isinstance(entry, dict) else ()
        shown += f"[{next((entry[key] for key in keys if isinstance(entry.get(key), str)), part)}]"
    return shown
