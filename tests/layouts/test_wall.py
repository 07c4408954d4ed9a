"""What a wall says: pure views, type by distance, slots that hold whole values."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from dashboard.config.model import Config, Label, Wall
from dashboard.config.registry import Registry
from dashboard.formats import clock, duration, long_date, percent, rupiah
from dashboard.i18n import CATALOGUE, LANGS, Lang, say
from dashboard.kpi.descriptions import BY_KEY
from dashboard.live import difference
from dashboard.views import wall_view
from dashboard.views_queue import SYMBOLS
from dashboard.views_words import SOURCE_SYMBOLS, Line
from layouts.slots import rows
from layouts.typography import check_wall, measure
from layouts.wall_main import layout, props
from tests.live import samples
from tests.live.samples import for_walls
from tests.screens.states import STATES


def view(config: Config, found: dict[str, Any], lang: Lang = "id") -> Any:
    return wall_view(found, for_walls(config), config.walls["main"], lang)


def written(one: Any) -> str:
    return " ".join(f"{term.sign} {term.value} {term.label}".strip() for term in one.terms)


def test_type_is_sixteen_minutes_of_arc_high() -> None:
    wall = Wall(title=Label(id="x", en="x"), viewing_distance_m=3)
    assert measure(wall).cap_px == pytest.approx(22, abs=0.1)
    assert measure(wall.model_copy(update={"viewing_distance_m": 5})).cap_px == pytest.approx(36.7, abs=0.2)
    assert measure(wall.model_copy(update={"viewing_distance_m": 9})).cap_px == pytest.approx(66, abs=0.2)


def test_a_wall_that_cannot_be_read_is_named_with_the_mend() -> None:
    wall = Wall(title=Label(id="x", en="x"), viewing_distance_m=9)
    assert "more panels" in " ".join(check_wall("jauh", wall))
    assert check_wall("dekat", wall.model_copy(update={"viewing_distance_m": 3})) == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["main", "main-3x"])
def test_every_slot_of_the_first_paint_is_a_slot_of_the_live_path(config: Config, lang: Lang, name: str) -> None:
    found = wall_view(samples.documents(config), for_walls(config), config.walls[name], lang)
    size = measure(config.walls[name])
    tree = str(layout(found, size, {"screen": name}).to_plotly_json())
    missing = [ident for ident in props(found, size) if f"'{ident}'" not in tree and f"id='{ident}'" not in tree]
    assert missing == []


@pytest.mark.parametrize("lang", LANGS)
def test_nothing_known_is_said_and_never_zero(config: Config, lang: Lang) -> None:
    found = view(config, {}, lang)
    assert "–" in found.queue.title
    assert all(term.value == "–" for one in found.sums for term in one.terms)
    assert all(line.cells["figure"] == "–/–" for line in found.districts.lines)
    assert found.mark == ""


def test_an_unreported_price_is_not_zero(config: Config) -> None:
    line = next(x for x in view(config, samples.documents(config)).prices.lines if x.state == "missing")
    assert line.cells["price"] == "—"
    assert line.cells["markets"] == "tidak dilaporkan"


def test_doubtful_prices_are_counted_where_their_change_would_stand(config: Config) -> None:
    found = samples.documents(config)
    row = next(r for r in found["prices"]["rows"] if r["change"] and not r["not_reported_since"])
    name = view(config, found).prices.lines  # the same item, before and after
    row["missing"] = ["doubtful:12"]
    told = view(config, found).prices
    assert told.extra["doubtful"] == "▲ 12 nilai janggal"
    assert [line.cells["change"] for line in told.lines].count("12 nilai janggal") == 1
    assert [line.cells["price"] for line in told.lines] == [line.cells["price"] for line in name], "the last good stays"


def test_a_sum_that_does_not_add_up_says_so(config: Config) -> None:
    today, stock = view(config, samples.documents(config)).sums
    assert written(today) == "37 diterima = 6 menunggu + 9 proses + 21 selesai +1 selisih"
    assert today.terms[-1].kind == "rest"
    assert written(stock) == "190 awal hari + 37 diterima + 1 dibuka lagi − 35 selesai = 193 terbuka"


def test_simulated_and_replayed_data_carry_their_mark(config: Config) -> None:
    found = samples.documents(config)
    assert view(config, found).mark == "DATA SIMULASI"
    found["meta"]["provenance"] = ["live", "replay"]
    assert view(config, found).mark == "PUTAR ULANG"


def test_a_proposed_deadline_is_called_proposed(config: Config) -> None:
    assert all(p.sources for p in config.policies if p.kind == "aspiration" and p.status == "ditetapkan")
    found = samples.documents(config)
    assert view(config, found).queue.title == "19 lewat tenggat / 193"
    found["queue:aspiration"]["overdue_proposed"] = 19
    assert view(config, found).queue.title == "19 lewat usulan / 193"
    found["queue:aspiration"]["overdue_proposed"] = 16
    assert view(config, found).queue.title == "3 lewat tenggat · 16 lewat usulan / 193"


def test_states_differ_by_shape_and_word_not_only_by_colour() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert all(
        established != proposed for name, (established, proposed) in SYMBOLS.items() if name in ("overdue", "soon")
    )
    assert len(set(SOURCE_SYMBOLS.values())) == len(SOURCE_SYMBOLS)
    for lang in LANGS:
        assert len({say(f"source.{state}", lang) for state in SOURCE_SYMBOLS}) == len(SOURCE_SYMBOLS)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["main", "main-3x", "main-portrait"])
def test_a_count_of_hours_nobody_watched_says_so_where_room_is_short(config: Config, lang: Lang, name: str) -> None:
    found = samples.documents(config)
    at = found["meta"]["as_of"]
    found["meta"]["shift"] = config.shifts[0].id
    for window, number in (("today", 0), ("shift", 1_234), ("d7", 0)):
        kept = samples.value("closed", number, at, missing=[f"watched_from:{at}"])
        found["kpi:aspiration:city"][f"aspiration.closed.{window}"] = kept
    slots = props(wall_view(found, for_walls(config), config.walls[name], lang), measure(config.walls[name]))
    closed = BY_KEY["closed"]
    row = next(
        ident
        for ident, slot in slots.items()
        if slot.get("children") == {"id": closed.short_id, "en": closed.short_en}[lang]
    )
    assert say("missing.watched_from", lang) in slots[row.replace("-what", "-more")]["children"]


def test_lost_repeated_and_skipped_frames_end_where_a_fresh_page_begins(config: Config) -> None:
    """Frames are whole slots against the last props sent; a client that resumes with a full view is equal."""
    size, chance = measure(config.walls["main"]), random.Random(7)
    page: dict[str, dict[str, str]] = {}
    sent: dict[str, dict[str, str]] = {}
    lost = False
    for seq in range(1, 60):
        now = props(view(config, samples.documents(config, seq, samples.NOW + seq * 61_000, 150 + seq % 9)), size)
        frame = difference(sent, now)
        sent = now
        if chance.random() < 0.3:
            lost = True
            continue
        frames = [now] if lost else [frame] * chance.choice((1, 1, 3))
        lost = False
        for one in frames:
            for ident, values in one.items():
                page.setdefault(ident, {}).update(values)
    for ident, values in (sent if lost else {}).items():
        page.setdefault(ident, {}).update(values)
    assert page == sent


def pages_of(found: dict[str, dict[str, str]], prefix: str, per_page: int) -> list[int]:
    """Lines on each page of a list."""
    shown = [n for n in range(200) if found.get(f"{prefix}{n}", {"className": "empty"})["className"] != "empty"]
    return [sum(n // per_page == page for n in shown) for page in range(int(found[f"{prefix}pages"]["data-pages"]))]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 15, 22])
def test_no_page_stands_almost_empty_for_its_turn(count: int) -> None:
    found: dict[str, dict[str, str]] = {}
    rows(found, "x", [Line("calm", {"name": str(n)}) for n in range(count)], 28, ("name",), 7, lambda line: line.cells)
    pages = pages_of(found, "x", 7)
    assert sum(pages) == count
    assert len(pages) == max(1, -(-count // 7))
    assert max(pages) - min(pages) <= 1
    said = [found[f"x{n}-name"]["children"] for n in range(28) if found[f"x{n}"]["className"] != "empty"]
    assert said == [str(n) for n in range(count)], "in their order"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["main", "main-3x", "main-portrait"])
def test_a_tile_without_data_says_so_once(config: Config, lang: Lang, name: str) -> None:
    found = wall_view({}, for_walls(config), config.walls[name], lang)
    slots = props(found, measure(config.walls[name]))
    nothing = say("wall.nothing_yet", lang)
    for prefix in "qdpuk":
        said = [v["children"] for k, v in slots.items() if k.startswith(prefix) and nothing in v.get("children", "")]
        assert len(said) == 1, prefix
    assert not any("–/–" in values.get("children", "") for values in slots.values()), (
        "a map full of dashes says nothing"
    )


@pytest.mark.parametrize("lang", LANGS)
def test_figures_are_explained_in_words(config: Config, lang: Lang) -> None:
    found = view(config, STATES["full"](config), lang)
    for tile in found.services:
        for line in tile.lines:
            assert not re.search(r"\bn \d|\bp90\b", line.cells["more"]), line.cells
    for name in ("main", "main-portrait", "main-3x"):
        tree = str(layout(found, measure(config.walls[name]), {"screen": name}).to_plotly_json())
        assert ("> HET" in tree or "> HAP" in tree) <= ("HET:" in tree or "HET, HAP:" in tree), "never unexplained"


def test_the_median_keeps_its_window_before_its_sample_unless_that_is_small(config: Config) -> None:
    found = STATES["full"](config)
    key = "aspiration.response_median.d30"
    for small, kept in ((False, "90%"), (True, "sedikit")):
        found["kpi:aspiration:city"][key] |= {"small": small, "n": 3 if small else 141}
        line = next(x for x in view(config, found).services[0].lines if x.cells["what"] == "Median tanggapan")
        options = line.cells["more"].split("|")
        assert "30 hari" in options[0]
        assert "kasus" in options[0]
        assert all("30 hari" in option for option in options)
        assert kept in options[1]


def test_a_tile_blames_the_source_that_fails_and_does_not_miss_it_twice(config: Config) -> None:
    found = STATES["mixed"](config)
    found["kpi:aspiration:city"]["aspiration.open.now"]["missing"] = ["source:laksa", "source:open311"]
    note = view(config, found).queue.note
    long = note.tries()[0]
    assert long.startswith("✕ LAKSA rusak")
    assert "tanpa LAKSA" not in long
    assert "tanpa open311" in long


def test_numbers_are_written_as_people_read_them() -> None:
    assert rupiah(14500, "id") == "Rp14.500"
    assert percent(1.3, "id") == "1,3%"
    assert duration(6120, "id").replace("\u00a0", " ") == "1 j 42 mnt"
    assert duration(1440, "id").replace("\u00a0", " ") == "24 mnt"
    assert duration(59, "en").replace("\u00a0", " ") == "59 s"


def test_dates_speak_both_languages(config: Config) -> None:
    zone, moment = Registry(config).zone, 1_795_503_932_000
    assert long_date(moment, zone, "id").startswith(("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"))
    assert "." in clock(moment, zone, "id")
    assert ":" in clock(moment, zone, "en")
    assert clock(None, zone, "id") == "–"


def test_the_catalogue_speaks_both_languages() -> None:
    assert all(len(pair) == 2 and all(text.strip() for text in pair) for pair in CATALOGUE.values())


def test_a_wall_is_about_the_kind_its_city_says(config: Config) -> None:
    """The first kind of the configuration, or the one a wall names; nothing is built in."""
    found = samples.documents(config)
    other = {key.replace(":aspiration", ":permit"): v for key, v in found.items() if not key.startswith("kpi:permit")}
    for scope in [key for key in other if key.startswith("kpi:permit:")]:
        other[scope] = {key.replace("aspiration.", "permit."): value for key, value in other[scope].items()}
    wall = config.walls["main"].model_copy(update={"kind": "permit"})
    shown = wall_view(other, for_walls(config), wall, "id")
    usual = view(config, found)
    assert [line.cells["number"] for line in shown.queue.lines] == [line.cells["number"] for line in usual.queue.lines]
    assert written(shown.sums[0]) == written(usual.sums[0])
    totals = [[line.cells["figure"].split("/")[1] for line in one.districts.lines] for one in (shown, usual)]
    assert totals[0] == totals[1]
    assert shown.queue.lines
    assert not view(config, other).queue.lines

    first = {"report": config.kinds["permit"], **config.kinds}
    elsewhere = wall_view(
        {},
        for_walls(config.model_copy(update={"kinds": first})),
        config.walls["main"].model_copy(update={"kinds": None}),
        "id",
    )
    assert elsewhere.queue.title == f"{config.kinds['permit'].label.id} –"


@pytest.mark.parametrize("lang", LANGS)
def test_a_deadline_that_passed_unheard_is_neither_time_left_nor_late(config: Config, lang: Lang) -> None:
    found = samples.documents(config, row_more={"state": "unconfirmed", "due_at": samples.NOW - 3_600_000})
    shown = view(config, found, lang).queue
    assert not shown.lines
    assert {line.cells["left"] for line in shown.following} == {say("state.unconfirmed", lang)}
    assert {(line.cells["symbol"], line.due) for line in shown.following} == {("?", None)}
