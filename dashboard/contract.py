"""What a connector file is and what the room hands it; never does I/O itself.

A connector is one module in ``connectors/`` with exactly these names::

    PARSER_VERSION = 1                    # raise it when parse() reads the same row differently
    SHAPES = ("case",)                    # of "case", "measurement", "status"
    class Options(ConnectorOptions): ...  # the source block's ``options:``, pydantic, strict
    async def fetch(ctx: FetchContext[Options]) -> Payload     # thin
    def parse(row, ctx: ParseContext[Options]) -> ParseResult  # pure and naive: an exception rejects the row

The room gives the rest: schedule, time limit, retries, size caps, address policy, conditional requests,
breaker, digesting, quarantine, coverage and vanishing, freshness, metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

from dashboard.errors import SourceError
from dashboard.records import CaseStatus, Parsed, Record

ParseResult = Record | Parsed | Sequence[Record | Parsed]
"""One record, one with its transient part, or several (an empty list: the row is not a record)."""


@dataclass(frozen=True, slots=True)
class DeclaredIn:
    """Marks an option whose value must be a name that this section of config.yaml declares."""

    section: str


CaseKind = Annotated[str, DeclaredIn("kinds")]
StatusKind = Annotated[str, DeclaredIn("status_kinds")]


class ConnectorOptions(BaseModel):
    """Base of every connector's ``Options``: strict, no unknown key."""

    model_config = ConfigDict(extra="forbid", frozen=True)


O = TypeVar("O", bound=ConnectorOptions)  # noqa: E741
O_co = TypeVar("O_co", bound=ConnectorOptions, covariant=True)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the payload speaks for. Only a record inside a coverage that came whole, missing twice, has
    vanished. ``window``: records whose ``field`` (a Case/Measurement attribute) lies in [start, end). ``offices``: only
    cases of these; None: of all."""

    kind: Literal["complete", "window", "delta"]
    field: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    offices: frozenset[str] | None = None


COMPLETE = Coverage("complete")
DELTA = Coverage("delta")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """One poll's answer. ``rows`` are raw: JSON-like (dict/list/str/number/None) so the room can digest
    them. ``whole`` False: pages could not be drained, so nothing may be judged as missing."""

    rows: Sequence[Any]
    coverage: Coverage
    fetched_at: datetime
    next_cursor: Any = None  # JSON-like, given back as ``ctx.cursor`` at the next poll
    whole: bool = True
    not_modified: bool = False  # 304, or the same file again: nothing changed at the source
    source_time: datetime | None = None  # the source's own clock (HTTP Date), to measure skew
    published_at: datetime | None = None  # when the source says this data was published


@dataclass(frozen=True, slots=True)
class Response:
    """A complete, size-limited HTTP answer with a status below 400 (anything else was raised)."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes
    url: str

    def json(self) -> Any:
        """Strict JSON (no NaN, depth-limited). Raises SourceChanged/SourceRefused naming what came."""
        from dashboard.decoding import strict_json  # the pure decoder; kept out of import cycles

        return strict_json(self.body, self.headers.get("content-type", ""))

    def text(self) -> str:
        from dashboard.decoding import strict_text

        return strict_text(self.body)


AT_ONCE = 8
"""Addresses of one source that are asked side by side."""


class Http(Protocol):
    """Requests relative to the source's ``url``; limits, retries, redirects and address policy applied."""

    async def get(
        self,
        path: str = "",
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,  # send the stored ETag/Last-Modified; a 304 comes back as status 304
        accept_status: frozenset[int] = frozenset(),  # statuses >= 400 to hand over instead of raising
    ) -> Response: ...

    async def sweep(
        self, paths: Sequence[str], *, params: Mapping[str, str | int] | None = None, at_once: int = AT_ONCE
    ) -> list[Response | SourceError]:
        """The answer of each path, ``at_once`` at a time; what went wrong with one stands in its place."""
        ...

    async def post(
        self,
        path: str = "",
        *,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_status: frozenset[int] = frozenset(),
    ) -> Response: ...


class Sql(Protocol):
    async def rows(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one read-only statement under a statement timeout, in a thread. Values JSON-like or datetime."""
        ...


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file in the source's drop folder."""

    name: str
    size: int
    modified_at: datetime
    digest: str  # of the content


class Files(Protocol):
    async def listing(self, pattern: str = "*") -> list[DroppedFile]:
        """Complete files (a file still growing or named *.part/.tmp is left out), oldest first."""
        ...

    async def table(self, name: str, *, sheet: str | None = None, delimiter: str = ",") -> list[dict[str, Any]]:
        """Rows of a CSV or XLSX as {column: cell}; CSV cells are str, XLSX cells str/int/float/bool/datetime."""
        ...


class Probe(Protocol):
    async def tcp(self, host: str, port: int) -> float:
        """Seconds to connect; raises SourceUnavailable."""
        ...

    async def http(self, url: str) -> float:
        """Seconds to the first line of an answer that is no error (who asks for a password is there); no redirect is
        followed and no body read. Raises SourceUnavailable or SourceRefused."""
        ...

    async def sweep(self, targets: Sequence[str]) -> list[str]:
        """Of each ``host:port`` or http(s) URL, many at a time: "" when it was reached, or the word of the cause."""
        ...

    async def way_out(self) -> None:
        """Raises SourceUnavailable("uplink") when the room itself reaches nothing: then nobody else is to blame."""
        ...


@dataclass(frozen=True, slots=True)
class NumberLocale:
    """How a source writes numbers. '12.500' is never guessed: it is read by these marks or refused."""

    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a district or subdistrict lies: the middle of it, WGS84. ``district``: its own code, or its district's."""

    code: str
    name: str
    district: str
    lat: float
    lon: float


class Words(Protocol):
    """Registry lookups. Each returns a code, ``records.UNKNOWN`` for a word in no registry, or None for
    an empty word. Lookups ignore case, accents, surplus spaces and known prefixes; never guess."""

    def department(self, word: str | None, at: datetime | None = None) -> str | None: ...
    def district(self, word: str | None) -> str | None: ...
    def subdistrict(self, word: str | None, district: str | None = None) -> str | None: ...
    def category(self, word: str | None) -> str | None: ...
    def market(self, word: str | None) -> str | None: ...
    def facility(self, word: str | None) -> str | None: ...
    def region(self, word: str | None) -> str | None: ...
    def commodity(self, word: str | None, unit: str | None) -> str | None: ...
    def unit(self, word: str | None) -> str | None: ...
    def status(self, word: str | None, scale: Mapping[str, str]) -> CaseStatus: ...
    def places(self) -> Sequence[Place]:
        """Districts and subdistricts whose middle is known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchContext(Generic[O_co]):
    """Everything a fetch may touch."""

    source: str
    options: O_co
    http: Http
    sql: Sql
    files: Files
    probe: Probe
    cursor: Any
    now: datetime
    zone: tzinfo  # the source's zone
    registries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # code -> name, by section of config.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseContext(Generic[O_co]):
    """Everything a parse may know. Pure."""

    source: str
    options: O_co
    words: Words
    zone: tzinfo
    numbers: NumberLocale
    fetched_at: datetime
    city: str  # the city's own region code
    written_at: datetime | None = None  # when the source wrote its answer, as far as its own clock can be believed
    extra: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Connector(Protocol):
    """The module itself."""

    PARSER_VERSION: int
    SHAPES: tuple[str, ...]
    Options: type[ConnectorOptions]

    async def fetch(self, ctx: FetchContext[Any]) -> Payload: ...
    def parse(self, row: Any, ctx: ParseContext[Any]) -> ParseResult: ...
