"""A desk page of the configuration: its head, the one navigation, and its blocks one below the other; pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.config.model import Config, Page
from dashboard.config.registry import label_text
from dashboard.i18n import say
from dashboard.views_desk import Block, Desk
from layouts.figures import about, figures, note
from layouts.screens import again, head, renewed
from layouts.tables import table


def layout(config: Config, key: str, page: Page, desk: Desk, blocks: Sequence[tuple[str, str, Any]]) -> Any:
    """``blocks``: key, title and layout of each."""
    lang = desk.lang
    said = " · ".join(filter(None, (desk.date, f"{desk.time} {desk.zone}" if desk.now else "", desk.nothing)))
    lead = [html.P(label_text(page.lead, lang), className="lead")] if page.lead else []
    banner = html.P(desk.banner, className="banner", role="alert") if desk.banner else None
    jump = [html.A(title, href=f"#{ident}") for ident, title, _ in blocks] if len(blocks) > 1 else []
    told: dict[str, Any] = {"aria-label": say("page.contents", lang)}
    return html.Div(
        [
            head(config, label_text(page.title, lang), f"/{key}", lang, desk.marks),
            html.Main(
                [
                    *lead,
                    html.Div([renewed("moment", said), again(lang)], className="moment"),
                    renewed("banner", banner),
                    html.Nav(jump, className="jump", **told) if jump else None,
                    *(laid for *_, laid in blocks),
                ]
            ),
        ],
        className="page",
    )


def block(shown: Block) -> Any:
    """What most types of block look like: what must be said first, figures, pictures, tables."""
    lang = shown.lang
    lead = [html.P(text, className="remark") for text in shown.lead]
    images = [html.Figure([html.Img(src=src, alt=title), html.Figcaption(title)]) for title, src in shown.images]
    first = [note(shown.note), *lead, figures(shown.figures, lang) if shown.figures else None, *images]
    return html.Section(
        [
            html.H2(shown.title, id=shown.key),
            renewed(f"first-{shown.key}", [part for part in first if part is not None]),
            *([about(f"words-{shown.key}", shown.title, shown.about, lang, "page.meanings")] if shown.about else []),
            *(table(one, lang) for one in shown.tables),
        ],
        className="block",
    )
