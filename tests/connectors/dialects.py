"""A source of a test: its block in a folder, its server in a function; polled by the shipped connector and guards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import Payload
from tests.connectors.recorded import ROOT, SETTINGS, Example, served

NOW = datetime.fromisoformat("2026-11-24T14:10:00+07:00")
Answer = Callable[[Request], Response]


def example(name: str, config: Config, folder: Path, **options: Any) -> Example:
    """The connector ``name`` with these options, at ``NOW``."""
    folder.mkdir(parents=True, exist_ok=True)
    block = {"now": NOW.isoformat(), "source": {"options": options}, "records": 0, "rejected": 0}
    (folder / SETTINGS).write_text(json.dumps(block), encoding="utf-8")
    return Example(name, ROOT / "connectors" / f"{name}.py", folder, Registry(config), folder)


def asked(one: Example, answer: Answer) -> Payload:
    """One poll of a server that answers every address with ``answer``."""
    with served(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        return one.poll(url)


def says(body: Any, status: int = 200) -> Answer:
    """A server that always says ``body``: bytes as they are, else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/xml" if raw.lstrip().startswith(b"<") else "application/json"
    return lambda _: Response(raw, status, {"content-type": kind})
