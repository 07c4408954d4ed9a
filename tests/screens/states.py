"""Documents of every condition a wall must survive, with the longest real names of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.config.model import Config
from dashboard.kpi.groups import FIGURES as GROUPED
from tests.live import samples
from tests.live.samples import NOW, value

LARGE = 1_234
DAY = 86_400_000
WHAT = ("opened", "responded", "closed", "reopened", "overdue", "vanished", "uncovered", "backdated")


def _name(label: Any) -> int:
    return max(len(label.short or label.id), len(label.short_en or label.en))


def full(config: Config) -> dict[str, Any]:
    """An ordinary day, but every name is the longest of its kind and every figure is there."""
    found = samples.documents(config)
    categories = sorted((c for c in config.categories if c.visibility == "wall"), key=lambda c: -_name(c.label))
    districts = sorted(config.regions.districts, key=lambda d: -len(d.short or d.name))
    departments = sorted(config.departments, key=lambda d: -len(d.short or d.abbr))
    for index, row in enumerate(found["queue:aspiration"]["rows"]):
        row["category"] = categories[index % len(categories)].code
        row["district"] = districts[index % 3].code
        row["department"] = departments[index % 5].abbr
        row["provisional"] = index % 2 == 0
        row["group_size"] = 12 if index % 4 == 1 else 1
        row["new"] = index % 3 == 0
    found["queue:aspiration"]["overdue_proposed"] = 16
    found["meta"] |= {"shift": "night", "provenance": ["simulated", "replay"], "rate": 60.0}
    found["sources"] = [samples.source(s.id, s.type, "fresh", NOW) for s in config.sources]
    found["changes"] = [
        {"at": NOW - n * 60_000, "what": what, "number": 14_000 + n, "kind": "aspiration",
         "category": categories[n % len(categories)].code, "district": districts[0].code, "source": "laksa",
         "department": departments[n % 5].abbr, "detail": None}
        for n, what in enumerate(WHAT * 4)
    ]  # fmt: skip
    for n, source in enumerate(config.sources):
        found["changes"].append({"at": NOW - n, "what": "source", "number": None, "kind": None, "category": None,
                                 "department": None, "district": None, "source": source.id,
                                 "detail": "broken"})  # fmt: skip
    for row in found["prices"]["rows"]:
        row["source"] = "tpid_prices"
    for kind in config.kinds:
        for key, window, number in _figures():
            more = {"denominator": 193} if key.startswith("overdue") else {}
            found.setdefault(f"kpi:{kind}:city", {})[f"{kind}.{key}.{window}"] = value(
                key, number, NOW, target=90.0, **more
            )
    found |= {f"groups:{kind}": _groups(config, kind) for kind in config.kinds}
    found["kpi:aspiration:city"]["aspiration.open.now"] = value(
        "open", 193, NOW, missing=["unknown_district:3", "source:laksa"]
    )
    return found


def _groups(config: Config, kind: str) -> dict[str, Any]:
    """Every figure of the longest categories and of all classes."""
    categories = sorted(config.categories, key=lambda c: -len(c.label.id))[:6]
    names = [*(f"category:{c.code}" for c in categories), *(f"class:{name}" for name in config.classes)]
    keys = [f"{kind}.{key}.{window}" for key, windows in GROUPED for window in windows]
    one = {"value": 92_345.0, "numerator": 9.0, "denominator": 34.0, "n": 34.0, "missing": []}
    rows = {name: dict.fromkeys(keys, one) for name in names}
    figures = {key: {"name": "now", "start": None, "end": None} for key in keys}
    return {"figures": figures, "rows": rows, "sources": ["laksa"], "missing": [], "data_at": NOW, "as_of": NOW}


def _figures() -> list[tuple[str, str, float]]:
    counts = [(key, window, 37.0) for key in ("received", "closed") for window in ("today", "shift", "d7")]
    spans = [
        (f"{what}_{place}", "d30", 2 * 86_400.0 + 82_000)
        for what in ("response", "resolution")
        for place in ("median", "p90")
    ]
    shares = [("closed_in_time", "d30", 87.3), ("closed_in_time_proposed", "d30", 100.0)]
    now = [
        ("waiting", "now", 144.0),
        ("in_process", "now", 21.0),
        ("overdue", "now", 3.0),
        ("overdue_proposed", "now", 50.0),
    ]
    return [*counts, *spans, *shares, *now, ("oldest_open", "now", float(NOW - 81 * DAY))]


def empty(config: Config) -> dict[str, Any]:
    """The room has started and nothing has answered yet."""
    return {"meta": samples.documents(config)["meta"], "sources": [], "changes": []}


def mixed(config: Config) -> dict[str, Any]:
    """Every state a source may be in, and the longest causes."""
    found = full(config)
    states = ("broken", "stale", "late", "never", "due", "not_due", "quiet")
    for index, state in enumerate(found["sources"]):
        state["state"] = states[index % len(states)]
        state["cause"] = "cause.html_instead_of_data" if state["state"] == "broken" else None
        state["last_success"] = None if state["state"] == "never" else NOW - 9 * 3_600_000 - 3_540_000
        state["next_publication"] = NOW + 3_600_000
    return found


def broken(config: Config) -> dict[str, Any]:
    """Everything fails at once and the room's own uplink is the cause."""
    found = full(config)
    for state in found["sources"]:
        state |= {"state": "broken", "cause": "cause.too_many_rejects"}
    found["meta"]["uplink_down"] = True
    return found


def flood(config: Config) -> dict[str, Any]:
    """Ten times the reports of any other day; every summand of both sums is there."""
    found = full(config)
    found["queue:aspiration"] |= {"open": 12_345, "overdue": 4_321, "overdue_proposed": 4_000, "confidential": 123}
    parts = dict.fromkeys(("waiting", "in_process", "closed", "transferred", "unknown", "vanished", "uncovered"), LARGE)
    stock = dict.fromkeys(("start", "received", "reopened", "moved_in"), LARGE)
    stock |= dict.fromkeys(("closed", "transferred", "moved_out", "vanished", "uncovered"), -LARGE)
    found["kpi:aspiration:city"] |= {
        "aspiration.cohort_today.today": value("cohort_today", 7_404, NOW, parts=parts, remainder=-12),
        "aspiration.stock.today": value("stock", 12_345, NOW, parts=stock, remainder=123),
        "aspiration.open.now": value("open", 1_000, NOW),
        "aspiration.overdue_proposed.now": value("overdue_proposed", 150, NOW, denominator=1_000),
        "aspiration.overdue.now": value("overdue", 0, NOW, denominator=1_000),  # as in its districts
    }
    for index, district in enumerate(config.regions.districts):
        late = (99, 3, 0, 45, 12, 99)[index % 6]
        found[f"kpi:aspiration:district:{district.code}"] = {
            "aspiration.open.now": value("open", 4 if index == 5 else 199, NOW),
            "aspiration.overdue_proposed.now": value("overdue_proposed", min(late, 4) if index == 5 else late, NOW),
        }
    for index, row in enumerate(found["prices"]["rows"]):
        row |= {"value": 137_900.0, "change": 12_545.0 * (-1) ** index, "change_pct": 15.0, "over": index % 2 == 0,
                "markets": 11, "markets_open": 12, "copied_forward": True,
                "survey": "2026-11-20" if index % 5 == 0 else row["survey"]}  # fmt: skip
        if index % 6 == 4:
            row |= {"missing": ["doubtful:420"]}
        if index % 7 == 3:
            row |= {"over": None, "limit": None, "limit_kind": None, "markets": 1, "markets_open": 1}
    return found


STATES: dict[str, Callable[[Config], dict[str, Any]]] = {
    "full": full, "empty": empty, "mixed": mixed, "broken": broken, "flood": flood,
}  # fmt: skip
