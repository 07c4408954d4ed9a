"""How a starting room knows how far it is: the city is whole, sources have answered; never starts or stops anything."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from dashboard.config.model import Config
from dashboard.errors import LiveRoomError

ASK_EVERY_S = 0.5
PATIENCE_S = 20.0
"""After this long a room with any data is announced, and who has not answered is named."""
LIMIT_S = 60.0
"""After this long a room without data says so."""
UNANSWERED = ("never",)


class CityLate(LiveRoomError):
    """The simulated city did not come up in time."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"the simulated city was not ready after {limit_s:g} s, so nothing is polled and the room ends."
            " Why is in the lines above; a shorter simulator.history_days makes it start sooner."
        )


class CityReady:
    """A pipe into which the simulated city writes when all it offers is there: no file of an earlier run can lie."""

    def __init__(self) -> None:
        self._read, self.told = os.pipe()
        os.set_blocking(self._read, False)

    def said(self) -> bool:
        try:
            return bool(os.read(self._read, 1))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._read)
        os.close(self.told)


class Readiness:
    """``look`` is called again and again while the room runs; it asks the room's own pages until they show data."""

    def __init__(self, config: Config, say: Callable[[str], None]) -> None:
        self._config, self._say = config, say
        host = f"[{config.web.host}]" if ":" in config.web.host else config.web.host
        self.url = f"http://{host}:{config.web.port}"
        self._labels = {source.id: source.label.short or source.label.id for source in config.sources}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
        self._began: float | None = None
        self._next = 0.0
        self._said = ""
        self._late = self.live = False

    def look(self, now: float) -> None:
        if self._began is None:
            self._began = now
        if self.live or now < self._next:
            return
        self._next = now + ASK_EVERY_S
        waited = now - self._began
        states = self._states()
        waiting = [source for source, state in states.items() if state in UNANSWERED]
        broken = [source for source, state in states.items() if state == "broken"]
        good = len(states) - len(waiting) - len(broken)
        if not states:
            self._progress("waiting for the first figures ...")
        elif good and (not waiting or waited > PATIENCE_S):
            self._count(states, waiting)
            self._announce(waiting, broken)
            return
        else:
            self._count(states, waiting)
        if waited > LIMIT_S and not self._late:
            self._late = True
            missing = f"no data yet from {self._named([*waiting, *broken])}" if states else "no figures yet"
            self._say(
                f"{missing} after {LIMIT_S:g} s; the room goes on trying (see the lines above and {self.url}/sources)"
            )

    def _announce(self, waiting: list[str], broken: list[str]) -> None:
        self.live = True
        for what, found in (("not yet there", waiting), ("not answering", broken)):
            if found:
                self._say(f"{what}: {self._named(found)} (why: {self.url}/sources)")
        wall = next(iter(self._config.walls))
        self._say(f"the room is live: {self.url}/wall/{wall}  (all screens: {self.url}/)")

    def _count(self, states: dict[str, str], waiting: list[str]) -> None:
        named = f"polling {self._named(waiting)}: " if waiting else ""
        self._progress(f"{named}{len(states) - len(waiting)} of {len(states)} sources have answered")

    def _progress(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._say(line)

    def _named(self, sources: list[str]) -> str:
        return ", ".join(self._labels.get(source, source) for source in sources)

    def _states(self) -> dict[str, str]:
        """The state of each source as the web process knows it; nothing while it knows nothing."""
        body = self._ask("/api/v1/sources") or {}
        return {row["id"]: row["state"] for row in body.get("sources") or ()}

    def _ask(self, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.url + path, headers={"Host": f"{self._config.web.allowed_hosts[0]}:{self._config.web.port}"}
        )
        try:
            with self._opener.open(request, timeout=1) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return None
