"""A register of what newspapers and the city's own site have published of the programmes, contradictions and all.

The figures are those of public sources; none is corrected: 2017 had 2,314 or 2,341 houses, and two totals are wrong.
"""

from __future__ import annotations

from datetime import datetime

from connectors.simulator.ledger import Row
from connectors.simulator.row_faults import Shape

SHAPE = Shape(
    key="Nomor",
    mandatory="Tahun",
    times=(),
    numbers=("Nilai",),
    texts=("Wilayah", "Terbitan"),
    identity=("Indikator", "Wilayah", "Terbitan"),
)
CITY = "Kota Tangerang"
NEWS, SITE, AGENCY = "tangerangnews.com 29655", "tangerangkota.go.id 17112", "antaranews.com 251742"
FIGURES: tuple[tuple[str, int, str, str, str], ...] = (
    ("rumah dibedah", 2014, CITY, "53", NEWS),
    ("rumah dibedah", 2015, CITY, "1.107", NEWS),
    ("rumah dibedah", 2016, CITY, "1.451", NEWS),
    ("rumah dibedah", 2017, CITY, "2.314", NEWS),
    ("rumah dibedah", 2017, CITY, "2.341", SITE),
    ("rumah dibedah", 2018, CITY, "1.323", NEWS),
    ("rumah dibedah", 2019, CITY, "500", NEWS),
    ("jumlah rumah dibedah", 2018, CITY, "6.248", SITE),
    ("jumlah rumah dibedah", 2019, CITY, "6.678", NEWS),
    ("jamban dibangun", 2015, CITY, "1.692", AGENCY),
    ("jamban dibangun", 2016, CITY, "1.332", AGENCY),
    ("jamban dibangun", 2016, "Pinang", "379", AGENCY),
    ("jamban dibangun", 2016, "Neglasari", "353", AGENCY),
    ("jamban dibangun", 2016, "Karawaci", "108", AGENCY),
    ("jamban dibangun", 2017, CITY, "1.000", AGENCY),
    ("jamban dibangun", 2018, CITY, "1.671", AGENCY),
    ("jamban dibangun", 2019, CITY, "354", AGENCY),
    ("jamban dibangun", 2019, CITY, "520", NEWS),
    ("jamban dibangun", 2020, CITY, "-", AGENCY),
    ("jamban dibangun", 2021, CITY, "20", AGENCY),
    ("jamban dibangun", 2022, CITY, "20", AGENCY),
    ("jumlah jamban dibangun", 2022, CITY, "6.089", AGENCY),
)  # fmt: skip
_ROWS = [
    Row(f"T{n:03d}", {"Nomor": f"T{n:03d}", "Indikator": what, "Tahun": str(year), "Wilayah": place, "Nilai": value,
                      "Terbitan": publication})
    for n, (what, year, place, value, publication) in enumerate(FIGURES, 1)
]  # fmt: skip


def files(now: datetime) -> dict[str, list[Row]]:
    """One file, the same at every instant."""
    return {"terbitan-program.csv": _ROWS}
