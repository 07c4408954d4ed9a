"""Bad questions: always 4xx JSON that says what is allowed, never an echo, never a trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.access import LOCAL, may
from dashboard.api import Api
from dashboard.api_routes import BY_PATH, ROUTES
from dashboard.clock import Clock
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.history import open_history, open_reader
from tests.api.conftest import Asker, Shelf, published
from tests.ingest.served import Room, build

EVIL = "zz<script>%0d%0aQ"


@pytest.fixture(scope="module")
def asker(config: Config, migrated_sqlite: Path) -> Iterator[Asker]:
    """An empty room."""
    history = open_history(f"sqlite:///{migrated_sqlite}")
    reader = open_reader(f"sqlite:///{migrated_sqlite}")
    empty = Room(config, history, build(config, history), 0)
    api = Api(config, Registry(config), Clock(), Shelf(published(empty, 0)), reader, may)
    yield Asker(api, Shelf())
    for thing in (api, reader, history):
        thing.close()


@pytest.mark.parametrize(
    ("question", "status", "allowed"),
    [
        ("kpis?scope=district:99", 404, "city"),
        ("kpis?scope=", 404, "city"),
        ("kpis?scope=department:Inspektorat", 404, "department:DPUPR"),
        ("cases?district=99.99.99", 404, "36.71.01"),
        ("cases?subdistrict=36.71.01", 404, "36.71.01.1001"),
        ("cases?department=Nobody", 404, "DPUPR"),
        ("cases?kind=poem", 404, "aspiration"),
        ("cases?status=menunggu", 404, "waiting"),
        ("cases?overdue=maybe", 404, "true"),
        ("cases?basis=source", 404, "usulan"),
        ("cases?since=yesterday", 400, "with its zone"),
        ("cases?since=2026-02-30T00:00:00Z", 400, "with its zone"),
        ("cases?since=2026-11-24T08:00:00", 400, "with its zone"),
        ("cases?since=2026-11-24T08:00:00+07:00", 400, "%2B"),
        ("cases?since=2026-11-24", 400, "with its zone"),
        ("cases?limit=0", 400, "from 1 to 500"),
        ("cases?limit=501", 400, "from 1 to 500"),
        ("cases?limit=-5", 400, "from 1 to 500"),
        ("cases?limit=1e2", 400, "from 1 to 500"),
        ("cases?limit=%D9%A1", 400, "from 1 to 500"),
        ("cases?cursor=abc", 400, "next"),
        ("cases?cursor=1-2", 400, "next"),
        ("rejects?cursor=12", 400, "next"),
        ("cases?limit=5&limit=6", 400, "once"),
        ("cases?colour=red", 400, "subdistrict"),
        ("measurements?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", 400, "from not later than to"),
        ("measurements?metric=a%20b", 400, "a code"),
        ("measurements?item=gold", 404, "egg"),
        ("measurements?source=nobody", 404, "laksa"),
        ("prices?scope=city", 400, ""),
        ("openapi.json?x=1", 400, ""),
        ("cases?" + "&".join(f"a{n}=1" for n in range(30)), 400, "at most 20"),
        ("cases?kind=" + "x" * 300, 400, "at most 200"),
        ("cases?kind=%ff", 400, "UTF-8"),
        ("cases?kind", 400, "name=value"),
        ("nothing", 404, "/api/v1/cases"),
        ("cases/../../etc/passwd", 404, "/api/v1/cases"),
    ],
)
def test_each_mistake_is_told_with_what_is_allowed(asker: Asker, question: str, status: int, allowed: str) -> None:
    name, _, query = question.partition("?")
    found, problem = asker.ask(name, query)
    assert found == status, problem
    assert allowed in str(problem["allowed"])


@pytest.mark.parametrize(
    ("query", "named"),
    [("colour=red", "colour"), ("limit=5&colour=red", "colour"), ("3671010101900001=x", None), (f"{EVIL}=1", None)],
)
def test_an_unknown_parameter_is_named_when_it_is_a_plain_word(asker: Asker, query: str, named: str | None) -> None:
    status, problem = asker.ask("cases", query)
    assert (status, problem["parameter"]) == (400, named)
    assert "red" not in str(problem) and "script" not in str(problem) and "3671" not in str(problem)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_parameter_of_the_table_refuses_nonsense_without_repeating_it(asker: Asker, route: Any) -> None:
    for parameter in route.parameters:
        status, problem = asker.ask(route.name, f"{parameter.name}={EVIL}")
        assert 400 <= status < 500
        assert problem["parameter"] == parameter.name
        assert problem["allowed"]
        assert "script" not in str(problem)


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(sorted(BY_PATH)),
    query=st.one_of(
        st.binary(max_size=80),
        st.lists(
            st.tuples(st.sampled_from(["kind", "limit", "cursor", "since", "scope", "to", "x"]), st.text(max_size=20)),
            max_size=4,
        ).map(lambda pairs: "&".join(f"{k}={v}" for k, v in pairs).encode()),
    ),
)
def test_no_query_breaks_it(asker: Asker, path: str, query: bytes) -> None:
    status, body = asyncio.run(asker.api.find(path, query, LOCAL))
    assert status == 200 or 400 <= status < 500
    orjson.dumps(body)
