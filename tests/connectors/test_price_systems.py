"""The price systems: what a refused key, a missing one and a drop of workbooks become."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from dashboard.config.model import Config
from dashboard.contract import FetchContext
from dashboard.errors import SourceRefused
from dashboard.i18n import cause
from dashboard.records import Measurement
from tests.connectors.dialects import NOW, asked, example, says

PANEL = {"province_id": 12, "city_id": 179}
REFUSED = [
    ("panel_harga", PANEL, 401, {"status": "error", "message": "kunci-9 salah"}, "unauthorized"),
    ("panel_harga", PANEL, 200, {"status": "error", "message": "kunci-9 salah"}, "envelope_refused"),
    ("panel_harga", PANEL, 200, {"status": "success", "message": "kunci-9", "data": []}, "suspicious_empty"),
    ("tpid_prices", {}, 401, {"status": False, "message": "kunci-9 salah", "data": []}, "unauthorized"),
    ("tpid_prices", {}, 406, {"status": False, "message": "Token tidak ditemukan", "data": []}, "token_missing"),
    ("tpid_prices", {}, 200, {"status": False, "message": "kunci-9 salah", "data": []}, "envelope_refused"),
    ("tpid_prices", {}, 200, b'{"status": false, "message": "kunci-9"}{"status": true, "data": []}', "unauthorized"),
]


@pytest.mark.parametrize(("name", "options", "status", "body", "why"), REFUSED)
def test_a_refusal_is_a_decision_in_words(
    config: Config, tmp_path: Path, name: str, options: dict[str, Any], status: int, body: Any, why: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        asked(example(name, config, tmp_path, **options), says(body, status))
    assert refused.value.cause == why
    assert "kunci-9" not in f"{refused.value} {refused.value.detail}", "no answer's text is kept"
    assert cause(why, "id") != cause("internal", "id"), "a wall has words for it"


def workbook(path: Path, *rows: list[Any]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Harga"
    book.create_sheet("Catatan").append(["tidak dibaca"])
    for row in rows:
        page.append(row)
    book.save(path)


def test_a_drop_of_workbooks_is_read_as_what_its_cells_are(config: Config, tmp_path: Path) -> None:
    """A number in a cell is a number whatever the locale; a day is a day of the source's zone; 0 was not reported."""
    drop = tmp_path / "drop"
    drop.mkdir()
    head = ["Tanggal", "Barang", "Satuan", "Harga", "Petugas"]
    workbook(drop / "harga-1.xlsx", head,
             [datetime(2026, 11, 23), "Telur Ayam Ras", "kg", 28500.5, "Contoh"],  # noqa: DTZ001 - a sheet has no zone
             [datetime(2026, 11, 23), "Bawang Merah", "kg", 0, "Contoh"],  # noqa: DTZ001
             [None, None, None, None, None])  # fmt: skip
    workbook(drop / "harga-2.xlsx", head,
             ["24/11/2026", "Telur Ayam Ras", "kg", "Rp28.750,50", "Contoh"],
             ["24/11/2026", "Bawang Merah", "kg", "mahal", "Contoh"])  # fmt: skip
    one = example(
        "csv_file", config, tmp_path, pattern="harga-*.xlsx", sheet="Harga",
        coverage={"kind": "window", "field": "period_start", "days": 30},
        measurements=[{
            "metric": "price", "unit": "Satuan", "item": "Barang", "place": {"value": "36.71"}, "basis": "survey",
            "value": {"path": "Harga", "missing": [0], "strip": ["Rp"], "minimum": 0},
            "period_start": {"path": "Tanggal", "formats": ["%d/%m/%Y"]},
        }],
    )  # fmt: skip
    one.settings["source"]["numbers"] = {"decimal": ",", "thousands": "."}
    payload = one.poll(None)
    context = one.parse_context()
    found: list[Measurement] = []
    unread = []
    for row in payload.rows:
        try:
            made = one.module.parse(row, context)
            found += made if isinstance(made, list) else [made]
        except Exception as error:
            unread.append(str(error))
    midnight = datetime(2026, 11, 22, 17, tzinfo=UTC)
    assert [(m.item, m.period_start, m.value, m.reported) for m in found] == [
        ("egg", midnight, 28_500.5, True),
        ("shallot", midnight, None, False),
        ("egg", midnight + timedelta(days=1), 28_750.5, True),
    ]
    assert len(unread) == 1 and "mahal" not in unread[0]
    assert payload.coverage.start is not None and payload.coverage.start < NOW


class Grids:
    """A PIHPS that knows every day."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []

    async def get(self, _: str, params: dict[str, Any]) -> Any:
        first, last = (datetime.fromisoformat(str(params[name])) for name in ("start_date", "end_date"))
        self.asked.append((first, last))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        row = {"no": "1", "name": "Telur Ayam Ras Segar ", "level": 2, **{f"{day:%d/%m/%Y}": "28,500" for day in days}}
        return SimpleNamespace(json=lambda: {"data": [row]}, headers={})


def test_the_first_poll_of_pihps_goes_back_for_the_seasons_and_no_other_does(config: Config, tmp_path: Path) -> None:
    one, grids = example("pihps", config, tmp_path, province_id=11, place="36", history_days=800), Grids()
    said: dict[str, Any] = {"source": "x", "options": one.options, "http": grids, "now": NOW, "zone": UTC}
    said |= {"sql": None, "files": None, "probe": None}
    first = asyncio.run(one.module.fetch(FetchContext(**said, cursor=None)))
    assert [(end - start).days + 1 for start, end in grids.asked] == [70, 365, 365]
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in pairwise(grids.asked))
    (row,) = first.rows
    days = [datetime.strptime(name, "%d/%m/%Y") for name in row if "/" in name]  # noqa: DTZ007
    assert days == sorted(days) and len(days) == 800, "a survey is never put before one that is known"
    assert first.coverage.start == days[0].replace(tzinfo=UTC)
    second = asyncio.run(one.module.fetch(FetchContext(**said, cursor=first.next_cursor)))
    assert len(grids.asked) == 4 and len([name for name in second.rows[0] if "/" in name]) == 30
