"""YAML text to plain values, each with its line; strict, every mistake at once; never guesses a type.

Only what a person reads the way the machine does: ``yes``/``on`` are words, ``07:30`` is a time of day (not
a number in base 60), a date stays text until the model asks for one. No anchors, no tags, no merge keys.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = {"map", "seq", "str", "int", "float", "bool", "null", "timestamp", "merge", "value"}
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
DEEPEST, LONGEST_NUMBER = 50, 30
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?([0-9]*\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where (1-based line), at which path, what, and how to mend it."""

    line: int
    path: Path
    message: str
    mend: str


@dataclass(slots=True)
class YamlText:
    """What a file says. ``lines`` knows the line of each path; a missing path has its parent's line."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        for length in range(len(path), 0, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return self.lines.get((), 1)

    def report(self, path: Path, message: str, mend: str) -> None:
        self.problems.append(Problem(self.line(path), path, message, mend))


def read_yaml(body: bytes) -> YamlText:
    """Read one document. ``problems`` holds everything wrong; ``value`` is what could be read."""
    text = YamlText()
    source = _decoded(body, text)
    if source is None:
        return text
    for number, line in enumerate(source.splitlines(), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            text.problems.append(Problem(number, (), "a tab indents this line", "indent with spaces"))
    if text.problems:
        return text
    try:
        if not _plain(source, text):
            return text
        root = yaml.compose(source, Loader=_LOADER)
    except yaml.YAMLError as error:
        problem = _syntax_problem(error)
        if problem.line not in {known.line for known in text.problems}:  # an alias already refused
            text.problems.append(problem)
        return text
    if root is None:
        text.problems.append(Problem(1, (), "the file is empty", "start from config.yaml of the product"))
        return text
    text.value = _Builder(text).build(root, ())
    return text


def _decoded(body: bytes, text: YamlText) -> str | None:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        text.problems.append(Problem(line, (), "this line is not UTF-8", "save the file as UTF-8"))
        return None


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 1
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    return Problem(line, (), f"not YAML: {what}", "look at this line and the one above: quotes, brackets, indentation")


def _plain(source: str, text: YamlText) -> bool:
    """Whether the tree may be built. An alias would be built once for each use of it, a deep nest not at all."""
    safe, depth = True, 0
    for event in yaml.parse(source, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            text.problems.append(Problem(line, (), "brackets or blocks lie too deep in each other", "write it flat"))
            return False
        if isinstance(event, yaml.AliasEvent):
            safe = False
            text.problems.append(Problem(line, (), f"alias *{event.anchor} is not allowed", "write the value out"))
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            text.problems.append(Problem(line, (), f"anchor &{event.anchor} is not allowed", "write the value out"))
    return safe


class _Builder:
    """Turns the node tree into values and fills ``text.lines``."""

    def __init__(self, text: YamlText) -> None:
        self.text = text

    def build(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.text.lines.setdefault(path, line)
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _PLAIN_TAGS:
            self.text.report(path, f"tag {node.tag} is not allowed", "write a plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.text.problems.append(
                    Problem(line, path, "a key must be a word", "write one word before the colon")
                )
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key == "<<":
                self.text.problems.append(Problem(line, path, "merge key << is not allowed", "write the keys out"))
                continue
            if key in result:
                first = self.text.line(here)
                message = f"key stands twice (first in line {first})"
                self.text.problems.append(Problem(line, here, message, "keep one of them"))
                continue
            self.text.lines[here] = line
            result[key] = self.build(value_node, here)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        word = str(node.value)
        if _UNSEEN.search(word):
            self.text.report(path, "holds a character that cannot be seen", "write it without control characters")
        if node.style in ("'", '"', "|", ">"):  # quoted or block: text, whatever it looks like
            return word
        if word in ("", "~", "null"):
            return None
        if word in ("true", "false"):
            return word == "true"
        if _INT.fullmatch(word):
            if len(word) > LONGEST_NUMBER:
                self.text.report(path, "number is out of range", "write a smaller number")
                return None
            return int(word)
        if _FLOAT.fullmatch(word):
            number = float(word)
            if not math.isfinite(number):
                self.text.report(path, "number is out of range", "write a smaller number")
                return None
            return number
        return word  # also 007 and 0812: codes, not numbers
