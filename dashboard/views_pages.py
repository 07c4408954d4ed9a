"""The further pages of a wall: each tile the figures of a block, in few words; pure, computes no figure."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.config.blocks import BLOCKS, Keys
from dashboard.config.model import Wall
from dashboard.views_desk import Block, Figure
from dashboard.views_words import Line, Tile, Words


@dataclass(frozen=True, slots=True)
class PageView:
    """``alarm``: when what needs a person began on it, if that holds the page."""

    tiles: tuple[Tile, ...]
    alarm: int | None


def pages(words: Words, wall: Wall) -> tuple[PageView, ...]:
    found = []
    for page in wall.pages:
        named = [(kind, name) for tile in page.tiles for kind, name in tile.items() if told(words, kind, name)]
        blocks = [block_of(words, kind, name) for kind, name in named]
        alarm = max((block.alarm for block in blocks if block.alarm is not None), default=None)
        found.append(PageView(tuple(tile_of(block) for block in blocks), alarm if page.hold else None))
    return tuple(found)


def told(words: Words, kind: str, name: str) -> bool:
    """Whether a wall may know that there is such a thing; the check of the configuration refuses what never may."""
    names = BLOCKS[kind].names
    entry = getattr(words.config, names.section, {}).get(name) if isinstance(names, Keys) else None
    return entry is None or entry.visibility in words.told.levels


def block_of(words: Words, kind: str, name: str) -> Block:
    """The block ``kind: name``, told what a wall is told."""
    views = importlib.import_module(f"dashboard.{BLOCKS[kind].views or f'views_{kind}'}")
    found: Block = views.view(words, name)
    return found


def tile_of(block: Block) -> Tile:
    """A block without figures says what stands before its tables."""
    lines = tuple(_line(figure) for figure in block.figures) or tuple(_said(text) for text in block.lead)
    empty = "" if lines else "|".join(table.empty for table in block.tables[:1])
    return Tile(block.title, block.note, lines, {"empty": empty})


def _said(text: str) -> Line:
    first, *rest = text.split(" · ")
    return Line("calm", {"what": first, "short": first, "value": "", "more": "|".join(_fewer(tuple(rest)))})


def _line(figure: Figure) -> Line:
    value = " ".join(filter(None, (figure.mark, figure.value, figure.unit)))
    return Line(
        figure.state,
        {
            "what": figure.label,
            "short": figure.short or figure.label,
            "value": value,
            "more": "|".join(_fewer(figure.more)),
        },
    )


def _fewer(more: tuple[str, ...]) -> Iterator[str]:
    """The same in ever fewer words; the first, the window of the figure, stays longest."""
    for length in range(len(more), 0, -1):
        yield " · ".join(more[:length])
