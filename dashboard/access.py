"""Who may see what: one question asked by every route, stream and callback; holds no state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Until access control exists everybody on this machine is ``local``."""

    name: str = "local"


LOCAL = Principal()
VIEWS = frozenset({"wall", "live", "screens", "sources", "api", "health", "metrics", "asset"})


def may(principal: Principal, view: str, scope: str = "city") -> bool:
    """Whether ``principal`` may see ``view`` of ``scope``. Unknown views are refused."""
    return principal == LOCAL and view in VIEWS and bool(scope)
