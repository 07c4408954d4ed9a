"""Documents to what a wall shows, ready to read; pure: the same documents give the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from dashboard.config.model import Wall, WallTile
from dashboard.disclosure import Disclosure
from dashboard.formats import clock, instant, long_date, week_date, whole
from dashboard.i18n import Lang, say
from dashboard.views_changes import changes_tile
from dashboard.views_components import components_tile
from dashboard.views_districts import DistrictsTile, districts_tile
from dashboard.views_pages import PageView, pages
from dashboard.views_prices import prices_tile
from dashboard.views_queue import QueueTile, queue_tile
from dashboard.views_services import ServicesTile, services
from dashboard.views_sources import sources_tile
from dashboard.views_sums import Sum, sums
from dashboard.views_words import Tile, Words

TILES: tuple[str, ...] = get_args(WallTile)


@dataclass(frozen=True, slots=True)
class WallView:
    """Everything a main wall shows; ``now`` is the documents' as_of in epoch milliseconds."""

    tiles: frozenset[str]  # that this city has something for: of the configuration alone, so that a layout is fixed
    seq: int
    now: int
    lang: Lang
    room: str
    date: str
    date_short: str
    time: str
    zone: str
    mark: str
    mark_short: str
    rate: str
    shift: str
    banner: str
    queue: QueueTile
    sums: tuple[Sum, Sum]
    districts: DistrictsTile
    services: tuple[ServicesTile, ...]
    components: Tile
    prices: Tile
    pages: tuple[PageView, ...]
    page_dwell: str  # seconds
    hold: str
    priced: int  # commodities a wall may show
    changes: Tile
    sources: Tile


def wall_view(published: Mapping[str, Any], told: Disclosure, wall: Wall, lang: Lang) -> WallView:
    """The view of ``wall``, for readers who may be told what ``told`` lets through."""
    words = Words(published, told, lang)
    config, registry = words.config, words.registry
    rate = words.meta.get("rate", 1)
    marks = [name for name in ("simulated", "replay") if name in words.meta.get("provenance", [])]
    shift = next((s for s in config.shifts if s.id == words.meta.get("shift")), None)
    kinds = told.kinds if wall.kinds is None else tuple(kind for kind in wall.kinds if kind in told.kinds)
    kind = wall.kind if wall.kind in told.kinds else next(iter(kinds), "")
    today = instant(words.now, registry.zone).date()
    return WallView(
        tiles=_tiles(told, kind) & frozenset(TILES if wall.tiles is None else wall.tiles),
        seq=words.meta.get("seq", 0),
        now=words.now,
        lang=lang,
        room=config.city.room,
        date=long_date(words.now, registry.zone, lang) if words.now else "",
        date_short=week_date(today, lang) if words.now else "",
        time=clock(words.now, registry.zone, lang, seconds=True),
        zone=config.city.zone_label,
        mark=" · ".join(say(f"mark.{name}", lang) for name in marks),
        mark_short=" · ".join(say(f"mark.{name}_short", lang) for name in marks),
        rate=f"×{whole(rate, lang)}" if rate != 1 else "",
        shift=words.label(shift.label, short=False) if shift else "",
        banner=_banner(words.documents, lang),
        queue=queue_tile(words, kind),
        sums=sums(words, kind),
        districts=districts_tile(words, kind),
        services=services(words, kinds),
        components=components_tile(words),
        prices=prices_tile(words),
        pages=pages(words, wall),
        page_dwell=f"{wall.page_dwell_s:g}",
        hold=f"{wall.hold_s:g}",
        priced=sum(commodity.wall for commodity in config.commodities),
        changes=changes_tile(words, kinds, wall.sources),
        sources=sources_tile(words, wall.sources),
    )


def _tiles(told: Disclosure, kind: str) -> frozenset[str]:
    """What the configuration has something for that a wall may show: a city without districts has no map, one
    without cases no queue."""
    config = told.registry.config
    found = {"changes"}
    if kind:
        found |= {"queue", "services"}
        found |= {tile for tile, key in (("today", "cohort_today"), ("stock", "stock")) if told.figure(kind, key)}
        found |= {"districts"} if config.regions.districts and told.figure(kind, "open") else set()
    found |= {"components"} if told.components else set()
    found |= {"prices"} if any(commodity.wall for commodity in config.commodities) else set()
    return frozenset(found)


def _banner(documents: Mapping[str, Any], lang: Lang) -> str:
    """What must be said besides the figures: of the room's own uplink, cache, collector and database."""
    words = list(documents.get("condition") or [])
    if (documents.get("meta") or {}).get("uplink_down"):
        words.append("uplink")
    return " · ".join(say(f"wall.{word}", lang) for word in words)
