"""A tree of Dash components as HTML, so that a wall is whole with its first answer; never decides what it shows.

A wall has no callbacks: nothing of it needs to be built again by a script before it can be read. Styles go into one
``<style>`` element, because the site's policy allows no style attribute; a value is always escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dash.development.base_component import Component

VOID = frozenset({"br", "hr", "img"})
NAMES = {"className": "class"}
PLAIN = frozenset({"id", "title", "src", "alt", "href", "lang", "role", "hidden", "scope", "type"})
OWN = ("_", "available_")  # what a component notes about itself
HUMP = re.compile(r"[A-Z]")
UNSAFE = re.compile(r"[{}<>;]")


class Painter:
    """Paints one page: ``html`` of a tree, then ``styles`` of all that was painted."""

    def __init__(self, scope: str) -> None:
        """``scope``: the selector of the page's root, strong enough to win over the style sheet."""
        self._scope = scope
        self._styles: dict[str, int] = {}

    def html(self, node: Any) -> str:
        if node is None:
            return ""
        if isinstance(node, Component):
            return self._element(node)
        if isinstance(node, Sequence) and not isinstance(node, str):
            return "".join(self.html(child) for child in node)
        return escape(str(node), quote=False)

    @property
    def styles(self) -> str:
        scope = self._scope
        return "".join(
            f'{scope}[data-s="{number}"],{scope} [data-s="{number}"]{{{text}}}' for text, number in self._styles.items()
        )

    def _element(self, node: Component) -> str:
        tag = type(node).__name__.lower()
        # ``to_plotly_json`` asks every component for every property there is: half the time of a page.
        given = {name: value for name, value in vars(node).items() if not name.startswith(OWN)}
        children, style = given.pop("children", None), given.pop("style", None)
        if style:
            given["data-s"] = self._styles.setdefault(_declarations(style), len(self._styles))
        opened = f"<{tag}{attributes(given)}>"
        return opened if tag in VOID else f"{opened}{self.html(children)}</{tag}>"


def attributes(given: Mapping[str, Any]) -> str:
    """`` name="value"`` of each that has a value. Raises ValueError for a name that is no plain attribute."""
    return "".join(f' {_name(name)}="{escape(str(value))}"' for name, value in given.items() if value is not None)


def _name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    if name in PLAIN or name.startswith(("data-", "aria-")):
        return name
    raise ValueError(f"a wall has no attribute {name!r}")


def _declarations(style: Mapping[str, str]) -> str:
    """``{"fontSize": "2em"}`` as ``font-size:2em``. A value that could end its declaration is refused."""
    found = []
    for name, value in style.items():
        if UNSAFE.search(str(value)):
            raise ValueError(f"style {name} holds a mark that ends a declaration")
        found.append(f"{name if name.startswith('--') else HUMP.sub(_lower, name)}:{value}")
    return ";".join(found)


def _lower(hump: re.Match[str]) -> str:
    return f"-{hump.group().lower()}"
