"""What every request passes before any route: host, origin, size, method, headers; pure ASGI, over http and websocket.

Never answers anything of the room itself, and never repeats what a stranger sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64_000
MAX_URL = 4_000
MAX_HEAD = 16_000
"""Bytes of all headers; the protocol stops reading a little later, see serving.py."""
READING = ("GET", "HEAD")
ONLY_READ = (b"allow", b"GET, HEAD")
STATUS = {
    "loopback_only": 403, "host": 403, "cross_site": 403, "origin": 403, "method": 405, "too_large": 413, "url": 414,
    "headers": 431, "body": 400,
}  # fmt: skip
log = structlog.get_logger("security")
Headers = list[tuple[bytes, bytes]]


def policy(script_hashes: Iterable[str] = ()) -> str:
    """The content security policy: what is not from this site is not loaded, nothing inline runs. Dash's own
    libraries put style elements into the page, so those are let be; a style attribute in markup is not."""
    scripts = " ".join(["'self'", *script_hashes])
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; "
        "style-src-elem 'self' 'unsafe-inline'; style-src-attr 'none'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Refuses what does not come from this site's own pages, and puts the safety headers on every answer."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], script_hashes: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._headers: Headers = [
            (b"content-security-policy", policy(script_hashes).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
            (b"x-frame-options", b"DENY"),
            (b"cache-control", b"no-store"),  # unless the answer says otherwise: only files with a fingerprint do
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            _note("websocket", scope)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        elif reason := self.refusal(scope):
            _note(reason, scope)
            more = [ONLY_READ] if reason == "method" else []
            await self._answer(send, STATUS[reason], {"error": "refused", "reason": reason}, more)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = list(message.get("headers", []))
                message = {**message, "headers": [*own, *self._missing(own)]}
            await send(message)

        try:
            await self._app(scope, receive, send_safely)
        except Exception:
            log.exception("a request failed", path=scope["path"])
            if not started:
                await self._answer(send, 500, {"error": "the room failed to answer; its log says where"})

    def _missing(self, own: Headers) -> Headers:
        names = {name.lower() for name, _ in own}
        return [header for header in self._headers if header[0] not in names]

    async def _answer(self, send: Send, status: int, body: Mapping[str, Any], more: Iterable[Any] = ()) -> None:
        content = orjson.dumps(body)
        own = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode()), *more]
        await send({"type": "http.response.start", "status": status, "headers": [*own, *self._headers]})
        await send({"type": "http.response.body", "body": content})

    def refusal(self, scope: Scope) -> str | None:
        """Why this request is not served, or None. Nothing is changed over HTTP and no page of the room posts, so
        every method but GET and HEAD is refused: a forged callback among them."""
        server = scope.get("server")
        if not local(tuple(server) if server else None):
            return "loopback_only"
        given = scope["headers"]
        headers = {name: value.decode("latin-1") for name, value in given}
        host = headers.get(b"host", "")
        if sum(name == b"host" for name, _ in given) != 1 or bare(host) not in self._hosts:
            return "host"
        if sum(len(name) + len(value) for name, value in given) > MAX_HEAD:
            return "headers"
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL:
            return "url"
        if headers.get(b"origin") not in (None, f"http://{host}", f"https://{host}"):
            return "origin"
        if crossing(scope, headers):
            return "cross_site"
        return _of_body(scope["method"], headers)


@lru_cache(maxsize=64)
def local(address: tuple[str, int | None] | None) -> bool:
    """Whether the connection came in at an address that only this machine reaches (a socket file has no port).
    The supervisor binds no other; another server might."""
    if address is None:
        return False
    host, port = address
    if port is None:
        return True
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def bare(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() and (":" not in name or name.endswith("]")) else host.lower()


def crossing(scope: Scope, headers: Mapping[bytes, str]) -> bool:
    """Whether another site makes the browser ask. Following a link to a page is all that another site may cause."""
    if headers.get(b"sec-fetch-site") in (None, "same-origin", "none"):
        return False
    followed = headers.get(b"sec-fetch-mode") == "navigate" and headers.get(b"sec-fetch-dest") == "document"
    machine = scope["path"].startswith(("/live/", "/api/")) or "/_dash-" in scope["path"]
    return scope["method"] not in READING or machine or not followed


def _of_body(method: str, headers: Mapping[bytes, str]) -> str | None:
    length = headers.get(b"content-length", "0")
    if not length.isdecimal() or len(length) > 15 or int(length) > MAX_BODY:
        return "too_large"
    if method not in READING:
        return "method"
    return "body" if int(length) or b"transfer-encoding" in headers else None


def _note(reason: str, scope: Scope) -> None:
    """One line for each refusal; a path is cut and its marks are escaped, so it cannot forge lines."""
    log.warning("request refused", reason=reason, path=ascii(scope["path"][:120]), kind=scope["type"])
