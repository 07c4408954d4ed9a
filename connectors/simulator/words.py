"""What the stand-in city's systems say: real category names, invented people; never a real person's data.

Identities are well-formed and obviously invented (district 99, phone prefix 0812-0000, family names such as
"Contoh"), so that privacy tests have something to find and nobody can be harmed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Matter:
    """A kind of report: the category word, its usual owner, how often, how fast it is answered."""

    category: str
    department: str
    weight: float
    response_hours: float  # median
    matter: str  # fits "Mohon ditindaklanjuti, {matter} di ..."
    urgent: bool = False  # answered round the clock
    sensitive: bool = False


MATTERS: tuple[Matter, ...] = (
    Matter("jalan rusak/berlubang", "DPUPR", 14, 26, "jalan berlubang cukup dalam dan membahayakan pengendara"),
    Matter("drainase", "DPUPR", 6, 30, "saluran air mampet sehingga air meluap ke jalan"),
    Matter("banjir genangan", "DPUPR", 4, 9, "genangan setinggi betis setiap habis hujan", urgent=True),
    Matter("lampu PJU jalan", "Dishub", 12, 18, "lampu penerangan jalan padam sudah seminggu"),
    Matter("PJU lingkungan", "Perkim", 5, 24, "lampu gang padam sehingga gelap gulita"),
    Matter("sampah", "DLH", 12, 12, "sampah menumpuk dan berbau"),
    Matter("pembakaran sampah", "DLH", 4, 14, "ada pembakaran sampah setiap sore, asapnya masuk rumah"),
    Matter("taman/pohon", "DLH", 3, 20, "dahan pohon menyentuh kabel listrik"),
    Matter("pohon tumbang (evakuasi)", "BPBD", 3, 1.2, "pohon tumbang menutup jalan", urgent=True),
    Matter("banjir", "BPBD", 2, 1.0, "air sungai meluap ke permukiman", urgent=True),
    Matter("ular", "BPBD", 2, 0.9, "ada ular masuk ke dapur warga", urgent=True),
    Matter("sarang tawon", "BPBD", 1.5, 3, "ada sarang tawon besar di pohon depan musala", urgent=True),
    Matter("macet", "Dishub", 3, 20, "macet parah tiap pagi karena angkot berhenti sembarangan"),
    Matter("parkir liar", "Dishub", 3, 22, "parkir liar menutup setengah badan jalan"),
    Matter("lampu lalu lintas", "Dishub", 1.5, 6, "lampu merah mati di persimpangan"),
    Matter("PKL di trotoar", "Satpol PP", 3, 30, "pedagang menutup trotoar sehingga pejalan kaki turun ke jalan"),
    Matter("ketertiban", "Satpol PP", 2.5, 26, "ada keributan tiap malam di warung remang"),
    Matter("bangunan liar", "Satpol PP", 1.5, 48, "bangunan liar berdiri di bantaran kali"),
    Matter("kebisingan", "Satpol PP", 1, 30, "suara mesin pabrik bising sampai lewat tengah malam"),
    Matter("KTP-el", "Disdukcapil", 5, 10, "KTP elektronik belum jadi padahal sudah tiga bulan"),
    Matter("KK", "Disdukcapil", 3, 10, "perubahan kartu keluarga belum selesai"),
    Matter("orang terlantar", "Dinsos", 1.5, 5, "ada orang terlantar tidur di halte"),
    Matter("bansos", "Dinsos", 3, 36, "warga kurang mampu belum menerima bantuan sosial"),
    Matter("sekolah", "Disdik", 2, 40, "bangku sekolah rusak dan atap kelas bocor"),
    Matter("PPDB", "Disdik", 1, 24, "hasil penerimaan siswa tidak sesuai zonasi"),
    Matter("puskesmas", "Dinkes", 2, 24, "antrean puskesmas terlalu lama"),
    Matter("vektor", "Dinkes", 1, 20, "banyak jentik nyamuk, mohon pengasapan"),
    Matter("air mati", "Perumda Tirta Benteng", 3, 8, "air ledeng mati sejak kemarin"),
    Matter("perizinan", "DPMPTSP", 1.5, 24, "berkas izin usaha belum ada kabar"),
    Matter("lowongan kerja", "Disnaker", 1.2, 40, "informasi lowongan kerja belum diperbarui"),
    Matter("registrasi akun", "Diskominfo", 2, 6, "tidak bisa daftar akun Tangerang LIVE"),
    Matter("PBB", "Bapenda", 1, 24, "nama pada SPPT PBB salah cetak"),
    Matter("harga sembako", "Disperindagkop UKM", 1, 30, "harga cabai di pasar terlalu tinggi"),
    Matter("rumah tidak layak huni", "Perkim", 1, 72, "rumah warga hampir roboh dan belum dibantu"),
    Matter("pungli", "Inspektorat", 0.4, 48, "ada pungutan di luar ketentuan", sensitive=True),
    Matter("kekerasan perempuan/anak", "DP3AP2KB", 0.3, 3, "dugaan kekerasan terhadap anak", True, True),
)

# Flood nights speak of few things.
FLOOD_CATEGORIES = ("banjir", "banjir genangan", "pohon tumbang (evakuasi)", "drainase")

CHANNELS: tuple[tuple[str, float], ...] = (
    ("Aplikasi LAKSA", 58),
    ("Call Center 112", 14),
    ("Instagram", 9),
    ("WhatsApp", 9),
    ("X", 5),
    ("Email", 2),
    ("Tatap Muka", 3),
)

_FIRST = ("Budi", "Siti", "Agus", "Dewi", "Rudi", "Nur", "Joko", "Lina", "Asep", "Wati", "Hendra", "Yuni")
_FAMILY = ("Contoh", "Rekaan", "Fiktif", "Percobaan", "Khayalan", "Simulasi")
_ROADS = ("Melati Rekaan", "Contoh Raya", "Simulasi Timur", "Percobaan II", "KH Fiktif", "Kenanga Rekaan")
_PLACES = ("depan SD", "dekat jembatan", "samping musala", "pertigaan pasar", "belakang puskesmas", "gang buntu")
_OPENINGS = ("Mohon ditindaklanjuti,", "Selamat pagi admin,", "Min tolong,", "Lapor,", "Yth. Pemkot,", "Ijin lapor")
_ANSWERS = (
    "Terima kasih atas laporannya, petugas kami sudah ke lokasi.",
    "Sudah dikerjakan, dokumentasi terlampir.",
    "Laporan Anda kami teruskan ke tim lapangan.",
    "Sudah kami tindaklanjuti, mohon konfirmasinya.",
)
OUT_OF_SCOPE_ANSWER = "Mohon maaf, ini bukan kewenangan Pemkot Tangerang dan diteruskan kepada instansi terkait."


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    nik: str
    phone: str
    email: str
    plate: str
    address: str

    def strings(self) -> tuple[str, ...]:
        return (self.name, self.nik, self.phone, self.email, self.plate, self.address)


def invent_person(rng: Random) -> Person:
    """A person who cannot exist: NIK district 99, phone 0812-0000, an e-mail domain nobody can own."""
    first, family = rng.choice(_FIRST), rng.choice(_FAMILY)
    day = rng.randint(1, 28) + (40 if rng.random() < 0.5 else 0)  # women's NIK: day + 40
    nik = f"367199{day:02d}{rng.randint(1, 12):02d}{rng.randint(60, 99):02d}{rng.randint(1, 9999):04d}"
    phone = f"08120000{rng.randint(0, 9999):04d}"
    plate = f"B {rng.randint(1000, 9999)} ZZ{rng.choice('XYZ')}"
    block = f"RT {rng.randint(1, 9):03d}/RW {rng.randint(1, 15):03d}"
    address = f"Jl. {rng.choice(_ROADS)} No. {rng.randint(1, 199)} {block}"
    return Person(f"{first} {family}", nik, phone, f"{first}.{family}@contoh.example".lower(), plate, address)


def write_text(rng: Random, matter: str, subdistrict: str, person: Person) -> tuple[str, tuple[str, ...]]:
    """A citizen's words and the identities they carry."""
    text = f"{rng.choice(_OPENINGS)} {matter} di {rng.choice(_PLACES)}, kelurahan {subdistrict}."
    planted: list[str] = []
    roll = rng.random()
    if roll < 0.18:
        text += f" Hubungi saya {person.name}, HP {person.phone}."
        planted += [person.name, person.phone]
    elif roll < 0.28:
        text += f" Nama saya {person.name}, NIK {person.nik}, alamat {person.address}."
        planted += [person.name, person.nik, person.address]
    elif roll < 0.34:
        text += f" Kendaraan pelat {person.plate} sering parkir di situ. Email {person.email}"
        planted += [person.plate, person.email]
    elif roll < 0.42:
        text += f" Bapak {person.name} selaku ketua RT sudah tahu."
        planted += [person.name]
    return text, tuple(planted)


def write_answer(rng: Random) -> str:
    return rng.choice(_ANSWERS)
