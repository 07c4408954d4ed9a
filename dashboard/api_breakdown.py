"""The answer of the API about a kind broken down, made from its published document; never says more than that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dashboard.api_documents import Ask
from dashboard.api_types import Answer, Number
from dashboard.config.breakdowns import Breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Of one scope: all its cases, one stage, class or mark of them (counts and whole Rupiah), or a share or mean
    (``value`` with what it is made of). What does not apply is None."""

    scope: str
    of: Literal["total", "stage", "class", "mark", "share", "mean"]
    code: str
    label: str
    cases: int | None = None
    open: int | None = None
    late: int | None = None
    """Past an established deadline, or the source's own."""
    late_proposed: int | None = None
    gathered: int | None = None
    """What several cases may belong to, each once: the findings behind recommendations."""
    gathered_open: int | None = None
    amount: int | None = None
    amount_unknown: int | None = None
    """Cases whose amount nobody knows; they are not in the sum, and not zero."""
    ceiling: int | None = None
    ceiling_unknown: int | None = None
    value: Number | None = None
    numerator: Number | None = None
    denominator: Number | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    of: Literal["mark", "share", "mean"]
    code: str
    label_id: str
    label_en: str
    definition_id: str
    definition_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdowns(Answer):
    kind: str
    sources: Sequence[str]
    missing: Sequence[str]
    data_at: datetime | None
    rows: Sequence[Part]
    definitions: Sequence[Definition]


def breakdown(ask: Ask, found: Mapping[str, Any]) -> Breakdowns:
    kinds = {name: ask.known.registry.config.kinds[name].breakdown for name in ask.known.kinds}
    declared = {name: one for name, one in kinds.items() if one is not None}
    kind = found["kind"] or next(iter(declared), "")
    document = ask.documents.get(f"breakdown:{kind}") or {}
    wanted = declared.get(kind)
    return Breakdowns(
        **ask.head,
        kind=kind,
        sources=document.get("sources") or [],
        missing=document.get("missing") or [],
        data_at=ask.at(document.get("data_at")),
        rows=[
            part for scope, one in (document.get("scopes") or {}).items() for part in _parts(ask, wanted, scope, one)
        ],
        definitions=list(_definitions(wanted)),
    )


def _parts(ask: Ask, declared: Breakdown | None, scope: str, found: Mapping[str, Any]) -> Iterator[Part]:
    if declared is None:
        return
    classes = ask.known.registry.config.classes
    yield _cell(scope, "total", "", "", found["total"])
    for code, cell in found["stages"].items():
        yield _cell(scope, "stage", code, declared.stages[code].en if code in declared.stages else code, cell)
    for code, cell in found.get("classes", {}).items():
        yield _cell(scope, "class", code, classes[code].en if code in classes else code, cell)
    for code, mark in declared.marks.items():
        yield Part(scope=scope, of="mark", code=code, label=mark.label.en, cases=found["total"]["marks"].get(code, 0))
    for code, share in declared.shares.items():
        told = {name: found["shares"][code][name] for name in ("value", "numerator", "denominator", "n")}
        yield Part(scope=scope, of="share", code=code, label=share.label.en, **told)
    for code, mean in declared.means.items():
        one = found["means"][code]
        yield Part(scope=scope, of="mean", code=code, label=mean.label.en, value=one["value"], n=one["n"])


def _cell(scope: str, of: Literal["total", "stage", "class"], code: str, label: str, cell: Mapping[str, Any]) -> Part:
    return Part(
        scope=scope,
        of=of,
        code=code,
        label=label,
        cases=cell["cases"],
        open=cell["open"],
        late=cell["late"],
        late_proposed=cell["late_proposed"],
        gathered=cell.get("gathered"),
        gathered_open=cell.get("gathered_open"),
        amount=cell.get("amount"),
        amount_unknown=cell.get("no_amount"),
        ceiling=cell.get("ceiling"),
        ceiling_unknown=cell.get("no_ceiling"),
    )


def _definitions(declared: Breakdown | None) -> Iterator[Definition]:
    if declared is None:
        return
    groups: tuple[tuple[Literal["mark", "share", "mean"], Mapping[str, Any]], ...] = (
        ("mark", declared.marks), ("share", declared.shares), ("mean", declared.means),
    )  # fmt: skip
    for of, ruled in groups:
        for code, one in ruled.items():
            yield Definition(
                of=of,
                code=code,
                label_id=one.label.id,
                label_en=one.label.en,
                definition_id=one.definition.id,
                definition_en=one.definition.en,
            )
