"""One small Dash app per screen and language; a wall's knows no callbacks, no pages and no desk libraries.

Layouts are pure functions of the documents in memory; nothing on a wall ever posts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from dash import Dash
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.i18n import LANGS, Lang, say
from dashboard.live import Face, Props
from dashboard.mirror import Mirror
from dashboard.static import MARKS, Static, ask
from dashboard.views import wall_view
from layouts import screens, sources, wall_main
from layouts.typography import measure

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
UNUSED = re.compile(r'<script src="[^"]*/dash/(?:dcc|dash_table)/[^"]*"></script>\s*')
WORDS = {
    "s": "unit.second", "m": "unit.minute", "h": "unit.hour", "d": "unit.day", "late": "state.overdue",
    "left": "state.open",
}  # fmt: skip


class Lean(Dash):
    """Names no script that no screen uses: Dash registers its own component libraries with every page."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        html: str = super().interpolate_index(**{**parts, "scripts": UNUSED.sub("", parts["scripts"])})  # type: ignore[no-untyped-call]
        return html


@dataclass(frozen=True, slots=True)
class Page:
    """One Dash app: its prefix ends with a slash, its layout is a pure function of the documents."""

    prefix: str
    view: str
    server: FastAPI
    hashes: tuple[str, ...]  # of the inline scripts that its HTML carries

    def holds(self, path: str) -> bool:
        """Dash answers any path with its page; the room does not."""
        rest = path.removeprefix(self.prefix)
        return rest in ("", "_dash-layout", "_dash-dependencies", "_favicon.ico") or self.static(path)

    def static(self, path: str) -> bool:
        return path.removeprefix(self.prefix).startswith(tuple(mark[1:] for mark in MARKS))


def build_id(config: Config) -> str:
    """Changes whenever a page or the configuration does, so that open walls move over."""
    digest = hashlib.blake2b(config.model_dump_json().encode(), digest_size=6)
    for folder in (ASSETS, ROOT / "dashboard", ROOT / "layouts"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".css", ".js"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Pages:
    """All screens of one web process."""

    def __init__(self, config: Config, registry: Registry, clock: Clock, mirror: Mirror, build: str) -> None:
        self._config, self._registry, self._clock, self._mirror = config, registry, clock, mirror
        self._build = build
        self._sizes = {name: measure(wall) for name, wall in config.walls.items()}
        self.all = [self._wall(name, lang) for name in config.walls for lang in LANGS]
        for lang in LANGS:
            self.all += [self._screens(lang), self._sources(lang)]
        self.static = Static()

    def find(self, path: str) -> Page | None:
        return next((page for page in self.all if path.startswith(page.prefix)), None)

    @property
    def hashes(self) -> list[str]:
        return sorted({value for page in self.all for value in page.hashes})

    async def warm(self) -> None:
        """A cold worker would serve a broken first page: Dash sets itself up on the first request."""
        for page in self.all:
            _, _, body = await ask(page.server, page.prefix)
            await self.static.take(page.server, body.decode())
            await ask(page.server, f"{page.prefix}_dash-layout")

    def props(self, face: Face) -> Props:
        """Every slot of a wall with its whole values."""
        return wall_main.props(self._view(face), self._sizes[face.wall])

    def _view(self, face: Face) -> Any:
        wall = self._config.walls[face.wall]
        return wall_view(self._mirror.documents, self._config, self._registry, wall, face.lang, face.audience)

    def _wall(self, name: str, lang: Lang) -> Page:
        prefix, wall, face = f"/wall/{name}/{lang}/", self._config.walls[name], Face(name, lang)

        def layout() -> Any:
            root = {
                "screen": name,
                "seq": str(self._mirror.seq),
                "since": str(self._mirror.seq if self._mirror.settled else -1),
                "life": self._mirror.life,
                "build": self._build,
                "lang": lang,
                "now": str(round(self._clock.now().timestamp() * 1000)),
                "rate": str(self._clock.rate),
                "dwell": str(wall.dwell_s),
                "zone": self._config.city.zone,
                "words": orjson.dumps({key: say(word, lang) for key, word in WORDS.items()}).decode(),
            }
            return wall_main.layout(self._view(face), self._sizes[name], root)

        return self._page(prefix, "wall", layout, _index(lang, wall.theme), r"desk\.css")

    def _screens(self, lang: Lang) -> Page:
        return self._desk("screens", lang, lambda: screens.layout(self._config, lang))

    def _sources(self, lang: Lang) -> Page:
        return self._desk("sources", lang, lambda: sources.layout(self._mirror.documents, self._registry, lang))

    def _desk(self, view: str, lang: Lang, layout: Callable[[], Any]) -> Page:
        index = _index(lang, "desk", refresh=view == "sources")
        return self._page(f"/{view}/{lang}/", view, layout, index, r"wall\.css|live\.js")

    def _page(self, prefix: str, view: str, layout: Callable[[], Any], index: str, ignored: str) -> Page:
        server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app: Any = Lean(
            f"room{prefix.replace('/', '_')}",
            server=server,  # type: ignore[arg-type]
            backend="fastapi",
            requests_pathname_prefix=prefix,
            routes_pathname_prefix=prefix,
            assets_folder=str(ASSETS),
            title=self._config.city.room,
            update_title="",
            suppress_callback_exceptions=True,  # or every HTML carries a whole layout to check callbacks against
            websocket_callbacks=False,
            enable_mcp=False,
        )
        app.backend.websocket_capability = False  # or every page would keep dialling Dash's own socket
        app.config.assets_ignore = ignored
        app.index_string = index
        app.layout = layout
        # A few kB instead of 150, in two milliseconds: a higher level costs more than it saves.
        server.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=1)
        return Page(prefix, view, server, tuple(app.csp_hashes()))


def _index(lang: str, theme: str, *, refresh: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="10">' if refresh else ""
    return (
        f'<!DOCTYPE html><html lang="{lang}" data-theme="{theme}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}'
        "<title>{%title%}</title>{%css%}</head><body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer>"
        "</body></html>"
    )
