"""The migrations make exactly the tables that the code knows, on both databases; nothing names a person."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dashboard.history import History, open_history, schema

FORBIDDEN = re.compile(r"name|nik|phone|mail|address|latitude|longitude|reporter|applicant|point|user", re.IGNORECASE)


def test_migrations_and_tables_agree(database_url: str) -> None:
    opened = open_history(database_url)
    opened.upgrade()
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
    opened.close()


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    opened = open_history(database_url)
    opened.upgrade()
    opened.upgrade()
    assert opened.last_seq() == 0
    opened.close()


def test_no_column_has_a_place_for_an_identity() -> None:
    columns = {f"{table.name}.{column.name}" for table in schema.metadata.sorted_tables for column in table.columns}
    assert {name for name in columns if FORBIDDEN.search(name.split(".")[1])} == {"lease.name"}
    assert FORBIDDEN.search("reporter_name"), "the guard catches a planted violation"


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        open_history("mysql://localhost/x")


def test_sqlite_is_opened_as_the_design_says(sqlite_history: History) -> None:
    with sqlite_history.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        assert int(connection.exec_driver_sql("PRAGMA busy_timeout").scalar() or 0) >= 5000


def test_nobody_else_on_the_machine_reads_the_records(tmp_path: Path) -> None:
    opened = open_history(f"sqlite:///{tmp_path}/var/new.sqlite")
    opened.upgrade()
    with opened.engine.connect() as connection:
        connection.execute(sa.select(schema.poll.c.seq)).all()
        files = sorted((tmp_path / "var").iterdir())
        assert {(file.suffix, oct(file.stat().st_mode & 0o777)) for file in files} >= {(".sqlite", "0o600")}
        assert all(file.stat().st_mode & 0o077 == 0 for file in files), files
    opened.close()


def test_open_cases_are_found_by_their_partial_index(sqlite_history: History) -> None:
    query = sa.select(schema.case_current.c.number).where(schema.case_current.c.open.is_(True))
    compiled = str(query.compile(sqlite_history.engine, compile_kwargs={"literal_binds": True}))
    with sqlite_history.engine.connect() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
    assert "ix_case_current_open" in plan
