"""How a report fares in the stand-in SP4N-LAPOR!: verified, forwarded, postponed, followed up, closed; reads no clock.

It has more steps than LAKSA, and closes by itself ten days after the last follow-up that nobody answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from connectors.simulator.life import DONE, PROCESS, WAITING, Report, State
from connectors.simulator.stream import Stream, to_the_second
from connectors.simulator.words import MATTERS, OUT_OF_SCOPE_ANSWER, Matter, write_answer

VERIFIED, FORWARDED, REPLIED, PAUSED, ARCHIVED = "terverifikasi", "terdisposisi", "ditanggapi", "ditunda", "arsip"
AUTO_CLOSE = timedelta(days=10)
SHARES = {
    "never": 0.03,
    "archived": 0.04,
    "away": 0.05,
    "passed_on": 0.12,
    "postponed": 0.08,
    "replied": 0.25,
    "automatic": 0.55,
    "stuck": 0.04,
}
KLASSES = (
    ("Pengaduan tidak berkadar pengawasan", 70),
    ("Permintaan Informasi", 17),
    ("Aspirasi", 11),
    ("Pengaduan berkadar pengawasan", 2),
)


class LaporStream(Stream):
    """The reports of SP4N-LAPOR! that concern this city."""

    def _script(self, rng: Random, at: datetime, matter: Matter) -> list[State]:
        return [to_the_second(state) for state in self._steps(rng, at, matter)]

    def _steps(self, rng: Random, at: datetime, matter: Matter) -> list[State]:
        states = [State(at, WAITING, "")]
        if rng.random() < SHARES["never"]:
            return states
        now = self._into_working_hours(at + timedelta(hours=rng.lognormvariate(2.2, 0.9)), rng)
        states.append(replace(states[-1], at=now, status=VERIFIED, responded_at=now))
        roll = rng.random()
        if roll < SHARES["away"]:
            now += timedelta(hours=rng.uniform(1, 30))
            return [*states, replace(states[-1], at=now, status=DONE, closed_at=now, closed_by="opd",
                                     answer=OUT_OF_SCOPE_ANSWER, out_of_scope=True)]  # fmt: skip
        if roll < SHARES["away"] + SHARES["archived"]:
            now += timedelta(hours=rng.uniform(1, 30))
            return [*states, replace(states[-1], at=now, status=ARCHIVED, closed_at=now)]
        return self._forwarded(rng, states, matter)

    def _forwarded(self, rng: Random, states: list[State], matter: Matter) -> list[State]:
        now = states[-1].at + timedelta(minutes=rng.uniform(5, 300))
        first = rng.choice(MATTERS).department if rng.random() < SHARES["passed_on"] else matter.department
        states.append(replace(states[-1], at=now, status=FORWARDED, department=first))
        if first != matter.department:
            now = self._into_working_hours(now + timedelta(hours=rng.lognormvariate(3.2, 0.6)), rng)
            states.append(replace(states[-1], at=now, department=matter.department, transfers=1))
        if rng.random() < SHARES["postponed"]:
            now += timedelta(hours=rng.uniform(3, 40))
            states.append(replace(states[-1], at=now, status=PAUSED))
            now += timedelta(days=rng.uniform(1.5, 9))
            states.append(replace(states[-1], at=now, status=FORWARDED))
        if rng.random() < SHARES["stuck"]:
            return states
        return self._followed_up(rng, states, matter)

    def _followed_up(self, rng: Random, states: list[State], matter: Matter) -> list[State]:
        hours = min(rng.lognormvariate(0, 0.9) * (matter.response_hours + 40), 24 * 80)
        now = self._into_working_hours(states[-1].at + timedelta(hours=hours), rng)
        states.append(replace(states[-1], at=now, status=PROCESS, answer=write_answer(rng)))
        if rng.random() < SHARES["replied"]:
            now += timedelta(hours=rng.uniform(1, 60))
            states.append(replace(states[-1], at=now, status=REPLIED))
            now = self._into_working_hours(now + timedelta(hours=rng.uniform(4, 90)), rng)
            states.append(replace(states[-1], at=now, status=PROCESS))
        if rng.random() < SHARES["automatic"]:
            end = now + AUTO_CLOSE
            return [*states, replace(states[-1], at=end, status=DONE, closed_at=end, closed_by="sistem")]
        end = now + timedelta(hours=min(rng.lognormvariate(3.0, 0.9), 24 * 9))
        return [*states, replace(states[-1], at=end, status=DONE, closed_at=end, closed_by="opd")]

    def _step(self, report: Report, now: datetime) -> bool:
        """One step by hand: to the office, to its answer, to the end, and open again."""
        last = report.state
        if last.status in (VERIFIED, FORWARDED, PAUSED, REPLIED):
            self._override(report, replace(last, at=now, status=PROCESS, department=last.department or "DPUPR"))
            self.advance(now)
            return True
        return super()._step(report, now)

    def _klass(self, rng: Random, matter: Matter) -> str:
        if matter.sensitive and matter.category == "pungli":
            return KLASSES[-1][0]
        return rng.choices([name for name, _ in KLASSES[:-1]], [weight for _, weight in KLASSES[:-1]])[0]


def pauses(report: Report) -> Sequence[tuple[datetime, datetime | None]]:
    """The spans in which a report was postponed, as far as they have begun."""
    found: list[tuple[datetime, datetime | None]] = []
    for state in report.script:
        if state.at > report.state.at:
            break
        if state.status == PAUSED:
            found.append((state.at, None))
        elif found and found[-1][1] is None:
            found[-1] = (found[-1][0], state.at)
    return found
