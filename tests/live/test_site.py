"""The web process from outside: routes, headers, streams, and the wall in a real browser."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.live.conftest import Site, until


def events(response: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_cold_worker_serves_the_wall_whole(quiet_site: Site) -> None:
    page = httpx2.get(f"{quiet_site.url}/wall/main")
    assert page.status_code == 200
    assert "live.js" in page.text
    assert "wall.css" in page.text
    scripts = [part.split('"')[0] for part in page.text.split('src="')[1:]]
    assert [script.split("/")[-1].split("?")[0] for script in scripts] == ["live.js"]
    assert page.headers["content-encoding"] == "gzip"
    assert "Tangerang Live Room" in page.text
    assert "DATA SIMULASI" in page.text


def test_every_answer_carries_the_safety_headers(quiet_site: Site) -> None:
    for path in ("/", "/sources", "/wall/main", "/healthz", "/api/v1/sources", "/nowhere"):
        headers = httpx2.get(f"{quiet_site.url}{path}").headers
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/wall/nowhere", 404),
        ("/wall/main?lang=xx", 400),
        ("/wall/main?lang=", 400),
        ("/wall/main?lang=id&lang=en", 400),
        ("/wall/main?colour=red", 400),
        ("/sources?colour=red", 400),
        ("/live/main?colour=red", 400),
        ("/healthz?colour=red", 400),
        ("/live/nowhere", 404),
        ("/api/v1/kpis?scope=district:99", 404),
        ("/api/v1/kpis?colour=red", 400),
        ("/api/v1/nothing", 404),
        ("/wall/main/id/whatever", 404),
        ("/../../etc/passwd", 404),
    ],
)
def test_what_is_not_there_says_what_is(quiet_site: Site, path: str, status: int) -> None:
    answer = httpx2.get(f"{quiet_site.url}{path}")
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_foreign_requests_are_refused(quiet_site: Site, headers: dict[str, str]) -> None:
    assert httpx2.get(f"{quiet_site.url}/api/v1/sources", headers=headers).status_code == 403


def test_nothing_can_be_posted(quiet_site: Site) -> None:
    answer = httpx2.post(f"{quiet_site.url}/wall/main/id/_dash-update-component", json={"output": "room.children"})
    assert answer.status_code == 405


def test_openapi_names_every_route(quiet_site: Site) -> None:
    paths = httpx2.get(f"{quiet_site.url}/api/v1/openapi.json").json()["paths"]
    for path in paths:
        answer = httpx2.get(f"{quiet_site.url}{path}")
        assert answer.status_code in (200, 503), path  # there is no history behind this site
        assert answer.status_code == 200 or answer.json()["error"]


def test_metrics_speak_prometheus(quiet_site: Site) -> None:
    assert "liveroom_seq 1.0" in httpx2.get(f"{quiet_site.url}/metrics").text


def test_a_stream_brings_the_change_and_resumes(site: Site) -> None:
    build = httpx2.get(f"{site.url}/healthz").json()["build"]
    address = f"{site.url}/live/main?since=1&build={build}"
    with httpx2.stream("GET", address, timeout=20) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        until(lambda: httpx2.get(f"{site.url}/healthz").json()["screens"] == 1)
        site.publish(open_cases=777)
        heard = events(response)  # held: a dropped generator would close the stream
        frame = next(data for name, data in heard if name == "frame")
        assert frame["seq"] == 2
        assert frame["full"] is False
        assert "777" in json.dumps(frame["props"])
        with httpx2.stream("GET", f"{site.url}/live/main?since=1&build={build}", timeout=20) as late:
            again = next(data for name, data in events(late) if name == "frame")
            assert again["props"] == frame["props"]
    with httpx2.stream("GET", f"{site.url}/live/main?since=9999&build={build}", timeout=20) as lost:
        assert next(data for name, data in events(lost) if name == "frame")["full"] is True
    with httpx2.stream("GET", f"{site.url}/live/main?since=1&build=old", timeout=20) as old:
        assert next(events(old))[0] == "build"


def test_it_stops_with_open_streams(site: Site) -> None:
    with httpx2.stream("GET", f"{site.url}/live/main", timeout=20) as response:
        next(events(response))
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(8) is not None


def test_a_lower_seq_or_epoch_is_refused_by_the_cache(site: Site) -> None:
    from dashboard.cache import Refused

    site.publish()
    for seq, epoch in ((1, 1), (2, 1), (99, 0)):
        with pytest.raises(Refused):
            site.publisher.publish(seq, epoch, {})


@pytest.mark.browser
async def test_the_wall_in_a_browser(site: Site, chromium: Any) -> None:
    page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
    requests: list[tuple[str, str]] = []
    failures: list[str] = []
    page.on("request", lambda request: requests.append((request.method, request.url)))
    page.on("console", lambda message: failures.append(message.text) if message.type == "error" else None)
    await page.goto(f"{site.url}/wall/main")
    await page.wait_for_selector("#wall")
    assert "193" in await page.inner_text("#qtitle")
    assert await page.inner_text("#mark") == "DATA SIMULASI"
    site.publish(open_cases=4321)
    await page.wait_for_selector("#qtitle:has-text('4.321')", timeout=10_000)
    assert [r for r in requests if r[0] != "GET"] == []
    assert [r for r in requests if not r[1].startswith((site.url, "data:"))] == []
    assert failures == []
    site.process.kill()
    site.process.wait(5)
    await page.wait_for_selector("#wall.cut", timeout=30_000)
    assert "4.321" in await page.inner_text("#qtitle")
    site.start()
    site.publish(open_cases=5555)
    await page.wait_for_selector("#qtitle:has-text('5.555')", timeout=45_000)
    await page.wait_for_selector("#wall:not(.cut)", timeout=10_000)
