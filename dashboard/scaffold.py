"""A new connector's files, ready to run: source, config block, payload, test; pure text, never writes a file."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from dashboard.errors import LiveRoomError

NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
SOURCES = re.compile(r"^sources:[ \t]*(#.*)?$", re.MULTILINE)

CONNECTOR = Template('''"""$title: one JSON list of reports; never reads who reported.

Protocol: ``GET {url}/reports`` answered by ``{"success": true, "message": "", "data": [..]}``. Times are written
"2026-11-24 08:05:00" in the source's zone. Say here what the real system answers, and what it does when it errs.
"""

from __future__ import annotations

from typing import Any

from dashboard.contract import COMPLETE, ConnectorOptions, FetchContext, ParseContext, Payload
from dashboard.decoding import http_date
from dashboard.errors import RowRejected, SourceChanged, SourceRefused
from dashboard.mapping_readers import When, plain
from dashboard.records import Case

PARSER_VERSION = 1
SHAPES = ("case",)
STATUSES = {"open": "waiting", "working": "in_process", "done": "closed"}
OPENED, RESOLVED = When(path=("opened",)), When(path=("closed",))


class Options(ConnectorOptions):
    """What the source block may say under ``options:``."""

    path: str = "reports"


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The whole list. Limits, retries and the address policy are the room's."""
    answer = await ctx.http.get(ctx.options.path)
    body = answer.json()
    if not isinstance(body, dict) or "success" not in body:
        raise SourceChanged("envelope", "no success/message/data around the answer")
    if body["success"] is not True:
        raise SourceRefused("envelope_refused", "success is not true")
    if not isinstance(body.get("data"), list):
        raise SourceChanged("envelope", "data is not a list")
    return Payload(
        rows=body["data"],
        coverage=COMPLETE,
        fetched_at=ctx.now,
        source_time=http_date(answer.headers.get("date")),
    )


def parse(row: Any, ctx: ParseContext[Options]) -> Case:
    """One report. ``reporter`` is never looked at; an exception rejects this row alone."""
    key, opened = plain(row["id"]), OPENED.needed(row, ctx.zone)
    if key is None:
        raise RowRejected("id", "is mandatory and empty")
    status, category, district = (_word(row, name) for name in ("status", "category", "district"))
    return Case(
        key=key,
        kind="$kind",
        status=ctx.words.status(status, STATUSES),
        status_word=status,
        category=ctx.words.category(category),
        category_word=category,
        district=ctx.words.district(district),
        district_word=district,
        opened_at=opened,
        resolved_at=RESOLVED.maybe(row, ctx.zone),
    )


def _word(row: dict[str, Any], name: str) -> str:
    return plain(row.get(name)) or ""
''')

BLOCK = Template("""\
  # Written by new-connector. Set the address and take the marks away.
  # - id: $name
  #   type: $name
  #   label: {id: $title, en: $title}
  #   url: https://$host.example/api
  #   every_s: 60
  #   options: {path: reports}
""")

SETTINGS = """\
# The poll that the contract suite makes of the answers in this folder; see tests/connectors/recorded.py.
now: 2026-11-24T14:10:00+07:00
source:
  options: {path: reports}
records: 3
rejected: 1
identity: [reporter]
"""

ANSWER = """\
{"success": true, "message": "", "data": [
  {"id": "R-1", "status": "open", "category": "", "district": "", "opened": "2026-11-24 08:05:00", "closed": null,
   "reporter": "Bagus Purnawarman"},
  {"id": "R-2", "status": "done", "category": "", "district": "", "opened": "2026-11-23 10:00:00",
   "closed": "2026-11-23 15:30:00", "reporter": "Bagus Purnawarman"},
  {"id": "R-3", "status": "a word nobody knows", "category": "", "district": "", "opened": "2026-11-22 09:00:00",
   "closed": null, "reporter": "Bagus Purnawarman"},
  {"id": "R-4", "status": "open", "category": "", "district": "", "opened": null, "closed": null,
   "reporter": "Bagus Purnawarman"}
]}
"""

TEST = Template('''"""What ``connectors/$name.py`` makes of its recorded answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.errors import RowRejected
from tests.connectors.recorded import PAYLOADS, ROOT, Example


@pytest.fixture
def example(config: Config, tmp_path: Path) -> Example:
    return Example(
        name="$name",
        path=ROOT / "connectors" / "$name.py",
        folder=PAYLOADS / "$name",
        registry=Registry(config),
        workspace=tmp_path,
    )


def test_the_recorded_reports(example: Example) -> None:
    context = example.parse_context()
    found = [example.module.parse(row, context) for row in example.payload.rows[:3]]
    assert [(record.key, record.status.value) for record in found] == [
        ("R-1", "waiting"),
        ("R-2", "closed"),
        ("R-3", "unknown"),
    ]
    assert found[0].opened_at == datetime(2026, 11, 24, 8, 5, tzinfo=context.zone)
    assert [record.resolved_at is None for record in found] == [True, False, True]


def test_a_report_without_its_time_is_rejected(example: Example) -> None:
    with pytest.raises(RowRejected):
        example.module.parse(example.payload.rows[3], example.parse_context())
''')


class CannotAdd(LiveRoomError):
    """The connector cannot be added so. ``str`` says why, and what to do."""


def checked(name: str, taken: list[str]) -> str:
    """``name``, when a connector may be called so."""
    if not NAME.fullmatch(name):
        raise CannotAdd(
            f"{name!r} is no name for a connector: 2 to 40 small letters, digits and _, the first a letter"
            " (e.g. water_works)"
        )
    if keyword.iskeyword(name) or name == "simulator":
        raise CannotAdd(f"{name!r} is taken by the language or by the simulated city: choose another name")
    if name in taken:
        raise CannotAdd(f"there is a connectors/{name}.py already: nothing was changed")
    return name


def files(name: str, kind: str) -> dict[Path, str]:
    """Path in the checkout to text, of everything but the configuration."""
    title = name.replace("_", " ").capitalize()
    payload = Path("tests/connectors/payloads") / name
    return {
        Path("connectors") / f"{name}.py": CONNECTOR.substitute(title=title, kind=kind),
        payload / "source.yaml": SETTINGS,
        payload / "reports.json": ANSWER,
        Path("tests/connectors") / f"test_{name}.py": TEST.substitute(name=name),
    }


def with_block(config: str, name: str) -> str:
    """The configuration's text with the new source's block, marked as a comment, first under ``sources:``."""
    found = SOURCES.search(config)
    if found is None:
        raise CannotAdd(
            "the configuration has no line `sources:` of its own: add the block by hand, see docs/add-a-system.md"
        )
    title = name.replace("_", " ").capitalize()
    block = BLOCK.substitute(name=name, title=title, host=name.replace("_", "-"))
    return f"{config[: found.end()]}\n{block}{config[found.end() + 1 :]}"
