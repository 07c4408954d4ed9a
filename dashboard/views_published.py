"""Published totals of a kind of case beside what their own parts add up to; pure, and takes no side."""

from __future__ import annotations

from dashboard.config.published import PublishedTotal
from dashboard.formats import decimal, signed
from dashboard.views_desk import MARKS, Block, Cell, Column, Row, Table
from dashboard.views_words import Note, Words

RECKONED = ("explained", "difference", "stated", "reckoned")
PARTS = ("closed", "in_process", "waiting", "transferred")
NOBODY = Note("", "", None, "")  # no source of the room stands behind what was printed


def view(words: Words, kind: str) -> Block:
    told = kind in words.told.kinds
    found = [one for one in words.config.published_totals if one.kind == kind and _told(words, one)] if told else []
    parts = [part for part in PARTS if any(part in one.parts for one in found)]
    table = Table(
        key=f"{kind}-published",
        title=words.say("published.table"),
        columns=(
            Column("period", words.say("published.period")),
            *(Column(name, words.say(f"published.{name}"), number=True) for name in ("received", *parts, *RECKONED)),
            Column("cited", words.say("published.cited")),
        ),
        rows=tuple(_row(words, one, parts) for one in sorted(found, key=lambda one: one.end, reverse=True)),
        note=NOBODY,
        empty=words.say("published.none"),
    )
    return Block(
        key=f"published-{kind}",
        lang=words.lang,
        title=f"{words.label(words.config.kinds[kind].label, short=False)}: {words.say('published.title')}",
        note=NOBODY,
        lead=(words.say("published.lead"),),
        tables=(table,),
    )


def _told(words: Words, one: PublishedTotal) -> bool:
    return one.source is None or one.source not in words.told.hidden


def _row(words: Words, one: PublishedTotal, parts: list[str]) -> Row:
    period = f"{words.day(one.start)} – {words.day(one.end)}"
    about = words.source(one.source) if one.source else ""
    also = f"{words.say('published.also')} {words.count(one.also)}" if one.also is not None else ""
    numbers = [Cell(words.count(one.received), one.received, more=also)]
    numbers += [_count(words, one.parts.get(part)) for part in parts]  # type: ignore[call-overload]
    numbers += [Cell(words.count(one.explained), one.explained), _gap(words, one)]
    numbers += [_share(words, one.stated_percent), _reckoned(words, one)]
    return Row((Cell(period, one.end.isoformat(), more=about), *numbers, Cell(one.cited, one.cited)))


def _count(words: Words, number: int | None) -> Cell:
    return Cell("–") if number is None else Cell(words.count(number), number)


def _gap(words: Words, one: PublishedTotal) -> Cell:
    """The sum of the parts less what was received, with its mark: it never passes for nothing."""
    if not one.difference:
        return Cell(words.count(0), 0)
    text = signed(words.count(abs(one.difference)), one.difference)
    return Cell(f"{MARKS['soon']} {text}", one.difference, "soon")


def _share(words: Words, number: float | None) -> Cell:
    return Cell("–") if number is None else Cell(f"{decimal(number, words.lang, 2)}%", number)


def _reckoned(words: Words, one: PublishedTotal) -> Cell:
    """The share by its own numbers, marked where it is not the one that was printed."""
    found = one.percent
    if found is None:
        return Cell("–")
    other = one.stated_percent is not None and abs(found - one.stated_percent) >= 0.005
    cell = _share(words, found)
    return Cell(f"{MARKS['soon']} {cell.text}" if other else cell.text, found, "soon" if other else "")
