"""The sources page keeps itself current: told that something changed it fetches itself anew; while the server is away
what was shown last stays, with its age."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.live.conftest import Site
from tests.live.test_site import events

STREAM = "/live/desk/sources"


def until_beats(found: Iterator[tuple[str, dict[str, Any]]], count: int) -> list[tuple[str, dict[str, Any]]]:
    """What comes up to and with the ``count``th beat from now."""
    said = []
    for name, data in found:
        said.append((name, data))
        count -= name == "beat"
        if not count:
            return said
    raise AssertionError("the stream ended")


def changes(said: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [data for name, data in said if name == "changed"]


def test_a_desk_is_told_that_its_documents_changed_and_nothing_else(site: Site) -> None:
    with httpx2.stream("GET", f"{site.url}{STREAM}", timeout=60) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response)
        assert until_beats(stream, 1)[-1][0] == "beat"
        until_beats(stream, 2)  # what it holds when the stream opens may be said once
        seq = site.publish(open_cases=4321)
        said = until_beats(stream, 3)
        assert changes(said) == [], "the sources are what they were"
        assert [data["seq"] for name, data in said if name == "beat"][-1] == seq
        for rows in (1, 2, 3):
            seq = site.publish(source_more={"rows": rows})
        told = changes(until_beats(stream, 3))
        assert told
        assert len(told) <= 2, "at most with each beat, however often it changed"
        assert told[-1] == {"scope": "sources", "seq": seq}
        assert "frame" not in {name for name, _ in until_beats(stream, 1)}


def test_a_page_of_another_build_is_told(quiet_site: Site) -> None:
    with httpx2.stream("GET", f"{quiet_site.url}{STREAM}?build=old", timeout=60) as response:
        name, data = next(events(response))
    assert (name, data["build"]) == ("build", quiet_site.health()["build"])


def test_a_desk_that_there_is_not_is_refused_with_what_there_is(quiet_site: Site) -> None:
    answer = httpx2.get(f"{quiet_site.url}/live/desk/secrets")
    assert answer.status_code == 404
    assert "desk/sources" in json.loads(answer.text)["allowed"]["screens"]


@pytest.mark.browser
async def test_the_sources_page_in_a_browser(site: Site, chromium: Any) -> None:
    page = await chromium.new_page(viewport={"width": 1400, "height": 900})
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "console",
        lambda message: failures.append(message.text) if "Content Security Policy" in message.text else None,
    )
    await page.goto(f"{site.url}/sources?lang=en")
    await page.wait_for_selector("table.sources")
    await page.evaluate("window.mine = 'this very page'")

    site.publish(source_more={"rows": 4321})
    await page.wait_for_selector("table.sources:has-text('4,321')", timeout=30_000)

    site.process.kill()
    site.process.wait(20)
    await page.wait_for_selector("html.cut #lost:has-text('The server does not answer')", timeout=60_000)
    first = await page.inner_text("#lost")
    assert "4,321" in await page.inner_text("table.sources"), "what was shown last stays"
    await page.wait_for_function(
        "text => document.getElementById('lost').textContent !== text", arg=first, timeout=30_000
    )
    assert "4,321" in await page.inner_text("table.sources")

    site.start()
    site.publish(source_more={"rows": 5555})
    await page.wait_for_selector("table.sources:has-text('5,555')", timeout=90_000)
    await page.wait_for_selector("html:not(.cut)", timeout=30_000)
    assert await page.inner_text("#lost") == ""
    assert await page.evaluate("window.mine") == "this very page", "it was never loaded again"
    assert failures == []
    await page.close()
