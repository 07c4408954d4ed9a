"""The components of the city in few words: each score with the parts it is made of; pure."""

from __future__ import annotations

from typing import Any

from dashboard.views import WallView
from layouts.boxes import Box
from layouts.panels import figures
from layouts.slots import Props

PREFIX = "c_"


def props(view: WallView, box: Box) -> Props:
    return figures.props(view.components, box, PREFIX)


def layout(view: WallView, box: Box, dots: str = "") -> Any:
    return figures.layout(view.components, box, PREFIX, dots)
