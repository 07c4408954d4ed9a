"""Each stand-in system speaks its protocol: envelopes, paging, authentication, conditional requests, city time."""

from __future__ import annotations

import sqlite3
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest

from connectors.simulator.pihps import ITEMS
from connectors.simulator.prices import GOODS, MARKETS
from dashboard.clock import Clock
from dashboard.config.model import Config
from tests.simulator.running import NOON, Caller, running


async def test_laksa_pages_in_its_envelope(city: Caller) -> None:
    seen: list[int] = []
    page, pages = 1, 1
    while page <= pages:
        body = orjson.loads((await city.get("laksa", "aspirations", params={"page": page, "per_page": 200})).content)
        assert body["success"] is True
        assert body["message"]
        pages, total = body["data"]["pages"], body["data"]["total"]
        seen += [item["id"] for item in body["data"]["items"]]
        page += 1
    assert pages > 2
    assert len(seen) == len(set(seen)) == total
    assert {item["status"] for item in await city.items()} == {"menunggu", "proses", "selesai"}


async def test_laksa_since_asks_by_day_of_receipt_and_updated_since_by_change(city: Caller) -> None:
    recent = await city.items(since="2026-11-20")
    assert recent
    assert min(item["dibuat"] for item in recent) >= "2026-11-20"
    changed = await city.items(updated_since="2026-11-24T00:00:00+07:00")
    assert min(item["diperbarui"] for item in changed) >= "2026-11-24"
    assert any(item["dibuat"] < "2026-11-24" for item in changed)


async def test_laksa_wants_a_name_and_a_word(city: Caller) -> None:
    answer = await city.client.get(city.url("laksa", "aspirations"))
    assert answer.status_code == 401
    assert orjson.loads(answer.content)["success"] is False


async def test_open311_json_and_xml_say_the_same(city: Caller) -> None:
    listed = orjson.loads((await city.get("open311", "requests.json")).content)
    tree = ET.fromstring((await city.get("open311", "requests.xml")).content)
    assert len(listed) > 50
    assert [r["service_request_id"] for r in listed] == [e.findtext("service_request_id") for e in tree.iter("request")]
    assert all(r["requested_datetime"].endswith("+07:00") for r in listed)
    closed = orjson.loads((await city.get("open311", "requests.json?status=closed")).content)
    assert {r["status"] for r in closed} == {"closed"}
    one = listed[3]["service_request_id"]
    assert len(orjson.loads((await city.get("open311", f"requests.json?service_request_id={one}")).content)) == 1


async def test_open311_refuses_more_than_90_days(city: Caller) -> None:
    path = "requests.xml?start_date=2026-01-01T00:00:00Z&end_date=2026-11-01T00:00:00Z"
    answer = await city.get("open311", path)
    assert answer.status_code == 400
    assert ET.fromstring(answer.content).find("error/description") is not None


@pytest.mark.parametrize(("token", "status"), [(None, 406), ("x", 200)])
async def test_tpid_asks_for_a_token(city: Caller, token: str | None, status: int) -> None:
    headers = {"Token": token} if token else {}
    answer = await city.client.get(city.url("tpid", "Komoditasrekapitulasi"), headers=headers)
    assert answer.status_code == status


async def test_tpid_writes_0_for_what_nobody_reported(city: Caller) -> None:
    body = orjson.loads((await city.get("tpid", "Komoditasrekapitulasi?from=2026-11-21&to=2026-11-23")).content)
    rows = body["data"]
    assert body["status"] is True
    assert len(rows) == 3 * len(GOODS) * len(MARKETS)
    assert {row["harga"] for row in rows if row["tanggal"] == "2026-11-22"} == {0}  # a Sunday
    monday = [row["harga"] for row in rows if row["tanggal"] == "2026-11-23"]
    assert 0.02 < monday.count(0) / len(monday) < 0.2


@pytest.mark.parametrize(
    ("at", "columns"),
    [
        (datetime(2026, 11, 23, 5, 59, 0, tzinfo=UTC), 1),  # Monday 12.59
        (datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC), 2),  # Monday 13.00
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), 1),  # Saturday
    ],
)
async def test_pihps_publishes_on_weekdays_at_13(tmp_path: Path, at: datetime, columns: int) -> None:
    async with running(tmp_path, clock=Clock.begin(at, 1), history_days=2) as city:
        path = "TabelHarga/GetGridDataDaerah?start_date=2026-11-20&end_date=2026-11-23"
        rows = orjson.loads((await city.get("pihps", path)).content)["data"]
        dates = [name for name in rows[1] if name[:2].isdigit()]
        assert len(dates) == columns
        assert dates[0] == "20/11/2026"
        assert len(rows) == len(ITEMS) + sum(len(items) for _, items in ITEMS)
        assert rows[1]["name"].endswith(" ")
        assert all("," in row[dates[0]] or row[dates[0]] == "-" for row in rows)


async def test_pihps_may_withhold_today_and_every_request_is_noted(tmp_path: Path) -> None:
    async with running(tmp_path, clock=Clock.begin(datetime(2026, 11, 24, 7, tzinfo=UTC), 1), history_days=2) as city:
        path = "TabelHarga/GetGridDataDaerah?start_date=2026-11-20&end_date=2026-11-24"
        whole = orjson.loads((await city.get("pihps", path)).content)["data"]
        await city.fault("pihps", "withheld")
        withheld = orjson.loads((await city.get("pihps", path)).content)["data"]
        assert [row.keys() - less.keys() for row, less in zip(whole, withheld, strict=True)] == [{"24/11/2026"}] * len(
            whole
        )
        times = (await city.control("GET", "requests"))["requests"]["pihps"]
        assert len(times) == 2 and times == sorted(times)


async def test_panel_harga_has_25_goods_behind_a_key(city: Caller) -> None:
    path = "harga-pangan-informasi?province_id=12&city_id=179&level_harga_id=3"
    assert (await city.client.get(city.url("panel_harga", path))).status_code == 401
    rows = orjson.loads((await city.get("panel_harga", path)).content)["data"]
    assert len({row["id"] for row in rows}) == 25
    assert {row["gap_change"] for row in rows} <= {"up", "down", "no_change"}


async def test_paten_queue_and_tickets_agree(city: Caller) -> None:
    queues = orjson.loads((await city.get("paten", "antrean")).content)["data"]["kantor"]
    tickets = orjson.loads((await city.get("paten", "layanan")).content)["data"]["items"]
    assert len(queues) == 3
    for queue in queues:
        mine = [ticket for ticket in tickets if ticket["kantor"] == queue["nama"]]
        assert queue["menunggu"] + queue["dilayani"] + queue["selesai_hari_ini"] == len(mine)
        assert 0 < queue["loket_buka"] <= queue["loket"]
    assert {ticket["satuan_janji"] for ticket in tickets} <= {"menit", "jam", "hari"}


async def test_permits_stand_in_a_database_whose_view_names_nobody(city: Caller, tmp_path: Path) -> None:
    base = sqlite3.connect(f"file:{tmp_path / 'sim' / 'permits.sqlite'}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    rows = [dict(row) for row in base.execute("SELECT * FROM v_permits")]
    pauses = base.execute("SELECT count(*) FROM v_permit_pauses").fetchone()[0]
    base.close()
    assert len(rows) > 150
    assert not {"pemohon", "nik", "telepon"} & set(rows[0])
    assert {row["satuan_janji"] for row in rows} == {"menit", "jam", "hari"}
    assert pauses > 5
    assert {"terbit", "diproses"} <= {row["status"] for row in rows}
    assert all(row["tgl_selesai"] >= row["tgl_masuk"] for row in rows if row["tgl_selesai"])


async def test_permits_are_asked_for_open_ones_whatever_their_age(city: Caller, tmp_path: Path, config: Config) -> None:
    """The shipped query: beside the newer ones the old ones that are open, and their closing."""
    base = sqlite3.connect(f"file:{tmp_path / 'sim' / 'permits.sqlite'}?mode=ro", uri=True)
    base.row_factory = sqlite3.Row
    (block,) = [source for source in config.sources if source.id == "permits"]
    late = base.execute("SELECT max(tgl_selesai) FROM v_permits WHERE tgl_selesai > tgl_masuk").fetchone()[0]
    asked = {row["nomor"] for row in base.execute(block.options["query"], {"from": late})}
    every = [dict(row) for row in base.execute("SELECT * FROM v_permits")]
    old = [row for row in every if row["tgl_masuk"] < late]
    still, gone = (
        {row["nomor"] for row in old if keep(row["tgl_selesai"])}
        for keep in (lambda end: end is None or end >= late, lambda end: end is not None and end < late)
    )
    assert still
    assert gone
    assert still <= asked
    assert not gone & asked


async def test_permits_follow_city_time(tmp_path: Path) -> None:
    async with running(tmp_path, clock=Clock.begin(NOON - timedelta(hours=3), 1), history_days=10) as city:
        permits, folder = city.simulation.permits, tmp_path / "sim" / "permits.sqlite"
        city.simulation.city.advance(NOON)
        assert permits.refresh(NOON, 0) > 0
        assert permits.refresh(NOON, 0) == 0
        base = sqlite3.connect(folder)
        newest = base.execute("SELECT max(tgl_masuk) FROM v_permits").fetchone()[0]
        base.close()
        assert "2026-11-24 09:00:00" < newest <= "2026-11-24 12:00:00"


async def test_front_offices_drop_csv_and_xlsx(city: Caller, tmp_path: Path) -> None:
    drop = tmp_path / "sim" / "drop"
    today = (drop / "loket-20261124.csv").read_text(encoding="utf-8").splitlines()
    assert today[0].startswith("Nomor;Layanan;Kecamatan;Kelurahan;Status;Ambil")
    assert len(today) > 10
    assert not list(drop.glob("*.part"))


async def test_offices_beyond_the_seventh_send_xlsx(tmp_path: Path, real_places: list[Any]) -> None:
    from connectors.simulator.counters import Counters
    from connectors.simulator.faults import Misbehaviour
    from connectors.simulator.ledger import Ledger
    from tests.simulator.running import make_city

    drop = Counters(make_city(places=real_places, history_days=1), tmp_path, Ledger(), Misbehaviour())
    drop.start()
    assert drop.refresh(NOON, 0) > 4
    assert drop.refresh(NOON, 0) == 0
    sheet = openpyxl.load_workbook(tmp_path / "loket-20261124.xlsx").active
    rows = list(sheet.values)
    assert rows[0][:2] == ("Nomor", "Layanan")
    assert isinstance(rows[1][5], datetime)


async def test_an_unchanged_answer_is_not_sent_again(city: Caller) -> None:
    first = await city.get("panel_harga", "harga-pangan-informasi")
    again = await city.get("panel_harga", "harga-pangan-informasi", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    await city.fault("panel_harga", "no_etag")
    assert "etag" not in (await city.get("panel_harga", "harga-pangan-informasi")).headers


async def test_the_date_header_is_city_time_and_runs_at_its_rate(tmp_path: Path) -> None:
    async with running(
        tmp_path, clock=Clock.begin(datetime(2026, 2, 28, 17, tzinfo=UTC), 3600), history_days=2
    ) as city:
        before = city.simulation.clock.now()
        said = parsedate_to_datetime((await city.get("paten", "antrean")).headers["date"])
        assert before - timedelta(seconds=1) <= said <= city.simulation.clock.now()
        assert said.year == 2026


async def test_control_says_no_without_the_token(city: Caller) -> None:
    for header in ({}, {"Authorization": "Bearer wrong"}):
        answer = await city.client.get(city.url("control", "ports"), headers=header)
        assert answer.status_code == 401
    assert set((await city.control("GET", "ports"))["ports"]) >= {"control", "laksa", "open311", "tpid", "paten"}


async def test_records_are_added_and_changed_at_a_known_moment(city: Caller) -> None:
    before = {item["id"]: item for item in await city.items()}
    done = await city.control("POST", "records", new=3, changed=5)
    after = {item["id"]: item for item in await city.items()}
    assert set(after) - set(before) >= set(done["new"])
    assert len(done["changed"]) == 5
    for number in done["changed"]:
        assert after[number]["status"] != before[number]["status"]
    at = datetime.fromisoformat(done["city_at"])
    assert abs((city.simulation.clock.at(done["real_at"]) - at).total_seconds()) < 0.05


async def test_standing_records_for_large_runs(city: Caller) -> None:
    await city.control("POST", "load", standing=5000, open_share=0.2)
    body = orjson.loads((await city.get("laksa", "aspirations", params={"per_page": 1})).content)
    assert body["data"]["total"] > 5500


async def test_served_is_every_version_once(city: Caller) -> None:
    items = await city.items()
    await city.items()
    served = (await city.control("GET", "served?department=laksa"))["served"]
    assert {entry["key"] for entry in served} == {str(item["id"]) for item in items}
    assert len(served) == len({(e["key"], e["digest"]) for e in served})
    last = served[-1]["seq"]
    changed = (await city.control("POST", "records", changed=4))["changed"]
    await city.items()
    more = (await city.control("GET", f"served?department=laksa&since={last}"))["served"]
    assert {entry["key"] for entry in more} >= {str(number) for number in changed}
    assert all(entry["fields"]["id"] == int(entry["key"]) for entry in more)


async def test_planted_identities_are_listed(city: Caller) -> None:
    items = await city.items()
    identities = set((await city.control("GET", "planted"))["identities"])
    assert {item["nik"] for item in items} <= identities
    assert {item["nama_pelapor"] for item in items} <= identities
