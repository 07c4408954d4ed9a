"""The life of one report as its department's system will show it; pure, never reads a clock.

A report is its fixed part plus a list of states, each valid from an instant. Everything is drawn once, when the
day is generated, from a generator seeded with (seed, system, day): the same seed and time give the same city.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

WAITING, PROCESS, DONE = "menunggu", "proses", "selesai"
AUTO_CLOSE = timedelta(hours=48)  # "tidak ada tanggapan selama 2x24 jam ... selesai otomatis"


@dataclass(frozen=True, slots=True)
class State:
    """What can change about a report."""

    at: datetime  # when it became so; the source's updated_at
    status: str
    department: str
    responded_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None  # "opd", "otomatis" (the reporter did not react), "sistem" (nobody ever answered)
    answer: str = ""
    evidence: bool | None = None  # None: the source does not say
    transfers: int = 0
    reopened: int = 0
    out_of_scope: bool = False
    gone: bool = False  # deleted at the source


@dataclass(slots=True)
class Report:
    """One report. ``state`` is the state reached; the rest of ``script`` is still to come."""

    id: int
    number: str
    created: datetime
    category: str
    channel: str
    district: str  # region code
    subdistrict: str  # region code
    lat: float | None
    lon: float | None
    text: str
    sender: str
    nik: str
    phone: str
    klass: str = "pengaduan"
    script: list[State] = field(default_factory=list)
    planted: tuple[str, ...] = ()
    duplicate_of: int | None = None
    photo: bool = False
    state: State = field(init=False)
    version: int = 0
    generation: int = 0  # raised when a hand overrides the script

    def __post_init__(self) -> None:
        if self.script:
            self.state = self.script[0]


@dataclass(frozen=True, slots=True)
class Manner:
    """How reports of this kind are treated; the shares give the city's published ratios."""

    response_hours: float
    urgent: bool = False
    never: float = 0.016  # never answered: the long tail that stays menunggu
    lapsed: float = 0.004  # never answered, and closed by the system itself after 2 x 24 h
    jump: float = 0.48  # menunggu -> selesai in one step
    silence: float = 0.15  # answered, then closed after 2 x 24 h without the reporter's reaction
    transferred: float = 0.09  # "not ours": another department first
    out_of_scope: float = 0.03
    reopened: float = 0.015
    backdated: float = 0.008
    deleted: float = 0.002
    evidence: float = 0.46


def write_script(
    rng: Random,
    created: datetime,
    owner: str,
    manner: Manner,
    *,
    other: str,
    answer: str,
    away: str,
    working: Callable[[datetime, Random], datetime],
) -> list[State]:
    """All states of one report, in time order. ``working`` moves an instant into working hours."""
    first_owner = other if rng.random() < manner.transferred else owner
    states = [State(created, WAITING, first_owner)]
    now = created
    if first_owner != owner:
        now = working(now + timedelta(hours=rng.lognormvariate(1.8, 0.8)), rng)
        states.append(replace(states[-1], at=now, department=owner, transfers=1))
    roll = rng.random()
    if roll < manner.never:
        return states
    if roll < manner.never + manner.lapsed:
        end = now + AUTO_CLOSE
        return [*states, replace(states[-1], at=end, status=DONE, closed_at=end, closed_by="sistem")]
    delay = min(rng.lognormvariate(0, 1.15) * manner.response_hours, 24 * 75)
    now = now + timedelta(hours=delay, seconds=rng.randint(1, 59))
    if not manner.urgent and rng.random() < 0.85:
        now = working(now, rng)
    states.extend(_answer(rng, states[-1], now, manner, answer, away))
    _add_rare(rng, states, manner, created)
    return states


def _answer(rng: Random, last: State, now: datetime, manner: Manner, answer: str, away: str) -> list[State]:
    seen = True if rng.random() < manner.evidence else (False if rng.random() < 0.5 else None)
    roll = rng.random()
    if roll < manner.out_of_scope:
        return [replace(last, at=now, status=DONE, responded_at=now, closed_at=now, closed_by="opd",
                        answer=away, evidence=False, out_of_scope=True)]  # fmt: skip
    roll = rng.random()
    if roll < manner.jump:
        return [replace(last, at=now, status=DONE, responded_at=now, closed_at=now, closed_by="opd",
                        answer=answer, evidence=seen)]  # fmt: skip
    working = replace(last, at=now, status=PROCESS, responded_at=now, answer=answer)
    if roll < manner.jump + manner.silence:
        end = now + AUTO_CLOSE
        return [working, replace(working, at=end, status=DONE, closed_at=end, closed_by="otomatis", evidence=seen)]
    end = now + timedelta(hours=min(rng.lognormvariate(1.4, 0.9), 24 * 20), seconds=rng.randint(1, 59))
    return [working, replace(working, at=end, status=DONE, closed_at=end, closed_by="opd", evidence=seen)]


def _add_rare(rng: Random, states: list[State], manner: Manner, created: datetime) -> None:
    """Reopened, back-dated, deleted: few, but each a thing the room must notice."""
    last = states[-1]
    roll = rng.random()
    if roll < manner.reopened:
        again = last.at + timedelta(hours=rng.uniform(1, 60))
        opened = replace(last, at=again, status=PROCESS, closed_at=None, closed_by=None, reopened=last.reopened + 1)
        end = again + timedelta(hours=rng.lognormvariate(2.6, 0.7))
        states += [opened, replace(opened, at=end, status=DONE, closed_at=end, closed_by="opd", evidence=True)]
    elif roll < manner.reopened + manner.backdated and last.responded_at is not None:
        if last.responded_at - created > timedelta(hours=30):  # "seolah2 dijawabnya 1 hari setelah warga komplain"
            claimed = created + timedelta(hours=rng.uniform(4, 23))
            states.append(replace(last, at=last.at + timedelta(hours=rng.uniform(2, 40)), responded_at=claimed))
    elif roll < manner.reopened + manner.backdated + manner.deleted:
        states.append(replace(last, at=last.at + timedelta(days=rng.uniform(1, 20)), gone=True))
