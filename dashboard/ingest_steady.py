"""Times that a source gives only roughly, against what was known of them: the same time read twice is not moved; pure.

"7 jam yang lalu", and an hour later "8 jam yang lalu", are two spans that hold one instant. While the spans meet, what
is known stays, unless the new span is the narrower ("Kemarin, 02:19"). Spans that do not meet are a past that changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dashboard.records import Case, EventKind

SLACK_S = 90
"""The source's clock and ours, and the time an answer is under way."""
NAMES = {
    "opened_at": EventKind.RECEIVED,
    "first_response_at": EventKind.RESPONDED,
    "resolved_at": EventKind.CLOSED,
}
Spans = dict[str, tuple[int, int]]


def settle(record: Case, known: Case) -> Case:
    """``record`` with every time that may be the known one put back to it."""
    if not record.approximate and not known.approximate:
        return record
    spans, moved = spans_of(record), {}
    for name, kind in NAMES.items():
        new, old = getattr(record, name), getattr(known, name)
        if not same(record, known, name):
            continue
        first, last = _span(spans_of(record), name, new)
        before = _span(spans_of(known), name, old)
        if 2 * (last - first) < before[1] - before[0]:
            continue  # said clearly better now
        moved[name] = old
        spans.pop(name, None)
        if name in spans_of(known):
            spans[name] = before
        record = replace(
            record,
            events=tuple(
                replace(event, declared_at=old) if event.kind is kind and event.declared_at == new else event
                for event in record.events
            ),
        )
    kept = tuple((name, *spans[name]) for name in NAMES if name in spans)
    return replace(record, approximate=kept, **moved)


def same(record: Case, known: Case, name: str) -> bool:
    """Whether both may mean the same instant; an exact time is the same only as itself."""
    new, old = getattr(record, name), getattr(known, name)
    rough = name in spans_of(record) or name in spans_of(known)
    if new is None or old is None or not rough:
        return False
    first, last = _span(spans_of(record), name, new)
    earliest, latest = _span(spans_of(known), name, old)
    return first <= latest + SLACK_S and earliest <= last + SLACK_S


def spans_of(record: Case) -> Spans:
    return {name: (first, last) for name, first, last in record.approximate}


def _span(spans: Spans, name: str, at: datetime) -> tuple[int, int]:
    second = int(at.timestamp())
    return spans.get(name, (second, second))
