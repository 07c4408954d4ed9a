"""Looks words and codes up in the city's registries; never guesses and never reads anything but the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from dashboard.config.metrics import Facility
from dashboard.config.model import Category, Config, Department, Label, Market, Policy, PriceLimit, Visibility
from dashboard.config.words import canonical_unit, empty, fold, spellings
from dashboard.contract import Place
from dashboard.records import UNKNOWN, CaseStatus

_LONGEST_WORD = 200  # no name is longer; a megabyte of a word is neither folded nor remembered
_STRICT: dict[Visibility, int] = {"wall": 0, "desk": 1, "confidential": 2}


def strictest(*levels: Visibility) -> Visibility:
    return max(levels, key=_STRICT.__getitem__)


class Registry:
    """Implements ``contract.Words`` and the lookups of the collector and the screens.

    Places are joined by code. A word that means two things means nothing: it is UNKNOWN.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.zone = ZoneInfo(config.city.zone)
        self.categories: dict[str, Category] = {c.code: c for c in config.categories}
        self.departments: dict[str, Department] = {d.abbr: d for d in config.departments}
        self.districts = {d.code: d for d in config.regions.districts}
        self.subdistricts = {s.code: s for s in config.regions.subdistricts}
        self.commodities = {c.code: c for c in config.commodities}
        self.markets = {m.code: m for m in config.markets}
        self.facilities = {f.code: f for f in config.facilities}
        self.sources = {s.id: s for s in config.sources}
        # The same few answers for thousands of cases.
        self.visibility = lru_cache(maxsize=8192)(self._visibility)
        city = fold(config.city.name)
        departments = ((d.abbr, (d.abbr, d.name, *d.aliases)) for d in config.departments)
        self._departments = _Index("department", departments, suffix=city)
        self._districts = _Index(
            "district", ((d.code, _names(d.code, d.name, d.aliases)) for d in self.districts.values())
        )
        self._subdistricts = _Index(
            "subdistrict", ((s.code, _names(s.code, s.name, s.aliases)) for s in self.subdistricts.values())
        )
        self._categories = _Index(
            "category", ((c.code, _names(c.code, c.label.id, c.aliases)) for c in config.categories)
        )
        markets = ((m.code, _names(m.code, m.label.id, m.aliases)) for m in config.markets)
        self._markets = _Index("market", markets, suffix=city)
        facilities = ((f.code, _names(f.code, f.label.id, f.aliases)) for f in config.facilities)
        self._facilities = _Index("facility", facilities, suffix=city)
        self._commodities: dict[tuple[str, str], set[str]] = {}
        for commodity in config.commodities:
            for alias in _names(commodity.code, commodity.label.id, commodity.aliases):
                word, _, unit = alias.partition("|")
                key = fold(word), canonical_unit(unit) or commodity.unit
                self._commodities.setdefault(key, set()).add(commodity.code)
        self._limits: dict[tuple[str, str], list[PriceLimit]] = {}
        for limit in config.price_limits:
            self._limits.setdefault((limit.commodity, limit.unit), []).append(limit)

    # Words: what a connector may ask

    def department(self, word: str | None, at: datetime | None = None) -> str | None:
        """The department that does this word's work at ``at`` (departments merge and split)."""
        code = self._departments.code(word)
        if code is None or code == UNKNOWN or at is None:
            return code
        return self.department_at(code, at.astimezone(self.zone).date())

    def department_at(self, abbr: str, day: date) -> str:
        seen = {abbr}
        found = self.departments[abbr]
        while found.valid_to is not None and day >= found.valid_to and found.successor and found.successor not in seen:
            seen.add(found.successor)
            found = self.departments[found.successor]
        return found.abbr

    def district(self, word: str | None) -> str | None:
        return self._districts.code(word)

    def subdistrict(self, word: str | None, district: str | None = None) -> str | None:
        """A subdistrict of ``district`` (code or word) when one is given. A subdistrict said to lie in another
        district than it does is a contradiction of the source: UNKNOWN, never one of the two."""
        if word is None or len(word) > _LONGEST_WORD or empty(word):
            return _nothing(word)
        parent = district if district in self.districts else self.district(district)
        codes = self._subdistricts.codes(word)
        if parent in self.districts:
            codes = frozenset(code for code in codes if self.subdistricts[code].parent == parent)
        return next(iter(codes)) if len(codes) == 1 else UNKNOWN

    def category(self, word: str | None) -> str | None:
        return self._categories.code(word)

    def market(self, word: str | None) -> str | None:
        return self._markets.code(word)

    def facility(self, word: str | None) -> str | None:
        return self._facilities.code(word)

    def region(self, word: str | None) -> str | None:
        """The city itself, one of its districts, or a subdistrict by its code (its name may be a district's too)."""
        city = self.config.city
        if word is not None and len(word) <= _LONGEST_WORD and fold(word) in (fold(city.code), fold(city.name)):
            return city.code
        return word if word in self.subdistricts else self.district(word)

    def commodity(self, word: str | None, unit: str | None) -> str | None:
        """Item and unit together: a chicken by the head is not chicken by the kilogram."""
        if word is None or len(word) > _LONGEST_WORD or empty(word):
            return _nothing(word)
        codes = self._commodities.get((fold(word), canonical_unit(unit or "") or ""), set())
        return next(iter(codes)) if len(codes) == 1 else UNKNOWN

    def unit(self, word: str | None) -> str | None:
        if word is None or len(word) > _LONGEST_WORD or empty(word):
            return _nothing(word)
        return canonical_unit(word) or UNKNOWN

    def status(self, word: str | None, scale: Mapping[str, str]) -> CaseStatus:
        if word is None or len(word) > _LONGEST_WORD:
            return CaseStatus.UNKNOWN
        folded = {fold(key): value for key, value in scale.items()}
        return CaseStatus(folded.get(fold(word), UNKNOWN))

    # What the room asks

    def metric_visibility(self, key: str) -> Visibility:
        """Of a metric: the strictest of its own and of those it is made of; one nobody declared is confidential."""
        found = self.config.metrics.get(key)
        if found is None:
            return "confidential"
        return strictest(found.visibility, *(self.metric_visibility(name) for name in found.uses() if name != key))

    def facilities_open(self, kind: str, day: date) -> list[Facility]:
        return [facility for facility in self.config.facilities if facility.kind == kind and _valid(facility, day)]

    def category_visibility(self, code: str | None) -> Visibility:
        """A category nobody declared is confidential."""
        found = self.categories.get(code or "")
        return found.visibility if found else "confidential"

    def _visibility(
        self, kind: str, category: str | None, department: str | None, source: str | None = None
    ) -> Visibility:
        """The strictest of kind, category, department and source. A category or kind that no registry knows is
        confidential, and so is a case without a category where its kind has them; an unknown department is not,
        because the category already says what it is about."""
        of_kind = self.config.kinds.get(kind)
        if of_kind is None:
            return "confidential"
        levels: list[Visibility] = [of_kind.visibility]
        if category is not None or of_kind.categories:
            levels.append(self.category_visibility(category))
        if department in self.departments:
            levels.append(self.departments[department].visibility)
        if source in self.sources:
            levels.append(self.sources[source].visibility)
        return strictest(*levels)

    def figure_visibility(self, kind: str, key: str, described: Visibility) -> Visibility:
        """Of the figure ``key`` of ``kind``: ``kpis`` may tighten what its description says, for a figure
        (``closed_in_time``) or for that of one kind (``permit.closed_in_time``), and never loosens it."""
        settings = (self.config.kpis.get(name) for name in (key, f"{kind}.{key}"))
        return strictest(described, *(setting.visibility for setting in settings if setting is not None))

    def policy_for(
        self,
        kind: str,
        klass: str | None,
        category: str | None,
        opened_at: datetime,
        measure: str = "resolution",
        source: str | None = None,
    ) -> Policy | None:
        """The policy in force when the case was opened; one of its own source beats all, category class, class kind."""
        day = opened_at.astimezone(self.zone).date()
        best: tuple[int, Policy] | None = None
        for policy in self.config.policies:
            if policy.kind != kind or policy.measure != measure or not _valid(policy, day):
                continue
            if policy.klass not in (None, klass) or policy.category not in (None, category):
                continue
            if policy.sources is not None and source not in policy.sources:
                continue
            named = policy.sources, policy.category, policy.klass
            score = sum(weight for weight, one in zip((4, 2, 1), named, strict=True) if one is not None)
            if best is None or score > best[0]:
                best = (score, policy)
        return best[1] if best else None

    def limit_for(self, commodity: str, unit: str, day: date) -> PriceLimit | None:
        """The HET/HAP whose item, unit and date match; a binding HET before a reference HAP."""
        found = [limit for limit in self._limits.get((commodity, unit), ()) if _valid(limit, day)]
        return min(found, key=lambda limit: limit.kind != "HET", default=None)

    def markets_open(self, day: date) -> list[Market]:
        """A market that is closed or not yet open is not a missing price."""
        return [market for market in self.config.markets if _valid(market, day)]

    def places(self) -> tuple[Place, ...]:
        """Districts and subdistricts whose middle is known."""
        regions = self.config.regions
        found = [(d, d.code) for d in regions.districts] + [(s, s.parent) for s in regions.subdistricts]
        return tuple(
            Place(one.code, one.name, district, one.lat, one.lon)
            for one, district in found
            if one.lat is not None and one.lon is not None
        )

    def district_of(self, subdistrict: str | None) -> str | None:
        found = self.subdistricts.get(subdistrict or "")
        return found.parent if found else None

    def label(self, code: str, lang: str = "id", *, short: bool = False) -> str:
        """What a screen calls a code of any registry; the code itself when it is in none."""
        named = self.categories.get(code) or self.commodities.get(code) or self.markets.get(code) or (
            self.sources.get(code) or self.config.kinds.get(code) or self.facilities.get(code)
        )  # fmt: skip
        if named is not None:
            return label_text(named.label, lang, short=short)
        klass = self.config.classes.get(code)
        if klass is not None:
            return label_text(klass, lang, short=short)
        place = self.districts.get(code) or self.subdistricts.get(code)
        if place is not None:
            return (place.short if short else None) or place.name
        department = self.departments.get(code)
        if department is not None:
            return department.short or department.abbr if short else department.name
        return code


def label_text(label: Label, lang: str = "id", *, short: bool = False) -> str:
    if lang == "en":
        return (label.short_en if short else None) or label.en
    return (label.short if short else None) or label.id


class _Index:
    """Folded word -> codes. A word as written beats the same word without its prefix."""

    def __init__(self, family: str, entries: Iterable[tuple[str, Iterable[str]]], suffix: str = "") -> None:
        self.family, self.suffix = family, suffix
        self._exact: dict[str, set[str]] = {}
        self._bare: dict[str, set[str]] = {}
        for code, words in entries:
            for word in words:
                forms = spellings(word, family)
                self._exact.setdefault(forms[0], set()).add(code)
                self._bare.setdefault(forms[-1], set()).add(code)
        # Sources repeat the same few words thousands of times.
        self.codes = lru_cache(maxsize=4096)(self._look_up)

    def code(self, word: str | None) -> str | None:
        if word is None or len(word) > _LONGEST_WORD or empty(word):
            return _nothing(word)
        codes = self.codes(word)
        return next(iter(codes)) if len(codes) == 1 else UNKNOWN

    def _look_up(self, word: str) -> frozenset[str]:
        forms = spellings(word, self.family)
        if self.suffix:
            forms += tuple(form.removesuffix(f" {self.suffix}") for form in forms if form.endswith(f" {self.suffix}"))
        for index in (self._exact, self._bare):
            for form in forms:
                if form in index:
                    return frozenset(index[form])
        return frozenset()


def _nothing(word: str | None) -> str | None:
    """None for no word; a word too long to be one is an unknown word."""
    return UNKNOWN if word is not None and len(word) > _LONGEST_WORD else None


def _names(code: str, name: str, aliases: Iterable[str]) -> tuple[str, ...]:
    return (code, name, *aliases)


def _valid(item: Policy | PriceLimit | Market | Department | Facility, day: date) -> bool:
    """``valid_to`` is the first day without it."""
    return (item.valid_from is None or item.valid_from <= day) and (item.valid_to is None or day < item.valid_to)
