"""Every source block of the shipped configuration as a payload example: its rows are those of the stand-in city, asked
once over real sockets; what its system may answer instead is asked of a server that says it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.server import Simulation
from dashboard.clock import Clock
from dashboard.config.model import Config, Source
from dashboard.config.registry import Registry
from dashboard.contract import Payload
from dashboard.errors import RowRejected, SourceError
from dashboard.polling import Polling
from tests.connectors.contract_running import BAD_ANSWERS, MARK, parsed, unsound
from tests.connectors.recorded import ROOT, Example, served
from tests.scenarios.stage import DEPARTMENT

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)  # Tuesday, 14.00 WIB: everybody is at work, everything is published
ROWS = 12
DEGREES = ("lat", "lon")  # 106.640 is no hundred thousand
NEW_WORD = "Kata Yang Baru"


@dataclass
class Block(Example):
    """``config``: the city, so that an office for each district is asked for."""

    config: Config
    block: Source
    answered: Payload
    identities: frozenset[str]

    @property
    def now(self) -> datetime:
        return NOW

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The fields that hold what names somebody must reach no record."""
        rows = [row for row in self.payload.rows if isinstance(row, dict)]
        named = {name for row in rows for name, value in row.items() if self._names(value)}
        return {"identity": sorted(named)}

    def _names(self, value: Any) -> bool:
        return isinstance(value, str) and any(identity in value for identity in self.identities)

    @cached_property
    def payload(self) -> Payload:
        rows = self.answered.rows
        return replace(self.answered, rows=rows[:: max(1, len(rows) // ROWS)])

    def source(self, url: str | None) -> Source:
        return self.block

    @property
    def options(self) -> Any:
        return self.module.Options.model_validate(self.block.options)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [row for row in self.payload.rows if isinstance(parsed(self, row), list)]


def ask(config: Config, folder: Path) -> dict[str, Block]:
    """What each block with a stand-in brings, by its id."""
    return asyncio.run(_ask(config, folder))


async def _ask(config: Config, folder: Path) -> dict[str, Block]:
    (folder / "var").mkdir()
    (folder / "var" / "simulator.token").write_text("x")
    assert config.simulator is not None
    small = config.simulator.model_copy(update={"port": 0, "history_days": 1})
    clock = Clock.begin(NOW, 0.001)
    city = Simulation(config.model_copy(update={"simulator": small}), clock, folder=folder, token="x", env={})
    await city.start()
    try:
        blocks = [_short(block) for block in config.sources if block.provenance == "simulated"]
        pairs = [(block, _at(block, city.ports)) for block in blocks]
        found = await asyncio.gather(*(_fetch(config, block, folder, clock) for _, block in pairs))
    finally:
        await city.stop()
    identities, registry = frozenset(i for i in city.ledger.planted if len(i) > 4), Registry(config)
    path = ROOT / "connectors"
    return {
        block.id: Block(
            block.id, path / f"{block.type}.py", folder, registry, folder, config, block, payload, identities
        )
        for (block, _), payload in zip(pairs, found, strict=True)
    }


def _short(block: Source) -> Source:
    """Without the years that a first poll may ask for: each of their columns would be tried with every bad value."""
    return block.model_copy(update={"options": {k: v for k, v in block.options.items() if k != "history_days"}})


def _at(block: Source, ports: dict[str, int]) -> Source:
    if not (block.url or "").startswith("http"):
        return block
    port = ports[DEPARTMENT.get(block.id, block.id)]
    return block.model_copy(update={"url": f"http://127.0.0.1:{port}{urlsplit(block.url or '').path}"})


async def _fetch(config: Config, block: Source, folder: Path, clock: Clock) -> Payload:
    polling = Polling(config, block, folder, clock.now)
    try:
        return (await polling.fetch()).payload
    finally:
        await polling.aclose()


# What a block must do, beside what every connector must; each gives complaints


def bad_answers(block: Block) -> Iterator[str]:
    """What is no answer is a decision with a cause, without a word of it."""
    if not (block.block.url or "").startswith("http"):
        return
    said: list[tuple[int, str, bytes]] = []

    def answer(request: Request) -> Response:
        status, kind, body = said[-1]
        return Response(body, status, {"content-type": kind})

    async def all_of_them(url: str) -> list[Payload | Exception]:
        one = block.config.model_copy(update={"regions": _few(block.config)})
        source = block.block.model_copy(update={"url": url, "headers": {}, "auth": None})
        polling, found = Polling(one, source, block.folder, lambda: NOW), list[Payload | Exception]()
        for bad in BAD_ANSWERS:
            said.append(bad)
            polling.forget()
            try:
                found.append((await polling.fetch()).payload)
            except Exception as error:
                found.append(error)
        await polling.aclose()
        return found

    with served(Starlette(routes=[Route("/{path:path}", answer)])) as url:
        results = asyncio.run(all_of_them(url))
    for (status, kind, body), result in zip(BAD_ANSWERS, results, strict=True):
        about = f"{status} {kind} {body[:30]!r}"
        if isinstance(result, Payload):
            if list(result.rows) and any(isinstance(parsed(block, row), list) for row in result.rows):
                yield f"{about}: records come out of it"
        elif not isinstance(result, SourceError) or result.cause == "internal":
            yield f"{about}: {result!r} is no decision"
        elif MARK.split()[0].lower() in f"{result} {result.detail}".lower():
            yield f"{about}: the error repeats the body"


def _few(config: Config) -> Any:
    return config.regions.model_copy(update={"districts": config.regions.districts[:1], "subdistricts": ()})


def readable(block: Block) -> Iterator[str]:
    """Every row the city serves is read, and every record is sound."""
    for row in block.payload.rows:
        found = parsed(block, row)
        if isinstance(found, type):
            yield f"a row is rejected: {found.__name__}"
        else:
            yield from (problem for record in found for problem in unsound(record))


def mandatory(block: Block) -> Iterator[str]:
    """Without some of its fields no row is read: so a list that was renamed is refused."""
    names = max((row.keys() for row in block.rows), key=len)
    rows = [row for row in block.rows if row.keys() == names]  # offices say of themselves what is no row of the list
    lost = [name for name in names if all(_is_rejected(block, _without(row, name)) for row in rows)]
    if not lost:
        yield f"whichever of {', '.join(names)} goes, rows are read"


def new_words(block: Block) -> Iterator[str]:
    """A word that nobody knows loses no row, unless the row cannot be told from others without that field."""
    for row in block.rows[:6]:
        for name, value in row.items():
            if not isinstance(value, str) or not value.replace(" ", "").isalpha():
                continue
            if _is_rejected(block, {**row, name: NEW_WORD}) and not _is_rejected(block, _without(row, name)):
                yield f"{name}: a new word loses the row"


def other_marks(block: Block) -> Iterator[str]:
    """12.500 and 12,500 are read by the declared marks or refused, and never taken for twelve and a half by default."""
    marks = block.block.numbers
    guessed: set[float] = set() if marks.thousands else {12.5, 12.0, 13.0}
    for row in block.rows[:6]:
        before = _numbers(parsed(block, row))
        for name, value in row.items():
            if not _is_number(value) or name in DEGREES:
                continue
            for written in ("12.500", "12,500"):
                found = parsed(block, {**row, name: written})
                if isinstance(found, list) and (odd := _numbers(found) & guessed - before):
                    yield f"{name}: {written} is read as {sorted(odd)}"


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _is_rejected(block: Block, row: Any) -> bool:
    found = parsed(block, row)
    return isinstance(found, type) and issubclass(found, (RowRejected, LookupError, TypeError, ValueError))


def _is_number(value: Any) -> bool:
    text = str(value).replace(".", "").replace(",", "")
    return value is not None and not isinstance(value, bool) and text.isdecimal()


def _numbers(found: Any) -> set[float]:
    """The numbers that records hold, but for those that are made of times."""
    values: list[Any] = []
    for record in found if isinstance(found, Sequence) else ():
        for name in record.__slots__:
            value = getattr(record, name)
            values += [item for _, item in value] if name == "attributes" else [value]
    return {float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)}


CHECKS = (readable, bad_answers, mandatory, new_words, other_marks)
