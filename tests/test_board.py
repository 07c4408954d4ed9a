"""The board against an oracle that counts the facts one by one, after random histories; and against itself, loaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dashboard.board import Board
from dashboard.facts import CaseChange, CaseFact
from dashboard.records import CaseStatus, ClosedBy
from dashboard.snapshot import encode
from tests.config.factory import small_config
from tests.kpi import oracle
from tests.kpi.world import World, commit_of, make_board, make_fact

BROKEN_DOWN = {
    "stages": {"review": {"id": "Telaah", "en": "Review"}},
    "amount": {"id": "Pagu", "en": "Budget"},
    "marks": {
        "unstaged": {
            "label": {"id": "Tanpa tahap", "en": "No stage"},
            "definition": {"id": "Tanpa tahap.", "en": "No stage."},
            "when": [{"attribute": "missing", "equals": True}],
        }
    },
}
PERMIT = {"label": {"id": "Izin", "en": "Permits"}, "policy_by": "category", "breakdown": BROKEN_DOWN}
CONFIG = small_config(min_sample=1, kinds={"permit": PERMIT})
WAITS = [timedelta(seconds=s) for s in (5, 700, 20_000, 86_400, 7 * 86_400, 35 * 86_400)]
STEPS = st.lists(st.tuples(st.sampled_from(WAITS), st.integers(1, 6)), min_size=1, max_size=12)
SLOW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def live(world: World, steps: list[tuple[timedelta, int]], board: Board) -> dict[int, CaseFact]:
    """Run the steps through the board; returns the facts as they were at the last midnight."""
    at_midnight: dict[int, CaseFact] = {}
    for wait, changes in steps:
        day = board.calendar.day_start(world.now)
        world.wait(wait)
        if board.calendar.day_start(world.now) != day:
            at_midnight = dict(world.facts)
        board.apply(world.poll(changes))
        board.apply(world.survey(changes))
        board.documents(world.now)
    return at_midnight


def comparable(documents: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in documents.items() if key not in ("meta", "sources", "changes")}
    kept["changes"] = [change for change in documents["changes"] if change["what"] != "source"]
    return kept


def check(world: World, board: Board, at_midnight: dict[int, CaseFact]) -> None:
    documents = board.documents(world.now, changed_only=False)
    start = board.calendar.day_start(world.now)
    todays = [commit for commit in world.commits if commit.at >= start]
    kinds = {fact.record.kind for fact in world.facts.values()}
    for scope in board.codes.scopes:
        for kind in kinds:
            values = documents[f"kpi:{kind}:{scope}"]
            wanted = oracle.expected(world.facts, scope, kind, CONFIG, board.calendar, world.now)
            for key, fields in wanted.items():
                found = values[f"{kind}.{key}"]
                assert {field: found.get(field) for field in fields} == fields, (scope, kind, key)
            stock = values[f"{kind}.stock.today"]
            assert stock["parts"] == oracle.stock_parts(at_midnight, todays, scope, kind, start), (scope, kind)
            assert stock["remainder"] == 0
            assert stock["value"] == wanted["open.now"]["value"]
    for kind in kinds:
        check_groups(world, board, kind, documents[f"groups:{kind}"])


def check_groups(world: World, board: Board, kind: str, found: Any) -> None:
    """A group's figures are those of a city that has its cases alone."""
    wanted: dict[str, dict[int, CaseFact]] = {}
    for number, fact in world.facts.items():
        if fact.record.kind == kind and fact.visibility != "confidential":
            for group in (f"category:{fact.record.category}", f"class:{fact.record.klass}"):
                if group in board.codes.groups.scopes:
                    wanted.setdefault(group, {})[number] = fact
    for group, row in found["rows"].items():
        counted = oracle.expected(wanted.pop(group), "city", kind, CONFIG, board.calendar, world.now)
        for key, value in row.items():
            fields = counted[key.removeprefix(f"{kind}.")]
            assert {field: value.get(field) for field in fields} == fields, (group, key)
    for group, facts in wanted.items():  # left out: nothing is open there, and nothing came or was closed lately
        counted = oracle.expected(facts, "city", kind, CONFIG, board.calendar, world.now)
        assert not any(counted[key]["value"] for key in ("open.now", "received.d30", "closed.d30")), group


@SLOW
@given(seed=st.integers(0, 2**32), steps=STEPS)
def test_every_figure_equals_the_oracle_after_any_history(seed: int, steps: list[tuple[timedelta, int]]) -> None:
    world, board = World(seed), make_board(CONFIG)
    check(world, board, live(world, steps, board))


@SLOW
@given(seed=st.integers(0, 2**32), steps=STEPS, more=STEPS)
@example(seed=2, steps=[(timedelta(days=7), 1), (timedelta(days=35), 1)], more=[(timedelta(seconds=5), 1)])
@example(
    seed=1831,
    steps=[(timedelta(seconds=5), 3), (timedelta(days=7), 6), (timedelta(days=35), 2)],
    more=[(timedelta(seconds=5), 1)],
)
def test_loading_from_history_equals_living_through_it(
    seed: int, steps: list[tuple[timedelta, int]], more: list[tuple[timedelta, int]]
) -> None:
    world, lived, loaded = World(seed), make_board(CONFIG), make_board(CONFIG)
    live(world, steps, lived)
    world.load_into(loaded)
    loaded.sources.histories = dict(lived.sources.histories)
    first, second = (comparable(board.documents(world.now, changed_only=False)) for board in (lived, loaded))
    assert first == second
    assert lived.statuses.facts == loaded.statuses.facts
    for wait, changes in more:
        world.wait(wait)
        for commit in (world.poll(changes), world.survey(changes)):
            for board in (lived, loaded):
                board.apply(commit)
    first, second = (comparable(board.documents(world.now, changed_only=False)) for board in (lived, loaded))
    assert first == second
    assert lived.statuses.facts == loaded.statuses.facts


@SLOW
@given(seed=st.integers(0, 2**32), steps=STEPS)
def test_what_is_published_as_changed_adds_up_to_the_whole(seed: int, steps: list[tuple[timedelta, int]]) -> None:
    """A reader that keeps only the changed documents ends with the same numbers as one that reads all."""
    world, board = World(seed), make_board(CONFIG)
    kept: dict[str, Any] = {}
    for wait, changes in steps:
        world.wait(wait)
        board.apply(world.poll(changes))
        kept |= board.documents(world.now)
        world.wait(timedelta(seconds=40))
        kept |= board.documents(world.now)  # time alone
    whole = board.documents(world.now, changed_only=False)
    assert kept.keys() == whole.keys()
    for key, document in whole.items():
        assert _timeless(kept[key], key) == _timeless(document, key), key


def _timeless(document: Any, key: str) -> Any:
    """Without ``as_of``, and without the city's time of data on the documents of its parts."""
    if key == "meta":
        return None
    if key.startswith("kpi:"):
        return {name: {**value, "as_of": 0, "data_at": 0} for name, value in document.items()}
    return {**document, "as_of": 0} if isinstance(document, dict) else document


def test_a_lost_record_shows_as_the_remainder_of_both_sums() -> None:
    world, board = World(7), make_board(CONFIG)
    board.apply(world.poll(6))
    fresh = next(
        f for f in world.facts.values()
        if f.record.status.open and f.record.opened_at >= board.calendar.day_start(world.now) and not f.backlog
    )  # fmt: skip
    kind = fresh.record.kind
    city = board.documents(world.now, changed_only=False)[f"kpi:{kind}:city"]
    assert city[f"{kind}.cohort_today.today"]["remainder"] == city[f"{kind}.stock.today"]["remainder"] == 0
    board.table.drop([fresh.number])  # lost without a trace
    city = board.documents(world.now)[f"kpi:{kind}:city"]
    assert city[f"{kind}.cohort_today.today"]["remainder"] == 1
    assert city[f"{kind}.stock.today"]["remainder"] == -1


def test_a_survey_is_one_line_of_changes_and_only_prices_are_called_prices() -> None:
    world, board = World(5), make_board(CONFIG)
    first = world.survey(9)
    assert first.poll is not None
    found = replace(first.poll, source="laksa", rows=9)
    board.apply(replace(first, source="laksa", poll=found))
    assert first.measurements
    lines = [change for change in board.documents(world.now)["changes"] if change["what"] == "price"]
    assert not lines, "what the first poll found there already is no change"
    world.wait(timedelta(seconds=40))
    commit = world.survey(40)
    board.apply(commit)
    prices = sum(fact.record.metric == "price" for fact in commit.measurements)
    assert 0 < prices < len(commit.measurements)
    lines = [change for change in board.documents(world.now)["changes"] if change["what"] == "price"]
    assert [(line["source"], line["detail"]) for line in lines] == [("prices", f"n:{prices}")]


def test_what_no_first_response_is_and_whose_closing_is_not_known_is_said_beside_the_figure() -> None:
    world, board = World(1), make_board(CONFIG)
    at = world.now
    seen = {"observed_close_after": at - timedelta(seconds=5), "observed_close_by": at}
    answered = {"observed_response_after": at - timedelta(seconds=5), "observed_response_by": at}
    closed = {"status": CaseStatus.CLOSED, "first_seen_at": at - timedelta(seconds=60), **seen}
    facts = [
        make_fact(1, **closed, **answered, closed_by=ClosedBy.DEPARTMENT),
        make_fact(2, **closed, **answered, closed_by=ClosedBy.UNKNOWN),
        make_fact(3, **closed, **answered),
        make_fact(4, **closed, closed_by=ClosedBy.SYSTEM, resolved_at=at, first_response_at=at),
        make_fact(5, **closed, closed_by=ClosedBy.SILENCE),
    ]
    board.apply(commit_of(1, at, [CaseChange(before=None, after=fact) for fact in facts]))
    city = board.documents(at)["kpi:aspiration:city"]
    observed, declared = (city[f"aspiration.response_median{suffix}.today"] for suffix in ("", "_declared"))
    assert (observed["value"], observed["n"], declared["n"]) == (60, 3, 0)
    assert {entry for entry in observed["missing"] if entry.startswith("un")} == {"unanswered:2", "unnamed:2"}
    for key in ("closed.today", "closed_in_time.today", "resolution_median.today"):
        assert "lapsed:2" in city[f"aspiration.{key}"]["missing"], "closed automatically is not solved"
    assert "lapsed:1" in city["aspiration.closed_declared.today"]["missing"]


def test_documents_are_plain_json() -> None:
    world, board = World(3), make_board(CONFIG)
    board.apply(world.poll(6))
    for document in board.documents(world.now).values():
        encode(document)


@pytest.mark.parametrize("seed", range(8))
def test_next_transition_is_when_the_next_figure_changes_by_itself(seed: int) -> None:
    """Just before it nothing has changed; and no document changes between two transitions."""
    world, board = World(seed), make_board(CONFIG)
    for _ in range(6):
        world.wait(timedelta(seconds=900))
        board.apply(world.poll(5))
    board.documents(world.now)
    for _ in range(25):
        at = board.next_transition(world.now)
        assert at is not None
        assert at > world.now
        quiet = board.documents(at - timedelta(seconds=1)) if at - world.now > timedelta(seconds=1) else {"meta": 0}
        assert set(quiet) == {"meta"}, (at, set(quiet))
        world.now = at
        board.documents(at)


def test_figures_of_a_day_the_room_saw_only_part_of_say_since_when() -> None:
    world, board = World(11), make_board(CONFIG)
    board.apply(world.poll(6))  # the first poll of the source, at ten in the morning
    city = board.documents(world.now)["kpi:aspiration:city"]
    since = f"watched_from:{round(world.now.timestamp() * 1000)}"
    observed = [value for key, value in city.items() if value["clock"] == "observed" and value["sources"]]
    assert {since in value["missing"] for value in observed if value["window"]["start"] is not None} == {True}
    assert {since in value["missing"] for value in observed if value["window"]["start"] is None} == {False}
    assert not any(since in value["missing"] for value in city.values() if value["clock"] == "declared")
    world.wait(timedelta(days=1))
    board.apply(world.poll(2))
    after = board.documents(world.now)["kpi:aspiration:city"]
    assert not any(since in value["missing"] for key, value in after.items() if key.endswith(".today"))
    assert any(since in value["missing"] for key, value in after.items() if key.endswith("closed.d7"))


def test_a_poll_that_showed_nothing_is_not_watching() -> None:
    world, board = World(11), make_board(CONFIG)
    for outcome, rows in (("unavailable", None), ("ok", 0)):
        commit = world.poll(0)
        assert commit.poll is not None
        board.apply(replace(commit, poll=replace(commit.poll, outcome=outcome, rows=rows)))
        world.wait(timedelta(hours=1))
    board.apply(world.poll(6))
    since = f"watched_from:{round(world.now.timestamp() * 1000)}"
    assert since in board.documents(world.now)["kpi:aspiration:city"]["aspiration.closed.today"]["missing"]
