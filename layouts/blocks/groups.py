"""One kind of case by category and by class, against what was promised; pure layout."""

from __future__ import annotations

from typing import Any

from dashboard.views_desk import Block
from layouts.desk import block


def layout(view: Block) -> Any:
    return block(view)
