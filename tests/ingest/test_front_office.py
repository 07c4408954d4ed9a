"""Front offices by the shipped block: each for itself, on two levels with ten common names; silent is not empty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from connectors import http_json
from connectors.simulator.city import City
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.front_office import SHAPE, FrontOffice
from connectors.simulator.ledger import RowCache
from connectors.simulator.places import Place
from connectors.simulator.row_faults import hostile_text
from connectors.simulator.tickets import ticket_row
from connectors.simulator.wire import Request
from dashboard.config.model import Config
from dashboard.contract import FetchContext, Payload, Response
from dashboard.errors import SourceError, SourceUnavailable
from dashboard.facts import Commit
from dashboard.polling import registries_of
from dashboard.records import CaseStatus
from tests.ingest.served import Room
from tests.ingest.shipped import ShippedRoom, shipped
from tests.kpi.world import make_board
from tests.simulator.running import NOON

BOTH = ("36.71.03", "36.71.03.1001")  # kecamatan Batuceper and kelurahan Batuceper


class Offices:
    """The stand-in offices, asked without a socket; ``broken``: what goes wrong with some."""

    def __init__(self, desk: FrontOffice) -> None:
        self.desk = desk
        self.broken: dict[str, bytes | SourceError] = {}
        self.now = NOON

    async def sweep(self, paths: list[str], *, params: dict[str, Any]) -> list[Response | SourceError]:
        return [self._answer(path.rpartition("/")[2], path, params) for path in paths]

    def _answer(self, code: str, path: str, params: dict[str, Any]) -> Response | SourceError:
        if isinstance(found := self.broken.get(code), SourceError):
            return found
        listing = self.desk.reply(Request("GET", f"/{path}", dict(params), {}, b""), self.now, Misbehaviour())
        assert listing.write is not None
        body = found if found is not None else listing.write(listing.rows)
        return Response(200, {"content-type": "application/json"}, body, "")


@pytest.fixture(scope="module")
def desk(config: Config) -> FrontOffice:
    """Its letters are made once; no office is away by chance."""
    districts = {found.code: found.name for found in config.regions.districts}
    places = [
        Place(s.code, s.name, s.parent, districts[s.parent], s.lat, s.lon, 1.0) for s in config.regions.subdistricts
    ]
    made = FrontOffice(City(seed=5, begin=NOON, places=places, history_days=1))
    made._away = lambda code, now: False  # type: ignore[method-assign]
    return made


@pytest.fixture
def offices(desk: FrontOffice) -> Offices:
    return Offices(desk)


@pytest.fixture
def room_of(room: Room) -> ShippedRoom:
    return shipped(room, "front_office")


async def fetched(room: ShippedRoom, offices: Offices) -> Payload:
    context = FetchContext(
        source="front_office", options=room.context(offices.now).options, http=offices, sql=None, files=None,
        probe=None, cursor=None, now=offices.now, zone=room.ingest.registry.zone,
        registries=registries_of(room.config),
    )  # type: ignore[arg-type]  # fmt: skip
    return await http_json.fetch(context)


async def polled(room: ShippedRoom, offices: Offices, minutes: int = 0) -> Commit:
    offices.now = NOON + timedelta(minutes=minutes)
    payload = await fetched(room, offices)
    return room.ingest.take(
        room.source.model_copy(update={"options": {}}), http_json, payload, room.context(offices.now),
        epoch=room.epoch, started_at=offices.now,
    )  # fmt: skip


async def test_every_office_of_both_levels_is_told_by_its_code(room_of: ShippedRoom, offices: Offices) -> None:
    commit = await polled(room_of, offices)
    subjects = {fact.record.subject: fact.record for fact in commit.statuses}
    assert len(subjects) == 117 and {subjects[code].group for code in BOTH} == {"district", "subdistrict"}
    assert {subjects[code].label for code in BOTH} == {"Batuceper"}
    places = {fact.record.place for fact in commit.measurements}
    assert len(places) == 117 and set(BOTH) <= places
    assert {fact.record.metric.split("_")[0] for fact in commit.measurements if fact.record.place == BOTH[0]} == {
        "paten"
    }
    offices_of = {change.after.record.office for change in commit.cases}
    assert len(offices_of) > 100 and "unknown" not in offices_of
    assert not commit.poll.rejected and not commit.poll.unknown_words  # type: ignore[union-attr]


SILENT: dict[str, tuple[bytes | SourceError, str]] = {
    BOTH[1]: (SourceUnavailable("timeout", "no answer"), "timeout"),
    "36.71.04.1001": (b'{"success": true, "data": null}', "envelope"),
    "36.71.05.1001": (b"", "not_json"),
    "36.71.06": (b"<html>masuk</html>", "html_instead_of_data"),
}


async def test_an_office_that_sends_nothing_is_silent_and_the_others_count(
    room_of: ShippedRoom, offices: Offices
) -> None:
    board = make_board(room_of.config)
    board.apply(await polled(room_of, offices))
    before = board.documents(offices.now)
    offices.broken = {code: sent for code, (sent, _) in SILENT.items()}
    for minutes in (1, 2, 3):
        commit = await polled(room_of, offices, minutes)
        board.apply(commit)
        assert commit.poll is not None and (commit.poll.outcome, commit.poll.vanished) == ("ok", 0)
    after = board.documents(offices.now)
    found = {row["subject"]: (row["state"], row["detail"]) for row in after["status:office"]["rows"]}
    assert {code: found[code] for code in SILENT} == {code: ("no_answer", cause) for code, (_, cause) in SILENT.items()}
    assert after["status:office"]["not_well"] == len(SILENT)
    told = {m["metric"]: m for m in (after.get("measures:office") or before["measures:office"])["metrics"]}
    assert len(told["office_served"]["rows"]) > 100


async def test_a_letter_that_an_office_takes_back_has_vanished_but_not_those_of_a_silent_one(
    room_of: ShippedRoom, offices: Offices
) -> None:
    first = await polled(room_of, offices)
    held = {change.after.record.office for change in first.cases}
    office = next(code for code in sorted(held - {None}) if code and len(code) > 8)
    mine = [c.after.record.key for c in first.cases if c.after.record.office == office]
    listing = offices.desk.reply(Request("GET", f"/kantor/{office}", {}, {}, b""), NOON, Misbehaviour())
    assert listing.write is not None
    offices.broken = {office: listing.write(listing.rows[:1]), BOTH[0]: SourceUnavailable("refused", "")}
    await polled(room_of, offices, 1)
    commit = await polled(room_of, offices, 2)
    gone = {change.after.record.key for change in commit.cases if change.after.vanished_at is not None}
    assert gone == set(mine) and commit.poll is not None and commit.poll.vanished == len(mine)


async def test_hostile_words_of_an_office_are_inert_and_name_no_place(room_of: ShippedRoom, offices: Offices) -> None:
    listing = offices.desk.reply(Request("GET", f"/kantor/{BOTH[1]}", {}, {}, b""), NOON, Misbehaviour())
    assert listing.write is not None
    offices.broken = {BOTH[1]: listing.write(hostile_text(listing.rows, SHAPE, {"long_word": True}, {}, NOON))}
    commit = await polled(room_of, offices)
    said = [change.after.record for change in commit.cases if change.after.record.office == BOTH[1]]
    assert said and {case.category for case in said} <= {"unknown", None}
    words = [text for case in said for text in (case.category_word, case.subdistrict_word, case.department_word)]
    assert all(text.isprintable() and len(text) <= 120 for text in words)
    (office,) = [fact.record for fact in commit.statuses if fact.record.subject == BOTH[1]]
    assert (office.label, office.state) == ("Batuceper", "open"), "its name is the registry's, not its own"


async def test_when_no_office_answers_the_source_has_failed(room_of: ShippedRoom, offices: Offices) -> None:
    offices.broken = {
        code: SourceUnavailable("refused", "") for section in registries_of(room_of.config).values() for code in section
    }
    with pytest.raises(SourceUnavailable):
        await fetched(room_of, offices)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"path": "kantor"}, "belong together"),
        ({"each": None}, "belong together"),
        ({"about": None}, "needs about"),
        ({"paging": {}}, "takes no paging"),
    ],
)
def test_a_block_that_asks_each_office_says_how(room_of: ShippedRoom, changes: dict[str, Any], said: str) -> None:
    block = next(source for source in room_of.config.sources if source.id == "front_office")
    with pytest.raises(ValidationError, match=said):
        http_json.Options.model_validate({**block.options, **changes})


def test_the_block_keeps_no_name_of_a_citizen_or_a_clerk(room_of: ShippedRoom, offices: Offices) -> None:
    desk = offices.desk._desk(BOTH[1])
    ticket = next(found for n in range(9) for found in desk.of_day((NOON - timedelta(days=n)).date()))
    row = {**ticket_row(ticket, offices.desk._city, NOON, RowCache()).fields, "each": {"code": BOTH[1]}}
    case = room_of.read(row)
    assert case.office == BOTH[1] and case.status in CaseStatus
    head = {"each": {"code": BOTH[1], "of": "subdistricts", "name": "Batuceper", "answer": "ok"}, "said": {}}
    listing = offices.desk.reply(Request("GET", f"/kantor/{BOTH[1]}", {}, {}, b""), NOON, Misbehaviour())
    head["said"] = {"data": listing.rows[0].fields}
    found = http_json.parse(head, room_of.context(NOON))
    planted = {*listing.rows[0].planted, ticket.applicant.name, ticket.applicant.nik}
    assert not [word for word in planted if word in repr((case, found))]
    assert orjson.dumps(head)
