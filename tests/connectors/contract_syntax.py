"""What a connector file may say, read from its syntax tree; each check gives the complaints it has, none runs it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

# fmt: off
ALLOWED = frozenset({
    "__future__", "base64", "collections", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "hashlib",
    "itertools", "json", "math", "re", "statistics", "string", "typing", "unicodedata", "urllib.parse", "zoneinfo",
    "pydantic", "dashboard.contract", "dashboard.records", "dashboard.errors", "dashboard.decoding",
    "dashboard.decoding_columns", "dashboard.decoding_html", "dashboard.decoding_indonesian", "dashboard.mapping",
    "dashboard.mapping_readers",
})
BUILTINS = frozenset({
    "open", "exec", "eval", "compile", "__import__", "input", "print", "breakpoint", "globals", "locals", "vars",
    "setattr", "delattr", "memoryview",
})
METHODS = frozenset({
    "now", "utcnow", "today", "sleep", "getenv", "write_text", "write_bytes", "read_text", "read_bytes",
})
# fmt: on
CHANGING = frozenset({"append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove"})
RECORDS = frozenset({"Case", "Measurement", "Status", "Parsed", "Transient", "Event"})
WAYS = frozenset({"http", "sql", "files", "probe"})
SHAPES = frozenset({"case", "measurement", "status"})
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_FETCH = 250, 45, 130

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class File:
    """A connector's text."""

    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {node.name: node for node in self.tree.body if isinstance(node, Function)}

    @cached_property
    def names(self) -> set[str]:
        """What the module itself names at its top."""
        found: set[str] = set()
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in filter(None, targets):
                found |= {leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
        return found

    def value(self, name: str) -> ast.expr | None:
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                return node.value
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                return node.value
        return None

    def reached(self, name: str) -> list[Function]:
        """The function and every function of the module it leads to."""
        found: dict[str, Function] = {}
        waiting = [name]
        while waiting:
            function = self.functions.get(waiting.pop())
            if function is None or function.name in found:
                continue
            found[function.name] = function
            waiting += [node.id for node in ast.walk(function) if isinstance(node, ast.Name)]
        return list(found.values())


def names(file: File) -> Iterator[str]:
    """PARSER_VERSION, SHAPES, Options, fetch, parse: exactly so."""
    version, shapes = file.value("PARSER_VERSION"), file.value("SHAPES")
    if not (isinstance(version, ast.Constant) and type(version.value) is int and version.value >= 1):
        yield "PARSER_VERSION is no whole number from 1 on"
    said = [e.value for e in shapes.elts if isinstance(e, ast.Constant)] if isinstance(shapes, ast.Tuple) else []
    if not said or not set(said) <= SHAPES:
        yield "SHAPES is no tuple of case, measurement, status"
    if not any(isinstance(node, ast.ClassDef) and node.name == "Options" for node in file.tree.body):
        yield "there is no class Options"
    fetch, parse = file.functions.get("fetch"), file.functions.get("parse")
    if not isinstance(fetch, ast.AsyncFunctionDef) or len(fetch.args.args) != 1:
        yield "fetch is not: async def fetch(ctx)"
    if not isinstance(parse, ast.FunctionDef) or len(parse.args.args) != 2:
        yield "parse is not: def parse(row, ctx)"


def purpose(file: File) -> Iterator[str]:
    """The first line tells what the file is for and what it must never do."""
    first = (ast.get_docstring(file.tree) or "").partition("\n")[0]
    if not first:
        yield "there is no docstring"
    elif "never" not in first:
        yield "the first line does not say what the connector must never do"


def length(file: File) -> Iterator[str]:
    lines = file.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{lines} lines: about 100 are meant, {LONGEST_FILE} are the limit"
    for node in ast.walk(file.tree):
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION:
            yield f"{node.name} is longer than {LONGEST_FUNCTION} lines"


def imports(file: File) -> Iterator[str]:
    """Nothing that reaches the network, a file, the clock, the environment, a log or a thread."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [f"{'.' * node.level}{node.module or ''}"]
        else:
            continue
        yield from (f"line {node.lineno}: {name} is not for connectors" for name in found if name not in ALLOWED)


def calls(file: File) -> Iterator[str]:
    """No file, no clock, no environment, no output, no sleep, whatever it is called on."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Name) and node.id in BUILTINS:
            yield f"line {node.lineno}: {node.id} is not for connectors"
        elif isinstance(node, ast.Attribute) and node.attr in METHODS and not _of_context(node):
            yield f"line {node.lineno}: .{node.attr} is not for connectors"
        elif isinstance(node, ast.Attribute) and node.attr.startswith("__"):
            yield f"line {node.lineno}: .{node.attr} reaches under the language"


def _of_context(node: ast.Attribute) -> bool:
    """``ctx.now`` is the time the room gives."""
    return isinstance(node.value, ast.Name) and node.value.id == "ctx" and node.attr == "now"


def state(file: File) -> Iterator[str]:
    """Nothing is remembered between two rows or two polls."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield f"line {node.lineno}: {type(node).__name__.lower()} keeps something between calls"
    for function in (node for node in ast.walk(file.tree) if isinstance(node, Function)):
        for default in (*function.args.defaults, *filter(None, function.args.kw_defaults)):
            if isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call):
                yield f"line {function.lineno}: a default of {function.name} outlives the call"
        yield from _changed(function, file.names - _own(function))


def _own(function: Function) -> set[str]:
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}


def _changed(function: Function, shared: set[str]) -> Iterator[str]:
    for node in ast.walk(function):
        target: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            target = node.func.value
        elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            target = node.value
        if isinstance(target, ast.Name) and (target.id in shared or target.id in {function.name}):
            yield f"line {node.lineno}: {target.id} is changed and outlives the call"  # type: ignore[attr-defined]


def handlers(file: File) -> Iterator[str]:
    """An error is a decision: nothing catches what it does not name, and nothing tries again."""
    for node in ast.walk(file.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        named = {leaf.id for leaf in ast.walk(node.type) if isinstance(leaf, ast.Name)} if node.type else {"everything"}
        if broad := named & {"everything", "Exception", "BaseException"}:
            yield f"line {node.lineno}: catches {min(broad)}"


def thin_fetch(file: File) -> Iterator[str]:
    """fetch brings rows and reads none: it awaits only what the room hands it, and makes no record."""
    reached = file.reached("fetch")
    lines = sum((f.end_lineno or 0) - f.lineno + 1 for f in reached)
    if lines > LONGEST_FETCH:
        yield f"fetch and what it calls are {lines} lines: {LONGEST_FETCH} are the limit"
    for function in reached:
        for node in ast.walk(function):
            if isinstance(node, ast.Await) and not _handed(node.value, file):
                yield f"line {node.lineno}: fetch waits for something the room did not hand it"
            elif isinstance(node, ast.AsyncWith | ast.AsyncFor):
                yield f"line {node.lineno}: fetch opens something of its own"
            elif isinstance(node, ast.Name) and node.id in RECORDS:
                yield f"line {node.lineno}: fetch makes a {node.id}; that is what parse is for"
            elif isinstance(node, ast.Attribute) and node.attr in {"words", "numbers"} and _is_context(node.value):
                yield f"line {node.lineno}: fetch reads ctx.{node.attr}; that is what parse is for"
    if not any(isinstance(node, ast.Await) for function in reached for node in ast.walk(function)):
        yield "fetch asks nothing"


def _handed(node: ast.expr, file: File) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return isinstance(file.functions.get(node.func.id), ast.AsyncFunctionDef)
    way = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(way, ast.Attribute) and way.attr in WAYS and _is_context(way.value)


def _is_context(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "ctx"


def pure_parse(file: File) -> Iterator[str]:
    """parse has the row and what the room says beside it, and nothing else."""
    for function in file.reached("parse"):
        if isinstance(function, ast.AsyncFunctionDef):
            yield f"line {function.lineno}: parse leads to async {function.name}"
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and _is_context(node.value) and node.attr in WAYS | {"cursor", "now"}:
                yield f"line {node.lineno}: parse reads ctx.{node.attr}"
            elif isinstance(node, ast.Yield | ast.YieldFrom):
                yield f"line {node.lineno}: parse leads to a generator, which runs after it has returned"


Check = Callable[[File], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    names, purpose, length, imports, calls, state, handlers, thin_fetch, pure_parse,
)  # fmt: skip
