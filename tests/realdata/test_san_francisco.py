"""The recorded GeoReport answers of San Francisco, over HTTP and through the whole room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.errors import SourceRefused
from dashboard.records import CaseStatus
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import PAYLOADS, Example, served
from tests.realdata.rooms import EXAMPLES, ROOT, Room


def test_both_requests_are_in_the_room(san_francisco: Room) -> None:
    source = san_francisco.taken()["sf311"]
    assert (source["rows"], source["rejected"], source["unknown_words"]) == (2, 0, {})
    assert (source["provenance"], source["skew_s"]) == ("replay", None)
    with san_francisco.history() as history:
        facts = {fact.record.key: fact for fact in history.facts()}
        assert not [history.case_text(fact.number) for fact in facts.values() if history.case_text(fact.number)]
    assert set(facts) == {"638344", "638349"}
    done, waiting = facts["638344"].record, facts["638349"].record
    assert (done.status, waiting.status) == (CaseStatus.CLOSED, CaseStatus.WAITING)
    assert (done.category, done.category_word) == ("sidewalk", "Sidewalk and Curb Issues")
    # -08:00 in April is not the zone of the city then; what the source writes is an instant all the same.
    assert done.opened_at == datetime(2010, 4, 14, 14, 37, 38, tzinfo=UTC)
    assert waiting.due_at == waiting.opened_at == datetime(2010, 4, 19, 14, 37, 38, tzinfo=UTC)
    assert facts["638349"].due_basis == "source"
    assert done.department is None, "an agency left empty is not known, not unknown"
    for fact in facts.values():
        assert "JUDAH" not in repr(fact), "the address stays at the source"
        assert "37.76" not in repr(fact)


def test_the_sums_of_the_wall_come_out(san_francisco: Room) -> None:
    san_francisco.taken()

    def counted() -> Any:
        kpis = san_francisco.get("/api/v1/kpis?scope=city")["kpis"]
        return kpis if "aspiration.cohort_today.today" in kpis else None

    kpis = san_francisco.until(counted)
    cohort, stock = kpis["aspiration.cohort_today.today"], kpis["aspiration.stock.today"]
    assert (cohort["value"], cohort["parts"]["waiting"], cohort["remainder"]) == (1, 1, 0)
    assert (stock["value"], stock["remainder"]) == (1, 0)


@pytest.fixture
def asked(realdata: Path, config: Config, tmp_path: Path) -> Any:
    """One poll of a recorded address."""
    answers = recorded_answers(realdata / "open311", EXAMPLES / "san_francisco.replay.yaml")
    path = ROOT / "connectors" / "open311.py"
    with served(replay_app(answers)) as url:
        one = Example("open311", path, PAYLOADS / "open311", Registry(config), tmp_path)
        yield lambda below: one.poll(f"{url}{below}")


def test_the_other_answers_are_decisions(asked: Any) -> None:
    assert list(asked("/empty").rows) == []
    with pytest.raises(SourceRefused) as refused:
        asked("/refused")
    assert refused.value.cause == "forbidden"
    with pytest.raises(SourceRefused) as missing:
        asked("/requests/not-an-id.xml")
    assert missing.value.cause == "not_found"
    assert "api_key" not in f"{refused.value} {missing.value}"


def test_the_403_that_comes_as_200_is_still_a_refusal(
    realdata: Path, asked: Any, tmp_path: Path, config: Config
) -> None:
    """Its body begins with the header of another answer."""
    (tmp_path / "requests.xml").write_bytes((realdata / "open311" / "cfa_403.xml").read_bytes())
    one = Example(
        "open311", ROOT / "connectors" / "open311.py", PAYLOADS / "open311", Registry(config), tmp_path
    )  # fmt: skip
    with served(replay_app(recorded_answers(tmp_path))) as url, pytest.raises(SourceRefused) as refused:
        one.poll(url)
    assert refused.value.cause == "envelope_refused"
