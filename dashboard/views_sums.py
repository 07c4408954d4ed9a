"""The two sums of a kind of case, each with what it does not explain; never mixes them and never computes one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.formats import signed, whole
from dashboard.i18n import Lang
from dashboard.snapshot import Value
from dashboard.views_words import Note, Words

COHORT = ("waiting", "in_process", "closed", "transferred", "unknown", "vanished", "uncovered")
STOCK = ("start", "received", "reopened", "moved_in", "closed", "transferred", "moved_out", "vanished", "uncovered")
ALWAYS = frozenset({"start", "received", "waiting", "in_process", "closed"})


@dataclass(frozen=True, slots=True)
class Term:
    """One number of a sum. ``sign``: "", "=", "+", "−" before it; ``kind``: total, part, extra (a part that most days
    do not have), rest (unexplained)."""

    sign: str
    value: str
    label: str
    kind: str = "part"
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Sum:
    title: str
    note: Note
    terms: tuple[Term, ...]
    aside: str = ""
    others: str = ""  # what the extra parts are called together


def sums(words: Words, kind: str) -> tuple[Sum, Sum]:
    """Today's cohort (received = ...) and the stock (... = open now)."""
    note = words.note(words.sources_of(kind))
    cohort = words.value("city", f"{kind}.cohort_today.today")
    stock = words.value("city", f"{kind}.stock.today")
    matter = words.kind_name(kind)
    return (
        Sum(
            words.say("wall.cohort").format(matter),
            note,
            _cohort(words, cohort),
            _shift(words, kind),
            words.say("wall.others"),
        ),
        Sum(
            words.say("wall.stock").format(matter),
            _watched(note, words.watched(stock)),
            _stock(words, stock),
            others=words.say("wall.others"),
        ),
    )


def _watched(note: Note, since: str) -> Note:
    """A stock whose start nobody saw says so before it says where it comes from."""
    return replace(note, first=since)


def _cohort(words: Words, found: Value | None) -> tuple[Term, ...]:
    total = Term("", words.count(found["value"] if found else None), words.say("wall.received"), "total")
    return (total, *_parts(words, found, COHORT, first="="), *_rest(words, found))


def _stock(words: Words, found: Value | None) -> tuple[Term, ...]:
    total = Term("=", words.count(found["value"] if found else None), words.say("wall.open"), "total")
    return (*_parts(words, found, STOCK, first=""), total, *_rest(words, found))


def _parts(words: Words, found: Value | None, order: tuple[str, ...], first: str) -> list[Term]:
    parts = found.get("parts", {}) if found else {}
    names = [n for n in order if parts.get(n) or n in ALWAYS] + [n for n in parts if n not in order and parts[n]]
    terms: list[Term] = []
    for name in names:
        value = parts.get(name)
        less = (value or 0) < 0 or (name == "closed" and order is STOCK)
        kind = "part" if name in ALWAYS else "extra"
        sign = "−" if less else "+" if terms else first
        terms.append(
            Term(
                sign, words.count(None if value is None else abs(value)), words.say(f"wall.{name}"), kind, value or 0.0
            )
        )
    return terms


def together(terms: tuple[Term, ...], label: str, lang: Lang) -> tuple[Term, ...]:
    """The same sum with its extra parts as one, where a wall has no room for each."""
    extra = [term for term in terms if term.kind == "extra"]
    if len(extra) < 2:
        return terms
    amount = sum(term.amount for term in extra)
    one = Term("−" if amount < 0 else "+", whole(abs(amount), lang), label, "part", amount)
    first = terms.index(extra[0])
    return (*terms[:first], one, *(term for term in terms[first:] if term.kind != "extra"))


def _rest(words: Words, found: Value | None) -> list[Term]:
    rest = found.get("remainder") if found else None
    if not rest:
        return []
    return [Term("", signed(words.count(rest), rest), words.say("wall.remainder"), "rest")]


def _shift(words: Words, kind: str) -> str:
    """Gilir pagi: 5 diterima, 2 selesai. Nothing outside the shifts of the configuration."""
    shift = next((s for s in words.config.shifts if s.id == words.meta.get("shift")), None)
    received, closed = (words.number("city", f"{kind}.{key}.shift") for key in ("received", "closed"))
    if shift is None or (received is None and closed is None):
        return ""
    return (
        f"{words.label(shift.label, short=False)}: {words.count(received)} {words.say('wall.received')}, "
        f"{words.count(closed)} {words.say('wall.closed')}"
    )
