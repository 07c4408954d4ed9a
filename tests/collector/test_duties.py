"""Beside polling: what is in force is kept as versions, what that moves is moved, texts are forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from dashboard.config.model import Config
from dashboard.history import History, schema
from dashboard.kpi.descriptions import DESCRIPTIONS
from tests.collector.clocks import stepped
from tests.collector.town import NOON, Screen, check_log, collecting, town
from tests.collector.waiting import until

LOG = schema.change_log


def kinds(history: History) -> dict[str, int]:
    query = sa.select(LOG.c.kind, sa.func.count()).group_by(LOG.c.kind)
    return {row[0]: row[1] for row in history.rows(query)}


def derived(history: History) -> bool:
    return "derivation" in history.declared()


def confidential(config: Config, code: str) -> Config:
    return config.model_copy(
        update={
            "categories": tuple(
                category.model_copy(update={"visibility": "confidential"}) if category.code == code else category
                for category in config.categories
            )
        }
    ).placed(config.folder, "another")


async def test_what_is_in_force_is_kept_once_and_a_change_of_it_moves_open_and_closed_cases(
    tmp_path: Path, sqlite_history: History, valkey: str
) -> None:
    screen = Screen(valkey)
    async with town(tmp_path) as city:
        config = city.load("laksa", "permits")
        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: derived(sqlite_history) and screen.source("laksa").get("rows"))
        known = sqlite_history.declared()
        assert set(known["policy"]) == {policy.id for policy in config.policies}
        assert set(known["kpi"]) == {row.key for row in DESCRIPTIONS}
        assert {"calendar", "regions", "departments", "categories", "source"} <= set(known)
        assert kinds(sqlite_history).get("due", 0) == 0, "what ingest derived is what deriving anew gives"

        async with collecting(config, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: screen.document("meta")["epoch"] == 2)
        assert sqlite_history.declared() == known, "nothing changed, nothing is written"

        codes = [fact.record.category for fact in sqlite_history.facts() if fact.visibility == "wall"]
        code = max(set(codes), key=codes.count)
        secret = confidential(config, str(code))
        async with collecting(secret, tmp_path, city.clock, sqlite_history, valkey):
            await until(lambda: all(f.visibility == "confidential" for f in sqlite_history.facts()
                                    if f.record.category == code))  # fmt: skip
            await until(lambda: code not in [row["category"] for row in screen.document("queue:aspiration")["rows"]])
        moved = [fact for fact in sqlite_history.facts() if fact.record.category == code]
        assert {fact.record.status.open for fact in moved} == {True, False}
        assert sqlite_history.declared()["categories"][code][0] == 2
    check_log(sqlite_history)


async def test_texts_are_forgotten_at_night(tmp_path: Path, sqlite_history: History, valkey: str) -> None:
    screen, clock = Screen(valkey), stepped(NOON)
    async with town(tmp_path, clock) as city:
        config = city.load("laksa")
        short = {name: kind.model_copy(update={"retention_days": 8}) for name, kind in config.kinds.items()}
        config = config.model_copy(update={"kinds": short}).placed(config.folder, "short")
        async with collecting(config, tmp_path, clock, sqlite_history, valkey):
            await until(lambda: derived(sqlite_history) and screen.source("laksa").get("rows"))
            assert "retention" not in kinds(sqlite_history)
            clock.forward(timedelta(days=9))
            await until(lambda: "retention" in kinds(sqlite_history))
    check_log(sqlite_history)
