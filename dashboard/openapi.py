"""OpenAPI 3.1 and docs/api.md, both out of the table of routes and the types of the answers; loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from dashboard import api_types as types
from dashboard.api_routes import OPENAPI, PREFIX, ROUTES, Route
from dashboard.config.model import Config
from dashboard.disclosure import Disclosure
from dashboard.export import CSV, XLSX

REF = "#/components/schemas/{model}"
PROBLEMS = {
    "400": "A parameter is unknown, repeated or cannot be read.",
    "403": "This reader may not see what was asked for; `allowed` names the scopes that are open.",
    "404": "A parameter names what does not exist.",
    "503": "The history or the published figures are away.",
}


@lru_cache(maxsize=1)
def _schemas() -> tuple[Mapping[type, Mapping[str, Any]], Mapping[str, Any]]:
    wanted: list[type] = [*(route.answer for route in ROUTES), types.Problem]
    found, whole = TypeAdapter.json_schemas(
        [(kind, "serialization", TypeAdapter(kind)) for kind in wanted], ref_template=REF
    )
    components = {name: _told(name, schema) for name, schema in whole["$defs"].items()}
    return {kind: found[kind, "serialization"] for kind in wanted}, components


def _told(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody needs a title that repeats the name."""
    plain = {key: value for key, value in schema.items() if key != "title"}
    properties = {
        field: {key: value for key, value in of.items() if key != "title"}
        for field, of in schema.get("properties", {}).items()
    }
    return {**plain, "properties": properties}


def document(config: Config, known: Disclosure) -> dict[str, Any]:
    of, components = _schemas()
    paths = {route.path: {"get": _operation(route, of, known)} for route in ROUTES}
    for route in ROUTES:
        for form, path in route.tables.items():
            paths[path] = {"get": _as_table(paths[route.path]["get"], form)}
    whole = {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
    wrong = {"description": PROBLEMS["400"], "content": _content(of[types.Problem])}
    told = {"operationId": "openapi", "summary": "This document.", "responses": {"200": whole, "400": wrong}}
    paths[OPENAPI] = {"get": told}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": config.city.room,
            "version": "1",
            "description": "Read only. Every instant carries its zone; null is not known and never zero. "
            "Cases carry the room's own number, never a source's id.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _as_table(operation: Mapping[str, Any], form: str) -> dict[str, Any]:
    """The same question, answered as a table for spreadsheets."""
    good = {
        "description": "The same rows as a table; the cursor of the page that follows is in the header x-next-cursor.",
        "content": CONTENT[form],
    }
    name = f"{operation['operationId']}_{form}"
    return {**operation, "operationId": name, "responses": {**operation["responses"], "200": good}}


CONTENT: dict[str, Any] = {
    "csv": {CSV.partition(";")[0]: {"schema": {"type": "string"}}},
    "xlsx": {XLSX: {}},
}


def _content(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _operation(route: Route, of: Mapping[type, Mapping[str, Any]], known: Disclosure) -> dict[str, Any]:
    listed = []
    for p in route.parameters:
        schema = p.kind.schema(known)
        if p.default is not None:
            schema["default"] = p.default
        listed.append({"name": p.name, "in": "query", "required": False, "description": p.text, "schema": schema})
    problems = {
        status: {"description": text, "content": _content(of[types.Problem])} for status, text in PROBLEMS.items()
    }
    good = {"description": route.text, "content": _content(of[route.answer])}
    return {
        "operationId": route.name,
        "summary": route.text,
        "parameters": listed,
        "responses": {"200": good, **problems},
    }


HEAD = f"""# The room for other machines

<!-- Made from dashboard/api_routes.py by `.venv/bin/python -m dashboard.openapi`; do not edit. -->

JSON over GET, read only, loopback only until access control exists. Every instant carries its zone. `null` is not
known, which is never zero. Cases carry the room's own number, never a source's id. Confidential cases are counted for
the city and listed nowhere. `as_of` is the room's time of the answer, `seq` the newest change in it. `{OPENAPI}`
has the whole truth: every field of every answer, and the codes of this city.

A question that cannot be answered gets 400 (unknown, repeated or unreadable parameter), 403 (a scope that is
not open to the reader), 404 (no such resource, or a
name nobody knows) or 503 (history or figures away), always as `{{"error": ..., "parameter": ..., "allowed": ...}}`:
`allowed` says what would have been right, `parameter` which one is wrong, as far as its name is a plain word.

```sh
curl -s "http://127.0.0.1:8050{PREFIX}kpis?scope=city&kind=aspiration"
curl -s "http://127.0.0.1:8050{PREFIX}cases?overdue=true&basis=ditetapkan&limit=20"
curl -s "http://127.0.0.1:8050{PREFIX}measurements?metric=price&item=egg&from=2026-11-01T00:00:00%2B07:00"
```

Lists come in pages: `next` is the `cursor` of the page that follows, or null. With `.csv` or `.xlsx` behind its name
(`{PREFIX}cases.xlsx`) a list comes as a table for spreadsheets: text that a spreadsheet would run as a formula is kept
from it (in CSV by an apostrophe before it, in XLSX by being text), numbers stay numbers, in XLSX times stay times (in
the city's zone), and the cursor is in the header `x-next-cursor`.
"""


def reference() -> str:
    """docs/api.md; the same for every city, so lists of codes are left to openapi.json."""
    lines = [HEAD]
    for route in ROUTES:
        lines += [f"## `{route.path}`", "", route.text, ""]
        if route.parameters:
            lines += ["| parameter | is | meaning | default |", "|---|---|---|---|"]
        for p in route.parameters:
            lines.append(f"| `{p.name}` | {p.kind.said} | {p.text} | {'' if p.default is None else f'`{p.default}`'} |")
        lines += [""] if route.parameters else []
        lines += [f"Answers: {_fields(route.answer)}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _fields(kind: type) -> str:
    """The fields of an answer, and of the rows in it."""
    of, components = _schemas()
    name = of[kind]["$ref"].rsplit("/", 1)[1]
    properties = components[name]["properties"]
    said = [", ".join(f"`{field}`" for field in properties) + "."]
    for field, schema in properties.items():
        inner = schema.get("items") or schema.get("additionalProperties") or {}
        if "$ref" in inner:
            row = components[inner["$ref"].rsplit("/", 1)[1]]["properties"]
            said.append(f"Each of `{field}`: " + ", ".join(f"`{name}`" for name in row) + ".")
    return "\n\n".join(said)


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201
