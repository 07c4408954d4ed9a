"""Prices of staple goods for a desk: by commodity and market, source beside source, the dated list of markets. Pure.

A price that nobody reported is said to be that; a market that has closed is no missing price. Nothing is dropped for
being large, and two units are never compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.formats import instant, percent, rupiah, whole
from dashboard.snapshot import PriceRow, Prices
from dashboard.snapshot_prices import MarketPrice, MatrixRow, PriceMatrix
from dashboard.views_desk import Block, Cell, Column, Figure, Row, Table, day_text, files
from dashboard.views_goods_sources import copied, markets, name_cell, season_cell, sources, surveyed, unit
from dashboard.views_words import Note, Words

MOST_OVER = 6
EXPLAINED = ("arithmetic", "limit", "days_over", "change")
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
    make = {"matrix": _matrix, "sources": sources, "markets": markets}[name]
    return make(words, found, matrix)


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
        lead=tuple(copied(words, [source])) if source else (),
        figures=(*_figures(words, source, matrix, note), *_over(words, rows, note)) if source else (),
        tables=(_goods(words, rows, beside, note), _by_market(words, rows, beside, note)),
        about=_meanings(words),
    )


def _meanings(words: Words) -> tuple[tuple[str, str], ...]:
    found = [(words.say(f"prices.{key}"), words.say(f"prices.about_{about}")) for key, about in MEANINGS.items()]
    kinds = sorted({limit.kind for limit in words.config.price_limits}, reverse=True)
    return (*found, *((kind, words.say(f"wall.limit_{kind}").partition(": ")[2]) for kind in kinds))


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


def _over(words: Words, rows: Sequence[PriceRow], note: Note) -> list[Figure]:
    """Each of those over its limit, the farthest first."""
    late = [(row, row["limit"], row["value"]) for row in rows if row["over"]]
    far = [(value / limit, row, limit) for row, limit, value in late if limit and value]
    far.sort(key=lambda one: -one[0])
    return [_one_over(words, row, limit, note) for _, row, limit in far[:MOST_OVER]]


def _one_over(words: Words, row: PriceRow, limit: float, note: Note) -> Figure:
    surveys = f"{words.count(row['days_over'])} {words.say('wall.of')} {words.count(row['surveys_limited'])}"
    change = moved(words, row["change"], row["change_pct"]) if row["change"] is not None else ""
    more = (
        f"> {row['limit_kind']} {rupiah(limit, words.lang)}",
        f"{words.say('prices.above_in')} {surveys} {words.say('prices.surveys')}",
        change,
    )
    return Figure(
        key=f"over-{row['commodity']}",
        label=name_cell(words, row["commodity"]).text,
        value=rupiah(row["value"], words.lang),
        unit=f"/{unit(words, row['unit'])}",
        state="missed",
        mark="▲",
        more=tuple(filter(None, more)),
        note=note,
        about=tuple((words.say(f"prices.{key}"), words.say(f"prices.about_{MEANINGS[key]}")) for key in EXPLAINED),
    )


def _goods(words: Words, rows: Sequence[PriceRow], beside: Mapping[tuple[str, str], MatrixRow], note: Note) -> Table:
    columns = [Column("name", words.say("prices.commodity")), Column("unit", words.say("prices.unit"))]
    known = any(more["season"]["anomaly_pct"] is not None for more in beside.values())
    for key in NUMBERS if known else (key for key in NUMBERS if key != "season"):
        about = words.say(f"prices.about_{MEANINGS[key]}") if key in MEANINGS else ""
        columns.append(Column(key, words.say(f"prices.{key}"), number=True, about=about))
    newest = max((row["survey"] or "" for row in rows), default="")
    before = max((row["previous_survey"] or "" for row in rows if row["survey"] == newest), default="")
    surveys = f"{words.say('prices.survey')} {day_text(words, newest)}, {words.say('prices.against')} "
    return Table(
        key="goods",
        title=words.say("prices.goods"),
        columns=tuple(columns),
        rows=tuple(
            _good(words, row, beside.get((row["commodity"], row["unit"])), newest, before, known) for row in rows
        ),
        remarks=tuple(
            filter(None, (f"{surveys}{day_text(words, before)}" if before else "", _too_short(words, beside)))
        ),
        note=note,
        empty=words.say("wall.nothing_yet"),
        files=files(words, "prices", {}, words.say("cases.all")),
    )


def _too_short(words: Words, beside: Mapping[tuple[str, str], MatrixRow]) -> str:
    """Said once of all, while no good has been followed long enough."""
    seasons = [more["season"] for more in beside.values()]
    if not seasons or any(season["anomaly_pct"] is not None for season in seasons):
        return ""
    longest = max(seasons, key=lambda season: season["months"])
    cell = season_cell(words, longest)
    return f"{words.say('prices.season')}: {cell.text}, {cell.more}"


def _good(
    words: Words, row: PriceRow, more: MatrixRow | None, newest: str, before: str, seasons: bool
) -> Row:  # fmt: skip
    """``newest``, ``before``: the days of the last survey and the one before, which a row does not repeat."""
    said = unit(words, row["unit"])
    geometric = more["geometric"] if more else None
    cells = (
        name_cell(words, row["commodity"]),
        Cell(said, said),
        _price(words, row, newest),
        Cell(rupiah(geometric, words.lang), geometric),
        _change(words, row, before),
        Cell(percent(row["spread_pct"], words.lang), row["spread_pct"]),
        _variation(words, row),
        _limit(words, row),
        _days_over(words, row),
        *((season_cell(words, more["season"] if more else None),) if seasons else ()),
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
        first = name_cell(words, row["commodity"])
        made.append(Row((Cell(first.text, first.sort, more=f"Rp/{unit(words, row['unit'])}"), *cells)))
    return Table(
        key="by-market",
        title=words.say("prices.by_market"),
        files=files(words, "market_prices", {}, words.say("cases.all")),
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
