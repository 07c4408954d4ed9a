"""What is kept in versions beside the records: policies, targets, registries, calendar; never a secret. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.config.model import Config

_REGISTRIES = ("departments", "categories", "commodities", "markets", "price_limits")


def declared_bodies(config: Config, kpis: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """What is versioned beside the records; nothing that may hold a secret or an address."""
    whole = config.model_dump(mode="json")
    bodies: dict[str, dict[str, Any]] = {
        "policy": {body["id"]: body for body in whole["policies"]},
        "target": dict(whole["kpis"]),
        "regions": {"regions": whole["regions"]},
        "calendar": {name: whole[name] for name in ("working_hours", "holidays", "publications", "shifts")},
        "kind": dict(whole["kinds"]),
        "metric": dict(whole["metrics"]),
        "component": dict(whole["components"]),
        "status_kind": dict(whole["status_kinds"]),
        "source": {
            body["id"]: {k: v for k, v in body.items() if k not in ("url", "folder", "headers", "auth", "options")}
            for body in whole["sources"]
        },
    }
    for name in _REGISTRIES:
        bodies[name] = {_name_of(body): body for body in whole[name]}
    if kpis is not None:
        bodies["kpi"] = dict(kpis)
    return bodies


def _name_of(body: Mapping[str, Any]) -> str:
    if "amount" in body:
        return f"{body['commodity']}|{body['kind']}|{body['unit']}|{body['valid_from']}"
    return str(body.get("code") or body["abbr"])
