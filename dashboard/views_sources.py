"""The sources as marks: those that need somebody first and in words, the others small; never judges freshness."""

from __future__ import annotations

from collections.abc import Collection

from dashboard.formats import clock
from dashboard.i18n import cause
from dashboard.snapshot import SourceState
from dashboard.views_words import CALM, SOURCE_SYMBOLS, WORSE, Line, Tile, Words


def sources_tile(words: Words, chosen: Collection[str] | None = None) -> Tile:
    """``chosen``: those that the wall names; None: all."""
    known = [state for state in words.states.values() if chosen is None or state["id"] in chosen]
    ordered = sorted(known, key=lambda s: -WORSE.index(s["state"]) if s["state"] not in CALM else 1)
    lines = tuple(_line(words, state) for state in ordered)
    return Tile(
        title=words.say("wall.sources"),
        note=words.note(()),
        lines=lines,
        extra={
            "fresh": f"{words.count(sum(s['state'] in CALM for s in ordered))} {words.say('wall.sources_well')}",
            "more": words.say("wall.more_failing"),
            "empty": "" if lines else words.say("wall.nothing_yet"),
        },
    )


def _line(words: Words, state: SourceState) -> Line:
    word, why = words.say(f"source.{state['state']}"), ""
    if state["state"] == "broken":
        why = cause(state["cause"], words.lang)
    elif state["state"] in ("stale", "late", "due") and state["last_success"] is not None:
        why = f"{words.say('wall.data_at')} {clock(state['last_success'], words.registry.zone, words.lang)}"
    elif state["state"] == "not_due" and state["next_publication"] is not None:
        word = f"{words.say('source.publishes')} {words.time(state['next_publication'])}"
    calm = state["state"] in CALM
    return Line(
        state["state"] + (" calm" if calm else " bad"),
        {
            "symbol": SOURCE_SYMBOLS[state["state"]],
            "name": words.source(state["id"]),
            "word": "" if state["state"] in ("fresh", "quiet") else word,
            "why": why,
        },
        since=state["last_success"] if state["state"] in ("fresh", "quiet") else None,
    )
