"""Recall and precision of the redactor on labelled sentences; no sentence is kept in a result."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.redaction import find, normalise

LABEL = re.compile(r"\{(\w+)\|([^|{}]*)\|([^|{}]+)\}")
"""``{kind|lead|core}``: the core must go; the lead (Pak, a.n., Jl.) may go with it or stay."""


@dataclass(frozen=True, slots=True)
class Secret:
    kind: str
    start: int  # of the lead
    core: int  # where the core begins
    end: int


@dataclass(slots=True)
class Result:
    caught: Counter[str] = field(default_factory=Counter)
    labelled: Counter[str] = field(default_factory=Counter)
    right: int = 0
    made: int = 0
    plain: int = 0
    lost: int = 0
    sentences: int = 0
    clean_kept: int = 0
    clean: int = 0
    faults: list[str] = field(default_factory=list)

    def recall(self, kind: str | None = None) -> float:
        if kind is None:
            return self.caught.total() / self.labelled.total()
        return self.caught[kind] / self.labelled[kind]

    @property
    def precision(self) -> float:
        return self.right / self.made


def parse(line: str) -> tuple[str, list[Secret]]:
    text, secrets, last = "", [], 0
    for match in LABEL.finditer(line):
        text += line[last : match.start()]
        kind, lead, core = match.groups()
        secrets.append(Secret(kind, len(text), len(text) + len(lead), len(text) + len(lead) + len(core)))
        text += lead + core
        last = match.end()
    return text + line[last:], secrets


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def measure(labelled: list[str]) -> Result:
    result = Result()
    for line in labelled:
        text, secrets = parse(line)
        assert normalise(text) == text, f"write it as it is after normalising: {line}"
        spans = find(text)
        taken = [any(span.start <= n < span.end for span in spans) for n in range(len(text))]
        allowed = [any(s.start <= n < s.end for s in secrets) for n in range(len(text))]
        letters = [n for n, mark in enumerate(text) if mark.isalnum()]
        for secret in secrets:
            result.labelled[secret.kind] += 1
            if all(taken[n] for n in letters if secret.core <= n < secret.end):
                result.caught[secret.kind] += 1
            else:
                result.faults.append(f"missed {secret.kind}: {line}")
        for span in spans:
            result.made += 1
            if any(span.start < s.end and s.core < span.end for s in secrets):
                result.right += 1
            else:
                result.faults.append(f"wrong {span.kind} {text[span.start : span.end]!r}: {line}")
        result.plain += sum(not allowed[n] for n in letters)
        result.lost += sum(taken[n] and not allowed[n] for n in letters)
        result.sentences += 1
        if not secrets:
            result.clean += 1
            result.clean_kept += not spans
    return result
