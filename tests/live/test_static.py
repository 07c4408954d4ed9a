"""Files of pages: asked for once, packed once, and never more of them kept than there is room for."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard import static


async def test_a_file_by_many_names_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static, "MOST", 3)
    files, sent = static.Static(), []

    async def dash(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"the same script"})

    async def send(message: Any) -> None:
        sent.append(message)

    for number in range(10):
        assert await files.serve(dash, f"/assets/script.v1m{number}.js", b"", send)
    assert len(files._files) == 3
    assert len(files._packed) == 1
    assert len({message["body"] for message in sent if "body" in message}) == 1
