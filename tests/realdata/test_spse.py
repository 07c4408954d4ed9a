"""The recorded answers of SPSE come through: five orders of columns, sums in words, an uncounted total, odd pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import Payload
from dashboard.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable
from dashboard.records import CaseStatus
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import PAYLOADS, ROOT, Example, served

LIST = {"lelang": "dt_lelang", "nonspk": "dt_nonspk", "swakelola": "dt_swakelola", "darurat-list": "dt_darurat_list"}
TOKEN = {"Set-Cookie": "SPSE_SESSION=9f-___AT=c0ffee&___TS=1; Path=/"}
MADE = "lelang/10080116000/pengumumanlelang", "lelang/10080116000/jadwal", "pencatatan/pengumumannonspk"
Ask = Callable[..., tuple[Payload, dict[str, Any]]]


def answers(year: int, page: str = "not_found_page.html", **files: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"path": "/lelang", "file": page, "headers": TOKEN}]
    for endpoint, name in {**LIST, **files}.items():
        asked = {"method": "POST", "query": {"tahun": str(year)}}
        found.append({"path": f"/dt/{endpoint}", "file": name if "." in name else f"{name}.json", **asked})
    pages = zip(MADE, ("pengumuman_lelang", "jadwal", "nonspk_pengumuman"), strict=True)
    found += [{"path": f"/{path}", "file": f"{name}.html"} for path, name in pages]
    return [*found[:-1], {**found[-1], "query": {"id": "10942236000"}}]


@pytest.fixture
def ask(realdata: Path, config: Config, tmp_path: Path) -> Ask:
    """One poll of the recorded answers, and its records by key. The page of the list is the test's own: it is not
    among the recorded ones."""
    folder = tmp_path / "spse"
    folder.mkdir()
    for path in (realdata / "spse").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "lelang.html").write_text("<html><title>Cari Paket</title></html>")

    def poll(year: int = 2026, page: str = "lelang.html", options: dict[str, Any] | None = None, **files: str) -> Any:
        manifest = tmp_path / "replay.yaml"
        manifest.write_text(yaml.safe_dump({"answers": answers(year, page, **files)}))
        one = Example("spse", ROOT / "connectors" / "spse.py", PAYLOADS / "spse", Registry(config), tmp_path)
        given = {"per_page": 100, "details_per_poll": 200, "endpoints": list({**LIST, **files}), **(options or {})}
        one.settings["source"] = {"options": given}
        one.settings["now"] = f"{year}-11-24T14:10:00+07:00"
        with served(replay_app(recorded_answers(folder, manifest))) as url:
            payload = one.poll(url)
        context = one.parse_context()
        records = [one.module.parse(row, context).record for row in payload.rows]
        return payload, {record.key: record for record in records}

    return poll


def recorded(realdata: Path, name: str) -> list[list[Any]]:
    rows: list[list[Any]] = orjson.loads((realdata / "spse" / f"{name}.json").read_bytes())["data"]
    return rows


def test_every_recorded_package_comes_through_with_its_own_columns(realdata: Path, ask: Ask) -> None:
    payload, found = ask()
    lists = {endpoint: recorded(realdata, name) for endpoint, name in LIST.items() if endpoint != "lelang"}
    assert payload.whole
    assert set(found) == {f"{endpoint}/{row[0]}" for endpoint, rows in lists.items() for row in rows}, "2025 is another"
    assert {record.klass for record in found.values()} == {"recorded", "self_managed", "emergency"}
    for endpoint, rows in lists.items():
        for row in rows:
            record = found[f"{endpoint}/{row[0]}"]
            number, word = row[3].split(" ")
            wanted = float(number.replace(".", "").replace(",", ".")) * {"Jt": 1e6, "M": 1e9}[word]
            assert record.amount_idr == round(wanted), row
            assert isinstance(record.amount_idr, int)
            assert dict(record.attributes)["budget_year"] == 2026
            closed = row[-1] == "Paket Sudah Selesai"
            assert (record.stage, record.status) == (
                ("done", CaseStatus.CLOSED) if closed else ("running", CaseStatus.IN_PROCESS)
            ), row[-1]


def test_a_page_of_a_package_says_the_day_the_office_and_the_exact_sum(ask: Ask) -> None:
    _, found = ask()
    one = found["nonspk/10942236000"]
    assert one.opened_at.isoformat() == "2026-06-09T17:00:00+00:00", "10 Juni 2026 in Jakarta"
    assert one.department_word == "KANTOR IMIGRASI KELAS II TPI SABANG"
    assert (one.amount_idr, dict(one.attributes)["rounded"]) == (3_800_000, False)
    other = found["nonspk/10942215000"]
    assert (other.amount_idr, dict(other.attributes)["rounded"]) == (67_400_000, True), "its page is not recorded"
    assert other.opened_at.isoformat() == "2025-12-31T17:00:00+00:00", "the budget year is all that is known"


def test_a_tender_has_budget_ceiling_and_the_schedule_of_its_stage(ask: Ask) -> None:
    _, found = ask(2025)
    done, running = found["lelang/10080116000"], found["lelang/10080117000"]
    assert (done.amount_idr, done.ceiling_idr) == (1_000_000_000, 950_000_000)
    assert (done.status, done.stage, done.due_at) == (CaseStatus.CLOSED, "done", None)
    assert done.department_word == "DIREKTORAT JENDERAL PERBENDAHARAAN"
    assert (running.status, running.stage) == (CaseStatus.IN_PROCESS, "running")
    assert (running.amount_idr, running.ceiling_idr) == (None, None), "an empty cell is not zero"


def test_nobody_who_bids_is_anywhere(ask: Ask) -> None:
    payload, found = ask(2025)
    said = f"{payload.next_cursor} {found}"
    assert "Test Satu" not in said and "01.234.567" not in said and "Paket Lelang Test" not in str(payload.next_cursor)


@pytest.mark.parametrize(
    ("files", "error", "cause"),
    [
        ({"page": "error_page.html"}, SourceUnavailable, "http_5xx"),
        ({"page": "not_found_page.html"}, SourceRefused, "not_found"),
        ({"nonspk": "error_page.html"}, SourceUnavailable, "http_5xx"),
        ({"nonspk": "not_found_page.html"}, SourceRefused, "not_found"),
        ({"nonspk": "jadwal.html"}, SourceRefused, "html_instead_of_data"),
        ({"nonspk": "dt_lelang_data_only.json"}, SourceChanged, "envelope"),
        ({"nonspk": "dt_swakelola.json"}, SourceChanged, "envelope"),
        ({"swakelola": "dt_darurat_list.json"}, SourceChanged, "envelope"),
        ({"darurat-list": "dt_swakelola.json"}, SourceChanged, "envelope"),
    ],
)
def test_another_order_of_columns_and_odd_pages_are_refused(
    ask: Ask, files: dict[str, str], error: type[SourceError], cause: str
) -> None:
    """The three eight-column lists differ only in what stands where: they are told apart by how it looks."""
    with pytest.raises(error) as refused:
        ask(**files)
    assert refused.value.cause == cause


def test_a_release_with_another_order_is_declared_not_coded(realdata: Path, ask: Ask) -> None:
    columns = {"nonspk": ["code", "name", "agency", "budget", "-", "year", "-", "stage"]}
    with pytest.raises(SourceChanged):
        ask(nonspk="dt_swakelola.json")
    _, found = ask(nonspk="dt_swakelola.json", options={"columns": columns})
    assert {f"nonspk/{row[0]}" for row in recorded(realdata, "dt_swakelola")} <= set(found)
