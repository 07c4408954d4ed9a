"""How large type must be to be read from where the operators sit, and how wide words are in it; pure.

NUREG-0700: a capital letter is at least 16 minutes of arc high at the viewing distance. The capital height of
Inter and of the system fonts behind it is at least 0.70 of the font size. All other lengths of a wall are in em of
this smallest type: a wall is so many em wide and high, whatever its pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.config.model import Wall

CAP_RATIO = 0.70
LINE = 1.16  # of a line of text, in em
LEAST_WIDTH, LEAST_HEIGHT = 34.0, 11.0
PANEL_LEAST_WIDTH = 17.0
BOLD = 1.05

# Advance widths of Inter with tabular digits, in hundredths of an em; the faces behind it are narrower or equal.
_ADVANCES = {
    25: "'ijl", 28: "\u00a0!,.:;·I", 37: "()/[]ftr|{}‖", 47: "-\"_^", 53: "*`–?s", 56: "JkxzacvyLeu", 61: "FhnEopqgbd",
    64: "0123456789#PRSTXZ&$BK", 67: "+<=>Y~−±×≤AV", 75: "CDGHUNOQ", 87: "%wm◌◔◐✕", 92: "MW●○■□▨@", 104: "—◆◇▲△▼▽…",
}  # fmt: skip
_WIDTH = {letter: hundredths / 100 for hundredths, letters in _ADVANCES.items() for letter in letters}
_WIDTH[" "] = _WIDTH["\u00a0"]
_OTHER = 0.75


@dataclass(frozen=True, slots=True)
class Type:
    """``cap_px`` and ``font_px`` on the panel's own pixels; ``width`` and ``height`` of the whole wall in em;
    ``vw`` and ``vh``: the font size as a share of the window's width and height."""

    cap_px: float
    font_px: float
    width: float
    height: float
    panels: int

    @property
    def vw(self) -> float:
        return 100 / self.width

    @property
    def vh(self) -> float:
        return 100 / self.height


def measure(wall: Wall) -> Type:
    width, height = wall.panel_pixels
    diagonal_mm = wall.panel_inches * 25.4
    pixel_mm = diagonal_mm / math.hypot(width, height)
    cap_mm = 2 * wall.viewing_distance_m * 1000 * math.tan(math.radians(wall.min_arc_minutes / 60) / 2)
    cap_px = cap_mm / pixel_mm
    font_px = cap_px / CAP_RATIO
    return Type(cap_px, font_px, width * wall.panels / font_px, height / font_px, wall.panels)


def advance(text: str, bold: bool = False) -> float:
    """The width of ``text`` in em, rather too wide than too narrow."""
    return sum(_WIDTH.get(letter, _OTHER) for letter in text) * (BOLD if bold else 1.0)


def fit(width: float, *texts: str, bold: bool = False) -> str:
    """The first of ``texts`` that is no wider than ``width`` em; the narrowest when none is."""
    found = next((text for text in texts if advance(text, bold) <= width), None)
    return min(texts, key=advance) if found is None else found


def check_wall(name: str, wall: Wall) -> list[str]:
    """What cannot be read at the wall's distance, with the mend; empty when all fits."""
    found = measure(wall)
    problems = []
    if found.height < LEAST_HEIGHT:
        problems.append(
            f"wall {name!r} is {found.height:.1f} lines of {found.font_px:.0f} px type high at "
            f"{wall.viewing_distance_m:g} m, {LEAST_HEIGHT:g} are needed (come closer or take larger panels)"
        )
    if found.width < LEAST_WIDTH or (found.height < found.width / 3 and found.width / 3 < PANEL_LEAST_WIDTH):
        problems.append(
            f"wall {name!r} has room for {found.width * 1.8:.0f} letters of {found.font_px:.0f} px type beside each "
            f"other at {wall.viewing_distance_m:g} m, {LEAST_WIDTH * 1.8:.0f} are needed (put more panels side by side)"
        )
    return problems
