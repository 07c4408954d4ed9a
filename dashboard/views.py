"""Documents to what a wall shows, ready to read; pure: the same documents give the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.config.model import Config, Wall
from dashboard.config.registry import Registry
from dashboard.formats import clock, instant, long_date, short_date, whole
from dashboard.i18n import Lang, say
from dashboard.views_changes import changes_tile
from dashboard.views_districts import DistrictsTile, districts_tile
from dashboard.views_prices import prices_tile
from dashboard.views_queue import QueueTile, queue_tile
from dashboard.views_services import ServicesTile, services
from dashboard.views_sources import sources_tile
from dashboard.views_sums import Sum, sums
from dashboard.views_words import Tile, Words


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
    prices: Tile
    priced: int  # commodities a wall may show
    changes: Tile
    sources: Tile


def wall_view(
    documents: Mapping[str, Any], config: Config, registry: Registry, wall: Wall, lang: Lang, audience: str = "wall"
) -> WallView:
    """The view of ``wall``. ``audience`` is the least privileged reader; documents hold nothing above it."""
    words = Words(documents, config, registry, lang)
    rate = words.meta.get("rate", 1)
    marks = [name for name in ("simulated", "replay") if name in words.meta.get("provenance", [])]
    shift = next((s for s in config.shifts if s.id == words.meta.get("shift")), None)
    kind = wall.kind or next(iter(config.kinds), "")
    today = instant(words.now, registry.zone).date()
    return WallView(
        tiles=_tiles(config, kind),
        seq=words.meta.get("seq", 0),
        now=words.now,
        lang=lang,
        room=config.city.room,
        date=long_date(words.now, registry.zone, lang) if words.now else "",
        date_short=short_date(today, lang, weekday=True) if words.now else "",
        time=clock(words.now, registry.zone, lang, seconds=True),
        zone=config.city.zone_label,
        mark=" · ".join(say(f"mark.{name}", lang) for name in marks),
        mark_short=" · ".join(say(f"mark.{name}_short", lang) for name in marks),
        rate=f"×{whole(rate, lang)}" if rate != 1 else "",
        shift=words.label(shift.label, short=False) if shift else "",
        banner=_banner(documents, lang),
        queue=queue_tile(words, kind),
        sums=sums(words, kind),
        districts=districts_tile(words, kind),
        services=services(words),
        prices=prices_tile(words),
        priced=sum(commodity.wall for commodity in config.commodities),
        changes=changes_tile(words),
        sources=sources_tile(words),
    )


def _tiles(config: Config, kind: str) -> frozenset[str]:
    """What the configuration has something for: a city without districts has no map, one without cases no queue."""
    found = {"changes"}
    if kind:
        found |= {"queue", "today", "stock", "services"}
        found |= {"districts"} if config.regions.districts else set()
    found |= {"prices"} if any(commodity.wall for commodity in config.commodities) else set()
    return frozenset(found)


def _banner(documents: Mapping[str, Any], lang: Lang) -> str:
    """What must be said besides the figures: of the room's own uplink, cache, collector and database."""
    words = list(documents.get("condition") or [])
    if (documents.get("meta") or {}).get("uplink_down"):
        words.append("uplink")
    return " · ".join(say(f"wall.{word}", lang) for word in words)
