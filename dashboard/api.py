"""JSON for other machines under /api/v1/: one question in, one answer out; never blocks the loop on SQL and never
says more than what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Protocol, TypeVar

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from dashboard import openapi
from dashboard.access import May, Principal, levels
from dashboard.api_documents import Ask
from dashboard.api_parameters import Bad, read
from dashboard.api_routes import BY_PATH, OPENAPI, TABLES, Route
from dashboard.api_types import Answer
from dashboard.clock import Clock
from dashboard.config.model import Config, Visibility
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.export import CSV, XLSX, csv_table, xlsx_table
from dashboard.history import Reader
from dashboard.outage import Outage

AT_ONCE = 4
PATIENCE_S = 7.0
"""The database ends a question itself, after less; this is for one that does not answer at all."""
PROBE_S, PROBE_AGAIN_S = 1.0, 5.0
MADE: dict[str, tuple[Callable[[Sequence[Any], type], bytes], str]] = {
    "csv": (csv_table, CSV),
    "xlsx": (xlsx_table, XLSX),
}
T = TypeVar("T")
log = structlog.get_logger("api")


class Documents(Protocol):
    @property
    def documents(self) -> Mapping[str, Any]: ...


class Away(Exception):
    """What the answer is made of is not there now; ``str`` says what."""


async def answer(
    send: Send,
    status: int,
    body: Any,
    kind: str = "application/json",
    more: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _table(send: Send, name: str, form: str, rows: Sequence[Any], kind: type, following: str | None) -> None:
    """The same rows for a spreadsheet; the cursor of the page that follows is in a header."""
    more = [(b"content-disposition", f'attachment; filename="{name}.{form}"'.encode())]
    if following is not None:
        more.append((b"x-next-cursor", str(following).encode()))
    make, media = MADE[form]
    body = await asyncio.to_thread(make, rows, kind)
    await answer(send, 200, body, media, tuple(more))


def _scopes(found: Mapping[str, Any], registry: Registry) -> list[str]:
    """What a question is about."""
    if "scope" in found:
        return [found["scope"]]
    named = [f"{name}:{found[name]}" for name in ("department", "district") if found.get(name) is not None]
    if (parent := registry.district_of(found.get("subdistrict"))) is not None:
        named.append(f"district:{parent}")
    return named or ["city"]


class Api:
    def __init__(
        self, config: Config, registry: Registry, clock: Clock, hub: Documents, history: Reader | None, may: May
    ) -> None:
        self._config, self._registry, self._clock, self._hub, self._history = config, registry, clock, hub, history
        self._may = may
        self._known: dict[frozenset[Visibility], Disclosure] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="api")
        self._free = asyncio.Semaphore(AT_ONCE)
        self._outage = Outage("history", log)
        self._probed: tuple[float, bool] = (-PROBE_AGAIN_S, False)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        route, form = TABLES.get(path, (None, ""))
        status, body = await self.find(route.path if route else path, scope["query_string"], scope["principal"])
        if route is not None and route.rows is not None and status == 200:
            await _table(
                send, route.name, form, getattr(body, route.rows[0]), route.rows[1], getattr(body, "next", None)
            )
            return
        later = ((b"retry-after", b"5"),) if status == 503 else ()
        await answer(send, status, body, more=later)

    async def find(self, path: str, query: bytes, principal: Principal) -> tuple[int, Any]:
        """Status and body. Everything that is wrong is said in the same form (``Problem``)."""
        known = self.known(principal)
        try:
            if path == OPENAPI:
                read(query, (), known)
                return 200, openapi.document(self._config, known)
            route = BY_PATH.get(path)
            if route is None:
                raise Bad(404, "no such resource", [*BY_PATH, *TABLES, OPENAPI])
            found = read(query, route.parameters, known)
            self._allow(principal, known, found)
            return 200, await self._answer(route, found, known)
        except Bad as bad:
            return bad.status, bad.body()
        except Away as away:
            return 503, {"error": str(away), "parameter": None, "allowed": "ask again in a few seconds"}

    def known(self, principal: Principal) -> Disclosure:
        """What ``principal`` may be told."""
        of = levels(principal)
        if of not in self._known:
            self._known[of] = Disclosure(self._registry, of)
        return self._known[of]

    def _allow(self, principal: Principal, known: Disclosure, found: Mapping[str, Any]) -> None:
        """A question about several scopes is about what they share: one that is open to the reader is enough."""
        scopes = _scopes(found, self._registry)
        if not any(self._may(principal, "api", scope) for scope in scopes):
            allowed = [scope for scope in known.scopes if self._may(principal, "api", scope)]
            raise Bad(403, "not allowed", allowed, "scope" if "scope" in found else None)

    async def _answer(self, route: Route, found: Mapping[str, Any], known: Disclosure) -> Answer:
        documents = known.documents(self._hub.documents)
        if not documents.get("meta"):
            raise Away("nothing was published yet: the collector has not started, or the cache is away")
        ask = Ask(documents=documents, known=known, now=self._clock.now(), history=self._history)
        if not route.of_history:
            return route.find(ask, found)
        if self._history is None:
            raise Away("this process was started without the history")
        return await self._in_thread(route.name, lambda: route.find(ask, found))

    async def _in_thread(self, name: str, question: Callable[[], T], *, wait: bool = False) -> T:
        if self._free.locked() and not wait:
            raise Away(f"{AT_ONCE} questions are being answered already")
        await self._free.acquire()
        try:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, question)
        except BaseException:
            self._free.release()
            raise
        asked.add_done_callback(lambda _: self._free.release())  # a thread that hangs keeps its place
        try:
            found = await asyncio.wait_for(asyncio.shield(asked), PATIENCE_S)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self._outage.failed("reading", error, self._clock.now())
            raise Away("the history does not answer, or not in time: narrow the question or ask later") from None
        self._outage.worked("reading")
        return found

    async def history_answers(self) -> bool | None:
        """Whether the history can be read now, asked at most every few seconds; None: this process has none. Where
        no place becomes free in time it does not answer: those who hold them wait for it too."""
        if self._history is None:
            return None
        if monotonic() - self._probed[0] >= PROBE_AGAIN_S:
            self._probed = (monotonic(), self._probed[1])
            try:
                await asyncio.wait_for(self._in_thread("health", self._history.last_seq, wait=True), PROBE_S)
            except (Away, TimeoutError):
                self._probed = (monotonic(), False)
            else:
                self._probed = (monotonic(), True)
        return self._probed[1]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
