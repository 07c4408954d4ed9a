"""Recorded bodies over HTTP on this machine, for tests and demonstrations; never answers what was not recorded.

Which body answers which address is told by the names of the files in the folder::

    requests.xml          GET /requests.xml and, where no other file has that stem, GET /requests
    requests.403.xml      the same address with the status 403
    v2/index.json         GET /v2

or by a manifest (``replay.yaml`` in the folder, or another file); what it names answers only as it says::

    answers:
      - path: /aspirations
        query: {page: "2"}           # all of these must be in the question
        file: page2.json             # a list: one after the other, the last one again and again
        status: 200                  # what follows may be left out
        method: GET
        content_type: application/json
        headers: {Retry-After: "30"}

No ``Date`` is sent unless the manifest names one: the clock of this machine is not the clock of the record.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.errors import ConfigError

HOST = "127.0.0.1"
MANIFEST = "replay.yaml"
TYPES = {
    ".json": "application/json",
    ".xml": "application/xml",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNKNOWN_TYPE = "application/octet-stream"
_STATUS = re.compile(r"(?P<stem>.+)\.(?P<status>[1-5]\d\d)")


class Declared(BaseModel):
    """One answer of the manifest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^/")
    file: str | list[str]
    query: dict[str, str] = Field(default_factory=dict)
    method: str = Field(default="GET", pattern=r"^[A-Z]+$")
    status: int = Field(default=200, ge=200, le=599)
    content_type: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)


class Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: list[Declared] = Field(min_length=1)


@dataclass(slots=True)
class Recorded:
    """One answer. ``bodies`` come one after the other; the last one stays."""

    path: str
    bodies: tuple[Path, ...]
    status: int = 200
    method: str = "GET"
    query: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    given: int = 0

    def answer(self) -> Response:
        body = self.bodies[min(self.given, len(self.bodies) - 1)]
        self.given += 1
        kind = self.content_type or TYPES.get(body.suffix.lower(), UNKNOWN_TYPE)
        # 204 and 304 have no body by definition; the server refuses one.
        content = b"" if self.status in (204, 304) else body.read_bytes()
        return Response(content, self.status, {**self.headers, "content-type": kind})


def recorded_answers(folder: Path, manifest: Path | None = None) -> list[Recorded]:
    """What ``folder`` answers. Raises ConfigError with every mistake."""
    if not folder.is_dir():
        raise ConfigError([f"{folder}: is no folder"])
    path = manifest or folder / MANIFEST
    declared = _declared(folder, path) if manifest is not None or path.is_file() else []
    taken = {body.resolve() for answer in declared for body in answer.bodies}
    found = [*declared, *_named(folder, taken)]
    if not found:
        raise ConfigError([f"{folder}: there is no recorded body in it"])
    return found


def _declared(folder: Path, path: Path) -> list[Recorded]:
    try:
        manifest = Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError([f"{path.name}: cannot be read: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path.name}: is no YAML ({str(error).splitlines()[0]})"]) from None
    except ValidationError as error:
        told = [f"{path.name}: {'.'.join(map(str, e['loc'])) or 'the file'}: {e['msg']}" for e in error.errors()]
        raise ConfigError(told) from None
    found, problems = [], []
    for number, answer in enumerate(manifest.answers):
        names = [answer.file] if isinstance(answer.file, str) else answer.file
        bodies = tuple(folder / name for name in names)
        for name, body in zip(names, bodies, strict=True):
            if not body.is_file() or not body.resolve().is_relative_to(folder.resolve()):
                problems.append(f"{path.name}: answers.{number}.file: {name} is no file in {folder.name}/")
        if not bodies:
            problems.append(f"{path.name}: answers.{number}.file: names no file")
        found.append(Recorded(bodies=bodies, **answer.model_dump(exclude={"file"})))
    if problems:
        raise ConfigError(problems)
    return found


def _named(folder: Path, taken: set[Path]) -> list[Recorded]:
    """Every other file by its name, then by its stem where that says enough."""
    exact: dict[str, Recorded] = {}
    stems: dict[str, list[Recorded]] = {}
    problems: list[str] = []
    for body in sorted(folder.rglob("*")):
        inside = body.relative_to(folder)
        hidden = inside.name == MANIFEST or any(part.startswith(".") for part in inside.parts)
        if hidden or not body.is_file() or body.resolve() in taken:
            continue
        status, stem = 200, body.stem
        if told := _STATUS.fullmatch(stem):
            status, stem = int(told["status"]), told["stem"]
        above = "/".join(("", *inside.parts[:-1]))
        answer = Recorded(f"{above}/{stem}{body.suffix}", (body,), status)
        if status < 200 or answer.path in exact:
            problems.append(f"{inside}: {'is no final status' if status < 200 else f'{answer.path} is there twice'}")
        exact[answer.path] = answer
        stems.setdefault(above or "/" if stem == "index" else f"{above}/{stem}", []).append(answer)
    if problems:
        raise ConfigError(problems)
    short = [
        Recorded(path, found[0].bodies, found[0].status)
        for path, found in stems.items()
        if len(found) == 1 and path not in exact
    ]
    return [*exact.values(), *short]


def replay_app(answers: Iterable[Recorded]) -> Starlette:
    """The application over ``answers``; it is loopback's own, so it has no door."""
    known = list(answers)

    def reply(request: Request) -> Response:
        here = [answer for answer in known if answer.path == request.url.path]
        if not here and request.url.path == "/":
            return JSONResponse({"recorded": sorted({answer.path for answer in known})})
        if not here:
            told: dict[str, Any] = {"error": "nothing is recorded here", "path": request.url.path}
            return JSONResponse({**told, "recorded": sorted({answer.path for answer in known})}, 404)
        method = "GET" if request.method == "HEAD" else request.method
        allowed = sorted({answer.method for answer in here})
        if method not in allowed:
            told = {"error": f"only {', '.join(allowed)} is recorded here", "path": request.url.path}
            return JSONResponse(told, 405, {"allow": ", ".join(allowed)})
        for answer in here:
            asked = {name: request.query_params.get(name) for name in answer.query}
            if answer.method == method and asked == answer.query:
                return answer.answer()
        told = {"error": "nothing is recorded for this question", "path": request.url.path}
        return JSONResponse({**told, "recorded_for": [answer.query for answer in here]}, 404)

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", reply, methods=methods)])


def serve_replay(folder: Path, port: int, say: Callable[[str], None], manifest: Path | None = None) -> int:
    """Serve ``folder`` on loopback until told to stop; ``port`` 0 takes a free one."""
    import uvicorn

    answers = recorded_answers(folder, manifest)
    try:
        listening = socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise ConfigError([f"--port {port}: {getattr(error, 'strerror', None) or error}"]) from None
    for path in sorted({answer.path for answer in answers}):
        say(f"  {path}")
    say(f"{len(answers)} recorded answers of {folder}: http://{HOST}:{listening.getsockname()[1]}/")
    config = uvicorn.Config(replay_app(answers), log_level="warning", date_header=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])
    return 0
