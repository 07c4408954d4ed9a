"""What an administrator sees of every source: state, times, rows, rejects, drift; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard.config.registry import Registry
from dashboard.formats import clock
from dashboard.i18n import Lang, cause, say
from dashboard.snapshot import SourceState

COLUMNS = (
    "Sumber", "Keadaan", "Berhasil terakhir", "Berikutnya", "Baris", "Ditolak", "Perubahan bentuk", "Lama", "Tingkat"
)  # fmt: skip


def layout(documents: Mapping[str, Any], registry: Registry, lang: Lang) -> Any:
    states: list[SourceState] = documents.get("sources") or []
    rows = [_row(state, registry, lang) for state in states]
    empty = [] if rows else [html.P(say("wall.nothing_yet", lang))]
    table = html.Table([html.Thead(html.Tr([html.Th(name) for name in COLUMNS])), html.Tbody(rows)])
    return html.Main([html.P(html.A("← Layar", href="/")), html.H1(say("page.sources", lang)), table, *empty])


def _row(state: SourceState, registry: Registry, lang: Lang) -> Any:
    source = registry.sources.get(state["id"])
    word = say(f"source.{state['state']}", lang)
    if state["state"] == "broken":
        word = f"{word}: {cause(state['cause'], lang)} ({clock(state['since'], registry.zone, lang)})"
    reasons = "; ".join(f"{reason}: {count}" for reason, count in state["reject_reasons"].items())
    unknown = ", ".join(f"{name} {count}" for name, count in state["unknown_words"].items())
    cells = (
        f"{source.label.id if source else state['id']} ({state['type']})",
        word,
        clock(state["last_success"], registry.zone, lang, seconds=True),
        clock(state["next_run"], registry.zone, lang, seconds=True),
        "–" if state["rows"] is None else str(state["rows"]),
        f"{state['rejected']} {reasons}".strip() + (f" · tidak dikenal: {unknown}" if unknown else ""),
        ", ".join(state["drift"]) or "–",
        "–" if state["duration_ms"] is None else f"{state['duration_ms']:.0f} ms",
        state["tier"],
    )
    return html.Tr([html.Td(cell) for cell in cells], className=state["state"])
