"""The stand-in SP4N-LAPOR!: reports as JSON pages whose dates count from now, as its own pages write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import orjson

from connectors.simulator.city import City
from connectors.simulator.department import Credentials, Listing, last_segment, read_day, refuse
from connectors.simulator.faults import Misbehaviour
from connectors.simulator.lapor_life import ARCHIVED, FORWARDED, PAUSED, REPLIED, VERIFIED, pauses
from connectors.simulator.ledger import Row, RowCache
from connectors.simulator.life import DONE, PROCESS, WAITING, Report
from connectors.simulator.row_faults import Shape
from connectors.simulator.wire import Request

SHAPE = Shape(
    key="tracking_id",
    mandatory="tanggal",
    times=("tanggal", "diverifikasi", "selesai"),
    numbers=("lat", "lon"),
    status="status",
    department="instansi",
    texts=("kategori", "kategori_induk", "instansi", "kecamatan", "kelurahan", "kanal", "pelapor", "judul", "isi"),
)
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
CHANNELS = ("Website", "Android", "Whatsapp")
NAMES = {
    WAITING: "Belum diverifikasi",
    VERIFIED: "Terverifikasi",
    PROCESS: "Ditindaklanjuti oleh Instansi",
    REPLIED: "Ditanggapi oleh Pelapor",
    PAUSED: "Ditunda",
    ARCHIVED: "Diarsipkan",
}
PUPR, PERHUBUNGAN, TRAMTIB = "PEKERJAAN UMUM DAN PENATAAN RUANG", "PERHUBUNGAN", "KETENTERAMAN DAN KETERTIBAN UMUM"
# The same matter stands under two parents: a road light under PERHUBUNGAN and under PEKERJAAN UMUM.
TREE: dict[str, tuple[tuple[str, str], ...]] = {
    "jalan rusak/berlubang": ((PUPR, "JALAN BERLUBANG"),),
    "drainase": ((PUPR, "DRAINASE"),),
    "banjir genangan": ((PUPR, "GENANGAN AIR"), ("PENANGGULANGAN BENCANA", "GENANGAN")),
    "lampu PJU jalan": ((PERHUBUNGAN, "LAMPU PENERANGAN JALAN UMUM"), (PUPR, "PENERANGAN JALAN")),
    "PJU lingkungan": (("PERUMAHAN DAN PERMUKIMAN", "PENERANGAN LINGKUNGAN"),),
    "sampah": (("LINGKUNGAN HIDUP", "SAMPAH"), (TRAMTIB, "SAMPAH LIAR")),
    "pembakaran sampah": (("LINGKUNGAN HIDUP", "PEMBAKARAN SAMPAH"),),
    "taman/pohon": (("LINGKUNGAN HIDUP", "TAMAN DAN POHON"),),
    "pohon tumbang (evakuasi)": (("PENANGGULANGAN BENCANA", "POHON TUMBANG"),),
    "banjir": (("PENANGGULANGAN BENCANA", "BANJIR"),),
    "ular": (("PENANGGULANGAN BENCANA", "EVAKUASI HEWAN LIAR"),),
    "sarang tawon": (("PENANGGULANGAN BENCANA", "SARANG TAWON"),),
    "macet": ((PERHUBUNGAN, "KEMACETAN"),),
    "parkir liar": ((PERHUBUNGAN, "PARKIR LIAR"),),
    "lampu lalu lintas": ((PERHUBUNGAN, "LAMPU LALU LINTAS"),),
    "PKL di trotoar": ((TRAMTIB, "PEDAGANG KAKI LIMA"),),
    "ketertiban": ((TRAMTIB, "KETERTIBAN UMUM"),),
    "bangunan liar": ((TRAMTIB, "BANGUNAN LIAR"),),
    "kebisingan": ((TRAMTIB, "KEBISINGAN"),),
    "KTP-el": (("KEPENDUDUKAN", "KTP ELEKTRONIK"),),
    "KK": (("KEPENDUDUKAN", "KARTU KELUARGA"),),
    "orang terlantar": (("SOSIAL DAN KESEJAHTERAAN", "ORANG TERLANTAR"),),
    "bansos": (("SOSIAL DAN KESEJAHTERAAN", "BANTUAN SOSIAL"),),
    "sekolah": (("PENDIDIKAN DAN KEBUDAYAAN", "SARANA SEKOLAH"),),
    "PPDB": (("PENDIDIKAN DAN KEBUDAYAAN", "PENERIMAAN SISWA BARU"),),
    "puskesmas": (("KESEHATAN", "PELAYANAN PUSKESMAS"),),
    "vektor": (("KESEHATAN", "DEMAM BERDARAH"),),
    "air mati": (("ENERGI DAN SUMBER DAYA ALAM", "LAYANAN AIR MINUM"),),
    "perizinan": (("PENANAMAN MODAL", "PERIZINAN USAHA"),),
    "lowongan kerja": (("KETENAGAKERJAAN", "LOWONGAN KERJA"),),
    "registrasi akun": (("KOMUNIKASI DAN INFORMATIKA", "APLIKASI PEMERINTAH"),),
    "PBB": (("KEUANGAN DAERAH", "PAJAK BUMI DAN BANGUNAN"),),
    "harga sembako": (("PERLINDUNGAN KONSUMEN", "HARGA KEBUTUHAN POKOK"),),
    "rumah tidak layak huni": (("PERUMAHAN DAN PERMUKIMAN", "RUMAH TIDAK LAYAK HUNI"),),
    "pungli": (("POLITIK DAN HUKUM", "PUNGUTAN LIAR"),),
    "kekerasan perempuan/anak": (("PEMBERDAYAAN PEREMPUAN", "KEKERASAN PEREMPUAN DAN ANAK"),),
}


class Lapor:
    name = "lapor"

    def __init__(self, city: City, names: Mapping[str, str], credentials: Credentials) -> None:
        self._city, self._names, self._credentials = city, names, credentials
        self._rows = RowCache()

    def reply(self, request: Request, now: datetime, spoilt: Misbehaviour) -> Listing:
        asked = {name.lower(): word for name, word in self._credentials.headers.items()}
        if any(request.headers.get(name) != word for name, word in asked.items()):
            return refuse(401, {"status": "gagal", "pesan": "kunci tidak dikenal", "data": None})
        if last_segment(request) != "laporan":
            return refuse(404, {"status": "gagal", "pesan": "tidak ditemukan", "data": None})
        stream, query = self._city.lapor, request.query
        page, size = max(1, int(query.get("halaman", 1))), min(500, max(1, int(query.get("per_halaman", 100))))
        shifting = spoilt.active("shifting_pages")
        if shifting and page > 1:
            stream.add(now, int(shifting.params.get("new", 3)))
        since = read_day(query.get("dari"), self._city.zone, now - timedelta(days=30))
        found = [report for report in stream.visible() if report.created >= since]
        found.sort(key=lambda report: report.id, reverse=bool(shifting))
        rows = [self.row(report, now) for report in found[(page - 1) * size : page * size]]
        meta = {"halaman": page, "total": len(found)}

        def write(rows: Sequence[Row]) -> bytes:
            data = {"laporan": [row.fields for row in rows], **meta}
            return orjson.dumps({"status": "sukses", "pesan": "", "data": data})

        return Listing(rows, write, SHAPE, modified=stream.last_change)

    def row(self, report: Report, now: datetime) -> Row:
        """Its text changes with the hour although nothing happened: "7 jam yang lalu", then "8 jam yang lalu"."""
        zone, state = self._city.zone, report.state
        said = tuple(spoken(at, now, zone) for at in (report.created, state.responded_at, state.closed_at))
        made = self._rows.get(
            str(report.id),
            (report.version, said),
            lambda: Row(str(report.id), self.fields(report, said), report.planted),
        )
        return made

    def fields(self, report: Report, said: Sequence[str | None]) -> dict[str, Any]:
        city, state = self._city, report.state
        parent, category = under(report)
        return {
            "tracking_id": str(report.id),
            "judul": report.text[:60],
            "isi": report.text,
            "pelapor": report.sender if report.id % 3 else "Anonim",
            "nik": report.nik,
            "telepon": report.phone,
            "klasifikasi": report.klass,
            "kategori_induk": parent,
            "kategori": category,
            "kanal": CHANNELS[report.id % len(CHANNELS)],
            "instansi": self.agency(state.department),
            "kecamatan": city.districts.get(report.district, ""),
            "kelurahan": city.places_by_code[report.subdistrict].name,
            "lat": report.lat,
            "lon": report.lon,
            "status": self.status(report),
            "tanggal": said[0],
            "diverifikasi": said[1],
            "selesai": said[2],
            "ditunda": [
                {"mulai": _iso(start, city.zone), "sampai": _iso(end, city.zone)} for start, end in pauses(report)
            ],
            "alih_disposisi": state.transfers,
            "dibuka_kembali": state.reopened,
            "tindak_lanjut": state.answer,
        }

    def agency(self, department: str) -> str | None:
        return f"{self._names.get(department, department)} Kota Tangerang" if department else None

    def status(self, report: Report) -> str:
        state = report.state
        if state.status == FORWARDED:
            return f"Terdisposisi ke {self.agency(state.department)}"
        if state.status == DONE:
            automatic = "Selesai otomatis" if state.closed_by == "sistem" else "Selesai"
            return "Bukan wewenang" if state.out_of_scope else automatic
        return NAMES[state.status]


def under(report: Report) -> tuple[str, str]:
    """The parent and the category that this reporter chose."""
    places = TREE[report.category]
    return places[report.id % len(places)]


def spoken(at: datetime | None, now: datetime, zone: tzinfo) -> str | None:
    """A time as the pages of SP4N-LAPOR! write it."""
    if at is None:
        return None
    local, today, age = at.astimezone(zone), now.astimezone(zone).date(), now - at
    days = (today - local.date()).days
    if age < timedelta(minutes=1):
        return "Baru saja"
    if age < timedelta(hours=1):
        return f"{int(age.total_seconds() // 60)} menit yang lalu"
    if days == 0:
        return f"{int(age.total_seconds() // 3600)} jam yang lalu"
    if days == 1:
        return f"Kemarin, {local:%H:%M}"
    if days < 7:
        return f"{DAYS[local.weekday()]}, {local:%H:%M}"
    return f"{DAYS[local.weekday()].upper()}, {local:%Y/%m/%d}"


def _iso(at: datetime | None, zone: tzinfo) -> str | None:
    return at.astimezone(zone).isoformat(timespec="seconds") if at is not None else None
