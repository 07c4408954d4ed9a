"""One kind by stage, class and department with its money, and the cases that stand out; pure layout."""

from __future__ import annotations

from typing import Any

from dashboard.views_desk import Block
from layouts.desk import block


def layout(view: Block) -> Any:
    return block(view)
