"""Every key figure as one row: what it means, what it is made of and who computes it; never computes anything.

Screens, documents, the API and the tests iterate over ``DESCRIPTIONS``. A document holds the figure of a kind
and a window under ``value_key(kind, key, window)``, e.g. ``aspiration.overdue.now``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard.kpi import functions
from dashboard.kpi.functions import Function

NOW = ("now",)
TODAY = ("today",)
FLOW = ("today", "shift", "d7", "d30", "month", "year")
SERVICES = ("permit", "service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """``label_key`` and ``definition_key`` are keys of the catalogue, which takes its texts from here.

    ``clock``: "observed" is what the room saw, "declared" what the source says; the wall shows observed.
    ``kinds`` None: every kind of case in the configuration.
    """

    key: str
    function: Function
    label_id: str
    label_en: str
    definition_id: str
    definition_en: str
    numerator: str
    denominator: str | None
    unit: Literal["cases", "percent", "seconds", "instant", "cases_per_day"]
    better: Literal["up", "down", "none"]
    windows: tuple[str, ...]
    cohort: Literal["opened", "closed", "stock", "-"]
    clock: Literal["declared", "observed"]
    open_cases: str  # how cases that are still open are treated
    kinds: tuple[str, ...] | None = None
    visibility: Literal["wall", "desk"] = "wall"

    @property
    def short_id(self) -> str:
        """The name in the room of a wall."""
        return SHORT.get(self.key, (self.label_id, self.label_en))[0]

    @property
    def short_en(self) -> str:
        return SHORT.get(self.key, (self.label_id, self.label_en))[1]

    @property
    def label_key(self) -> str:
        return f"kpi.{self.key}"

    @property
    def definition_key(self) -> str:
        return f"kpi.{self.key}.definition"

    @property
    def sampled(self) -> bool:
        """Whether it says nothing of few cases."""
        return self.unit in ("percent", "seconds") or self.denominator == "open cases"

    def applies_to(self, kind: str) -> bool:
        return self.kinds is None or kind in self.kinds


LAPSED_ID = (
    " Selesai otomatis (oleh sistem, atau karena pelapor diam) bukan diselesaikan perangkat daerah: dihitung, dan "
    "jumlahnya disebut (lapsed)."
)
LAPSED_EN = (
    " Closed automatically (by the system, or by the reporter's silence) is not solved by a department: counted, and "
    "how many is said (lapsed)."
)
SHORT: dict[str, tuple[str, str]] = {
    "overdue": ("Lewat tenggat", "Overdue"),
    "overdue_proposed": ("Lewat usulan", "Past proposed"),
    "oldest_open": ("Terbuka terlama", "Oldest open"),
    "closed_in_time": ("Dalam tenggat", "In time"),
    "closed_in_time_proposed": ("Dalam usulan", "In proposed time"),
    "throughput": ("Per hari kerja", "Per working day"),
    "response_median": ("Median tanggapan", "Median response"),
    "response_p90": ("90% ≤", "90% ≤"),
    "resolution_median": ("Median selesai", "Median to close"),
    "resolution_p90": ("90% ≤", "90% ≤"),
}
"""Where the full name is too long to be read across a room: (Indonesian, English)."""


def value_key(kind: str, key: str, window: str) -> str:
    return f"{kind}.{key}.{window}"


def _stock(key: str, function: Function, label_id: str, label_en: str, id_: str, en: str, of: str) -> Description:
    return Description(
        key=key, function=function, label_id=label_id, label_en=label_en, definition_id=id_, definition_en=en,
        numerator=of, denominator=None, unit="cases", better="none", windows=NOW, cohort="stock",
        clock="observed", open_cases="only open cases count",
    )  # fmt: skip


def _late(key: str, name: str, label_id: str, label_en: str, id_: str, en: str, of: str) -> Description:
    return Description(
        key=key, function=functions.of_open(name), label_id=label_id, label_en=label_en, definition_id=id_,
        definition_en=en, numerator=of, denominator="open cases", unit="cases", better="down", windows=NOW,
        cohort="stock", clock="observed", open_cases="only open cases count; a paused one has no running deadline",
    )  # fmt: skip


def _durations() -> tuple[Description, ...]:
    """First response and resolution, median and 90th percentile, by both clocks."""
    words = {
        "response": ("tanggapan pertama", "first response", "ditanggapi", "first answered"),
        "resolution": ("penyelesaian", "resolution", "diselesaikan", "closed"),
    }
    places = {"median": (1, "Median", "Median"), "p90": (2, "Persentil 90", "90th percentile")}
    clocks = {
        "observed": (
            "",
            "menurut pengamatan ruang ini: dari laporan pertama terlihat sampai langkah itu terlihat; "
            "waktu amatan yang tidak pasti dan tunggakan sebelum pemantauan tidak dihitung",
            "as the room saw it: from the first sight of the case to the sight of the step; "
            "uncertain times and the backlog from before the room watched are left out",
        ),
        "declared": (
            "_declared",
            "menurut waktu yang dinyatakan sumber; urutan waktu yang mustahil tidak dihitung",
            "by the times the source declares; impossible sequences are left out",
        ),
    }
    lapsed = {
        ("response", "observed"): (
            " Penutupan karena pelapor diam atau oleh sistem bukan tanggapan (jumlahnya: unanswered); penutupan "
            "langsung yang pelakunya tidak dikenal dihitung dan jumlahnya disebut (unnamed).",
            " A closing by the reporter's silence or by the system is no response (how many: unanswered); a closing "
            "in one step by nobody knows whom counts, and how many those are is said (unnamed).",
        ),
        ("resolution", "observed"): (LAPSED_ID, LAPSED_EN),
        ("resolution", "declared"): (LAPSED_ID, LAPSED_EN),
        ("response", "declared"): (
            " Balasan yang sama waktunya dengan penutupan oleh sistem atau karena pelapor diam bukan tanggapan.",
            " A reply dated no earlier than a closing by silence or by the system is no response.",
        ),
    }
    rows = []
    for what, (what_id, what_en, done_id, done_en) in words.items():
        for clock, (suffix, how_id, how_en) in clocks.items():
            for place, (index, place_id, place_en) in places.items():
                rows.append(
                    Description(
                        key=f"{what}_{place}{suffix}",
                        function=functions.duration(f"{what}_{clock}", index),
                        label_id=f"{place_id} {what_id}" + (" (versi sumber)" if suffix else ""),
                        label_en=f"{place_en} of {what_en}" + (" (declared)" if suffix else ""),
                        definition_id=f"{place_id} (peringkat terdekat) lama {what_id} perkara yang {done_id} "
                        f"dalam jendela waktu, {how_id}." + lapsed.get((what, clock), ("", ""))[0],
                        definition_en=f"{place_en} (nearest rank) of the time to {what_en} of cases {done_en} "
                        f"in the window, {how_en}." + lapsed.get((what, clock), ("", ""))[1],
                        numerator=f"seconds to {what_en} at the {'50' if index == 1 else '90'}th percentile",
                        denominator=None,
                        unit="seconds",
                        better="down",
                        windows=FLOW,
                        cohort="closed" if what == "resolution" else "-",
                        clock="declared" if clock == "declared" else "observed",
                        open_cases="an open case that was answered counts"
                        if what == "response"
                        else "open cases are not in it: see oldest_open",
                        visibility="desk" if suffix else "wall",
                    )
                )
    return tuple(rows)


def _in_time(key: str, clock: Literal["declared", "observed"], proposed: bool, visible: bool) -> Description:
    basis = ("usulan", "a proposed") if proposed else ("yang ditetapkan", "an established")
    mark = (" (versi sumber)", " (declared)") if clock == "declared" else ("", "")
    return Description(
        key=key,
        function=functions.in_time(clock, "_proposed" if proposed else ""),
        label_id="Selesai dalam tenggat" + (" usulan" if proposed else "") + mark[0],
        label_en="Closed within " + ("proposed " if proposed else "") + "deadline" + mark[1],
        definition_id=f"Perkara yang selesai dalam jendela waktu dan mempunyai tenggat {basis[0]}: bagian yang selesai "
        "sebelum tenggat. Terlambat hanya bila "
        + (
            "ruang ini masih melihatnya terbuka pada saat tenggat; waktu amatan tidak pasti tidak dinilai."
            if clock == "observed"
            else "waktu selesai yang dinyatakan sumber melewati tenggat."
        )
        + LAPSED_ID,
        definition_en=f"Of the cases closed in the window that have {basis[1]} deadline, the share closed within it. "
        + (
            "Late only when the room still saw the case open at its deadline; uncertain times are not judged."
            if clock == "observed"
            else "Late when the closing time the source declares lies after the deadline."
        )
        + LAPSED_EN,
        numerator="closed in the window, within the deadline",
        denominator=f"closed in the window, with {basis[1]} deadline",
        unit="percent",
        better="up",
        windows=FLOW,
        cohort="closed",
        clock=clock,
        open_cases="not in it: an open case that is late shows in overdue",
        visibility="wall" if visible else "desk",
    )


def _answered(key: str, proposed: bool, clock: Literal["declared", "observed"] = "observed") -> Description:
    basis = ("usulan", "a proposed") if proposed else ("yang ditetapkan", "an established")
    mark = (" (versi sumber)", " (declared)") if clock == "declared" else ("", "")
    how_id, how_en = (
        (
            "Terlambat hanya bila ruang ini masih melihatnya belum ditanggapi pada saat tenggat; waktu amatan tidak "
            "pasti tidak dinilai. Penutupan karena pelapor diam atau oleh sistem bukan tanggapan (jumlahnya: "
            "unanswered).",
            "Late only when the room still saw the case unanswered at that deadline; uncertain times are not judged. A "
            "closing by the reporter's silence or by the system is no response (how many: unanswered).",
        )
        if clock == "observed"
        else (
            "Terlambat bila waktu tanggapan yang dinyatakan sumber melewati tenggat itu. Balasan yang sama waktunya "
            "dengan penutupan oleh sistem atau karena pelapor diam bukan tanggapan.",
            "Late when the time of the response that the source declares lies after that deadline. A reply dated no "
            "earlier than a closing by silence or by the system is no response.",
        )
    )
    return Description(
        key=key,
        function=functions.answered_in_time(clock, "_proposed" if proposed else ""),
        label_id="Ditanggapi dalam tenggat" + (" usulan" if proposed else "") + mark[0],
        label_en="First response within " + ("proposed " if proposed else "") + "deadline" + mark[1],
        definition_id=f"Perkara yang pertama kali ditanggapi dalam jendela waktu dan mempunyai tenggat {basis[0]} "
        f"untuk tanggapan pertama: bagian yang ditanggapi sebelum tenggat itu. {how_id}",
        definition_en=f"Of the cases first answered in the window that have {basis[1]} deadline for the first "
        f"response, the share answered within it. {how_en}",
        numerator="first answered in the window, within the deadline for it",
        denominator=f"first answered in the window, with {basis[1]} deadline for it",
        unit="percent",
        better="up",
        windows=FLOW,
        cohort="-",
        clock=clock,
        open_cases="an open case that was answered counts; one that nobody answered is not in it",
        visibility="desk",
    )


DESCRIPTIONS: tuple[Description, ...] = (
    Description(
        key="received", function=functions.received, label_id="Diterima", label_en="Received",
        definition_id="Perkara yang menurut sumber diterima dalam jendela waktu, apa pun keadaannya sekarang.",
        definition_en="Cases the source says were received in the window, whatever their state now.",
        numerator="cases received in the window", denominator=None, unit="cases", better="none", windows=FLOW,
        cohort="opened", clock="declared", open_cases="counted like closed ones",
    ),
    _stock("open", functions.open_now, "Stok terbuka", "Open stock",
           "Semua perkara yang belum selesai, belum dialihkan ke luar kota, dan masih tampil di sumbernya. "
           "Yang terlalu tua untuk cakupan sumber tidak dihitung, karena nasibnya tidak diketahui lagi; jumlahnya "
           "disebut (uncovered).",
           "All cases neither closed nor transferred out of the city and still served by their source. Of those too "
           "old for what the source is asked for nobody hears any more: not counted, how many is said (uncovered).",
           "open cases"),
    _stock("waiting", functions.waiting, "Menunggu", "Waiting",
           "Perkara terbuka yang belum ditangani perangkat daerah.",
           "Open cases on which no department has acted yet.", "open cases whose status is waiting"),
    _stock("in_process", functions.in_process, "Proses", "In process",
           "Perkara terbuka yang sedang ditangani, termasuk yang dijeda menunggu pemohon.",
           "Open cases being handled, including those paused for the applicant.",
           "open cases in process or paused"),
    _stock("paused", functions.paused, "Jam berhenti", "Clock stopped",
           "Perkara terbuka yang dijeda: pemohon atau instansi lain harus bertindak dahulu, tenggatnya tidak berjalan.",
           "Open cases that are paused: the applicant or another body has to act first, their deadline does not run.",
           "open cases that are paused"),
    _late("overdue", "overdue", "Melewati tenggat", "Overdue",
          "Perkara terbuka yang melewati tenggat yang ditetapkan. Bila sumbernya terputus, tenggat yang lewat sesudah "
          "pembacaan terakhir tidak disebut terlambat.",
          "Open cases past an established deadline. While their source is down, a deadline that passed after the "
          "last good poll is not called late.", "open cases past an established deadline"),
    _late("overdue_proposed", "overdue_proposed", "Melewati tenggat usulan", "Past proposed deadline",
          "Perkara terbuka yang melewati tenggat usulan; tidak pernah masuk nilai perangkat daerah.",
          "Open cases past a proposed deadline; never part of a department's score.",
          "open cases past a proposed deadline"),
    _late("due_soon", "soon", "Segera jatuh tempo", "Due soon",
          "Perkara terbuka yang sisa waktunya sampai tenggat yang ditetapkan tinggal bagian terakhir (soon_share).",
          "Open cases in the last part (soon_share) of the time to an established deadline.",
          "open cases in the last part of their time"),
    _late("due_soon_proposed", "soon_proposed", "Segera jatuh tempo (usulan)", "Due soon (proposed)",
          "Perkara terbuka yang sisa waktunya sampai tenggat usulan tinggal bagian terakhir (soon_share).",
          "Open cases in the last part (soon_share) of the time to a proposed deadline.",
          "open cases in the last part of their time"),
    Description(
        key="oldest_open", function=functions.oldest_open, label_id="Terbuka paling lama", label_en="Oldest open",
        definition_id="Saat penerimaan perkara terbuka yang paling lama menunggu.",
        definition_en="When the open case that has waited longest was received.",
        numerator="earliest time of receipt among open cases", denominator=None, unit="instant", better="none",
        windows=NOW, cohort="stock", clock="declared", open_cases="only open cases count",
    ),
    Description(
        key="closed", function=functions.closed("observed"), label_id="Selesai", label_en="Closed",
        definition_id="Perkara yang menurut pengamatan ruang ini selesai dalam jendela waktu dan tetap selesai."
        + LAPSED_ID,
        definition_en="Cases the room saw closed in the window and that are still closed." + LAPSED_EN,
        numerator="cases closed in the window", denominator=None, unit="cases", better="up", windows=FLOW,
        cohort="closed", clock="observed", open_cases="a case that was reopened is no longer counted",
    ),
    Description(
        key="closed_declared", function=functions.closed("declared"), label_id="Selesai (versi sumber)",
        label_en="Closed (declared)",
        definition_id="Perkara yang menurut sumber selesai dalam jendela waktu dan tetap selesai." + LAPSED_ID,
        definition_en="Cases the source says were closed in the window and that are still closed." + LAPSED_EN,
        numerator="cases closed in the window", denominator=None, unit="cases", better="up", windows=FLOW,
        cohort="closed", clock="declared", open_cases="a case that was reopened is no longer counted",
        visibility="desk",
    ),
    Description(
        key="transferred", function=functions.transferred, label_id="Bukan kewenangan kota",
        label_en="Not the city's matter",
        definition_id="Perkara yang diterima dalam jendela waktu dan oleh sumbernya dinyatakan bukan kewenangan kota, "
        "lalu dialihkan ke luar.",
        definition_en="Cases received in the window that their source says are not the city's and that left it.",
        numerator="cases received in the window and transferred out of the city", denominator=None, unit="cases",
        better="none", windows=FLOW, cohort="opened", clock="declared", open_cases="not in it",
    ),
    _in_time("closed_in_time", "observed", proposed=False, visible=True),
    _in_time("closed_in_time_proposed", "observed", proposed=True, visible=True),
    _in_time("closed_in_time_declared", "declared", proposed=False, visible=False),
    _in_time("closed_in_time_proposed_declared", "declared", proposed=True, visible=False),
    _answered("answered_in_time", proposed=False),
    _answered("answered_in_time_proposed", proposed=True),
    _answered("answered_in_time_declared", proposed=False, clock="declared"),
    _answered("answered_in_time_proposed_declared", proposed=True, clock="declared"),
    *_durations(),
    Description(
        key="throughput", function=functions.throughput, label_id="Terlayani per hari kerja",
        label_en="Served per working day",
        definition_id="Perkara yang selesai dalam jendela waktu dibagi hari kerja jendela itu sampai hari ini.",
        definition_en="Cases closed in the window over its working days up to today.",
        numerator="cases closed in the window", denominator="working days of the window up to today",
        unit="cases_per_day", better="up", windows=("today", "d7", "d30", "month", "year"), cohort="closed",
        clock="observed", open_cases="not in it", kinds=SERVICES,
    ),
    Description(
        key="cohort_today", function=functions.cohort, label_id="Kohor hari ini", label_en="Today's cohort",
        definition_id="Diterima sejak pukul 00.00 = menunggu + proses + selesai (dan dialihkan, tidak dikenal, hilang, "
        "luar cakupan bila ada) menurut keadaan sekarang. Diterima dihitung saat perkara masuk, bagian-bagiannya "
        "dari perkara yang ada sekarang; selisih yang tidak terjelaskan ditampilkan.",
        definition_en="Received since 00.00 = waiting + in process + closed (and transferred, unknown, vanished, "
        "not covered where there are any) by state now. Received is counted as cases come in, its parts from the "
        "cases held now; what they do not explain is shown.",
        numerator="cases received since 00.00", denominator=None, unit="cases", better="none", windows=TODAY,
        cohort="opened", clock="declared", open_cases="counted by their state now",
    ),
    Description(
        key="stock", function=functions.stock, label_id="Neraca stok", label_en="Stock",
        definition_id="Terbuka pada pukul 00.00 + diterima + dibuka kembali + masuk dari unit lain - selesai - "
        "dialihkan - pindah ke unit lain - hilang - luar cakupan sumber = terbuka sekarang, menurut pengamatan ruang "
        "ini. Awal dan akhir dihitung dari perkara terbuka, sisanya dari perubahan; selisih yang tidak terjelaskan "
        "ditampilkan.",
        definition_en="Open at 00.00 + received + reopened + moved in - closed - transferred out - moved out - "
        "vanished - no longer covered by the source = open now, as the room saw it. Start and end are counted from "
        "the open cases, the rest from changes; what they do not explain is shown.",
        numerator="open cases now", denominator=None, unit="cases", better="none", windows=TODAY, cohort="stock",
        clock="observed", open_cases="open = waiting, in process, paused or in an unknown state",
    ),
)  # fmt: skip
"""In the order screens and documents show them."""

BY_KEY = {description.key: description for description in DESCRIPTIONS}
