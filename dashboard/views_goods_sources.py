"""Prices source beside source, and the dated list of markets, for a desk; pure. A source that refuses is a state.

Two units are never compared, and a market that has closed is no missing price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dashboard.config.installation import metrics_of
from dashboard.config.model import Market
from dashboard.formats import instant, percent, rupiah, signed
from dashboard.i18n import cause
from dashboard.kpi.prices import METRIC
from dashboard.snapshot import PriceRow, Prices
from dashboard.snapshot_prices import MatrixRow, PriceMatrix, PricePair, Season
from dashboard.views_desk import Block, Cell, Column, Row, Table, day_text, files, moment
from dashboard.views_prices import UNITS
from dashboard.views_words import CALM, SOURCE_SYMBOLS, Note, Words

MEANT = (("widest", "difference"), ("season", "season"))
BASES = frozenset({"survey", "mean", "geometric_mean", "provincial", "mixed"})


def surveyed(words: Words, matrix: PriceMatrix) -> str | None:
    """The source that asks the city's own markets."""
    registered = words.registry.markets
    counts = {
        source: len({place for row in rows for place in row["markets"] if place in registered})
        for source, rows in matrix["rows"].items()
    }
    best = max(counts, key=lambda source: counts[source], default=None)
    return best if best is not None and counts[best] else None


def name_cell(words: Words, commodity: str) -> Cell:
    known = words.registry.commodities.get(commodity)
    text = words.label(known.label, short=False) if known else commodity
    return Cell(text, text)


def unit(words: Words, code: str) -> str:
    return words.say(f"unit.{code}") if code in UNITS else code


def copied(words: Words, sources: Sequence[str]) -> list[str]:
    held = (words.states.get(source) for source in sources)
    return [f"▲ {words.say('wall.copied')}: {words.source(s['id'])}" for s in held if s and s["copied_forward"]]


def season_cell(words: Words, found: Season | None, source: str = "") -> Cell:
    """``source``: said where the one that tells is not the table's own."""
    if found is None or found["anomaly_pct"] is None:
        months = f"{found['months']}/{found['needed']} {words.say('prices.months_of')}" if found else ""
        return Cell(words.say("prices.too_short"), None, "missing", months)
    anomaly, of = found["anomaly_pct"], f"n {found['years']}"
    more = f"{words.source(source)}, {of}" if source else of
    return Cell(signed(percent(anomaly, words.lang), anomaly), anomaly, "", more)


# Source beside source


def sources(words: Words, found: Prices, matrix: PriceMatrix) -> Block:
    known = [source.id for source in words.config.sources if source.id in words.told.sources
             and (source.id in found["by_source"] or METRIC in metrics_of(source.type))]  # fmt: skip
    note = words.note(known)
    bad = [words.states[s]["since"] for s in known if s in words.states and words.states[s]["state"] not in CALM]
    return Block(
        key="prices-sources",
        lang=words.lang,
        title=words.say("prices.sources"),
        note=note,
        alarm=max((at for at in bad if at is not None), default=None),
        lead=(*(_state(words, source) for source in known), *copied(words, known)),
        tables=(_compared(words, found["by_source"], matrix, known, note),),
        about=tuple((words.say(f"prices.{of}"), words.say(f"prices.about_{what}")) for of, what in MEANT),
    )


def _state(words: Words, source: str) -> str:
    """✕ Panel Harga rusak: kunci ditolak · sejak 24 Nov, 14.05 WIB; a state is said and nothing falls over it."""
    state = words.states.get(source)
    if state is None:
        return f"{words.source(source)}: {words.say('wall.nothing_yet')}"
    said = f"{SOURCE_SYMBOLS[state['state']]} {words.source(source)}: {words.say('source.' + state['state'])}"
    if state["cause"]:
        said = f"{said}, {cause(state['cause'], words.lang)}"
    if state["state"] not in CALM and state["since"] is not None:
        said = f"{said} · {words.say('wall.since')} {moment(words, state['since'])}"
    return f"{said} · {words.say('wall.data_at')} {moment(words, state['data_at'])}"


def _compared(
    words: Words,
    by_source: Mapping[str, Sequence[PriceRow]],
    matrix: PriceMatrix,
    known: Sequence[str],
    note: Note,
) -> Table:
    held: dict[str, dict[str, PriceRow]] = {}
    seasons = _seasons(matrix, known)
    for source in known:
        for row in by_source.get(source, []):
            if row["value"] is not None:
                held.setdefault(row["commodity"], {})[source] = row
    order = {code: n for n, code in enumerate(words.registry.commodities)}
    goods = sorted(held, key=lambda code: (-len(held[code]), order.get(code, len(order))))
    columns = [Column("name", words.say("prices.commodity"))]
    columns += [Column(source, words.source(source), number=True) for source in known]
    columns += [
        Column(of, words.say(f"prices.{of}"), number=True, about=words.say(f"prices.about_{what}"))
        for of, what in MEANT
    ]
    rows = [
        Row(
            (
                name_cell(words, code),
                *(_by(words, held[code].get(source)) for source in known),
                _widest(words, code, matrix["pairs"]),
                season_cell(words, *seasons.get(code, (None, ""))),
            )
        )
        for code in goods
    ]
    table_files = files(words, "price_comparisons", {}, words.say("cases.all"))
    title, empty = words.say("prices.compared"), words.say("wall.nothing_yet")
    return Table("compared", title, tuple(columns), tuple(rows), note, empty, table_files)


def _seasons(matrix: PriceMatrix, known: Sequence[str]) -> dict[str, tuple[Season, str]]:
    """Of each commodity the season by the source that has followed it longest."""
    found: dict[str, tuple[Season, str]] = {}
    for source in known:
        for row in matrix["rows"].get(source, []):
            code, season = row["commodity"], row["season"]
            if code not in found or season["months"] > found[code][0]["months"]:
                found[code] = season, source
    return found


def _by(words: Words, row: PriceRow | None) -> Cell:
    if row is None:
        return Cell("–", None, "missing")
    basis = row["basis"] or ""
    said = words.say(f"prices.basis_{basis}") if basis in BASES else basis
    day = f"{words.say('prices.survey')} {day_text(words, row['survey'])}"
    text = f"{rupiah(row['value'], words.lang)}/{unit(words, row['unit'])}"
    return Cell(text, row["value"], "", " · ".join(filter(None, (day, said))))


def _widest(words: Words, commodity: str, pairs: Sequence[PricePair]) -> Cell:
    """Of all pairs that may be compared the one that differs most; else why there is none."""
    mine = [pair for pair in pairs if pair["commodity"] == commodity]
    judged = [pair for pair in mine if pair["difference_pct"] is not None]
    if not judged:
        reasons = {pair["reason"] for pair in mine}
        why = "not_compared_unit" if "unit" in reasons else "not_compared_days" if reasons else "one_source"
        return Cell(words.say(f"prices.{why}"), None, "missing")
    worst = max(judged, key=lambda pair: abs(pair["difference_pct"] or 0.0))
    pct = worst["difference_pct"] or 0.0
    between = f"{words.source(worst['other'])} – {words.source(worst['source'])}"
    return Cell(signed(percent(pct, words.lang), pct), abs(pct), "", between)


# The markets


def markets(words: Words, found: Prices, matrix: PriceMatrix) -> Block:
    source = surveyed(words, matrix)
    note = words.note([source] if source else [])
    reports = _reports(matrix["rows"].get(source or "", []))
    columns = [
        Column("name", words.say("prices.market")), Column("state", words.say("sources.state")),
        Column("district", words.say("cases.district")), Column("from", words.say("prices.from")),
        Column("until", words.say("prices.until")),
        Column("survey", words.say("prices.survey").capitalize(), number=True),
        Column("reports", words.say("prices.reports"), number=True), Column("note", words.say("prices.note")),
    ]  # fmt: skip
    rows = tuple(_market(words, market, reports.get(market.code)) for market in words.config.markets)
    table = Table("markets", words.say("prices.markets_title"), tuple(columns), rows, note, words.say("table.none"))
    return Block(
        key="prices-markets", lang=words.lang, title=words.say("prices.markets_title"), note=note, tables=(table,)
    )


def _reports(rows: Sequence[MatrixRow]) -> dict[str, tuple[str, int]]:
    """By market: its last survey, and how many goods it priced in it."""
    days: dict[str, list[str]] = {}
    for row in rows:
        for place, price in row["markets"].items():
            days.setdefault(place, []).append(price["survey"])
    return {place: (max(found), found.count(max(found))) for place, found in days.items()}


def _market(words: Words, market: Market, reported: tuple[str, int] | None) -> Row:
    today = instant(words.now, words.registry.zone).date()
    begun = market.valid_from is None or market.valid_from <= today
    over = market.valid_to is not None and market.valid_to <= today
    state = words.say("prices.closed" if over else "prices.open" if begun else "prices.not_yet")
    mark = "○" if over or not begun else "●"
    name = words.label(market.label, short=False)
    day, count = reported or (None, None)
    heard = Cell(day_text(words, day), _ordinal(day)) if day else Cell(words.say("prices.never_heard"), None, "missing")
    cells = (
        Cell(name, name),
        Cell(f"{mark} {state}", state, "missing" if over else ""),
        Cell(words.district(market.district) if market.district else "–", market.district),
        _dated(words, market.valid_from),
        _dated(words, market.valid_to),
        heard,
        Cell(words.count(count), count),
        Cell(market.note or ""),
    )
    return Row(cells)


def _dated(words: Words, day: date | None) -> Cell:
    return Cell(words.day(day), day.isoformat()) if day else Cell("–")


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()
