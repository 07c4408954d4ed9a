"""How large type must be to be read from where the operators sit; pure.

NUREG-0700: a capital letter is at least 16 minutes of arc high at the viewing distance. The capital height of
Inter and of the system fonts behind it is at least 0.70 of the font size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.config.model import Wall

CAP_RATIO = 0.70
LINE_HEIGHT = 1.22
GLYPH_WIDTH = 0.56  # of the font size: mean advance of the faces used, digits tabular
COLUMNS = 3
CHROME_LINES = 4.0  # header, strip of changes, foot of two lines
LEAST_LINES, LEAST_CHARS = 4, 30


@dataclass(frozen=True, slots=True)
class Type:
    """``cap_px`` and ``font_px`` on the panel's own pixels; ``vmin`` is the font size in CSS vmin.
    ``lines`` fit under each other in a column's body, ``chars`` beside each other."""

    cap_px: float
    font_px: float
    vmin: float
    lines: int
    chars: int


def measure(wall: Wall) -> Type:
    width, height = wall.panel_pixels
    diagonal_mm = wall.panel_inches * 25.4
    short_px, long_px = min(width, height), max(width, height)
    short_mm = diagonal_mm * short_px / math.hypot(short_px, long_px)
    cap_mm = 2 * wall.viewing_distance_m * 1000 * math.tan(math.radians(wall.min_arc_minutes / 60) / 2)
    cap_px = cap_mm * short_px / short_mm
    font_px = cap_px / CAP_RATIO
    lines = math.floor(short_px / (font_px * LINE_HEIGHT) - CHROME_LINES)
    chars = math.floor(width * wall.panels / COLUMNS / (font_px * GLYPH_WIDTH)) - 2
    return Type(cap_px, font_px, 100 * font_px / short_px, lines, chars)


def check_wall(name: str, wall: Wall) -> list[str]:
    """What cannot be read at the wall's distance, with the mend; empty when all fits."""
    found = measure(wall)
    problems = []
    if found.lines < LEAST_LINES:
        problems.append(
            f"wall {name!r} has room for {found.lines} lines of {found.font_px:.0f} px type at "
            f"{wall.viewing_distance_m:g} m, {LEAST_LINES} are needed (come closer or take larger panels)"
        )
    if found.chars < LEAST_CHARS:
        problems.append(
            f"wall {name!r} has room for {found.chars} letters in a column of {found.font_px:.0f} px type at "
            f"{wall.viewing_distance_m:g} m, {LEAST_CHARS} are needed (put more panels side by side)"
        )
    return problems
