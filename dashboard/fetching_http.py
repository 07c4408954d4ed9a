"""HTTP for connectors: time, size, redirect and address limits, retries, conditional requests; never keeps a body."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2
import stamina

from dashboard.contract import AT_ONCE, Response
from dashboard.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching_address import GuardedBackend

MAX_REDIRECTS = 4
ATTEMPTS = 3
TAGS = 256  # addresses of one source whose ETag is remembered
MAX_RETRY_AFTER_S = 3600.0
PIECE = 262_144
PASSING = frozenset({"reset", "http_5xx", "refused"})
CONDITIONS = frozenset({"if-none-match", "if-modified-since"})  # of a call's headers, those that can hold no secret
REFUSALS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 406: "token_missing", 410: "gone"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a source lives and what may be spent on it. ``timeout_s`` is real time, redirects and retries
    included. ``allow_private`` speaks for the host of ``url`` only: a redirect may not lead on into the
    city's own network."""

    url: str
    timeout_s: float
    max_bytes: int
    allow_private: bool
    headers: Mapping[str, str]
    auth: tuple[str, str] | None = None
    tls: ssl.SSLContext | None = None


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool whose connections go through the address policy."""

    def __init__(self, private_hosts: frozenset[str], tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls, trust_env=False)
        if not isinstance(getattr(self, "_pool", None), httpcore2.AsyncConnectionPool):
            # Under another name the pool would stay the library's own, and no address would be looked at.
            raise SourceError("internal", "this httpx2 keeps its pool elsewhere: the address guard has no place")
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=4,
            max_keepalive_connections=2,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(private_hosts),
        )


class HttpGuard:
    """contract.Http for one source. Lives as long as the source does, so that connections and ETags last."""

    def __init__(self, target: Target, now: Callable[[], datetime]) -> None:
        self._target, self._now = target, now
        self._auth = httpx2.BasicAuth(*target.auth) if target.auth else None
        self._client: httpx2.AsyncClient | None = None
        self._tags: dict[str, dict[str, str]] = {}
        self._staged: dict[str, dict[str, str]] = {}
        self.bytes = 0

    def begin(self) -> None:
        """A new poll: its bytes are counted from zero, its ETags wait for ``confirm``."""
        self.bytes, self._staged = 0, {}

    def confirm(self) -> None:
        """The payload was taken: only now may its ETags spare the next answer. One that was refused keeps
        none, or the next 304 would hide that it never came in."""
        self._tags.update(self._staged)
        self._staged = {}
        for url in list(self._tags)[:-TAGS]:  # an address that names a time is not asked for again
            del self._tags[url]

    def forget(self) -> None:
        """Nothing is known to be stored: the next answers come whole."""
        self._tags, self._staged = {}, {}

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def get(
        self,
        path: str = "",
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
        accept_status: frozenset[int] = frozenset(),
    ) -> Response:
        url = self._absolute(path, params)
        sent = {**(headers or {}), **(self._tags.get(url, {}) if conditional else {})}
        answer = await self._within_limit("GET", url, sent, None, accept_status)
        if conditional and answer.status == 200:
            pairs = (("if-none-match", "etag"), ("if-modified-since", "last-modified"))
            self._staged[url] = {name: answer.headers[key] for name, key in pairs if key in answer.headers}
        return answer

    async def sweep(
        self, paths: Sequence[str], *, params: Mapping[str, str | int] | None = None, at_once: int = AT_ONCE
    ) -> list[Response | SourceError]:
        """Many of one system, ``at_once`` at a time; one that fails costs the others nothing."""
        gate = asyncio.Semaphore(at_once)

        async def one(path: str) -> Response | SourceError:
            async with gate:
                try:
                    return await self.get(path, params=params)
                except SourceError as error:
                    return error

        return list(await asyncio.gather(*(one(path) for path in paths)))

    async def post(
        self,
        path: str = "",
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> Response:
        body = {"json": json} if data is None else {"data": dict(data)}
        return await self._within_limit("POST", self._absolute(path, None), dict(headers or {}), body, accept_status)

    def _absolute(self, path: str, params: Mapping[str, str | int] | None) -> str:
        base = self._target.url
        if path.startswith(("http://", "https://")):
            url = path
        else:
            url = base + path if not path or path.startswith("?") else f"{base.rstrip('/')}/{path.lstrip('/')}"
        try:
            parsed = httpx2.URL(url)
            return str(parsed.copy_merge_params(dict(params)) if params else parsed)
        except (httpx2.InvalidURL, ValueError):
            raise SourceRefused("not_configured", "the address cannot be read") from None

    async def _within_limit(
        self, method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None, accept: frozenset[int]
    ) -> Response:
        """One request with its redirects and retries under one total time limit, in real seconds."""
        # A POST may have had its effect: only a connection that never stood is tried again.
        passing = PASSING if method == "GET" else frozenset({"refused"})
        limit = self._target.timeout_s
        try:
            async with asyncio.timeout(limit):
                async for attempt in stamina.retry_context(
                    on=lambda error: isinstance(error, SourceUnavailable) and error.cause in passing,
                    attempts=ATTEMPTS,
                    timeout=limit,
                    wait_initial=min(0.2, limit / 10),
                    wait_max=min(2.0, limit / 4),
                    wait_jitter=min(0.2, limit / 10),
                ):
                    with attempt:
                        return await self._follow(method, url, headers, body, accept)
        except TimeoutError:
            raise SourceUnavailable("timeout", f"no complete answer in {limit:g} s") from None
        raise SourceUnavailable("internal", "no attempt was made")  # pragma: no cover - the loop returns or raises

    async def _follow(
        self, method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None, accept: frozenset[int]
    ) -> Response:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once(method, url, headers, body, accept)
            location = answer.headers.get("location")
            if answer.status not in {301, 302, 303, 307, 308} or not location:
                return answer
            try:
                target = urljoin(url, location)
                away = _origin(target) != _origin(url)
            except ValueError:
                raise SourceRefused("scheme_blocked", "a redirect to what is no address") from None
            if url.startswith("https:") and not target.startswith("https:"):
                raise SourceRefused("scheme_blocked", "a redirect out of https")
            if answer.status in {301, 302, 303}:
                method, body = "GET", None
            if away and body is not None:
                raise SourceRefused("redirect_away", "a redirect that hands what was sent to another origin")
            if away:
                headers = {name: value for name, value in headers.items() if name.lower() in CONDITIONS}
            url = target
        raise SourceRefused("redirect_loop", f"more than {MAX_REDIRECTS} redirects")

    async def _once(
        self, method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None, accept: frozenset[int]
    ) -> Response:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SourceRefused("scheme_blocked", "only http and https are spoken")
        own = _origin(url) == _origin(self._target.url)  # secrets never go to another origin
        sent = {**(self._target.headers if own else {}), **headers}
        try:
            async with self._open().stream(
                method, url, headers=sent, auth=self._auth if own else None, **(body or {})
            ) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                self._judge(answer.status_code, names, accept)
                empty = answer.status_code in range(300, 400)
                content = b"" if empty else await self._drain(answer, names)
                return Response(answer.status_code, names, content, url)
        except SourceError:
            raise
        except Exception as error:
            raise cause_of(error) from None

    async def _drain(self, answer: httpx2.Response, headers: Mapping[str, str]) -> bytes:
        limit, content = self._target.max_bytes, bytearray()
        try:
            async for piece in unpack(self._counted(answer), headers.get("content-encoding", "")):
                content += piece
                if len(content) > limit:
                    raise SourceRefused("too_large", f"more than {limit} bytes")
            return bytes(content)
        finally:
            content.clear()  # an error keeps this frame, and with it all that came, until the next collection

    async def _counted(self, answer: httpx2.Response) -> AsyncIterator[bytes]:
        async for piece in answer.aiter_raw():
            self.bytes += len(piece)
            yield piece

    def _judge(self, status: int, headers: Mapping[str, str], accept: frozenset[int]) -> None:
        if status < 400 or status in accept:
            return
        if status in {429, 503}:
            wait = retry_after(headers.get("retry-after"), _served_at(headers, self._now()))
            cause = "rate_limited" if status == 429 else "http_503"
            raise SourceUnavailable(cause, f"HTTP {status}", retry_after_s=wait)
        if status >= 500:
            raise SourceUnavailable("http_5xx", f"HTTP {status}")
        raise SourceRefused(REFUSALS.get(status, "http_4xx"), f"HTTP {status}")

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            host = (urlsplit(self._target.url).hostname or "").lower()
            private = frozenset({host}) if self._target.allow_private else frozenset()
            self._client = httpx2.AsyncClient(
                transport=GuardedTransport(private, self._target.tls or ssl.create_default_context()),
                timeout=httpx2.Timeout(self._target.timeout_s),
                headers={"accept-encoding": "gzip, deflate"},
                follow_redirects=False,
                trust_env=False,
            )
        return self._client


async def unpack(pieces: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The decompressed stream in pieces of at most 256 KiB, so that whoever reads it can stop a bomb early
    (the client's own decoder would inflate each chunk of the wire at once)."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        async for piece in pieces:
            yield piece
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise SourceChanged("encoding", "a content-encoding that was not asked for")
    decoder, any_out = zlib.decompressobj(15 if encoding == "deflate" else 31), False
    async for chunk in pieces:
        piece = chunk
        while piece:
            try:
                out = decoder.decompress(piece, PIECE)
            except zlib.error:
                if any_out or encoding != "deflate":
                    raise SourceRefused("encoding", "the compressed answer is broken") from None
                decoder, any_out = zlib.decompressobj(-15), True  # some servers send it without its header
                continue
            any_out, piece = True, decoder.unconsumed_tail
            yield out
    if any_out and not decoder.eof:
        raise SourceUnavailable("reset", "the compressed answer ended early")


def retry_after(text: str | None, now: datetime) -> float | None:
    """Retry-After in seconds or as a date, capped; None when absent or unreadable. Up to a tenth is added by
    chance, so that not everybody comes back in the same second."""
    if not text:
        return None
    try:
        seconds = float(text[:12])
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    if seconds != seconds:  # NaN
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S) * random.uniform(1.0, 1.1)


def _served_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """The instant the source itself calls now, so that a date in Retry-After is not read by another clock."""
    try:
        at = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return now
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def cause_of(error: BaseException) -> SourceError:
    """A transport's exception as one of the room's words, found in its chain of causes."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for link in chain:
        if isinstance(link, SourceError):
            return link
        if isinstance(link, ssl.SSLCertVerificationError):
            expired = link.verify_code == 10  # X509_V_ERR_CERT_HAS_EXPIRED
            return SourceUnavailable("tls_expired" if expired else "tls", "certificate refused")
        if isinstance(link, ssl.SSLError):
            return SourceUnavailable("tls", "no TLS connection")
        if isinstance(link, socket.gaierror):
            return SourceUnavailable("dns", "the name has no address")
        if isinstance(link, ConnectionRefusedError):
            return SourceUnavailable("refused", "connection refused")
    if isinstance(error, httpx2.TimeoutException):
        return SourceUnavailable("timeout", "the source stopped answering")
    if isinstance(error, httpx2.ConnectError):
        return SourceUnavailable("unreachable", "no connection")
    if isinstance(error, (httpx2.InvalidURL, httpx2.UnsupportedProtocol)):
        return SourceRefused("scheme_blocked", "the address cannot be used")
    if isinstance(error, httpx2.TransportError):
        return SourceUnavailable("reset", type(error).__name__)
    return SourceUnavailable("internal", type(error).__name__)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port
