"""The HTTP guard against a real server on loopback that misbehaves."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpcore2
import httpx2
import pytest

from dashboard.errors import SourceError, SourceRefused, SourceUnavailable
from dashboard.fetching import HttpGuard, Target, checked_address, retry_after

Reply = Callable[[bytes], bytes | None]
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def ask(
    reply: Reply, act: Callable[[HttpGuard], Awaitable[object]], **changes: object
) -> tuple[object, list[bytes]]:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        body = reply(head)
        if body is None:
            await reader.read()  # accepts, then sends nothing until the client gives up
        else:
            writer.write(body)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = {
        "url": f"http://127.0.0.1:{port}",
        "timeout_s": 5.0,
        "max_bytes": 1_000_000,
        "allow_private": True,
        "headers": {"Token": "geheim"},
        **changes,
    }
    try:
        return await act(HttpGuard(Target(**settings), lambda: NOW)), seen  # type: ignore[arg-type]
    finally:
        server.close()


async def fails(reply: Reply, cause: str, kind: type[Exception], **changes: object) -> None:
    with pytest.raises(kind) as caught:
        await ask(reply, lambda guard: guard.get("x"), **changes)
    assert caught.value.cause == cause  # type: ignore[attr-defined]


async def test_an_answer_comes_through_with_its_token() -> None:
    result, seen = await ask(lambda _: answer("200 OK", b"[1]"), lambda guard: guard.get("list", params={"page": 2}))
    assert result.json() == [1]  # type: ignore[attr-defined]
    assert b"GET /list?page=2" in seen[0]
    assert b"geheim" in seen[0]


async def test_refused_connection_is_unavailable() -> None:
    guard = HttpGuard(Target("http://127.0.0.1:1", 5.0, 1000, True, {}), lambda: NOW)
    with pytest.raises(SourceUnavailable) as caught:
        await guard.get()
    assert caught.value.cause == "refused"


async def test_silence_ends_at_the_time_limit() -> None:
    await fails(lambda _: None, "timeout", SourceUnavailable, timeout_s=0.3)


async def test_a_long_body_is_cut_off() -> None:
    await fails(lambda _: answer("200 OK", b"a" * 5000), "too_large", SourceRefused, max_bytes=1000)


async def test_a_gzip_bomb_is_cut_off() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    await fails(lambda _: answer("200 OK", bomb, "Content-Encoding: gzip"), "too_large", SourceRefused)


async def test_gzip_is_read() -> None:
    packed = gzip.compress(b'{"a": 1}')
    result, _ = await ask(lambda _: answer("200 OK", packed, "Content-Encoding: gzip"), lambda guard: guard.get())
    assert result.json() == {"a": 1}  # type: ignore[attr-defined]


async def test_a_redirect_loop_ends() -> None:
    await fails(lambda _: answer("302 Found", b"", "Location: /again"), "redirect_loop", SourceRefused)


@pytest.mark.parametrize(
    ("location", "cause"),
    [("file:///etc/passwd", "scheme_blocked"), ("http://169.254.169.254/meta", "address_blocked")],
)
async def test_a_redirect_out_is_blocked(location: str, cause: str) -> None:
    await fails(lambda _: answer("302 Found", b"", f"Location: {location}"), cause, SourceRefused)


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:99999999/"])
async def test_a_redirect_to_what_is_no_address_is_refused(location: str) -> None:
    await fails(lambda _: answer("302 Found", b"", f"Location: {location}"), "scheme_blocked", SourceRefused)


async def redirected(status: str, act: Callable[[HttpGuard], Awaitable[object]]) -> list[bytes]:
    """What another origin receives when ``act`` is sent on to it."""
    other: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        other.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer("200 OK", b"[]"))
        writer.close()

    elsewhere = await asyncio.start_server(serve, "127.0.0.1", 0)
    location = f"Location: http://127.0.0.1:{elsewhere.sockets[0].getsockname()[1]}/"
    try:
        await ask(lambda _: answer(status, b"", location), act)
    finally:
        elsewhere.close()
    return other


OWN = {"Authorization": "Bearer geheim", "X-Key": "geheim", "If-None-Match": '"1"'}


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_secrets_stay_with_their_origin(status: str) -> None:
    (head,) = await redirected(status, lambda guard: guard.get("x", headers=OWN))
    assert b"geheim" not in head
    assert b'if-none-match: "1"' in head.lower(), "what holds no secret still spares the answer"


async def test_a_form_that_becomes_a_question_takes_no_secret_along() -> None:
    (head,) = await redirected("303 See Other", lambda guard: guard.post("x", data={"pin": "geheim"}, headers=OWN))
    assert head.startswith(b"GET /") and b"geheim" not in head


@pytest.mark.parametrize("body", [{"data": {"pin": "geheim"}}, {"json": {"pin": "geheim"}}])
@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
async def test_what_was_sent_is_not_handed_to_another_origin(status: str, body: dict[str, dict[str, str]]) -> None:
    with pytest.raises(SourceRefused) as caught:
        await redirected(status, lambda guard: guard.post("x", headers=OWN, **body))
    assert caught.value.cause == "redirect_away"


async def test_a_redirect_within_the_origin_keeps_what_was_sent() -> None:
    def reply(head: bytes) -> bytes:
        return answer("307 Temporary Redirect", b"", "Location: /y") if b"POST /x" in head else answer("200 OK", b"[]")

    _, seen = await ask(reply, lambda guard: guard.post("x", data={"a": "b"}, headers=OWN))
    assert seen[1].startswith(b"POST /y") and b"Bearer geheim" in seen[1]


async def test_a_client_that_has_no_place_for_the_address_guard_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The violation planted: the library renames the pool, so that replacing it would replace nothing."""

    def renamed(self: httpx2.AsyncHTTPTransport, **_: object) -> None:
        self._renamed = httpcore2.AsyncConnectionPool()  # type: ignore[attr-defined]

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "__init__", renamed)
    with pytest.raises(SourceError) as caught:
        await ask(lambda _: answer("200 OK", b"[]"), lambda guard: guard.get("x"))
    assert "address guard" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "cause", "kind"),
    [
        ("401 Unauthorized", "unauthorized", SourceRefused),
        ("406 Not Acceptable", "token_missing", SourceRefused),
        ("500 Oops", "http_5xx", SourceUnavailable),
        ("429 Slow", "rate_limited", SourceUnavailable),
    ],
)
async def test_statuses_become_decisions(status: str, cause: str, kind: type[Exception]) -> None:
    await fails(lambda _: answer(status), cause, kind)


async def test_retry_after_reaches_the_scheduler() -> None:
    with pytest.raises(SourceUnavailable) as caught:
        await ask(lambda _: answer("503 Busy", b"", "Retry-After: 120"), lambda guard: guard.get())
    assert caught.value.retry_after_s is not None
    assert 120 <= caught.value.retry_after_s <= 132


def test_retry_after_is_read_and_capped() -> None:
    assert 59 <= (retry_after("Tue, 24 Nov 2026 07:01:00 GMT", NOW) or 0) <= 67
    assert (retry_after("999999", NOW) or 0) <= 3960
    assert retry_after("soon", NOW) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1"])
async def test_private_addresses_are_blocked_unless_allowed(host: str) -> None:
    with pytest.raises(SourceRefused):
        await checked_address(host, 80, False)


async def test_link_local_is_never_allowed() -> None:
    assert await checked_address("127.0.0.1", 80, True) == "127.0.0.1"
    with pytest.raises(SourceRefused):
        await checked_address("169.254.169.254", 80, True)
