"""What a metric, its targets and the facilities say of one another and of the rest; pure, on the values as written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.config.complaints import Complaint, Path, near
from dashboard.config.metrics import OF_THE_CITY

Rows = list[tuple[Path, dict[str, Any]]]


def metrics_check(data: Any) -> Iterator[Complaint]:
    """In no order; a value of the wrong type is the model's complaint."""
    metrics = _block(data, "metrics")
    groups, kinds = list(_block(data, "measure_groups")), _kinds(data)
    places = _places(data)
    for key, metric in metrics.items():
        if not isinstance(metric, dict):
            continue
        path: Path = ("metrics", key)
        group, owes = metric.get("group"), metric.get("places")
        if isinstance(group, str) and group not in groups:
            yield (*path, "group"), f"'{group}' is no declared group", near(group, groups)
        if isinstance(owes, str) and owes not in (*OF_THE_CITY, *kinds):
            yield (*path, "places"), f"'{owes}' is no kind of place", near(owes, [*OF_THE_CITY, *kinds])
        yield from _uses(path, metric, metrics)
        yield from _targets(path, metric, places)
    yield from _rings(metrics)
    yield from _components(data, metrics)
    districts = [str(row.get("code")) for row in _list(_block(data, "regions").get("districts"))]
    for index, facility in enumerate(_list(data.get("facilities") if isinstance(data, dict) else None)):
        district = facility.get("district")
        if isinstance(district, str) and district not in districts:
            yield ("facilities", index, "district"), f"'{district}' is no declared district", near(district, districts)


def used(metric: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where a metric names another one, and which."""
    for path in (("ratio", "numerator"), ("ratio", "denominator"), ("index", "of"), ("target_from",), ("total_of",)):
        value: Any = metric
        for part in path:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield path, value


def _uses(path: Path, metric: dict[str, Any], metrics: dict[str, Any]) -> Iterator[Complaint]:
    for where, name in used(metric):
        if name not in metrics:
            yield (*path, *where), f"'{name}' is no declared metric", near(name, list(metrics))
        elif where[0] == "ratio" and isinstance(metrics[name], dict) and {"ratio", "index"} & metrics[name].keys():
            yield (*path, *where), f"'{name}' is made of others itself", "name metrics that a source reports"
    of = next((metrics.get(name) for where, name in used(metric) if where[0] == "index"), None)
    if isinstance(of, dict) and of.get("variants") != "items":
        yield (*path, "index", "of"), "has no items to weigh", "say variants: items in that metric"


def _components(data: Any, metrics: dict[str, Any]) -> Iterator[Complaint]:
    for key, component in _block(data, "components").items():
        parts = component.get("parts") if isinstance(component, dict) else None
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            name = part.get("measure") if isinstance(part, dict) else None
            path: Path = ("components", key, "parts", index, "measure")
            if isinstance(name, str) and name not in metrics:
                yield path, f"'{name}' is no declared metric", near(name, list(metrics))


def _rings(metrics: dict[str, Any]) -> Iterator[Complaint]:
    for key in metrics:
        seen, ahead = set[str](), [key]
        while ahead:
            metric = metrics.get(ahead.pop())
            for _, name in used(metric) if isinstance(metric, dict) else ():
                if name == key:
                    yield ("metrics", key), "is made of itself", "break the ring"
                    ahead = []
                    break
                if name not in seen:
                    seen.add(name)
                    ahead.append(name)


def _targets(path: Path, metric: dict[str, Any], places: list[str]) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, target in enumerate(_list(metric.get("targets"))):
        where: Path = (*path, "targets", index)
        place, item = target.get("place"), target.get("item")
        if isinstance(place, str) and place not in (*places, "*"):
            yield (*where, "place"), f"'{place}' is no place of the city", near(place, places)
        items = list(_block(metric, "items"))
        if isinstance(item, str) and item not in items:
            yield (*where, "item"), f"'{item}' is no item of the metric", near(item, items)
        mark = repr((place, item, target.get("valid_from")))
        if mark in seen:
            yield (*where, "valid_from"), "two targets begin on the same day", "keep one of them"
        seen.add(mark)


def _places(data: Any) -> list[str]:
    regions = _block(data, "regions")
    rows = [*_list(regions.get("districts")), *_list(regions.get("subdistricts")), *_list(_of(data, "facilities"))]
    codes = [str(row.get("code")) for row in rows]
    codes += [str(row.get("abbr")) for row in _list(_of(data, "departments"))]
    return [*codes, str(_block(data, "city").get("code"))]


def _kinds(data: Any) -> list[str]:
    return list(dict.fromkeys(str(row.get("kind")) for row in _list(_of(data, "facilities"))))


def _of(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def _block(data: Any, key: str) -> dict[str, Any]:
    found = _of(data, key)
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
