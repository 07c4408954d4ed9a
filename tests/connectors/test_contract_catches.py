"""Each check of the contract catches the violation it is for, and lets a plain, good connector through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from tests.connectors import contract_running as running
from tests.connectors import contract_syntax as syntax
from tests.connectors.recorded import Example

GOOD = '''"""A queue of one office, as a JSON list; never reads who waits."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from dashboard.contract import COMPLETE, ConnectorOptions, FetchContext, ParseContext, Payload
from dashboard.errors import SourceChanged
from dashboard.mapping_readers import When, plain
from dashboard.records import Case

PARSER_VERSION = 1
SHAPES = ("case",)
SCALE = {"open": "waiting", "done": "closed"}
OPENED = When(path=("at",))


class Options(ConnectorOptions):
    path: str = "queue"
    size: int = Field(default=10, ge=1)


async def fetch(ctx: FetchContext[Options]) -> Payload:
    """The whole queue."""
    body = (await ctx.http.get(ctx.options.path)).json()
    if not isinstance(body, list):
        raise SourceChanged("envelope", "the document is no list")
    return Payload(rows=body, coverage=COMPLETE, fetched_at=ctx.now)


def parse(row: Any, ctx: ParseContext[Options]) -> Case:
    """One visitor."""
    return Case(
        key=plain(row["id"]) or row[0],
        kind="service",
        status=ctx.words.status(plain(row.get("state")), SCALE),
        opened_at=OPENED.needed(row, ctx.zone),
    )
'''
BODY = b"""[{"id": 1, "state": "open", "at": "2026-11-24 08:00:00", "visitor": "Contoh"},
 {"id": 2, "state": "done", "at": "2026-11-24 08:10:00", "visitor": "Contoh"},
 {"id": 3, "state": "odd", "at": "2026-11-24 08:20:00", "visitor": "Contoh"}]"""
SETTINGS = "now: 2026-11-24T14:10:00+07:00\nrecords: 3\nidentity: [visitor]\n"


@pytest.fixture
def plant(config: Config, tmp_path: Path) -> Callable[..., Example]:
    """The good connector with pieces of it exchanged, and its payload example."""

    def make(*changes: tuple[str, str], settings: str = SETTINGS, body: bytes = BODY) -> Example:
        text = GOOD
        for old, new in changes:
            assert text.count(old) >= 1, f"{old!r} is not in the good connector"
            text = text.replace(old, new, 1)
        folder = tmp_path / "payloads"
        folder.mkdir(exist_ok=True)
        (folder / "source.yaml").write_text(settings, encoding="utf-8")
        (folder / "queue.json").write_bytes(body)
        path = tmp_path / "planted.py"
        path.write_text(text, encoding="utf-8")
        return Example("planted", path, folder, Registry(config), tmp_path)

    return make


def complaints(check: Any, example: Example) -> str:
    if check in syntax.CHECKS:
        return "\n".join(check(syntax.File(example.path.read_text(encoding="utf-8"))))
    return "\n".join(check(example))


@pytest.mark.parametrize("check", [*syntax.CHECKS, *running.CHECKS], ids=lambda check: check.__name__)
def test_a_good_connector_passes(check: Any, plant: Callable[..., Example]) -> None:
    assert complaints(check, plant()) == ""


STATUS = 'status=ctx.words.status(plain(row.get("state")), SCALE),'
ROWS = "    return Payload(rows=body, coverage=COMPLETE, fetched_at=ctx.now)"
ONE = '    """One visitor."""\n'
TRY = "    try:\n        pass\n    exceptWHAT:\n        pass\n"
SAID: list[tuple[Any, tuple[str, str], str]] = [
    (syntax.names, ("PARSER_VERSION = 1", "PARSER_VERSION = 0"), "PARSER_VERSION"),
    (syntax.names, ("PARSER_VERSION = 1", 'PARSER_VERSION = "1"'), "PARSER_VERSION"),
    (syntax.names, ('SHAPES = ("case",)', 'SHAPES = ("queue",)'), "SHAPES"),
    (syntax.names, ("class Options(", "class Settings("), "no class Options"),
    (syntax.names, ("async def fetch", "def fetch"), "async def fetch"),
    (syntax.names, ("def parse(row: Any, ctx: ", "def parse(row: Any, extra: int, ctx: "), "def parse(row, ctx)"),
    (syntax.names, ("def parse", "async def parse"), "def parse(row, ctx)"),
    (syntax.purpose, ("; never reads who waits", ""), "must never do"),
    (syntax.purpose, ('"""A queue of one office, as a JSON list; never reads who waits."""', ""), "no docstring"),
    (syntax.length, (ROWS, ROWS + "\n\n" + "# line\n" * 250), "250 are the limit"),
    (syntax.length, (ONE, ONE + "    _ = 1\n" * 60), "parse is longer"),
    (syntax.imports, ("from typing import Any", "import os\nfrom typing import Any"), "os is not"),
    (syntax.imports, (ONE, ONE + "    import httpx2\n"), "httpx2 is not"),
    (syntax.imports, ("from typing import Any", "from logging import info\nfrom typing import Any"), "logging is not"),
    (syntax.imports, ("from typing import Any", "from functools import cache\nfrom typing import Any"), "functools"),
    (syntax.imports, ("from dashboard.errors", "from dashboard.history import History\nfrom dashboard.errors"), "hist"),
    (syntax.imports, ("from typing import Any", "from .laksa import parse\nfrom typing import Any"), ".laksa is not"),
    (syntax.calls, (ONE, ONE + '    open("/etc/passwd")\n'), "open is not"),
    (syntax.calls, (ONE, ONE + "    reader = open\n"), "open is not"),
    (syntax.calls, (ONE, ONE + "    print(row)\n"), "print is not"),
    (syntax.calls, (ONE, ONE + "    datetime.now()\n"), ".now is not"),
    (syntax.calls, (ONE, ONE + "    date.today()\n"), ".today is not"),
    (syntax.calls, (ONE, ONE + "    ().__class__.__base__\n"), "under the language"),
    (syntax.calls, ("    body = (", "    await asyncio.sleep(1)\n    body = ("), ".sleep is not"),
    (syntax.state, (ONE, ONE + "    global LAST\n"), "global keeps"),
    (syntax.state, (ONE, ONE + "    SCALE[row] = 1\n"), "SCALE is changed"),
    (syntax.state, (ONE, ONE + "    SCALE.update(row)\n"), "SCALE is changed"),
    (syntax.state, (ONE, ONE + "    parse.rows = 1\n"), "parse is changed"),
    (syntax.state, ("ctx: ParseContext[Options])", "ctx: ParseContext[Options] = [])"), "outlives the call"),
    (
        syntax.handlers,
        (ONE, ONE + "    try:\n        pass\n    except Exception:\n        pass\n"),
        "catches Exception",
    ),
    (syntax.handlers, (ONE, ONE + "    try:\n        pass\n    except:\n        pass\n"), "catches everything"),
    (syntax.thin_fetch, ("rows=body", 'rows=[Case(key=r["id"]) for r in body]'), "fetch makes a Case"),
    (syntax.thin_fetch, (ROWS, "    ctx.words.unit('kg')\n" + ROWS), "fetch reads ctx.words"),
    (syntax.thin_fetch, ("await ctx.http.get", "await elsewhere.get"), "did not hand it"),
    (syntax.thin_fetch, ("(await ctx.http.get(ctx.options.path)).json()", "[]"), "fetch asks nothing"),
    (syntax.thin_fetch, (ROWS, "    async with ctx.http as way:\n        pass\n" + ROWS), "opens something"),
    (syntax.pure_parse, (ONE, ONE + "    ctx.http.get('x')\n"), "parse reads ctx.http"),
    (syntax.pure_parse, (ONE, ONE + "    row = ctx.now\n"), "parse reads ctx.now"),
    (syntax.pure_parse, (ONE, ONE + "    yield row\n"), "generator"),
]


@pytest.mark.parametrize(("check", "change", "told"), SAID, ids=lambda value: getattr(value, "__name__", ""))
def test_a_violation_in_the_text_is_caught(
    check: Any, change: tuple[str, str], told: str, plant: Callable[..., Example]
) -> None:
    assert told in complaints(check, plant(change))


ELSE = "    if not isinstance(row, dict):\n"
NAIVE = " resolved_at=row['state'] if isinstance(row['state'], datetime) else None,"
AGE = 'coverage=Coverage("window", "age", ctx.now, datetime.now(UTC) + timedelta(9999))'
PART = "class Part(BaseModel):\n    a: int = 1\n\n\nclass Options(ConnectorOptions):\n    part: Part | None = None\n"
DONE: list[tuple[Any, tuple[str, str], str]] = [
    (running.options, ("class Options(ConnectorOptions):", "class Options(BaseModel):"), "no ConnectorOptions"),
    (
        running.options,
        ('    path: str = "queue"', '    model_config = {"extra": "allow"}\n    path: str = "queue"'),
        "nobody declared",
    ),
    (running.options, ("class Options(ConnectorOptions):\n", PART), "Part lets an unknown key through"),
    (running.fetching, ("fetched_at=ctx.now", "fetched_at=datetime.now(UTC)"), "not ctx.now"),
    (running.fetching, ("rows=body", "rows=[{**r, 'at': random()} for r in body]"), "polls of the same answer differ"),
    (running.fetching, ("rows=body", "rows=[]"), "brings no row"),
    (running.fetching, ("rows=body", "rows=[object()]"), "not JSON-like"),
    (running.fetching, ("coverage=COMPLETE", 'coverage=Coverage("window")'), "the window has no field"),
    (running.fetching, ("coverage=COMPLETE", AGE), "no shape has"),
    (running.bad_answers, ("raise SourceChanged(\"envelope\", \"the document is no list\")", "pass"), "rows came out"),
    (running.bad_answers, ('"the document is no list"', "str(body)"), "repeats the body"),
    (running.bad_answers, ("isinstance(body, list)", 'body["list"]'), "instead of a SourceError"),
    (running.parsing, ('"closed"}', '"closed"}\nSHAPES = ("status",)'), "none of SHAPES"),
    (running.parsing, ("OPENED.needed(row, ctx.zone)", "OPENED.needed(row, ctx.zone).replace(tzinfo=None)"), "naive"),
    (running.parsing, ('plain(row["id"]) or row[0]', '""'), "the key is empty"),
    (running.parsing, (ONE, ONE + "    row['nothing']\n"), "0 records and 3 rejected"),
    (running.determined, (ONE, ONE + "    row['seen'] = 1\n"), "changes the row"),
    (running.determined, (STATUS, STATUS + " office=str(datetime.now(UTC).year),"), "says otherwise in 2001"),
    (running.determined, (STATUS, STATUS + " office=str(SEEN.append(1) or len(SEEN)),"), "says otherwise"),
    (running.determined, (STATUS, STATUS + " office=os.environ.get('TZ', ''),"), "says otherwise"),
    (running.sealed, (ONE, ONE + "    open('/dev/null').close()\n"), "reaches outside: open"),
    (running.sealed, (ONE, ONE + "    socket.socket().close()\n"), "reaches outside: socket"),
    (running.sealed, (ONE, ONE + "    subprocess.run(['true'])\n"), "reaches outside: subprocess"),
    (running.sealed, (ONE, ONE + "    os.environ['HOME']\n"), "reaches outside: os.environ"),
    (running.sealed, (ONE, ONE + "    os.getenv('HOME')\n"), "reaches outside: os.environ"),
    (running.sealed, (ONE, ONE + "    time.sleep(0)\n"), "reaches outside: time.sleep"),
    (running.sealed, (ONE, ONE + "    logging.getLogger('x').error('y')\n"), "reaches outside: logging"),
    (running.sealed, (ONE, ONE + "    print('y')\n"), "reaches outside: output"),
    (running.one_row, (ONE, ONE + ELSE + "        row = {'id': 9, 'at': '2026-01-01'}\n"), "a record comes out"),
    (running.one_row, (ONE, ONE + ELSE + "        SCALE.clear()\n"), "more than being rejected"),
    (running.hostile_values, (STATUS, STATUS + " amount_idr=row.get('id'),"), "amount_idr is"),
    (running.hostile_values, (STATUS, STATUS + NAIVE), "naive"),
    (running.no_identity, (STATUS, STATUS + ' office=plain(row.get("nama_pelapor")),'), "identity of the row"),
    (running.no_identity, (STATUS, STATUS + ' office=plain(row.get("visitor")),'), "identity of the row"),
    (running.no_identity, (STATUS, STATUS + " office=str(row),"), "identity of the row"),
]  # fmt: skip
AROUND = """import logging, os, socket, subprocess, time
from datetime import UTC, datetime, timedelta
from random import random
from typing import Any

from pydantic import BaseModel
from dashboard.contract import Coverage

SEEN: list[int] = []
"""


@pytest.mark.parametrize(("check", "change", "told"), DONE, ids=lambda value: getattr(value, "__name__", ""))
def test_a_violation_that_runs_is_caught(
    check: Any, change: tuple[str, str], told: str, plant: Callable[..., Example]
) -> None:
    assert told in complaints(check, plant(("from typing import Any\n", AROUND), change))


def test_an_example_that_shows_nothing_is_caught(plant: Callable[..., Example]) -> None:
    assert "the example says (4, 0)" in complaints(running.parsing, plant(settings=SETTINGS.replace("3", "4")))
    missing = plant(settings=SETTINGS.replace("[visitor]", "[nik]"))
    assert "no row of the example has nik" in complaints(running.no_identity, missing)
    (missing.folder / "source.yaml").unlink()
    del missing.settings
    with pytest.raises(AssertionError, match="no payload example"):
        complaints(running.parsing, missing)
