"""A row of any list as a measurement: Indonesian numbers, words for metrics, places that have no room for a name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.contract import NumberLocale, ParseContext
from dashboard.errors import RowRejected
from dashboard.mapping_measurements import MeasurementMap, map_measurement
from dashboard.records import UNKNOWN, Measurement

BASE: dict[str, Any] = {
    "metric": "beds_free", "place": "di", "registry": "facility", "value": "n", "unit": {"value": "beds"},
    "period_start": "per",
}  # fmt: skip


@pytest.fixture
def read(config: Config) -> Any:
    context = ParseContext(
        source="health", options=None, words=Registry(config), zone=ZoneInfo("Asia/Jakarta"),
        numbers=NumberLocale(",", "."), fetched_at=datetime(2026, 11, 24, 5, tzinfo=UTC), city="36.71",
    )  # fmt: skip

    def make(row: dict[str, Any], **more: Any) -> Measurement:
        wanted = MeasurementMap.model_validate({**BASE, **more})
        return map_measurement({"per": "2026-11-24", "di": "RSUD Kota Tangerang", **row}, wanted, context)

    return make


@pytest.mark.parametrize(
    ("written", "value"),
    [("2.771,414", 2771.414), ("2.771", 2771), ("12,5", 12.5), ("0", 0), ("-", None), (None, None), ("", None), (7, 7)],
)
def test_numbers_are_read_by_the_declared_marks_and_nothing_is_not_zero(
    read: Any, written: Any, value: float | None
) -> None:
    found = read({"n": written})
    assert (found.value, found.reported, found.place) == (value, value is not None, "rsud")


@pytest.mark.parametrize("written", ["2,771.414", "12.5", "1.2.3", "banyak", "1e400", True, [1]])
def test_a_number_by_other_marks_is_rejected_and_never_guessed(read: Any, written: Any) -> None:
    with pytest.raises(RowRejected):
        read({"n": written})


def test_thousandths_are_read_where_the_marks_leave_no_doubt(read: Any) -> None:
    for marks in ({"decimal": "."}, {"decimal": ","}):
        for written in ("12.500", "12,500"):
            with pytest.raises(RowRejected):
                read({"n": written}, value={"path": "n", "numbers": marks})
    plain = {"path": "n", "numbers": {"decimal": ".", "thousands": ","}}
    assert [read({"n": text}, value=plain).value for text in ("12.500", "12,500", "12500")] == [12.5, 12500, 12500]


def test_a_word_for_a_metric_that_nobody_declared_keeps_its_own_series(read: Any) -> None:
    words = {"path": "apa", "words": {"tempat tidur kosong": "beds_free"}}
    assert read({"n": "1", "apa": "Tempat Tidur KOSONG"}, metric=words).metric == "beds_free"
    strange = read({"n": "1", "apa": "ambulans siaga"}, metric=words)
    assert (strange.metric, strange.variant) == (UNKNOWN, "ambulans siaga")
    with pytest.raises(RowRejected):
        read({"n": "1", "apa": None}, metric=words)


def test_a_place_is_a_code_of_a_registry_or_unknown_with_the_sources_word(read: Any) -> None:
    assert read({"n": "1", "di": "Kota Tangerang"}, registry="region").place == "36.71"
    assert read({"n": "1", "di": "Kec. Cipondoh"}, registry="region").place == "36.71.05"
    assert read({"n": "1", "di": "Kecamatan Cipondoh"}, registry="department").place == "Kec. Cipondoh"
    strange = read({"n": "1", "di": "Klinik Baru"}, variant={"path": "kelas", "words": {"VIP": "vip"}})
    assert (strange.place, strange.variant) == (UNKNOWN, "Klinik Baru")
    named = read({"n": "1", "di": "Bpk Fulan, 0812 0000 1234"}, registry="code")
    assert named.place == UNKNOWN, "a code has no room for a name"


def test_periods_of_a_quarter_and_a_year_end_by_the_calendar(read: Any) -> None:
    year = read({"n": "1", "per": "2026"}, period_start={"path": "per", "formats": ["%Y"]}, period="year")
    assert (year.period_start, year.period_end) == (
        datetime(2025, 12, 31, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC),
    )  # fmt: skip
    quarter = read({"n": "1", "per": "2026-10-01"}, period="quarter")
    assert quarter.period_end == datetime(2026, 12, 31, 17, tzinfo=UTC)


def test_rows_that_speak_of_something_else_are_left_to_another_map() -> None:
    wanted = MeasurementMap.model_validate({**BASE, "when": {"apa": ["lampu", "Titik"]}})
    assert wanted.speaks_of({"apa": "titik"})
    assert not wanted.speaks_of({"apa": "rumah"})
    assert not wanted.speaks_of({})
