"""/healthz is judged by what the room holds; /metrics speaks Prometheus."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.config.model import Config
from dashboard.health import OLD_MS, Pulse, health, metrics
from tests.live import samples
from tests.security.conftest import Guarded


def pulse(config: Config, *told: str, **more: Any) -> Pulse:
    documents = {**samples.documents(config), "condition": list(told)}
    known: dict[str, Any] = {
        "documents": documents, "now_ms": samples.NOW, "seq": 1, "build": "b", "screens": 2, "frames": 3, "dropped": 1,
        "history": True, "beat_age_s": 0.5,
    }  # fmt: skip
    return Pulse(**{**known, **more})


def test_well(config: Config) -> None:
    status, body = health(pulse(config))
    assert (status, body["status"], body["reasons"]) == (200, "ok", [])


@pytest.mark.parametrize(
    ("told", "more", "reason"),
    [
        (("cache_down",), {}, "cache away"),
        (("unattended",), {}, "no leader"),
        (("not_stored",), {}, "history does not take writes"),
        (("restored",), {}, "figures restored from history, nothing polled since"),
        ((), {"history": False}, "history away"),
        ((), {"now_ms": samples.NOW + OLD_MS + 1}, "figures are old"),
    ],
)
def test_degraded_says_why_and_still_answers(config: Config, told: Any, more: Any, reason: str) -> None:
    status, body = health(pulse(config, *told, **more))
    assert (status, body["status"], body["reasons"]) == (200, "degraded", [reason])


def test_starting_is_503(config: Config) -> None:
    status, body = health(pulse(config, documents={}))
    assert (status, body["status"], body["reasons"]) == (503, "starting", ["nothing published yet"])


def test_metrics_of_each_source(config: Config) -> None:
    families = {f.name: f for f in text_string_to_metric_families(metrics(pulse(config)).decode())}
    for name in ("up", "age_seconds", "rows", "rejects", "duration_seconds"):
        labelled = {sample.labels["source"] for sample in families[f"liveroom_source_{name}"].samples}
        assert labelled == {source.id for source in config.sources}
    single = {name: families[f"liveroom_{name}"].samples[0].value for name in ("screens", "seq", "frames", "dropped")}
    assert single == {"screens": 2, "seq": 1, "frames": 3, "dropped": 1}
    assert families["liveroom_collector_beat_age_seconds"].samples[0].value == 0.5
    assert families["liveroom_commits"].samples[0].value == 1


def test_the_running_site(guarded: Guarded) -> None:
    body = httpx2.get(f"{guarded.url}/healthz").json()
    assert body["status"] in ("ok", "degraded")
    assert "history away" in body["reasons"], "this site has no history file"
    text = httpx2.get(f"{guarded.url}/metrics").text
    assert "liveroom_history_up 0.0" in text
    assert "liveroom_collector_beat_age_seconds" in text
    assert httpx2.get(f"{guarded.url}/api/v1/cases").status_code == 503
