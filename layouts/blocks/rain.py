"""Rain beside the open reports of one category; pure layout."""

from __future__ import annotations

from typing import Any

from dashboard.views_desk import Block
from layouts.desk import block


def layout(view: Block) -> Any:
    return block(view)
