"""Prices of staple goods for a desk: by commodity and market, source beside source, the dated list of markets. Pure.

A price that nobody reported is said to be that; a market that has closed is no missing price. Nothing is dropped for
being large, and two units are never compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dashboard.config.installation import metrics_of
from dashboard.config.model import Market
from dashboard.formats import instant, percent, rupiah, signed, whole
from dashboard.i18n import cause
from dashboard.kpi.prices import METRIC
from dashboard.snapshot import PriceRow, Prices
from dashboard.snapshot_prices import MarketPrice, MatrixRow, PriceMatrix, PricePair, Season
from dashboard.views_desk import Block, Cell, Column, Figure, Row, Table, day_text, files, moment
from dashboard.views_prices import UNITS
from dashboard.views_words import CALM, SOURCE_SYMBOLS, Note, Words

BASES = frozenset({"survey", "mean", "geometric_mean", "provincial", "mixed"})
NUMBERS = ("arithmetic", "geometric", "change", "spread", "cv", "limit", "days_over", "season", "markets")
MEANINGS = {
    "arithmetic": "mean", "geometric": "geometric", "change": "change", "spread": "spread", "cv": "cv",
    "limit": "limit", "days_over": "days", "season": "season",
}  # fmt: skip

NO_PRICES: Prices = {"rows": [], "by_source": {}, "data_at": None, "as_of": 0}
NO_MATRIX: PriceMatrix = {"rows": {}, "totals": {}, "pairs": [], "as_of": 0}


def view(words: Words, name: str) -> Block:
    found: Prices = words.documents.get("prices", NO_PRICES)
    matrix: PriceMatrix = words.documents.get("prices:matrix", NO_MATRIX)
    make = {"matrix": _matrix, "sources": _sources, "markets": _markets}[name]
    return make(words, found, matrix)


def surveyed(words: Words, matrix: PriceMatrix) -> str | None:
    """The source that asks the city's own markets."""
    registered = words.registry.markets
    counts = {
        source: len({place for row in rows for place in row["markets"] if place in registered})
        for source, rows in matrix["rows"].items()
    }
    best = max(counts, key=lambda source: counts[source], default=None)
    return best if best is not None and counts[best] else None


# By commodity and market


def _matrix(words: Words, found: Prices, matrix: PriceMatrix) -> Block:
    source = surveyed(words, matrix)
    rows = found["by_source"].get(source or "", [])
    beside = {(row["commodity"], row["unit"]): row for row in matrix["rows"].get(source or "", [])}
    note = words.note([source] if source else [])
    return Block(
        key="prices-matrix",
        lang=words.lang,
        title=words.say("prices.matrix"),
        note=note,
        lead=tuple(_copied(words, [source])) if source else (),
        figures=_figures(words, source, matrix, note) if source else (),
        tables=(_goods(words, rows, beside, note), _by_market(words, rows, beside, note)),
        about=_meanings(words),
    )


def _meanings(words: Words) -> tuple[tuple[str, str], ...]:
    found = [(words.say(f"prices.{key}"), words.say(f"prices.about_{about}")) for key, about in MEANINGS.items()]
    kinds = sorted({limit.kind for limit in words.config.price_limits}, reverse=True)
    return (*found, *((kind, words.say(f"wall.limit_{kind}").partition(": ")[2]) for kind in kinds))


def _copied(words: Words, sources: Sequence[str]) -> list[str]:
    held = (words.states.get(source) for source in sources)
    return [f"▲ {words.say('wall.copied')}: {words.source(s['id'])}" for s in held if s and s["copied_forward"]]


def _figures(words: Words, source: str, matrix: PriceMatrix, note: Note) -> tuple[Figure, ...]:
    total = matrix["totals"][source]
    survey = f"{words.say('prices.survey')} {day_text(words, total['survey'])}"
    counts = (
        ("over_now", total["over"], "judged_of", total["judged"], "limit", "missed" if total["over"] else "calm"),
        ("priced_now", total["priced"], "priced_of", total["goods"], "mean", "calm"),
    )
    return tuple(
        Figure(
            key=f"prices-{key}",
            label=words.say(f"prices.{key}"),
            value=words.count(value),
            unit="",
            state=state,
            mark="▲" if state == "missed" else "",
            more=(words.say(f"prices.{of}").format(words.count(whole_)), survey),
            note=note,
            about=((words.say("about.definition"), words.say(f"prices.about_{about}")),),
        )
        for key, value, of, whole_, about, state in counts
    )


def _name(words: Words, commodity: str) -> Cell:
    known = words.registry.commodities.get(commodity)
    text = words.label(known.label, short=False) if known else commodity
    return Cell(text, text)


def unit(words: Words, code: str) -> str:
    return words.say(f"unit.{code}") if code in UNITS else code


def _goods(words: Words, rows: Sequence[PriceRow], beside: Mapping[tuple[str, str], MatrixRow], note: Note) -> Table:
    columns = [Column("name", words.say("prices.commodity")), Column("unit", words.say("prices.unit"))]
    for key in NUMBERS:
        about = words.say(f"prices.about_{MEANINGS[key]}") if key in MEANINGS else ""
        columns.append(Column(key, words.say(f"prices.{key}"), number=True, about=about))
    newest = max((row["survey"] or "" for row in rows), default="")
    before = max((row["previous_survey"] or "" for row in rows if row["survey"] == newest), default="")
    surveys = f"{words.say('prices.survey')} {day_text(words, newest)}, {words.say('prices.against')} "
    return Table(
        key="goods",
        title=words.say("prices.goods"),
        columns=tuple(columns),
        rows=tuple(_good(words, row, beside.get((row["commodity"], row["unit"])), newest, before) for row in rows),
        remarks=(f"{surveys}{day_text(words, before)}",) if before else (),
        note=note,
        empty=words.say("wall.nothing_yet"),
        files=files(words, "prices", {}, words.say("cases.all")),
    )


def _good(words: Words, row: PriceRow, more: MatrixRow | None, newest: str, before: str) -> Row:
    """``newest``, ``before``: the days of the last survey and the one before, which a row does not repeat."""
    said = unit(words, row["unit"])
    geometric = more["geometric"] if more else None
    cells = (
        _name(words, row["commodity"]),
        Cell(said, said),
        _price(words, row, newest),
        Cell(rupiah(geometric, words.lang), geometric),
        _change(words, row, before),
        Cell(percent(row["spread_pct"], words.lang), row["spread_pct"]),
        _variation(words, row),
        _limit(words, row),
        _days_over(words, row),
        _season(words, more["season"] if more else None),
        Cell(f"{row['markets']}/{row['markets_open']}", row["markets"]),
    )
    return Row(cells, "over" if row["over"] else "")


def _price(words: Words, row: PriceRow, newest: str) -> Cell:
    if row["value"] is None:
        return Cell(words.say("wall.not_reported"), None, "missing")
    said = [] if row["survey"] == newest else [f"{words.say('prices.survey')} {day_text(words, row['survey'])}"]
    if row["not_reported_since"]:
        said.append(f"{words.say('wall.not_reported')} {words.say('wall.since')} "
                    f"{day_text(words, row['not_reported_since'])}")  # fmt: skip
    doubtful = [gap.partition(":")[2] for gap in row.get("missing", []) if gap.startswith("doubtful:")]
    said += [f"{words.count(int(count))} {words.say('wall.doubtful')}" for count in doubtful]
    mark = "▲ " if row["over"] else ""
    return Cell(f"{mark}{rupiah(row['value'], words.lang)}", row["value"], "over" if row["over"] else "",
                " · ".join(said))  # fmt: skip


def _change(words: Words, row: PriceRow, before: str) -> Cell:
    if row["change"] is None:
        return Cell(words.say("wall.no_previous") if row["previous"] is None else "–", None, "missing")
    other = row["previous_survey"] != before
    said = f"{words.say('prices.previous')} {day_text(words, row['previous_survey'])}" if other else ""
    return Cell(moved(words, row["change"], row["change_pct"]), row["change_pct"], "", said)


def moved(words: Words, change: float, pct: float | None) -> str:
    """↑ 500 · 1,3%"""
    if round(change) == 0:
        return f"= {words.say('wall.unchanged')}"
    return f"{'↑' if change > 0 else '↓'} {whole(abs(change), words.lang)} · {percent(abs(pct or 0), words.lang)}"


def _variation(words: Words, row: PriceRow) -> Cell:
    of = f"{words.count(row['cv_surveys'])} {words.say('prices.surveys')}" if row["cv_surveys"] else ""
    return Cell(percent(row["cv_pct"], words.lang), row["cv_pct"], "", of)


def _limit(words: Words, row: PriceRow) -> Cell:
    if row["limit"] is None:
        return Cell(words.say("wall.no_limit"), None, "missing")
    status = f" ({words.say('basis.proposed')})" if row["limit_status"] == "usulan" else ""
    return Cell(f"{row['limit_kind']} {rupiah(row['limit'], words.lang)}", row["limit"], "", status.strip())


def _days_over(words: Words, row: PriceRow) -> Cell:
    if row["surveys_limited"] is None:
        return Cell("–")
    of = f"{words.say('wall.of')} {words.count(row['surveys_limited'])}"
    return Cell(words.count(row["days_over"]), row["days_over"], "", of)


def _season(words: Words, found: Season | None) -> Cell:
    if found is None or found["anomaly_pct"] is None:
        months = f"{found['months']}/{found['needed']} {words.say('prices.months_of')}" if found else ""
        return Cell(words.say("prices.too_short"), None, "missing", months)
    anomaly = found["anomaly_pct"]
    return Cell(signed(percent(anomaly, words.lang), anomaly), anomaly, "", f"n {found['years']}")


def _by_market(
    words: Words, rows: Sequence[PriceRow], beside: Mapping[tuple[str, str], MatrixRow], note: Note
) -> Table:
    """The markets of today, and those that have closed since only in the list of markets."""
    today = instant(words.now, words.registry.zone).date()
    open_now = {market.code for market in words.registry.markets_open(today)}
    shown = [market for market in words.config.markets if market.code in open_now]
    columns = [Column("name", words.say("prices.commodity"))]
    columns += [Column(market.code, words.label(market.label), number=True) for market in shown]
    newest = max((row["survey"] or "" for row in rows), default="")
    made = []
    for row in rows:
        more = beside.get((row["commodity"], row["unit"]))
        prices: Mapping[str, MarketPrice] = more["markets"] if more else {}
        cells = [_of_market(words, prices.get(market.code), newest) for market in shown]
        first = _name(words, row["commodity"])
        made.append(Row((Cell(first.text, first.sort, more=f"Rp/{unit(words, row['unit'])}"), *cells)))
    return Table(
        key="by-market",
        title=words.say("prices.by_market"),
        columns=tuple(columns),
        rows=tuple(made),
        note=note,
        empty=words.say("wall.nothing_yet"),
    )


def _of_market(words: Words, price: MarketPrice | None, newest: str) -> Cell:
    if price is None:
        return Cell("–", None, "missing")
    mark = "▲ " if price["over"] else ""
    old = price["survey"] != newest
    state = " ".join(filter(None, ("over" if price["over"] else "", "missing" if old else "")))
    moved_by = price["change"]
    more = day_text(words, price["survey"]) if old else ""
    if not more and moved_by is not None and round(moved_by):
        more = f"{'↑' if moved_by > 0 else '↓'} {whole(abs(moved_by), words.lang)}"
    return Cell(f"{mark}{whole(price['value'], words.lang)}", price["value"], state, more)


# Source beside source


def _sources(words: Words, found: Prices, matrix: PriceMatrix) -> Block:
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
        lead=(*(_state(words, source) for source in known), *_copied(words, known)),
        tables=(_compared(words, found["by_source"], matrix["pairs"], known, note),),
        about=((words.say("prices.widest"), words.say("prices.about_difference")),),
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
    pairs: Sequence[PricePair],
    known: Sequence[str],
    note: Note,
) -> Table:
    held: dict[str, dict[str, PriceRow]] = {}
    for source in known:
        for row in by_source.get(source, []):
            if row["value"] is not None:
                held.setdefault(row["commodity"], {})[source] = row
    order = {code: n for n, code in enumerate(words.registry.commodities)}
    goods = sorted(held, key=lambda code: (-len(held[code]), order.get(code, len(order))))
    columns = [Column("name", words.say("prices.commodity"))]
    columns += [Column(source, words.source(source), number=True) for source in known]
    columns.append(
        Column("widest", words.say("prices.widest"), number=True, about=words.say("prices.about_difference"))
    )
    rows = [
        Row(
            (_name(words, code), *(_by(words, held[code].get(source)) for source in known), _widest(words, code, pairs))
        )
        for code in goods
    ]
    return Table("compared", words.say("prices.compared"), tuple(columns), tuple(rows), note,
                 words.say("wall.nothing_yet"), files(words, "prices", {}, words.say("cases.all")))  # fmt: skip


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


def _markets(words: Words, found: Prices, matrix: PriceMatrix) -> Block:
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
