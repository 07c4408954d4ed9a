"""Every fault produces its stimulus on the wire; lifting it brings the department back."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import ssl
import zlib
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from connectors.simulator.faults import FAULTS
from connectors.simulator.row_faults import HOSTILE, LONG_WORD, PLANTED
from dashboard.errors import SourceUnavailable
from dashboard.fetching_probe import RoomProbe
from tests.simulator.running import Caller


def raw(city: Caller, department: str, path: str = "/aspirations?per_page=1000") -> socket.socket:
    link = socket.create_connection(("127.0.0.1", city.simulation.ports[department]), timeout=3)
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cjp3\r\n\r\n".encode())
    return link


async def laksa(city: Caller) -> httpx2.Response:
    return await city.get("laksa", "aspirations", params={"per_page": 1000}, follow_redirects=False)


async def test_refuse_really_closes_the_socket_and_leaves_the_others(city: Caller) -> None:
    await city.fault("laksa", "refuse")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", city.simulation.ports["laksa"]), timeout=2)
    with pytest.raises(httpx2.ConnectError):
        await laksa(city)
    assert (await city.get("paten", "antrean")).status_code == 200
    await city.control("DELETE", "fault", department="laksa")
    assert (await laksa(city)).status_code == 200


async def test_refuse_drops_connections_already_open(city: Caller) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", city.simulation.ports["laksa"])
    writer.write(b"GET /aspirations HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 401")
    await city.fault("laksa", "refuse")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1_000_000), 3)
    writer.close()


async def test_tls_expired(city: Caller) -> None:
    await city.fault("laksa", "tls_expired")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    def ask() -> bytes:
        address = ("127.0.0.1", city.simulation.ports["laksa"])
        with socket.create_connection(address, timeout=3) as link, context.wrap_socket(link) as tls:
            return tls.getpeercert(binary_form=True) or b""

    from cryptography import x509

    certificate = x509.load_der_x509_certificate(await asyncio.to_thread(ask))
    assert certificate.not_valid_after_utc.year == 2020
    with pytest.raises(httpx2.ConnectError):
        await city.client.get(city.url("laksa", "aspirations", "https"))
    await city.control("DELETE", "fault", department="laksa", fault="tls_expired")
    assert (await laksa(city)).status_code == 200


async def test_hang_accepts_and_sends_nothing(city: Caller) -> None:
    await city.fault("laksa", "hang")
    with pytest.raises(httpx2.ReadTimeout):
        await city.client.get(city.url("laksa", "aspirations"), timeout=0.3)
    assert (await city.get("paten", "antrean")).status_code == 200


async def test_slow_drip_sends_a_byte_at_a_time(city: Caller) -> None:
    await city.fault("laksa", "slow_drip", interval_s=0.05)
    async with city.client.stream("GET", city.url("laksa", "aspirations"), auth=("r", "w")) as answer:
        assert answer.status_code == 200
        pieces = answer.aiter_raw()
        got = [await anext(pieces) for _ in range(5)]
    assert all(len(piece) == 1 for piece in got)


async def test_html_login_comes_with_status_200(city: Caller) -> None:
    await city.fault("laksa", "html_login")
    answer = await laksa(city)
    assert answer.status_code == 200
    assert answer.content.startswith(b"<!DOCTYPE html>")


async def test_empty_where_hundreds_were(city: Caller) -> None:
    assert len(await city.items()) > 500
    await city.fault("laksa", "empty")
    assert await city.items() == []


@pytest.mark.parametrize(("fault", "status"), [("http_429", 429), ("http_503", 503), ("http_error", 500)])
async def test_status_with_retry_after(city: Caller, fault: str, status: int) -> None:
    await city.fault("laksa", fault, retry_after=7)
    answer = await laksa(city)
    assert answer.status_code == status
    assert answer.headers.get("retry-after") == (None if status == 500 else "7")
    await city.fault("laksa", fault, retry_after=60, as_date=True)
    if status != 500:
        answer = await laksa(city)
        wait = parsedate_to_datetime(answer.headers["retry-after"]) - parsedate_to_datetime(answer.headers["date"])
        assert timedelta(seconds=59) <= wait <= timedelta(seconds=61)


async def test_times_limits_a_fault_to_so_many_answers(city: Caller) -> None:
    await city.fault("laksa", "http_503", times=2)
    assert [(await laksa(city)).status_code for _ in range(3)] == [503, 503, 200]


async def test_field_renamed_and_drop_mandatory(city: Caller) -> None:
    await city.fault("laksa", "field_renamed", field="status", to="keadaan")
    items = await city.items()
    assert all("status" not in item and item["keadaan"] for item in items)
    await city.control("DELETE", "fault")
    await city.fault("laksa", "drop_mandatory", share=0.3)
    gone = sum("dibuat" not in item for item in await city.items()) / len(items)
    assert 0.2 < gone < 0.4


async def test_new_status_and_new_department(city: Caller) -> None:
    await city.fault("laksa", "new_status", share=0.2)
    await city.fault("laksa", "new_department", share=0.2)
    items = await city.items()
    assert 0.1 < sum(item["status"] == "didelegasikan" for item in items) / len(items) < 0.3
    assert any(item["opd"] == "Dinas Kecerdasan Artifisial" for item in items)


async def test_copied_forward_repeats_values_under_fresh_dates(city: Caller) -> None:
    await city.fault("tpid", "copied_forward")

    async def day(text: str) -> list[dict[str, Any]]:
        answer = await city.get("tpid", f"Komoditasrekapitulasi?from={text}&to={text}")
        return orjson.loads(answer.content)["data"]

    first, second = await day("2026-11-19"), await day("2026-11-20")
    assert [row["harga"] for row in first] == [row["harga"] for row in second]
    assert {row["tanggal"] for row in second} == {"2026-11-20"}
    await city.control("DELETE", "fault")
    assert [row["harga"] for row in await day("2026-11-20")] != [row["harga"] for row in first]


async def test_shifting_pages_show_a_record_twice(city: Caller) -> None:
    await city.fault("laksa", "shifting_pages", new=2)
    seen: list[int] = []
    totals = []
    for page in (1, 2, 3):
        answer = await city.get("laksa", "aspirations", params={"page": page, "per_page": 50})
        data = orjson.loads(answer.content)["data"]
        seen += [item["id"] for item in data["items"]]
        totals.append(data["total"])
    assert len(seen) == len(set(seen)) + 4
    assert totals[2] == totals[0] + 4


async def test_duplicates(city: Caller) -> None:
    await city.fault("laksa", "duplicates", share=0.5)
    items = await city.items(since="2026-11-15")
    assert len({item["id"] for item in items}) < len(items) * 0.8


async def test_late_edits_deletions_backdate_and_bulk_closing(city: Caller) -> None:
    before = {item["id"]: item for item in await city.items()}
    edited = (await city.fault("laksa", "late_edits", count=10))["ids"]["laksa"]
    deleted = (await city.fault("laksa", "deletions", count=5))["ids"]["laksa"]
    moved = (await city.fault("laksa", "backdate", count=6))["ids"]["laksa"]
    after = {item["id"]: item for item in await city.items()}
    assert len(edited) == 10
    assert all(after[n]["kategori"] != before[n]["kategori"] for n in set(edited) & set(after))
    assert len(deleted) == 5
    assert not set(deleted) & set(after)
    assert len(moved) == 6
    for n in set(moved) & set(after):
        assert after[n]["ditanggapi"] < before[n]["ditanggapi"]
        assert after[n]["diperbarui"] > before[n]["diperbarui"]


async def test_bulk_closing_closes_hundreds_in_three_minutes(city: Caller) -> None:
    await city.control("POST", "load", standing=600, open_share=1)
    closed = (await city.fault("laksa", "bulk_closing", count=400, minutes=3))["ids"]["laksa"]
    city.simulation.city.advance(city.simulation.clock.now() + timedelta(minutes=3))
    reports = city.simulation.city.aspirations.by_id
    times = [reports[n].state.closed_at for n in closed]
    assert len(closed) == 400
    assert all(reports[n].state.status == "selesai" and reports[n].state.evidence is False for n in closed)
    assert max(times) - min(times) <= timedelta(minutes=3)


async def test_counter_falls_and_jumps(city: Caller) -> None:
    async def served() -> int:
        data = orjson.loads((await city.get("paten", "antrean")).content)["data"]
        return sum(office["selesai_hari_ini"] for office in data["kantor"])

    honest = await served()
    await city.fault("paten", "counter_jumps")
    assert await served() >= 90 * honest
    await city.control("DELETE", "fault")
    await city.fault("paten", "counter_falls")
    assert await served() < honest / 5


async def test_huge_body_streams_until_one_gigabyte(city: Caller) -> None:
    await city.fault("laksa", "huge_body")
    got = 0
    async with city.client.stream("GET", city.url("laksa", "aspirations"), auth=("r", "w")) as answer:
        assert "content-length" not in answer.headers
        async for piece in answer.aiter_raw():
            got += len(piece)
            if got > 20_000_000:
                break
    assert got > 20_000_000
    assert (await city.get("paten", "antrean")).status_code == 200


async def test_gzip_bomb_is_small_on_the_wire(city: Caller) -> None:
    await city.fault("laksa", "gzip_bomb", bytes=64 << 20)
    async with city.client.stream("GET", city.url("laksa", "aspirations"), auth=("r", "w")) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    unpacker, size = zlib.decompressobj(31), 0
    rest = packed
    while rest and size < (64 << 20):
        size += len(unpacker.decompress(rest, 1 << 20))
        rest = unpacker.unconsumed_tail
    assert len(packed) < 1_000_000
    assert size >= 64 << 20


async def test_deep_json(city: Caller) -> None:
    await city.fault("laksa", "deep_json", depth=50_000)
    assert b"[" * 50_000 in (await laksa(city)).content


async def test_redirects(city: Caller) -> None:
    await city.fault("laksa", "redirect_loop")
    with pytest.raises(httpx2.TooManyRedirects):
        await city.get("laksa", "aspirations", follow_redirects=True)
    await city.control("DELETE", "fault")
    await city.fault("laksa", "redirect_to", url="file:///etc/passwd")
    assert (await laksa(city)).headers["location"] == "file:///etc/passwd"


async def test_bad_utf8_bom_nan_and_infinity(city: Caller) -> None:
    await city.fault("laksa", "bad_utf8")
    with pytest.raises(UnicodeDecodeError):
        (await laksa(city)).content.decode("utf-8")
    await city.control("DELETE", "fault")
    await city.fault("laksa", "bom")
    assert (await laksa(city)).content.startswith(b"\xef\xbb\xbf{")
    await city.control("DELETE", "fault")
    for fault, text in (("nan", b":NaN"), ("infinity", b":1e400")):
        await city.fault("laksa", fault)
        assert text in (await laksa(city)).content
        await city.control("DELETE", "fault")


async def test_truncated(city: Caller) -> None:
    await city.fault("laksa", "truncated")
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads((await laksa(city)).content)


async def test_zero_date(city: Caller) -> None:
    await city.fault("laksa", "zero_date")
    assert {item["dibuat"] for item in await city.items()} == {"0000-00-00 00:00:00"}


async def test_wrong_locale(city: Caller) -> None:
    await city.fault("tpid", "wrong_locale")
    rows = orjson.loads((await city.get("tpid", "Komoditasrekapitulasi?from=2026-11-20&to=2026-11-20")).content)["data"]
    styles = {"".join(c for c in row["harga"] if not c.isdigit()) for row in rows if len(row["harga"]) > 4}
    assert styles == {".", ",", ""}


async def test_clock_ahead_shifts_rows_and_date_header(city: Caller) -> None:
    await city.control("POST", "records", new=1)
    await city.fault("laksa", "clock_ahead", hours=6)
    answer = await laksa(city)
    newest = max(item["dibuat"] for item in orjson.loads(answer.content)["data"]["items"])
    assert newest > "2026-11-24 17:30"
    ahead = parsedate_to_datetime(answer.headers["date"]) - city.simulation.clock.now()
    assert timedelta(hours=5, minutes=59) < ahead <= timedelta(hours=6)


async def test_wib_as_utc(city: Caller) -> None:
    honest = (await city.items())[0]["dibuat"]
    await city.fault("laksa", "wib_as_utc")
    assert (await city.items())[0]["dibuat"] == honest + "Z"


async def test_hostile_text_goes_round_all_of_it(city: Caller) -> None:
    await city.fault("laksa", "hostile_text")
    items = await city.items()
    words = {item["isi"] for item in items} | {item["kecamatan"] for item in items} | {item["opd"] for item in items}
    assert LONG_WORD in words
    for item in HOSTILE:
        assert any(item in word for word in words), item


async def test_planted_identities_in_every_string_field(city: Caller) -> None:
    await city.fault("laksa", "planted_identities")
    for item in (await city.items())[:50]:
        for name, value in item.items():
            if isinstance(value, str) and name not in ("dibuat", "ditanggapi", "selesai_pada", "diperbarui"):
                assert all(piece in value for piece in PLANTED.strings()), name
    await city.fault("laksa", "planted_identities", everything=True, replace=True)
    assert all(PLANTED.nik in item["dibuat"] for item in await city.items())


async def test_faults_reach_the_database_and_the_drop_folder(city: Caller, tmp_path: Path) -> None:
    def statuses() -> set[str]:
        base = sqlite3.connect(tmp_path / "sim" / "permits.sqlite", timeout=0.2)
        try:
            return {row[0] for row in base.execute("SELECT DISTINCT status FROM v_permits")}
        finally:
            base.close()

    await city.fault("permits", "new_status", share=0.5)
    await city.fault("counters", "planted_identities")
    assert "didelegasikan" in statuses()
    assert PLANTED.nik in (tmp_path / "sim" / "drop" / "loket-20261124.csv").read_text(encoding="utf-8")
    await city.control("DELETE", "fault")
    assert "didelegasikan" not in statuses()
    await city.fault("permits", "refuse")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        statuses()
    await city.control("DELETE", "fault")
    await city.fault("permits", "hang")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        statuses()
    await city.control("DELETE", "fault")
    assert "terbit" in statuses()


async def test_unknown_faults_and_departments_are_named(city: Caller) -> None:
    headers = {"Authorization": f"Bearer {city.simulation.token}"}
    for body, word in (({"fault": "nonsense"}, "hang"), ({"fault": "hang", "department": "x"}, "laksa")):
        answer = await city.client.post(city.url("control", "fault"), content=orjson.dumps(body), headers=headers)
        assert answer.status_code == 400
        assert word in answer.text


async def test_a_spoiled_answer_serves_no_record(city: Caller) -> None:
    for fault in ("http_503", "html_login", "truncated"):
        await city.fault("laksa", fault)
        await laksa(city)
        await city.control("DELETE", "fault")
    assert (await city.control("GET", "served?department=laksa"))["served"] == []


def listening(city: Caller) -> set[str]:
    """The sites of the network that take a connection now."""
    found = set()
    for site in city.simulation.wan.sites:
        try:
            socket.create_connection((site.host, city.simulation.wan.port), timeout=2).close()
        except ConnectionRefusedError:
            continue
        found.add(site.code)
    return found


async def test_a_site_that_is_down_takes_those_below_with_it_and_one_that_flaps_comes_and_goes(city: Caller) -> None:
    wan = city.simulation.wan
    before, below = listening(city), {site.code for site in wan.sites if site.parent == "KEC-01"}
    assert len(before) > 20 and below
    await city.fault("wan", "site_down", site="KEC-01")
    assert listening(city) == before - below - {"KEC-01"}
    await city.control("DELETE", "fault")
    await city.fault("wan", "site_flaps", site=["KEC-02"], period_s=60)
    minute = datetime(2026, 11, 24, 5, 0).astimezone()
    seen = {"KEC-02" in wan.down(minute + timedelta(minutes=n)) for n in range(2)}
    assert seen == {True, False}
    await city.fault("wan", "refuse")
    assert listening(city) == set()
    await city.control("DELETE", "fault")
    assert listening(city) == before


async def test_a_line_that_is_cut_takes_no_connection_and_refuses_none(city: Caller) -> None:
    probe = RoomProbe(0.5, False, [f"127.0.0.1:{city.simulation.uplink.port}"])
    await probe.way_out()
    await city.fault("uplink", "hang")
    with pytest.raises(SourceUnavailable):
        await probe.way_out()
    await city.control("DELETE", "fault")
    await probe.way_out()


def test_every_fault_has_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8") + (Path(__file__).parent / "test_systems.py").read_text()
    assert [name for name in FAULTS if f'"{name}"' not in source] == []


def test_the_gigabyte_bomb_costs_this_side_little() -> None:
    from connectors.simulator.body_faults import gzip_bomb
    from connectors.simulator.wire import Answer, Request

    bomb = gzip_bomb(Answer(), Request("GET", "/", {}, {}), {}, datetime.now().astimezone())
    assert len(bomb.body) < 5_000_000


def test_every_fault_is_in_the_handbook() -> None:
    handbook = (Path(__file__).resolve().parents[2] / "docs" / "simulated-city.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"`{name}`" not in handbook] == []
