"""What every request passes before any route: host, origin, size, headers; pure ASGI, over http and websocket."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
log = structlog.get_logger("security")


class Guard:
    """Refuses what does not come from this site's own pages, and puts the safety headers on every answer."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], script_hashes: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        scripts = " ".join(["'self'", *script_hashes])
        policy = (
            f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"x-frame-options", b"DENY"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "websocket":
            _note("websocket", scope)
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        reason = self._refusal(scope, headers)
        if reason:
            _note(reason, scope)
            await _refuse(send, reason, self._headers)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message.get("headers", [])}
                message = {
                    **message,
                    "headers": [*message.get("headers", []), *(h for h in self._headers if h[0] not in own)],
                }
            await send(message)

        await self._app(scope, receive, send_safely)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> str | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
        if name not in self._hosts:
            return "host"
        fetched = headers.get("sec-fetch-site")
        crossing = fetched not in (None, "same-origin", "none")
        careful = scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(("/live/", "/api/"))
        if careful and crossing:
            return "cross_site"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "origin"
        length = headers.get("content-length", "0")
        if scope["method"] not in ("GET", "HEAD") and (not length.isdigit() or int(length) > MAX_BODY):
            return "too_large"
        if scope["method"] not in ("GET", "HEAD"):
            return "method"  # nothing here is changed over HTTP, and no page of the room posts
        return None


def _note(reason: str, scope: Scope) -> None:
    """One line for each refusal; a path is cut and written as an escaped value, so it cannot forge lines."""
    log.warning("request refused", reason=reason, path=ascii(scope["path"][:120]), kind=scope["type"])


async def _refuse(send: Send, reason: str, headers: list[tuple[bytes, bytes]]) -> None:
    body = b'{"error":"refused","reason":"' + reason.encode() + b'"}'
    start = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": 403, "headers": start})
    await send({"type": "http.response.body", "body": body})
