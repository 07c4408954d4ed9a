"""Faults of a finished HTTP answer: status, headers, size, encoding; bounded memory on this side of the wire."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from connectors.simulator.wire import Answer, Request

Params = Mapping[str, Any]
LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Masuk</title></head><body><form action='/login' method='post'>"
    b"<input name='nik'><input name='password' type='password'><button>Masuk</button></form></body></html>"
)


def hang(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    return Answer(hang=True)


def slow_drip(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    answer.drip_s = params.get("interval_s", 1.0)
    answer.delivered = None
    return answer


def html_login(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    return Answer(200, LOGIN_PAGE, "text/html; charset=utf-8")


def http_429(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    return Answer(429, b'{"success":false,"message":"Too Many Requests"}', headers=_retry_after(params, now))


def http_503(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    return Answer(503, b"<html>Service Unavailable</html>", "text/html", headers=_retry_after(params, now))


def http_error(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    """Any other status; the body holds what a room must never repeat."""
    return Answer(int(params.get("status", 500)), str(params.get("body", "galat")).encode(), "text/plain")


def _retry_after(params: Params, now: datetime) -> dict[str, str]:
    """``retry_after`` seconds, as a number or (``as_date``) as a date by this city's clock."""
    seconds = params.get("retry_after", 3)
    if seconds is None:
        return {}
    if params.get("as_date"):
        return {"Retry-After": format_datetime(now + timedelta(seconds=seconds), usegmt=True)}
    return {"Retry-After": str(seconds)}


def huge_body(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    size = int(params.get("bytes", 1 << 30))

    async def pour() -> AsyncIterator[bytes]:
        chunk = b'{"id":1,"isi":"' + b"A" * 65_000 + b'"},'
        yield b'{"success":true,"message":"ok","data":['
        for _ in range(size // len(chunk) + 1):
            yield chunk
            await asyncio.sleep(0)
        yield b"{}]}"

    return Answer(200, stream=pour())


def gzip_bomb(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    """A few megabytes on the wire, ``bytes`` (1 GB) when unpacked: one flushed block, repeated."""
    size = int(params.get("bytes", 1 << 30))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(b'{"success":true,"data":[') + packer.flush(zlib.Z_FULL_FLUSH)
    unit = 8 << 20
    block = packer.compress(b" " * unit) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(b"]}") + packer.flush(zlib.Z_FINISH)
    body = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + head + block * max(1, size // unit) + tail + b"\0" * 8
    return Answer(200, body, headers={"Content-Encoding": "gzip"})


def deep_json(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    depth = int(params.get("depth", 200_000))
    return Answer(200, b'{"success":true,"message":"ok","data":' + b"[" * depth + b"]" * depth + b"}")


def redirect_loop(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    turn = int(request.query.get("putaran", "0") or 0) + 1
    return Answer(302, headers={"Location": f"{request.path}?putaran={turn}"})


def redirect_to(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    return Answer(302, headers={"Location": str(params.get("url", "http://169.254.169.254/latest/meta-data/"))})


def bom(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    answer.body = b"\xef\xbb\xbf" + answer.body
    return answer


def truncated(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    answer.body = answer.body[: len(answer.body) // 2]
    answer.delivered = None
    return answer


def clock_ahead(answer: Answer, request: Request, params: Params, now: datetime) -> Answer:
    answer.date = (answer.date or now) + timedelta(hours=params.get("hours", 5))
    return answer


ANSWER_FAULTS: dict[str, Callable[[Answer, Request, Params, datetime], Answer]] = {
    change.__name__: change
    for change in (
        hang, slow_drip, html_login, http_429, http_503, http_error, huge_body, gzip_bomb, deep_json, redirect_loop,
        redirect_to, bom, truncated, clock_ahead,
    )
}  # fmt: skip
