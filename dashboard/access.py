"""Who may see what: one question asked by every route, stream and callback; holds no state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.config.model import Visibility

Audience = Literal["wall", "desk"]
AUDIENCES: dict[Audience, frozenset[Visibility]] = {"wall": frozenset({"wall"}), "desk": frozenset({"wall", "desk"})}
"""What the least privileged reader of a wall, and of a desk, may be told one by one. Nobody is told confidential
things over HTTP: they are counted for the city."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. Until access control exists everybody on this machine is ``local``."""

    name: str = "local"


LOCAL = Principal()
SCOPES = frozenset({"city", "district", "department"})
VIEWS = frozenset({"wall", "live", "screens", "sources", "page", "api", "health", "metrics", "asset"})
LEVELS: dict[Principal, frozenset[Visibility]] = {LOCAL: AUDIENCES["desk"]}


May = Callable[[Principal, str, str | None], bool]
"""The question, as it is handed to those who ask it."""


def identify(scope: Mapping[str, Any]) -> Principal:
    """Who sends this request. It is asked once, and what it answers travels with the request as ``principal``."""
    return LOCAL


def may(principal: Principal, view: str, scope: str | None) -> bool:
    """Whether ``principal`` may see ``view`` of ``scope``: ``city``, ``district:CODE`` or ``department:ABBR``. None:
    whether the view is open at all, before it is known of what.
    A page of the configuration is the view ``page:KEY``. Unknown views and scopes are refused."""
    known = scope is None or scope.partition(":")[0] in SCOPES
    return principal == LOCAL and view.partition(":")[0] in VIEWS and known


def levels(principal: Principal) -> frozenset[Visibility]:
    """The visibilities ``principal`` may be told one by one at a desk or by the API."""
    return LEVELS.get(principal, frozenset())
