"""Systems that report figures: served equals kept, published equals what pandas makes of what was served, and whatever
a misbehaving office sends stays out."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import orjson
import pandas as pd
import pytest

from connectors.simulator.row_faults import PLANTED
from tests.scenarios.stage import Stage, until
from tests.scenarios.truth import reconcile

# Tuesday, 11.30 WIB: wards are full, health centres at work, the warehouses have counted.
STAGE: dict[str, Any] = {"start": datetime(2026, 11, 24, 4, 30, tzinfo=UTC)}
SOURCES: dict[str, dict[str, Any]] = {
    "health": {}, "education": {}, "logistics": {}, "programmes": {}, "publications": {}, "satisfaction": {},
    "houses": {},
}  # fmt: skip
CITY = "36.71"


def table(room: Stage, source: str) -> pd.DataFrame:
    """The newest version of every row that was served."""
    rows = {entry["key"]: entry["fields"] for entry in room.served(source)}
    return pd.DataFrame(rows.values())


def numbers(column: pd.Series) -> pd.Series:
    """Indonesian numbers; a dash or nothing is not reported."""
    text = column.fillna("-").str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(text.where(text != "-"))


def measures(room: Stage, group: str) -> dict[str, dict[Any, dict[str, Any]]]:
    document = room.document(f"measures:{group}") or {"metrics": []}
    return {
        measure["metric"]: {(row["place"], row["item"]): row for row in measure["rows"]}
        for measure in document["metrics"]
    }


@pytest.mark.parametrize("source", SOURCES)
def test_what_was_served_is_in_history_record_by_record(room: Stage, source: str) -> None:
    assert len(reconcile(room, source)) > (20 if source == "publications" else 100)
    state = room.source_state(source)
    assert (state["rejected"], state["unknown_words"]) == (0, {}), state


def test_free_beds_and_queues_equal_pandas(room: Stage) -> None:
    def agreed() -> bool:
        served, found = table(room, "health"), measures(room, "health")
        served["value"] = numbers(served.jumlah)
        today = served[served.tanggal == max(served.tanggal)]
        free = today[today.indikator == "tempat tidur kosong"].dropna(subset="value")
        used, beds = (today[today.indikator == f"tempat tidur {name}"].set_index(["fasilitas", "kelas"]).value
                      for name in ("terisi", "kapasitas"))  # fmt: skip
        row = found["beds_free"][CITY, None]
        by_ward = free.groupby("kelas").value.sum()
        if (row["value"], row["parts"]["icu"]) != (free.value.sum(), by_ward["ICU"]):
            return False
        full = found["bed_occupancy"][CITY, None]["value"]
        queue = today[today.indikator == "antrean menunggu"]
        waits = today[today.indikator == "rata-rata tunggu"].dropna(subset="value")
        asked = waits.responden.astype(float)
        wait = math.fsum(waits.value * asked) / asked.sum()
        return (
            full == pytest.approx(100 * used.sum() / beds.sum())
            and found["queue_waiting"][CITY, None]["value"] == queue.value.sum()
            and found["wait_minutes"][CITY, None]["value"] == pytest.approx(wait)
            and row["places"] == free.fasilitas.nunique()
        )

    until(agreed, told=lambda: measures(room, "health"))


def test_totals_that_do_not_add_up_are_shown_with_the_difference(room: Stage) -> None:
    served = table(room, "education")
    served["value"] = numbers(served.kunjungan_perpustakaan)
    newest = served[served.bulan == max(served.bulan)]
    whole, parts = (
        newest[newest.kecamatan == "Kota Tangerang"].value.item(),
        newest[newest.kecamatan != "Kota Tangerang"],
    )
    row = measures(room, "education")["library_visits"][CITY, None]
    assert (row["published"], row["counted"]) == (whole, parts.value.sum())
    assert row["difference"] == parts.value.sum() - whole
    assert row["places"] == parts.value.notna().sum()
    assert len(row["silent"]) == parts.value.isna().sum()
    assert row["change"] is None, "a month that is not over is not compared with one that is"
    assert any(entry.get("difference") for entry in _months(room)), "the city's own total is typed in by hand"


def _months(room: Stage) -> list[dict[str, Any]]:
    """The difference of every month, as pandas sees it."""
    served = table(room, "education")
    served["value"] = numbers(served.kunjungan_perpustakaan)
    city = served.kecamatan == "Kota Tangerang"
    gap = served[city].set_index("bulan").value - served[~city].groupby("bulan").value.sum()
    return [{"difference": value} for value in gap]


def test_low_stock_is_counted_by_the_target_that_holds_for_the_item(room: Stage) -> None:
    served = table(room, "logistics")
    served["value"] = numbers(served.Hari)
    day = max(served.Tanggal, key=lambda text: text[::-1].split("/")[::-1] and (text[6:], text[3:5], text[:2]))
    known = served[served.value.notna()].copy()
    known["day"] = pd.to_datetime(known.Tanggal, format="%d/%m/%Y")
    newest = known.sort_values("day").groupby(["Gudang", "Barang"]).tail(1)
    low = newest[newest.value < newest.Barang.map(lambda item: 30 if item == "Beras cadangan" else 14)]
    document = room.document("measures:logistics")
    (stock,) = (measure for measure in document["metrics"] if measure["metric"] == "stock_days")
    assert (stock["judged"] - stock["met"], stock["judged"]) == (len(low), len(newest)), day


def test_programmes_go_at_their_pace(room: Stage) -> None:
    served = table(room, "programmes")
    newest = served[(served.bulan == "2026-11") & (served.indikator == "rumah dibedah")].set_index("kecamatan")
    whole, parts = newest.loc["Kota Tangerang"], newest.drop("Kota Tangerang")
    row = measures(room, "programmes")["houses"][CITY, None]
    assert (row["published"], row["counted"]) == (whole.realisasi, parts.realisasi.sum())
    assert row["target"] == whole.target == parts.target.sum()
    days = (pd.Timestamp(whole.per) - pd.Timestamp("2026-01-01")) / pd.Timedelta(days=365)
    assert row["pace"] == pytest.approx(100 * whole.realisasi / whole.target / days)
    assert row["projected"] == pytest.approx(whole.realisasi / days)
    share = measures(room, "programmes")["lights_in_time_share"]["36.71.05", None]
    lights = served[(served.bulan == "2026-11") & (served.kecamatan == "Cipondoh")].set_index("indikator").realisasi
    assert share["value"] == pytest.approx(100 * lights["diperbaiki tepat waktu"] / lights["titik diperbaiki"])


def test_the_counter_and_the_list_of_houses_agree_district_by_district(room: Stage) -> None:
    """Two systems about one thing: the programme's own counter, and the houses one by one."""
    done: dict[str, int] = {}
    for versions in reconcile(room, "houses").values():
        _, _, resolved, _, status, _, _, district, _ = versions[-1]
        # The counter is of last evening; so is what was done by then.
        if status == "selesai" and datetime(2025, 12, 31, 17, tzinfo=UTC) <= resolved < datetime(
            2026, 11, 23, 17, tzinfo=UTC
        ):
            done[district] = done.get(district, 0) + 1
    counted = measures(room, "programmes")["houses"]
    assert done == {place: row["value"] for (place, _), row in counted.items() if row["level"] == "district"}


def test_what_was_published_is_kept_with_its_source_and_its_difference(room: Stage) -> None:
    """services.md, section 6: 2,314 or 2,341 houses in 2017; 354 or 520 latrines in 2019; 6,678 against 6,748."""
    document = {measure["metric"]: measure for measure in room.document("measures:programmes")["metrics"]}
    years = {name: {past["end"]: past for past in document[name]["past"]} for name in document}
    houses = [past for past in years["houses_published"].values() if len(past["claims"]) > 1]
    assert [[claim["value"] for claim in past["claims"]] for past in houses] == [[2314, 2341]]
    latrines = [past for past in years["latrines_published"].values() if len(past["claims"]) > 1]
    assert [[claim["value"] for claim in past["claims"]] for past in latrines] == [[354, 520]]
    (split,) = (past for past in years["latrines_published"].values() if past["counted"] is not None)
    assert (split["value"], split["counted"], split["difference"], split["places"]) == (1332, 840, -492, 3)
    totals = [claim for past in years["houses_total_published"].values() for claim in past["claims"]]
    assert sorted((c["value"], c["counted"], c["remainder"]) for c in totals) == [(6248, 6275, 27), (6678, 6748, 70)]
    (added,) = (claim for past in years["latrines_total_published"].values() for claim in past["claims"])
    assert (added["value"], added["counted"], added["remainder"]) == (6089, 6089, 0)


def test_satisfaction_equals_pandas(room: Stage) -> None:
    served = table(room, "satisfaction")
    newest = served[served.triwulan == max(served.triwulan)].copy()
    newest["scores"] = newest.nilai * newest.responden
    found = measures(room, "satisfaction")["satisfaction"]
    for name, place in ((None, CITY), ("Disdukcapil", "Disdukcapil"), ("Kecamatan Cipondoh", "36.71.05")):
        asked = newest if name is None else newest[newest.unit == name]
        by = asked.groupby("unsur")[["scores", "responden"]].sum()
        assert found[place, None]["value"] == pytest.approx((by.scores / by.responden).sum() / 9 * 25, abs=0.0051)
        assert found[place, None]["n"] == by.responden.min()
    small = newest.groupby("unit").responden.min() < 30
    assert sum(row["small"] for row in found.values() if row["level"] == "department") == small.sum() > 0
    bands = ((88.31, "A"), (76.61, "B"), (65, "C"), (25, "D"))
    assert all(row["grade"] == next(g for least, g in bands if row["value"] >= least) for row in found.values())


def test_a_counter_that_falls_or_jumps_is_held_and_said_beside_the_last_good(lifted: Stage) -> None:
    """Scenario 9."""
    room = lifted
    before = measures(room, "programmes")["houses"][CITY, None]
    for fault, drift in (("counter_falls", "counter_fell"), ("counter_jumps", "counter_jumped")):
        room.fault("programmes", fault, factor=0.05 if fault == "counter_falls" else 1000)
        until(lambda drift=drift: drift in room.source_state("programmes")["drift"])
        row = until(lambda: (row := measures(room, "programmes")["houses"][CITY, None])["missing"] and row)
        assert row["missing"][0].startswith("held:")
        assert row["value"] == before["value"]
        room.lift()
        until(lambda: not measures(room, "programmes")["houses"][CITY, None]["missing"])


SPOILT: dict[str, tuple[str, dict[str, Any], str]] = {
    "health": ("html_login", {}, "html_instead_of_data"),
    "education": ("field_renamed", {"field": "bulan", "to": "periode"}, "field_missing"),
    "programmes": ("empty", {}, "suspicious_empty"),
    "logistics": ("drop_mandatory", {}, "field_missing"),
    "satisfaction": ("refuse", {}, "query_refused"),
}  # source -> fault, its parameters, what the room calls it


def test_offices_that_misbehave_are_named_with_the_cause_and_the_last_good_stays(lifted: Stage) -> None:
    """Scenarios 1, 3, 4 and 6, all at once; each is another system's matter."""
    room = lifted
    kept = ("beds", "books_lent", "houses", "stock_amount", "satisfaction")
    before = _cities(room, kept)
    for source, (fault, params, _) in SPOILT.items():
        room.fault(source, fault, **params)
    for source, (_, _, cause) in SPOILT.items():
        room.until_state(source, "broken", cause)
    assert room.source_state("publications")["state"] not in ("broken", "stale")
    assert _cities(room, kept) == before


def _cities(room: Stage, wanted: tuple[str, ...]) -> dict[Any, Any]:
    """The city's figures of these metrics, and whether anything of them is missing."""
    return {
        (metric, item): (row["value"], row["missing"])
        for group in ("health", "education", "programmes", "logistics", "satisfaction")
        for metric, rows in measures(room, group).items()
        for (place, item), row in rows.items()
        if metric in wanted and place == CITY
    }


def test_nothing_planted_gets_in_and_a_place_nobody_knows_is_counted(lifted: Stage) -> None:
    room, asked = lifted, ("health", "education", "logistics", "programmes", "satisfaction", "houses")
    for source in asked:
        room.fault(source, "planted_identities")
    room.until_polled(*asked)
    kept = orjson.dumps(dict(room.documents())) + room.log().encode()
    kept += b"".join(path.read_bytes() for path in (room.folder / "var").glob("liveroom.sqlite*"))
    for secret in (PLANTED.name, PLANTED.nik, PLANTED.phone, PLANTED.email, PLANTED.plate):
        assert secret.encode() not in kept, secret
    room.lift()
    room.fault("logistics", "new_department", word="Gudang Bayangan", share=0.15)
    told = until(lambda: room.source_state("logistics")["unknown_words"], told=lambda: room.source_state("logistics"))
    assert told["place"] > 0
    assert b"Bayangan" not in orjson.dumps(dict(room.documents())), "kept in the history, shown nowhere by itself"
