"""The front page: which screens there are and for whom; no I/O."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.config.model import Config


def layout(config: Config) -> list[Any]:
    walls = [
        html.Li(
            [
                html.A(wall.title.id, href=f"/wall/{name}"),
                html.Span(" · "),
                html.A("English", href=f"/wall/{name}?lang=en"),
                html.Small(f" {wall.viewing_distance_m:g} m, {wall.panels} × {wall.panel_inches:g} inci"),
            ]
        )
        for name, wall in config.walls.items()
    ]
    return [
        html.H1(config.city.room),
        html.H2("Dinding · Walls"),
        html.Ul(walls),
        html.H2("Untuk pengelola · For administrators"),
        html.Ul([html.Li(html.A("Sumber data · Data sources", href="/sources"))]),
    ]
