"""``python -m benchmarks [name ...]``: runs every benchmark (or the named ones), each in a process of its own.

A whole run writes ``benchmarks/results/latest.json`` and the table in ``docs/benchmarks.md``; a partial one prints.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rows import MARK, Row, read, table

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("ingest", "kpi_tick", "screens", "wall", "source", "heap", "lifecycle")
LIMIT_S = 600.0
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"


def run(name: str) -> list[Row]:
    """The rows of one benchmark; one that does not end or falls is a failed row and stops nobody."""
    began, rows = time.monotonic(), []
    print(f"\n{name}", flush=True)
    process = subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{name}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
    for line in output.splitlines():
        if line.startswith(MARK):
            rows = read(line)
        else:
            print(line)
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return rows or [Row(f"{name} did not finish", 1, "", 0)]


def keep(rows: list[Row]) -> None:
    """The results as JSON, and as the table of the docs."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    machine = f"{os.cpu_count()} x {cpu}, Python {platform.python_version()}"
    at = datetime.now(UTC).replace(microsecond=0).isoformat()
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    body = {"at": at, "machine": machine, "rows": [{**asdict(row), "verdict": row.verdict} for row in rows]}
    (results / "latest.json").write_text(json.dumps(body, indent=1) + "\n")
    page = ROOT / "docs" / "benchmarks.md"
    text = page.read_text()
    head, rest = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n\nRun at {at} on {machine}.\n\n{table(rows)}\n\n{END}{rest}")


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}", file=sys.stderr)
        return 2
    rows = [row for name in names or NAMES for row in run(name)]
    if not names:
        keep(rows)
    print("\n" + table(rows))
    failed = [row.what for row in rows if row.verdict == "FAIL"]
    print(
        f"\n{len(failed)} of {sum(bool(r.verdict) for r in rows)} targets missed" + "".join(f"\n  {w}" for w in failed)
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
