"""What the configuration says about this installation: sources, walls, addresses, files; reads modules, never data."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path as FilePath
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import orjson
from pydantic import BaseModel, ValidationError

from dashboard.config.blocks import pages_check, wall_pages_check
from dashboard.config.checks import at, listed, names, rows
from dashboard.config.complaints import Complaint, Path, complaints, near
from dashboard.config.model import Config, Wall
from dashboard.config.secrets import MARK
from dashboard.contract import DeclaredIn

_CONNECTORS = "connectors"
_NOT_A_CONNECTOR = {"simulator"}
FOLDERS = ("csv_file", "registry_probe")
"""Connectors that read a folder and need no address."""

_JUDGES = ("layouts.typography", "layouts.boxes")
"""Each has ``check_wall``: what cannot be read at the distance of a wall."""
_ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def connector_types() -> list[str]:
    """Names of the connector files there are."""
    spec = importlib.util.find_spec(_CONNECTORS)
    folders = list(spec.submodule_search_locations or []) if spec else []
    found = {file.stem for folder in folders for file in FilePath(folder).glob("[a-z]*.py")}
    return sorted(found - _NOT_A_CONNECTOR)


def connector_module(name: str) -> ModuleType:
    """The module ``connectors/<name>.py``; ``name`` is one of ``connector_types()``."""
    if name not in connector_types():
        raise LookupError(name)
    return importlib.import_module(f"{_CONNECTORS}.{name}")


def metrics_of(name: str) -> tuple[str, ...]:
    """What a connector measures, where its file says so (``METRICS``); a generic one is told by its mapping."""
    return tuple(getattr(connector_module(name), "METRICS", ()))


def installation_check(data: dict[str, Any], folder: FilePath) -> list[Complaint]:
    return [
        *_sources(data, folder),
        *_walls(data),
        *pages_check(data),
        *wall_pages_check(data),
        *_addresses(data),
        *_kpis(data),
        *_boundaries(data, folder),
    ]


def _sources(data: Any, folder: FilePath) -> Iterator[Complaint]:
    types = connector_types()
    for path, row in rows(data, ("sources",)):
        kind = row.get("type")
        if isinstance(kind, str):
            if kind not in types:
                yield (*path, "type"), f"there is no connectors/{kind}.py", _nearest(kind, types)
            else:
                yield from _options(path, row, kind, data)
            yield from _place(path, row, kind)
        numbers = row.get("numbers")
        if isinstance(numbers, dict) and numbers.get("decimal", ".") == numbers.get("thousands", ""):
            yield (*path, "numbers"), "decimal and thousands marks are the same", "12.500 could mean two things"
        every, stale = row.get("every_s"), row.get("stale_after_s")
        if isinstance(every, (int, float)) and isinstance(stale, (int, float)) and stale < every:
            yield (*path, "stale_after_s"), f"{stale:g} s is shorter than every_s", "give it more than one interval"


def _nearest(kind: str, types: list[str]) -> str:
    found = near(kind, types)
    return found if found.startswith("did") else "see docs/add-a-system.md"


def _options(path: Path, row: dict[str, Any], kind: str, data: Any) -> Iterator[Complaint]:
    try:
        model = connector_module(kind).Options
    except Exception as error:  # a broken file is one problem with its line, not the end of the check
        yield (*path, "type"), f"connectors/{kind}.py cannot be read: {type(error).__name__}", "mend the file"
        return
    options = row.get("options", {})
    if not isinstance(options, dict) or not (isinstance(model, type) and issubclass(model, BaseModel)):
        return
    try:
        read = model.model_validate_json(orjson.dumps(options), strict=True)
    except ValidationError as error:
        yield from complaints(error, model, (*path, "options"))
    else:
        yield from _undeclared(read, (*path, "options"), data)


def _undeclared(options: BaseModel, path: Path, data: Any) -> Iterator[Complaint]:
    """Options that name what the city does not declare. A default that is meant counts as written."""
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if isinstance(value, BaseModel):
            yield from _undeclared(value, (*path, name), data)
        for section in (mark.section for mark in field.metadata if isinstance(mark, DeclaredIn)):
            known = names(data, (section,))
            if known and value not in known:
                yield (*path, name), f"'{value}' is no key of {section}", near(str(value), known)


def _place(path: Path, row: dict[str, Any], kind: str) -> Iterator[Complaint]:
    url, wants_folder = row.get("url"), kind in FOLDERS
    if wants_folder and row.get("folder") is None:
        yield (*path, "folder"), "is missing", "say where the files are dropped"
    if not wants_folder and url is None:
        yield (*path, "url"), "is missing", "say where the system answers"
    if not isinstance(url, str) or MARK.match(url):
        return
    parts = _split(url)
    if kind == "sql_query":
        if parts is None or not parts.scheme:
            yield (*path, "url"), "is no database address", "write e.g. postgresql+psycopg://reader@host/base"
    elif parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        yield (*path, "url"), "is no address the room may ask", "write http://host/... or https://host/..."
    elif _link_local(parts.hostname):
        yield (*path, "url"), f"{parts.hostname} is a link-local address", "no department answers there"
    elif _private(parts.hostname) and row.get("allow_private") in (None, False):
        yield (*path, "url"), f"{parts.hostname} is a private address", "set allow_private: true if that is meant"


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _link_local(host: str) -> bool:
    try:
        return ip_address(host).is_link_local
    except ValueError:
        return False


def _private(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not address.is_global


def _walls(data: Any) -> Iterator[Complaint]:
    if at(data, ("walls",)) == {}:
        yield ("walls",), "there is no wall", "declare at least one"
    for path, _ in rows(data, ("walls",)):
        if not _ADDRESS.fullmatch(str(path[-1])):
            yield path, "this name is part of an address", "write it with small letters, digits, - and _"
    found = [name for name in _JUDGES if importlib.util.find_spec(name) is not None]
    checks = [importlib.import_module(name).check_wall for name in found]
    for path, row in rows(data, ("walls",)):
        try:
            wall = Wall.model_validate_json(orjson.dumps(row), strict=True)
        except (ValidationError, orjson.JSONEncodeError):
            continue  # the model complains about it itself
        for text in (text for check in checks for text in check(str(path[-1]), wall)):
            message, _, mend = str(text).removesuffix(")").rpartition(" (")
            yield path, message or mend, mend


def _addresses(data: Any) -> Iterator[Complaint]:
    host = at(data, ("web", "host"))
    if isinstance(host, str) and host not in ("127.0.0.1", "localhost", "::1"):
        message = f"'{host}' is not this machine's own address"
        yield ("web", "host"), message, "without access control the room listens on 127.0.0.1 only"
    for index, target in enumerate(listed(data, ("uplink", "targets"))):
        name, _, port = str(target).rpartition(":")
        if not name or not port.isdigit() or not 0 < int(port) < 65536:
            yield ("uplink", "targets", index), f"'{target}' is no host:port", "write e.g. 192.0.2.1:443"


def _kpis(data: Any) -> Iterator[Complaint]:
    used = at(data, ("kpis",))
    if importlib.util.find_spec("dashboard.kpi.descriptions") is None:
        return
    described = getattr(importlib.import_module("dashboard.kpi.descriptions"), "DESCRIPTIONS", ())
    known = [str(getattr(description, "key", "")) for description in described]
    kinds = at(data, ("kinds",))
    for name in used if isinstance(used, dict) else ():
        kind, dot, key = str(name).rpartition(".")
        if known and (key not in known or (dot and isinstance(kinds, dict) and kind not in kinds)):
            yield ("kpis", name), "is no number the room computes", near(key, known)
    windows = {f"{d.key}.{window}" for d in described for window in d.windows}
    for path, row in rows(data, ("components",)):
        for index, part in enumerate(listed(row, ("parts",))):
            figure = part.get("figure") if isinstance(part, dict) else None
            kind, _, key = figure.partition(".") if isinstance(figure, str) else ("", "", "")
            if isinstance(figure, str) and (key not in windows or (isinstance(kinds, dict) and kind not in kinds)):
                where: Path = (*path, "parts", index, "figure")
                yield where, f"'{figure}' is no number the room computes", near(key, sorted(windows))


def _boundaries(data: Any, folder: FilePath) -> Iterator[Complaint]:
    name = at(data, ("regions", "boundaries"))
    if isinstance(name, str) and not (folder / name).is_file():
        yield ("regions", "boundaries"), f"file {name} does not exist", "give the path beside this file, or remove it"


def typed(data: Any) -> tuple[Config | None, list[Complaint]]:
    """The strict model, or everything it refuses."""
    try:
        return Config.model_validate_json(orjson.dumps(data), strict=True), []
    except ValidationError as error:
        return None, complaints(error, Config)
