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
    """Of a section with entries of its own names, those that a desk, or a wall, may be shown; with ``key``, those of
    them that declare it. ``also``: what stands for several of them."""

    section: str
    key: str | None = None
    also: tuple[str, ...] = ()

    def __call__(self, data: Any, levels: tuple[str, ...] = ("wall", "desk")) -> list[str]:
        entries = {name: at(data, (self.section, name)) for name in names(data, (self.section,))}
        told = [
            name for name, entry in entries.items()
            if (not isinstance(entry, dict) or entry.get("visibility", "wall") in levels)
            and (self.key is None or at(entry, (self.key,)) is not None)
        ]  # fmt: skip
        return [*told, *self.also]


def values(section: str, key: str) -> Names:
    """The values of ``key`` in the entries of ``section``, each once."""
    return lambda data: list(dict.fromkeys(str(row[key]) for _, row in rows(data, (section,)) if key in row))


def words(*known: str) -> Names:
    return lambda _: list(known)


@dataclass(frozen=True, slots=True)
class BlockType:
    """``names``: what it may be of. ``documents``: those it is made of, ``{}`` standing for the name and ``*`` at the
    end for any rest; when one changes, the pages with the block renew themselves. ``alarms``: something new in it may
    need a person. ``tables``: of these (``*``: of all) it has tables and no figure. ``views``: the module of its words
    where that is not ``views_TYPE``."""

    names: Names
    documents: tuple[str, ...]
    alarms: bool = False
    tables: tuple[str, ...] = ()
    views: str = ""

    def of(self, name: str) -> tuple[str, ...]:
        return tuple(document.format(name) for document in self.documents)


BLOCKS: dict[str, BlockType] = {
    "breakdown": BlockType(Keys("kinds", "breakdown"), ("breakdown:{}", "sources")),
    "cases": BlockType(Keys("kinds"), ("kpi:{}:*", "queue:{}", "sources"), alarms=True),
    "components": BlockType(Keys("components", also=("all",)), ("components", "measures:*", "sources")),
    "groups": BlockType(Keys("kinds"), ("groups:{}", "intake:{}", "sources"), tables=("*",)),
    "measures": BlockType(values("metrics", "group"), ("measures:{}", "sources")),
    "prices": BlockType(
        words("matrix", "sources", "markets"),
        ("prices", "prices:matrix", "sources"),
        alarms=True,
        tables=("markets",),
        views="views_goods",
    ),
    "published": BlockType(values("published_totals", "kind"), ("meta",), tables=("*",)),
    "rain": BlockType(
        values("categories", "code"),
        ("cells", "measures:weather", "status:weather", "status:warning", "sources"),
        tables=("*",),
    ),
    "status": BlockType(Keys("status_kinds"), ("status:{}", "sources"), alarms=True),
}

RESERVED = frozenset({"api", "assets", "favicon.ico", "healthz", "live", "metrics", "screens", "sources", "wall"})
_ADDRESS = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def wall_pages_check(data: Any) -> Iterator[Complaint]:
    for path, row in rows(data, ("walls",)):
        for number, page in enumerate(listed(row, ("pages",))):
            tiles = (*path, "pages", number, "tiles")
            if at(data, tiles) == []:
                yield tiles, "there is no tile", "put at least one on the page"
            yield from _twice(tiles, data)
            if at(page, ("hold",)) is True and not any(_alarms(tile) for tile in listed(page, ("tiles",))):
                alarming = ", ".join(name for name, kind in BLOCKS.items() if kind.alarms)
                complaint = "nothing on this page ever needs a person at once"
                yield (*path, "pages", number, "hold"), complaint, f"leave it out, or add one of {alarming}"
            for index, tile in enumerate(listed(page, ("tiles",))):
                if isinstance(tile, dict):
                    yield from _block((*tiles, index), tile, data)
                    yield from _unseen((*tiles, index), tile, data)


def _alarms(tile: Any) -> bool:
    return isinstance(tile, dict) and any(kind not in BLOCKS or BLOCKS[kind].alarms for kind in tile)


def _twice(path: Path, data: Any) -> Iterator[Complaint]:
    blocks = listed(data, path)
    for index, block in enumerate(blocks):
        if isinstance(block, dict) and block in blocks[:index]:
            yield (*path, index), "stands on this page already", "leave it out"


def _unseen(path: Path, tile: dict[str, Any], data: Any) -> Iterator[Complaint]:
    """A tile of what no wall may show, or of tables alone, would always be empty."""
    for kind, name in tile.items():
        if kind in BLOCKS and {"*", name} & set(BLOCKS[kind].tables):
            yield (*path, kind), f"'{name}' has tables and no figure: no wall shows it", "put it on a page"
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
        yield from _twice((*path, "blocks"), data)
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
