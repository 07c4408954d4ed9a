"""A figure of a desk page with all that belongs to it; one tap opens what it means. Pure, computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.i18n import Lang, say
from dashboard.views_desk import Figure
from dashboard.views_words import Note


def figures(shown: Sequence[Figure], lang: Lang) -> Any:
    return html.Div([_figure(one, lang) for one in shown], className="figures")


def _figure(one: Figure, lang: Lang) -> Any:
    unread: dict[str, Any] = {"aria-hidden": "true"}
    mark = [html.Span(f"{one.mark} ", **unread)] if one.mark else []
    unit = [html.Small(f" {one.unit}")] if one.unit else []
    said: list[Any] = [
        html.H3(one.label),
        html.P([*mark, one.value, *unit], className="value"),
        html.P(" · ".join(one.more), className="more") if one.more else None,
        note(one.note),
    ]
    if one.about:
        said.append(about(f"about-{one.key}", one.label, one.about, lang))
    return html.Article([part for part in said if part is not None], id=f"figure-{one.key}", className=one.state)


def note(of: Note) -> Any:
    """Sources, time of the data and its age; a source that is not well in words; what is missing."""
    parts: list[Any] = [html.Strong(f"{of.bad[0]} ", className=f"bad {of.state}")] if of.bad else []
    parts.append(" · ".join(filter(None, (of.first, of.names, of.when))))
    if of.at is not None:
        parts += [" · ", age(of.at)]
    if of.gaps:
        parts.append(html.Span(f" · {', '.join(of.gaps)}", className="gaps"))
    return html.P(parts, className="note")


def age(at: int) -> Any:
    """The browser counts it."""
    told: dict[str, Any] = {"data-since": str(at)}
    return html.Span("", className="age", **told)


def about(ident: str, label: str, lines: Sequence[tuple[str, str]], lang: Lang, key: str = "about.open") -> Any:
    told: dict[str, Any] = {"aria-label": f"{say(key, lang)}: {label}"}
    parts = [part for term, text in lines for part in (html.Dt(term), html.Dd(text))]
    summary = html.Summary(say(key, lang), id=f"{ident}-open", **told)
    return html.Details([summary, html.Dl(parts)], id=ident, className="about")
