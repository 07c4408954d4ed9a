"""Secrets of the configuration: ``{env:NAME}`` and ``{file:PATH}``, read where they are used; never kept or shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dashboard.errors import ConfigError

MARK = re.compile(r"\{(env|file):([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FOREIGN = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*\}?|\{\{.*\}\}")
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|api-?_?key|password", re.IGNORECASE)

# Files that the room makes itself on first start, so they may be missing when the configuration is read.
_MADE_ON_START = {("privacy", "key"), ("simulator", "token")}


def resolve_secret(text: str, folder: Path, env: Mapping[str, str]) -> str:
    """``text`` with each mark replaced; files are relative to ``folder``, their final line break cut.

    Raises ConfigError naming the mark (never a value) when it leads nowhere.
    """

    def read(match: re.Match[str]) -> str:
        kind, name = match.groups()
        problem = _mark_problem(kind, name, folder, env)
        if problem is not None:
            raise ConfigError([f"{match.group()}: {problem}"])
        return env[name] if kind == "env" else (folder / name).read_text(encoding="utf-8").strip()

    return MARK.sub(read, text)


def secret_problems(data: Any, folder: Path, env: Mapping[str, str]) -> list[tuple[tuple[str | int, ...], str, str]]:
    """(path, message, mend) of every secret that stands open, leads nowhere, or stands where none is read."""
    found: list[tuple[tuple[str | int, ...], str, str]] = []
    texts = _texts(data, ())
    made = {match.group() for path, text in texts if path in _MADE_ON_START for match in MARK.finditer(text)}
    made |= {"{file:var/privacy.key}", "{file:var/simulator.token}"}  # the defaults
    for path, text in texts:
        place = _place(path)
        marks = list(MARK.finditer(text))
        if _FOREIGN.search(text) and place is not None:
            found.append((path, "only {env:NAME} and {file:PATH} are read", "use one of these two forms"))
        elif "{env" in text or "{file" in text:
            if place is None:
                found.append((path, "no secret is read here", "secrets: url, headers, auth, token, key"))
            elif not marks:
                found.append((path, "secret is not closed or not well formed", "write {env:NAME} or {file:PATH}"))
        elif place == "secret":
            found.append((path, "a secret stands open in this file", "write {env:NAME} or {file:PATH}"))
        if place == "url" and _password_in(MARK.sub("", text)):
            found.append((path, "a password stands open in this address", "write {env:NAME} or {file:PATH} for it"))
        for mark in marks:
            problem = _mark_problem(mark.group(1), mark.group(2), folder, env)
            if place is not None and problem is not None and mark.group() not in made:
                found.append((path, problem, "set it, or mend the name"))
    return found


def _mark_problem(kind: str, name: str, folder: Path, env: Mapping[str, str]) -> str | None:
    if kind == "env":
        if not _NAME.fullmatch(name):
            return f"{name!r} is no name of an environment variable"
        return None if env.get(name) else f"environment variable {name} is not set"
    path = folder / name
    if not name or not path.is_file():
        return f"file {name} does not exist"
    return None


def _place(path: tuple[str | int, ...]) -> str | None:
    """``secret``: must be a mark; ``url``/``text``: may hold one; None: nothing is read here."""
    match path:
        case ("privacy", "key") | ("simulator", "token") | ("sources", _, "auth", "password"):
            return "secret"
        case ("sources", _, "headers", str() as name):
            return "secret" if _SECRET_HEADER.search(name) else "text"
        case ("sources", _, "auth", _):
            return "text"
        case ("sources", _, "url") | ("database", "url") | ("redis", "url"):
            return "url"
    return None


def _password_in(url: str) -> bool:
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False


def _texts(value: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        return [(path, value)]
    if isinstance(value, dict):
        return [pair for key, child in value.items() for pair in _texts(child, (*path, key))]
    if isinstance(value, list):
        return [pair for index, child in enumerate(value) for pair in _texts(child, (*path, index))]
    return []
