"""docs/kpis.md out of the descriptions, so that the handbook cannot say anything else; computes nothing.

``python -m dashboard.kpi.reference > docs/kpis.md`` writes it anew.
"""

from __future__ import annotations

from dashboard.kpi.descriptions import DESCRIPTIONS, Description

HEAD = """# The key figures

<!-- Made from dashboard/kpi/descriptions.py by `.venv/bin/python -m dashboard.kpi.reference`; do not edit. -->

Every figure is published with its numerator, denominator, window, time, sources and what is missing in it; its key is
`KIND.FIGURE.WINDOW`, such as `aspiration.overdue.now`. Windows: `now`, `today` (since 00.00), `shift`, `d7` and `d30`
(with today), `month`, `year`. The clock is what the room saw (**observed**, on walls) or what the source says
(**declared**). An observed figure of a window that began before the room looked says since when it was watched.
Percentiles are exact, by nearest rank ([decision 0003](decisions/0003-exact-percentiles.md)).
"""
WAYS = {"up": "more is better", "down": "less is better", "none": "neither way is better"}


def reference() -> str:
    return "\n".join([HEAD, *(_section(row) for row in DESCRIPTIONS)])


def _section(row: Description) -> str:
    facts = [
        ("windows", ", ".join(f"`{window}`" for window in row.windows)),
        ("numerator", row.numerator),
        ("denominator", row.denominator or "none"),
        ("unit", row.unit.replace("_", " ")),
        ("direction", WAYS[row.better]),
        ("cohort", "none" if row.cohort == "-" else row.cohort),
        ("clock", row.clock),
        ("open cases", row.open_cases),
        ("kinds", ", ".join(row.kinds) if row.kinds else "all"),
        ("shown on", "walls and desks" if row.visibility == "wall" else "desks"),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in facts)
    title = f"## `{row.key}`: {row.label_id} / {row.label_en}"
    return f"{title}\n\n{row.definition_id}\n\n{row.definition_en}\n\n| | |\n|---|---|\n{table}\n"


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201
