"""Misbehaviour by name: what each fault does to an answer, its rows or its bytes; never active unless commanded.

Three places: the connection (``refuse``, ``tls_expired``), the rows before they are written (``ROW_FAULTS``), and
the finished answer (``ANSWER_FAULTS``). ``CITY_FAULTS`` happen once, to the records themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.simulator.body_faults import ANSWER_FAULTS
from connectors.simulator.ledger import Row
from connectors.simulator.row_faults import ROW_FAULTS, Shape
from connectors.simulator.wire import Answer, Request

CONNECTION_FAULTS = ("refuse", "tls_expired")
LISTING_FAULTS = ("shifting_pages", "no_etag", "withheld")  # handled where pages and headers are made
SITE_FAULTS = ("site_down", "site_flaps")  # where a system is a network of sites
CITY_FAULTS = ("bulk_closing", "backdate", "late_edits", "deletions")
FAULTS: tuple[str, ...] = tuple(
    dict.fromkeys((*CONNECTION_FAULTS, *LISTING_FAULTS, *SITE_FAULTS, *CITY_FAULTS, *ROW_FAULTS, *ANSWER_FAULTS))
)


@dataclass(slots=True)
class Fault:
    """One misbehaviour of one department. ``times``: answers left to spoil (None: until it is lifted)."""

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = None
    memory: dict[str, Any] = field(default_factory=dict)

    def spend(self) -> bool:
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class Misbehaviour:
    """The faults of one department that are active now."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}
        self.revision = 0  # raised by every command

    def set(self, fault: Fault) -> None:
        if fault.name not in FAULTS:
            raise KeyError(fault.name)
        self._active[fault.name] = fault
        self.revision += 1

    def lift(self, name: str | None = None) -> None:
        self.revision += 1
        if name is None:
            self._active.clear()
        else:
            self._active.pop(name, None)

    def active(self, name: str) -> Fault | None:
        return self._active.get(name)

    @property
    def names(self) -> list[str]:
        return list(self._active)

    def spoil_rows(self, rows: list[Row], shape: Shape, now: datetime) -> list[Row]:
        """Apply every active row fault, in the order they were commanded."""
        for fault in list(self._active.values()):
            change: Callable[..., list[Row]] | None = ROW_FAULTS.get(fault.name)
            if change is not None and fault.spend():
                rows = change(rows, shape, fault.params, fault.memory, now)
        return rows

    def spoil_answer(self, answer: Answer, request: Request, now: datetime) -> Answer:
        """Apply every active answer fault. A spoiled answer serves no record."""
        for fault in list(self._active.values()):
            change = ANSWER_FAULTS.get(fault.name)
            if change is not None and fault.spend():
                answer = change(answer, request, fault.params, now)
        return answer
