"""What a user would write instead: a Dash page with the same board and a ``dcc.Interval``, one process.

``python -m benchmarks.yardstick_interval PORT REDIS_URL``. The callback reads one small key from Redis (the work of
collecting is done already) and builds the board: a queue of 50 rows, 13 tiles of 4 numbers, 30 prices. Its number
stands in ``#seq``.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson
import redis
import uvicorn
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI

KEY = "bench:board"
EVERY_MS = 500  # the default of 1,000 cannot bring the 99th percentile under one second
QUEUE, TILES, NUMBERS, PRICES = 50, 13, 4, 30


def board(seq: int) -> dict[str, Any]:
    """What is in Redis for change ``seq``: a few rows of each part differ from the change before."""
    return {
        "seq": seq,
        "queue": [
            [10_000 + seq + n, "Jalan rusak", f"{n} mnt", "Karawaci", f"lewat {n} j", "DPUPR"] for n in range(QUEUE)
        ],
        "tiles": [[f"Kecamatan {n}", *((seq + n * k) % 97 for k in range(NUMBERS))] for n in range(TILES)],
        "prices": [[f"Komoditas {n}", 10_000 + (seq + n) % 50 * 100, f"+{n % 7}%"] for n in range(PRICES)],
    }


def build(found: dict[str, Any]) -> list[Any]:
    queue = html.Table([html.Tr([html.Td(cell) for cell in row]) for row in found["queue"]])
    tiles = [html.Div([html.H3(name), *(html.Span(number) for number in rest)]) for name, *rest in found["tiles"]]
    prices = html.Table([html.Tr([html.Td(cell) for cell in row]) for row in found["prices"]])
    return [html.H1(str(found["seq"]), id="seq"), queue, html.Div(tiles), prices]


def make_app(url: str) -> Any:
    server, client = FastAPI(), redis.Redis.from_url(url)
    app: Any = Dash("interval", server=server, backend="fastapi")  # type: ignore[arg-type]
    app.layout = html.Div([dcc.Interval(id="tick", interval=EVERY_MS), html.Div(id="board")])

    @app.callback(Output("board", "children"), Input("tick", "n_intervals"))
    def show(_: int | None) -> list[Any]:
        return build(orjson.loads(client.get(KEY)))  # type: ignore[arg-type]

    return server


if __name__ == "__main__":
    uvicorn.run(
        make_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools",
        log_level="critical", access_log=False,
    )  # fmt: skip
