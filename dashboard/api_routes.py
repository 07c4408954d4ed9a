"""The one table of the API's resources: parsing, error texts, OpenAPI and docs/api.md are made from it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard import api_breakdown, api_documents, api_history, api_measures, api_prices, api_registries, api_statuses
from dashboard import api_types as types
from dashboard.api_documents import Ask
from dashboard.api_parameters import Code, Cursor, Instant, OneOf, Parameter, Whole, YesNo
from dashboard.disclosure import Disclosure
from dashboard.records import UNKNOWN, CaseStatus

PREFIX = "/api/v1/"
OPENAPI = PREFIX + "openapi.json"
DEFAULT_LIMIT = 100
FORMS = ("csv", "xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``of_history``: asks the history, in a thread; the others read the published documents. ``rows``: the list of
    the answer that also comes as a table, and what it is a list of."""

    name: str
    text: str
    answer: type[types.Answer]
    find: Callable[[Ask, Mapping[str, Any]], types.Answer]
    parameters: tuple[Parameter, ...] = ()
    of_history: bool = False
    rows: tuple[str, type] | None = None

    @property
    def path(self) -> str:
        return PREFIX + self.name

    @property
    def tables(self) -> dict[str, str]:
        """The address of its rows in each form of a table."""
        return {} if self.rows is None else {form: f"{self.path}.{form}" for form in FORMS}


def _with_unknown(of: Callable[[Disclosure], Any]) -> Callable[[Disclosure], list[str]]:
    return lambda known: [*of(known), UNKNOWN]


A_KIND = OneOf(lambda known: known.kinds, "a kind of case")
A_SOURCE = OneOf(lambda known: sorted(known.sources), "a source")
A_STATUS = OneOf(lambda _: [status.value for status in CaseStatus], "a status of the common scale")
A_DEPARTMENT = OneOf(_with_unknown(lambda known: known.departments), "a department's abbreviation")
A_DISTRICT = OneOf(_with_unknown(lambda known: known.registry.districts), "a district's code")
A_SUBDISTRICT = OneOf(_with_unknown(lambda known: known.registry.subdistricts), "a subdistrict's code")
AN_ITEM = OneOf(lambda known: list(known.registry.commodities), "a commodity's code")
A_GROUP = OneOf(lambda known: known.measure_groups, "a group of metrics")
A_METRIC = OneOf(lambda known: [key for key in known.registry.config.metrics if known.metric(key)], "a metric")
A_SCOPE = OneOf(lambda known: known.scopes, "`city`, `district:CODE` or `department:ABBR`")

LIMIT = Parameter("limit", Whole(1, 500), "how many at most", DEFAULT_LIMIT)
CURSOR = Parameter("cursor", Cursor(), "go on after this page")
OF_SOURCE = Parameter("source", A_SOURCE, "from this source only")

ROUTES: tuple[Route, ...] = (
    Route(
        name="sources",
        text="Every source: kinds of record, state, times, rows, rejects.",
        answer=types.Sources,
        find=api_documents.sources,
        rows=("sources", types.Source),
    ),
    Route(
        name="cases",
        text="Cases, newest number first. Confidential ones are counted and not listed; where a count is hidden "
        "(see cells) the place of the cases behind it is withheld, and a question that names a place leaves them out.",
        answer=types.Cases,
        find=api_history.cases,
        rows=("cases", types.Case),
        of_history=True,
        parameters=(
            Parameter("kind", A_KIND, "of this kind"),
            Parameter("status", A_STATUS, "in this status now"),
            Parameter("department", A_DEPARTMENT, "with this department"),
            Parameter("district", A_DISTRICT, "in this district"),
            Parameter("subdistrict", A_SUBDISTRICT, "in this subdistrict"),
            Parameter(
                "overdue",
                YesNo(),
                "true: open and past the deadline, of whatever basis (`overdue.now` and `overdue_proposed.now` "
                "together); false: all others",
            ),
            Parameter(
                "basis",
                OneOf(lambda _: tuple(api_history.BASES), "ditetapkan or usulan"),
                "ditetapkan: with an established deadline, or the source's own (with `overdue=true` what "
                "`overdue.now` counts); usulan: with a proposed one (`overdue_proposed.now`)",
            ),
            Parameter("since", Instant(), "opened at or after, by the source's own word"),
            LIMIT,
            CURSOR,
        ),
    ),
    Route(
        name="measurements",
        text="Measured values, newest stored first.",
        answer=types.Measurements,
        find=api_history.measurements,
        rows=("measurements", types.Measurement),
        of_history=True,
        parameters=(
            Parameter("metric", Code("a metric's code"), "of this metric, such as price"),
            Parameter("place", Code("a place's code"), "at this place: a market, a district, the city"),
            Parameter("item", AN_ITEM, "of this commodity"),
            Parameter("from", Instant(), "of a period that begins at or after"),
            Parameter("to", Instant(), "of a period that begins before"),
            OF_SOURCE,
            LIMIT,
            CURSOR,
        ),
    ),
    Route(
        name="statuses",
        text="The state of sites, units and systems.",
        answer=types.Statuses,
        find=api_history.statuses,
        rows=("statuses", types.Status),
        of_history=True,
        parameters=(Parameter("kind", Code("a kind's code"), "of this kind of subject"), OF_SOURCE, LIMIT, CURSOR),
    ),
    Route(
        name="status_kinds",
        text="Each kind of subject summed up: counts, what is not well by its cause, flapping, availability.",
        answer=api_statuses.StatusKinds,
        find=api_statuses.status_kinds,
        parameters=(Parameter("kind", Code("a kind's code"), "only this kind of subject"),),
    ),
    Route(
        name="kpis",
        text="The key figures of a scope, each with what it is made of, and their definitions.",
        answer=types.Kpis,
        find=api_documents.kpis,
        parameters=(
            Parameter("scope", A_SCOPE, "whose figures", "city"),
            Parameter("kind", A_KIND, "of this kind of case"),
        ),
    ),
    Route(
        name="cells",
        text="Open cases by category and district. Small counts of sensitive categories are hidden, and one more "
        "where subtraction would give them away; totals are right.",
        answer=types.Cells,
        find=api_documents.cells,
        parameters=(Parameter("kind", A_KIND, "of this kind of case; the first kind of the city when none is named"),),
    ),
    Route(
        name="groups",
        text="The key figures of a kind of case by category and by class; groups of which nothing is open, and nothing "
        "came or was closed in 30 days, are left out, and confidential cases are in none.",
        answer=types.Groups,
        find=api_documents.groups,
        rows=("rows", types.GroupFigure),
        parameters=(Parameter("kind", A_KIND, "of this kind of case; the first kind of the city when none is named"),),
    ),
    Route(
        name="breakdown",
        text="A kind of case by stage, class and department with its money, marks by stated rules, and shares with "
        "their numerators and denominators; only kinds that declare it.",
        answer=api_breakdown.Breakdowns,
        find=api_breakdown.breakdown,
        rows=("rows", api_breakdown.Part),
        parameters=(
            Parameter("kind", A_KIND, "of this kind of case; the first kind that is broken down when none is named"),
        ),
    ),
    Route(
        name="prices",
        text="Staple prices: the last survey, change, spread, limits; for the wall and by source.",
        answer=types.Prices,
        find=api_documents.prices,
        rows=("prices", types.Price),
    ),
    Route(
        name="measures",
        text="Reported figures other than prices: the newest of each place with its period, target, pace, parts, "
        "differences and claims that contradict each other.",
        answer=api_measures.Figures,
        find=api_measures.measures,
        rows=("figures", api_measures.Figure),
        parameters=(
            Parameter("group", A_GROUP, "of this group"),
            Parameter("metric", A_METRIC, "of this metric"),
            Parameter("place", Code("a place's code"), "at this place: the city, a district, a facility, a department"),
        ),
    ),
    Route(
        name="components",
        text="The score cards of the city's components, each with all its parts: value, target and who set it, weight, "
        "performance, what is missing.",
        answer=api_measures.ScoreCards,
        find=api_measures.components,
        rows=("parts", api_measures.Part),
    ),
    Route(
        name="market_prices",
        text="Each market's own last price of each commodity; beside them geometric means and seasons.",
        answer=api_prices.MarketPrices,
        find=api_prices.market_prices,
        rows=("markets", api_prices.MarketPrice),
    ),
    Route(
        name="price_comparisons",
        text="How far two sources are apart about a commodity; different units are never compared.",
        answer=api_prices.Comparisons,
        find=api_prices.comparisons,
        rows=("comparisons", api_prices.Comparison),
    ),
    Route(
        name="registries",
        text="What the codes of the other answers mean: city, regions with their population, departments with their "
        "contact, kinds, classes, categories, commodities, markets; and what deadlines and price limits stand on.",
        answer=api_registries.Registries,
        find=api_registries.registries,
    ),
    Route(
        name="rejects",
        text="Rows that could not be read, newest first: names, types and masked shapes, never a value.",
        answer=types.Rejects,
        find=api_history.rejects,
        rows=("rejects", types.Reject),
        of_history=True,
        parameters=(OF_SOURCE, LIMIT, Parameter("cursor", Cursor(2), "go on after this page")),
    ),
)
BY_PATH = {route.path: route for route in ROUTES}
TABLES = {path: (route, form) for route in ROUTES for form, path in route.tables.items()}
