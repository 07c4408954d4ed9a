"""From an empty database: every source of the shipped configuration is polled, stored and told within seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
import yaml
from structlog.testing import capture_logs

from dashboard.history import History
from tests.collector.town import ROOT, Screen, check_log, collecting, town
from tests.collector.waiting import until

FINE = {"fresh", "not_due", "due", "late", "quiet"}  # late: the hour at which the test runs owes nothing to us

SHIPPED = [source["id"] for source in yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["sources"]]


async def test_every_source_of_the_shipped_configuration_answers(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    with capture_logs() as lines:
        async with town(tmp_path) as city:
            # LPSE asks for a page of each package at first, which takes its time; it has a scenario of its own.
            config = city.load(*(name for name in SHIPPED if name != "lpse"))
            names = {source.id for source in config.sources}
            async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
                await until(lambda: screen.states().keys() == names and set(screen.states().values()) <= FINE,
                            why=screen.states)  # fmt: skip
                meta = screen.document("meta")
                for source in screen.document("sources"):
                    assert source["rows"], source
                    assert source["next_run"] > meta["as_of"] - 60_000
                    assert source["breaker"] == "closed"
                    assert source["tier"] in ("bronze", "silver", "gold")
                    assert source["shapes"]
                assert meta["config_digest"] == config.digest
                assert not meta["uplink_down"]
                assert not meta["restored"]
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []
    check_log(sqlite_history)


async def test_a_second_start_goes_on_where_the_first_ended(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    """What was polled within its interval is not asked again at once, and the cursor comes from history."""
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        config = city.load("pihps", "panel_harga")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: set(screen.states().values()) <= FINE and len(screen.states()) == 2)
        seq, asked = screen.seq, dict(city.simulation.ledger.requests)
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.seq > seq)
            meta = screen.document("meta")
            assert meta["restored"], "nothing was polled since the board was filled from history"
            assert set(screen.states().values()) <= FINE
        assert city.simulation.ledger.requests == asked
    assert screen.document("meta")["epoch"] == 2


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    structlog.reset_defaults()


async def test_a_cache_of_another_history_is_emptied_and_filled_from_this_one(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    """As when the database was restored from a backup: Redis is ahead of the truth."""
    screen = Screen(valkey)
    screen.client.hset("tlr:applied", mapping={"seq": 5000, "epoch": 90})
    screen.client.hset("tlr:docs", "left_over", b"{}")
    async with town(tmp_path) as city:
        config = city.load("laksa")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.states() == {"laksa": "fresh"}, why=screen.states)
    assert not screen.client.hexists("tlr:docs", "left_over")
    assert screen.seq <= sqlite_history.last_seq() < 5000
