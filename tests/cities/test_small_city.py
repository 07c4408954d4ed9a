"""The small city that docs/install.md tells to copy: its file has no mistake, and each of its systems brings something.

Nothing beside the checkout is needed; its recorded answers are served as its first lines tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.clock import Clock
from dashboard.commands import main
from dashboard.config.loader import load_config
from dashboard.config.model import Config
from dashboard.records import Case, Measurement, Record
from dashboard.replay import recorded_answers, replay_app
from dashboard.trial import Tried, records, try_once
from tests.connectors.recorded import served

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
TEXT = (EXAMPLES / "small_city.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """With its answers on a free port instead of the one it names."""
    with served(replay_app(recorded_answers(EXAMPLES / "small_city"))) as url:
        path = tmp_path_factory.mktemp("small_city") / "config.yaml"
        path.write_text(TEXT.replace("http://127.0.0.1:8792", url), encoding="utf-8")
        yield load_config(path, {})


def asked(config: Config, name: str) -> tuple[Tried, list[Record]]:
    (source,) = [source for source in config.sources if source.id == name]
    assert config.clock.start is not None
    tried = try_once(config, source, Clock.begin(config.clock.start, 1e-9))
    return tried, records(tried.commit)


def test_its_file_has_no_mistake_and_is_counted_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "--config", str(EXAMPLES / "small_city.yaml")]) == 0
    assert "3 sources, 1 wall, no mistakes" in capsys.readouterr().out


def test_it_needs_nothing_beside_the_checkout_and_is_named_where_people_look() -> None:
    assert "shared/" not in TEXT
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert "(examples/small_city.yaml)" in page
    assert TEXT.count("#") >= 20, "it is there to be read"


@pytest.mark.parametrize(("name", "expected"), [("reports", 4), ("queue", 3), ("prices", 6)])
def test_each_of_its_systems_is_asked_once(city: Config, name: str, expected: int) -> None:
    tried, found = asked(city, name)
    poll = tried.commit.poll
    assert poll is not None
    assert (poll.outcome, poll.rejected, poll.unknown_words, len(found)) == ("ok", 0, {}, expected)
    for person in re.findall(r"Contoh \w+", (EXAMPLES / "small_city" / "reports.json").read_text(encoding="utf-8")):
        assert person not in repr(found)


def test_reports_services_and_prices_are_what_its_comments_say(city: Config) -> None:
    reports = [fact.after for fact in asked(city, "reports")[0].commit.cases]
    assert Counter(fact.record.status.value for fact in reports) == {"waiting": 1, "in_process": 2, "closed": 1}
    assert {(fact.visibility, fact.due_basis) for fact in reports} == {("wall", "usulan")}
    queue = [record for record in asked(city, "queue")[1] if isinstance(record, Case)]
    assert {record.kind for record in queue} == {"service"}
    prices = [record for record in asked(city, "prices")[1] if isinstance(record, Measurement)]
    assert {record.place for record in prices} == {"fish_hall", "morning"}
    assert [record.reported for record in prices].count(False) == 1, "0 is nobody's price"
