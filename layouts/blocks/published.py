"""Published totals of a kind of case and what their parts leave unexplained; pure layout."""

from __future__ import annotations

from typing import Any

from dashboard.views_desk import Block
from layouts.desk import block


def layout(view: Block) -> Any:
    return block(view)
