"""How good a source is, by what the room itself has seen of it; never by what anybody declares. Pure.

bronze  it answers: at least one of the last polls brought data
silver  the last 20 polls: at most one failed, every answer came whole, no row was rejected
gold    silver, and: it can say "nothing new" (a conditional request was answered so), its data names its own
        time, its clock agrees with ours within a minute, no field came or went, no unknown word is open
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.facts import PollFact

JUDGED = 20
GOOD = frozenset({"ok", "not_modified"})
SKEW_S = 60.0


def tier(polls: Sequence[PollFact]) -> str:
    """``polls``: the newest, in any order. "" until something came."""
    good = [poll for poll in polls if poll.outcome in GOOD]
    if not good:
        return ""
    steady = len(polls) >= JUDGED and len(polls) - len(good) <= 1
    if not steady or not all(poll.whole and not poll.rejected for poll in good):
        return "bronze"
    spares = any(poll.outcome == "not_modified" for poll in good)
    dated = all(poll.data_at is not None for poll in good)
    agrees = all(poll.skew_s is None or abs(poll.skew_s) <= SKEW_S for poll in good)
    known = not any(poll.drift or poll.unknown_words or poll.copied_forward for poll in good)
    return "gold" if spares and dated and agrees and known else "silver"
