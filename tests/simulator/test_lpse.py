"""The stand-in LPSE and ISB speak as the real ones: a session and its token, cells by position, odd pages with 200."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from connectors.simulator.packages import KINDS, Packages, long_money, short_money
from dashboard.decoding_html import table_rows
from dashboard.decoding_indonesian import whole_rupiah
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
