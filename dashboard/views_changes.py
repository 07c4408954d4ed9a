"""What happened in the last half hour, as counts and as lines; never looks further back than the documents do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from dashboard.formats import whole
from dashboard.snapshot import Change
from dashboard.views_words import SOURCE_SYMBOLS, Line, Note, Tile, Words

SHOWN, KEPT = 24, 50
ORDER = (
    "opened", "responded", "closed", "reopened", "assigned", "overdue", "vanished", "uncovered", "backdated", "price",
)  # fmt: skip
SYMBOLS = {
    "opened": "+", "responded": "›", "closed": "✓", "reopened": "↺", "assigned": "→", "overdue": "◇", "vanished": "?",
    "uncovered": "□",
    "backdated": "!", "source": "▲", "price": "Rp",
}  # fmt: skip


def changes_tile(words: Words, kinds: Collection[str], sources: Collection[str] | None = None) -> Tile:
    """Of these kinds; and of these sources (None: all) what is no case's. The words of a summary that may be short of
    some are of the document, before anything was chosen."""
    whole_: list[Change] = words.documents.get("changes") or []
    found = [
        change for change in whole_
        if (change["kind"] in kinds if change["kind"] is not None else sources is None or change["source"] in sources)
    ]  # fmt: skip
    counts: Counter[str] = Counter()
    for change in found:
        counts[change["what"]] += _many(change)
    least = words.say("wall.at_least") if len(whole_) >= KEPT else ""  # the document ends there
    summary = ", ".join(
        f"{whole(counts[what], words.lang)} {words.say(f'change.{what}')}" for what in ORDER if counts[what]
    )
    return Tile(
        title=words.say("wall.changes"),
        note=Note("", "", None, "fresh"),
        lines=tuple(_line(words, change) for change in found[:SHOWN]),
        extra={"summary": f"{least} {summary}".strip() or words.say("wall.no_changes")},
    )


def _many(change: Change) -> int:
    """Many changes of one poll come folded into one: bulk:23, and n:23 of prices."""
    word, _, amount = (change["detail"] or "").partition(":")
    return int(amount) if word in ("bulk", "n") and amount.isdigit() else 1


def _line(words: Words, change: Change) -> Line:
    """``text`` holds the same in ever fewer words, parted by "|": a screen says the first that has room."""
    what = words.say(f"change.{change['what']}")
    symbol = SYMBOLS[change["what"]]
    if change["what"] == "source":
        symbol = SOURCE_SYMBOLS.get(change["detail"] or "", symbol)
        texts = [f"{words.source(change['source'])} {_state(words, change['detail'])}", words.source(change["source"])]
    elif change["number"] is None:
        amount = whole(_many(change), words.lang)
        texts = [f"{words.source(change['source'])}: {amount} {what}", f"{amount} {what}"]
    else:
        matter = words.category(change["category"]) if change["category"] else ""
        place = words.district(change["district"]) if change["district"] else ""
        if change["what"] == "assigned" and change["detail"]:
            what = f"{words.say('change.assigned_to')} {words.department(change['detail'])}"
        parts = [part for part in (str(change["number"]), what, matter, place) if part]
        texts = [" ".join(parts[:length]) for length in range(len(parts), 1, -1)]
    what = f"source {change['detail']}" if change["what"] == "source" else change["what"]
    return Line(what, {"at": words.time(change["at"]), "symbol": symbol, "text": "|".join(texts)})


def _state(words: Words, detail: str | None) -> str:
    return words.say(f"source.{detail}") if detail in SOURCE_SYMBOLS else ""
