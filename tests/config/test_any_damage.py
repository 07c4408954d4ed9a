"""Whatever is done to a configuration, the loader answers with complaints that have a line, and never falls over."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.config.loader import check_config
from tests.config.factory import small_data
from tests.config.write_bad import ENV, HERE

BASE = (HERE / "base.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
COMPLAINT = re.compile(r"config\.yaml:(\d+) .+ \(.+\)", re.DOTALL)

TRAPS = ["", "{env:", "{file:/etc/shadow}", "${HOME}", "2026-13-45", "25:00", "../../x", "\x00", "é" * 300, "[::1"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TRAPS)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        found += places(child, (*path, key))
    return found


PLACES = places(small_data())


def check(body: bytes) -> None:
    config, problems = check_config(body, "config.yaml", HERE, ENV)
    assert config is not None or problems
    last = body.count(b"\n") + 1
    for problem in problems:
        match = COMPLAINT.fullmatch(problem)
        assert match, problem
        assert 1 <= int(match.group(1)) <= last + 1


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), ANYTHING)
def test_any_value_anywhere(path: tuple[Any, ...], value: Any) -> None:
    data: Any = small_data()
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    check(json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_damage_to_the_text(data: st.DataObject) -> None:
    lines = list(BASE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "twice", "cut", "put"])):
            case "drop" if len(lines) > 1:
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case _:
                column = data.draw(st.integers(0, len(lines[at])))
                mark = data.draw(
                    st.sampled_from([":", "-", "{", "}", "[", '"', "'", "#", "\t", "&a ", "*a", "!!x ", "|", "\n"])
                )
                lines[at] = lines[at][:column] + mark + lines[at][column:]
    check("".join(lines).encode())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes(body: bytes) -> None:
    check(body)
