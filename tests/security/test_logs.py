"""A log line is one line, without the words of exceptions, without the values of variables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from dashboard import logs
from tests.security.conftest import MARKS


@pytest.fixture
def configured() -> Iterator[None]:
    before = structlog.get_config()
    logs.configure()
    yield
    structlog.configure(**before)


def test_nothing_a_stranger_wrote_starts_a_line(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger("t")
    log.warning("event\nforged", path="/a\r\n\x1b[31m\u202eb\u200b", rows=["x\n"], n=3, long="y" * 5000)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert not MARKS.search(said.rstrip("\n"))
    assert len(said) < 1000


def test_an_exception_is_its_type_and_place(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    name = "Siti Rekaan"
    try:
        raise ValueError(f"cannot read {name}")
    except ValueError:
        structlog.get_logger("t").exception("it failed")
    said = capsys.readouterr().out
    assert "ValueError" in said
    assert "test_logs.py:" in said
    assert "Siti" not in said
    assert said.count("\n") == 1
