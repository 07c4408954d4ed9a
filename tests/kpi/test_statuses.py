"""The status book: one cause with its list, flapping once, availability without what nobody heard, sums that show
their difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.calendar import Calendar
from dashboard.facts import Commit, PollFact, StatusFact
from dashboard.kpi.sources import SourceBook
from dashboard.kpi.statuses import StatusBook
from dashboard.kpi.trails import Silences, Trail, counted
from dashboard.records import GONE, Status
from tests.config.factory import small_config
from tests.kpi.world import START

LABEL = {"id": "x", "en": "x"}
KIND = {
    "label": LABEL,
    "states": {
        "up": {"label": LABEL, "level": "well"},
        "slow": {"label": LABEL, "level": "poor"},
        "off": {"label": LABEL, "level": "idle"},
        "down": {"label": LABEL, "level": "bad"},
    },
    "groups": {"school": LABEL, "office": LABEL},
    "attributes": {"linked": {"label": LABEL}, "platform": {"label": LABEL}},
    "shares": {"linked": {"label": LABEL, "attribute": "linked", "value": True}},
    "declared": [
        {"total": 5, "as_of": "2016-10-05", "basis": "list of 2016", "parts": {"school": 3, "office": 1}},
        {"total": 222, "as_of": "2023-12-01", "basis": "news", "by": "platform", "parts": {"web": 203, "mobile": 19}},
    ],
    "silent_after_minutes": 20,
}


class Watch:
    """A book and the source it hears, minute by minute."""

    def __init__(self) -> None:
        config = small_config(status_kinds={"site": KIND})
        self.sources = SourceBook(config, Calendar(config))
        self.book = StatusBook(config, self.sources)
        self.known: dict[str, Status] = {}
        self.seq = 0

    def poll(self, minute: float, **states: Any) -> None:
        """``prices`` (every 60 s) says this of some subjects at ``minute``."""
        at = START + timedelta(minutes=minute)
        facts = []
        for subject, said in states.items():
            given = said if isinstance(said, dict) else {"state": said}
            old = self.known.get(subject)
            since = None if old is None else old.observed_since if old.state == given["state"] else at
            record = Status(subject=subject, kind="site", observed_since=since, **given)
            self.known[subject] = record
            facts.append(StatusFact(source="prices", provenance="simulated", record=record, version=1, seen_at=at))
        self.seq += 1
        poll = PollFact(source="prices", started_at=at, finished_at=at, outcome="ok")
        commit = Commit(seq=self.seq, epoch=1, at=at, kind="poll", source="prices", poll=poll, statuses=facts)
        self.book.apply(commit)
        self.sources.apply(commit)

    def polls(self, first: int, last: int) -> None:
        for minute in range(first, last + 1):
            self.poll(minute)

    def at(self, minute: float) -> dict[str, Any]:
        return self.book.documents(START + timedelta(minutes=minute), {})["status:site"]


def tree(leaves: int, state: str = "up") -> dict[str, Any]:
    found: dict[str, Any] = {"core": {"state": state}}
    for node in range(10):
        found[f"node{node}"] = {"state": state, "parent": "core"}
    for leaf in range(leaves):
        found[f"leaf{leaf}"] = {"state": state, "parent": f"node{leaf % 10}"}
    return found


def test_a_core_that_falls_is_one_cause_with_its_list() -> None:
    watch = Watch()
    watch.poll(0, **tree(289))
    assert (watch.at(1)["total"], watch.at(1)["not_well"], watch.at(1)["troubles"]) == (300, 0, [])
    watch.poll(1, **tree(289, "down"))
    found = watch.at(1)
    assert [(t["subject"], len(t["behind"])) for t in found["troubles"]] == [("core", 299)]
    assert found["states"] == {"down": 1, "unreachable": 299} and found["not_well"] == 1
    assert found["troubles"][0]["since"] == (START + timedelta(minutes=1)).timestamp() * 1000
    watch.poll(2, core={"state": "up"}, node0={"state": "up", "parent": "core"})
    found = watch.at(2)
    assert {t["subject"]: len(t["behind"]) for t in found["troubles"]} == {f"node{n}": 29 for n in range(1, 9)} | {
        "node9": 28
    } | {f"leaf{n}": 0 for n in range(0, 289, 10)}  # node0 is back, and what hangs on it is a trouble of its own


def test_parents_in_a_circle_end() -> None:
    watch = Watch()
    watch.poll(
        0, a={"state": "down", "parent": "b"}, b={"state": "down", "parent": "a"}, c={"state": "down", "parent": "c"}
    )
    assert sum(watch.at(0)["states"].values()) == 3


def test_flapping_is_told_once_and_ends() -> None:
    watch = Watch()
    watch.poll(0, core="up", leaf={"state": "up", "parent": "core"}, other="up")
    for minute in range(1, 6):
        state = "down" if minute % 2 else "up"
        watch.poll(minute, core=state, leaf={"state": state, "parent": "core"})
    found = watch.at(5)
    assert found["troubles"] == []
    assert [(f["subject"], f["changes"], f["behind"]) for f in found["flapping"]] == [("core", 5, ["leaf"])]
    due = watch.book.next_transition(START + timedelta(minutes=5))
    assert due == START + timedelta(minutes=61)
    assert watch.at(61)["flapping"][0]["changes"] == 4
    assert watch.at(62)["flapping"] == [] and [t["subject"] for t in watch.at(62)["troubles"]] == ["core"]


def test_availability_leaves_out_what_was_not_heard_and_what_was_rightly_off() -> None:
    watch = Watch()
    watch.poll(0, a="up", b="off")
    watch.polls(1, 59)
    watch.poll(60, a="down")
    watch.polls(61, 80)
    watch.poll(120)  # 40 minutes nobody heard
    watch.polls(121, 130)
    found = watch.at(130)
    day = found["availability"]["d1"]
    assert (day["counted_s"], day["unheard_s"], day["watched_s"]) == (90 * 60, 40 * 60, 130 * 60)
    assert day["value"] == pytest.approx(60 / 90 * 100, abs=0.01)
    assert {row["subject"]: row["d1"] for row in found["rows"]} == {"a": day["value"], "b": None}
    late = watch.at(190)["availability"]["d1"]  # and nothing since
    assert (late["counted_s"], late["unheard_s"]) == (90 * 60, 100 * 60)
    far = watch.at(60 * 24 * 3)["availability"]
    assert far["d1"]["value"] is None and far["d30"]["value"] == day["value"]


def test_silent_unknown_and_gone() -> None:
    watch = Watch()
    heard = {"heard_at": START}
    watch.poll(0, a={"state": "up", **heard}, b={"state": "off", **heard}, c={"state": "melted"}, d={"state": GONE})
    found = watch.at(19)
    assert found["states"] == {"up": 1, "off": 1, "unknown": 1} and found["total"] == 3
    assert watch.book.next_transition(START + timedelta(minutes=19)) == START + timedelta(minutes=20)
    found = watch.at(20)
    assert found["states"] == {"off": 1, "silent": 1, "unknown": 1}
    silent = next(t for t in found["troubles"] if t["subject"] == "a")
    assert silent["since"] == START.timestamp() * 1000, "since its last word"


def test_published_totals_are_shown_with_their_difference() -> None:
    watch = Watch()
    kinds = ("school", "school", "office", "zoo")
    for n, group in enumerate(kinds):
        linked = {0: True, 1: False}.get(n)
        attributes = (("linked", linked), ("platform", "web" if n < 3 else "mobile"))
        watch.poll(n, **{f"s{n}": {"state": "up", "group": group, "attributes": attributes}})
    found = watch.at(5)
    newest, oldest = found["declared"]
    assert (newest["total"], newest["found"], newest["difference"], newest["unexplained"]) == (222, 4, -218, 0)
    assert newest["parts"]["mobile"] == {"declared": 19, "found": 1, "difference": -18}
    assert (oldest["difference"], oldest["unexplained"]) == (-1, 1), "its own parts give four of its five"
    assert oldest["parts"]["zoo"] == {"declared": None, "found": 1, "difference": None}
    assert found["groups"]["school"]["total"] == 2 and sum(g["total"] for g in found["groups"].values()) == 4
    share = found["shares"]["linked"]
    assert (share["value"], share["numerator"], share["denominator"], share["unknown"]) == (50.0, 1, 2, 2)


def test_arithmetic_of_silences_and_trails() -> None:
    silence = Silences()
    for start, end in ((10, 20), (15, 30), (40, 50), (60, 60)):
        silence.add(start, end)
    for start in range(70):
        for end in range(70):
            plain = sum(1 for s in range(start, end) if 10 <= s < 30 or 40 <= s < 50)
            assert silence.within(start, end) == plain, (start, end)
    trail = Trail()
    for at, state in ((5, "up"), (25, "down"), (45, "up"), (45, "up")):
        trail.add(at, state)
    assert counted(trail, silence, 0, 60, {"up": True, "down": False}) == (5 + 10, 5 + 10 + 10, 55)
    assert (trail.changes(0), trail.changes(30), trail.changes(45)) == (2, 1, 0)
