"""Ground truth: every record version the city ever served, so that tests can prove none was lost or doubled.

What is served again as before is noted once; what changes and changes back is noted each time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

ASKED = 1_000  # requests of each department whose times are kept
KEPT = 200_000  # versions; a city that runs for months must not grow without end


class Row:
    """One record as it goes over the wire. ``fields`` is never changed in place; ``with_fields`` makes another."""

    __slots__ = ("_digest", "fields", "key", "planted")

    def __init__(self, key: str, fields: Mapping[str, Any], planted: tuple[str, ...] = ()) -> None:
        self.key, self.fields, self.planted = key, fields, planted
        self._digest = ""

    def with_fields(self, fields: Mapping[str, Any]) -> Row:
        return Row(self.key, fields, self.planted)

    @property
    def digest(self) -> str:
        if not self._digest:
            body = orjson.dumps(self.fields, option=orjson.OPT_SORT_KEYS, default=str)
            self._digest = blake2b(body, digest_size=10).hexdigest()
        return self._digest


class RowCache:
    """The last row made of each thing, so that an unchanged one is neither made nor digested again."""

    def __init__(self, most: int = 50_000) -> None:
        self._made: dict[str, tuple[object, Row]] = {}
        self._most = most

    def get(self, key: str, version: object, make: Callable[[], Row]) -> Row:
        """The row of ``key`` as of ``version``; ``make`` is called when that is another one than last time."""
        known = self._made.get(key)
        if known is not None and known[0] == version:
            return known[1]
        if len(self._made) >= self._most and known is None:
            self._made.clear()
        row = make()
        self._made[key] = (version, row)
        return row


@dataclass(frozen=True, slots=True)
class Served:
    """A version of a record, when it was first handed out completely, in city and in real time. ``path``: what was
    asked for it; nothing where nobody asks. The same record may be told in several places, in other words."""

    seq: int
    department: str
    path: str
    key: str
    digest: str
    city_at: datetime
    real_at: float
    fields: Mapping[str, Any]


class Ledger:
    """Everything served since start, oldest dropped beyond ``KEPT``."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str, str], tuple[Row, int]] = {}  # by department, path, key; and its seq
        self._served: deque[Served] = deque()
        self._seq = 0
        self.dropped = 0
        self.planted: dict[str, None] = {}  # identity strings that left this city
        self.requests: dict[str, int] = {}
        self.asked: dict[str, deque[float]] = {}  # real times of the newest requests

    def note_request(self, department: str, real_at: float) -> None:
        self.requests[department] = self.requests.get(department, 0) + 1
        self.asked.setdefault(department, deque(maxlen=ASKED)).append(real_at)

    def note(self, department: str, rows: Iterable[Row], city_at: datetime, real_at: float, path: str = "") -> None:
        for row in rows:
            mark = (department, path, row.key)
            known = self._newest.get(mark)
            if known is not None and (known[0] is row or known[0].digest == row.digest):
                continue
            self._seq += 1
            self._newest[mark] = row, self._seq
            self._served.append(Served(self._seq, department, path, row.key, row.digest, city_at, real_at, row.fields))
            if len(self.planted) < KEPT:
                self.planted.update(dict.fromkeys(row.planted))
        while len(self._served) > KEPT:
            old = self._served.popleft()
            mark = (old.department, old.path, old.key)
            if mark in self._newest and self._newest[mark][1] == old.seq:
                del self._newest[mark]
            self.dropped += 1

    def since(self, seq: int, department: str | None, limit: int) -> list[Served]:
        found = []
        for entry in self._served:
            if entry.seq > seq and (department is None or entry.department == department):
                found.append(entry)
                if len(found) >= limit:
                    break
        return found
