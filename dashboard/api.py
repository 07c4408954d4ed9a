"""JSON for other machines under /api/v1; reads documents and, in a thread, history; applies visibility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send

from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry

ROUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "/api/v1/sources": ("Every source: state, times, rows, rejects", ()),
    "/api/v1/kpis": ("The key figures of a scope", ("scope",)),
    "/api/v1/prices": ("Staple prices: today, change, limits", ()),
    "/api/v1/openapi.json": ("This document", ()),
}


class Documents(Protocol):
    documents: dict[str, Any]


async def answer(send: Send, status: int, body: Any, kind: str = "application/json") -> None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


class Api:
    def __init__(self, config: Config, registry: Registry, clock: Clock, hub: Documents, history: Any) -> None:
        self._config, self._registry, self._clock, self._hub, self._history = config, registry, clock, hub, history

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        query = {key: values[-1] for key, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        if path not in ROUTES:
            await answer(send, 404, {"error": "no such resource", "allowed": sorted(ROUTES)})
            return
        unknown = sorted(set(query) - set(ROUTES[path][1]))
        if unknown:
            await answer(send, 400, {"error": "unknown parameter", "got": len(unknown), "allowed": ROUTES[path][1]})
            return
        status, body = self._find(path, query)
        await answer(send, status, body)

    def _find(self, path: str, query: Mapping[str, str]) -> tuple[int, Any]:
        documents = self._hub.documents
        if path.endswith("/openapi.json"):
            return 200, openapi(self._config)
        if path.endswith("/sources"):
            return 200, {"sources": documents.get("sources", []), "meta": documents.get("meta")}
        if path.endswith("/prices"):
            return 200, {"prices": documents.get("prices"), "meta": documents.get("meta")}
        scope = query.get("scope", "city")
        known = self.scopes()
        if scope not in known:
            return 404, {"error": "unknown scope", "allowed": known}
        return 200, {"scope": scope, "kpis": documents.get(f"kpi:{scope}", {}), "meta": documents.get("meta")}

    def scopes(self) -> list[str]:
        districts = [f"district:{code}" for code in self._registry.districts]
        departments = [
            f"department:{d.abbr}" for d in self._config.departments if d.visibility == "wall" and d.valid_to is None
        ]
        return ["city", *districts, *departments]


def openapi(config: Config) -> dict[str, Any]:
    """OpenAPI 3.1 of the routes above; nothing in it is loaded from elsewhere."""
    paths = {}
    for path, (text, parameters) in ROUTES.items():
        listed = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in parameters]
        paths[path] = {"get": {"summary": text, "parameters": listed, "responses": {"200": {"description": text}}}}
    return {"openapi": "3.1.0", "info": {"title": config.city.room, "version": "1"}, "paths": paths}
