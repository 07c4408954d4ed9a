"""A small invented city for tests, through the real loader; never a shortcut past it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.config.loader import load_text
from dashboard.config.model import Config


def _label(text: str) -> dict[str, str]:
    return {"id": text, "en": text}


_DAY = [{"start": "08:00", "end": "12:00"}, {"start": "13:00", "end": "16:00"}]
_SMALL: dict[str, Any] = {
    "city": {"code": "99.01", "name": "Kota Contoh", "room": "Ruang Contoh"},
    "regions": {
        "districts": [
            {"code": "99.01.01", "name": "Utara", "lat": -6.10, "lon": 106.60, "area_km2": 4.0},
            {"code": "99.01.02", "name": "Selatan", "lat": -6.20, "lon": 106.6, "area_km2": 5},
        ],
        "subdistricts": [
            {"code": "99.01.01.1001", "parent": "99.01.01", "name": "Melati", "lat": -6.09, "lon": 106.6},
            {"code": "99.01.01.1002", "parent": "99.01.01", "name": "Selatan", "lat": -6.11, "lon": 106.6},
            {"code": "99.01.02.1001", "parent": "99.01.02", "name": "Mawar", "lat": -6.20, "lon": 106.6, "area_km2": 5},
        ],
    },
    "departments": [
        {"abbr": "PU", "name": "Dinas Pekerjaan Umum"},
        {"abbr": "Kominfo", "name": "Dinas Komunikasi"},
        {"abbr": "BPBD", "name": "Badan Penanggulangan Bencana", "hours": "always"},
        {"abbr": "Inspektorat", "name": "Inspektorat", "visibility": "confidential"},
    ],
    "kinds": {
        "aspiration": {"label": _label("Aspirasi"), "retention_days": 365},
        "permit": {"label": _label("Izin"), "policy_by": "category"},
    },
    "status_kinds": {
        "site": {
            "label": _label("Situs"),
            "states": {
                "up": {"label": _label("Hidup"), "level": "well"},
                "flapping": {"label": _label("Tidak tetap"), "level": "poor"},
                "down": {"label": _label("Mati"), "level": "bad"},
            },
        },
    },
    "classes": {
        "complaint": _label("Pengaduan"),
        "information": _label("Permintaan informasi"),
        "supervision": _label("Berkadar pengawasan"),
        "aspiration": _label("Aspirasi"),
    },
    "categories": [
        {"code": "road", "label": _label("Jalan rusak"), "aliases": ["jalan berlubang"], "department": "PU"},
        {"code": "flood", "label": _label("Banjir"), "department": "BPBD"},
        {"code": "poverty", "label": _label("Bantuan sosial"), "visibility": "desk"},
        {"code": "bribe", "label": _label("Pungli"), "department": "Inspektorat", "visibility": "confidential"},
        {"code": "billboard", "label": _label("Izin reklame")},
    ],
    "commodities": [
        {"code": "rice", "label": _label("Beras"), "unit": "kg", "aliases": ["Beras IR I"]},
        {"code": "chili", "label": _label("Cabai merah keriting"), "unit": "kg", "aliases": ["Cabe Merah Keriting"]},
        {"code": "chicken", "label": _label("Ayam broiler"), "unit": "ekor"},
    ],
    "markets": [
        {"code": "anyar", "label": _label("Pasar Anyar"), "district": "99.01.01"},
        {"code": "bandeng", "label": _label("Pasar Bandeng"), "district": "99.01.02", "valid_to": "2026-07-01"},
    ],
    "price_limits": [
        {"commodity": "chili", "kind": "HAP", "unit": "kg", "lower": 37000, "amount": 55000,
         "valid_from": "2025-01-01", "basis": "Perbadan 12/2024"},
    ],
    "measure_groups": {"office": _label("Kantor")},
    "metrics": {
        "served": {"label": _label("Dilayani"), "group": "office", "unit": "kg", "definition": _label("Yang dilayani"),
                   "places": "district", "aggregation": "sum", "better": "up",
                   "targets": [{"value": 50_000, "valid_from": "2026-11-10", "set_by": "Ruang Contoh",
                                "basis": "contoh", "status": "usulan"}]},
    },
    "components": {
        "government": {"label": _label("Pemerintahan"), "parts": [
            {"figure": "aspiration.closed_in_time.d30", "weight": 2, "targets": [
                {"value": 90, "valid_from": "2026-01-01", "set_by": "Ruang Contoh", "basis": "contoh",
                 "status": "usulan"}]},
            {"measure": "served"}, {"awaited": _label("Dokumen")}, {"prices": "reported"},
        ]},
    },
    "working_hours": {
        "office": {"week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _DAY)},
        "always": {"always": True, "holidays": False},
    },
    "holidays": {"decreed_years": [2025, 2026]},
    "publications": {"weekdays": {"days": ["mon", "tue", "wed", "thu", "fri"], "at": "13:00", "grace_minutes": 30}},
    "policies": [
        {"id": "complaint", "kind": "aspiration", "klass": "complaint", "amount": 14, "unit": "working_days",
         "basis": "SP4N", "status": "usulan", "valid_from": "2016-01-01", "set_by": "Ruang Contoh"},
        {"id": "information", "kind": "aspiration", "klass": "information", "amount": 5, "unit": "working_days",
         "basis": "SP4N", "status": "usulan", "valid_from": "2016-01-01", "set_by": "Ruang Contoh"},
        {"id": "aspiration", "kind": "aspiration", "klass": "aspiration", "amount": None,
         "basis": "SP4N", "status": "usulan", "valid_from": "2016-01-01", "set_by": "Ruang Contoh"},
        {"id": "first", "kind": "aspiration", "measure": "first_response", "amount": 3, "unit": "working_days",
         "basis": "SP4N", "status": "usulan", "valid_from": "2016-01-01", "set_by": "Ruang Contoh"},
        {"id": "billboard", "kind": "permit", "category": "billboard", "amount": 12, "unit": "working_days",
         "basis": "SOP 1109", "status": "ditetapkan", "valid_from": "2019-01-01", "set_by": "Kota Contoh"},
    ],
    "shifts": [
        {"id": "day", "label": _label("Siang"), "start": "07:00", "end": "19:00"},
        {"id": "night", "label": _label("Malam"), "start": "19:00", "end": "07:00"},
    ],
    "sources": [
        {"id": "laksa", "type": "laksa", "label": _label("LAKSA"), "department": "Kominfo",
         "url": "http://127.0.0.1:9", "every_s": 5, "allow_private": True, "provenance": "simulated"},
        {"id": "prices", "type": "tpid_prices", "label": _label("Pasar"), "url": "http://127.0.0.1:9",
         "every_s": 60, "allow_private": True, "publication": "weekdays", "provenance": "simulated"},
    ],
    "walls": {"main": {"title": _label("Dinding utama"), "viewing_distance_m": 3}},
}  # fmt: skip


def small_data(**overrides: Any) -> dict[str, Any]:
    """The small city as plain values. An override replaces its section; a block given for a block is laid
    over it key by key (one level); None removes the section."""
    data = copy.deepcopy(_SMALL)
    for section, value in overrides.items():
        if value is None:
            data.pop(section, None)
        elif isinstance(value, dict) and isinstance(data.get(section), dict):
            data[section] = {**data[section], **value}
        else:
            data[section] = value
    return data


def small_config(*, folder: Path | None = None, env: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """A valid Config of the small city; raises ConfigError like ``load_config`` when an override is wrong.

    >>> small_config(min_sample=1, city={"zone": "Asia/Makassar"}).city.zone
    'Asia/Makassar'
    """
    body = json.dumps(small_data(**overrides), default=str).encode()  # JSON is YAML
    return load_text(body, "small.yaml", folder or Path(), env or {})
