"""Every cause the room can give has words an operator reads, in Indonesian and English; found by reading the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import fetching_http
from dashboard.i18n import CATALOGUE, LANGS, cause

ROOT = Path(__file__).resolve().parents[2]
ERRORS = {"SourceError", "SourceUnavailable", "SourceRefused", "SourceChanged"}
STATES = {"never", "fresh", "quiet", "not_due", "due", "late", "stale", "broken"}
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
FILES = sorted({*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("connectors/*.py")})


def causes_in(text: str) -> Iterator[str]:
    """The words a module gives as a cause: to an error, to a poll row, or beside a state of freshness."""
    tree = ast.parse(text)
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", None) in ERRORS:
                yield from _words(node.args[0], function)
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "cause":
                        yield from _words(value, function)
            if isinstance(node, ast.Tuple) and len(node.elts) == 3 and getattr(node.elts[0], "value", None) in STATES:
                yield from _words(node.elts[2], function)


def _words(node: ast.expr, function: ast.AST) -> Iterator[str]:
    """The strings an expression may be; a name is looked up among the assignments around it."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and WORD.fullmatch(node.value):
            yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body, function)
        yield from _words(node.orelse, function)
    elif isinstance(node, ast.Call):
        for argument in node.args[1:]:  # the default of a look-up
            yield from _words(argument, function)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _words(value, function)
    elif isinstance(node, ast.Name):
        for found in ast.walk(function):
            if isinstance(found, ast.Assign) and any(getattr(t, "id", None) == node.id for t in found.targets):
                yield from _words(found.value, function)


def raised() -> dict[str, str]:
    found = {word: path.name for path in FILES for word in causes_in(path.read_text(encoding="utf-8"))}
    found = {word: name for word, name in found.items() if word not in STATES}
    return found | dict.fromkeys(fetching_http.REFUSALS.values(), "fetching_http.py")


def test_the_reading_finds_what_is_there() -> None:
    known = {"refused", "timeout", "tls_expired", "html_instead_of_data", "suspicious_empty", "too_many_rejects"}
    known |= {"field_missing", "clock_ahead", "token_missing", "http_4xx", "rate_limited", "envelope"}
    assert known <= set(raised())


def test_every_cause_has_words_in_both_languages() -> None:
    missing = {word: name for word, name in raised().items() if f"cause.{word}" not in CATALOGUE}
    assert not missing, f"causes without words: {missing}"


@pytest.mark.parametrize("word", sorted({key.removeprefix("cause.") for key in CATALOGUE if key.startswith("cause.")}))
def test_the_words_are_short_plain_and_not_those_of_another_trouble(word: str) -> None:
    for lang in LANGS:
        said = cause(word, lang)
        assert 4 <= len(said) <= 36, "it has to stand on a tile"
        assert "_" not in said and not re.search(
            r"\b(?:HTTP|errno|exception|traceback|null|JSON\w+Error)\b", said, re.I
        )
        if word not in ("internal",):
            assert said != cause("internal", lang)


@pytest.mark.parametrize(
    "planted",
    [
        "def f():\n    raise SourceRefused('never_heard_of', 'x')",
        "def f(a):\n    word = 'never_heard_of' if a else 'dns'\n    raise SourceUnavailable(word)",
        "def f(a):\n    raise SourceRefused(TABLE.get(a, 'never_heard_of'))",
        "def f():\n    return {'outcome': 'changed', 'cause': 'never_heard_of'}",
        "def f(at):\n    return 'stale', at, 'never_heard_of'",
    ],
)
def test_a_planted_cause_without_words_is_caught(planted: str) -> None:
    assert [word for word in causes_in(planted) if f"cause.{word}" not in CATALOGUE][:1] == ["never_heard_of"]
