"""The stand-in LPSE and ISB speak as the real ones: a session and its token, cells by position, odd pages with 200."""

from __future__ import annotations

import importlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from connectors.simulator.packages import KINDS, Packages, long_money, short_money
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.decoding_html import table_rows
from dashboard.decoding_indonesian import whole_rupiah
from dashboard.errors import SourceError
from tests.connectors.recorded import _poll
from tests.simulator.running import Caller

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


async def table(city: Caller, endpoint: str, token: str, **form: Any) -> bytes:
    data = {"draw": "3", "start": "0", "length": "10", "authenticityToken": token, **form}
    answer = await city.client.post(city.url("lpse", f"x/dt/{endpoint}?tahun=2026"), data=data)
    assert answer.status_code == 200, "its errors come with 200 too"
    return answer.content


async def session(city: Caller) -> str:
    answer = await city.client.get(city.url("lpse", "x/lelang"))
    return re.search(r"___AT=([0-9a-f]+)", answer.headers["set-cookie"])[1]  # type: ignore[index]


async def test_a_list_needs_the_token_of_its_session(city: Caller) -> None:
    token = await session(city)
    assert token == await session(city), "the same browser keeps its session"
    assert b"Kode Error" in await table(city, "lelang", "f" * 40)
    assert b"Kode Error" in await table(city, "lelang", token, start="x")
    body = orjson.loads(await table(city, "lelang", token))
    assert body["draw"] == "3" and body["recordsTotal"] > 10 and len(body["data"]) == 10
    city.client.cookies.clear()
    assert b"terjadi error" in await table(city, "lelang", token), "a token without its cookie"


@pytest.mark.parametrize(("endpoint", "cells"), [("lelang", 9), ("pl", 8), ("nonspk", 9), ("swakelola", 8)])
async def test_each_list_has_its_own_order(city: Caller, endpoint: str, cells: int) -> None:
    body = orjson.loads(await table(city, endpoint, await session(city)))
    assert {len(row) for row in body["data"]} == {cells}
    assert (body["recordsTotal"] == 2_147_483_647) == (endpoint != "lelang")
    codes = [int(row[0]) for row in body["data"]]
    assert codes == sorted(codes, reverse=True)


async def test_a_package_has_its_pages_and_what_is_not_there_says_so(city: Caller) -> None:
    code = orjson.loads(await table(city, "lelang", await session(city)))["data"][0][0]
    page = await city.client.get(city.url("lpse", f"x/lelang/{code}/pengumumanlelang"))
    said = {row[0]: row[1] for row in table_rows(page.text) if len(row) == 2}
    assert {"Tanggal Pembuatan", "Satuan Kerja", "Nilai Pagu Paket", "Nilai HPS Paket"} <= said.keys()
    plan = await city.client.get(city.url("lpse", f"x/lelang/{code}/jadwal"))
    assert len(table_rows(plan.text)) == 13
    gone = await city.client.get(city.url("lpse", "x/lelang/1/pengumumanlelang"))
    assert (gone.status_code, "tidak ditemukan" in gone.text) == (200, True)


@pytest.mark.parametrize(("path", "body"), [("2026/7", "URL-NOT-DEFINED"), ("1999/119", "<invalid_response>")])
async def test_isb_answers_nonsense_with_200(city: Caller, path: str, body: str) -> None:
    answer = await city.client.get(city.url("isb", f"isb-2/api/satudata/TenderUmumPublik/{path}"))
    assert answer.status_code == 200 and body in answer.text


def test_the_same_seed_gives_the_same_packages_and_repeated_tenders_follow_failed_ones() -> None:
    made, again = (Packages(7, ["DPUPR", "Disdik"], ZoneInfo("Asia/Jakarta")) for _ in range(2))
    assert {e: made.visible(e, 2026, NOW) for e in KINDS} == {e: again.visible(e, 2026, NOW) for e in KINDS}
    tenders = made.of_year(2026)["lelang"]
    failed = [one for one in tenders if one.failed_at is not None]
    repeated = {one.name: one for one in tenders if one.repeated}
    assert failed and {one.name for one in failed} == repeated.keys()
    assert all(repeated[one.name].made > one.failed_at for one in failed if one.failed_at)
    assert len({one.code for one in tenders}) == len(tenders)


@pytest.mark.parametrize("amount", [950, 3_800_000, 67_400_000, 1_200_000_000, 2_000_000_000_000])
def test_money_is_written_as_the_room_reads_it(amount: int) -> None:
    assert whole_rupiah(short_money(amount), "x")[0] == amount
    assert whole_rupiah(long_money(amount), "x") == (amount, False)


def test_a_table_in_a_cell_is_no_part_of_its_text() -> None:
    nested = (
        "<table><tr><th>A</th><td>1<table><tr><td>x</td><td>y</td></tr></table>2</td></tr><tr><th>B</td><td>3</table>"
    )
    assert table_rows(nested) == [["A", "12"], ["x", "y"], ["B", "3"]]
    assert table_rows("<tr><td>a<script>b</script>&nbsp;c</td></tr>") == [["a c"]]


async def ask(config: Config, city: Caller, folder: Path, source: str, **more: Any) -> Any:
    """One poll with the shipped block of the source."""
    block = next(found for found in config.sources if found.id == source)
    module = importlib.import_module(f"connectors.{block.type}")
    url = city.url(
        {"lpse": "lpse", "isb": "isb"}[source], "tangerangkota" if source == "lpse" else "isb-2/api/satudata"
    )
    block = block.model_copy(update={"url": url, "options": {**block.options, **more}, "timeout_s": 10})
    options = module.Options.model_validate(block.options)
    return await _poll(module, block, options, ZoneInfo("Asia/Jakarta"), NOW, folder), module, options


FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("html_login", {}), ("http_503", {"retry_after": 30}), ("http_429", {"as_date": True}), ("truncated", {}),
    ("deep_json", {}), ("gzip_bomb", {"bytes": 1 << 27}), ("redirect_loop", {}), ("bad_utf8", {}),
    ("redirect_to", {}), ("http_error", {"status": 500}), ("refuse", {}),
)  # fmt: skip


async def test_a_misbehaving_source_is_a_decision(city: Caller, config: Config, tmp_path: Path) -> None:
    for source in ("lpse", "isb"):
        for fault, params in FAULTS:
            await city.fault(source, fault, **params)
            with pytest.raises(SourceError):
                await ask(config, city, tmp_path, source)
            await city.control("DELETE", "fault", department=source)


async def test_names_of_packages_and_people_are_not_remembered(city: Caller, config: Config, tmp_path: Path) -> None:
    """What is kept between two polls stands in the database as it is."""
    for fault, params in (("planted_identities", {}), ("planted_identities", {"replace": True}), ("hostile_text", {})):
        await city.fault("lpse", fault, **params)
        try:
            payload, module, options = await ask(config, city, tmp_path, "lpse", endpoints=("lelang",))
        except SourceError:
            continue  # an identity in a column of money is no money: the list is refused
        finally:
            await city.control("DELETE", "fault", department="lpse")
        planted = (await city.control("GET", "planted"))["identities"]
        kept = str(payload.next_cursor)
        assert not [identity for identity in planted if identity in kept] and "<script>" not in kept
        words = Registry(config)
        context = ParseContext(
            source="lpse", options=options, words=words, zone=ZoneInfo("Asia/Jakarta"), numbers=NumberLocale(),
            fetched_at=NOW, city="36.71",
        )  # fmt: skip
        for row in payload.rows:
            record = module.parse(row, context).record
            known = (record.stage, record.department_word, record.attributes)
            assert not [identity for identity in planted if identity in str(known)]
