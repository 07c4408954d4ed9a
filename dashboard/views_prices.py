"""Prices of staple goods ready to read: price, change, limit, markets; "not reported" is never a zero."""

from __future__ import annotations

from datetime import date

from dashboard.formats import percent, rupiah, whole
from dashboard.snapshot import PriceRow, Prices
from dashboard.views_words import Line, Tile, Words

SHOWN = 40
UNITS = frozenset({"kg", "liter", "ekor", "butir", "can", "pack"})


def prices_tile(words: Words) -> Tile:
    """Those over their limit first, then the largest change: what a room that shows few must show."""
    found: Prices | None = words.documents.get("prices")
    shown = sorted((row for row in (found["rows"] if found else []) if _on_wall(words, row)), key=_urgency)[:SHOWN]
    surveys = sorted({row["survey"] for row in shown if row["survey"]})
    newest = surveys[-1] if surveys else None
    copied = sorted({row["source"] for row in shown if row["copied_forward"]})
    doubtful = sum(_doubtful(row) for row in shown)
    over = sum(bool(row["over"]) for row in shown)
    sources = {row["source"] for row in shown}
    return Tile(
        title=words.say("wall.prices"),
        note=words.note(sorted(sources)),
        lines=tuple(_line(words, row, newest, len(sources) > 1) for row in shown),
        extra={
            "short": words.say("wall.prices_short"),
            "survey": f"{words.say('wall.survey')} {_day(words, newest)}" if newest else "",
            "over": f"▲ {words.count(over)} {words.say('wall.over_limit')}" if over else "",
            "doubtful": f"▲ {words.count(doubtful)} {words.say('wall.doubtful')}" if doubtful else "",
            "copied": " · ".join(f"{words.say('wall.copied')}: {words.source(s)}" for s in copied),
            **_legend(words),
        },
    )


def _legend(words: Words) -> dict[str, str]:
    """What the marks of the city's own limits mean, and what 11/12 is."""
    kinds = sorted({limit.kind for limit in words.config.price_limits}, reverse=True)
    lines = [*(words.say(f"wall.limit_{kind}") for kind in kinds), f"11/12: {words.say('wall.markets_told')}"]
    return {"legend": "|".join(lines), "limits": words.say("wall.limit_kinds") if kinds else ""}


def _doubtful(row: PriceRow) -> int:
    """How many values of the item are many times their own past and so not in its figure."""
    found = [said for said in row.get("missing", []) if said.startswith("doubtful:")]
    return int(found[0].partition(":")[2]) if found else 0


def _urgency(row: PriceRow) -> tuple[bool, bool, float]:
    return not row["over"], row["value"] is None, -abs(row["change_pct"] or 0.0)


def _on_wall(words: Words, row: PriceRow) -> bool:
    commodity = words.registry.commodities.get(row["commodity"])
    return commodity is not None and commodity.wall


def _day(words: Words, day: str | None) -> str:
    return words.day(date.fromisoformat(day)) if day else "–"


def _line(words: Words, row: PriceRow, newest: str | None, several: bool) -> Line:
    label = words.registry.commodities[row["commodity"]].label
    name, name_long = words.label(label), words.label(label, short=False)
    markets = _markets(words, row, several)
    cells = {"name": name, "name_long": name_long, "markets": markets, "mark": "", "mark_plain": ""}
    if row["value"] is None:
        unreported = words.say("wall.not_reported")
        return Line("missing", {**cells, "price": "—", "change": "", "markets": unreported})
    if row["not_reported_since"]:  # the last real price with its own day: neither a fall to zero nor news
        cells |= {"change": words.say("wall.not_reported"), "when": _day(words, row["survey"])}
        return Line("missing", {**cells, "price": f"{rupiah(row['value'], words.lang)}/{_unit(words, row['unit'])}"})
    when = "" if row["survey"] == newest else _day(words, row["survey"])
    return Line(
        "over" if row["over"] else "old" if when else "calm",
        {
            **cells,
            "price": f"{rupiah(row['value'], words.lang)}/{_unit(words, row['unit'])}",
            "change": _change(words, row),
            "change_short": _change_short(words, row),
            "mark": _mark(words, row, row["limit_kind"] or ""),
            "mark_plain": _mark(words, row, words.say("wall.limit")),
            "when": when,
        },
    )


def _unit(words: Words, unit: str) -> str:
    return words.say(f"unit.{unit}") if unit in UNITS else unit


def _markets(words: Words, row: PriceRow, several: bool) -> str:
    """10/12 pasar; a figure that is not made of markets names its source where there are several."""
    if row["markets_open"] <= 1:
        return words.source(row["source"]) if several else ""
    return f"{row['markets']}/{row['markets_open']} {words.say('wall.markets')}"


def _change(words: Words, row: PriceRow) -> str:
    if doubtful := _doubtful(row):  # what would be the change is what is in doubt
        return f"{words.count(doubtful)} {words.say('wall.doubtful')}"
    change, pct = row["change"], row["change_pct"]
    if change is None:
        return words.say("wall.no_previous")
    if round(change) == 0:
        return f"= {words.say('wall.unchanged')}"
    arrow = "↑" if change > 0 else "↓"
    return f"{arrow} {whole(abs(change), words.lang)} · {percent(abs(pct or 0), words.lang)}"


def _change_short(words: Words, row: PriceRow) -> str:
    if doubtful := _doubtful(row):
        return f"{words.count(doubtful)} {words.say('wall.doubtful_short')}"
    return _change(words, row).split(" · ")[-1] if not row["change"] else _moved(words, row)


def _moved(words: Words, row: PriceRow) -> str:
    """The change in percent only."""
    return f"{'↑' if (row['change'] or 0) > 0 else '↓'} {percent(abs(row['change_pct'] or 0), words.lang)}"


def _mark(words: Words, row: PriceRow, limit: str) -> str:
    """▲ > HAP, ≤ HET, or that there is nothing to judge it by."""
    if row["over"] is None:
        return words.say("wall.no_limit")
    return f"▲ > {limit}" if row["over"] else f"≤ {limit}"
