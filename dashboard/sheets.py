"""A desk page of the configuration as an answer: painted whole, in a thread, once for each state of the documents;
never computes a figure and never decides what its reader may be told.

A block's words and layout are found by its type (``dashboard.config.blocks``): ``dashboard/views_TYPE.py`` and
``layouts/blocks/TYPE.py``.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.config.blocks import BLOCKS
from dashboard.config.model import Config, Page
from dashboard.disclosure import Disclosure
from dashboard.i18n import Lang
from dashboard.live import behind
from dashboard.paint import Painter
from dashboard.views_desk import desk
from dashboard.views_words import Words
from layouts.desk import layout

STEP_MS = 15_000
Paint = Callable[[Mapping[str, Any]], str]


class Sheet:
    """``names``: the documents the page is made of. ``first``: what stands before the body and is new with every
    answer. ``thread``: where it is painted."""

    def __init__(
        self,
        documents: Callable[[], Mapping[str, Any]],
        names: tuple[str, ...],
        first: Callable[[], str],
        paint: Paint,
        thread: Executor | None = None,
    ) -> None:
        self._documents, self._names, self._first, self._paint = documents, (*names, "condition"), first, paint
        self._thread = thread
        self._held: tuple[list[Any], str] = ([], "")
        self._painting = asyncio.Lock()
        self._app: ASGIApp = GZipMiddleware(self._answer, minimum_size=2000, compresslevel=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def body(self) -> str:
        async with self._painting:
            documents = self._documents()
            made_of = self._made_of(documents)
            if not same(made_of, self._held[0]):
                painting = asyncio.get_running_loop().run_in_executor(self._thread, self._paint, documents)
                self._held = made_of, await painting
            return self._held[1]

    def _made_of(self, documents: Mapping[str, Any]) -> list[Any]:
        """What the page shows; the spans on it ("lewat 1 j 42 mnt") are no older than a step of time."""
        meta = documents.get("meta") or {}
        told = (meta.get("as_of", 0) // STEP_MS, str(meta.get("provenance")), meta.get("uplink_down"), meta.get("rate"))
        return [told, *(body for _, body in behind(documents, self._names))]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        content = f"{self._first()}{await self.body()}</body></html>".encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def same(one: list[Any], other: list[Any]) -> bool:
    """The very same documents; the first entry says the rest."""
    if len(one) != len(other) or one[:1] != other[:1]:
        return False
    return all(a is b for a, b in zip(one[1:], other[1:], strict=True))


def behind_page(page: Page) -> tuple[str, ...]:
    """The documents that a page is made of."""
    found = (name for block in page.blocks for kind, of in block.items() for name in BLOCKS[kind].of(of))
    return tuple(dict.fromkeys(found))


def painted(config: Config, key: str, told: Disclosure, lang: Lang) -> Paint:
    """From documents to the HTML of the page ``key``."""
    page = config.pages[key]
    parts = [(*modules(kind), of) for block in page.blocks for kind, of in block.items()]

    def paint(documents: Mapping[str, Any]) -> str:
        words = Words(documents, told, lang)
        views = [(view.view(words, of), laid) for view, laid, of in parts]
        blocks = [(shown.key, shown.title, laid.layout(shown)) for shown, laid in views]
        painter = Painter("body")
        html = painter.html(layout(config, key, page, desk(words), blocks))
        return f'<style id="styles" data-renew="yes">{painter.styles}</style>{html}'

    return paint


def modules(kind: str) -> tuple[Any, Any]:
    """The two files of a type of block."""
    views = BLOCKS[kind].views or f"views_{kind}"
    return importlib.import_module(f"dashboard.{views}"), importlib.import_module(f"layouts.blocks.{kind}")
