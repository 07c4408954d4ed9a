"""A kind of status: what is not well with its cause, flapping, availability, sums, every subject; pure layout."""

from __future__ import annotations

from typing import Any

from dashboard.views_desk import Block
from layouts.desk import block


def layout(view: Block) -> Any:
    return block(view)
