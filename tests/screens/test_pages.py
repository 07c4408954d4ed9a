"""Pages of the configuration: both languages, readable at 360 px and at 200 %, sorted by the reader, current."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from dashboard.i18n import LANGS
from tests.screens.conftest import WallSite
from tests.screens.states import STATES
from tests.screens.test_desk import MEASURE, opened

pytestmark = pytest.mark.browser
COLUMN = """([table, column]) => [...document.querySelectorAll(`table[data-table="${table}"] tbody tr`)]
    .filter((row) => !row.hidden).map((row) => row.cells[column].textContent)"""


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_reads_at_any_width(walls: WallSite, page: Any, lang: str) -> None:
    walls.put(STATES["full"](walls.config))
    for key in walls.config.pages:
        opened(walls, page, f"/{key}?lang={lang}", 360, 800, "dark")
        for width, scheme in ((360, "dark"), (640, "light"), (1024, "light"), (1366, "light")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            measured = page.evaluate(MEASURE)
            assert measured["wide"] == [], f"{key} at {width} px"
            assert measured["contrast"] >= 4.5, f"{key} at {width} px"
        page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
        assert page.evaluate(MEASURE)["wide"] == [], f"{key}, everything open"
        assert page.get_attribute("nav a", "href") == f"/?lang={lang}"
        links = page.eval_on_selector_all("#menu a", "nodes => nodes.map((node) => node.getAttribute('href'))")
        names = [f"/{name}" for name in (*walls.config.pages, "sources")]
        assert links == [f"{path}?lang={lang}" for path in (*names, *(f"/wall/{name}" for name in walls.config.walls))]


def test_a_page_comes_whole_with_its_first_answer(walls: WallSite) -> None:
    walls.put(STATES["full"](walls.config))
    answer = httpx2.get(f"{walls.url}/aspirations?lang=id")
    assert answer.status_code == 200
    assert "Stok terbuka" in answer.text
    assert "14.001" not in answer.text, "a number of a case is no amount"
    assert "14001" in answer.text
    for wrong in ("/aspirations/id/x", "/aspirations?colour=red", "/aspiration"):
        assert httpx2.get(f"{walls.url}{wrong}").status_code in (400, 404)


def test_the_reader_sorts_and_filters_and_the_address_keeps_it(walls: WallSite, page: Any) -> None:
    walls.put(STATES["full"](walls.config))
    opened(walls, page, "/aspirations?lang=id", 1366, 800)
    table = "aspiration-queue"
    served = page.evaluate(COLUMN, [table, 0])
    page.click(f"#sort-{table}-number")
    numbers = page.evaluate(COLUMN, [table, 0])
    assert numbers != served
    assert numbers == sorted(numbers, key=lambda text: -int(text[:5]))
    page.click(f"#sort-{table}-number")
    assert page.evaluate(COLUMN, [table, 0]) == numbers[::-1]
    assert page.get_attribute(f"table[data-table={table}] th", "aria-sort") == "ascending"
    page.click(f"#sort-{table}-deadline")
    times = page.eval_on_selector_all(
        f"table[data-table={table}] tbody td:last-child", "nodes => nodes.map((node) => node.dataset.sort ?? null)"
    )
    known = [float(at) for at in times if at is not None]
    assert known == sorted(known, reverse=True)
    assert times[: len(known)] == [at for at in times if at is not None], "what has no deadline comes last"
    page.fill(f"#find-{table}", "14003")
    assert page.evaluate(COLUMN, [table, 0])[0].startswith("14003")
    assert len(page.evaluate(COLUMN, [table, 0])) == 1
    address = page.url
    opened(walls, page, "/", 1366, 800)
    page.goto(address)
    page.wait_for_selector(f"#find-{table}")
    assert page.input_value(f"#find-{table}") == "14003"
    assert len(page.evaluate(COLUMN, [table, 0])) == 1


def test_a_long_table_begins_with_its_first_rows_and_shows_all_on_one_press(walls: WallSite, page: Any) -> None:
    found = STATES["full"](walls.config)
    rows, table = found["queue:aspiration"]["rows"], "aspiration-queue"
    found["queue:aspiration"]["rows"] = [{**rows[0], "number": 20_000 + n} for n in range(60)]
    walls.put(found)
    opened(walls, page, "/aspirations?lang=id", 1366, 800)
    page.wait_for_function(f"document.querySelector('[data-tools={table}]').lastChild.textContent.startsWith('60')")
    assert len(page.evaluate(COLUMN, [table, 0])) < 60
    page.fill(f"#find-{table}", "20059")
    assert page.evaluate(COLUMN, [table, 0])[0].startswith("20059"), "what is looked for is looked for in all of them"
    page.fill(f"#find-{table}", "")
    page.click(f"#all-{table}")
    assert len(page.evaluate(COLUMN, [table, 0])) == 60
    assert page.query_selector(f"#all-{table}") is None


def test_it_renews_itself_and_leaves_the_reader_where_he_was(walls: WallSite, page: Any) -> None:
    def put(rows: int, hours: int = 0) -> None:
        found = STATES["full"](walls.config)
        found["kpi:aspiration:city"]["aspiration.open.now"]["value"] = rows
        walls.put(found)

    put(4321)
    opened(walls, page, "/aspirations?lang=id", 1366, 800)
    figure = "#figure-city-aspiration-open-now"
    page.wait_for_selector(f"{figure}:has-text('4.321')")
    page.click("#sort-aspiration-queue-number")
    page.click(f"{figure} summary")
    page.evaluate("window.mark = 'this very page'")
    order = page.evaluate(COLUMN, ["aspiration-queue", 0])
    put(5432)
    page.wait_for_selector(f"{figure}:has-text('5.432')", timeout=30_000)
    assert page.evaluate("window.mark") == "this very page"
    assert page.get_attribute(f"{figure} details", "open") is not None, "what was opened stays open"
    assert "Definisi" in page.inner_text(figure)
    assert page.evaluate(COLUMN, ["aspiration-queue", 0]) == order
    assert page.evaluate("document.activeElement.closest('article')?.id") == figure[1:], "the focus stays"
    assert page.inner_text(f"{figure} .age") != "", "the age is counted"
