"""Where the tiles of a wall stand, in em of its smallest type: what fits is decided here, not by the browser.

A wall is laid out for its own panel. A window of another shape shows the same picture smaller, never cut. A tile the
city has nothing for takes no room; its neighbours share it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dashboard.config.model import Wall
from layouts.typography import LINE, Type, measure

DOT = 0.62  # em of one dot of a deck
GAP = 0.35
TILE_WIDTH, TILE_HEIGHT = 17.0, 4.6  # the least of a tile of figures: its head and one of them
EDGE = 0.4
LOW = 9.5
SUM_HEIGHT, TALL_SUM_HEIGHT = 4.45, 4.3
Form = Literal["tall", "band", "wide", "full", "half"]
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """``pad_x`` and ``pad_y`` are kept free inside; ``line`` is the height of a line of text."""

    x: float
    y: float
    width: float
    height: float
    line: float = LINE
    pad_x: float = 0.5
    pad_y: float = 0.25
    thirds: bool = False  # text ends where a panel of the wall does
    turns: int = 1  # tiles that take turns here

    @property
    def inner(self) -> float:
        return self.width - 2 * self.pad_x - 0.1

    @property
    def body(self) -> float:
        return self.height - 2 * self.pad_y - 0.1

    @property
    def dots(self) -> float:
        """The width of the dots that say whose turn it is."""
        return self.turns * DOT + 0.4 if self.turns > 1 else 0.0

    @property
    def low(self) -> bool:
        """Seen from far away: few lines, so the head of a tile is one of them."""
        return self.height < LOW

    @property
    def heads(self) -> int:
        return 1 if self.low else 2

    @property
    def style(self) -> dict[str, str]:
        return {
            "left": f"{self.x:.3f}em",
            "top": f"{self.y:.3f}em",
            "width": f"{self.width:.3f}em",
            "height": f"{self.height:.3f}em",
            "padding": f"{self.pad_y}em {self.pad_x}em",
            "lineHeight": f"{self.line}",
        }


Deck = tuple[Box, Names]


@dataclass(frozen=True, slots=True)
class Plan:
    """``decks``: boxes whose tiles take turns, by name. ``strip``: the changes of the last half hour on one line."""

    form: Form
    header: Box
    sources: Box
    decks: tuple[Deck, ...]
    strip: Box | None = None


def form_of(size: Type) -> Form:
    if size.height > size.width:
        return "tall"
    if size.height < 16:
        return "band"
    if size.width >= 110:
        return "wide"
    return "full" if size.width >= 54 else "half"


def plan(size: Type, tiles: frozenset[str]) -> Plan:
    """``tiles``: the names of those this city has something for."""
    form = form_of(size)
    made = {"tall": _tall, "band": _band, "wide": _wide, "full": _full, "half": _half}[form](size, tiles)
    return replace(made, decks=tuple((replace(box, turns=len(names)), names) for box, names in made.decks))


def _kept(decks: Sequence[tuple[float, Names]], tiles: frozenset[str]) -> list[tuple[float, Names]]:
    """The shares of a row or pile whose decks still hold a tile, with those tiles."""
    kept = [(share, tuple(name for name in names if name in tiles)) for share, names in decks]
    return [(share, names) for share, names in kept if names]


def grid(size: Type, made: Plan, count: int) -> list[Box]:
    """``count`` boxes of one size between header and foot, in as few rows as are wide enough; columns end where a panel
    does. They are too low where there are too many: ``check_wall`` refuses that."""
    top, bottom = made.header.y + made.header.height + 0.1, (made.strip or made.sources).y - 0.1
    panels = size.panels if size.width / size.panels >= TILE_WIDTH else 1
    fitting = panels * max(1, math.floor(size.width / panels / TILE_WIDTH))
    rows = math.ceil(count / fitting)
    columns = math.ceil(math.ceil(count / rows) / panels) * panels
    width, height = size.width / columns, (bottom - top + GAP) / rows
    line = made.sources.line
    return [
        Box(n % columns * width + GAP / 2, top + n // columns * height, width - GAP, height - GAP, line, turns=1)
        for n in range(count)
    ]


def check_wall(name: str, wall: Wall) -> list[str]:
    """Pages with more tiles than can be read at the wall's distance, with the mend."""
    size, found = measure(wall), []
    made = plan(size, frozenset())
    for number, page in enumerate(wall.pages, 1):
        fits = max((n for n in range(1, 25) if grid(size, made, n)[0].height >= TILE_HEIGHT), default=0)
        if len(page.tiles) > fits:
            found.append(
                f"page {number} of wall {name!r} has {len(page.tiles)} tiles, at {wall.viewing_distance_m:g} m there "
                f"is room for {fits} (spread them over more pages)"
            )
    return found


def _columns(size: Type, top: float, bottom: float, decks: Sequence[tuple[float, Names]]) -> list[Deck]:
    """Decks beside each other between ``top`` and ``bottom``; shares of the width."""
    free = size.width - 2 * EDGE - GAP * (len(decks) - 1)
    found, x = [], EDGE
    for share, names in decks:
        width = free * share / sum(share for share, _ in decks)
        found.append((Box(x, top, width, bottom - top), names))
        x += width + GAP
    return found


def _pile(size: Type, top: float, bottom: float, decks: Sequence[tuple[float, Names]]) -> list[Deck]:
    """Decks under each other over the whole width; shares of the height."""
    free = bottom - top - GAP * (len(decks) - 1)
    found, y = [], top
    for share, names in decks:
        height = free * share / sum(share for share, _ in decks)
        found.append((Box(EDGE, y, size.width - 2 * EDGE, height), names))
        y += height + GAP
    return found


def _frame(size: Type, header: float, changes: bool, lines: int) -> tuple[Box, Box | None, Box, float, float]:
    """Header, strip of changes, sources, and the free height between them."""
    width = size.width - 2 * EDGE
    foot = lines * LINE + 0.2
    sources = Box(EDGE, size.height - foot - 0.15, width, foot, pad_x=0.1, pad_y=0.05)
    bottom = sources.y - 0.1
    strip = None
    if changes:
        strip = Box(EDGE, bottom - LINE - 0.2, width, LINE + 0.2, pad_x=0.1, pad_y=0.05)
        bottom = strip.y
    return Box(EDGE, 0.15, width, header, pad_x=0.1, pad_y=0.0), strip, sources, header + 0.3, bottom - 0.15


def _full(size: Type, tiles: frozenset[str]) -> Plan:
    header, strip, sources, top, bottom = _frame(size, 1.9, True, 2)
    sums = _kept(((28.6, ("today",)), (31, ("stock",))), tiles)
    rest = _kept(((23.4, ("queue",)), (18.9, ("districts",)), (17.3, ("prices", "services", "components"))), tiles)
    under = top + SUM_HEIGHT + GAP if sums else top
    decks = [*_columns(size, top, top + SUM_HEIGHT, sums), *_columns(size, under, bottom, rest)]
    return Plan("full", header, sources, tuple(decks), strip)


def _half(size: Type, tiles: frozenset[str]) -> Plan:
    """A narrow wall, or one that is seen from further away: the queue, and everything else in turn."""
    header, strip, sources, top, bottom = _frame(size, 2.9, True, 2)
    rest = ("districts", "prices", "services", "components", "today", "stock")
    decks = _columns(size, top, bottom, _kept(((23.4, ("queue",)), (18.9, rest)), tiles))
    return Plan("half", header, sources, tuple(decks), strip)


def _band(size: Type, tiles: frozenset[str]) -> Plan:
    """Few lines of very large type. Columns end where a panel of the wall does: no word lies across an edge."""
    header = Box(0, 0.08, size.width, 1.3, pad_x=0, pad_y=0)
    sources = Box(0, size.height - 1.32, size.width, 1.3, line=1.1, pad_x=0, pad_y=0.08, thirds=size.width >= 54)
    top, bottom = header.y + header.height + 0.05, sources.y - 0.05
    count = 3 if size.width >= 54 else 2
    width = size.width / count
    boxes = [
        Box(n * width + 0.12, top, width - 0.24, bottom - top, line=1.1, pad_x=0.4, pad_y=0.08) for n in range(count)
    ]
    rest = ("prices", "services", "components", "today", "stock", "changes")
    names = (("queue",), ("districts",), rest) if count == 3 else (("queue",), ("districts", *rest))
    kept = [found for _, found in _kept([(1, deck) for deck in names], tiles)]
    return Plan("band", header, sources, tuple(zip(boxes, kept, strict=False)))


def _wide(size: Type, tiles: frozenset[str]) -> Plan:
    """Room for everything at once: nothing but long lists has to turn. Each panel holds columns of its own."""
    header, _, sources, top, bottom = _frame(size, 1.9, False, 1)
    panels = (
        (((1, ("queue",)),), ((0.48, ("today",)), (0.52, ("stock",)))),
        (((0.66, ("districts",)), (0.34, ("changes",))), ()),
        (((0.6, ("prices",)), (0.4, ("services", "components"))), ()),
    )
    kept = [[_kept(row, tiles) for row in panel] for panel in panels]
    one, split = replace(size, width=size.width / 3), bottom - SUM_HEIGHT
    found: list[Deck] = []
    for number, (main, under) in enumerate(rows for rows in kept if any(rows)):
        decks = _columns(one, top, split - GAP if under else bottom, main) + _columns(one, split, bottom, under)
        found += [(replace(box, x=box.x + number * one.width), names) for box, names in decks]
    return Plan("wide", header, sources, tuple(found))


def _tall(size: Type, tiles: frozenset[str]) -> Plan:
    header, strip, sources, top, bottom = _frame(size, 2.9, True, 2)
    sums = _kept(((1, ("today",)), (1, ("stock",))), tiles)
    rest = _kept(((0.37, ("queue",)), (0.36, ("districts",)), (0.27, ("prices", "services", "components"))), tiles)
    under = top + len(sums) * (TALL_SUM_HEIGHT + GAP)
    decks = [*_pile(size, top, under - GAP, sums), *_pile(size, under, bottom, rest)]
    return Plan("tall", header, sources, tuple(decks), strip)
