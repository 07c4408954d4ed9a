"""The web process as one ASGI application: which route answers what to whom; never formats a page or a frame."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import access, api
from dashboard.access import May
from dashboard.cache import Cache
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.health import Pulse, health, metrics
from dashboard.history.reading import Reader
from dashboard.i18n import LANGS, Lang
from dashboard.live import DESK_STREAMS, SSE_HEADERS, Asked, Face, Hub
from dashboard.mirror import Mirror
from dashboard.pages import Pages, build_id
from dashboard.restoration import restore
from dashboard.security import Guard

Route = Callable[[Scope, Receive, Send], Awaitable[None]]
PARAMETERS = {"/live/": ("since", "build", "life", "lang"), "/healthz": (), "/metrics": ()}
"""What may stand behind the question mark; pages take a language, the API reads its own."""


class Room:
    """The whole site. ``history`` answers the API; ``patient`` is the same history with time to restore from."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        redis_url: str,
        history: Reader | None = None,
        patient: Reader | None = None,
        may: May = access.may,
    ) -> None:
        self.config, self.clock, self.may = config, clock, may
        self.registry = Registry(config)
        self.build = build_id(config)
        past = patient or history
        again = None if past is None else (lambda: restore(config, self.registry, clock, past))
        self.mirror = Mirror(Cache(redis_url), config, clock, again)
        self.pages = Pages(config, self.registry, clock, self.mirror, self.build)
        self.hub = Hub(self.mirror, clock, self.build, self.pages.props, self.pages.desks)
        self._desks = frozenset({"screens", "sources", *config.pages})
        self.api = api.Api(config, self.registry, clock, self.mirror, history, may)
        # By path, or by the beginning of it when it ends with a slash: view, scope, route. The API asks again, for
        # the scope of each question.
        self.routes: dict[str, tuple[str, str | None, Route]] = {
            "/healthz": ("health", None, self._health),
            "/metrics": ("metrics", None, self._metrics),
            "/live/": ("live", "city", self._live),
            "/api/": ("api", None, self.api.handle),
        }
        self.application: ASGIApp = Guard(self._route, config.web.allowed_hosts, self.pages.hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live_span(receive, send)
            return
        scope = {**scope, "principal": access.identify(scope)}
        path = scope["path"]
        for known, (view, of, route) in self.routes.items():
            if path == known or (known.endswith("/") and path.startswith(known)):
                if not await self._allowed(view, of, scope, send):
                    return
                if known not in PARAMETERS or await _understood(scope, PARAMETERS[known], send):
                    await route(scope, receive, send)
                return
        await self._page(path, scope, receive, send)

    async def _allowed(self, view: str, of: str | None, scope: Scope, send: Send) -> bool:
        """Whether the one who asks may see ``view`` of ``of``; answers when not."""
        if self.may(scope["principal"], view, of):
            return True
        await api.answer(send, 403, {"error": "not allowed", "view": view})
        return False

    async def _page(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path == "/favicon.ico":  # every browser asks; there is none
            await api.answer(send, 204, b"")
            return
        path = {"/": "/screens"}.get(path, path)
        parts = path.strip("/").split("/")
        if (parts[0] == "wall" and len(parts) == 2) or (len(parts) == 1 and parts[0] in self._desks):
            if not await _understood(scope, ("lang",), send):
                return
            lang = _query(scope).get("lang", "id")
            if lang not in LANGS:
                await api.answer(send, 400, {"error": "unknown language", "allowed": list(LANGS)})
                return
            path = f"/{'/'.join(parts)}/{lang}/"
        page = self.pages.find(path)
        if page is None:
            walls = (f"/wall/{name}" for name in self.config.walls)
            known = ["/", "/sources", *(f"/{key}" for key in self.config.pages), *walls]
            await api.answer(send, 404, {"error": "no such screen", "allowed": known})
        elif not await self._allowed(page.view, "city", scope, send):
            return
        elif not page.holds(path):
            await api.answer(send, 404, {"error": "no such page", "allowed": [page.prefix]})
        elif not page.static(path):
            if page.ready is not None:
                await page.ready()
            # Dash knows no HEAD; the server sends no body where none was asked for.
            await page.server({**scope, "method": "GET", "path": path, "raw_path": path.encode()}, receive, send)
        elif not await self.pages.static.serve(page.server, path, scope["query_string"], send):
            await api.answer(send, 404, {"error": "no such file"})

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = _query(scope)
        name, lang = scope["path"].removeprefix("/live/"), _lang(query.get("lang", "id"))
        desks = [f"{DESK_STREAMS}{desk}" for desk in self.pages.desks]
        if (name not in self.config.walls and name not in desks) or lang is None:
            allowed = {"screens": [*sorted(self.config.walls), *desks], "lang": list(LANGS)}
            await api.answer(send, 404, {"error": "no such screen", "allowed": allowed})
            return
        if scope["method"] == "HEAD":  # a stream has no end to wait for
            await send({"type": "http.response.start", "status": 200, "headers": SSE_HEADERS})
            await send({"type": "http.response.body", "body": b""})
            return
        last = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1") or query.get("since", "")
        since = int(last) if last.isdecimal() and len(last) < 19 else -1
        asked = Asked(since, query.get("build", self.build), query.get("life", self.mirror.life))
        face = Face(name, lang, "desk" if name in desks else "wall")
        await self.hub.serve(scope, receive, send, face, asked)

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, body = health(await self._pulse())
        await api.answer(send, status, body)

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:
        await api.answer(send, 200, metrics(await self._pulse()), "text/plain; version=0.0.4")

    async def _pulse(self) -> Pulse:
        return Pulse(
            documents=self.mirror.documents,
            now_ms=round(self.clock.now().timestamp() * 1000),
            seq=self.mirror.seq,
            build=self.build,
            worker=os.getpid(),
            screens=self.hub.clients,
            frames=self.hub.frames,
            dropped=self.hub.dropped,
            history=await self.api.history_answers(),
            beat_age_s=await self.mirror.beat_age_s(),
        )

    async def _live_span(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.mirror.start()
        await self.hub.start()
        await self.pages.warm()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.close()
        await self.mirror.close()
        self.api.close()
        await send({"type": "lifespan.shutdown.complete"})


def _query(scope: Scope) -> dict[str, str]:
    query = scope["query_string"].decode("latin-1")
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


async def _understood(scope: Scope, allowed: tuple[str, ...], send: Send) -> bool:
    """Whether every parameter is known and given once; otherwise it is answered which are."""
    given = [name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)]
    if len(set(given)) == len(given) and set(given) <= set(allowed):
        return True
    await api.answer(send, 400, {"error": "unknown or repeated parameter", "allowed": list(allowed)})
    return False


def _lang(text: str) -> Lang | None:
    return next((lang for lang in LANGS if lang == text), None)
