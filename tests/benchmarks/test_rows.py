"""A benchmark's verdict is what its numbers say, and a run that fell is a failed row."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import benchmarks.__main__ as command
from benchmarks.rows import Row, hand_over, percentile, read, table


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (Row("a", 0.5, "s", 0.5), "PASS"),
        (Row("a", 0.51, "s", 0.5), "FAIL"),
        (Row("a", float("nan"), "s", 0.5), "FAIL"),
        (Row("a", 6400, "screens", 6400, True), "PASS"),
        (Row("a", 6399, "screens", 6400, True), "FAIL"),
        (Row("a", 1, "s"), ""),
    ],
)
def test_verdict(row: Row, verdict: str) -> None:
    assert row.verdict == verdict
    assert f"| {verdict} |" in table([row])


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([3.0], 0.5) == 3.0
    assert percentile([], 0.5) != percentile([], 0.5)  # none is not a number, so no target is met by it


def test_rows_go_from_process_to_process(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Row("a", 2, "s", 1, note="b")]
    assert hand_over(rows) == 1
    assert read(capsys.readouterr().out.splitlines()[-1]) == rows


def test_what_falls_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert [row.verdict for row in command.run("ingest")] == ["FAIL"]


def test_every_name_is_a_benchmark_and_documented() -> None:
    text = (Path(command.ROOT) / "docs" / "benchmarks.md").read_text()
    for name in command.NAMES:
        assert (command.ROOT / "benchmarks" / f"{name}.py").is_file()
        assert f"python -m benchmarks {name}" in text


def test_a_whole_run_leaves_json_and_the_table_of_the_docs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "benchmarks.md"
    page.write_text((command.ROOT / "docs" / "benchmarks.md").read_text())
    monkeypatch.setattr(command, "ROOT", tmp_path)
    for value in (3.0, 1.0):  # the second run takes the place of the first
        command.keep([Row("a number", value, "s", 2)])
    text = page.read_text()
    assert "| a number | 1 s | at most 2 s | PASS |" in text
    assert text.count("a number") == 1
    assert "python -m benchmarks ingest" in text
    assert json.loads((tmp_path / "benchmarks" / "results" / "latest.json").read_text())["rows"][0]["verdict"] == "PASS"
