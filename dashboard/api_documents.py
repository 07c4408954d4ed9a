"""Answers of the API from the published documents; pure, and never says what ``Disclosure`` keeps back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import date, datetime
from typing import Any

from dashboard import api_types as types
from dashboard.disclosure import Disclosure
from dashboard.history import Reader
from dashboard.kpi.descriptions import BY_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What an answer is made of. ``documents``: what the reader may be told of them. ``history`` is only there for
    the routes that say so."""

    documents: Mapping[str, Any]
    known: Disclosure
    now: datetime
    history: Reader | None = None

    def at(self, ms: int | None) -> datetime | None:
        """Milliseconds to the city's own time."""
        return None if ms is None else datetime.fromtimestamp(ms / 1000, self.known.registry.zone)

    def local(self, instant: datetime | None) -> datetime | None:
        return None if instant is None else instant.astimezone(self.known.registry.zone)

    @property
    def head(self) -> dict[str, Any]:
        meta = self.documents.get("meta") or {}
        return {"as_of": self.local(self.now), "seq": meta.get("seq", 0)}

    def confidential(self) -> dict[str, int]:
        return {kind: (self.documents.get(f"queue:{kind}") or {}).get("confidential", 0) for kind in self.known.kinds}

    @property
    def cells(self) -> Mapping[str, Any]:
        return self.documents.get("cells") or {}


SOURCE_TIMES = ("since", "last_poll", "last_success", "last_change", "data_at", "next_run", "next_publication")
PRICE_DATES = ("survey", "previous_survey", "not_reported_since")
PRICE_FIELDS = tuple(field.name for field in fields_of(types.Price))
SOURCE_FIELDS = tuple(field.name for field in fields_of(types.Source))


def sources(ask: Ask, _: Mapping[str, Any]) -> types.Sources:
    states = [state for state in ask.documents.get("sources") or [] if state["id"] in ask.known.sources]
    return types.Sources(**ask.head, sources=[_source(ask, state) for state in states])


def _source(ask: Ask, state: Mapping[str, Any]) -> types.Source:
    block = ask.known.registry.sources[state["id"]]
    times = {name: ask.at(state[name]) for name in SOURCE_TIMES}
    cause = state["cause"].removeprefix("cause.") if state["cause"] else None
    beside = {"label": block.label.en, "department": block.department, "cause": cause}
    told: dict[str, Any] = {name: state[name] for name in SOURCE_FIELDS if name not in (*times, *beside)}
    return types.Source(**{**told, **times, **beside})


def kpis(ask: Ask, found: Mapping[str, Any]) -> types.Kpis:
    kinds = ask.known.kinds if found["kind"] is None else (found["kind"],)
    documents = [ask.documents.get(f"kpi:{kind}:{found['scope']}") or {} for kind in kinds]
    wanted = {key: _figure(ask, value) for document in documents for key, value in document.items()}
    used = {figure.definition for figure in wanted.values()}
    definitions = {
        key: types.Definition(
            label_id=d.label_id, label_en=d.label_en, definition_id=d.definition_id, definition_en=d.definition_en,
            numerator=d.numerator, denominator=d.denominator, unit=d.unit, better=d.better, open_cases=d.open_cases,
        )
        for key, d in BY_KEY.items() if key in used
    }  # fmt: skip
    return types.Kpis(**ask.head, scope=found["scope"], kpis=wanted, definitions=definitions)


def _figure(ask: Ask, value: Mapping[str, Any]) -> types.Figure:
    window, as_of = value["window"], ask.at(value["as_of"])
    number = value["value"]
    assert as_of is not None
    return types.Figure(
        definition=value["id"],
        value=ask.at(number) if value["unit"] == "instant" else number,
        numerator=value["numerator"],
        denominator=value["denominator"],
        n=value["n"],
        unit=value["unit"],
        window=types.Window(name=window["name"], start=ask.at(window["start"]), end=ask.at(window["end"])),
        cohort=value["cohort"],
        clock=value["clock"],
        as_of=as_of,
        data_at=ask.at(value["data_at"]),
        sources=value["sources"],
        missing=value["missing"],
        target=value.get("target"),
        target_status=value.get("target_status"),
        target_basis=value.get("target_basis"),
        target_set_by=value.get("target_set_by"),
        parts=value.get("parts"),
        remainder=value.get("remainder"),
        small=bool(value.get("small")),
    )


def cells(ask: Ask, found: Mapping[str, Any]) -> types.Cells:
    kind = found["kind"] or next(iter(ask.known.kinds), "")  # a city may have no cases at all, or none for this reader
    table = ask.cells.get(kind) or {}
    behind = (ask.documents.get(f"kpi:{kind}:city") or {}).get(f"{kind}.open.now") or {}
    return types.Cells(
        **ask.head,
        kind=kind,
        sources=behind.get("sources") or [],
        missing=behind.get("missing") or [],
        rows=[types.Counts(category=name, **row) for name, row in sorted(table.items())],
        confidential=ask.confidential().get(kind, 0),
    )


def groups(ask: Ask, found: Mapping[str, Any]) -> types.Groups:
    kind = found["kind"] or next(iter(ask.known.kinds), "")
    document = ask.documents.get(f"groups:{kind}") or {}
    return types.Groups(
        **ask.head,
        kind=kind,
        sources=document.get("sources") or [],
        missing=document.get("missing") or [],
        data_at=ask.at(document.get("data_at")),
        rows=[
            _of_group(ask, group, key, value)
            for group, row in (document.get("rows") or {}).items()
            for key, value in row.items()
        ],
    )


def _of_group(ask: Ask, group: str, key: str, value: Mapping[str, Any]) -> types.GroupFigure:
    which, _, code = group.partition(":")
    _, definition, window = key.split(".")
    described, registry = BY_KEY[definition], ask.known.registry
    label = registry.categories[code].label if which == "category" else registry.config.classes[code]
    return types.GroupFigure(
        group="category" if which == "category" else "class",
        code=code,
        label=label.en,
        definition=definition,
        window=window,
        unit=described.unit,
        small=described.sampled and (value["n"] or 0) < registry.config.min_sample,
        **{**value, "value": ask.at(value["value"]) if described.unit == "instant" else value["value"]},
    )


def prices(ask: Ask, _: Mapping[str, Any]) -> types.Prices:
    document = ask.documents.get("prices") or {}
    return types.Prices(
        **ask.head,
        prices=[_price(row) for row in document.get("rows") or []],
        by_source={name: [_price(row) for row in rows] for name, rows in (document.get("by_source") or {}).items()},
        data_at=ask.at(document.get("data_at")),
    )


def _price(row: Mapping[str, Any]) -> types.Price:
    days = {name: date.fromisoformat(row[name]) if row[name] else None for name in PRICE_DATES}
    told: dict[str, Any] = {name: row.get(name, ()) if name == "missing" else row[name] for name in PRICE_FIELDS}
    return types.Price(**{**told, **days})
