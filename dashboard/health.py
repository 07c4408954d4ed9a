"""Whether the room is well, judged by what it holds and not by its answering: /healthz and /metrics; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

REASONS = {
    "cache_down": "cache away",
    "unattended": "no leader",
    "not_stored": "history does not take writes",
    "restored": "figures restored from history, nothing polled since",
}
OLD_MS = 15 * 60_000
"""A leader publishes at midnight, at each deadline, with each change; silence for so long is odd."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What one web process knows of itself and the room. ``history``: None when nobody has asked it."""

    documents: Mapping[str, Any]
    now_ms: int
    seq: int
    build: str
    screens: int
    frames: int
    dropped: int
    history: bool | None
    beat_age_s: float | None
    worker: int = 0  # the number of this process: several share one address

    @property
    def meta(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.documents.get("meta")
        return found

    @property
    def age_ms(self) -> int | None:
        return None if self.meta is None else self.now_ms - int(self.meta["as_of"])


def health(pulse: Pulse) -> tuple[int, dict[str, Any]]:
    """HTTP status and body. 503 only while there is nothing to show; a degraded room still shows its last board."""
    meta, why = pulse.meta, reasons(pulse)
    status = "starting" if meta is None else "degraded" if why else "ok"
    body = {
        "status": status,
        "reasons": why,
        "condition": pulse.documents.get("condition", []),
        "seq": pulse.seq,
        "age_ms": pulse.age_ms,
        "leader": meta["leader"] if meta else None,
        "build": pulse.build,
        "screens": pulse.screens,
        "worker": pulse.worker,
    }
    return (503 if meta is None else 200), body


def reasons(pulse: Pulse) -> list[str]:
    told: Sequence[str] = pulse.documents.get("condition", [])
    found = [REASONS.get(word, word) for word in told]
    if pulse.meta is None:
        found.append("nothing published yet")
    elif pulse.meta["restored"] and "restored" not in told:
        found.append(REASONS["restored"])
    if pulse.history is False:
        found.append("history away")
    rate = pulse.meta["rate"] if pulse.meta else 1.0
    if pulse.age_ms is not None and pulse.age_ms > OLD_MS * max(rate, 1.0):
        found.append("figures are old")
    return found


def metrics(pulse: Pulse) -> bytes:
    """Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Counters(pulse))
    for name, text, value in (
        ("liveroom_screens", "Open streams", pulse.screens),
        ("liveroom_seq", "Newest change on the screens", pulse.seq),
        ("liveroom_healthy", "1 when /healthz says ok", health(pulse)[1]["status"] == "ok"),
        ("liveroom_history_up", "1 when the history answers this process", pulse.history),
        ("liveroom_figures_age_seconds", "Age of the published figures", _seconds(pulse.age_ms)),
        ("liveroom_collector_beat_age_seconds", "Since the leader's last beat", pulse.beat_age_s),
    ):
        if value is not None:
            Gauge(name, text, registry=registry).set(value)
    states = pulse.documents.get("sources") or []
    for name, text, of in _OF_SOURCE:
        gauge = Gauge(f"liveroom_source_{name}", text, ["source"], registry=registry)
        for state in states:
            if (value := of(state, pulse.now_ms)) is not None:
                gauge.labels(state["id"]).set(value)
    return generate_latest(registry)


class _Counters(Collector):
    """What only grows while this process, or this history, lives."""

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def collect(self) -> list[Metric]:
        return [
            CounterMetricFamily(f"liveroom_{name}", text, value=value)
            for name, text, value in (
                ("frames", "Frames encoded by this process", self._pulse.frames),
                ("dropped", "Clients dropped because they did not read", self._pulse.dropped),
                ("commits", "Transactions in the history as far as published", self._pulse.seq),
            )
        ]


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _since(state: Mapping[str, Any], now_ms: int) -> float | None:
    return None if state["last_success"] is None else (now_ms - state["last_success"]) / 1000


_OF_SOURCE = (
    ("up", "1 when the source is not broken", lambda s, _: s["state"] != "broken"),
    ("age_seconds", "City time since the last good poll", _since),
    ("rows", "Rows of the last good poll", lambda s, _: s["rows"]),
    ("rejects", "Rows of the last poll that could not be read", lambda s, _: s["rejected"]),
    ("duration_seconds", "How long the last poll took", lambda s, _: _seconds(s["duration_ms"])),
    ("failures", "Bad polls in a row", lambda s, _: s.get("failures")),
)
