"""The numerators and denominators of the descriptions in Indonesian, for screens; computes nothing."""

from __future__ import annotations

INDONESIAN: dict[str, str] = {
    "cases received in the window": "perkara yang diterima dalam jendela waktu",
    "open cases": "perkara terbuka",
    "open cases whose status is waiting": "perkara terbuka yang berstatus menunggu",
    "open cases in process or paused": "perkara terbuka yang diproses atau dijeda",
    "open cases past an established deadline": "perkara terbuka yang melewati tenggat yang ditetapkan",
    "open cases past a proposed deadline": "perkara terbuka yang melewati tenggat usulan",
    "open cases in the last part of their time": "perkara terbuka pada bagian terakhir waktunya",
    "earliest time of receipt among open cases": "waktu penerimaan paling awal di antara perkara terbuka",
    "cases closed in the window": "perkara yang selesai dalam jendela waktu",
    "closed in the window, within the deadline": "selesai dalam jendela waktu dan sebelum tenggat",
    "closed in the window, with an established deadline": "selesai dalam jendela waktu, bertenggat yang ditetapkan",
    "closed in the window, with a proposed deadline": "selesai dalam jendela waktu, bertenggat usulan",
    "first answered in the window, within the deadline for it": "pertama ditanggapi dalam jendela waktu dan sebelum "
    "tenggat tanggapan",
    "first answered in the window, with an established deadline for it": "pertama ditanggapi dalam jendela waktu, "
    "bertenggat tanggapan yang ditetapkan",
    "first answered in the window, with a proposed deadline for it": "pertama ditanggapi dalam jendela waktu, "
    "bertenggat tanggapan usulan",
    "seconds to first response at the 50th percentile": "lama sampai tanggapan pertama pada persentil 50",
    "seconds to first response at the 90th percentile": "lama sampai tanggapan pertama pada persentil 90",
    "seconds to resolution at the 50th percentile": "lama sampai selesai pada persentil 50",
    "seconds to resolution at the 90th percentile": "lama sampai selesai pada persentil 90",
    "working days of the window up to today": "hari kerja dalam jendela waktu sampai hari ini",
    "cases received since 00.00": "perkara yang diterima sejak pukul 00.00",
    "open cases now": "perkara terbuka sekarang",
}


def indonesian(english: str) -> str:
    """A text nobody translated yet stays as it is; a test finds it."""
    return INDONESIAN.get(english, english)
