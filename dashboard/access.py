"""Who may see what: one question asked by every route, stream and callback; holds no state."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.config.model import Visibility


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Until access control exists everybody on this machine is ``local``."""

    name: str = "local"


LOCAL = Principal()
VIEWS = frozenset({"wall", "live", "screens", "sources", "api", "health", "metrics", "asset"})
LEVELS: dict[Principal, frozenset[Visibility]] = {LOCAL: frozenset({"wall", "desk"})}


def may(principal: Principal, view: str, scope: str = "city") -> bool:
    """Whether ``principal`` may see ``view`` of ``scope``. Unknown views are refused."""
    return principal == LOCAL and view in VIEWS and bool(scope)


def levels(principal: Principal) -> frozenset[Visibility]:
    """The visibilities ``principal`` may be told one by one; nobody is told confidential ones."""
    return LEVELS.get(principal, frozenset())
