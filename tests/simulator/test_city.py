"""The stand-in city is deterministic and calibrated to the published figures."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import mean, pstdev
from zoneinfo import ZoneInfo

import pytest

from connectors.simulator.city import City
from connectors.simulator.life import AUTO_CLOSE
from connectors.simulator.places import Place
from connectors.simulator.prices import GOODS, JUMP_UP, MARKETS, MarketPlace, PriceBook
from connectors.simulator.words import CHANNELS, MATTERS
from tests.simulator.running import NOON, make_city

ZONE = ZoneInfo("Asia/Jakarta")
GOOD = {good.name: good for good in GOODS}


def states(city: City) -> list[tuple[object, ...]]:
    reports = sorted(city.aspirations.visible(), key=lambda r: r.id)
    return [(r.id, r.text, r.category, r.channel, r.lat, r.state) for r in reports]


@pytest.fixture(scope="module")
def year() -> City:
    city = make_city(history_days=364)
    city.advance(NOON)
    return city


def test_same_seed_and_time_give_the_same_city_however_often_it_is_asked() -> None:
    later = NOON + timedelta(days=3, hours=7)
    jumped, walked = make_city(history_days=15), make_city(history_days=15)
    jumped.advance(later)
    at = NOON
    while at < later:
        walked.advance(at)
        at += timedelta(minutes=37)
    walked.advance(later)
    assert len(states(jumped)) > 400
    assert states(jumped) == states(walked)


def test_another_seed_gives_another_city() -> None:
    one, two = make_city(seed=1, history_days=5), make_city(seed=2, history_days=5)
    one.advance(NOON)
    two.advance(NOON)
    assert states(one) != states(two)


def test_33_to_40_reports_a_day_with_a_weekly_rhythm(year: City) -> None:
    days = Counter(r.created.astimezone(ZONE).date() for r in year.aspirations.reports)
    days.pop(NOON.astimezone(ZONE).date())
    assert 33 <= mean(days.values()) <= 40
    monday = mean(n for day, n in days.items() if day.weekday() == 0)
    sunday = mean(n for day, n in days.items() if day.weekday() == 6)
    assert monday > sunday * 1.3
    hours = Counter(r.created.astimezone(ZONE).hour for r in year.aspirations.reports)
    assert hours[9] > 8 * hours[3]


def test_about_96_percent_are_closed_and_few_are_in_process(year: City) -> None:
    status = Counter(r.state.status for r in year.aspirations.reports)
    total = sum(status.values())
    assert 0.950 <= status["selesai"] / total <= 0.985
    assert 8 <= status["proses"] <= 50
    assert status["menunggu"] > status["proses"]


def test_closings_by_silence_come_exactly_two_days_after_the_answer(year: City) -> None:
    silent = [r.state for r in year.aspirations.reports if r.state.closed_by == "otomatis" and not r.state.gone]
    assert 0.08 < len(silent) / len(year.aspirations.reports) < 0.22
    exact = [s for s in silent if s.closed_at and s.responded_at and s.closed_at - s.responded_at == AUTO_CLOSE]
    assert len(exact) > 0.95 * len(silent)  # the others were back-dated afterwards


def test_a_few_are_closed_by_the_system_that_nobody_ever_answered(year: City) -> None:
    lapsed = [r.script[-1] for r in year.aspirations.reports if r.script[-1].closed_by == "sistem"]
    assert 0 < len(lapsed) / len(year.aspirations.reports) < 0.01
    assert {(state.status, state.responded_at) for state in lapsed} == {("selesai", None)}


def test_first_responses_have_a_long_tail(year: City) -> None:
    waits = sorted(
        (r.state.responded_at - r.created).total_seconds() / 3600
        for r in year.aspirations.reports
        if r.state.responded_at
    )
    median, tail = waits[len(waits) // 2], waits[int(len(waits) * 0.9)]
    assert 6 < median < 48
    assert tail > 3 * median
    assert waits[-1] > 24 * 14


def test_rare_things_happen_but_rarely(year: City) -> None:
    reports = year.aspirations.reports
    total = len(reports)
    assert 0.005 < sum(r.state.reopened > 0 for r in reports) / total < 0.04
    assert 0.04 < sum(r.state.transfers > 0 for r in reports) / total < 0.15
    assert 0.01 < sum(r.state.out_of_scope for r in reports) / total < 0.06
    assert 1 <= sum(r.state.gone for r in reports) < total * 0.01
    backdated = [
        r for r in reports
        if len(r.script) > 1 and r.script[-1].responded_at != r.script[-2].responded_at and r.script[-2].responded_at
    ]  # fmt: skip
    assert backdated
    assert all(r.script[-1].responded_at - r.created < timedelta(days=1) for r in backdated)
    known = {True: 0, False: 0, None: 0}
    for r in reports:
        known[r.state.evidence] += 1
    assert all(count > total * 0.1 for count in known.values())


def test_districts_categories_and_channels_are_all_there(real_places: list[Place]) -> None:
    city = make_city(places=real_places, history_days=120)
    city.advance(NOON)
    reports = city.aspirations.reports
    assert len({r.subdistrict for r in reports}) == 104
    assert len({r.district for r in reports}) == 13
    assert {r.category for r in reports} == {m.category for m in MATTERS}
    assert {r.channel for r in reports} == {name for name, _ in CHANNELS}


def test_identities_are_planted_well_formed_and_obviously_invented(year: City) -> None:
    reports = year.aspirations.reports
    carrying = [r for r in reports if "NIK 367199" in r.text]
    assert 0.03 < len(carrying) / len(reports) < 0.2
    for r in carrying:
        assert any(len(word) == 16 and word.isdigit() and word in r.text for word in r.planted)
    assert all(r.phone.startswith("08120000") for r in reports)


def test_flood_night_brings_what_was_ordered_in_an_hour() -> None:
    city = make_city(history_days=2)
    city.advance(NOON)
    before = len(city.aspirations.reports)
    planned = city.aspirations.surge(NOON, per_hour=5000, hours=1, duplicates=0.6)
    city.advance(NOON + timedelta(minutes=30))
    half = len(city.aspirations.reports) - before
    city.advance(NOON + timedelta(hours=1, seconds=2))
    came = city.aspirations.reports[before:]
    assert planned == 5000
    assert 2300 < half < 2700
    assert 5000 <= len(came) < 5020
    assert 0.55 < sum(r.duplicate_of is not None for r in came) / 5000 < 0.65


def test_a_change_by_hand_cancels_what_the_script_still_had_in_store() -> None:
    city = make_city(history_days=2)
    city.advance(NOON)
    waiting = next(r for r in city.aspirations.reports if r.state.status == "menunggu")
    city.aspirations.change(NOON, [waiting.id])
    assert waiting.state.status == "proses"
    assert waiting.state.at == NOON
    city.advance(NOON + timedelta(days=90))
    assert waiting.state.at == NOON


def test_an_hour_of_the_city_is_cheap_to_reach(year: City) -> None:
    changes = year.aspirations.changed_since(NOON - timedelta(days=1))
    assert 0 < len(changes) < 300
    assert all(r.state.at >= NOON - timedelta(days=1) for r in changes)


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return PriceBook(2016, tuple(MarketPlace(n, name) for n, name in enumerate(MARKETS, 1)), ZONE)


YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


def test_34_goods_and_prices_vary_as_the_published_series(book: PriceBook) -> None:
    assert len(GOODS) == 34
    for good in GOODS:
        levels = [book.level(good, day) for day in YEAR]
        variation = pstdev(levels) / mean(levels)
        assert 0.3 * good.cv < variation < 2 * good.cv, good.name
        assert 0.75 * good.mid < mean(levels) < 1.3 * good.mid, good.name
    assert 27_000 < min(book.level(GOOD["Cabe Merah Keriting"], day) for day in YEAR) < 45_000


def test_chilli_really_jumps_by_58_percent_and_falls_again(book: PriceBook) -> None:
    chilli = GOOD["Cabe Merah Keriting"]
    day = max(YEAR[1:-3], key=lambda day: book.level(chilli, day) / book.level(chilli, day - timedelta(days=1)))
    before, on, after = (book.level(chilli, day + timedelta(days=n)) for n in (-1, 0, 3))
    assert on / before == pytest.approx(JUMP_UP, rel=0.12)
    assert after / on < 0.8


def test_sundays_and_gaps_are_not_reported_and_a_price_appears_when_entered(book: PriceBook) -> None:
    rice, monday = GOODS[0], date(2026, 11, 23)
    assert all(book.price(good, 1, date(2026, 11, 22)) is None for good in GOODS)
    missing = [book.price(good, market.id, monday) is None for good in GOODS for market in book.markets]
    assert 0.02 < sum(missing) / len(missing) < 0.2
    market = next(m.id for m in book.markets if book.price(rice, m.id, monday))
    entered = book.entered_at(market, monday)
    assert book.reported(rice, market, monday, entered - timedelta(seconds=1)) is None
    assert book.reported(rice, market, monday, entered) == book.price(rice, market, monday)
    assert datetime(2026, 11, 23, 0, 30, tzinfo=UTC) <= entered <= datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
