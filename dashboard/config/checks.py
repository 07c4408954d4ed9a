"""What one part of the configuration says about another: references, duplicates, dates; pure, on raw values.

It works on the values as written, so that one wrong key elsewhere hides nothing here. A value of the wrong
type is the model's complaint and passes silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise, product
from typing import Any
from zoneinfo import ZoneInfo

import holidays as holiday_library

from dashboard.config.complaints import Complaint, Path, near
from dashboard.config.words import canonical_unit, fold, spellings

Rows = list[tuple[Path, dict[str, Any]]]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Lists whose entries have a name of their own: section path -> key.
_NAMED: tuple[tuple[Path, str], ...] = (
    (("regions", "districts"), "code"),
    (("regions", "subdistricts"), "code"),
    (("departments",), "abbr"),
    (("categories",), "code"),
    (("commodities",), "code"),
    (("markets",), "code"),
    (("policies",), "id"),
    (("shifts",), "id"),
    (("facilities",), "code"),
    (("sources",), "id"),
)

# section, key, the section it points to, what that is called
_REFERENCES: tuple[tuple[Path, str, Path, str], ...] = (
    (("regions", "subdistricts"), "parent", ("regions", "districts"), "district"),
    (("departments",), "successor", ("departments",), "department"),
    (("departments",), "district", ("regions", "districts"), "district"),
    (("departments",), "hours", ("working_hours",), "working hours"),
    (("categories",), "department", ("departments",), "department"),
    (("price_limits",), "commodity", ("commodities",), "commodity"),
    (("markets",), "district", ("regions", "districts"), "district"),
    (("policies",), "kind", ("kinds",), "kind"),
    (("policies",), "klass", ("classes",), "class"),
    (("policies",), "category", ("categories",), "category"),
    (("policies",), "sources", ("sources",), "source"),
    (("sources",), "department", ("departments",), "department"),
    (("sources",), "publication", ("publications",), "publication"),
    (("walls",), "kind", ("kinds",), "kind"),
    (("published_totals",), "kind", ("kinds",), "kind"),
)

_MANDATORY = ("regions", "departments", "kinds", "working_hours")


def cross_check(data: dict[str, Any]) -> list[Complaint]:
    """Every contradiction between parts, in no order."""
    found: list[Complaint] = []
    for check in _CHECKS:
        found.extend(check(data))
    return found


def at(data: Any, path: Path) -> Any:
    """What stands at ``path``, or None."""
    for part in path:
        keyed = isinstance(data, dict) and part in data
        indexed = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if not (keyed or indexed):
            return None
        data = data[part]
    return data


def listed(data: Any, path: Path) -> list[Any]:
    """The list at ``path``, or an empty one."""
    value = at(data, path)
    return value if isinstance(value, list) else []


def rows(data: Any, section: Path) -> Rows:
    """Entries of a list or of a block, that are blocks themselves."""
    value = at(data, section)
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, list):
        pairs = list(enumerate(value))
    elif isinstance(value, dict):
        pairs = list(value.items())
    return [((*section, key), child) for key, child in pairs if isinstance(child, dict)]


def names(data: Any, section: Path) -> list[str]:
    """What can be referred to in a section."""
    value = at(data, section)
    if isinstance(value, dict):
        return [str(key) for key in value]
    key = dict(_NAMED).get(section, "id")
    return [row[key] for _, row in rows(data, section) if isinstance(row.get(key), str)]


def _duplicates(data: Any) -> Iterator[Complaint]:
    for section, key in _NAMED:
        seen: dict[str, Path] = {}
        for path, row in rows(data, section):
            name = row.get(key)
            if isinstance(name, str) and seen.setdefault(name, path) != path:
                yield (*path, key), f"'{name}' is declared twice", "give each its own, or remove one"


def _references(data: Any) -> Iterator[Complaint]:
    for section, key, target, what in _REFERENCES:
        if target[0] in _MANDATORY and at(data, target) is None:
            continue  # one complaint, that the section is missing, is enough
        known = names(data, target)
        for path, row in rows(data, section):
            for place, word in _each(row.get(key), (*path, key)):
                if isinstance(word, str) and word not in known:
                    yield place, f"'{word}' is no declared {what}", near(word, known)


def _each(value: Any, path: Path) -> list[tuple[Path, Any]]:
    """The entries of a list with their places, or what stands there alone."""
    return [((*path, index), one) for index, one in enumerate(value)] if isinstance(value, list) else [(path, value)]


def _ambiguous_words(data: Any) -> Iterator[Complaint]:
    families = (("departments", ("departments",), "abbr"), ("categories", ("categories",), "code"),
                ("markets", ("markets",), "code"), ("districts", ("regions", "districts"), "code"),
                ("facilities", ("facilities",), "code"))  # fmt: skip
    for family, section, key in families:
        owner: dict[str, str] = {}
        for path, row in rows(data, section):
            aliases = row.get("aliases")
            label = row.get("label")
            own = [row.get(key), row.get("name"), label.get("id") if isinstance(label, dict) else None]
            for index, word in enumerate([*own, *(aliases if isinstance(aliases, list) else [])]):
                if not isinstance(word, str):
                    continue
                folded = spellings(word, family.removesuffix("s"))[-1]
                if owner.setdefault(folded, str(row.get(key))) != str(row.get(key)):
                    place: Path = (*path, "aliases", index - 3) if index >= 3 else path
                    yield place, f"'{word}' already means {owner[folded]}", "keep the word in one place"


def _ambiguous_goods(data: Any) -> Iterator[Complaint]:
    owner: dict[tuple[str, str], str] = {}
    for path, row in rows(data, ("commodities",)):
        label, aliases = row.get("label"), row.get("aliases")
        own = [label.get("id") if isinstance(label, dict) else None]
        for index, word in enumerate([*own, *(aliases if isinstance(aliases, list) else [])]):
            if isinstance(word, str):
                name, _, unit = word.partition("|")
                key = fold(name), canonical_unit(unit) or str(row.get("unit"))
                if owner.setdefault(key, str(row.get("code"))) != str(row.get("code")):
                    place: Path = (*path, "aliases", index - 1) if index else path
                    yield place, f"'{name}' by {key[1]} already means {owner[key]}", "keep the word in one place"


def _dates(data: Any) -> Iterator[Complaint]:
    for section in (("departments",), ("markets",), ("price_limits",), ("policies",), ("facilities",)):
        for path, row in rows(data, section):
            start, end = row.get("valid_from"), row.get("valid_to")
            if isinstance(start, str) and isinstance(end, str) and end <= start:
                yield (
                    (*path, "valid_to"),
                    f"ends {end}, not after it starts {start}",
                    "valid_to is the first day without",
                )
    yield from _overlaps(
        data, ("policies",), ("kind", "klass", "category", "measure", "sources"), {"measure": "resolution"}
    )
    yield from _overlaps(data, ("price_limits",), ("commodity", "kind", "unit"), {})


def _overlaps(data: Any, section: Path, keys: tuple[str, ...], default: dict[str, str]) -> Iterator[Complaint]:
    groups: dict[str, Rows] = {}
    for path, row in rows(data, section):
        if not isinstance(row.get("valid_from"), str):
            continue
        values = [[one for _, one in _each(row.get(key, default.get(key)), ())] for key in keys]
        for combination in product(*values):
            groups.setdefault(repr(combination), []).append((path, row))
    for group in groups.values():
        group.sort(key=lambda pair: pair[1]["valid_from"])
        for (_, earlier), (path, later) in pairwise(group):
            end = earlier.get("valid_to")
            if not isinstance(end, str) or end > later["valid_from"]:
                message = f"overlaps the entry valid from {earlier['valid_from']}"
                yield (*path, "valid_from"), message, f"end the earlier one: valid_to: {later['valid_from']}"


def _policies(data: Any) -> Iterator[Complaint]:
    kinds: dict[Path, dict[str, Any]] = dict(rows(data, ("kinds",)))
    for path, row in rows(data, ("policies",)):
        kind = kinds.get(("kinds", str(row.get("kind"))))
        by = kind.get("policy_by", "class") if kind is not None else None
        for key, wanted in (("klass", "class"), ("category", "category")):
            if row.get(key) is not None and by not in (wanted, None):
                message = f"kind '{row.get('kind')}' has policies by {by}"
                yield (*path, key), message, f"remove it, or set kinds.{row.get('kind')}.policy_by: {wanted}"
        amount = row.get("amount")
        if isinstance(amount, (int, float)) and not isinstance(amount, bool) and amount <= 0:
            yield (*path, "amount"), f"{amount} is no time", "write a number over 0, or null for no deadline"
        for key in ("basis", "set_by"):
            if row.get(key) == "":
                yield (*path, key), "is empty", "say which regulation or whose proposal it is"


def _walls(data: Any) -> Iterator[Complaint]:
    kinds = dict(rows(data, ("kinds",)))
    for path, row in rows(data, ("walls",)):
        for index, word in enumerate(listed(row, ("kinds",))):
            if word not in names(data, ("kinds",)):
                yield (*path, "kinds", index), f"'{word}' is no declared kind", near(str(word), names(data, ("kinds",)))
            elif kinds.get(("kinds", str(word)), {}).get("visibility", "wall") != "wall":
                yield (*path, "kinds", index), f"kind '{word}' is not for walls", "leave it out"
        for index, word in enumerate(listed(row, ("sources",))):
            if word not in names(data, ("sources",)):
                known = names(data, ("sources",))
                yield (*path, "sources", index), f"'{word}' is no declared source", near(str(word), known)
        seen = kinds.get(("kinds", str(row.get("kind"))), {}).get("visibility", "wall")
        if seen in ("desk", "confidential"):
            message = f"kind '{row['kind']}' is {seen}: no wall shows it"
            yield (*path, "kind"), message, "name another kind, or leave it out: the first kind that walls may show"


def _limits(data: Any) -> Iterator[Complaint]:
    units = {str(row.get("code")): (path, row.get("unit")) for path, row in rows(data, ("commodities",))}
    for path, unit in units.values():
        if isinstance(unit, str) and canonical_unit(unit) != unit:
            yield (*path, "unit"), f"'{unit}' is no unit of the room", near(unit, sorted(_units()))
    for path, row in rows(data, ("price_limits",)):
        wanted = units.get(str(row.get("commodity")), ((), None))[1]
        if isinstance(wanted, str) and isinstance(row.get("unit"), str) and row["unit"] != wanted:
            message = f"'{row['unit']}' can never match: {row['commodity']} is sold by {wanted}"
            yield (*path, "unit"), message, "a limit applies only to the same unit"
        lower, amount = row.get("lower"), row.get("amount")
        if isinstance(lower, (int, float)) and isinstance(amount, (int, float)) and lower > amount:
            yield (*path, "lower"), f"lower edge {lower} is above the upper edge {amount}", "exchange the two"


def _units() -> list[str]:
    from dashboard.config.words import UNITS

    return list(UNITS)


def _zones(data: Any) -> Iterator[Complaint]:
    zoned = [*rows(data, ("sources",)), *rows(data, ("publications",))]
    places: list[Path] = [("city", "zone"), *((*path, "zone") for path, _ in zoned)]
    for path in places:
        zone = at(data, path)
        if isinstance(zone, str) and not _zone_exists(zone):
            yield path, f"'{zone}' is no time zone", "write a name such as Asia/Jakarta, Asia/Makassar, Asia/Jayapura"
    start = at(data, ("clock", "start"))
    if isinstance(start, str) and "T" in start and not any(mark in start[11:] for mark in "+-Z"):
        yield ("clock", "start"), "has no zone", "write the offset, e.g. 2026-11-24T06:00:00+07:00"
    elif isinstance(start, str) and start[:4].isdecimal() and not 1990 <= int(start[:4]) <= 2190:
        yield ("clock", "start"), "is no time a city keeps", "write a year from 1990 to 2190"


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _positions(data: Any) -> Iterator[Complaint]:
    for section in (("regions", "districts"), ("regions", "subdistricts")):
        for path, row in rows(data, section):
            for key, bound in (("lat", 90), ("lon", 180)):
                value = row.get(key)
                if isinstance(value, (int, float)) and abs(value) > bound:
                    yield (*path, key), f"{value} is not on Earth", f"between -{bound} and {bound}, in degrees"
            area = row.get("area_km2")
            if isinstance(area, (int, float)) and area <= 0:
                yield (*path, "area_km2"), f"{area} is no area", "write square kilometres"


def _holidays(data: Any) -> Iterator[Complaint]:
    country = at(data, ("holidays", "country"))
    if not isinstance(country, str):
        country = "ID"
    supported = holiday_library.list_supported_countries()
    if country not in supported:
        yield ("holidays", "country"), f"'{country}' is no country the calendar knows", "write an ISO code such as ID"
        return
    known = list(getattr(holiday_library, country).supported_categories)
    for index, word in enumerate(listed(data, ("holidays", "categories"))):
        if word not in known:
            yield ("holidays", "categories", index), f"'{word}' is no category of {country}", near(str(word), known)
    for index, period in enumerate(listed(data, ("holidays", "ramadan_periods"))):
        if isinstance(period, list) and len(period) == 2 and str(period[1]) < str(period[0]):
            yield ("holidays", "ramadan_periods", index), "ends before it starts", "exchange the dates"
    extra = at(data, ("holidays", "extra"))
    for index, day in enumerate(listed(data, ("holidays", "removed"))):
        if isinstance(extra, dict) and isinstance(day, str) and day in extra:
            yield ("holidays", "removed", index), f"{day} is also in extra", "keep it in one of the two"


def _hours(data: Any) -> Iterator[Complaint]:
    for path, row in rows(data, ("working_hours",)):
        weeks: list[tuple[str, dict[str, Any]]] = [
            (k, row[k]) for k in ("week", "ramadan") if isinstance(row.get(k), dict)
        ]
        spans = [span for _, week in weeks for day in week.values() if isinstance(day, list) for span in day]
        if not spans and row.get("always") is not True:
            yield path, "has no hour of work", "write a week, or always: true"
        for key, week in weeks:
            for day, spans in week.items():
                yield from _spans((*path, key, day), spans)


def _spans(path: Path, spans: Any) -> Iterator[Complaint]:
    previous = ""
    for index, span in enumerate(spans if isinstance(spans, list) else []):
        if not isinstance(span, dict):
            continue
        start, end = str(span.get("start", "")), str(span.get("end", ""))
        if start and end and end != "00:00" and end <= start:
            yield (*path, index), f"ends {end} before it starts {start}", "write the earlier time as start"
        elif previous and start < previous:
            yield (*path, index), f"starts {start} before the span above ends {previous}", "let spans not overlap"
        previous = "24:00" if end == "00:00" else end


def _shifts(data: Any) -> Iterator[Complaint]:
    shifts = [(path, str(row.get("start", "")), str(row.get("end", ""))) for path, row in rows(data, ("shifts",))]
    for index, (path, start, end) in enumerate(shifts):
        if start == end:
            yield path, "starts and ends at the same time", "write two different times"
            continue
        for _, other_start, other_end in shifts[:index]:
            if _inside(start, other_start, other_end) or _inside(other_start, start, end):
                yield path, f"overlaps the shift {other_start}-{other_end}", "let one begin when the other ends"


def _inside(moment: str, start: str, end: str) -> bool:
    return start <= moment < end if start <= end else moment >= start or moment < end


_CHECKS: tuple[Callable[[Any], Iterator[Complaint]], ...] = (
    _duplicates, _references, _ambiguous_words, _ambiguous_goods, _dates, _policies, _walls, _limits, _zones,
    _positions, _holidays, _hours, _shifts,
)  # fmt: skip
