"""The patterns of people's names in Indonesian free text: after a title, after a lead, by descent. Pure; keeps nothing.

A name has no form of its own. What gives it away is what stands before it (Bapak, a.n., nama saya) and capitals;
after the plainest titles (pak, bu) a name in small letters is taken too, unless it is a word of everyday speech.
"""

from __future__ import annotations

import re

_NAME_WORD = r"(?:[A-Z][a-z'’]+(?:-[A-Z][a-z]+)?|[A-Z]{2,}|[A-Z]{1,3}\.|[A-Z](?=\s|$))"
_PARTICLE = r"(?:bin|binti|al|van|de|bte)"
# Words that begin with a capital after a title and are no name: offices, places, what the sentence is about.
_ROLES = (
    r"(?:walikota|wali|bupati|gubernur|presiden|menteri|lurah|camat|kepala|kadis|sekda|sekretaris|ketua|ajudan|polisi|"
    r"satpam|guru|dokter|bidan|perawat|sopir|supir|petugas|kades|rt|rw|dinas|kelurahan|kecamatan|kota|kabupaten|"
    r"provinsi|pemkot|pemerintah|puskesmas|rsud|sd|sdn|smp|smpn|sma|sman|tk|pasar|masjid|musala|mushola|gereja|"
    r"kantor|jalan|jl|gang|gg|perumahan|komplek|blok|banjir|jakarta|banten|tangerang|indonesia|januari|februari|"
    r"maret|april|mei|juni|juli|agustus|september|oktober|november|desember|senin|selasa|rabu|kamis|jumat|sabtu|"
    r"minggu|tps|pju|bpjs|ktp|kk|nik|dlh|dishub|satpol|hamil|menyusui)"
)
_NOT_ROLE = rf"(?!(?i:{_ROLES})\b)"
_NAME = rf"{_NOT_ROLE}{_NAME_WORD}(?:\s+(?:{_PARTICLE}\s+)?{_NOT_ROLE}{_NAME_WORD}){{0,4}}"

_PLAIN_TITLES = r"bapak|bpk|bp|pak|ibu|bu|ibuk|sdr|sdri|mas|mbak|mba|mbk|bang|kang|neng|teh|om|tante|pakde|bude|cak|gus"
_TITLES = (
    rf"{_PLAIN_TITLES}|saudara|saudari|sodara|abang|aa|haji|hajah|hajjah|hj|h|ust|ustad|ustadz|ustaz|ustadzah|kyai|kiai|"
    r"dokter|dr|drg|prof|ir|tuan|nyonya|ny|tn|nn|nona|almarhum|almarhumah|alm|ananda|adik|adek|kakak|kak|"
    r"(?:ketua|pak|bu|bapak|ibu)\s+(?:r[tw](?:\s?\d+)?|\x00+)|(?:pak|bu|bapak|ibu)\s+(?:lurah|camat|guru|kepala\s+sekolah)|"
    r"lurah|camat|tetangga(?:\s+(?:saya|kami|sebelah))?|oknum|pelapor|korban|pasien|terlapor|anak\s+saya|suami\s+saya|"
    r"istri\s+saya|juragan"
)
_LEADS = (
    r"atas\s+nama|a\s?[./]\s?n\s?\.?|an\.|"
    r"nama(?:\s+(?:saya|aku|lengkap|pelapor|anak(?:\s+saya)?|ibu|bapak|suami|istri|korban|pasien|pemilik|beliau|"
    r"orang(?:nya)?|petugas(?:nya)?|sopir(?:nya)?|pemohon))?|namanya|"
    r"(?:saya|yang|yg)\s+bernama|bernama|dengan\s+nama|perkenalkan(?:\s+(?:nama\s+)?saya)?|"
    r"ttd|tertanda|hormat\s+(?:saya|kami)|wassalam|up|u\.p\.|cp|contact\s+person|"
    r"hubungi(?:\s+saya)?|kontak|dilaporkan\s+oleh|dari\s+sdr|dipanggil"
)
# Leads after which two words in small letters are a name for sure ("atas nama siti aminah").
_SURE_LEADS = (
    r"atas\s+nama|a\.\s?n\.?|a/n|an\.|nama(?:\s+(?:saya|aku|lengkap|pelapor|anak\s+saya|pemilik|pasien|pemohon))\s*(?:adalah)?|"
    r"namanya|(?:saya|yang|yg)\s+bernama|bernama|dengan\s+nama|perkenalkan\s+(?:nama\s+)?saya|ttd|tertanda|hormat\s+saya"
)
# Everyday words that follow "pak", "bu" or a lead and name nobody.
_EVERYDAY = (
    r"(?!(?:yang|yg|di|ke|dari|dan|atau|sudah|sdh|udah|belum|blm|tidak|tdk|nggak|gak|ga|ada|untuk|buat|utk|dengan|dgn|"
    r"jalan|jln|jl|rt|rw|kami|saya|kita|warga|mohon|tolong|tlg|agar|supaya|karena|pada|ini|itu|juga|akan|bisa|harus|"
    r"segera|sering|selalu|lagi|pemkot|dinas|kelurahan|kecamatan|kota|petugas|admin|pemerintah|walikota|wali|lurah|"
    r"camat|guru|polisi|satpam|kepala|ketua|kades|bupati|gubernur|presiden|menteri|hamil|menyusui|rumah|muda|tua|"
    r"anak|orang|bapak|ibu|tiri|kandung|sambung|kos|kost|kontrakan|haji|dokter|bidan|perawat|sopir|supir|ojek|"
    r"kantin|warung|penjual|pedagang|pkk|kader|posyandu|negara|pertiwi|jari|kenapa|kapan|gimana|bagaimana|apa|"
    r"apakah|masih|cuma|hanya|saja|aja|dong|ya|yah|nih|sih|deh|kan|mau|ingin|minta|lapor|jadi|kalau|kalo|bila|jika|"
    r"bukan|semua|para|besar|kecil|baru|lama|jawab|cek|lihat|bantu|makasih|terima|kasih|selamat|pagi|siang|sore|"
    r"malam|mati|rusak|adalah|asli|palsu|baik|wilayah|nya|se|fasilitas|umum|pribadi|usaha|perusahaan|toko|tersebut|"
    r"beliau|beserta|bersama|hari|soal|tentang|perihal|kalian|mereka|dia|kamu|anda|satu|dua|tiga|terdekat|"
    r"setempat|bersangkutan|pengurus|rukun|ustadz|kyai|imam|pejabat|dewan|ngeluh|bilang|dulu|sampai|lewat|cepat)\b)"
)
_LOWER = r"[a-z'’]{3,}"

NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "nama",
        re.compile(
            rf"(?<![\w-])(?i:{_SURE_LEADS})\s*[:,]?\s*(?:(?i:{_TITLES})(?!\w)\.?\s+)?"
            rf"(?:{_NAME}|{_EVERYDAY}{_LOWER}(?:\s+{_EVERYDAY}{_LOWER})?)"
        ),
    ),
    ("nama", re.compile(rf"(?<![\w-])(?i:{_LEADS})\s*[:,]?\s+(?:(?i:{_TITLES})(?!\w)\.?\s+)?{_NAME}")),
    ("nama", re.compile(rf"(?<![\w-])(?i:{_TITLES})(?!\w)\.?\s*(?:(?i:{_TITLES})(?!\w)\.?\s*)?{_NAME}")),
    (
        "nama",
        re.compile(
            rf"(?<![\w-])(?i:{_PLAIN_TITLES})(?!\w)\.?\s+(?:(?i:haji|hj|h)\b\.?\s+)?{_EVERYDAY}{_LOWER}(?:\s+(?:bin|binti)\s+{_LOWER})?"
        ),
    ),
    (
        "nama",
        re.compile(
            rf"(?<![\w-]){_NAME_WORD}(?:\s+{_NAME_WORD}){{0,3}}\s+(?:bin|binti|bte)\s+{_NAME_WORD}(?:\s+{_NAME_WORD}){{0,2}}"
        ),
    ),
)
