"""The published documents by name, each decoded when somebody first reads it; never changed in place.

A full city publishes thirty megabytes, of which one page shows a few hundred kilobytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Any

from dashboard.snapshot import decode

_UNREAD = object()


class Body:
    """One document: the very same object for everybody who reads it. ``figures``: its values have much in common."""

    __slots__ = ("_figures", "_raw", "_value")

    def __init__(self, raw: bytes | None, value: Any = _UNREAD, *, figures: bool = False) -> None:
        self._raw, self._value, self._figures = raw, value, figures

    def read(self) -> Any:
        raw = self._raw  # another thread may be reading it too
        if self._value is _UNREAD and raw is not None:
            found = decode(raw)
            self._value = _shared(found) if self._figures and found else found
            self._raw = None
        return self._value


class Published(Mapping[str, Any]):
    __slots__ = ("__weakref__", "_bodies")

    def __init__(self, bodies: Mapping[str, Body] | None = None) -> None:
        self._bodies = dict(bodies or {})

    @classmethod
    def of(cls, documents: Mapping[str, Any]) -> Published:
        return cls({key: Body(None, value) for key, value in documents.items()})

    def with_raw(self, raw: Mapping[str, bytes]) -> Published:
        return Published(
            {**self._bodies, **{key: Body(body, figures=key.startswith("kpi:")) for key, body in raw.items()}}
        )

    def beside(self, documents: Mapping[str, Any]) -> Published:
        return Published({**self._bodies, **Published.of(documents)._bodies})

    def __getitem__(self, key: str) -> Any:
        return self._bodies[key].read()

    def __contains__(self, key: object) -> bool:
        return key in self._bodies

    def __iter__(self) -> Iterator[str]:
        return iter(self._bodies)

    def __len__(self) -> int:
        return len(self._bodies)


def _shared(figures: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same windows, lists of sources and words once: a thousand figures of a scope have them by the hundred, and
    take twice the memory without."""
    pool: dict[Any, Any] = {}
    for value in figures.values():
        for name, part in value.items():
            if isinstance(part, str):
                value[name] = intern(part)
            elif isinstance(part, list):
                value[name] = pool.setdefault(tuple(part), part)
            elif name == "window":
                value[name] = pool.setdefault(tuple(part.items()), part)
    return figures
