"""Documents as the collector publishes them, with the longest real names and every state."""

from __future__ import annotations

from typing import Any

from dashboard.access import AUDIENCES
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from dashboard.disclosure import Disclosure
from dashboard.snapshot import encode

NOW = 1_795_500_332_000  # 24 November 2026, 14.05.32 WIB... close enough for a picture


def for_walls(config: Config) -> Disclosure:
    """What a wall of this configuration may be told."""
    return Disclosure(Registry(config), AUDIENCES["wall"])


def value(key: str, number: float | None, now: int, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "value": number,
        "numerator": number,
        "denominator": None,
        "n": 34,
        "unit": "cases",
        "window": {"name": "now", "start": None, "end": None},
        "cohort": "stock",
        "clock": "observed",
        "as_of": now,
        "data_at": now,
        "sources": ["laksa"],
        "missing": [],
        **more,
    }


def due(state: str, i: int, now: int) -> int | None:
    """A deadline that fits the state of a row."""
    if state == "none":
        return None
    return now + (i + 1) * 3_600_000 if state in ("soon", "open") else now - 86_400_000 * 3 + i * 8_000_000


def documents(
    config: Config,
    seq: int = 1,
    now: int = NOW,
    open_cases: int = 193,
    row_more: dict[str, Any] | None = None,
    source_more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """``row_more``, ``source_more``: what every row of the queue, every source says otherwise."""
    states = ("overdue", "overdue", "soon", "open", "paused", "none")
    categories = [c.code for c in config.categories if c.visibility == "wall"]
    rows = [
        {
            "number": 14_000 + i,
            "kind": "aspiration",
            "category": categories[i % len(categories)],
            "klass": "complaint",
            "district": config.regions.districts[i % 13].code,
            "subdistrict": None,
            "department": config.departments[i % len(config.departments)].abbr,
            "status": "waiting",
            "status_word": "menunggu",
            "opened_at": now - 86_400_000 * (30 - i) - 12_345_000,
            "observed_at": None,
            "held_since": now - (3 + i) * 86_400_000 if i % 3 == 0 else None,
            "due_at": due(states[i % 6], i, now),
            "due_basis": "usulan",
            "provisional": False,
            "state": states[i % 6],
            "new": i == 3,
            "group_size": 3 if i == 2 else 1,
            "source": "laksa",
            "provenance": "simulated",
        }
        for i in range(30)
    ]
    parts = {"waiting": 6, "in_process": 9, "closed": 21}
    stock = {"start": 190, "received": 37, "reopened": 1, "closed": -35}
    aspirations = {
        "aspiration.cohort_today.today": value("cohort_today", 37, now, parts=parts, remainder=1),
        "aspiration.stock.today": value("stock", open_cases, now, parts=stock, remainder=0),
        "aspiration.response_median.d30": value("response_median", 95_000, now),
        "aspiration.closed.today": value("closed", 21, now),
    }
    prices = [
        {
            "commodity": c.code,
            "unit": c.unit,
            "basis": "survey",
            "not_reported_since": None,
            "previous_markets": 5,
            "cv_surveys": 30,
            "limit_status": "ditetapkan",
            "value": None if c.code == "soybean_imported" else 15_400.0 + 9_000 * i,
            "survey": "2026-11-24",
            "previous": 15_200.0,
            "previous_survey": "2026-11-23",
            "change": 200.0 * (i % 3 - 1),
            "change_pct": 1.3 * (i % 3 - 1),
            "markets": 5,
            "markets_open": 6,
            "spread_pct": 4.0,
            "cv_pct": 2.0,
            "limit": 14_900.0,
            "limit_kind": "HET",
            "over": i % 4 == 0,
            "days_over": 3,
            "surveys_limited": 30,
            "copied_forward": False,
            "missing": [],
            "source": "markets",
            "provenance": "simulated",
        }
        for i, c in enumerate(c for c in config.commodities if c.wall)
    ]
    found: dict[str, Any] = {
        "meta": {
            "seq": seq, "epoch": 1, "as_of": now, "city": config.city.code, "rate": 1.0, "provenance": ["simulated"],
            "leader": "test", "restored": False, "day_start": now, "shift": None, "shift_start": None,
            "uplink_down": False, "config_digest": "x",
        },
        "kpi:aspiration:city": aspirations,
        "kpi:permit:city": {"permit.open.now": value("open", 64, now)},
        "queue:aspiration": {"rows": rows, "open": open_cases, "overdue": 19, "confidential": 4, "as_of": now},
        "prices": {"rows": prices, "by_source": {}, "data_at": now, "as_of": now},
        "components": {"components": cards(config, now), "as_of": now},
        "sources": [source(s.id, s.type, "fresh" if i % 12 else "broken", now) for i, s in enumerate(config.sources)],
        "changes": [],
    }  # fmt: skip
    for row in rows:
        row.update(row_more or {})
    for state in found["sources"]:
        state.update(source_more or {})
    for index, district in enumerate(config.regions.districts):
        found[f"kpi:aspiration:district:{district.code}"] = {
            "aspiration.open.now": value("open", 3 + 2 * index, now),
            "aspiration.overdue_proposed.now": value("overdue_proposed", index % 5, now),
        }
    return found


def cards(config: Config, now: int) -> dict[str, Any]:
    """A score card of each component, whose awaited parts are not known."""
    return {
        key: {
            "score": 88.4 + n, "covered": 0.83, "cap": 100.0, "proposed": 2,
            "parts": [
                {
                    "key": part.key,
                    "of": next((of for of in ("measure", "figure", "prices") if getattr(part, of)), "awaited"),
                    "weight": part.weight, "value": None if part.awaited else 91.5, "unit": "percent", "at": now,
                    "target": 95.0, "target_status": "usulan", "target_set_by": "TLR", "target_from": "2026-01-01",
                    "pace": None, "performance": None if part.awaited else 96.3, "small": False, "missing": [],
                    "sources": [] if part.awaited else ["laksa"], "targets": [],
                }
                for part in component.parts
            ],
        }
        for n, (key, component) in enumerate(config.components.items())
    }  # fmt: skip


def source(ident: str, kind: str, state: str, now: int) -> dict[str, Any]:
    return {
        "id": ident, "type": kind, "shapes": ["case"], "state": state, "since": now - 60_000,
        "cause": "timeout" if state == "broken" else None, "last_poll": now - 4_000, "last_success": now - 9_000,
        "last_change": now - 9_000, "data_at": now - 9_000, "next_run": now + 5_000, "next_publication": None,
        "rows": 193, "rejected": 0, "reject_reasons": {}, "unknown_words": {}, "drift": [], "breaker": "closed",
        "duration_ms": 12.0, "skew_s": 0.0, "copied_forward": False, "tier": "bronze", "provenance": "simulated",
        "every_s": 5.0,
    }  # fmt: skip


def encoded(found: dict[str, Any]) -> dict[str, bytes]:
    return {key: encode(body) for key, body in found.items()}
