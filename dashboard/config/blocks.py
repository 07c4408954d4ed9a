"""The types of block a desk page is put together of, and what is wrong with ``pages:``; pure, draws nothing.

One line in ``BLOCKS`` adds a type. Its words are made by ``view(words, name)`` in ``dashboard/views_TYPE.py`` and laid
out by ``layout(view)`` in ``layouts/blocks/TYPE.py``; ``name`` is what stands behind the type in the configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.config.checks import at, listed, names, rows
from dashboard.config.complaints import Complaint, Path, near

Names = Callable[[Any], list[str]]
"""From the raw configuration: what a block of the type may be of."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Of a section with entries of its own names, those that a desk, or a wall, may be shown."""

    section: str

    def __call__(self, data: Any, levels: tuple[str, ...] = ("wall", "desk")) -> list[str]:
        entries = {name: at(data, (self.section, name)) for name in names(data, (self.section,))}
        return [
            name for name, entry in entries.items()
            if not isinstance(entry, dict) or entry.get("visibility", "wall") in levels
        ]  # fmt: skip


def keys(section: str) -> Keys:
    return Keys(section)


def holding(section: str, key: str) -> Names:
    """Of a section with entries of its own names, those that a desk may be shown and that declare ``key``."""
    return lambda data: [name for name in keys(section)(data) if at(data, (section, name, key)) is not None]


def values(section: str, key: str) -> Names:
    """The values of ``key`` in the entries of ``section``, each once."""
    return lambda data: list(dict.fromkeys(str(row[key]) for _, row in rows(data, (section,)) if key in row))


def words(*known: str) -> Names:
    return lambda _: list(known)


@dataclass(frozen=True, slots=True)
class BlockType:
    """``names``: what it may be of. ``documents``: those it is made of, ``{}`` standing for the name and ``*`` at the
    end for any rest; when one changes, the pages with the block renew themselves. ``views``: the module of its words
    where that is not ``views_TYPE``."""

    names: Names
    documents: tuple[str, ...]
    views: str = ""

    def of(self, name: str) -> tuple[str, ...]:
        return tuple(document.format(name) for document in self.documents)


BLOCKS: dict[str, BlockType] = {
    "breakdown": BlockType(holding("kinds", "breakdown"), ("breakdown:{}", "sources")),
    "cases": BlockType(keys("kinds"), ("kpi:*", "queue:{}", "sources")),
    "components": BlockType(
        lambda data: [*names(data, ("components",)), "all"], ("components", "measures:*", "sources")
    ),
    "groups": BlockType(keys("kinds"), ("groups:{}", "intake:{}", "sources")),
    "measures": BlockType(values("metrics", "group"), ("measures:{}", "sources")),
    "prices": BlockType(
        words("matrix", "sources", "markets"), ("prices", "prices:matrix", "sources"), views="views_goods"
    ),
    "published": BlockType(values("published_totals", "kind"), ("meta",)),
    "rain": BlockType(
        values("categories", "code"), ("cells", "measures:weather", "status:weather", "status:warning", "sources")
    ),
    "status": BlockType(keys("status_kinds"), ("status:{}", "sources")),
}

RESERVED = frozenset({"api", "assets", "favicon.ico", "healthz", "live", "metrics", "screens", "sources", "wall"})
_ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def wall_pages_check(data: Any) -> Iterator[Complaint]:
    for path, row in rows(data, ("walls",)):
        for number, page in enumerate(listed(row, ("pages",))):
            tiles = (*path, "pages", number, "tiles")
            if at(data, tiles) == []:
                yield tiles, "there is no tile", "put at least one on the page"
            for index, tile in enumerate(listed(page, ("tiles",))):
                if isinstance(tile, dict):
                    yield from _block((*tiles, index), tile, data)
                    yield from _unseen((*tiles, index), tile, data)


def _unseen(path: Path, tile: dict[str, Any], data: Any) -> Iterator[Complaint]:
    """A tile of what no wall may show would always be empty."""
    for kind, name in tile.items():
        known = BLOCKS[kind].names if kind in BLOCKS else None
        if isinstance(known, Keys) and name in known(data) and name not in known(data, ("wall",)):
            yield (*path, kind), f"'{name}' is for desks only: no wall shows it", "leave it out, or put it on a page"


def pages_check(data: Any) -> Iterator[Complaint]:
    for path, row in rows(data, ("pages",)):
        key = str(path[-1])
        if key in RESERVED:
            yield path, "this address is the room's own", "give the page another name"
        elif not _ADDRESS.fullmatch(key):
            yield path, "this name is part of an address", "write it with small letters, digits, - and _"
        if row.get("blocks") == []:
            yield (*path, "blocks"), "there is no block", "put at least one on the page"
        for index, block in enumerate(listed(row, ("blocks",))):
            if isinstance(block, dict):
                yield from _block((*path, "blocks", index), block, data)


def _block(path: Path, block: dict[str, Any], data: Any) -> Iterator[Complaint]:
    if len(block) != 1:
        yield path, f"has {len(block)} keys", "a block is one type and what it is of, e.g. cases: aspiration"
        return
    ((kind, name),) = block.items()
    if kind not in BLOCKS:
        yield (*path, kind), "is no type of block", near(str(kind), list(BLOCKS))
    elif isinstance(name, str) and name not in (known := BLOCKS[kind].names(data)):
        yield (*path, kind), f"'{name}' is nothing a page can show with '{kind}'", near(name, known)
