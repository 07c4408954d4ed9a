"""Where the tiles of a wall stand, in em of its smallest type: what fits is decided here, not by the browser.

A wall is laid out for its own panel. A window of another shape shows the same picture smaller, never cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from layouts.typography import LINE, Type

GAP = 0.35
EDGE = 0.4
LOW = 9.5
Form = Literal["tall", "band", "wide", "full", "half"]


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

    @property
    def inner(self) -> float:
        return self.width - 2 * self.pad_x - 0.1

    @property
    def body(self) -> float:
        return self.height - 2 * self.pad_y - 0.1

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


@dataclass(frozen=True, slots=True)
class Plan:
    """``decks``: boxes whose tiles take turns, by name. ``strip``: the changes of the last half hour on one line."""

    form: Form
    header: Box
    sources: Box
    decks: tuple[tuple[Box, tuple[str, ...]], ...]
    strip: Box | None = None


def form_of(size: Type) -> Form:
    if size.height > size.width:
        return "tall"
    if size.height < 16:
        return "band"
    if size.width >= 110:
        return "wide"
    return "full" if size.width >= 54 else "half"


def plan(size: Type) -> Plan:
    form = form_of(size)
    return {"tall": _tall, "band": _band, "wide": _wide, "full": _full, "half": _half}[form](size)


def _columns(size: Type, top: float, bottom: float, shares: tuple[float, ...]) -> list[Box]:
    """Columns beside each other between ``top`` and ``bottom``; shares of the width."""
    free = size.width - 2 * EDGE - GAP * (len(shares) - 1)
    found, x = [], EDGE
    for share in shares:
        width = free * share / sum(shares)
        found.append(Box(x, top, width, bottom - top))
        x += width + GAP
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


def _full(size: Type) -> Plan:
    header, strip, sources, top, bottom = _frame(size, 1.9, True, 2)
    sum_height = 4.45
    today, stock = _columns(size, top, top + sum_height, (28.6, 31))
    left, middle, right = _columns(size, top + sum_height + GAP, bottom, (23.4, 18.9, 17.3))
    services = ("prices", "services")
    decks = ((today, ("today",)), (stock, ("stock",)), (left, ("queue",)), (middle, ("districts",)), (right, services))
    return Plan("full", header, sources, decks, strip)


def _half(size: Type) -> Plan:
    """A narrow wall, or one that is seen from further away: the queue, and everything else in turn."""
    header, strip, sources, top, bottom = _frame(size, 2.9, True, 2)
    left, right = _columns(size, top, bottom, (23.4, 18.9))
    rest = ("districts", "prices", "services", "today", "stock")
    return Plan("half", header, sources, ((left, ("queue",)), (right, rest)), strip)


def _band(size: Type) -> Plan:
    """Few lines of very large type. Columns end where a panel of the wall does: no word lies across an edge."""
    header = Box(0, 0.08, size.width, 1.3, pad_x=0, pad_y=0)
    sources = Box(0, size.height - 1.32, size.width, 1.3, line=1.1, pad_x=0, pad_y=0.08, thirds=size.width >= 54)
    top, bottom = header.y + header.height + 0.05, sources.y - 0.05
    count = 3 if size.width >= 54 else 2
    width = size.width / count
    boxes = [
        Box(n * width + 0.12, top, width - 0.24, bottom - top, line=1.1, pad_x=0.4, pad_y=0.08) for n in range(count)
    ]
    rest = ("prices", "services", "today", "stock", "changes")
    names = (("queue",), ("districts",), rest) if count == 3 else (("queue",), ("districts", *rest))
    return Plan("band", header, sources, tuple(zip(boxes, names, strict=True)))


def _wide(size: Type) -> Plan:
    """Room for everything at once: nothing but long lists has to turn."""
    header, _, sources, top, bottom = _frame(size, 1.9, False, 1)
    panel = size.width / 3
    split = bottom - 4.45
    queue = Box(EDGE, top, panel - EDGE - GAP / 2, split - GAP - top)
    today = Box(EDGE, split, queue.width * 0.48 - GAP / 2, 4.45)
    stock = Box(EDGE + queue.width * 0.48 + GAP / 2, split, queue.width * 0.52 - GAP / 2, 4.45)
    middle = Box(panel + GAP / 2, top, (panel - GAP) * 0.66 - GAP / 2, bottom - top)
    changes = replace(middle, x=middle.x + middle.width + GAP, width=panel - GAP - middle.width - GAP)
    right = Box(2 * panel + GAP / 2, top, panel * 0.6 - GAP, bottom - top)
    services = replace(right, x=right.x + right.width + GAP, width=size.width - EDGE - right.x - right.width - GAP)
    decks = (
        (queue, ("queue",)), (today, ("today",)), (stock, ("stock",)), (middle, ("districts",)),
        (changes, ("changes",)), (right, ("prices",)), (services, ("services",)),
    )  # fmt: skip
    return Plan("wide", header, sources, decks)


def _tall(size: Type) -> Plan:
    header, strip, sources, top, bottom = _frame(size, 2.9, True, 2)
    sum_height = 4.3
    (today,) = _columns(size, top, top + sum_height, (1,))
    (stock,) = _columns(size, top + sum_height + GAP, top + 2 * sum_height + GAP, (1,))
    y = top + 2 * (sum_height + GAP)
    free = bottom - y - 2 * GAP
    (queue,) = _columns(size, y, y + free * 0.37, (1,))
    y += queue.height + GAP
    (districts,) = _columns(size, y, y + free * 0.36, (1,))
    y += districts.height + GAP
    (rest,) = _columns(size, y, bottom, (1,))
    decks = (
        (today, ("today",)), (stock, ("stock",)), (queue, ("queue",)), (districts, ("districts",)),
        (rest, ("prices", "services")),
    )  # fmt: skip
    return Plan("tall", header, sources, decks, strip)
