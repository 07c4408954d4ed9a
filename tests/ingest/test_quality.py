"""Rows that cannot be read, words nobody knows, values nobody believes: counted and shown, never a value kept."""

from __future__ import annotations

import gc
from datetime import timedelta

import pytest
import sqlalchemy as sa

from dashboard.contract import DELTA
from dashboard.errors import SourceChanged, SourceRefused, SourceUnavailable
from dashboard.facts import PollFact
from dashboard.history import schema
from dashboard.ingest_quarantine import explain, mask, shape_of
from dashboard.ingest_words import MAX_WORD, clean
from tests.ingest.served import T0, PriceConnector, Room, StatusConnector, minute, row, rows

NIK = "3671051203850007"


def poll_of(commit: object) -> PollFact:
    poll = getattr(commit, "poll")  # noqa: B009
    assert isinstance(poll, PollFact)
    return poll


def dump(room: Room) -> str:
    """Everything the database holds, as text."""
    found = []
    for table in schema.metadata.sorted_tables:
        found += [repr(tuple(entry)) for entry in room.history.rows(sa.select(table))]
    return "\n".join(found)


def test_a_rejected_row_is_quarantined_without_its_values(any_room: Room) -> None:
    bad = row("Z9", bad=True, name="Siti Aminah", nik=NIK, nested={"phone": "0812"}, **{NIK: 1})
    poll = poll_of(any_room.poll([*rows(30), bad], 1))
    assert (poll.outcome, poll.rejected, poll.reject_reasons) == ("ok", 1, {"bad: cannot be read": 1})
    (entry,), _ = any_room.history.rejects("laksa")
    assert (entry["field"], entry["reason"]) == ("bad", "cannot be read")
    assert entry["shape"]["nik"] == ["str", "9999999999999999"]
    assert entry["shape"]["name"] == ["str", "aaaa aaaaaa"]
    assert entry["shape"]["nested"] == ["dict"]
    text = dump(any_room)
    for planted in (NIK, "Siti", "Aminah", "0812"):
        assert planted not in text


def test_the_same_bad_row_is_kept_once_and_counted_each_time(any_room: Room) -> None:
    served = [*rows(30), row("Z", bad=True)]
    for at in (1, 2):
        assert poll_of(any_room.poll(served, at)).rejected == 1
    any_room.restart()
    assert poll_of(any_room.poll(served, 3)).rejected == 1
    assert len(any_room.history.rejects()[0]) == 1


def test_over_a_fifth_and_at_least_five_is_a_changed_source(any_room: Room) -> None:
    any_room.poll(rows(20), 0)
    served = [*rows(16), *(row(f"Z{i}", bad=True) for i in range(5))]
    commit = any_room.poll(served, 1)
    poll = poll_of(commit)
    assert (poll.outcome, poll.cause) == ("changed", "too_many_rejects")
    assert poll.detail == "5 of 21 rows; 5: bad: cannot be read"
    assert commit.cases == []
    assert len(list(any_room.history.load_open_cases())) == 20, "last good stays"
    histories = any_room.history.source_histories()["laksa"]
    assert (histories.last_success, histories.consecutive_failures) == (minute(0), 1)


def test_four_of_many_small_rejects_do_not_refuse(room: Room) -> None:
    served = [*rows(6), *(row(f"Z{i}", bad=True) for i in range(4))]
    assert poll_of(room.poll(served, 1)).outcome == "ok"


def test_a_mandatory_field_gone_everywhere_is_a_changed_source(room: Room) -> None:
    room.poll(rows(3), 0)
    renamed = [{"nomor": entry["id"], "opened": 0} for entry in rows(3)]
    poll = poll_of(room.poll(renamed, 1))
    assert (poll.outcome, poll.cause) == ("changed", "field_missing")
    assert poll.reject_reasons == {"id: is missing": 3}
    assert poll.drift == ("+nomor", "-id", "-status")


def test_drift_is_shown_until_the_source_is_read_anew(room: Room) -> None:
    room.poll(rows(3), 0)
    assert poll_of(room.poll(rows(3), 1)).drift == ()
    assert poll_of(room.poll(rows(3, extra=1), 2)).drift == ("+extra",)
    assert poll_of(room.poll(rows(3, extra=1), 3)).drift == ("+extra",)
    room.connector.PARSER_VERSION = 2
    room.poll(rows(3, extra=1), 4)
    assert poll_of(room.poll(rows(3, extra=1), 5)).drift == ()


def test_a_keyerror_never_tells_a_value() -> None:
    assert explain(KeyError("Siti Aminah"), {"nama": "siti aminah"}) == ("?", "a word that the connector does not know")
    assert explain(KeyError("dibuat"), {"id": "1"}) == ("dibuat", "is missing")
    assert explain(ValueError(NIK), {"id": NIK}) == ("?", "unreadable (ValueError)")


def test_masks() -> None:
    assert mask("Jl. Merdeka 12") == "aa. aaaaaaa 99"
    assert mask("a" * 100) == "a" * 24 + "…"
    assert NIK not in shape_of({NIK: 1, "x": NIK})
    assert shape_of("text") == '{"row":["str","aaaa"]}'


def test_unknown_words_are_stored_counted_and_shown(any_room: Room) -> None:
    served = [row("A", "ditangguhkan", category="Naga di sungai", opd="Dinas Angkasa"), *rows(3)]
    commit = any_room.poll(served, 1)
    fact = next(c.after for c in commit.cases if c.after.record.key == "A")
    assert (fact.record.status, fact.record.category, fact.record.department) == ("unknown", "unknown", "unknown")
    assert (fact.record.status_word, fact.record.category_word) == ("ditangguhkan", "Naga di sungai")
    assert fact.visibility == "confidential", "an unknown category is confidential"
    expected = {"status": 1, "category": 1, "department": 1}
    assert poll_of(commit).unknown_words == expected
    assert poll_of(any_room.poll(served, 2)).unknown_words == expected, "counted though not parsed again"
    any_room.restart()
    assert poll_of(any_room.poll(served, 3)).unknown_words == expected
    assert any_room.history.unknown_words("laksa") >= {("category", "Naga di sungai"), ("status", "ditangguhkan")}
    assert poll_of(any_room.poll([row("A", "proses"), *rows(3)], 4)).unknown_words == {}


def test_hostile_words_are_made_harmless(any_room: Room) -> None:
    hostile = "naga\x00\u202e\u200b\n" + "x" * 1_000_000
    fact = any_room.poll([row("A", category=hostile, office="a\u202eb")], 1).cases[0].after
    assert len(fact.record.category_word) <= 120
    assert fact.record.category_word.isprintable()
    assert fact.record.office == "ab"
    assert any_room.history.case_facts([fact.number])[fact.number] == fact


def test_a_key_that_is_too_long_or_empty_rejects_the_row(room: Room) -> None:
    poll = poll_of(room.poll([*rows(10), row("k" * 201), row("")], 1))
    assert poll.reject_reasons == {"key: is longer than 200 characters": 1, "key: is empty": 1}


def test_clean() -> None:
    assert clean("plain") == "plain"
    assert clean(" a\tb\u00ad c ") == "a b c"
    assert clean("e" * 300) == "e" * MAX_WORD


def test_planted_identities_do_not_reach_the_database(any_room: Room) -> None:
    words = {"office": f"telp 081234567890 {NIK}", "category": f"warga {NIK}", "opd": "email a.b@contoh.id"}
    any_room.block = {"summary": True}
    text = f"Saya Bapak Joko Susilo, NIK {NIK}, hp 081234567890, joko@contoh.id"
    served = [row("A", "apa 081234567890", text=text, attributes={"note": text}, **words)]
    any_room.poll(served, 1)
    found = dump(any_room)
    for planted in (NIK, "081234567890", "a.b@contoh.id", "joko@contoh.id", "Susilo"):
        assert planted not in found
    assert any_room.history.case_text(1)


def test_without_summary_in_the_source_block_no_text_is_kept(room: Room) -> None:
    room.poll([row("A", text="lampu jalan mati")], 1)
    assert room.history.case_text(1) is None
    assert "lampu" not in dump(room)


def test_a_transient_is_dropped(room: Room) -> None:
    from dashboard.records import Transient

    room.poll([row("A", text="lampu jalan mati", point=(-6.18, 106.63))], 1)
    gc.collect()
    assert not [thing for thing in gc.get_objects() if isinstance(thing, Transient)]


# Measurements


def prices(day: int, value: float, items: int = 6) -> list[dict[str, object]]:
    return [{"item": f"i{n}", "day": day, "value": value + n} for n in range(items)]


def test_not_reported_is_kept_as_such(any_room: Room) -> None:
    any_room.connector = PriceConnector()
    any_room.poll([{"item": "rice", "day": 0, "value": 0}], 1)
    (fact,) = any_room.history.latest_measurements()
    assert (fact.record.value, fact.record.reported) == (None, False)


def test_a_revised_value_is_a_new_version(any_room: Room) -> None:
    any_room.connector = PriceConnector()
    any_room.poll(prices(0, 100), 1)
    commit = any_room.poll([*prices(0, 100)[1:], {"item": "i0", "day": 0, "value": 70}], 2)
    (fact,) = commit.measurements
    assert (fact.version, fact.record.value) == (2, 70)
    assert poll_of(commit).changed == 1
    assert len(list(any_room.history.latest_measurements())) == 6


def test_the_same_values_for_several_surveys_are_copied_forward(any_room: Room) -> None:
    any_room.connector = PriceConnector()
    served: list[dict[str, object]] = []
    marks = []
    for day in range(5):
        served = [*served, *prices(day, 100 if day < 4 else 101)]
        marks.append(poll_of(any_room.poll(served, day * 1440)).copied_forward)
        marks.append(poll_of(any_room.poll(served, day * 1440 + 1)).copied_forward)
    assert marks == [False, False, False, False, True, True, True, True, False, False]


def stored(room: Room) -> dict[int, float | None]:
    """The figures of one item by day."""
    facts = [fact for fact in room.history.latest_measurements() if fact.record.item == "i0"]
    return {(fact.record.period_start - T0).days: fact.record.value for fact in facts}


def raised(days: int, times: float) -> list[dict[str, object]]:
    return [entry for day in range(days) for entry in prices(day, 100 * times, items=2)]


@pytest.mark.parametrize("times", [100, 0.01])
def test_a_past_that_is_many_times_itself_is_doubtful_and_the_last_good_stays(any_room: Room, times: float) -> None:
    """The very fault of the simulated city: every survey the source still serves is raised at once."""
    any_room.connector = PriceConnector()
    any_room.poll(raised(4, 1), 4 * 1440)
    before = stored(any_room)
    for again in (1, 2):
        commit = any_room.poll(raised(5, times), 4 * 1440 + again)
        poll = poll_of(commit)
        assert (poll.outcome, poll.drift, poll.rejected) == ("ok", ("doubtful:10",), 0)
        assert stored(any_room) == before
        assert any_room.history.doubtful() == {any_room.source_id: commit.doubtful}
        (told,) = [c for c in any_room.history.commits_since(commit.seq - 1) if c.seq == commit.seq]
        assert told.doubtful == commit.doubtful
        any_room.restart()
    assert {row["reason"] for row in any_room.history.held()} == {"price_jumped"}, "both are in the history"
    assert {row["previous"] for row in any_room.history.held()} >= {100.0}
    healed = any_room.poll(raised(5, 1), 4 * 1440 + 9)
    assert (poll_of(healed).drift, healed.doubtful, any_room.history.doubtful()) == ((), [], {})
    assert stored(any_room) == {**before, 4: 100}


def test_a_new_level_of_prices_is_believed_at_the_third_survey(any_room: Room) -> None:
    any_room.connector = PriceConnector()
    served = prices(0, 100, items=1)
    any_room.poll(served, 1)
    for day in (1, 2):
        served = [*served, *prices(day, 900 + day, items=1)]
        assert poll_of(any_room.poll(served, day * 1440 + 1)).drift == (f"doubtful:{day}",)
        any_room.restart()
    served = [*served, *prices(3, 903, items=1)]
    any_room.poll(served, 3 * 1440 + 1)
    assert stored(any_room) == {0: 100, 3: 903}
    for again in (2, 3):  # what was held is confirmed by the survey after it
        last = any_room.poll(served, 3 * 1440 + again)
    assert (stored(any_room), poll_of(last).drift) == ({0: 100, 1: 901, 2: 902, 3: 903}, ())


def test_large_real_moves_are_taken_and_a_city_may_say_otherwise(room: Room) -> None:
    room.connector = PriceConnector()
    moves = [100.0, 158.2, 105.0, 499.0]  # +58.2 % and -33.3 % were real; under five times nothing waits
    served = [{"item": "i0", "day": day, "value": value} for day, value in enumerate(moves)]
    for day in range(len(moves)):
        assert poll_of(room.poll(served[: day + 1], day * 1440 + 1)).drift == ()
    served.append({"item": "i0", "day": 4, "value": 49_900.0})
    assert poll_of(room.poll(served, 5 * 1440)).drift == ("doubtful:1",)
    room.block = {"doubtful_times": None}
    assert poll_of(room.poll(served, 5 * 1440 + 1)).drift == ()
    assert stored(room)[4] == 49_900.0


def test_a_few_prices_that_stand_still_prove_nothing(room: Room) -> None:
    room.connector = PriceConnector()
    served = [entry for day in range(5) for entry in prices(day, 100, items=4)]
    assert not poll_of(room.poll(served, 1)).copied_forward


def counter(day: int, value: float) -> dict[str, object]:
    return {"item": "calls", "day": day - 20, "value": value, "counter": True}


def held_values(room: Room) -> list[tuple[float, str]]:
    return sorted((entry["value"], entry["reason"]) for entry in room.history.held())


@pytest.mark.parametrize(("value", "reason"), [(900, "counter_fell"), (200_000, "counter_jumped")])
def test_a_counter_that_falls_or_jumps_is_held_and_annotated(any_room: Room, value: float, reason: str) -> None:
    any_room.connector = PriceConnector()
    served = [counter(0, 1000), counter(1, 1010)]
    any_room.poll(served, 1)
    served.append(counter(2, value))
    for at in (2, 3):
        poll = poll_of(any_room.poll(served, at))
        assert poll.drift == (reason,)
        assert held_values(any_room) == [(value, reason)]
    assert [fact.record.value for fact in any_room.history.latest_measurements()] == [1000, 1010]
    served[-1] = counter(2, 1020)
    assert poll_of(any_room.poll(served, 4)).drift == ()
    assert [fact.record.value for fact in any_room.history.latest_measurements()] == [1000, 1010, 1020]


def test_a_counter_that_really_started_anew_is_believed_at_the_third_period(room: Room) -> None:
    room.connector = PriceConnector()
    served = [counter(0, 1000)]
    room.poll(served, 1)
    for day, value in ((1, 5), (2, 9)):
        served.append(counter(day, value))
        assert poll_of(room.poll(served, day + 1)).drift == ("counter_fell",)
    room.restart()
    served.append(counter(3, 14))
    assert poll_of(room.poll(served, 5)).new == 1
    assert [fact.record.value for fact in room.history.latest_measurements()] == [1000, 14]


def test_a_status_has_versions(any_room: Room) -> None:
    any_room.connector = StatusConnector()
    any_room.poll([{"site": "Cibodas", "state": "up"}, {"site": "Pinang", "state": "up"}], 1)
    commit = any_room.poll([{"site": "Cibodas", "state": "down"}, {"site": "Pinang", "state": "up"}], 2)
    assert [(fact.record.subject, fact.record.state, fact.version) for fact in commit.statuses] == [
        ("Cibodas", "down", 2)
    ]
    assert [fact.record.state for fact in any_room.history.latest_statuses()] == ["down", "up"]


# Clocks


def test_skew_is_measured(room: Room) -> None:
    now = minute(10)
    assert now is not None
    assert poll_of(room.poll(rows(1), 10, source_time=now + timedelta(hours=7))).skew_s == 7 * 3600


def test_data_from_the_future_is_counted_and_one_stray_is_not_believed(room: Room) -> None:
    poll = poll_of(room.poll([*rows(5, updated=0), row("F", updated=7 * 60)], 1))
    assert (poll.drift, poll.data_at) == (("future:1",), minute(0))


def test_a_source_hours_ahead_says_so_until_it_is_put_right(room: Room) -> None:
    poll = poll_of(room.poll(rows(5, updated=7 * 60), 1))
    assert (poll.drift, poll.data_at) == (("future:5",), minute(7 * 60))
    assert poll_of(room.poll(rows(5, updated=1), 2)).data_at == minute(1)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SourceUnavailable("timeout", "20 s"), "unavailable"),
        (SourceRefused("html_instead_of_data"), "refused"),
        (SourceChanged("not_json", "line 1 column 1"), "changed"),
    ],
)
def test_a_failed_poll_is_kept_as_data(any_room: Room, error: SourceUnavailable, outcome: str) -> None:
    any_room.poll(rows(2), 0)
    now = minute(1)
    assert now is not None
    any_room.ingest.fail(any_room.source, error, epoch=any_room.epoch, started_at=now, now=now, duration_ms=5)
    poll = any_room.history.recent_polls("laksa", 1)[0]
    assert (poll.outcome, poll.cause, poll.detail) == (outcome, error.cause, error.detail)
    histories = any_room.history.source_histories()["laksa"]
    assert (histories.consecutive_failures, histories.last_cause, histories.last_success) == (1, error.cause, minute(0))
    any_room.poll(rows(2), 2)
    assert any_room.history.source_histories()["laksa"].consecutive_failures == 0


def test_what_a_failed_poll_says_is_kept_redacted_and_on_one_line(any_room: Room) -> None:
    now = minute(1)
    assert now is not None
    error = SourceChanged("envelope", f"row of\u202e Bapak Joko Susilo,\nNIK {NIK}")
    any_room.ingest.fail(any_room.source, error, epoch=any_room.epoch, started_at=now, now=now, duration_ms=5)
    detail = any_room.history.recent_polls("laksa", 1)[0].detail
    assert detail.startswith("row of")
    assert detail.isprintable()
    assert NIK not in dump(any_room)
    assert "Susilo" not in dump(any_room)


def test_the_cursor_travels_with_the_records(any_room: Room) -> None:
    any_room.poll(rows(1), 0, coverage=DELTA, next_cursor={"page": 3})
    assert any_room.history.cursor("laksa") == {"page": 3}

    def die(name: str) -> None:
        if name == "cursor_written":
            raise OSError

    any_room.history.at_step = die
    with pytest.raises(OSError):  # noqa: PT011
        any_room.poll(rows(2), 1, coverage=DELTA, next_cursor={"page": 4})
    assert any_room.history.cursor("laksa") == {"page": 3}


def test_the_same_value_measured_again_is_known_as_of_now_and_makes_no_version(any_room: Room) -> None:
    """A sensor that reports each minute would fill the history with what did not change."""
    room = any_room
    room.connector = PriceConnector()
    served = [(0, 900), (1, 900), (2, 900), (3, 850), (4, 850)]
    for at, value in served:
        commit = room.poll([{"item": "egg", "day": 0, "value": value, "observed": at}], at)
        (fact,) = commit.measurements
        assert (fact.record.value, fact.record.observed_at) == (value, minute(at))
    (fact,) = room.history.latest_measurements()
    assert (fact.record.observed_at, fact.version, fact.seen_at) == (minute(4), 2, minute(3))
    table = schema.measurement_version
    assert len(room.history.rows(sa.select(table))) == 2
    replayed = list(room.history.commits_since(0, filled=True))
    assert replayed[-1].measurements == [fact], "whoever catches up ends with the newest"
