"""The floor: a bare page with one SSE stream and one text slot, raw sends, one process.

``python -m benchmarks.yardstick_floor PORT REDIS_URL``. A change is one PUBLISH of its number on ``bench:floor``.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import redis.asyncio
import uvicorn

from dashboard.process import collect_rarely, raise_open_files

CHANNEL = "bench:floor"
PAGE = b"""<!DOCTYPE html><title>floor</title><span id="slot" data-seq="0">0</span><script>
new EventSource("/live/main").addEventListener("frame", (e) => {
  const slot = document.getElementById("slot"); slot.textContent = e.data; slot.dataset.seq = e.data;
});</script>"""


class Floor:
    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: set[asyncio.Queue[bytes]] = set()

    async def follow(self) -> None:
        client = redis.asyncio.Redis.from_url(self._url)
        pubsub = client.pubsub()
        await pubsub.subscribe(CHANNEL)
        async for message in pubsub.listen():
            if message["type"] == "message":
                body = b"id: %s\nevent: frame\ndata: %s\n\n" % (message["data"], message["data"])
                for queue in self._clients:
                    queue.put_nowait(body)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            follower = asyncio.create_task(self.follow())
            await send({"type": "lifespan.startup.complete"})
            collect_rarely()
            await receive()
            follower.cancel()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/live/main":
            await self.stream(send)
        else:
            kind = b"text/html; charset=utf-8"
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
            await send({"type": "http.response.body", "body": PAGE if scope["path"] == "/" else b""})

    async def stream(self, send: Any) -> None:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._clients.add(queue)
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b": open\n\n", "more_body": True})
            while True:
                await send({"type": "http.response.body", "body": await queue.get(), "more_body": True})
        finally:
            self._clients.discard(queue)


if __name__ == "__main__":
    raise_open_files()
    uvicorn.run(
        Floor(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", backlog=2048,
        log_level="critical", access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
