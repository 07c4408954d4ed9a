"""One small Dash app per screen and language; a wall's knows no callbacks, no pages and no desk libraries.

Layouts are pure functions of the documents in memory; nothing on a wall ever posts.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any
from weakref import ReferenceType, ref

import orjson
from dash import Dash
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from dashboard.access import AUDIENCES
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry, label_text
from dashboard.disclosure import Disclosure
from dashboard.i18n import LANGS, Lang, say
from dashboard.live import DESK_STREAMS, DESKS, Face, Props
from dashboard.mirror import Mirror
from dashboard.paint import Painter, attributes
from dashboard.sheets import Sheet, behind_page, painted
from dashboard.static import MARKS, Static, ask
from dashboard.views import wall_view
from layouts import screens, sources, wall_main
from layouts.typography import measure

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
UNUSED = re.compile(r'<script src="[^"]*/dash/(?:dcc|dash_table)/[^"]*"></script>\s*')
WORDS = {
    "s": "unit.second", "m": "unit.minute", "h": "unit.hour", "d": "unit.day", "late": "state.overdue",
    "left": "state.open", "unsure": "state.unconfirmed",
}  # fmt: skip


class Lean(Dash):
    """Names no script that no screen uses: Dash registers its own component libraries with every page."""

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        html: str = super().interpolate_index(**{**parts, "scripts": UNUSED.sub("", parts["scripts"])})  # type: ignore[no-untyped-call]
        return html


class Painted(Dash):
    """A page whose layout comes as HTML, whole with the first answer. Nothing on it calls back, so Dash's renderer
    would only draw it a second time."""

    paint: Callable[[], tuple[str, str]]  # the HTML of the layout, and its styles
    head = build = ""

    def index(self, *_: Any, **__: Any) -> str:
        body, styles = self.paint()
        style, script = (f"{self.get_asset_url(name)}?b={self.build}" for name in ("wall.css", "live.js"))
        css = f'<link rel="stylesheet" href="{style}"><style>{styles}</style>'
        return f'{self.head}{css}</head><body>{body}<script src="{script}"></script></body></html>'


@dataclass(frozen=True, slots=True)
class Page:
    """One Dash app: its prefix ends with a slash, its layout is a pure function of the documents."""

    prefix: str
    view: str
    server: FastAPI | Sheet
    hashes: tuple[str, ...] = ()  # of the inline scripts that its HTML carries
    ready: Callable[[], Awaitable[None]] | None = None  # to be awaited before it is asked for itself

    def holds(self, path: str) -> bool:
        """Dash answers any path with its page; the room does not."""
        rest = path.removeprefix(self.prefix)
        if isinstance(self.server, Sheet):
            return rest == ""
        own = () if self.view == "wall" else ("_dash-layout", "_dash-dependencies", "_favicon.ico")
        return rest in ("", *own) or self.static(path)

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
        self._told = {audience: Disclosure(registry, levels) for audience, levels in AUDIENCES.items()}
        self._build = build
        # One page after the other: painting is all Python, and each further thread keeps a heap of its own.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="paint")
        self._sizes = {name: measure(wall) for name, wall in config.walls.items()}
        self.all = [self._wall(name, lang) for name in config.walls for lang in LANGS]
        for lang in LANGS:
            self.all += [self._screens(lang), self._sources(lang)]
            self.all += [self._of_config(key, lang) for key in config.pages]
        self.static = Static()

    def find(self, path: str) -> Page | None:
        return next((page for page in self.all if path.startswith(page.prefix)), None)

    @property
    def hashes(self) -> list[str]:
        return sorted({value for page in self.all for value in page.hashes})

    async def warm(self) -> None:
        """A cold worker would serve a broken first page: Dash sets itself up on the first request."""
        for page in self.all:
            if page.ready is not None:
                await page.ready()
            _, _, body = await ask(page.server, page.prefix)
            await self.static.take(page.server, body.decode())
            if page.view in ("screens", "sources"):
                await ask(page.server, f"{page.prefix}_dash-layout")

    def props(self, face: Face) -> Props:
        """Every slot of a wall with its whole values."""
        return wall_main.props(self._view(face, self._mirror.documents), self._sizes[face.wall])

    def _view(self, face: Face, documents: Mapping[str, Any]) -> Any:
        return wall_view(documents, self._told[face.audience], self._config.walls[face.wall], face.lang)

    def _layout(self, face: Face, documents: Mapping[str, Any]) -> Any:
        return wall_main.layout(self._view(face, documents), self._sizes[face.wall], {"page": ""})

    def _wall(self, name: str, lang: Lang) -> Page:
        prefix, wall, face = f"/wall/{name}/{lang}/", self._config.walls[name], Face(name, lang)
        room = self._config.city.room
        held: tuple[ReferenceType[Any] | None, str, str, dict[str, str]] = (None, "", "", {})
        painting = asyncio.Lock()

        def layout() -> Any:
            return self._layout(face, self._mirror.documents)

        def painted(documents: Mapping[str, Any]) -> tuple[str, str]:
            painter = Painter("#wall")
            html = painter.html(self._layout(face, documents))
            return html, painter.styles

        async def ready() -> None:
            """Painted once for each state of the documents (a hall of screens loads the same page), in a thread; the
            root is of the same state. Old documents are not kept alive."""
            nonlocal held
            async with painting:
                documents, root = self._mirror.documents, self._root(face)
                if held[0] is None or held[0]() is not documents:
                    html, styles = await asyncio.get_running_loop().run_in_executor(self._thread, painted, documents)
                    held = (ref(documents) if documents else None, html, styles, root)

        def paint() -> tuple[str, str]:
            root = {**held[3], "data-now": str(round(self._clock.now().timestamp() * 1000))}
            return held[1].replace(' data-page=""', attributes(root), 1), held[2]

        app = self._dash(Painted, prefix)
        app.paint, app.build, app.head = (
            paint,
            self._build,
            _head(lang, wall.theme, f"{label_text(wall.title, lang)} · {room}"),
        )
        return replace(self._page(app, prefix, "wall", layout), ready=ready)

    def _root(self, face: Face) -> dict[str, str]:
        """What ``live.js`` has to know of the page: where it stands, and the words it writes itself."""
        mirror, config = self._mirror, self._config
        found = {
            "screen": face.wall,
            "seq": str(mirror.seq),
            "since": str(mirror.seq if mirror.settled else -1),
            "life": mirror.life,
            "build": self._build,
            "lang": face.lang,
            "now": str(round(self._clock.now().timestamp() * 1000)),
            "rate": str(self._clock.rate),
            "dwell": str(config.walls[face.wall].dwell_s),
            "zone": config.city.zone,
            "words": orjson.dumps({key: say(word, face.lang) for key, word in WORDS.items()}).decode(),
        }
        return {f"data-{name}": text for name, text in found.items()}

    def _screens(self, lang: Lang) -> Page:
        return self._desk(
            "screens",
            lang,
            lambda: screens.layout(
                self._config, lang, (self._mirror.documents.get("meta") or {}).get("provenance", ())
            ),
        )

    def _sources(self, lang: Lang) -> Page:
        def layout() -> Any:
            return sources.layout(self._told["desk"].documents(self._mirror.documents), self._registry, lang)

        return self._desk("sources", lang, layout)

    @property
    def desks(self) -> dict[str, tuple[str, ...]]:
        """The documents behind every desk page that keeps itself current."""
        return {**DESKS, **{key: behind_page(page) for key, page in self._config.pages.items()}}

    def _of_config(self, key: str, lang: Lang) -> Page:
        """A page of the configuration comes whole with its first answer; its files are those of the front page."""
        prefix, page, assets = f"/{key}/{lang}/", self._config.pages[key], f"/screens/{lang}/assets/"
        title = f"{label_text(page.title, lang)} · {self._config.city.room}"
        style, script = (f"{assets}{name}?b={self._build}" for name in ("desk.css", "desk.js"))
        links = f'<link rel="stylesheet" href="{style}"><script src="{script}" defer></script>'

        def first() -> str:
            now = {"data-now": str(round(self._clock.now().timestamp() * 1000)), "data-rate": str(self._clock.rate)}
            return _head(lang, "desk", title, self._kept(key, lang, "", now) + links) + "</head><body>"

        names = behind_page(page)
        paint = painted(self._config, key, self._told["desk"], lang)
        sheet = Sheet(lambda: self._mirror.documents, names, first, paint, self._thread)
        return Page(prefix, f"page:{key}", sheet)

    def _desk(self, view: str, lang: Lang, layout: Callable[[], Any]) -> Page:
        prefix = f"/{view}/{lang}/"
        app, title = self._dash(Lean, prefix), self._config.city.room
        app.title = title if view == "screens" else f"{say('page.sources', lang)} · {title}"
        kept = self._kept(view, lang, f"{prefix}_dash-layout") if view in DESKS else ""
        app.index_string = _head(lang, "desk", app.title, kept) + DESK
        return self._page(app, prefix, view, layout)

    def _kept(self, view: str, lang: Lang, layout: str, more: Mapping[str, str] | None = None) -> str:
        """What ``desk.js`` has to know to keep a page current. ``layout``: where Dash tells it; else the page does."""
        words = {key: say(word, lang) for key, word in {**WORDS, "lost": "page.lost"}.items()}
        told = {
            "stream": f"/live/{DESK_STREAMS}{view}",
            "layout": layout,
            "build": self._build,
            "words": orjson.dumps(words).decode(),
        }
        given = {**{f"data-{name}": text for name, text in told.items()}, **(more or {})}
        return f'<meta name="live"{attributes(given)}>'

    def _page(self, app: Any, prefix: str, view: str, layout: Callable[[], Any]) -> Page:
        app.layout = layout
        # A few kB instead of 150, in two milliseconds: a higher level costs more than it saves.
        app.server.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=1)
        hashes = () if isinstance(app, Painted) else tuple(app.csp_hashes())
        return Page(prefix, view, app.server, hashes)

    def _dash(self, make: type[Dash], prefix: str) -> Any:
        app: Any = make(
            f"room{prefix.replace('/', '_')}",
            server=FastAPI(openapi_url=None, docs_url=None, redoc_url=None),  # type: ignore[arg-type]
            backend="fastapi",
            requests_pathname_prefix=prefix,
            routes_pathname_prefix=prefix,
            assets_folder=str(ASSETS),
            assets_ignore=r"wall\.css|live\.js",
            title=self._config.city.room,
            update_title="",
            suppress_callback_exceptions=True,  # or every HTML carries a whole layout to check callbacks against
            websocket_callbacks=False,
            enable_mcp=False,
        )
        app.backend.websocket_capability = False  # or every page would keep dialling Dash's own socket
        return app


def _head(lang: str, theme: str, title: str, more: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}" data-theme="{theme}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{more}'
        f"<title>{escape(title)}</title>"
    )


DESK = "{%css%}</head><body>{%app_entry%}<div>{%config%}{%scripts%}{%renderer%}</div></body></html>"
