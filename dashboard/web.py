"""The web process as one ASGI application: which route answers what to whom; never formats a page or a frame."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import api
from dashboard.access import LOCAL, may
from dashboard.cache import Cache
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.history.reading import Reader
from dashboard.i18n import LANGS, Lang
from dashboard.live import Asked, Face, Hub
from dashboard.mirror import Mirror
from dashboard.pages import Pages, build_id
from dashboard.restoration import restore
from dashboard.security import Guard

Route = Callable[[Scope, Receive, Send], Awaitable[None]]


class Room:
    """The whole site. ``history`` answers the API; ``patient`` is the same history with time to restore from."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        redis_url: str,
        history: Reader | None = None,
        patient: Reader | None = None,
    ) -> None:
        self.config, self.clock = config, clock
        self.registry = Registry(config)
        self.build = build_id(config)
        past = patient or history
        again = None if past is None else (lambda: restore(config, self.registry, clock, past))
        self.mirror = Mirror(Cache(redis_url), config, clock, again)
        self.pages = Pages(config, self.registry, clock, self.mirror, self.build)
        self.hub = Hub(self.mirror, clock, self.build, self.pages.props)
        self.api = api.Api(config, self.registry, clock, self.mirror, history)
        self._own: dict[str, tuple[str, Route]] = {
            "/healthz": ("health", self._health),
            "/metrics": ("metrics", self._metrics),
        }
        self.application: ASGIApp = Guard(self._route, config.web.allowed_hosts, self.pages.hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_span(receive, send)
            return
        path = scope["path"]
        if path in self._own:
            view, route = self._own[path]
            await self._allowed(view, route, scope, receive, send)
        elif path.startswith("/live/"):
            await self._allowed("live", self._live, scope, receive, send)
        elif path.startswith("/api/"):
            await self._allowed("api", self.api.handle, scope, receive, send)
        else:
            await self._page(path, scope, receive, send)

    async def _allowed(self, view: str, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        if may(LOCAL, view):
            await route(scope, receive, send)
        else:
            await api.answer(send, 403, {"error": "not allowed", "view": view})

    async def _page(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path == "/favicon.ico":  # every browser asks; there is none
            await api.answer(send, 204, b"")
            return
        path = {"/": "/screens"}.get(path, path)
        parts = path.strip("/").split("/")
        if (parts[0] == "wall" and len(parts) == 2) or parts in (["screens"], ["sources"]):
            lang = _query(scope).get("lang", "id")
            if lang not in LANGS:
                await api.answer(send, 400, {"error": "unknown language", "allowed": list(LANGS)})
                return
            path = f"/{'/'.join(parts)}/{lang}/"
        page = self.pages.find(path)
        if page is None:
            known = ["/", "/sources", *(f"/wall/{name}" for name in self.config.walls)]
            await api.answer(send, 404, {"error": "no such screen", "allowed": known})
        elif not may(LOCAL, page.view):
            await api.answer(send, 403, {"error": "not allowed", "view": page.view})
        elif not page.holds(path):
            await api.answer(send, 404, {"error": "no such page", "allowed": [page.prefix]})
        elif not page.static(path):
            await page.server({**scope, "path": path, "raw_path": path.encode()}, receive, send)
        elif not await self.pages.static.serve(page.server, path, scope["query_string"], send):
            await api.answer(send, 404, {"error": "no such file"})

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = _query(scope)
        name, lang = scope["path"].removeprefix("/live/"), _lang(query.get("lang", "id"))
        if name not in self.config.walls or lang is None:
            allowed = {"screens": sorted(self.config.walls), "lang": list(LANGS)}
            await api.answer(send, 404, {"error": "no such screen", "allowed": allowed})
            return
        last = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1") or query.get("since", "")
        since = int(last) if last.isdecimal() and len(last) < 19 else -1
        asked = Asked(since, query.get("build", self.build), query.get("life", self.mirror.life))
        await self.hub.serve(scope, receive, send, Face(name, lang), asked)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        documents = self.mirror.documents
        meta = documents.get("meta")
        body = {
            "status": "starting" if not meta else "restored" if meta["restored"] else "ok",
            "condition": documents.get("condition", []),
            "seq": self.mirror.seq,
            "age_ms": round(self.clock.now().timestamp() * 1000) - meta["as_of"] if meta else None,
            "leader": meta["leader"] if meta else None,
            "build": self.build,
            "screens": self.hub.clients,
        }
        await api.answer(send, 200 if meta else 503, body)

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:
        registry = CollectorRegistry()
        for name, text, value in (
            ("liveroom_screens", "Open streams", self.hub.clients),
            ("liveroom_seq", "Newest change on the screens", self.mirror.seq),
            ("liveroom_frames", "Frames encoded", self.hub.frames),
            ("liveroom_dropped", "Clients dropped because they did not read", self.hub.dropped),
            ("liveroom_settled", "1 when the cache answers and somebody leads", self.mirror.settled),
        ):
            Gauge(name, text, registry=registry).set(value)
        up = Gauge("liveroom_source_up", "1 when the source is not broken", ["source"], registry=registry)
        for source in self.mirror.documents.get("sources") or []:
            up.labels(source["id"]).set(source["state"] != "broken")
        await api.answer(send, 200, generate_latest(registry), "text/plain; version=0.0.4")

    async def _live_span(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.mirror.start()
        await self.hub.start()
        await self.pages.warm()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.close()
        await self.mirror.close()
        await send({"type": "lifespan.shutdown.complete"})


def _query(scope: Scope) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _lang(text: str) -> Lang | None:
    return next((lang for lang in LANGS if lang == text), None)
