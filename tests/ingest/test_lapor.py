"""SP4N-LAPOR! by its shipped block: one queue with LAKSA, its own steps, dates that count from now; nobody is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from connectors import csv_file, http_json
from connectors.simulator.department import Credentials
from connectors.simulator.lapor import TREE, Lapor
from connectors.simulator.row_faults import HOSTILE
from dashboard.contract import FetchContext, Response
from dashboard.facts import CaseChange
from dashboard.records import AUTOMATIC, CaseStatus, ClosedBy, EventKind
from tests.ingest.served import T0, Room, minute
from tests.ingest.shipped import ShippedRoom, shipped
from tests.simulator.running import make_city


@pytest.fixture
def lapor(room: Room) -> ShippedRoom:
    return shipped(room, "lapor")


def report(status: str = "Terverifikasi", tanggal: str = "Baru saja", **more: Any) -> dict[str, Any]:
    return {
        "tracking_id": "71", "klasifikasi": "Pengaduan tidak berkadar pengawasan", "kategori_induk": "PERHUBUNGAN",
        "kategori": "LAMPU PENERANGAN JALAN UMUM", "kanal": "Android", "instansi": "Dinas Perhubungan Kota Tangerang",
        "kecamatan": "Batuceper", "kelurahan": "Batuceper", "status": status, "tanggal": tanggal, "diverifikasi": None,
        "selesai": None, "ditunda": [], "alih_disposisi": 0, "isi": "lampu padam", **more,
    }  # fmt: skip


def one(commit: Any) -> CaseChange:
    (change,) = commit.cases
    return change


@pytest.mark.parametrize(
    ("word", "status", "stage", "closer"),
    [
        ("Belum diverifikasi", "waiting", "verification", None),
        ("Terdisposisi ke Dinas Perhubungan Kota Tangerang", "in_process", "forwarded", None),
        ("Ditanggapi oleh Pelapor", "in_process", "replied", None),
        ("Ditunda", "paused", "postponed", None),
        ("Selesai", "closed", "done", ClosedBy.DEPARTMENT),
        ("SELESAI OTOMATIS", "closed", "done", ClosedBy.SYSTEM),
        ("Diarsipkan", "closed", "archived", ClosedBy.UNKNOWN),
        ("Bukan wewenang", "transferred", "not_ours", None),
        ("Selesai otomatis dalam 10 hari", "unknown", "unknown", None),
    ],
)
def test_its_words_for_a_state(lapor: ShippedRoom, word: str, status: str, stage: str, closer: ClosedBy | None) -> None:
    found = lapor.read(report(word))
    assert (found.status, found.stage, found.closed_by) == (CaseStatus(status), stage, closer)
    assert "Dinas" not in found.status_word, "the office's name is no part of the state"


def test_closed_by_the_clock_is_no_answer(lapor: ShippedRoom) -> None:
    assert lapor.read(report("Selesai otomatis")).closed_by in AUTOMATIC


@pytest.mark.parametrize(
    ("klass", "days"), [("Permintaan Informasi", 5), ("Pengaduan tidak berkadar pengawasan", 14),
                        ("Pengaduan berkadar pengawasan", 60), ("Aspirasi", None)],
)  # fmt: skip
def test_each_class_has_its_own_deadline_and_three_days_to_verify(
    lapor: ShippedRoom, klass: str, days: int | None
) -> None:
    lapor.poll([], 0)
    fact = one(lapor.poll([report("Belum diverifikasi", klasifikasi=klass)], 1)).after
    policies = {policy.id: policy for policy in lapor.config.policies}
    assert policies[fact.policy or ""].amount == days
    assert (fact.due_at is None) == (days is None) and fact.response_due_at is not None
    assert fact.due_basis == (None if days is None else "ditetapkan") and fact.response_basis == "ditetapkan"
    first = policies["lapor-verification"]
    assert (first.amount, first.unit, first.sources) == (3, "working_days", ("lapor",))


def test_the_same_matter_under_two_parents_is_one_matter(lapor: ShippedRoom) -> None:
    both = TREE["lampu PJU jalan"]
    found = {lapor.read(report(kategori_induk=parent, kategori=name)).category for parent, name in both}
    assert len(both) == 2 and found == {"road_light"}
    for places in TREE.values():
        for parent, name in places:
            assert lapor.read(report(kategori_induk=parent, kategori=name)).category in lapor.ingest.registry.categories


def test_an_hour_later_it_is_the_same_report_with_the_same_past(lapor: ShippedRoom) -> None:
    lapor.poll([], 0)
    first = one(lapor.poll([report("Belum diverifikasi", "40 menit yang lalu")], 1)).after
    assert first.record.opened_at == minute(-39) and first.version == 1
    for at, said in ((35, "1 jam yang lalu"), (100, "2 jam yang lalu"), (16 * 60 + 30, "Kemarin, 07:21")):
        assert not lapor.poll([report("Belum diverifikasi", said)], at).cases, said
    change = one(lapor.poll([report("Terverifikasi", "SENIN, 2026/03/02", diverifikasi="1 jam yang lalu")], 9 * 1440))
    assert change.after.record.opened_at == minute(-39) and not change.after.backdated
    moved = one(
        lapor.poll([report("Terverifikasi", "SELASA, 2026/02/24", diverifikasi="2 jam yang lalu")], 9 * 1440 + 60)
    )
    assert moved.after.backdated and EventKind.BACKDATED in {event.kind for event in moved.events}


def test_passing_on_and_postponing_are_counted_and_stop_the_clock(lapor: ShippedRoom) -> None:
    lapor.poll([], 0)
    first = one(lapor.poll([report("Terdisposisi ke X", alih_disposisi=0)], 1)).after
    there = {"instansi": "Dinas Perumahan, Permukiman dan Pertanahan Kota Tangerang", "alih_disposisi": 1}
    passed = one(lapor.poll([report("Terdisposisi ke Y", **there)], 2))
    assert (passed.after.record.transfers, passed.after.record.department) == (1, "Perkim")
    assert EventKind.ASSIGNED in {event.kind for event in passed.events}
    span = [{"mulai": "2026-03-02T09:00:00+07:00", "sampai": "2026-03-04T09:00:00+07:00"}]
    later = one(lapor.poll([report("Terdisposisi ke Y", ditunda=span, **there)], 3)).after
    assert first.due_at is not None and later.due_at is not None and later.due_at - first.due_at >= timedelta(days=2)


def test_a_row_whose_columns_changed_places_is_refused_and_its_neighbours_are_read(lapor: ShippedRoom) -> None:
    rows = [report(tracking_id=str(n)) for n in range(30)]
    rows[3] |= {"tanggal": "LAMPU PENERANGAN JALAN UMUM", "kategori": "SENIN, 2026/02/23"}
    commit = lapor.poll(rows, 1)
    assert commit.poll is not None and (commit.poll.outcome, commit.poll.rejected) == ("ok", 1)
    assert len(commit.cases) == 29


async def test_pages_between_which_midnight_strikes_are_asked_again(lapor: ShippedRoom) -> None:
    """ "Kemarin" on the first page is another day than on the second: neither is kept."""
    asked: list[int] = []

    class Pages:
        async def get(self, path: str, *, params: dict[str, Any], conditional: bool = False) -> Response:
            return self._page(params)

        def _page(self, params: dict[str, Any]) -> Response:
            asked.append(params["halaman"])
            second = 59 if len(asked) == 1 else 61 + len(asked)  # 23.59.59 WIB, then after midnight
            at = datetime(2026, 11, 30, 16, 59, tzinfo=UTC) + timedelta(seconds=second)
            row = report(tracking_id=str(params["halaman"]), tanggal="Kemarin, 08:00")
            body = {"status": "sukses", "data": {"laporan": [row], "total": 2}}
            return Response(200, {"date": format_datetime(at, usegmt=True)}, orjson.dumps(body), "")

    options = lapor.context(T0).options
    now = datetime(2026, 11, 30, 16, 59, 58, tzinfo=UTC)
    context = FetchContext(
        source="lapor", options=options, http=Pages(), sql=None, files=None, probe=None, cursor=None, now=now,
        zone=lapor.ingest.registry.zone,
    )  # type: ignore[arg-type]  # fmt: skip
    payload = await http_json.fetch(context)
    assert asked == [1, 2, 1, 2] and payload.source_time is not None
    assert payload.source_time.astimezone(lapor.ingest.registry.zone).day == 1


def test_a_file_has_no_moment_from_which_to_count(lapor: ShippedRoom) -> None:
    block = next(source for source in lapor.config.sources if source.id == "lapor")
    with pytest.raises(ValidationError, match="declare formats"):
        csv_file.Options.model_validate({"case": block.options["case"]})


def test_hostile_words_lose_no_report_and_are_inert(lapor: ShippedRoom) -> None:
    rows = [report(tracking_id=str(n)) for n in range(len(HOSTILE))]
    for row, word in zip(rows, HOSTILE, strict=True):
        row |= dict.fromkeys(("kategori", "kategori_induk", "instansi", "kelurahan", "kanal", "klasifikasi"), word)
        row["status"] = f"Terdisposisi ke {word}"
    commit = lapor.poll(rows, 1)
    assert len(commit.cases) == len(rows) and commit.poll is not None and not commit.poll.rejected
    for case in (change.after.record for change in commit.cases):
        assert (case.status_word, case.channel, case.klass) == ("Terdisposisi ke", "unknown", "unknown")
        assert case.category_word.isprintable() and len(case.category_word) <= 120


def test_the_stand_in_serves_what_the_block_reads_and_names_nobody() -> None:
    city = make_city(T0)
    city.advance(T0)
    desk = Lapor(city, {}, Credentials())
    rows = [desk.row(item, T0) for item in city.lapor.visible()]
    assert len(rows) > 300
    states = {row.fields["status"].split(" ke ")[0] for row in rows}
    assert {"Terdisposisi", "Ditindaklanjuti oleh Instansi", "Selesai otomatis", "Selesai", "Bukan wewenang"} <= states
    dates = {row.fields["tanggal"].split(",")[0] for row in rows}
    assert len(dates) >= 7 and any(row.fields["alih_disposisi"] for row in rows)
    kept = set(http_json.Options.model_validate(_block()["options"]).case.model_dump_json().split('"'))  # type: ignore[union-attr]
    assert not kept & {"pelapor", "nik", "telepon", "judul", "tindak_lanjut"}


def _block() -> dict[str, Any]:
    from tests.scenarios.stage import BLOCKS

    return BLOCKS["lapor"]
