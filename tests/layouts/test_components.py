"""A score card never shows its average without the parts; the picture names who set a target and when."""

from __future__ import annotations

from base64 import b64decode
from datetime import date

from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.views_charts import Step, bounds, chart
from dashboard.views_components import components_tile, view
from dashboard.views_words import Words
from tests.kpi.test_components import NOW, config, figure, told

__all__ = ["config"]


def words(config, found, lang="id"):  # type: ignore[no-untyped-def]
    documents = {"components": found, "meta": {"as_of": round(NOW.timestamp() * 1000)}}
    return Words(documents, Disclosure(Registry(config), frozenset({"wall", "desk"})), lang)


def test_the_average_stands_with_its_parts_and_with_what_is_missing(config) -> None:  # type: ignore[no-untyped-def]
    found = told(config, {"up": 60.0, "down": 20.0}, {"aspiration.closed_in_time.d30": figure(72.0)})
    shown = view(words(config, found), "first")
    score, *parts = shown.figures
    assert score.value == "82,5%"
    assert [part.value for part in parts] == ["60", "20", "72,0%"]
    assert "100,0% bobot diketahui" in score.more
    (table, targets) = shown.tables
    assert [row.cells[3].text for row in table.rows] == ["75,0%", "100,0%", "80,0%"]
    assert [(row.cells[1].text, row.cells[3].text) for row in targets.rows][:2] == [
        ("80", "Wali Kota"),
        ("50", "Sekda"),
    ]


def test_all_scores_at_a_glance_none_without_its_parts(config) -> None:  # type: ignore[no-untyped-def]
    found = told(config, {"up": 60.0, "down": 20.0, "desk": 20.0}, {"aspiration.closed_in_time.d30": figure(72.0)})
    scores = {score.label: score for score in view(words(config, found), "all").figures}
    first, second = scores["Satu"], scores["Dua"]
    assert first.value == "82,5%"
    assert [said.rpartition(" ")[2] for said in first.more[1:]] == ["75%", "100%", "80%"]
    assert [said.rpartition(" ")[2] for said in second.more[1:]] == ["100%", "–", "–"]
    assert view(words(config, {"components": {}}), "all").figures == ()


def test_a_score_of_too_little_is_not_said(config) -> None:  # type: ignore[no-untyped-def]
    shown = view(words(config, told(config, {"desk": 20.0})), "second")
    assert shown.figures[0].value == "–"
    assert "terlalu sedikit bagian diketahui" in shown.figures[0].more
    missing = dict(shown.figures[0].about)["Yang belum ada"]
    assert "Bus: belum ada sumber" in missing


def test_nothing_published_yet(config) -> None:  # type: ignore[no-untyped-def]
    assert view(words(config, {"components": {}}), "first").figures == ()


def test_the_picture_holds_values_targets_and_who_moved_them() -> None:
    points = [(0, 10.0), (100, 20.0), (200, 30.0)]
    steps = [Step(-50, 25.0, "25 · Sekda"), Step(100, 28.0, "28 · <Wali>")]
    assert bounds(points, steps)[0] < 10
    assert bounds([(0, 5.0)], []) == (4.5, 5.5)
    address = chart(points, steps, ("1 Jan", "1 Mar"), ("0", "30"))
    picture = b64decode(address.removeprefix("data:image/svg+xml;base64,")).decode()
    for said in ("25 · Sekda", "28 · &lt;Wali&gt;", "1 Jan", "1 Mar", "<polyline"):
        assert said in picture
    assert picture.count("stroke-dasharray") == 2


def test_a_figure_without_a_course_stands_beside_the_targets_that_were_moved(config) -> None:  # type: ignore[no-untyped-def]
    part = next(part for part in config.components["first"].parts if part.figure)
    targets = (part.targets[0].model_copy(update={"valid_from": date(2025, 1, 1), "value": 70.0, "set_by": "Sekda"}),
               part.targets[0].model_copy(update={"valid_from": date(2026, 1, 1)}))  # fmt: skip
    first = config.components["first"]
    parts = tuple(one if one is not part else part.model_copy(update={"targets": targets}) for one in first.parts)
    moved = config.model_copy(
        update={"components": {**config.components, "first": first.model_copy(update={"parts": parts})}}
    )
    for made, pictures in ((config, 0), (moved, 1)):
        found = told(made, {}, {"aspiration.closed_in_time.d30": figure(72.0)})
        shown = [address for title, address in view(words(made, found), "first").images if "Aspirasi" in title]
        assert len(shown) == pictures
    picture = b64decode(shown[0].removeprefix("data:image/svg+xml;base64,")).decode()
    assert "Sekda, 1 Jan 2025" in picture and picture.count("stroke-dasharray") == 2


def test_a_wall_shows_no_average_without_the_performance_of_each_part(config) -> None:  # type: ignore[no-untyped-def]
    found = told(config, {"up": 60.0, "down": 20.0, "desk": 20.0}, {"aspiration.closed_in_time.d30": figure(72.0)})
    tile = components_tile(words(config, found))
    tries = {line.cells["what"]: line.cells["more"].split("|") for line in tile.lines}
    assert tries["Satu"][-1] == "75 · 100 · 80"
    assert tries["Satu"][0].startswith("3/3 bagian: x 75%")
    assert tries["Dua"][-1] == "100 · – · –"
