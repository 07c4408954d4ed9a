"""The policy in a real browser: the pages work under it, and what is planted does not run (scenario 33)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.conftest import Guarded

HOSTILE = (
    "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    "<b class=planted style='color:rgb(1,2,3)'>x</b>"
)


@pytest.mark.browser
async def test_the_pages_keep_to_the_policy(guarded: Guarded, chromium: Any) -> None:
    for path, mark in (("/wall/main", "#wall"), ("/", "h1"), ("/sources", "table"), ("/aspirations", "article")):
        page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
        told: list[str] = []
        page.on("console", lambda message, told=told: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        await page.goto(f"{guarded.url}{path}")
        await page.wait_for_selector(mark)
        assert told == [], path
        await page.evaluate(
            """text => { const div = document.createElement('div'); div.innerHTML = text; document.body.append(div);
            const s = document.createElement('script'); s.textContent = "document.title='owned'";
            document.body.append(s); }""",
            HOSTILE,
        )
        assert await page.title() != "owned"
        colour = "getComputedStyle(document.querySelector('b.planted')).color"
        assert await page.evaluate(colour) != "rgb(1, 2, 3)", "a style attribute in markup has no effect"
        assert [text for text in told if "Content Security Policy" in text], "the browser said no"
        await page.close()


@pytest.mark.browser
async def test_hostile_words_of_a_source_are_text(guarded: Guarded, chromium: Any) -> None:
    changed = {
        "reject_reasons": {HOSTILE: 3, "\u202egnp.exe" + "x" * 3000: 1},
        "drift": [HOSTILE, "javascript:alert(1)"],
    }
    guarded.publish(source_more=changed, row_more={"district": HOSTILE, "department": HOSTILE, "status_word": HOSTILE})
    for path, mark in (("/sources", "table"), ("/wall/main", "#wall"), ("/aspirations", "article")):
        page = await chromium.new_page(viewport={"width": 1920, "height": 1080})
        await page.goto(f"{guarded.url}{path}")
        await page.wait_for_selector(mark)
        assert (
            await page.evaluate("document.querySelectorAll('img[src=x], body script:not([src]):not([type])').length")
            == 0
        )
        assert await page.title() != "owned"
        if path == "/sources":
            assert "onerror" in await page.inner_text("table"), "it is shown, as text"
        await page.close()
