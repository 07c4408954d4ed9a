"""Writes ``docs/real-input.md``: what the shipped room made of every recorded set, with a picture of each wall.

    python -m tests.realdata.note        writes the note and docs/images/real-*.png

The sets lie beside the repository (../shared/realdata). Without them nothing is written. ``test_note.py`` makes the
same text from the rooms of the tests and compares it with the file.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from docs.screenshots import CHROMIUM, photograph
from tests.conftest import CHROMIUM_ARGS
from tests.realdata import findings
from tests.realdata.findings import Findings
from tests.realdata.rooms import ROOT, Room, example, exchanged_dates

NOTE = ROOT / "docs" / "real-input.md"
SIZE, LARGEST = (1920, 1080), 300_000
READY = {"bandung": "#p0-price:not(:empty)", "san_francisco": "#q0-number:not(:empty)", "new_york": "#s0_0-value"}

TEXT = """# What came out of real input

Recorded answers of other cities' systems lie beside the repository in `../shared/realdata` (they are not part of it).
Each set went through the shipped room: `app.py` with a configuration of `docs/examples/`, its own Valkey and SQLite,
the web process and the wall. This note is written by
`.venv/bin/python -m tests.realdata.note` from what those rooms answered; `tests/realdata/` holds every figure against
the same figure computed from the files by other means. Where the sets are absent these tests are skipped and the
command writes nothing.

| set | how it came in | rows | kept | rejected | unknown words |
|---|---|---|---|---|---|
| Bandung, consumer prices | `csv_file`, one file | {b[rows]} | {b[kept]} measurements | {b[rejected]} | {b_words} |
| San Francisco, GeoReport v2 | `open311` over HTTP, XML | {s[rows]} | {s[cases]} cases | {s[rejected]} | {s_words} |
| New York, 311 requests | `csv_file`, two files | {n[rows]} | {n[cases]} cases | {n[rejected]} | {n_words} |

## Bandung: {b[days]} days of consumer prices

![The wall of Bandung](images/real-bandung.png)

`.venv/bin/python app.py --config docs/examples/bandung.yaml`.

The feed writes 0 for what nobody reported: {b[unreported]} of
{b[kept]} values are kept as "not reported", without a value. On the two Sundays on which nobody went to the markets
the feed itself shows a fall of 100 % 39 times; the room showed {b[falls]} falls of 60 % or more on all {b[days]} days,
because a change is always against the last real survey, and the item reads "not reported" meanwhile. The city's
record has prices only, so its wall has no queue, no sums and no map.

Surveys over the limit that was in force on their day, of those in which the item was reported:

| item | last price, Rp | limit | over |
|---|---|---|---|
{b_table}

Items without a limit of the same item and unit read "no reference"; {b_never} items were never reported in all
{b[days]} days.

## San Francisco: GeoReport v2

![The wall of San Francisco](images/real-san-francisco.png)

`.venv/bin/python -m dashboard replay-payloads ../shared/realdata/open311 --port 8791 \
--manifest docs/examples/san_francisco.replay.yaml`,
then `.venv/bin/python app.py --config docs/examples/san_francisco.yaml`.
{s[rows]} requests in, {s[cases]} cases: {s[status][closed]} closed, {s[status][waiting]} waiting. Both times are
written with -08:00 in April, which is not the city's own offset then; they are taken as the instants they name. The
waiting request is expected by the source at the second it was made, so the wall calls it late by the source's own
deadline ({s[source_due]} of {s[cases]} bring one). The agency is empty: the case has no department, which is not an
unknown one. Address, point and description stay at the source ({s[texts]} texts kept). An empty list is no request;
404 and 403 (also the 403 that comes with status 200 and a header inside its body) are refusals in words, and the last
good data stays.

## New York: 311 requests

![The wall of New York](images/real-new-york.png)

`.venv/bin/python app.py --config docs/examples/new_york.yaml`.

{n[rows]} rows of two files are {n[cases]} cases: {n_twice} keys
stand in both, and reading a key twice is no change. {n_share} of the categories' words are not in the example's
configuration; such cases are confidential: counted, never listed. {n[no_district]} cases are without a borough.

| figure | value |
|---|---|
| closed, with a closing time | {n_closed} of {n[cases]} |
| time to close by the source's word, median | {n_median} |
| 90th percentile | {n_p90} |
| the mean, which the room does not show | {n_mean} |
| closed before created | {n[marked]} in the sample (97 of 348,180 in the whole month) |
| negative times | {n[negative]} |
| of six rows, with the dates of two exchanged | {x[marked]} marked, {x[negative]} negative, median of {x_closed} |

All were closed before the room stood there, so what it *saw* is nothing: the wall says "–" and since when it watches,
and the times above stand in `/api/v1/kpis` as declared by the source.

## Later sets

`bmkg` and `spse` belong to systems that come later. `replay-payloads` serves their bodies byte for byte today
(`tests/realdata/test_other_sets.py`).
"""


def compose(b: Findings, s: Findings, n: Findings, x: Findings) -> str:
    """The note from what was found: Bandung, San Francisco, New York, New York with exchanged dates."""
    median, p90 = (n["kpis"][f"resolution_{name}_declared.year"] for name in ("median", "p90"))
    return TEXT.format(
        b=b, s=s, n=n, x=x,
        b_words=_words(b), s_words=_words(s), n_words=_words(n),
        b_table="\n".join(_price(code, row) for code, row in b["table"].items() if row["limit"] is not None),
        b_never=sum(row["value"] is None for row in b["table"].values()),
        n_twice=n["rows"] - n["cases"],
        n_share=n["unknown_categories"],
        n_closed=median["n"], n_median=_span(median["value"]), n_p90=_span(p90["value"]), n_mean=_span(n["mean"]),
        x_closed=x["kpis"]["resolution_median_declared.year"]["n"],
    )  # fmt: skip


def _words(found: Findings) -> str:
    return ", ".join(f"{count} of {name}" for name, count in sorted(found["unknown"].items())) or "none"


def _price(code: str, row: Findings) -> str:
    over = f"{row['days_over']} of {row['surveys_limited']}"
    return f"| {code} | {row['value']:,.0f} | {row['limit_kind']} {row['limit']:,.0f} | {over} |"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{seconds / 3600:.1f} h"


def main() -> int:
    shared = ROOT.parent / "shared"
    if not (shared / "realdata").is_dir():
        print("../shared/realdata is not there: nothing was replayed and nothing was written", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGS
        )  # fmt: skip
        page, found = browser.new_page(), {}
        for name, ready in READY.items():
            (folder / name).mkdir()
            with example(name, shared, folder / name) as room:
                found[name] = (findings.prices if name == "bandung" else findings.cases)(room)
                _picture(page, room, ready)
            print(f"{name}: {found[name]['rows']} rows", flush=True)
        browser.close()
        (folder / "exchanged").mkdir()
        with exchanged_dates(shared, folder / "exchanged") as room:
            found["exchanged"] = findings.cases(room)
    NOTE.write_text(compose(*found.values()), encoding="utf-8")
    print(NOTE.relative_to(ROOT))
    return 0


def _picture(page: object, room: Room, ready: str) -> None:
    url = f"{room.url}/wall/main?lang=en"
    photograph(page, url, SIZE, ready, f"real-{room.name.replace('_', '-')}", LARGEST)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
