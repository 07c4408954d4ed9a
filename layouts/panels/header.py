"""The head of a wall: whose room it is, what kind of data, the time, and that the wall is alive."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboard.i18n import say
from dashboard.views import WallView
from layouts.boxes import Box, Plan
from layouts.slots import Props, element, put
from layouts.typography import advance, fit

TWO_LINES = ("tall", "half")
CLOCK = {"band": 1.0}
LARGE_CLOCK = 1.45


def props(view: WallView, box: Box, plan: Plan) -> Props:
    found = Props()
    marks = [" · ".join(part for part in (mark, view.rate) if part) for mark in (view.mark, view.mark_short)]
    mark = fit(_room_for_mark(view, box, plan), *marks, bold=True)
    room = _room_for_date(view, box, plan, mark)
    put(found, "room", children=view.room)
    put(found, "mark", children=mark, className="on" if mark else "empty")
    put(found, "date", children=fit(room, view.date, view.date_short))
    if plan.form == "wide":
        put(found, "banner", children=view.banner, className="on" if view.banner else "empty")
    return found


def _room_for_mark(view: WallView, box: Box, plan: Plan) -> float:
    if plan.form == "band":
        return box.width / 3 - 1.5
    beside = 0.0 if plan.form in TWO_LINES else 4.9 * LARGE_CLOCK + 12.0
    return box.inner - advance(view.room, bold=True) - beside - 2.5


def _room_for_date(view: WallView, box: Box, plan: Plan, mark: str) -> float:
    clock = 4.9 * CLOCK.get(plan.form, LARGE_CLOCK) + advance(f" {view.zone}") + 0.8
    alive = advance(f"● {say('wall.alive', view.lang)}") + 1.2
    if plan.form in TWO_LINES:
        return box.inner - clock - alive - 2.0
    if plan.form == "band":
        return box.width / 3 - clock - 1.2
    return box.inner - clock - alive - advance(view.room, bold=True) - advance(mark, bold=True) - 5.0


def layout(view: WallView, box: Box, plan: Plan) -> Any:
    found = props(view, box, plan)
    alive = html.Span(say("wall.alive", view.lang), id="alive", className="alive")
    now = html.Span(
        [html.Span(view.time, id="clock", className="clock"), html.Span(view.zone, className="zone")], className="now"
    )
    room, date = element(found, "room", css="room"), element(found, "date", css="date")
    above, below = ([room], [date, alive, now]) if plan.form in TWO_LINES else ([room, alive], [date, now])
    groups = [
        html.Div(above, className="group first"),
        html.Div([element(found, "mark", css="mark")], className="group second"),
        html.Div(below, className="group third"),
    ]
    if plan.form == "wide":
        groups.insert(2, element(found, "banner", "div", css="banner inline"))
    return html.Header(groups, className=plan.form, style=box.style)
