"""The web process: one ASGI application of own routes and one small Dash app per wall and language.

A wall's Dash app knows no callbacks, no pages and no desk libraries; nothing on a wall ever posts.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from dash import Dash, html
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import api
from dashboard.access import LOCAL, may
from dashboard.cache import Cache
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import LANGS, Lang
from dashboard.live import Hub
from dashboard.security import Guard
from layouts import screens, sources, wall_main
from layouts.typography import measure

ASSETS = Path(__file__).resolve().parents[1] / "assets"
STATIC = ("/_dash-component-suites/", "/assets/")
STALE_AFTER_MS = 10_000
Route = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """One Dash app: its prefix ends with a slash, its layout is a pure function of the hub's documents."""

    prefix: str
    view: str
    app: Dash
    server: FastAPI


def build_id(config: Config) -> str:
    """Changes whenever a page or the configuration does, so that open walls move over."""
    digest = hashlib.blake2b(config.model_dump_json().encode(), digest_size=6)
    for folder in (ASSETS, Path(__file__).parent, Path(__file__).resolve().parents[1] / "layouts"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".css", ".js"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Room:
    """The whole site as one ASGI application."""

    def __init__(self, config: Config, clock: Clock, redis_url: str, history: Any = None) -> None:
        self.config, self.clock = config, clock
        self.registry = Registry(config)
        self.build = build_id(config)
        sizes = {name: measure(wall) for name, wall in config.walls.items()}
        self.hub = Hub(
            Cache(redis_url),
            config,
            self.registry,
            clock,
            self.build,
            lambda name, view: wall_main.props(view, sizes[name]),
        )
        self._sizes = sizes
        self.api = api.Api(config, self.registry, clock, self.hub, history)
        self.pages = [self._wall(name, lang) for name in config.walls for lang in LANGS]
        self.pages += [
            self._desk("/screens/", "screens", self._screens),
            self._desk("/sources/", "sources", self._sources),
        ]
        self._static: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {}
        hashes = sorted({value for page in self.pages for value in page.app.csp_hashes()})
        self.application: ASGIApp = Guard(self._route, config.web.allowed_hosts, hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)

    # Pages

    def _dash(self, prefix: str, title: str) -> tuple[Dash, FastAPI]:
        server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app: Any = Dash(
            f"room{prefix.replace('/', '_')}",
            server=server,  # type: ignore[arg-type]
            backend="fastapi",
            requests_pathname_prefix=prefix,
            routes_pathname_prefix=prefix,
            assets_folder=str(ASSETS),
            title=title,
            update_title="",
            websocket_callbacks=False,
            enable_mcp=False,
        )
        app.backend.websocket_capability = False  # or every page would keep dialling Dash's own socket
        return app, server

    def _wall(self, name: str, lang: Lang) -> Page:
        wall = self.config.walls[name]
        prefix = f"/wall/{name}/{lang}/"
        app, server = self._dash(prefix, self.config.city.room)
        app.config.assets_ignore = r"desk\.css"
        app.index_string = _index(lang, wall.theme)

        def layout() -> Any:
            root = {
                "screen": name,
                "seq": str(self.hub.seq),
                "build": self.build,
                "lang": lang,
                "now": str(round(self.clock.now().timestamp() * 1000)),
                "rate": str(self.clock.rate),
                "dwell": str(wall.dwell_s),
                "zone": self.config.city.zone,
            }
            return wall_main.layout(self.hub.view(name, lang), self._sizes[name], root)

        app.layout = layout
        return Page(prefix, "wall", app, server)

    def _desk(self, prefix: str, view: str, layout: Callable[[], Any]) -> Page:
        app, server = self._dash(prefix, self.config.city.room)
        app.config.assets_ignore = r"wall\.css|live\.js"
        app.index_string = _index("id", "desk", refresh=view == "sources")
        app.layout = layout
        return Page(prefix, view, app, server)

    def _screens(self) -> Any:
        return html.Div(screens.layout(self.config))

    def _sources(self) -> Any:
        return sources.layout(self.hub.documents, self.registry, "id")

    # Routes

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_span(receive, send)
            return
        path = scope["path"]
        own: dict[str, tuple[str, Route]] = {
            "/healthz": ("health", self._health),
            "/metrics": ("metrics", self._metrics),
        }
        if path in own:
            view, route = own[path]
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
        path = {"/": "/screens/", "/sources": "/sources/"}.get(path, path)
        parts = path.strip("/").split("/")
        if parts[0] == "wall" and len(parts) == 2:
            lang = parse_qs(scope["query_string"].decode("latin-1")).get("lang", ["id"])[0]
            if lang not in LANGS:
                await api.answer(send, 400, {"error": "unknown language", "allowed": list(LANGS)})
                return
            path = f"/wall/{parts[1]}/{lang}/"
        page = next((page for page in self.pages if path.startswith(page.prefix)), None)
        if page is None:
            known = ["/", "/sources", *(f"/wall/{name}" for name in self.config.walls)]
            await api.answer(send, 404, {"error": "no such screen", "allowed": known})
        elif not may(LOCAL, page.view):
            await api.answer(send, 403, {"error": "not allowed", "view": page.view})
        elif not _of_dash(path, page.prefix):
            await api.answer(send, 404, {"error": "no such page", "allowed": [page.prefix]})
        elif any(mark in path for mark in STATIC):
            await self._serve_static(path, page, scope, receive, send)
        else:
            await page.server({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    async def _serve_static(self, path: str, page: Page, scope: Scope, receive: Receive, send: Send) -> None:
        """Scripts and styles, compressed once per process; their addresses carry a fingerprint."""
        if path not in self._static:
            status, headers, body = await _call(page.server, path, scope)
            if status != 200:
                await api.answer(send, 404, {"error": "no such file"})
                return
            kind = mimetypes.guess_type(path)[0] or headers.get(b"content-type", b"").decode() or "text/plain"
            packed = gzip.compress(body, 9)
            self._static[path] = (
                packed,
                [
                    (b"content-type", kind.encode()),
                    (b"content-encoding", b"gzip"),
                    (b"cache-control", b"public, max-age=31536000, immutable"),
                    (b"content-length", str(len(packed)).encode()),
                ],
            )
        body, kept = self._static[path]
        await send({"type": "http.response.start", "status": 200, "headers": kept})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        name = scope["path"].removeprefix("/live/")
        lang = query.get("lang", ["id"])[0]
        if name not in self.config.walls or lang not in LANGS:
            allowed = {"screens": sorted(self.config.walls), "lang": list(LANGS)}
            await api.answer(send, 404, {"error": "no such screen", "allowed": allowed})
            return
        headers = dict(scope["headers"])
        since = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("since", ["-1"])[0]
        build = query.get("build", [self.build])[0]
        number = int(since) if since.isdigit() else -1
        await self.hub.serve(scope, receive, send, name, lang, number, build)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        meta = self.hub.documents.get("meta")
        age = round(self.clock.now().timestamp() * 1000) - meta["as_of"] if meta else None
        state = "ok" if meta else "starting"
        body = {
            "status": state,
            "seq": self.hub.seq,
            "age_ms": age,
            "leader": meta["leader"] if meta else None,
            "build": self.build,
            "screens": self.hub.clients,
        }
        await api.answer(send, 200 if meta else 503, body)

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:
        registry = CollectorRegistry()
        for name, text, value in (
            ("liveroom_screens", "Open streams", self.hub.clients),
            ("liveroom_seq", "Newest change on the screens", self.hub.seq),
            ("liveroom_frames", "Frames encoded", self.hub.frames),
            ("liveroom_dropped", "Clients dropped because they did not read", self.hub.dropped),
        ):
            Gauge(name, text, registry=registry).set(value)
        up = Gauge("liveroom_source_up", "1 when the source is not broken", ["source"], registry=registry)
        for source in self.hub.documents.get("sources") or []:
            up.labels(source["id"]).set(source["state"] != "broken")
        await api.answer(send, 200, generate_latest(registry), "text/plain; version=0.0.4")

    async def _live_span(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.hub.start()
        for page in self.pages:  # a cold worker would serve a broken first page
            await _call(page.server, page.prefix, {"type": "http"})
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.close()
        await send({"type": "lifespan.shutdown.complete"})


def _of_dash(path: str, prefix: str) -> bool:
    """Dash answers any path with its page; the room does not."""
    rest = path.removeprefix(prefix)
    return rest in ("", "_dash-layout", "_dash-dependencies", "_favicon.ico") or rest.startswith(
        ("_dash-component-suites/", "assets/")
    )


async def _call(app: ASGIApp, path: str, scope: Scope) -> tuple[int, dict[bytes, bytes], bytes]:
    """Ask ``app`` for ``path`` inside the process."""
    status, headers, parts = 500, {}, []

    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.get_running_loop().create_future()  # nobody hangs up: streaming answers wait here
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], dict(message.get("headers", []))
        else:
            parts.append(message.get("body", b""))

    inner = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": scope.get("query_string", b""),
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
    }
    await app(inner, receive, send)
    return status, headers, b"".join(parts)


def _index(lang: str, theme: str, *, refresh: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="10">' if refresh else ""
    return (
        f'<!DOCTYPE html><html lang="{lang}" data-theme="{theme}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        "<title>{%title%}</title>{%css%}</head><body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer>"
        "</body></html>"
    )


class Server(uvicorn.Server):
    """Ends the open streams before uvicorn waits for them."""

    def __init__(self, config: uvicorn.Config, room: Room) -> None:
        super().__init__(config)
        self._room = room

    async def shutdown(self, sockets: Any = None) -> None:
        await self._room.hub.close()
        await super().shutdown(sockets)


def serve(config: Config, clock: Clock, redis_url: str, history: Any = None) -> None:
    """Run the site until a signal ends it. Loopback only: there is no access control yet."""
    if config.web.host not in ("127.0.0.1", "::1", "localhost"):
        raise SystemExit(f"web.host {config.web.host}: the room listens on loopback only until access control exists")
    room = Room(config, clock, redis_url, history)
    settings = uvicorn.Config(
        room,
        host=config.web.host,
        port=config.web.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    Server(settings, room).run()
