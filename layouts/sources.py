"""What an administrator sees of every source: state, times, rows, rejects, drift, health; never a value of a row.

One table; on a narrow screen each row becomes a card, its cells named by ``data-name``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.config.registry import Registry, label_text
from dashboard.formats import clock, decimal, duration, instant, short_date, whole
from dashboard.i18n import Lang, cause, say
from dashboard.reasons import reason
from dashboard.snapshot import SourceState
from dashboard.views_words import CALM, SOURCE_SYMBOLS, WORSE
from layouts.screens import again, menu, named, page, renewed, top

TIERS = ("bronze", "silver", "gold")
COLUMNS = ("source", "state", "times", "rows", "schema", "health", "tier")


def layout(documents: Mapping[str, Any], registry: Registry, lang: Lang) -> Any:
    states: list[SourceState] = documents.get("sources") or []
    meta: Mapping[str, Any] = documents.get("meta") or {}
    now = meta.get("as_of", 0)
    ordered = sorted(states, key=lambda state: -WORSE.index(state["state"]))
    names = {column: say(f"sources.{column}", lang) for column in COLUMNS}
    rows = [_row(state, registry, lang, now, names) for state in ordered]
    # Laid out as cards a table is no table to a screen reader any more, unless its roles are said.
    head = html.Tr([html.Th(name, scope="col", role="columnheader") for name in names.values()], role="row")
    table = html.Table(
        [html.Thead(head, role="rowgroup"), html.Tbody(rows, role="rowgroup")],
        className="sources",
        role="table",
        **named(say("page.sources", lang)),
    )
    body = table if rows else html.P(say("wall.nothing_yet", lang))
    return page(
        top(
            say("page.sources", lang),
            "/sources",
            lang,
            meta.get("provenance", ()),
            back=True,
            menu=[menu(registry.config, lang, "/sources")],
        ),
        [again(lang), renewed("states", [_summary(states, registry, lang, now), body]), _meanings(lang)],
    )


def _meanings(lang: Lang) -> Any:
    """Every word of the table that is not plain, in plain words."""
    said = [(f"{SOURCE_SYMBOLS[state]} {say(f'source.{state}', lang)}", f"meaning.{state}") for state in WORSE]
    said += [(say(f"tier.{tier}", lang), f"meaning.{tier}") for tier in TIERS]
    said.append((say("sources.breaker", lang), "meaning.breaker"))
    parts = [part for word, key in said for part in (html.Dt(word), html.Dd(say(key, lang)))]
    return html.Details([html.Summary(say("page.meanings", lang)), html.Dl(parts)])


def _summary(states: list[SourceState], registry: Registry, lang: Lang, now: int) -> Any:
    well = sum(state["state"] in CALM for state in states)
    parts = [f"{well} {say('wall.of', lang)} {len(states)} {say('wall.sources_well', lang)}"]
    if now:
        zone = registry.config.city.zone_label
        parts.append(f"{say('wall.as_of', lang)} {clock(now, registry.zone, lang, seconds=True)} {zone}")
    return html.P(" · ".join(parts), className="lead")


def _row(state: SourceState, registry: Registry, lang: Lang, now: int, names: Mapping[str, str]) -> Any:
    source = registry.sources.get(state["id"])
    label = label_text(source.label, lang) if source else state["id"]
    cells: dict[str, list[Any]] = {
        "source": [html.Strong(label), f"{state['id']} · {state['type']}", *_department(source, registry)],
        "state": _state(state, registry, lang, now),
        "times": _times(state, registry, lang, now),
        "rows": _rows(state, lang),
        "schema": _schema(state, lang),
        "health": _health(state, lang),
        "tier": _tier(state, lang),
    }
    marks = []
    for column, lines in cells.items():
        named: dict[str, Any] = {"data-name": names[column], "className": f"cell-{column}"}
        said = [html.Div(line) for line in lines]
        first = column == COLUMNS[0]
        marks.append(
            html.Th(said, scope="row", role="rowheader", **named) if first else html.Td(said, role="cell", **named)
        )
    calm = "calm" if state["state"] in CALM else "bad"
    return html.Tr(marks, id=f"source-{state['id']}", className=f"{state['state']} {calm}", role="row")


def _tier(state: SourceState, lang: Lang) -> list[str]:
    if not state["tier"]:
        return ["–"]
    copied = [f"▲ {say('wall.copied', lang)}"] if state["copied_forward"] else []
    return [say(f"tier.{state['tier']}", lang), *copied]


def _department(source: Any, registry: Registry) -> list[str]:
    found = registry.departments.get(source.department or "") if source else None
    return [" · ".join(filter(None, (found.abbr, found.contact)))] if found else []


def _state(state: SourceState, registry: Registry, lang: Lang, now: int) -> list[Any]:
    unread: dict[str, Any] = {"aria-hidden": "true"}
    symbol = html.Span(SOURCE_SYMBOLS[state["state"]], **unread)
    lines: list[Any] = [html.Strong([symbol, f" {say('source.' + state['state'], lang)}"])]
    if state["cause"]:
        lines.append(cause(state["cause"], lang))
    if detail := state.get("detail"):
        lines.append(html.Small(html.Code(reason(detail, lang))))
    if state["since"] is not None:
        lines.append(f"{say('wall.since', lang)} {_moment(state['since'], registry, lang, now)}")
    return lines


def _moment(at: int, registry: Registry, lang: Lang, now: int) -> str:
    day = short_date(instant(at, registry.zone).date(), lang, instant(now, registry.zone).date())
    return f"{day}, {clock(at, registry.zone, lang, seconds=True)}"


def _times(state: SourceState, registry: Registry, lang: Lang, now: int) -> list[str]:
    lines = []
    if state["last_success"] is not None:
        age = duration((now - state["last_success"]) / 1000, lang)
        lines.append(f"{say('sources.success', lang)} {_moment(state['last_success'], registry, lang, now)} ({age})")
    else:
        lines.append(f"{say('sources.success', lang)} –")
    for name in ("next_run", "next_publication"):
        at = state[name]
        if at is not None:
            lines.append(f"{say(f'sources.{name}', lang)} {_moment(at, registry, lang, now)}")
    every = duration(state["every_s"], lang)
    return [*lines, f"{say('sources.every', lang)} {every}"]


def _counts(counts: Mapping[str, int], lang: Lang) -> str:
    return ", ".join(f"{name} {whole(count, lang)}" for name, count in sorted(counts.items(), key=lambda one: -one[1]))


def _rows(state: SourceState, lang: Lang) -> list[str]:
    lines = [f"{whole(state['rows'], lang)} {say('sources.rows_served', lang)}"]
    rejected = f"{whole(state['rejected'], lang)} {say('sources.rejected', lang)}"
    reasons = _counts({reason(said, lang): count for said, count in state["reject_reasons"].items()}, lang)
    return [*lines, f"{rejected}: {reasons}" if reasons else rejected]


def _schema(state: SourceState, lang: Lang) -> list[str]:
    drift = f"▲ {say('sources.drift', lang)}: {', '.join(state['drift'])}" if state["drift"] else ""
    unknown = _counts(state["unknown_words"], lang)
    words = f"{say('sources.unknown', lang)}: {unknown}" if unknown else ""
    return [line for line in (drift, words) if line] or [say("sources.no_drift", lang)]


def _health(state: SourceState, lang: Lang) -> list[str]:
    lines = [f"{say('sources.breaker', lang)} {say('breaker.' + state['breaker'], lang)}"]
    if state["duration_ms"] is not None:
        lines.append(f"{say('sources.duration', lang)} {whole(state['duration_ms'], lang)} ms")
    if state["skew_s"] is not None:
        lines.append(f"{say('sources.skew', lang)} {decimal(state['skew_s'], lang)} {say('unit.second', lang)}")
    return lines
