"""OpenAPI and docs/api.md say what the table of routes says, and load nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from dashboard.api_routes import ROUTES
from dashboard.openapi import reference
from tests.ingest.served import PriceConnector, Room


def test_the_document_is_openapi_3_1_and_whole(room: Room, asker_of: Any) -> None:
    asker = asker_of(room)
    asker.get("cases")
    document = asker.document
    assert document["openapi"] == "3.1.0"
    assert [e.message for e in OpenAPIV31SpecValidator(document).iter_errors()] == []
    tables = {path for route in ROUTES for path in route.tables.values()}
    assert len(tables) >= 12
    assert set(document["paths"]) == {route.path for route in ROUTES} | tables | {"/api/v1/openapi.json"}
    text = json.dumps(document)
    assert re.findall(r'"\$ref": "(?!#/)', text) == []
    assert re.findall(r"https?://", text) == []
    for route in ROUTES:
        operation = document["paths"][route.path]["get"]
        assert [p["name"] for p in operation["parameters"]] == [p.name for p in route.parameters]


def test_the_validators_see_planted_faults(room: Room, asker_of: Any) -> None:
    asker = asker_of(room)
    good = asker.get("sources")
    asker.document["info"].pop("title")
    assert list(OpenAPIV31SpecValidator(asker.document).iter_errors())
    for lie in ({"as_of": "yesterday"}, {"as_of": "2026-11-24T00:00:00"}, {"name": "Siti"}, {"seq": None}):
        with pytest.raises(AssertionError):
            asker.check("/api/v1/sources", 200, {**good, **lie})


def test_the_examples_of_the_page_are_answered(room: Room, asker_of: Any, repo: Path) -> None:
    room.connector, room.source_id = PriceConnector(), "tpid_prices"
    room.poll([{"item": "egg", "day": 0, "value": 28_000}], 0)
    asker, page = asker_of(room), (repo / "docs" / "api.md").read_text()
    examples = re.findall(r'^curl -s "http://127\.0\.0\.1:8050/api/v1/(\w+)\?([^"]+)"$', page, re.MULTILINE)
    assert len(examples) == page.count("curl ") == 3
    for name, query in examples:
        asker.get(name, query)


def test_the_reference_is_the_table(repo: Path) -> None:
    assert (repo / "docs" / "api.md").read_text() == reference(), "write it anew: python -m dashboard.openapi"
