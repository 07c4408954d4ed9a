"""Every route and callback of the running app asks may(); nothing of Dash's workshop answers (scenario 41)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from dash import Dash, html
from dash._callback import GLOBAL_CALLBACK_LIST
from dash.dependencies import Input, Output
from fastapi import FastAPI

from dashboard import web
from dashboard.access import LOCAL, Principal, may
from dashboard.api_routes import OPENAPI, ROUTES
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.static import ask
from tests.security.conftest import Guarded

WORKSHOP = (
    "_mcp", "mcp", "docs", "redoc", "openapi.json", "_reload-hash", "_dash-ws-callback", "_dash-error", "_dash-config",
    "_alive", "_dash-update-component", "console", "__debug__", "_dash-mcp", "docs/oauth2-redirect", "_dash-jobs",
)  # fmt: skip
HEADERS = [(b"host", b"localhost")]


Question = tuple[Principal, str, str | None]


class Asked:
    """Stands where ``may`` does: keeps every question, and says no to what ``denied`` picks out."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.denied: Callable[[Question], bool] = lambda _: False

    def __call__(self, principal: Principal, view: str, scope: str | None) -> bool:
        question = (principal, view, scope)
        self.questions.append(question)
        return may(*question) and not self.denied(question)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def room(config: Config, asked: Asked) -> Iterator[web.Room]:
    made = web.Room(config, Clock(), "unix:///nowhere/v.sock", may=asked)
    yield made
    made.api.close()


def paths(room: web.Room) -> list[str]:
    """Every address the app has a route for: its own table, the API's, the pages', and each Dash app's whole list."""
    found = ["/", "/sources", *(f"/{key}" for key in room.config.pages), *(f"/wall/{n}" for n in room.config.walls)]
    found += [f"{path}main" if path.endswith("/") else path for path in room.routes]
    found += [OPENAPI, *(route.path for route in ROUTES)]
    for page in room.pages.all:
        asyncio.run(ask(page.server, page.prefix))  # Dash adds routes with the first request
        found += [page.prefix, f"{page.prefix}assets/wall.css"]
        found += [
            getattr(route, "path", "").replace("{", "").replace("}", "") for route in getattr(page.server, "routes", ())
        ]
    return sorted({path for path in found if path.startswith("/") and path != "/favicon.ico"})


def callbacks(room: web.Room) -> list[Any]:
    """Every callback of every Dash app, as its own pages would be told."""
    found: list[Any] = list(GLOBAL_CALLBACK_LIST)
    for page in room.pages.all:
        if page.view.startswith("page:"):
            continue  # no Dash app: it has no callbacks to tell of
        asyncio.run(ask(page.server, page.prefix))
        found += orjson.loads(asyncio.run(ask(page.server, f"{page.prefix}_dash-dependencies"))[2])
    return found


async def status_of(room: web.Room, address: str) -> int:
    status = 0
    path, _, query = address.partition("?")

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "headers": HEADERS, "scheme": "http", "http_version": "1.1", "asgi": {"version": "3.0"},
        "state": {}, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await asyncio.wait_for(room(scope, receive, send), 20)
    return status


def unguarded(room: web.Room) -> list[str]:
    """What still answers when may() says no to everything: 403 and 404 tell nothing."""
    return [path for path in paths(room) if asyncio.run(status_of(room, path)) not in (403, 404)]


@pytest.fixture
def nobody(asked: Asked) -> Asked:
    """From now on nobody may see anything."""
    asked.denied = lambda _: True
    return asked


def test_every_route_asks(room: web.Room, nobody: Asked) -> None:
    assert len(paths(room)) > 40
    assert unguarded(room) == []
    views = {view for _, view, _ in nobody.questions}
    pages = {f"page:{key}" for key in room.config.pages}
    assert pages
    assert views == {"wall", "live", "screens", "sources", "api", "health", "metrics"} | pages


QUESTIONS: list[tuple[str, Question]] = [
    ("/", (LOCAL, "screens", "city")),
    ("/sources", (LOCAL, "sources", "city")),
    ("/aspirations", (LOCAL, "page:aspirations", "city")),
    ("/aspirations?lang=en", (LOCAL, "page:aspirations", "city")),
    ("/live/desk/aspirations", (LOCAL, "live", "city")),
    ("/wall/main", (LOCAL, "wall", "city")),
    ("/wall/main/id/assets/wall.css", (LOCAL, "wall", "city")),
    ("/live/main", (LOCAL, "live", "city")),
    ("/live/desk/sources", (LOCAL, "live", "city")),
    ("/healthz", (LOCAL, "health", None)),
    ("/metrics", (LOCAL, "metrics", None)),
    ("/api/v1/openapi.json", (LOCAL, "api", None)),
    ("/api/v1/sources", (LOCAL, "api", "city")),
    ("/api/v1/sources.csv", (LOCAL, "api", "city")),
    ("/api/v1/kpis", (LOCAL, "api", "city")),
    ("/api/v1/kpis?scope=district:36.71.05", (LOCAL, "api", "district:36.71.05")),
    ("/api/v1/kpis?scope=department:DLH", (LOCAL, "api", "department:DLH")),
    ("/api/v1/cases", (LOCAL, "api", "city")),
    ("/api/v1/cases?department=DLH", (LOCAL, "api", "department:DLH")),
    ("/api/v1/cases.csv?department=DLH", (LOCAL, "api", "department:DLH")),
    ("/api/v1/cases?district=36.71.05", (LOCAL, "api", "district:36.71.05")),
    ("/api/v1/cases?subdistrict=36.71.09.1006", (LOCAL, "api", "district:36.71.09")),
]


@pytest.mark.parametrize(("address", "question"), QUESTIONS, ids=[address for address, _ in QUESTIONS])
def test_the_question_is_about_what_was_asked_and_its_answer_is_obeyed(
    room: web.Room, asked: Asked, address: str, question: Question
) -> None:
    """A no to this one question and to no other: this address is refused; its neighbours are not."""
    asked.denied = lambda one: one == question
    assert asyncio.run(status_of(room, address)) == 403
    assert question in asked.questions
    asked.denied = lambda one: one[1:] == ("api", "department:Dinkes")
    assert asyncio.run(status_of(room, address)) != 403


def test_a_question_about_two_scopes_needs_one_of_them(room: web.Room, asked: Asked) -> None:
    address = "/api/v1/cases?department=DLH&district=36.71.05"
    asked.denied = lambda one: one[2] == "district:36.71.05"
    assert asyncio.run(status_of(room, address)) != 403
    asked.denied = lambda one: one[2] in ("district:36.71.05", "department:DLH")
    assert asyncio.run(status_of(room, address)) == 403


def test_who_asks_travels_with_the_request(room: web.Room, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identified once, at the door; every question is about that one, and a stranger is told nothing."""
    stranger = Principal("stranger")
    monkeypatch.setattr(web.access, "identify", lambda _: stranger)
    for address, _ in QUESTIONS:
        assert asyncio.run(status_of(room, address)) == 403, address
    assert {principal for principal, _, _ in asked.questions} == {stranger}


def test_a_view_or_scope_nobody_named_is_refused() -> None:
    assert may(LOCAL, "wall", "city")
    assert may(LOCAL, "api", None)
    assert not may(LOCAL, "secrets", "city")
    assert not may(LOCAL, "api", "person:7")
    assert not may(Principal("stranger"), "wall", "city")


def leaking_route(room: web.Room) -> web.Room:
    async def leak(scope: Any, receive: Any, send: Any) -> None:
        await web.api.answer(send, 200, {"leak": True})

    inner = room._route
    room.routes["/leak"] = ("leak", None, leak)

    async def route(scope: Any, receive: Any, send: Any) -> None:
        await (leak if scope["path"] == "/leak" else inner)(scope, receive, send)

    room.application._app = route  # type: ignore[attr-defined]
    return room


def leaking_page(room: web.Room) -> web.Room:
    inner, page = room._route, room.pages.all[0]

    async def route(scope: Any, receive: Any, send: Any) -> None:
        own = scope["path"].startswith(page.prefix)
        await (page.server if own else inner)(scope, receive, send)

    room.application._app = route  # type: ignore[attr-defined]
    return room


@pytest.mark.parametrize(("plant", "where"), [(leaking_route, "/leak"), (leaking_page, "/wall/main/id/")])
def test_a_planted_route_that_does_not_ask_is_seen(
    room: web.Room, nobody: Asked, plant: Callable[[web.Room], web.Room], where: str
) -> None:
    assert where in unguarded(plant(room))


def test_no_page_has_a_callback(room: web.Room) -> None:
    """So nothing may be posted. The first callback needs a guard of its own, and this test to know it."""
    assert callbacks(room) == []


def test_a_planted_callback_is_seen(room: web.Room) -> None:
    server = FastAPI()
    app = Dash(
        "planted", server=server, backend="fastapi", requests_pathname_prefix="/p/", routes_pathname_prefix="/p/"
    )  # type: ignore[arg-type]
    app.layout = html.Div([html.B(id="a"), html.B(id="b")])
    app.callback(Output("a", "children"), Input("b", "children"))(lambda value: value)
    room.pages.all.append(web_page("/p/", server))
    assert len(callbacks(room)) == 1


def web_page(prefix: str, server: FastAPI) -> Any:
    from dashboard.pages import Page

    return Page(prefix, "screens", server, ())


def test_nothing_of_the_workshop_answers_on_any_page(guarded: Guarded, room: web.Room) -> None:
    prefixes = ["/", "/api/", "/live/", *(page.prefix for page in room.pages.all)]
    answers = {f"{prefix}{name}": guarded.request(f"{prefix}{name}") for prefix in prefixes for name in WORKSHOP}
    assert {path: status for path, status in answers.items() if status != 404} == {}
    for page in room.pages.all:
        _, answer = guarded.raw(
            f"GET {page.prefix} HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nConnection: close\r\n\r\n".encode()
        )
        if page.view.partition(":")[0] in ("wall", "page"):
            assert b"_dash" not in answer  # painted: nothing of Dash runs there
            continue
        config = orjson.loads(answer.split(b'id="_dash-config" type="application/json">')[1].split(b"</script>")[0])
        assert not config.get("ui")
        assert not config.get("hot_reload")
        assert not config.get("websocket")
        assert not config.get("props_check")


def test_every_answer_carries_the_safety_headers(guarded: Guarded) -> None:
    for path in ("/", "/sources", "/wall/main", "/healthz", "/metrics", "/api/v1/cases", "/nowhere", "/live/none"):
        _, answer = guarded.raw(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nConnection: close\r\n\r\n".encode()
        )
        head = answer.split(b"\r\n\r\n")[0].decode().lower()
        assert "unsafe" not in head.replace("style-src-elem 'self' 'unsafe-inline';", "")
        for wanted in (
            "frame-ancestors 'none'", "x-content-type-options: nosniff", "cache-control: no-store",
            "cross-origin-resource-policy: same-origin", "style-src-attr 'none'",
        ):  # fmt: skip
            assert wanted in head, path
        assert "server:" not in head
